"""Lengths of time in words."""

from __future__ import annotations

UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
SECONDS = {word: size for size, unit in UNITS for word in (unit, f"{unit}s")}


def duration(seconds: int) -> str:
    """A length of time in the largest unit that divides it: ``14 days``."""
    for size, unit in UNITS:
        if seconds % size == 0:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'}"
    raise AssertionError("a second divides every whole number of seconds")


def read_duration(words: str) -> int | None:
    """The seconds of ``14 days``; None where the words are no length of time."""
    count, _, unit = words.strip().partition(" ")
    if not count.isdecimal() or unit not in SECONDS:
        return None
    return int(count) * SECONDS[unit]
