"""Windows of events as spans of microseconds, worked out for one moment after another.

Each distinct window is worked out once a decision, and a calendar window only
when a new day, week or month begins in its zone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from core.conditions import Absolute, Calendar, Rolling
from core.moments import EPOCH, SECOND, micros
from core.windows import Bounds, current_period, fixed_bounds

Span = tuple[int, int]
"""From the first moment to the second, which is not in it."""
SpanAt = Callable[[int], Span]
FixedWindow = Rolling | Calendar | Absolute
_UNITS = {"day": 1, "week": 7, "month": 31}
_DAY = 86_400 * SECOND
_FOREVER = 1 << 62


def reach(window: FixedWindow | None) -> int | None:
    """How far before the moment of decision a window may begin; None: any time before."""
    match window:
        case None:
            # What is older than any window is counted, and its first and last are kept.
            return 0
        case Rolling():
            return window.seconds * SECOND
        case Calendar():
            # Two days to spare: units are not all as long, and zones move their clocks.
            return ((window.periods_back + 1) * _UNITS[window.unit] + 2) * _DAY
        case Absolute():
            return None


def span_at(window: FixedWindow) -> SpanAt:
    match window:
        case Rolling():
            length = window.seconds * SECOND
            return lambda now: (now - length, now)
        case Calendar():
            return _CalendarSpan(window)
        case Absolute():
            start, end = _in_micros(fixed_bounds(window, EPOCH))
            return lambda now: (min(start, now, end), min(end, now))


class _CalendarSpan:
    """The span of a calendar window, worked out anew when the unit that holds now is over."""

    def __init__(self, window: Calendar) -> None:
        self._window = window
        self._known: tuple[Span, Span] = ((0, 0), (0, 0))

    def __call__(self, now: int) -> Span:
        # Threads share it: what one works out is not read again, another may know more by then.
        (begun, over), (start, end) = self._known
        if not begun <= now < over:
            known = self._work_out(now)
            self._known = known
            _, (start, end) = known
        return start, min(end, now)

    def _work_out(self, now: int) -> tuple[Span, Span]:
        moment = EPOCH + timedelta(microseconds=now)
        return (
            _in_micros(current_period(self._window, moment)),
            _in_micros(fixed_bounds(self._window, moment)),
        )


def _in_micros(bounds: Bounds) -> Span:
    start = -_FOREVER if bounds.start is None else micros(bounds.start)
    return start, _FOREVER if bounds.end is None else micros(bounds.end)
