"""The total order: level, score from high to low, then the static order. No two are equal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
import numpy.typing as npt

from orchestrate.engine.candidates import Candidate
from orchestrate.engine.state import Floats, Places

RowNumbers = npt.NDArray[np.intp]


def turns(
    candidates: Sequence[Candidate],
    rows_of: dict[int, RowNumbers],
    users: Places,
    numbers: npt.NDArray[np.int16],
    scores: Floats,
) -> Iterator[RowNumbers]:
    """Row numbers in the order in which they come to their turn; a turn has each user once.

    ``candidates`` in the static order; ``rows_of``: candidate → its rows; ``users``,
    ``numbers`` and ``scores`` are the rows' columns. A missing score is NaN and lowest.
    """
    for _, level in groupby(candidates, key=lambda one: one.level):
        present = [one for one in level if rows_of[one.number].size]
        if any(one.entry.score is not None for one in present):
            rows = np.concatenate([rows_of[one.number] for one in present])
            yield from _by_score(rows, users, numbers, scores)
        else:
            yield from (rows_of[one.number] for one in present)


def _by_score(
    rows: RowNumbers, users: Places, numbers: npt.NDArray[np.int16], scores: Floats
) -> Iterator[RowNumbers]:
    own = scores[rows]
    missing = np.isnan(own)
    order = np.lexsort((numbers[rows], np.where(missing, 0.0, -own), missing, users[rows]))
    rows = rows[order]
    starts = np.flatnonzero(np.diff(users[rows], prepend=-1))
    place = np.arange(rows.size) - np.repeat(starts, np.diff(starts, append=rows.size))
    for turn in range(int(place.max(initial=-1)) + 1):
        yield rows[place == turn]
