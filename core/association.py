"""How strongly a yes-or-no condition goes with a property of people, from counts alone."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import NamedTuple


class Cell(NamedTuple):
    """The users of one value, and how many of them meet the condition."""

    users: int
    meet: int


def cramers_v(table: Mapping[str, Cell]) -> float:
    """Cramér's V of a condition and a property: 0 unrelated, 1 the one says the other.

    With two outcomes it is the root of chi-squared over the users; 0 where one outcome is missing.
    """
    users = sum(cell.users for cell in table.values())
    meet = sum(cell.meet for cell in table.values())
    if not 0 < meet < users:
        return 0.0
    share = meet / users
    # Both outcomes of a value are equally far from what is expected.
    off = sum(
        (cell.meet - cell.users * share) ** 2 / (cell.users * share * (1 - share))
        for cell in table.values()
        if cell.users
    )
    return min(1.0, sqrt(off / users))


def lifts(table: Mapping[str, Cell]) -> dict[str, float]:
    """How many times its share of everybody each value has among those who meet the condition."""
    users = sum(cell.users for cell in table.values())
    meet = sum(cell.meet for cell in table.values())
    if not meet:
        return {}
    return {
        value: (cell.meet / meet) / (cell.users / users)
        for value, cell in table.items()
        if cell.users
    }
