"""What users agreed to: the last word on each channel, out of all words that they ever said."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from orchestrate.engine.state import DENIED, GRANTED, UNKNOWN, Bools, Codes

Said = npt.NDArray[np.int64]
"""Words as numbers: four times the moment in microseconds, plus what was said."""
_YES = 0
_MEANS = np.array([GRANTED, UNKNOWN, DENIED, UNKNOWN], np.uint8)
_NOTHING = np.iinfo(np.int64).min + 1
"""Before any word; it means that consent is unknown."""


def last_words(places: npt.NDArray[np.int64], own: Bools, said: Said, size: int) -> Codes:
    """Place → UNKNOWN, GRANTED or DENIED, of words at ``places`` below ``size``, in any order.

    The latest counts, of two at the same moment the stricter. What was said under an id that was
    merged since takes consent away, as any later word does, but gives none.
    """
    latest = _latest(places, said, size)
    if not own.all():
        by_themselves = _latest(places[own], said[own], size)
        latest = np.where(latest & 3 == _YES, by_themselves, latest)
    found: Codes = _MEANS[latest & 3]
    return found


def _latest(places: npt.NDArray[np.int64], said: Said, size: int) -> Said:
    found = np.full(size, _NOTHING, np.int64)
    np.maximum.at(found, places, said)
    return found
