"""The smallest change that turns one decision round, found by making it and deciding once more.

Stage after stage is mended until the message is selected, or the first one is broken for a
message that is selected. A fact that is changed changes for every condition that reads it.
"""

from __future__ import annotations

from typing import NamedTuple

from orchestrate.ground import Ground
from orchestrate.mends import MENDS, broken

MOST_STEPS = 24


class Flip(NamedTuple):
    """What would have to be otherwise, and the reason code that it would give."""

    changes: tuple[str, ...]
    would_become: str


def flip(ground: Ground, number: int) -> Flip | None:
    """What would turn a candidate's decision round; None where nothing that we know of would."""
    if ground.reason(number) == "SELECTED":
        stopped = broken(ground, ground.candidates[number])
        return Flip((stopped[0],), stopped[1].reason(number))
    changes: list[str] = []
    for _ in range(MOST_STEPS):
        reason = ground.reason(number)
        mend = MENDS.get(reason)
        step = mend(ground, ground.candidates[number]) if mend else None
        if step is None:
            break
        changes.append(step[0])
        ground = step[1]
    return Flip(tuple(changes), ground.reason(number)) if changes else None
