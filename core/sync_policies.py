"""Guardrail policies for syncs: what must hold before a tool is told something else of users.

The same shape as the policies for rules: one function from the moves of a proposal to a finding
or None, listed in SYNC_POLICIES, its docstring its rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.artifacts import Finding
from core.conditions import Frozen


class SyncMove(Frozen):
    """A sync that is added, changed or taken away."""

    name: str
    problems: tuple[str, ...] = ()
    """Sentences: why nothing could be told."""
    more: tuple[str, ...] = ()
    """Traits, columns, audiences and classes of data that the tool was not told before."""
    was: str | None = None
    """The destination that was told; None: the sync is new."""
    will_be: str | None = None
    """The destination that would be; None: the sync ends."""


SyncCheck = Callable[[Sequence[SyncMove]], Finding | None]


def syncs_can_run(moves: Sequence[SyncMove]) -> Finding | None:
    """Everything that a sync names is there, and may leave."""
    wrong = [f"{one.name}: {' '.join(one.problems)}" for one in moves if one.problems]
    if not wrong:
        return None
    return Finding(
        policy="syncs_can_run",
        severity="block",
        message=" ".join(wrong),
        fix="Correct it in pilothouse.toml; 'pilothouse sync check' shows what is wrong.",
    )


def more_is_told_knowingly(moves: Sequence[SyncMove]) -> Finding | None:
    """What a tool was not told of people before leaves only by somebody's judgement."""
    more = [f"{one.name}: {', '.join(one.more)}" for one in moves if one.more]
    if not more:
        return None
    return Finding(
        policy="more_is_told_knowingly",
        severity="warn",
        message=f"More leaves of people than before. {'; '.join(more)}.",
        fix="Check that the purpose covers it, and that the tool needs it.",
    )


def told_in_the_same_place(moves: Sequence[SyncMove]) -> Finding | None:
    """A sync that goes to another destination is looked at twice."""
    moved = [one for one in moves if one.was and one.will_be and one.was != one.will_be]
    if not moved:
        return None
    told = [f"{one.name} tells {one.will_be} instead of {one.was}" for one in moved]
    return Finding(
        policy="told_in_the_same_place",
        severity="warn",
        message=f"Another tool is told: {'; '.join(told)}. What the first one knows stays there.",
        fix="Have it removed there, where that is meant.",
    )


SYNC_POLICIES: tuple[SyncCheck, ...] = (
    syncs_can_run,
    more_is_told_knowingly,
    told_in_the_same_place,
)


def sync_findings(moves: Sequence[SyncMove]) -> tuple[Finding, ...]:
    """The verdict of every policy, blockers first."""
    found = [finding for check in SYNC_POLICIES if (finding := check(moves))]
    return tuple(sorted(found, key=lambda finding: finding.rank))
