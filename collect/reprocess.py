"""What another plan would have made of the events that arrived, and making it so.

The log is loaded again beside the live tables by the loader itself, so that what
is shown is what would be done. Nothing changes unless the result is adopted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Literal, NamedTuple

from collect.load import Loaded, shown
from collect.plan import TrackingPlan
from collect.rawlog import RawLog
from collect.reload import adopt, discard, reload
from control.sources import Source
from warehouse.engines.duckdb import DuckDBWarehouse

Change = Literal[
    "accepted",
    "appeared",
    "coerced",
    "dead_lettered",
    "disappeared",
    "other_reason",
    "renamed",
    "same",
]
"""From dead letter to stored, from nothing (a duplicate, suppressed) to something, and so on."""


class Outcome(NamedTuple):
    """Events that were sent under one name, met one end, and meet one end now.

    An end is an event name where they are stored, a code where they are dead letters.
    """

    change: Change
    sent_name: str
    event_before: str | None
    code_before: str | None
    event_after: str | None
    code_after: str | None
    events: int
    example: str
    """The message id of one of them."""


class TableCount(NamedTuple):
    """Rows of a table before and after."""

    table: str
    before: int
    after: int


class Reprocessed(NamedTuple):
    """What became of events that were loaded again, beside what had become of them."""

    plan_version: int
    loaded: Loaded
    outcomes: tuple[Outcome, ...]
    tables: tuple[TableCount, ...]

    def counted(self, change: Change) -> int:
        """Events with one kind of change."""
        return sum(one.events for one in self.outcomes if one.change == change)

    @property
    def changed(self) -> tuple[Outcome, ...]:
        """The outcomes that are not what they were."""
        return tuple(one for one in self.outcomes if one.change != "same")


class EndsOfEvent(NamedTuple):
    """How many events of a name are stored and dead letters, before and after."""

    name: str
    stored_before: int
    stored_after: int
    dead_before: int
    dead_after: int


def preview(
    warehouse: DuckDBWarehouse,
    log: RawLog,
    plan: TrackingPlan,
    sources: Iterable[Source],
    *,
    since: datetime | None = None,
) -> Reprocessed:
    """What the log would become under a plan; nothing changes."""
    with _reloaded(warehouse, log, plan, sources, since) as found:
        return found


def reprocess(
    warehouse: DuckDBWarehouse,
    log: RawLog,
    plan: TrackingPlan,
    sources: Iterable[Source],
    *,
    since: datetime | None = None,
) -> Reprocessed:
    """Make of the log what a plan says, all tables at once; rows from elsewhere stay."""
    with _reloaded(warehouse, log, plan, sources, since) as found:
        adopt(warehouse, log)
        return found


def by_event(found: Reprocessed) -> list[EndsOfEvent]:
    """The ends of events by name: the plan's where they are stored, else as they were sent."""
    counts: dict[str, list[int]] = {}
    for one in found.outcomes:
        for event, code, stored in (
            (one.event_before, one.code_before, 0),
            (one.event_after, one.code_after, 1),
        ):
            if event is not None or code is not None:
                ends = counts.setdefault(event or one.sent_name, [0, 0, 0, 0])
                ends[stored if code is None else stored + 2] += one.events
    return [EndsOfEvent(name, *ends) for name, ends in sorted(counts.items())]


@contextmanager
def _reloaded(
    warehouse: DuckDBWarehouse,
    log: RawLog,
    plan: TrackingPlan,
    sources: Iterable[Source],
    since: datetime | None,
) -> Iterator[Reprocessed]:
    try:
        loaded = reload(warehouse, log, plan, sources, since=since)
        outcomes = tuple(Outcome(**row) for row in shown(warehouse, "outcomes"))
        tables = tuple(TableCount(*row.values()) for row in shown(warehouse, "reloaded_rows"))
        yield Reprocessed(plan.version, loaded, outcomes, tables)
    finally:
        discard(warehouse)
