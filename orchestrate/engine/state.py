"""What one chunk of users brings to a decision: arrays, one place a user."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from warehouse.batch.bits import Bits

Places = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int32]
Codes = npt.NDArray[np.uint8]
Moments = npt.NDArray[np.int64]
"""Microseconds since 1970, of naive UTC."""
Buckets = npt.NDArray[np.uint32]

UNKNOWN, GRANTED, DENIED = 0, 1, 2
"""What a user said about a channel."""
NOTHING, SEVERAL = -1, -2
"""The offer that a user has: none, or more than one."""


class Slots(NamedTuple):
    """Messages that take a place under the caps already: one row each, in any order."""

    users: Places
    at: Moments
    """When it went out, or may."""
    ghosts: Bools
    counted: npt.NDArray[np.bool_]
    """Cap × row: whether the cap counts it, were it the time."""


@dataclass
class State:
    """Everything a decision on these users reads. All arrays are in the order of ``users``."""

    users: npt.NDArray[Any]
    """User ids, as objects."""
    true: dict[str, Bits]
    """Flag → for whom it is true."""
    unknown: dict[str, Bits]
    """Flag → for whom it cannot be told; a flag that is always told is missing."""
    scores: dict[str, Floats]
    """Trait → value; NaN where there is none, or none that can be compared."""
    consent: dict[tuple[str, str], Codes]
    """(purpose, channel) → UNKNOWN, GRANTED or DENIED."""
    address: dict[str, Bools]
    """Channel that needs an address → who has one."""
    held_out: Bools
    """The global holdout."""
    zone: npt.NDArray[np.int16]
    """Place of the user's zone among the tick's zones."""
    counts: npt.NDArray[np.int32]
    """Cap × user: messages that count already."""
    shadow: npt.NDArray[np.int32]
    """Cap × user: messages that ghosts would have got, which count for ghosts only."""
    near: Bools
    """Who has a message closer than the minimum gap to what would go out now."""
    near_shadow: Bools
    """Who has a ghost so close."""
    standing: npt.NDArray[np.int32]
    """The offer that the user sees already, as its number; NOTHING or SEVERAL."""
    resting: dict[str, Places] = field(default_factory=dict)
    """Version of a policy (KEY@VERSION) → whom it leaves alone after an earlier decision."""
    valid: dict[int, Places] = field(default_factory=dict)
    """Candidate → who has the same action of the same policy on its way."""
    paused: dict[int, tuple[Places, npt.NDArray[np.int16]]] = field(default_factory=dict)
    """Candidate → whom earlier outcomes pause, and on which channel (-1: on any)."""
    slots: Slots | None = None
    """What ``counts`` and ``near`` were counted from; kept where a cap puts messages off."""
    held_by: dict[int, tuple[Places, Buckets]] = field(default_factory=dict)
    """Candidate → merged users whose bucket for its holdout is another identity's."""
    tried_by: dict[int, tuple[Places, Buckets]] = field(default_factory=dict)
    """Candidate → merged users whose bucket for its experiment is another identity's."""

    @property
    def size(self) -> int:
        """How many users."""
        return len(self.users)
