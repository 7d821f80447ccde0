"""Guardrail policies for templates that change while rules use them.

The same shape as the policies for rules: one function from the facts of a proposal to a finding
or None, listed in WORDING_POLICIES, its docstring its rule.
"""

from __future__ import annotations

from collections.abc import Callable

from core.artifacts import Finding
from core.conditions import Frozen


class WordsMove(Frozen):
    """Other words for messages, and who sends them."""

    problems: tuple[str, ...] = ()
    """Sentences: what a live sender could not say any more."""
    personal: tuple[str, ...] = ()
    """Templates in use that carry personal data and did not before."""
    senders: tuple[str, ...] = ()
    """Names of the live rules and journeys whose words change."""


WordsCheck = Callable[[WordsMove], Finding | None]


def live_messages_can_be_said(move: WordsMove) -> Finding | None:
    """Every template that something live names is there, fits its channels and has values."""
    if not move.problems:
        return None
    return Finding(
        policy="live_messages_can_be_said",
        severity="block",
        message=" ".join(move.problems),
        fix="Change the rule first, or keep the template as it is and add another.",
    )


def personal_data_is_not_slipped_in(move: WordsMove) -> Finding | None:
    """Personal data that a message did not carry before is looked at twice."""
    if not move.personal:
        return None
    return Finding(
        policy="personal_data_is_not_slipped_in",
        severity="warn",
        message=f"Personal data that was not there before: {', '.join(move.personal)}.",
        fix="Check that the purpose of the message covers it, and where the message goes.",
    )


def senders_are_told(move: WordsMove) -> Finding | None:
    """The approver knows which live rules and journeys say something else from then on."""
    if not move.senders:
        return None
    return Finding(
        policy="senders_are_told",
        severity="info",
        message=f"It changes the words of {', '.join(move.senders)}.",
    )


WORDING_POLICIES: tuple[WordsCheck, ...] = (
    live_messages_can_be_said,
    personal_data_is_not_slipped_in,
    senders_are_told,
)


def wording_findings(move: WordsMove) -> tuple[Finding, ...]:
    """The verdict of every policy, blockers first."""
    found = [finding for check in WORDING_POLICIES if (finding := check(move))]
    return tuple(sorted(found, key=lambda finding: finding.rank))
