"""Which seeds are for what: what thresholds were tuned on must never score them."""

from __future__ import annotations

import re

from core.errors import Code, refuse

NAMED: dict[str, range] = {
    "small": range(100, 116),
    "dev": range(10, 80),
    "dev-2": range(200, 300),
    "dev-3": range(400, 500),
    "held-out": range(1000, 1120),
    "fresh": range(20_000, 20_120),
    "fresh-2": range(3_000, 3_120),
}
"""``small`` is scored in CI. The ``dev`` ranges are for tuning, the last three never are."""
MOST = 2_000


def seeds_of(text: str) -> range:
    """The seeds of a name, of one number, or of 'A-B' with both ends; refuses anything else."""
    if text in NAMED:
        return NAMED[text]
    found = re.fullmatch(r"(\d{1,9})(?:-(\d{1,9}))?", text)
    first = int(found[1]) if found else 0
    last = int(found[2] or found[1]) if found else -1
    if not 0 <= last - first < MOST:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"'{text}' is no range of seeds.",
            span=text,
            fix=f"Give A-B with at most {MOST:,} seeds, or one of {', '.join(NAMED)}.",
        )
    return range(first, last + 1)
