"""Numbers of few people: an answer to a question says that they are few, and never how many.

Whoever asks: a narrow question would otherwise find out single people. Rules are not questions:
approvers see whom they reach.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from core.artifacts import Preview
from core.questions import Count, MetricQuestion, MetricRate, Ratio
from warehouse.questions import Column, columns_of, counts_users, people_columns

WITHHELD = "withheld"
"""What stands in a row where a number would tell of few people without being theirs."""
_MARK = re.compile(r"[<>]\d+")
Row = tuple[Any, ...]


class Masked(NamedTuple):
    """Rows without numbers of few people, and what is said of those that are missing."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


class Told(NamedTuple):
    """A number of users as it is told: ``<5``, or ``>95`` of 100, where few are or are not."""

    users: int | str
    of: int | str
    preview: Preview | None
    """None where a number of it would tell of few."""
    notes: tuple[str, ...]


class _Behind(NamedTuple):
    """How many users a number is of, and its part, where that tells of users."""

    whole: int
    part: int | None = None


def told_count(preview: Preview, least: int) -> Told:
    """How many users meet a condition, at least ``least`` or none; fewer are not told."""
    users, of = preview.audience_size, preview.population_size
    notes = (_note(least),)
    if _few(of, least):
        return Told(f"<{least}", f"<{least}", None, notes)
    if _few(users, least):
        return Told(f"<{least}", of, None, notes)
    if _few(of - users, least):
        return Told(f">{of - least}", of, None, notes)
    tells = any(_few(number, least) for number in _numbers(preview))
    return Told(users, of, None if tells else preview, notes if tells else ())


def is_withheld(cell: Any) -> bool:
    """Whether a cell stands in place of a number that is not told."""
    return isinstance(cell, str) and (cell == WITHHELD or _MARK.fullmatch(cell) is not None)


def count_words(users: int | str, of: int | str) -> str:
    """A number of users as a sentence begins."""
    if isinstance(of, str):
        return f"**Fewer than {of[1:]}** users meet this"
    if isinstance(users, int):
        return f"**{users:,}** of {of:,} users meet this"
    least = users[1:] if users.startswith("<") else f"{of - int(users[1:])}"
    few = "Fewer" if users.startswith("<") else "All but fewer"
    return f"**{few} than {least}** of {of:,} users meet this"


def masked_rows(question: MetricQuestion, rows: Sequence[Sequence[Any]], least: int) -> Masked:
    """The rows of a question, compiled with ``people=True``, less what tells of few people."""
    columns = columns_of(question)
    if least < 2 or (isinstance(question.measure, Count) and not counts_users(question.measure)):
        return Masked(tuple(tuple(row[: len(columns)]) for row in rows))
    periods = [_behind(question, rows, end) for end in ("number", "before")]
    few = [{n for n, one in enumerate(of) if _tells(one, question, least)} for of in periods]
    lines = [*_lines(question, rows)]
    beside = [_beside(of, hidden, lines) for of, hidden in zip(periods, few, strict=True)]
    hide = _Hide(question, columns, few, beside, least)
    notes = [_note(least)] if any(few) else []
    if any(beside):
        notes.append(
            "Where only one group would be withheld, the next smallest is as well: "
            "otherwise its number could be told by subtraction."
        )
    shown = [hide.row(n, row) for n, row in enumerate(rows)]
    return Masked(tuple(_ordered(question, shown)), tuple(notes))


class _Hide(NamedTuple):
    """What is withheld of each row: of this period and of the one before."""

    question: MetricQuestion
    columns: tuple[Column, ...]
    few: Sequence[set[int]]
    beside: Sequence[set[int]]
    least: int

    def row(self, n: int, row: Sequence[Any]) -> Row:
        """One row as it is told."""
        now, before = (
            n in few or n in beside for few, beside in zip(self.few, self.beside, strict=True)
        )
        hidden = {"number": now, "share": now, "base": now, "before": before}
        hidden |= {"change": now or before, "relative": now or before}
        return tuple(
            self._cell(n, cell, column) if hidden.get(column.kind) else cell
            for cell, column in zip(row, self.columns, strict=False)
        )

    def _cell(self, n: int, cell: Any, column: Column) -> Any:
        measure = self.question.measure
        if column.kind in ("number", "before") and isinstance(measure, Count):
            return f"<{self.least}" if _few(cell, self.least) else WITHHELD
        if column.kind != "base" or n in self.beside[0]:
            return WITHHELD
        whole = column.name in ("entered", "whole")
        side = None
        if isinstance(measure, Ratio):
            side = measure.whole if whole else measure.part
        if (side is None or counts_users(side)) and _few(cell, self.least):
            return f"<{self.least}"
        return cell if whole else WITHHELD


def _ordered(question: MetricQuestion, rows: list[Row]) -> list[Row]:
    """Rows that withhold something last, by name: the place of one would tell its number."""
    groups = len(question.by)
    if any(one.kind == "time" for one in question.by) and question.order is None:
        return rows
    hidden = [row for row in rows if any(map(is_withheld, row[groups:]))]
    told = [row for row in rows if not any(map(is_withheld, row[groups:]))]
    return told + sorted(hidden, key=lambda row: str(row[:groups]))


def _behind(question: MetricQuestion, rows: Sequence[Sequence[Any]], kind: str) -> list[_Behind]:
    """How many users each row's number is of; nobody where there is no such period."""
    if kind == "before" and question.before is None:
        return [_Behind(0)] * len(rows)
    columns, added = columns_of(question), people_columns(question)
    if not added:
        place = next(k for k, one in enumerate(columns) if one.kind == kind)
        return [_Behind(row[place]) for row in rows]
    end = "_before" if kind == "before" else ""
    places = [
        len(columns) + k
        for k, name in enumerate(added)
        if name.endswith("_before") == (end == "_before")
    ]
    return [_Behind(*(row[place] for place in places)) for row in rows]


def _tells(behind: _Behind, question: MetricQuestion, least: int) -> bool:
    whole, part = behind
    if _few(whole, least) or part is None:
        return _few(whole, least)
    # Of a share of users, those who are not in it are as many as whole and part differ by.
    return _few(part, least) or (_shares_users(question) and _few(whole - part, least))


def _shares_users(question: MetricQuestion) -> bool:
    measure = question.measure
    if isinstance(measure, Ratio):
        return measure.share and counts_users(measure.part) and counts_users(measure.whole)
    return isinstance(measure, MetricRate)


def _lines(question: MetricQuestion, rows: Sequence[Sequence[Any]]) -> Iterator[list[int]]:
    """Rows whose total may be known: all, or those that share one of two groups."""
    if len(question.by) == 1:
        yield [*range(len(rows))]
    elif question.by:
        for place in (0, 1):
            shared: dict[Any, list[int]] = {}
            for n, row in enumerate(rows):
                shared.setdefault(row[place], []).append(n)
            yield from shared.values()


def _beside(behind: Sequence[_Behind], few: set[int], lines: Sequence[Sequence[int]]) -> set[int]:
    """The smallest other row of each line that withholds a single one, until no line does."""
    more: set[int] = set()
    found = True
    while found:
        found = False
        for line in lines:
            rest = [n for n in line if n not in few | more and behind[n].whole]
            if sum(n in few | more for n in line) == 1 and rest:
                more.add(min(rest, key=lambda n: behind[n].whole))
                found = True
    return more


def _numbers(preview: Preview) -> Iterator[int]:
    """Numbers of users of a preview, and those by which they differ."""
    steps = [step.remaining for step in preview.waterfall]
    sizes = [preview.population_size, *steps, preview.audience_size, preview.reachable_size]
    yield from sizes
    yield from (abs(one - other) for one, other in pairwise(sizes))
    for overlap in preview.overlap:
        yield from (overlap.users, preview.audience_size - overlap.users)


def _few(number: Any, least: int) -> bool:
    return bool(number) and 0 < number < least


def _note(least: int) -> str:
    return f"What would tell of fewer than {least} users is not shown."
