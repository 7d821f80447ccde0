"""The sums of one query as columns of numbers, added up over whatever part is asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from measure.methods.arms import Sums

KEYS = ("scope", "is_first", "arm", "day", "platform", "in_two_arms", "has_moved", "is_outside")
OF_OBJECTS = frozenset({*KEYS, "first_since", "goal_event", "last_goal_event"})
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Cells:
    """One row a scope, arm, day and platform; every column but the keys can be added up."""

    columns: Mapping[str, npt.NDArray[Any]]
    sql: str

    @classmethod
    def of(cls, names: Sequence[str], rows: Sequence[tuple[Any, ...]], sql: str) -> Cells:
        """From the rows of ``lift_cells``."""
        by_column = list(zip(*rows, strict=True)) if rows else [() for _ in names]
        columns = {
            name: np.array(values, dtype=object if name in OF_OBJECTS else float)
            for name, values in zip(names, by_column, strict=True)
        }
        return cls(columns, sql)

    @property
    def empty(self) -> bool:
        """Whether nobody takes part."""
        return self.columns["units"].size == 0

    @cached_property
    def clean(self) -> Mask:
        """Units in one arm only, and inside of their namespace."""
        return (self.columns["in_two_arms"] == 0) & (self.columns["is_outside"] == 0)

    @cached_property
    def overall(self) -> Mask:
        """Each unit once: by what it came for first."""
        return np.asarray(self.columns["is_first"] == 1)

    def where(self, **keys: object) -> Mask:
        """Rows with these values."""
        found = np.ones(self.columns["units"].size, np.bool_)
        for name, value in keys.items():
            found &= self.columns[name] == value
        return found

    def values(self, name: str) -> list[Any]:
        """The different values of a key, in order."""
        return sorted(set(self.columns[name].tolist()))

    def number(self, name: str, part: Mask) -> float:
        """A column added up."""
        return float(self.columns[name][part].sum())

    def units(self, part: Mask) -> int:
        """How many units."""
        return int(self.number("units", part))

    def sums(self, place: int, part: Mask) -> Sums:
        """Of the metric at a place: itself and what goes with it."""
        keys = ("y", "yy", "x", "xx", "xy")
        return Sums(self.number("units", part), *(self.number(f"{k}{place}", part) for k in keys))

    def stretch(self, place: int, part: Mask) -> tuple[float, float, float]:
        """Units, sum and sum of squares of the first metric in one stretch."""
        names = ("units", f"s{place}", f"ss{place}")
        n, total, squares = (self.number(name, part) for name in names)
        return n, total, squares

    @property
    def since(self) -> datetime | None:
        """When the first unit came."""
        found: list[datetime] = self.columns["first_since"].tolist()
        return min(found) if found else None

    @property
    def total(self) -> int:
        """Whom all this could have concerned."""
        return int(self.columns["total"].max()) if not self.empty else 0

    def goal(self, part: Mask) -> str | None:
        """The goal event, where there is only one."""
        found = {*self.columns["goal_event"][part], *self.columns["last_goal_event"][part]}
        return found.pop() if len(found) == 1 else None

    def days(self) -> list[date]:
        """The days on which units came."""
        return self.values("day")
