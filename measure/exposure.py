"""What each slice was sent: candidates by what became of them, from decision to delivery."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from math import sqrt
from typing import NamedTuple

from core.artifacts import ExposureRow
from measure.compared import Slice
from measure.funnel import FunnelCells, Span
from measure.queries import Runner, query, text
from warehouse.catalog import Catalog


class MessageCell(NamedTuple):
    """Candidate messages that shared a fate."""

    period: int
    slice: Slice
    action: str
    channel: str
    outcome: str
    reason: str
    failed_reason: str | None
    candidates: int
    sent: int
    delivered: int


@dataclass(frozen=True)
class Exposure:
    """All candidate messages of the compared periods."""

    cells: tuple[MessageCell, ...]
    sql: str

    def of(self, part: Slice, period: int, action: str) -> list[MessageCell]:
        """The cells of a slice, period and action."""
        return self._cells_of.get((part, period, action), [])

    def total(self, part: Slice, period: int, size: Callable[[MessageCell], int]) -> int:
        """The sum of a size over the cells of a slice and period."""
        return sum(size(c) for c in self.cells if c.slice == part and c.period == period)

    @cached_property
    def _cells_of(self) -> dict[tuple[Slice, int, str], list[MessageCell]]:
        result: dict[tuple[Slice, int, str], list[MessageCell]] = {}
        for cell in self.cells:
            result.setdefault((cell.slice, cell.period, cell.action), []).append(cell)
        return result


def count_exposure(runner: Runner, catalog: Catalog, span: Span) -> Exposure:
    """Counts candidate messages by period, slice, action, channel and fate."""
    sql = text(
        query("exposure", **span.periods.bounds()),
        catalog,
        periods=span.periods.table(span.window),
        people=span.compared.people(catalog),
    )
    fetched = runner.fetch(sql, purpose="messages decided, sent and delivered")
    return Exposure(tuple(MessageCell(*row) for row in fetched.rows), fetched.id)


def exposure_rows(exposure: Exposure, cells: FunnelCells, span: Span) -> tuple[ExposureRow, ...]:
    """One row a slice and period; users are those who entered the funnel."""
    return tuple(
        _row(exposure, cells, part, label, stretch.index, stretch.name)
        for stretch in span.periods.stretches
        for part, label in span.compared.labels.items()
    )


def _row(
    exposure: Exposure, cells: FunnelCells, part: Slice, label: str, period: int, name: str
) -> ExposureRow:
    users = cells.step(1, part, period).entered
    delivered = exposure.total(part, period, lambda c: c.delivered)

    def with_outcome(outcome: str) -> int:
        return exposure.total(part, period, lambda c: c.candidates * (c.outcome == outcome))

    return ExposureRow(
        segment=label,
        period=name,
        users=users,
        selected=with_outcome("selected"),
        sent=exposure.total(part, period, lambda c: c.sent),
        delivered=delivered,
        suppressed=with_outcome("suppressed"),
        held_out=with_outcome("held_out"),
        per_user=round(delivered / users, 4) if users else 0.0,
        sql=exposure.sql,
    )


class MessageEffect(NamedTuple):
    """What being picked for a message does to conversion, from the randomised holdout."""

    difference: float
    error: float
    picked: int
    held_out: int

    @property
    def z(self) -> float:
        """The difference in standard errors."""
        return self.difference / self.error


def message_effects(
    runner: Runner, catalog: Catalog, span: Span, goal: str
) -> tuple[dict[str, MessageEffect], str]:
    """Action → effect on reaching ``goal`` within the window, over the baseline periods."""
    since, until = _past(span)
    sql = text(
        query(
            "message_effect",
            goal=goal,
            since=since,
            until=until,
            window=span.window,
            as_of=span.periods.current.known_by,
        ),
        catalog,
        people=span.compared.people(catalog),
    )
    fetched = runner.fetch(sql, purpose=f"{goal} after a message, picked against held out")
    counts: dict[str, dict[str, tuple[int, int]]] = {}
    for action, outcome, users, converted in fetched.rows:
        counts.setdefault(action, {})[outcome] = (converted, users)
    effects = {
        action: _effect(by["selected"], by["held_out"])
        for action, by in counts.items()
        if {"selected", "held_out"} <= by.keys()
    }
    return effects, fetched.id


def _past(span: Span) -> tuple[datetime, datetime]:
    return span.periods.stretches[-1].start, span.periods.current.start - span.window


def _effect(picked: tuple[int, int], held_out: tuple[int, int]) -> MessageEffect:
    (x1, n1), (x0, n0) = picked, held_out
    p1, p0 = (x1 + 0.5) / (n1 + 1), (x0 + 0.5) / (n0 + 1)
    error = sqrt(p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
    return MessageEffect(x1 / n1 - x0 / n0, error, n1, n0)
