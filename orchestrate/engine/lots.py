"""Who is held out by policy or experiment: lots that a salted hash draws, never chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.assignment import share_end
from core.rules import Experiment, Holdout
from orchestrate.engine.arbitration import Rows
from orchestrate.engine.candidates import Candidate
from orchestrate.engine.staging import CODE, RUNNING
from orchestrate.engine.state import Bools, Buckets, Codes, Places, State


class Lot(NamedTuple):
    """A salt and half-open ranges of buckets; an open end is None."""

    salt: str
    ranges: tuple[tuple[str, str | None], ...]


Draw = Callable[[Places, npt.NDArray[np.int32], Sequence[Lot]], Bools]
"""(users, lot of each row, lots) → whether the user's bucket lies in a range of the lot."""


def held_out(rows: Rows, candidates: Sequence[Candidate], state: State, draw: Draw) -> Codes:
    """For each row that still runs the reason why it is held out, or RUNNING."""
    found = np.full(rows.users.size, RUNNING, np.uint8)
    treated = [_treated(one.entry.experiment) for one in candidates]
    controlled = _drawn(rows, treated, state.tried_by, draw)
    kept_out = [_excluded(one.policy.holdout) for one in candidates]
    excluded = _drawn(rows, kept_out, state.held_by, draw)
    found[controlled.rows[~controlled.inside]] = CODE["HELD_OUT_EXPERIMENT"]
    found[excluded.rows[excluded.inside]] = CODE["HELD_OUT_POLICY"]
    return found


def holdout_range(holdout: Holdout) -> tuple[str, str | None]:
    """Salt and exclusive end of a holdout's buckets."""
    return holdout.salt, share_end(holdout.share)


class _Outcome(NamedTuple):
    rows: npt.NDArray[np.intp]
    inside: Bools


def _drawn(
    rows: Rows,
    lots: list[Lot | None],
    assigned: dict[int, tuple[Places, Buckets]],
    draw: Draw,
) -> _Outcome:
    distinct = sorted({lot for lot in lots if lot is not None}, key=str)
    number = np.array([-1 if lot is None else distinct.index(lot) for lot in lots], np.int32)
    mine = number[rows.numbers] if number.size else np.zeros(0, np.int32)
    which = np.flatnonzero((rows.reasons == RUNNING) & (mine >= 0))
    inside = draw(rows.users[which], mine[which], distinct)
    for candidate, (users, buckets) in assigned.items():
        lot = lots[candidate]
        here = np.flatnonzero(rows.numbers[which] == candidate)
        known = here[np.isin(rows.users[which[here]], users)]
        order = np.argsort(users)
        place = order[np.searchsorted(users, rows.users[which[known]], sorter=order)]
        if lot is not None:
            inside[known] = _lies_in(lot, buckets[place])
    return _Outcome(which, inside)


def _lies_in(lot: Lot, buckets: Buckets) -> Bools:
    """Whether buckets, as numbers, lie in a range of a lot."""
    found = np.zeros(buckets.size, np.bool_)
    for low, high in lot.ranges:
        end = 2**32 if high is None else int(high, 16)
        found |= (buckets >= int(low, 16)) & (buckets.astype(np.int64) < end)
    return found


def _excluded(holdout: Holdout | None) -> Lot | None:
    if holdout is None:
        return None
    salt, end = holdout_range(holdout)
    return Lot(salt, (("00000000", end),))


def _treated(experiment: Experiment | None) -> Lot | None:
    if experiment is None:
        return None
    return Lot(experiment.salt, tuple((a.low, a.high) for a in experiment.arms if a.treated))
