"""How many messages go out on which day: a selected one goes when quiet hours let it."""

from __future__ import annotations

from collections import Counter

import numpy as np

from orchestrate.engine.decided import Decided
from orchestrate.engine.staging import CODE
from orchestrate.stages import Stand

DAY = 86_400 * 1_000_000
"""Microseconds."""
Volume = Counter[tuple[int, str]]
"""(day since 1970, channel) → messages."""


def sent_on(decided: Decided, stand: Stand) -> Volume:
    """On which day and by which channel the selected messages of some users go out."""
    rows = decided.rows
    sent = rows.reasons == CODE["SELECTED"]
    days = rows.ready // DAY
    found: Volume = Counter()
    for one in stand.candidates:
        mine = sent & (rows.numbers == one.number)
        for place, channel in enumerate(one.route.channels):
            there = days[mine & (rows.places == place)]
            for day, messages in zip(*np.unique(there, return_counts=True), strict=True):
                found[int(day), channel] += int(messages)
    return found
