"""What a reading may be, cut at the constants that conditions compare it with.

Between two neighbouring constants every value answers every comparison alike. So a
set of values is a set of cells: the constants themselves, the gaps around them, and
missing. A set is one integer, a bit a cell; nothing here is about one user's value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from core.conditions import Op

Order = int | float | str
"""What is compared: numbers, micros of an instant, or text."""


@dataclass(frozen=True)
class Axis:
    """The values of one reading: ``whole`` numbers from 0 on, ``boolean``, or of any kind."""

    constants: tuple[Order, ...]
    """Sorted, each once."""
    domain: Literal["whole", "boolean", "any"] = "any"
    nullable: bool = True

    @property
    def missing(self) -> int:
        """The set of the missing value alone."""
        return 1 << (2 * len(self.constants) + 1) if self.nullable else 0

    @cached_property
    def known(self) -> int:
        """Every value that is there: gaps in which nothing lies are left out."""
        if self.domain == "boolean":
            return sum(1 << (2 * place + 1) for place in range(len(self.constants)))
        cells = range(2 * len(self.constants) + 1)
        if self.domain == "any":
            return sum(1 << cell for cell in cells)
        return sum(1 << cell for cell in cells if self._lowest(cell) <= self._highest(cell))

    @property
    def everything(self) -> int:
        """Every value, the missing one included."""
        return self.known | self.missing

    def where(self, op: Op, constant: Order) -> int:
        """The known values that compare so with one of the constants."""
        place = 2 * self.constants.index(constant) + 1
        point = 1 << place
        below = point - 1
        match op:
            case Op.EQ:
                found = point
            case Op.NE:
                found = ~point
            case Op.LT:
                found = below
            case Op.LE:
                found = below | point
            case Op.GT:
                found = ~(below | point)
            case _:
                found = ~below
        return self.known & found

    def least(self, values: int) -> float:
        """The smallest whole number of a set."""
        return self._lowest((values & -values).bit_length() - 1)

    def most(self, values: int) -> float:
        """The largest whole number of a set; infinite when there is none."""
        return self._highest(values.bit_length() - 1)

    def _lowest(self, cell: int) -> float:
        if cell % 2:
            return math.ceil(self._number(cell // 2))
        before = self._number(cell // 2 - 1) if cell else -1.0
        return max(0, math.floor(before) + 1)

    def _highest(self, cell: int) -> float:
        if cell % 2:
            number = self._number(cell // 2)
            return math.floor(number) if number >= 0 else -1
        if cell // 2 == len(self.constants):
            return math.inf
        return math.ceil(self._number(cell // 2)) - 1

    def _number(self, place: int) -> float:
        return float(self.constants[place])
