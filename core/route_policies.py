"""Guardrail policies for routes: what must hold before a channel goes to another destination.

The same shape as the policies for rules: one function from the moves of a proposal to a finding
or None, listed in ROUTE_POLICIES, its docstring its rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from core.artifacts import Finding
from core.conditions import Frozen


class Move(Frozen):
    """A channel that goes to another destination, and what that means."""

    channel: str
    before: str
    after: str
    known_channel: bool = True
    unusable: str | None = None
    """Why nothing can be sent to the new destination, as one sentence."""
    lost: tuple[str, ...] = ()
    """What the old destination does and the new one does not, as sentences."""
    waiting: int = 0
    """Messages that wait, and go by the new route."""


RoutePolicy = Callable[[Sequence[Move]], Finding | None]


def destination_is_configured(moves: Sequence[Move]) -> Finding | None:
    """Every channel goes to a destination that is configured."""
    wrong = [one.unusable for one in moves if one.unusable]
    if not wrong:
        return None
    return Finding(
        policy="destination_is_configured",
        severity="block",
        message=" ".join(dict.fromkeys(wrong)),
        fix="Configure it in pilothouse.toml first; 'pilothouse destinations list' shows them.",
    )


def channel_is_known(moves: Sequence[Move]) -> Finding | None:
    """Every channel that is routed is one of the catalog."""
    unknown = [one.channel for one in moves if not one.known_channel]
    if not unknown:
        return None
    return Finding(
        policy="channel_is_known",
        severity="block",
        message=f"The catalog has no channel {_listed(unknown)}.",
        fix="Choose a channel of the catalog, or add it there first.",
    )


def nothing_is_lost(moves: Sequence[Move]) -> Finding | None:
    """What the old destination can do when an answer is missing, the new one can do too."""
    lost = [f"{one.channel}: {' '.join(one.lost)}" for one in moves if one.lost]
    if not lost:
        return None
    return Finding(
        policy="nothing_is_lost",
        severity="warn",
        message=" ".join(lost),
        fix="Check that somebody looks at 'pilothouse deliver status' for uncertain messages.",
    )


def waiting_messages_are_told(moves: Sequence[Move]) -> Finding | None:
    """The approver knows how many messages that wait go by the new route."""
    waiting = [f"{one.waiting:,} of {one.channel}" for one in moves if one.waiting]
    if not waiting:
        return None
    return Finding(
        policy="waiting_messages_are_told",
        severity="info",
        message=f"Messages that wait and go by the new route: {_listed(waiting)}.",
    )


ROUTE_POLICIES: tuple[RoutePolicy, ...] = (
    destination_is_configured,
    channel_is_known,
    nothing_is_lost,
    waiting_messages_are_told,
)


def route_findings(moves: Sequence[Move]) -> tuple[Finding, ...]:
    """The verdict of every policy, blockers first."""
    found = [finding for policy in ROUTE_POLICIES if (finding := policy(moves))]
    return tuple(sorted(found, key=lambda finding: finding.rank))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
