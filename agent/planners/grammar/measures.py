"""Numbers said of a row or an event: 'over 100 EUR', 'of more than 20 seats', 'rated 4 or more'."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from agent.planners.grammar.columns import column_noun, share_scale
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.money import is_money
from agent.planners.grammar.quantities import Quantity, comparison, quantity, trailing_comparison
from agent.planners.grammar.times import Times
from agent.planners.grammar.words import ARTICLES, Text
from core.conditions import Filter, Op
from warehouse.catalog import Column

_LEADS = frozenset(
    "of with for worth costing cost valued priced at that which were was are is a an the in "
    "having totalling totaling lasting lasted took lasts had about being their them paying "
    "containing exceeding has have had".split()
) - {"exceeding"}
_SUMMED = frozenset("totalling totaling combined altogether sum summing".split())
_EACH = ("each", "apiece", "every")
_NUMBERS = ("integer", "number")
LONGEST = 86_400
"""A unit of a day or more is no length of an event: 'on at least 3 days' counts days."""
_SCALES = {"seconds": 1, "minutes": 60, "hours": 3600}


class Measured(NamedTuple):
    """Filters on a number, where they end, and what must be asked of them."""

    filters: list[Filter]
    end: int
    question: str | None = None
    unnamed: bool = False
    """The number stands alone: no noun says what it is."""


class Measures:
    """Reads numbers of the columns of a row or of the properties of an event."""

    def __init__(self, text: Text, lexicon: Lexicon, times: Times) -> None:
        self.text = text
        self.lexicon = lexicon
        self.times = times

    def at(self, i: int, owner: str, columns: dict[str, Column]) -> Measured | None:
        """What is said at an index of a number of the owner's columns."""
        start = i
        while self.text.low(start) in _LEADS and comparison(self.text, start) is None:
            start += 1
        found = (
            self._named_first(start, owner, columns) or self._named_after(start, columns)
            or self._lasting(start, i, columns) or self._unnamed(start, i, columns)
        )  # fmt: skip
        return None if found is None else self._summed(i, found)

    def _summed(self, i: int, found: Measured) -> Measured:
        said = self.text.words(i, found.end)
        around = {self.text.low(k) for k in range(i, found.end + 2)}
        end = found.end + (self.text.low(found.end) in _EACH)
        if not around & _SUMMED and not self.text.has(found.end, "in", "total"):
            return found._replace(end=end)
        return found._replace(
            end=end,
            question=f"Is '{said}' said of each one, or of all together? Sums cannot be asked "
            "for in a rule: say it of one, or use a trait that holds the sum.",
        )

    def _numeric(self, columns: dict[str, Column]) -> dict[str, Column]:
        ids = ("id", "key")
        return {
            name: one
            for name, one in columns.items()
            if one.type in _NUMBERS and name.rsplit("_", 1)[-1] not in ids
        }

    def _named_first(self, i: int, owner: str, columns: dict[str, Column]) -> Measured | None:
        """'total above 100', 'an amount of at least 20', 'priced at over 5'."""
        for match in self.lexicon.at("column", self.text, i):
            column = columns.get(match.sense.name) if match.sense.owner == owner else None
            if column is None or column.type not in _NUMBERS:
                continue
            position = match.end
            while self.text.low(position) in ("is", "was", "of", "=", ":", "are", "were", "score",
                                              "rating", "at", "being", "value"):  # fmt: skip
                if comparison(self.text, position) is not None:
                    break
                position += 1
            found = quantity(self.text, position)
            if found is None or found.vague or found.times:
                continue
            return self._made(match.sense.name, column, columns, found, found.end)
        return None

    def _named_after(self, i: int, columns: dict[str, Column]) -> Measured | None:
        """'more than 20 seats', '4 stars or more', '5-star'."""
        found = quantity(self.text, i)
        if found is None or found.vague or found.times:
            return None
        for name, column in self._numeric(columns).items():
            end = column_noun(self.text, found.end, name, column)
            if end == found.end:
                continue
            trailing = trailing_comparison(self.text, end) if found.bare else None
            if trailing is not None:
                count = Quantity(trailing[1], trailing[0], found.n, currency=found.currency)
                return self._made(name, column, columns, count, trailing[1])
            return self._made(name, column, columns, found, end)
        return None

    def _lasting(self, i: int, begun: int, columns: dict[str, Column]) -> Measured | None:
        """'longer than 20 minutes': a length in units of time."""
        for name in self._numeric(columns):
            scale = _SCALES.get(name.rsplit("_", 1)[-1])
            length = self.times.duration(i) if scale else None
            if scale is None or length is None or length[0].vague:
                continue
            found, unit, end = length
            if found.bare or unit >= LONGEST or self.text.low(i - 1) in ("on", "in"):
                continue
            alone = i == begun and self.text.low(i) not in ("longer", "shorter")
            return Measured(_bounds(name, found, unit / scale), end, unnamed=alone)
        return None

    def _unnamed(self, i: int, begun: int, columns: dict[str, Column]) -> Measured | None:
        """'over 100 EUR': of the only number, or the only one that is money."""
        found = quantity(self.text, i)
        if found is None or found.vague or found.times or self._of_something(found.end):
            return None
        worth = any(self.text.low(k) in ("worth", "costing", "valued") for k in range(begun, i))
        if found.high is not None and not found.currency and begun == i:
            return None  # 'ordered between 9 and 17': nothing says that it is an amount
        if found.bare and not (found.high or found.currency or worth):
            return None
        numbers = self._numeric(columns)
        money = [name for name, column in numbers.items() if is_money(name, column)]
        paid = bool(found.currency) or worth
        candidates = money if paid or len(money) == 1 else [*numbers]
        if not candidates or (not paid and not money and len(numbers) > 1):
            return None
        name = candidates[0]
        made = self._made(name, numbers[name], columns, found, found.end)._replace(unnamed=True)
        if len(candidates) > 1:
            named = " or ".join(one.replace("_", " ") for one in candidates)
            said = self.text.words(begun, found.end)
            return made._replace(question=f"Which number is '{said}': {named}? Name it.")
        if found.bare:
            said = self.text.words(begun, found.end)
            return made._replace(question=f"Is '{said}' exactly that, at least or at most?")
        return made

    def _of_something(self, i: int) -> bool:
        """'more than 3 logins', 'over 10 days': the number counts what follows."""
        low = self.text.low(i)
        if not low or not low[0].isalpha() or low in (*ARTICLES, *_EACH):
            return False
        counted = any(
            self.lexicon.longest(kind, self.text, i) is not None
            for kind in ("event", "entity", "trait", "column", "person")
        )
        return counted or self.times.unit(i) is not None or low in ("percent", "times", "different")

    def _made(
        self, name: str, column: Column, columns: dict[str, Column], found: Quantity, end: int
    ) -> Measured:
        scale = 1.0
        question = None
        if self.text.low(end) in ("percent", "%"):
            end += 1
            trailing = trailing_comparison(self.text, end) if found.bare else None
            if trailing is not None:
                found, end = replace(found, op=trailing[0], bare=False), trailing[1]
            share = share_scale(column)
            scale = share or 1.0
            if share is None:
                question = f"On which scale is {name}: {found.n:g} or {found.n / 100:g}?"
        filters = [*_bounds(name, found, scale), *_in_currency(found, columns)]
        return Measured(filters, end, question)


def _in_currency(found: Quantity, columns: dict[str, Column]) -> Iterator[Filter]:
    """'1000 EUR' where a column says the currency."""
    for name, column in columns.items():
        if found.currency and found.currency in (column.values or {}):
            yield Filter(column=name, value=found.currency)


def _bounds(name: str, found: Quantity, scale: float) -> list[Filter]:
    scaled: list[tuple[Op, float]] = [(op, round(n * scale, 9)) for op, n in found.bounds()]
    return [Filter(column=name, op=op, value=int(n) if n == int(n) else n) for op, n in scaled]
