"""The thresholds of the diagnosis, in one place; they were set on synthetic worlds."""

from __future__ import annotations

from typing import Final

ALPHA: Final = 0.01
"""One-sided level at which a fall counts as one."""
OWN_NOISE: Final = 0.03
"""Least week-to-week standard deviation of a rate, in log odds."""
DIFFERENCE_NOISE: Final = 0.012
"""The same for the difference between two slices."""
LEAST_OWN_T: Final = -2.0
"""A slice is not blamed for falling behind its control unless it fell itself."""
STRIKING: Final = 5.0
"""Standard errors by which a mechanism must have moved to be named without a fall of the whole."""
LEAST_USERS: Final = 40
"""Fewer users than this in a cell say nothing."""
LEAST_EFFECT: Final = 0.02
"""Relative fall below which a cause is not worth naming."""

MOSTLY_EXPLAINED: Final = 0.5
"""From this share of a fall on, what is left is stated as unexplained, not named as a cause."""
