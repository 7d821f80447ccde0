"""The ordered funnel, by step, slice and period, counted in one pass over the events.

A user's attempt begins with a first step inside the period and counts while
each later step follows the one before it within the window from the beginning;
of several attempts the one that gets furthest counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from sqlglot import exp

from core.artifacts import FunnelRow
from measure.compared import Compared, Slice, carried
from measure.layout import dimensions
from measure.periods import Periods
from measure.queries import (
    AS_RECORDED,
    Corrections,
    Runner,
    query,
    reading,
    rows,
    text,
)
from measure.statistics import wilson
from warehouse.catalog import Catalog, Failure, Funnel


class Count(NamedTuple):
    """Users who reached a step and who went on from it."""

    entered: int
    converted: int

    @property
    def rate(self) -> float:
        """The share that went on; 0 when nobody entered."""
        return self.converted / self.entered if self.entered else 0.0

    def plus(self, other: Count) -> Count:
        """Both together."""
        return Count(self.entered + other.entered, self.converted + other.converted)


NOBODY = Count(0, 0)
Days = dict[str, Count]
"""Day → users."""


VERSION = "app_version"
"""The dimension that is the version that sent the step's event, whatever column has it."""
TENURE = "tenure"
VERSION_TENURE = "app_version and tenure"
"""Both at once: new users have the newest version, so that versions differ by who has them."""


class Cell(NamedTuple):
    """A count by period, step (1 is the first), slice, day and one dimension's value."""

    period: int
    step: int
    slice: Slice
    dimension: str
    value: str | None
    day: str
    entered: int
    converted: int
    finished: int
    """Users who went on to the end."""

    @property
    def named(self) -> str:
        """The value; users without one count as one kind."""
        return self.value or "unknown"


@dataclass(frozen=True)
class FunnelCells:
    """All counts of a funnel. Each dimension partitions the same users."""

    steps: tuple[str, ...]
    cells: tuple[Cell, ...]
    sql: str
    """The id of the query that counted them."""

    def step(self, number: int, part: Slice, period: int) -> Count:
        """Users at a step, all values together."""
        return self._totals.get((number, part, period), NOBODY)

    def whole(self, part: Slice, period: int) -> Count:
        """From the first step to the last: who entered, and who reached the end."""
        before_last = self.step(len(self.steps) - 1, part, period)
        return Count(self.step(1, part, period).entered, before_last.converted)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions by which users were counted."""
        return tuple(
            dict.fromkeys(c.dimension for c in self.cells if c.dimension != VERSION_TENURE)
        )

    def values(self, dimension: str, number: int, part: Slice, period: int) -> dict[str, Count]:
        """Value → users at a step."""
        return self._sums(dimension, number, part, period, lambda c: c.named)

    def finishing(self, dimension: str, part: Slice, period: int) -> dict[str, Count]:
        """Value → who entered and who reached the end."""
        result: dict[str, Count] = {}
        for cell in self.at(dimension, 1, part, period):
            count = Count(cell.entered, cell.finished)
            result[cell.named] = result.get(cell.named, NOBODY).plus(count)
        return result

    def days(self, dimension: str, value: str, number: int, part: Slice, period: int) -> Days:
        """Day → users of a value at a step."""
        return self._sums(
            dimension, number, part, period, lambda c: c.day if c.named == value else None
        )

    def totals_by_day(self, number: int, part: Slice, period: int) -> Days:
        """Day → users at a step."""
        return self._sums(TENURE, number, part, period, lambda c: c.day)

    def at(self, dimension: str, number: int, part: Slice, period: int) -> list[Cell]:
        """The cells of a dimension at a step."""
        return self._cells_at.get((dimension, number, part, period), [])

    def _sums(
        self,
        dimension: str,
        number: int,
        part: Slice,
        period: int,
        key: Callable[[Cell], str | None],
    ) -> dict[str, Count]:
        result: dict[str, Count] = {}
        for cell in self.at(dimension, number, part, period):
            name = key(cell)
            if name is not None:
                count = Count(cell.entered, cell.converted)
                result[name] = result.get(name, NOBODY).plus(count)
        return result

    @cached_property
    def _cells_at(self) -> dict[tuple[str, int, Slice, int], list[Cell]]:
        result: dict[tuple[str, int, Slice, int], list[Cell]] = defaultdict(list)
        for cell in self.cells:
            result[cell.dimension, cell.step, cell.slice, cell.period].append(cell)
        return result

    @cached_property
    def _totals(self) -> dict[tuple[int, Slice, int], Count]:
        result: dict[tuple[int, Slice, int], Count] = {}
        for (dimension, number, part, period), cells in self._cells_at.items():
            if dimension == TENURE:
                entered, converted = sum(c.entered for c in cells), sum(c.converted for c in cells)
                result[number, part, period] = Count(entered, converted)
        return result


@dataclass(frozen=True)
class Span:
    """What every count of one answer shares: whom, when, and how long an attempt may take."""

    compared: Compared
    periods: Periods
    window: timedelta
    cut: timedelta = timedelta(0)
    """The newest events of each period that are hidden because they have not all arrived."""
    failures: dict[str, Failure] = field(default_factory=dict)
    """Step → the event that says it failed."""
    server_truth: bool = False
    """Whether the last step counts as taken when the server knows of it, event or not."""
    corrections: Corrections = AS_RECORDED
    """What is put right in the events before they are counted."""


def count_funnel(
    runner: Runner, catalog: Catalog, steps: tuple[str, ...], span: Span, *, today: bool = False
) -> FunnelCells:
    """Counts a funnel over all periods; ``steps`` are canonical event names, first to last.

    With ``today`` also the period before as it is known now.
    """
    tables: dict[str, exp.Query] = {
        "steps": steps_table(catalog, steps),
        "periods": span.periods.table(span.window, span.cut, today=today),
        "people": span.compared.people(catalog),
        "visible": _visible(len(steps), span),
        **_attempts(len(steps), span.window),
        "journeys": query("journeys", dimensions=carried(catalog, "u"), last_step=len(steps)),
    }
    by = _dimensions(catalog)
    tables["kinds"] = rows(("dimension",), [(name,) for name in by])
    sql = text(_cells(by), catalog, span.corrections, **tables)
    fetched = runner.fetch(sql, purpose=f"funnel: {' → '.join(steps)}")
    return FunnelCells(steps, tuple(Cell(*row) for row in fetched.rows), fetched.id)


def _attempts(last_step: int, window: timedelta) -> dict[str, exp.Query]:
    """Step by step who got there, and from which beginning; then all together."""
    tables: dict[str, exp.Query] = {"taken_1": query("entries")}
    for number in range(2, last_step + 1):
        chain = query("chain", step=number, window=window)
        tables[f"taken_{number}"] = reading(chain, "previous", f"taken_{number - 1}")
    every: exp.Query | None = None
    for number in range(1, last_step + 1):
        taken = reading(query("taken", step=number), "previous", f"taken_{number}")
        every = taken if every is None else exp.union(every, taken, distinct=False)
    assert every is not None, "a funnel has steps"
    return {**tables, "attempts": every, "depths": query("depths")}


def _visible(last_step: int, span: Span) -> exp.Query:
    visible = query("visible", **span.periods.bounds())
    if not span.server_truth:
        return visible
    return exp.union(visible, query("reported", step=last_step), distinct=False)


def _dimensions(catalog: Catalog) -> dict[str, exp.Expr]:
    """By what users are counted, and the column of their journeys that says it."""
    columns = carried(catalog, "j")
    by: dict[str, exp.Expr] = dict(zip(dimensions(catalog), columns, strict=True))
    tenure = exp.column("tenure", "j")
    by |= {TENURE: tenure}
    if catalog.layout.events.version is not None:
        sent_by = exp.column("app_version", "j")
        version = exp.func("COALESCE", sent_by.copy(), exp.Literal.string("unknown"))
        both = exp.DPipe(this=version, expression=exp.Literal.string("|"))
        by |= {VERSION: sent_by, VERSION_TENURE: exp.DPipe(this=both, expression=tenure.copy())}
    return by


def _cells(by: dict[str, exp.Expr]) -> exp.Query:
    """Counts by one dimension after the other: each partitions the same users."""
    value = exp.Case(this=exp.column("dimension", "k"))
    for name, column in by.items():
        value = value.when(exp.Literal.string(name), exp.cast(column.copy(), "text"))
    return query("cells", value=value)


def window_of(funnel: Funnel) -> timedelta:
    """How long an attempt may take."""
    return timedelta(seconds=funnel.window_seconds)


def funnel_rows(counted: FunnelCells, span: Span) -> tuple[FunnelRow, ...]:
    """Each step and, last, the whole funnel: by slice and period, with 95 % intervals."""
    result = []
    for stretch in span.periods.stretches:
        for part, label in span.compared.labels.items():
            for number, name in enumerate(step_names(counted.steps), start=1):
                whole = number == len(counted.steps)
                count = (
                    counted.whole(part, stretch.index)
                    if whole
                    else counted.step(number, part, stretch.index)
                )
                result.append(_row(name, label, stretch.name, count, counted.sql))
    return tuple(result)


def step_names(steps: tuple[str, ...]) -> tuple[str, ...]:
    """How the rows of a funnel are named: each step to the next, then first to last."""
    return (*(f"{a} → {b}" for a, b in pairwise(steps)), f"{steps[0]} → {steps[-1]}")


def _row(step: str, label: str, period: str, count: Count, sql: str) -> FunnelRow:
    interval = wilson(count.converted, count.entered) if count.entered else None
    return FunnelRow(
        step=step,
        segment=label,
        period=period,
        entered=count.entered,
        converted=count.converted,
        rate=count.rate if count.entered else None,
        ci_low=interval.low if interval else None,
        ci_high=interval.high if interval else None,
        sql=sql,
    )


def steps_table(catalog: Catalog, steps: tuple[str, ...]) -> exp.Query:
    """Event name → step number, aliases included, as a small table."""
    names = [
        (name, number)
        for number, step in enumerate(steps, start=1)
        for name in (step, *catalog.events[step].aliases)
    ]
    return rows(("event_name", "step"), names)
