"""What must hold before any number: arms filled as planned, held-out users left alone, nobody in
two arms, nobody moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from measure.experiments.assigned import Assigned, PlannedArm
from measure.experiments.cells import Cells, Mask
from measure.experiments.effects import never_zero
from measure.experiments.readout import Check, CheckName, Outcome, SplitCell
from measure.methods import ratio_mismatch
from measure.statistics import p_text

MISMATCH = 0.001
"""Below this p the arms were not filled as planned."""
LEAST_EXPECTED = 5.0
"""Days and platforms on which an arm would have fewer are not tested by chi-squared."""
MOVED_TOLERATED = 0.01
"""Merged people keep the arm of their first identity: so many may differ from their own bucket."""


class Checked(NamedTuple):
    """The checks, how each part was filled, and why there is no number, if so."""

    checks: tuple[Check, ...]
    split: tuple[SplitCell, ...]
    withheld: str | None


def check(cells: Cells, assigned: Assigned, tolerated: float, more: Sequence[Check]) -> Checked:
    """All checks over the units; ``tolerated``: the share that may be in two arms."""
    arms = assigned.arms
    if len(arms) < 2:
        lone = f"There is only one arm, '{arms[0].key}': nothing to compare it with."
        return Checked((), (), lone)
    days, platforms = _by(cells, arms, "day"), _by(cells, arms, "platform")
    checks = (
        _split(cells, arms),
        _parts("split_by_day", "days", days),
        _parts("split_by_platform", "platforms", platforms),
        _contamination(cells, assigned),
        _two_arms(cells, tolerated),
        _moved(cells, assigned),
        *((_namespace(cells, tolerated),) if assigned.has_namespace else ()),
        *more,
    )
    failed = [one.sentence for one in checks if one.outcome == "failed"]
    withheld = failed[0] if failed else _nobody(cells, arms)
    return Checked(checks, (*days, *platforms), withheld)


def _nobody(cells: Cells, arms: Sequence[PlannedArm]) -> str | None:
    empty = [one.name for one in arms if _units(cells, one, cells.clean) == 0]
    if not empty:
        return None
    named = " and ".join(f"'{one}'" for one in empty)
    return f"There is nobody to compare with yet: one of the arms is empty ({named})."


def _units(cells: Cells, arm: PlannedArm, part: Mask) -> int:
    return cells.units(cells.overall & part & cells.where(arm=arm.key))


def _split(cells: Cells, arms: Sequence[PlannedArm]) -> Check:
    """Sequential over days: it may be looked at every day."""
    counts = np.array(
        [[_units(cells, arm, cells.where(day=day)) for arm in arms] for day in cells.days()]
    )
    weights = [one.share for one in arms]
    p = never_zero(ratio_mismatch.sequential(counts.cumsum(axis=0).tolist(), weights)[-1])
    whole = counts.sum(axis=0).tolist()
    filled = ", ".join(f"{n:,} {arm.name}" for n, arm in zip(whole, arms, strict=True))
    planned = " : ".join(f"{one.share:.4g}" for one in arms)
    if p < MISMATCH:
        return _check(
            "split",
            "failed",
            f"The arms do not match their shares ({planned}): {filled}, {p_text(p)}. Something "
            "else than chance decided who is in which arm.",
            p,
        )
    return _check("split", "passed", f"The arms were filled as planned: {filled}, {p_text(p)}.", p)


def _by(cells: Cells, arms: Sequence[PlannedArm], by: str) -> tuple[SplitCell, ...]:
    """Each day by itself is settled, and tested once; a platform grows and is tested in sequence.

    The level is shared out over the parts (Bonferroni).
    """
    values = cells.values(by)
    found = []
    for value in values:
        here = cells.where(**{by: value})
        counts = [_units(cells, arm, here) for arm in arms]
        p = _p(cells, arms, by, value)
        found.append(
            SplitCell(
                by="day" if by == "day" else "platform",
                value=str(value) or "unknown",
                users={arm.key: n for arm, n in zip(arms, counts, strict=True)},
                p=never_zero(p),
                failed=p < MISMATCH / len(values),
            )
        )
    return tuple(found)


def _p(cells: Cells, arms: Sequence[PlannedArm], by: str, value: object) -> float:
    weights = [one.share for one in arms]
    if by == "day":
        counts = [_units(cells, arm, cells.where(day=value)) for arm in arms]
        least = min(one for one in weights if one > 0) * sum(counts) / sum(weights)
        return ratio_mismatch.chi_squared(counts, weights) if least >= LEAST_EXPECTED else 1.0
    here = cells.where(**{by: value})
    looks = np.array(
        [[_units(cells, arm, here & cells.where(day=day)) for arm in arms] for day in cells.days()]
    )
    return ratio_mismatch.sequential(looks.cumsum(axis=0).tolist(), weights)[-1]


def _parts(name: CheckName, what: str, parts: tuple[SplitCell, ...]) -> Check:
    p = min((1.0, *(one.p * len(parts) for one in parts)))
    failed = [one for one in parts if one.failed]
    if failed:
        worst = min(failed, key=lambda one: one.p)
        counts = ", ".join(f"{n:,} {arm}" for arm, n in worst.users.items())
        return _check(
            name,
            "failed",
            f"The arms do not match their shares on {len(failed)} of {len(parts)} {what}, most of "
            f"all {worst.value}: {counts}, {p_text(worst.p)}.",
            p,
        )
    return _check(name, "passed", f"On all {len(parts)} {what} the arms match their shares.", p)


def _contamination(cells: Cells, assigned: Assigned) -> Check:
    got = contaminated(cells, assigned)
    if assigned.reached_by != "message":
        return _check("contamination", "not_run", "No messages are part of it.")
    if got:
        return _check(
            "contamination",
            "failed",
            f"{got:,} held-out users got a message, so they are no comparison.",
        )
    return _check("contamination", "passed", "No held-out user got a message.")


def contaminated(cells: Cells, assigned: Assigned) -> int:
    """Users of the control who got a message."""
    controls = [one for one in assigned.arms if one.control]
    got = (cells.number("messaged", cells.overall & cells.where(arm=one.key)) for one in controls)
    return int(sum(got))


def _two_arms(cells: Cells, tolerated: float) -> Check:
    return _left_out(
        cells,
        "two_arms",
        "in_two_arms",
        "were seen in two arms",
        "Nobody was seen in two arms.",
        tolerated,
    )


def _namespace(cells: Cells, tolerated: float) -> Check:
    told = "met it although they are outside of its part of the namespace"
    none = "Everybody is of the part of the namespace that it has."
    return _left_out(cells, "namespace", "is_outside", told, none, tolerated)


def _left_out(
    cells: Cells, name: CheckName, column: str, told: str, none: str, tolerated: float
) -> Check:
    those = cells.units(cells.overall & (cells.columns[column] == 1))
    whole = cells.units(cells.overall)
    if those == 0:
        return _check(name, "passed", none)
    share = those / whole
    if share > tolerated:
        return _check(name, "failed", f"{those:,} of {whole:,} users {told}.")
    sentence = f"{those:,} of {whole:,} users {told} and are left out."
    return _check(name, "passed", sentence)


def _moved(cells: Cells, assigned: Assigned) -> Check:
    if not assigned.recomputed:
        why = "Arms were not drawn again: the salt and shares they were drawn with are not known."
        return _check("moved", "not_run", why)
    moved = cells.units(cells.overall & (cells.columns["has_moved"] == 1))
    whole = cells.units(cells.overall)
    if moved > MOVED_TOLERATED * whole:
        return _check(
            "moved",
            "failed",
            f"{moved:,} of {whole:,} users are in another arm than salt and shares give now: the "
            "assignment was changed on the way.",
        )
    if moved:
        return _check(
            "moved",
            "passed",
            f"{moved:,} of {whole:,} users are in another arm than their bucket gives, no more "
            "than merged people explain.",
        )
    return _check("moved", "passed", "Everybody is in the arm that salt and shares give.")


def _check(name: CheckName, outcome: Outcome, sentence: str, p: float | None = None) -> Check:
    return Check(name=name, outcome=outcome, p=p, sentence=sentence)
