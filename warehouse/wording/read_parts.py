"""Parts of conditions read back: comparisons, filters, numbers, lengths of time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from core.conditions import AsOf, Filter, Op, Scalar
from warehouse.wording.known import Known
from warehouse.wording.spans import SECONDS
from warehouse.wording.tokens import Tokens
from warehouse.wording.writing import AGAINST, COMPARED, LENGTHS, ORDERED

Read = Iterator[tuple[Any, int]]
"""Each way to read from an index on: what it means, and the index behind it."""
_COUNTS = {
    "at least": Op.GE, "at most": Op.LE, "exactly": Op.EQ, "not exactly": Op.NE,
    "more than": Op.GT, "fewer than": Op.LT,
}  # fmt: skip
_LENGTHS = {words: op for op, words in LENGTHS.items()}
_AGAINST = {words: op for op, words in AGAINST.items()}
_LISTED = {COMPARED[op]: op for op in (Op.IN, Op.NOT_IN)}
_COMPARED = {words: op for op, words in COMPARED.items() if words not in _LISTED}
_ORDERED = {AGAINST[op]: op for op in ORDERED}


class Parts:
    """Reads what conditions are made of, over one text."""

    def __init__(self, tokens: Tokens, known: Known) -> None:
        self.tokens = tokens
        self.known = known

    def compared(self, i: int, names: dict[str, Any]) -> Iterator[tuple[Any, Op, Any, int]]:
        """A name with its comparison: ``country is one of DE, FR``."""
        t = self.tokens
        negated = t.after(i, "not")
        for name, end in t.one_of(negated, names) if negated is not None else ():
            yield name, Op.EQ, False, end
        for name, end in t.one_of(i, names):
            for words, op in (("is missing", Op.IS_NULL), ("is known", Op.IS_NOT_NULL)):
                if (close := t.after(end, words)) is not None:
                    yield name, op, None, close
            for op, at in t.one_of(end, _AGAINST):
                for value, close in self._moment(at):
                    yield name, op, value, close
            for op, at in t.one_of(end, _LISTED):
                yield name, op, *self._list(at)
            for op, at in t.one_of(end, _COMPARED | _ORDERED):
                value = t.value(at)
                if value is not None:
                    yield name, op, value, at + 1
            yield name, Op.EQ, True, end

    def _list(self, i: int) -> tuple[tuple[Scalar, ...], int]:
        values: list[Scalar] = []
        end = i
        while (value := self.tokens.value(end)) is not None:
            values.append(value)
            comma = self.tokens.after(end + 1, ",")
            if comma is None:
                return tuple(values), end + 1
            end = comma
        return tuple(values), end

    def _moment(self, i: int) -> Read:
        if (end := self.tokens.after(i, "now")) is not None:
            yield AsOf(), end
        for seconds, end in self.duration(i):
            for words, sign in (("from now", 1), ("ago", -1)):
                if (close := self.tokens.after(end, words)) is not None:
                    yield AsOf(as_of_offset_seconds=sign * seconds), close

    def duration(self, i: int) -> Iterator[tuple[int, int]]:
        count = self.tokens.value(i)
        unit = SECONDS.get(self.tokens.raw(i + 1).lower())
        if isinstance(count, int) and not isinstance(count, bool) and unit:
            yield count * unit, i + 2

    def length(self, i: int) -> Iterator[tuple[Op, int, int]]:
        for op, at in self.tokens.one_of(i, _LENGTHS):
            for seconds, end in self.duration(at):
                yield op, seconds, end

    def number_of(self, i: int, *, times: bool = False) -> Iterator[tuple[Op, int, int]]:
        """``at least 3``; with ``times``: ``at least 3 times`` or ``at least once``."""
        t = self.tokens
        for op, at in t.one_of(i, _COUNTS):
            if times and (end := t.after(at, "once")) is not None:
                yield op, 1, end
            n = t.value(at)
            if isinstance(n, int) and not isinstance(n, bool):
                end = t.after(at + 1, "times") if times else at + 1
                if end is not None:
                    yield op, n, end

    def event(self, i: int) -> Iterator[tuple[str, tuple[Filter, ...], int]]:
        for name, end in self.tokens.one_of(i, self.known.events):
            for where, close in self._filters(end, self.known.properties(name)):
                yield name, where, close

    def thing(self, i: int) -> Iterator[tuple[str, tuple[Filter, ...], int]]:
        """``open ticket with ticket reason is billing``."""
        t = self.tokens
        for entity, end in t.one_of(i, self.known.nouns):
            columns = self.known.columns(entity)
            for where, close in self._filters(end, columns):
                yield entity, where, close
        status = t.value(i)
        for entity, end in t.one_of(i + 1, self.known.nouns) if isinstance(status, str) else ():
            columns = self.known.columns(entity)
            for where, close in self._filters(end, columns):
                if "status" in columns:
                    yield entity, (Filter(column="status", value=status), *where), close

    def _filters(self, i: int, names: dict[str, str]) -> Iterator[tuple[tuple[Filter, ...], int]]:
        t = self.tokens
        many = t.after(i, "with (")
        if many is not None:
            yield from self._several(many, names, ())
        at = t.after(i, "with")
        for column, op, value, end in self.compared(at, names) if at is not None else ():
            yield (Filter(column=column, op=op, value=value),), end
        yield (), i

    def _several(
        self, i: int, names: dict[str, str], before: tuple[Filter, ...]
    ) -> Iterator[tuple[tuple[Filter, ...], int]]:
        for column, op, value, end in self.compared(i, names):
            where = (*before, Filter(column=column, op=op, value=value))
            if (close := self.tokens.after(end, ")")) is not None:
                yield where, close
            if (behind := self.tokens.after(end, "and")) is not None:
                yield from self._several(behind, names, where)
