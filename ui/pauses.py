"""How long whoever asks a server must wait for what else runs in its process.

A thread that works keeps the others waiting for a turn of Python's, which is shortened here. And
Python looks for garbage among every object each time that they have become a quarter more, while
everybody waits: a fifth of a second where a few thousand users are kept at hand. Here only what
came since the last round is looked at, and what outlives it is set aside (``gc.freeze``). What is
not referred to any more is given back at once as ever; only rings among what was set aside wait
for the next look at everything.
"""

from __future__ import annotations

import gc
import sys
import time

from ui.rounds import Rounds

TURN_SECONDS = 0.0005
"""A turn of a thread, instead of Python's 5 ms."""
ROUND_SECONDS = 0.5
"""So often that each look for garbage takes a few milliseconds."""
WHOLE_SECONDS = 3_600.0
"""How often everything is looked at."""
_YOUNG, _OLDER, _NEVER = 700, 10, 2**31 - 1
"""Objects more until the youngest are looked at, such looks until those are that outlived one, and
until all others are: these the rounds look at."""


class Garbage:
    """Looks for garbage in rounds instead of whenever Python would; for a whole process."""

    def __init__(self) -> None:
        gc.set_threshold(_YOUNG, _OLDER, _NEVER)
        self._whole_at = time.monotonic()

    def once(self) -> None:
        """Look at what came since the last round; the first time and once an hour at everything."""
        if time.monotonic() >= self._whole_at:
            gc.unfreeze()
            self._whole_at = time.monotonic() + WHOLE_SECONDS
        gc.collect()
        gc.freeze()


def short_pauses() -> Rounds:
    """Shorten the turns of this process's threads; gives the rounds that look for garbage."""
    sys.setswitchinterval(TURN_SECONDS)
    return Rounds("garbage", Garbage().once, ROUND_SECONDS, first_seconds=0.0)
