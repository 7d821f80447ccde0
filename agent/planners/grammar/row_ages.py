"""How old a row is: 'older than 30 days', 'open for more than 3 days'."""

from __future__ import annotations

import re

from agent.planners.grammar.rows import Row
from agent.planners.grammar.times import Span, Times
from agent.planners.grammar.words import Text
from core.conditions import Op
from warehouse.catalog import Entity

_LONGER = (Op.GE, Op.GT)
_UNTIL = re.compile(r"WHEN\s+\w+\s+IS\s+NULL\b[^']*THEN\s+'(?P<value>[^']*)'", re.IGNORECASE)
"""A state that holds while a time of the row is missing."""


class RowAges:
    """Reads ages of rows in one text."""

    def __init__(self, text: Text, times: Times, entities: dict[str, Entity]) -> None:
        self.text = text
        self.times = times
        self.entities = entities

    def older(self, start: int) -> Span | None:
        """'older than 30 days', 'more than a week old': since the row came to be."""
        older = self.text.has(start, "older", "than")
        start += 2 if older else 0
        length = self.times.duration(start)
        if length is None or length[0].vague:
            return None
        found, unit, end = length
        old = self.text.low(end) == "old"
        if not (older or (old and not found.bare)):
            return None
        return Span(end + old, "ago", seconds=int(found.n * unit), op=Op.GT if older else found.op)

    def lasting(self, row: Row) -> Span | None:
        """'open for more than 3 days': a state that a row has from its first moment on."""
        if self.text.low(row.end) not in ("for", "since"):
            return None
        columns = self.entities[row.entity].columns
        states = [one for one in row.filters if columns[one.column].expression]
        if not any(_from_birth(columns[one.column].expression, one.value) for one in states):
            return None
        length = self.times.duration(row.end + 1)
        if length is None or length[0].vague or not (length[0].bare or length[0].op in _LONGER):
            return None
        found, unit, end = length
        op = Op.GE if found.bare else found.op
        return Span(end, "ago", seconds=int(found.n * unit), op=op)


def _from_birth(expression: str | None, value: object) -> bool:
    """Whether a computed state is so until some time comes: open while nothing closed it."""
    first = _UNTIL.search(expression or "")
    return first is not None and first["value"] == value
