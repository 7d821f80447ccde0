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
LEAST_OWN_SIGN: Final = 1.0
"""Standard errors by which a value must itself have moved: else it was the others that did."""
STRIKING: Final = 5.0
"""Standard errors by which a mechanism must have moved to be named without a fall of the whole."""
LEAST_USERS: Final = 40
"""Fewer users than this in a cell say nothing."""
LEAST_EFFECT: Final = 0.02
"""Relative fall below which a cause is not worth naming."""

MOSTLY_EXPLAINED: Final = 0.5
"""From this share of a fall on, what is left is stated as unexplained, not named as a cause."""
CLEAR_TREND: Final = 0.1
"""Two-sided level at which earlier periods count as lying on a line."""
CLEAR_SEASON: Final = 2.0
"""Standard errors by which the same period of last year must have moved to be expected again."""
LEAST_SHARE: Final = 0.03
"""Relative change of the whole below which a step's fall for one value is not worth naming."""
LEAST_REST: Final = 0.04
"""Relative change of the whole below which what no cause explains is not located at a step."""
PREVIEW: Final = 20
"""Rows of a next check that the report carries."""
