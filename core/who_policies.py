"""Guardrail policies for named audiences and channels that change under live rules.

The same shape as the policies for rules: one function from the moves of a proposal to a finding
or None, its docstring its rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from core.artifacts import Finding
from core.conditions import Frozen

MOVES = 0.1
"""An audience that grows or shrinks by a larger share needs a judgement."""


class MeantMove(Frozen):
    """An audience, or a rule that names one, and how many users it means."""

    kind: Literal["audience", "rule", "journey"]
    key: str
    name: str
    before: int | None = None
    after: int | None = None
    broken: str | None = None
    """Why it could not be decided any more, as one sentence."""


class ChannelMove(Frozen):
    """A channel that asks for something else."""

    name: str
    senders: tuple[str, ...] = ()
    """Names of the live rules and journeys that send by it."""
    gone: bool = False
    is_new: bool = False
    purpose_before: str | None = None
    purpose_after: str | None = None
    address_before: str | None = None
    address_after: str | None = None


def rules_can_still_be_decided(moves: Sequence[MeantMove]) -> Finding | None:
    """Every audience that a live rule names stays there and can be asked."""
    broken = [f"{one.name}: {one.broken}" for one in moves if one.broken]
    if not broken:
        return None
    return Finding(
        policy="rules_can_still_be_decided",
        severity="block",
        message=" ".join(broken),
        fix="Change the rule first, or keep the audience.",
    )


def people_meant_stay(moves: Sequence[MeantMove]) -> Finding | None:
    """An audience under a live rule that grows or shrinks a lot is looked at twice."""
    moved = [
        one
        for one in moves
        if one.kind == "rule"
        and one.before is not None
        and one.after is not None
        and abs(one.after - one.before) > MOVES * max(one.before, 1)
    ]
    if not moved:
        return None
    told = "; ".join(f"{one.name} from {one.before:,} to {one.after:,} users" for one in moved)
    return Finding(
        policy="people_meant_stay",
        severity="warn",
        message=f"It changes by more than {MOVES:.0%} whom live rules mean: {told}.",
        fix="Check that the owners of these rules want that.",
    )


def consent_is_still_asked(moves: Sequence[ChannelMove]) -> Finding | None:
    """A channel that something goes by keeps asking for consent."""
    used = [one for one in moves if one.senders and not one.gone]
    lost = [one.name for one in used if one.purpose_before and one.purpose_after is None]
    if not lost:
        return None
    return Finding(
        policy="consent_is_still_asked",
        severity="block",
        message=f"Marketing by {', '.join(lost)} would ask nobody's consent.",
        fix="Keep the consent_purpose.",
    )


def consent_is_for_the_same(moves: Sequence[ChannelMove]) -> Finding | None:
    """A channel that asks for another consent, or writes to another address, is looked at twice."""
    other = [
        f"{one.name} asks for {one.purpose_after} and writes to {one.address_after or 'the user'}"
        for one in moves
        if not one.gone
        and not one.is_new
        and (one.purpose_before, one.address_before) != (one.purpose_after, one.address_after)
    ]
    if not other:
        return None
    return Finding(
        policy="consent_is_for_the_same",
        severity="warn",
        message=f"{'; '.join(other)}.",
        fix="Check what people were told when they agreed.",
    )


def used_channels_stay(moves: Sequence[ChannelMove]) -> Finding | None:
    """A channel that a live rule or journey sends by stays there."""
    gone = [f"{one.name} ({', '.join(one.senders)})" for one in moves if one.gone and one.senders]
    if not gone:
        return None
    return Finding(
        policy="used_channels_stay",
        severity="block",
        message=f"Channels would be gone that something goes by: {'; '.join(gone)}.",
        fix="Change the rules first.",
    )


AUDIENCE_POLICIES: tuple[Callable[[Sequence[MeantMove]], Finding | None], ...] = (
    rules_can_still_be_decided,
    people_meant_stay,
)
CHANNEL_POLICIES: tuple[Callable[[Sequence[ChannelMove]], Finding | None], ...] = (
    consent_is_still_asked,
    consent_is_for_the_same,
    used_channels_stay,
)


def audience_findings(moves: Sequence[MeantMove]) -> tuple[Finding, ...]:
    """The verdict of every policy on audiences, blockers first."""
    found = [finding for check in AUDIENCE_POLICIES if (finding := check(moves))]
    return tuple(sorted(found, key=lambda finding: finding.rank))


def channel_findings(moves: Sequence[ChannelMove]) -> tuple[Finding, ...]:
    """The verdict of every policy on channels, blockers first."""
    found = [finding for check in CHANNEL_POLICIES if (finding := check(moves))]
    return tuple(sorted(found, key=lambda finding: finding.rank))
