"""Guardrail policies for destinations that change while messages go to them.

The same shape as the policies for rules: one function from the moves of a proposal to a finding
or None, listed in DESTINATION_POLICIES, its docstring its rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from core.artifacts import Finding
from core.conditions import Frozen


class DestinationMove(Frozen):
    """A destination that is set up in another way, and what that means."""

    name: str
    used_by: tuple[str, ...] = ()
    """What goes there now: channels and syncs."""
    unusable: str | None = None
    """Why nothing could be sent there, as one sentence."""
    was: str | None = None
    """Where it was reached; None: on this machine, or nowhere."""
    will_be: str | None = None
    lost: tuple[str, ...] = ()
    """What it did and does no more, as sentences."""
    waiting: int = 0
    """Messages that wait and go there."""


DestinationCheck = Callable[[Sequence[DestinationMove]], Finding | None]


def used_destinations_stay_usable(moves: Sequence[DestinationMove]) -> Finding | None:
    """A destination that a channel or a sync goes to stays there and can be used."""
    wrong = [f"{one.name}: {one.unusable}" for one in _used(moves) if one.unusable]
    if not wrong:
        return None
    return Finding(
        policy="used_destinations_stay_usable",
        severity="block",
        message=" ".join(wrong),
        fix="Mend the table, or route its channels to another destination first.",
    )


def messages_stay_where_they_were(moves: Sequence[DestinationMove]) -> Finding | None:
    """A destination that is reached somewhere else from then on is looked at twice."""
    moved = [one for one in _used(moves) if one.was != one.will_be and one.unusable is None]
    if not moved:
        return None
    here = "this machine"
    told = [f"{one.name} is at {one.will_be or here} instead of {one.was or here}" for one in moved]
    return Finding(
        policy="messages_stay_where_they_were",
        severity="warn",
        message=f"Messages and data of people go elsewhere: {'; '.join(told)}.",
        fix="Check whose address this is.",
    )


def what_it_did_it_still_does(moves: Sequence[DestinationMove]) -> Finding | None:
    """What a destination can do when an answer is missing, it can still do."""
    lost = [sentence for one in _used(moves) for sentence in one.lost]
    if not lost:
        return None
    return Finding(
        policy="what_it_did_it_still_does",
        severity="warn",
        message=" ".join(lost),
        fix="Check that somebody looks at 'pilothouse deliver status' for uncertain messages.",
    )


def waiting_go_there(moves: Sequence[DestinationMove]) -> Finding | None:
    """The approver knows how many messages wait for it."""
    waiting = [f"{one.waiting:,} for {one.name}" for one in moves if one.waiting]
    if not waiting:
        return None
    return Finding(
        policy="waiting_go_there",
        severity="info",
        message=f"Messages that wait and leave under the new settings: {', '.join(waiting)}.",
    )


DESTINATION_POLICIES: tuple[DestinationCheck, ...] = (
    used_destinations_stay_usable,
    messages_stay_where_they_were,
    what_it_did_it_still_does,
    waiting_go_there,
)


def destination_findings(moves: Sequence[DestinationMove]) -> tuple[Finding, ...]:
    """The verdict of every policy, blockers first."""
    found = [finding for check in DESTINATION_POLICIES if (finding := check(moves))]
    return tuple(sorted(found, key=lambda finding: finding.rank))


def _used(moves: Sequence[DestinationMove]) -> Iterator[DestinationMove]:
    return (one for one in moves if one.used_by)
