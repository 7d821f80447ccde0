"""Who is held out: deterministic buckets, equal in Python and in every engine's SQL.

bucket = first 8 hex digits of md5(salt ‖ ':' ‖ unit), compared as text against
half-open ranges. A share p ends at ceil(p * 2^32) as 8 hex digits; 100 % is open.
"""

from __future__ import annotations

import hashlib
import math


def bucket(salt: str, unit: str) -> str:
    """The unit's bucket under a salt: 8 lower-case hex digits, uniform."""
    digest = hashlib.md5(f"{salt}:{unit}".encode(), usedforsecurity=False)
    return digest.hexdigest()[:8]


def share_end(share: float) -> str | None:
    """The exclusive upper end of a share in [0, 1]; None is open (everybody)."""
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0 and 1, not {share}")
    end = math.ceil(share * 2**32)
    return None if end >= 2**32 else f"{end:08x}"


def in_range(value: str, low: str, high: str | None) -> bool:
    """Whether a bucket lies in [low, high)."""
    return low <= value and (high is None or value < high)
