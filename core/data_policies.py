"""Guardrail policies for changes of the data layer: what must hold before one may go live.

The same shape as the policies for rules: one function from the facts of a
proposal to a finding or None, listed in DATA_POLICIES, its docstring its rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from core.artifacts import Finding
from core.conditions import Frozen
from core.data_changes import DataEffect, Downstream


class DataLimits(Frozen):
    """From which size on a change needs a person's judgement, as shares."""

    audience_moves: float = 0.1
    """An audience that grows or shrinks by more."""
    users_change: float = 0.2
    """Users of the warehouse for whom a value changes."""
    rows_lost: float = 0.0
    """Rows that a table loses."""


DataPolicy = Callable[[DataEffect, DataLimits], Finding | None]


def nothing_breaks(effect: DataEffect, limits: DataLimits) -> Finding | None:
    """What a live rule, an audience or a trait reads stays readable."""
    broken = [one for one in effect.downstream if one.broken]
    if not broken:
        return None
    return Finding(
        policy="nothing_breaks",
        severity="block",
        message=" ".join(f"{_named(one)}: {one.broken}" for one in broken),
        fix="Change what reads it first, or keep the old name beside the new one.",
    )


def removed_in_use(effect: DataEffect, limits: DataLimits) -> Finding | None:
    """Nothing is removed that a live rule, an audience or a trait reads."""
    gone, reading = _read(effect, "removed")
    readers = [one for one in reading if not one.broken]
    if not readers:
        return None
    return Finding(
        policy="removed_in_use",
        severity="block",
        message=f"It removes {_listed(sorted(gone))}, which is read by "
        f"{_listed(_named(one) for one in readers)}.",
        fix="Change what reads it first.",
    )


def renamed_in_use(effect: DataEffect, limits: DataLimits) -> Finding | None:
    """A new name for what a live rule reads is looked at twice."""
    renamed, readers = _read(effect, "renamed")
    if not readers:
        return None
    return Finding(
        policy="renamed_in_use",
        severity="warn",
        message=f"It renames {_listed(sorted(renamed))}, which is read by "
        f"{_listed(_named(one) for one in readers)}.",
        fix="Check that the old name stays an alias until the readers use the new one.",
    )


def audiences_move_little(effect: DataEffect, limits: DataLimits) -> Finding | None:
    """An audience of a live rule that grows or shrinks a lot is looked at twice."""
    moved = [one for one in effect.downstream if _moved(one) > limits.audience_moves]
    if not moved:
        return None
    told = "; ".join(f"{_named(one)} from {one.before:,} to {one.after:,} users" for one in moved)
    return Finding(
        policy="audiences_move_little",
        severity="warn",
        message=f"The audience changes by more than {limits.audience_moves:.0%}: {told}.",
        fix="Check that the owners of these rules want that.",
    )


def few_users_change(effect: DataEffect, limits: DataLimits) -> Finding | None:
    """A change of the values of many users is looked at twice."""
    if not effect.users_total or not effect.users_changed:
        return None
    share = effect.users_changed / effect.users_total
    if share <= limits.users_change:
        return None
    return Finding(
        policy="few_users_change",
        severity="warn",
        message=f"A value changes for {effect.users_changed:,} users, {share:.0%} of all.",
        fix="Look at the sample rows: are the new values the ones that were meant?",
    )


def no_rows_lost(effect: DataEffect, limits: DataLimits) -> Finding | None:
    """A table that loses rows is looked at twice."""
    lost = [
        table
        for table in effect.tables
        if table.before and (table.before - table.after) / table.before > limits.rows_lost
    ]
    if not lost:
        return None
    told = ", ".join(f"{one.table} from {one.before:,} to {one.after:,}" for one in lost)
    return Finding(
        policy="no_rows_lost",
        severity="warn",
        message=f"Rows are lost: {told}.",
        fix="Check that the lost rows are not needed.",
    )


def readers_are_told(effect: DataEffect, limits: DataLimits) -> Finding | None:
    """The approver knows how many live rules read what changes."""
    rules = [one for one in effect.downstream if one.kind == "rule"]
    if not rules:
        return None
    count = f"{len(rules)} live rule" + ("" if len(rules) == 1 else "s")
    return Finding(
        policy="readers_are_told",
        severity="info",
        message=f"It changes what {count} read: {_listed(one.name for one in rules)}.",
    )


DATA_POLICIES: tuple[DataPolicy, ...] = (
    nothing_breaks,
    removed_in_use,
    renamed_in_use,
    audiences_move_little,
    few_users_change,
    no_rows_lost,
    readers_are_told,
)


def data_findings(effect: DataEffect, limits: DataLimits | None = None) -> tuple[Finding, ...]:
    """The verdict of every policy, blockers first."""
    given = limits or DataLimits()
    found = [finding for policy in DATA_POLICIES if (finding := policy(effect, given))]
    return tuple(sorted(found, key=lambda finding: finding.rank))


def _read(effect: DataEffect, change: str) -> tuple[set[str], list[Downstream]]:
    """The names that are changed in one way, and who reads one of them."""
    names = {part.name for part in effect.changed if part.change == change}
    return names, [one for one in effect.downstream if names & {*one.reads}]


def _moved(one: Downstream) -> float:
    if one.before is None or one.after is None:
        return 0.0
    return abs(one.after - one.before) / max(one.before, 1)


def _named(one: Downstream) -> str:
    return f"the {one.kind} {one.name}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
