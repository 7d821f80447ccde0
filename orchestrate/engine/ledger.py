"""How many messages count for what would go out now: past ones and those on their way."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.moments import SECOND
from orchestrate.engine.state import Bools, Counts, Slots
from orchestrate.engine.zones import Zones


class Counted(NamedTuple):
    """Cap × user how many count, for everybody and for ghosts alone; and who has one too near."""

    counts: Counts
    shadow: Counts
    near: Bools
    near_shadow: Bools


def counted(slots: Slots, zone: npt.NDArray[np.int16], zones: Zones, gap_seconds: int) -> Counted:
    """What counts for a message that goes out when its user's zone is ready.

    ``zone``: the place of each user's zone.
    """
    users, there = zone.size, zone[slots.users]
    sides = (~slots.ghosts, slots.ghosts)
    counts, shadow = (np.zeros((len(slots.counted), users), np.int32) for _ in sides)
    for cap, counting in enumerate(slots.counted):
        begins, ends = zones.begins[cap][there], zones.ends[cap][there]
        inside = counting & (slots.at >= begins) & (slots.at < ends)
        for found, side in zip((counts, shadow), sides, strict=True):
            found[cap] = np.bincount(slots.users[inside & side], minlength=users)
    gap = gap_seconds * SECOND
    close = np.abs(slots.at - zones.ready[there]) < gap
    near, near_shadow = (np.zeros(users, np.bool_) for _ in sides)
    near[slots.users[close & sides[0]]] = True
    near_shadow[slots.users[close & sides[1]]] = True
    return Counted(counts, shadow, near, near_shadow)
