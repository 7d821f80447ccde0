"""Two conditions on the data: how many users meet each, and how many meet both."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import numpy as np

from core.conditions import Condition, Frozen
from core.errors import PilothouseError
from warehouse.compile import Audiences
from warehouse.runner import CheckedRunner


class Overlap(Frozen):
    """Users of one condition, of another, and of both."""

    one: int = 0
    other: int = 0
    both: int = 0

    @property
    def is_same(self) -> bool:
        """Whether they mean the same users. Two that mean nobody may still be different."""
        return self.one == self.other == self.both > 0


Measure = Callable[[Condition, Condition, datetime], Overlap | None]
"""The overlap of two conditions at a moment; None when one of them cannot be run."""


def measured(
    runner: CheckedRunner,
    audiences: Audiences,
    one: Condition,
    other: Condition,
    as_of: datetime,
) -> Overlap | None:
    """The overlap by one pass over the users; None when a condition cannot be decided."""
    asked = {"one": one, "other": other}
    found = Overlap()
    try:
        for part in runner.told(
            asked, as_of=as_of, purpose="two readings compared", audiences=audiences
        ):
            first, second = part.true["one"], part.true["other"]
            counts = (_bits(first), _bits(second), _bits(first & second))
            found = Overlap(
                one=found.one + counts[0],
                other=found.other + counts[1],
                both=found.both + counts[2],
            )
    except PilothouseError:
        return None
    return found


def _bits(bits: np.ndarray) -> int:
    return int(np.bitwise_count(bits).sum())
