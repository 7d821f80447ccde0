"""How well sending to a destination goes, by its last answers, and pausing where it does not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
import structlog

from control import delivery
from control.delivery_tables import dispatches
from control.store import Store, utc
from control.tables import audit

log = structlog.get_logger(__name__)


class LeastSuccess(NamedTuple):
    """What is asked of every destination: a share of its last answers."""

    share: float
    over: int
    """How many answers are looked at; fewer say nothing."""


class Success(NamedTuple):
    """The last answers of a destination, and of them those that took the message."""

    destination: str
    answered: int
    accepted: int

    @property
    def share(self) -> float | None:
        """None before anything was answered."""
        return self.accepted / self.answered if self.answered else None


def success(store: Store, destination: str, *, over: int) -> Success:
    """What became of the last messages that a destination had, since somebody resumed it last.

    What it surely did not have (it was full, or not there) is no answer; what nobody can tell is
    one that failed.
    """
    resumed = sa.select(sa.func.max(audit.c.at)).where(
        audit.c.what == "resume", audit.c.subject == destination
    )
    with store.read() as connection:
        since = connection.execute(resumed).scalar() or datetime.min
        newest = (
            sa.select(dispatches.c.outcome)
            .where(
                dispatches.c.destination == destination,
                dispatches.c.last_at > since,
                dispatches.c.outcome != "clear",
            )
            .order_by(dispatches.c.last_at.desc())
            .limit(over)
            .subquery()
        )
        query = sa.select(newest.c.outcome, sa.func.count()).group_by(newest.c.outcome)
        counts = {row[0]: row[1] for row in connection.execute(query)}
    return Success(destination, sum(counts.values()), counts.get("accepted", 0))


def pause_failing(
    store: Store, least: LeastSuccess, destinations: Iterable[str], *, now: datetime
) -> list[str]:
    """Pause every destination that fails too often; gives those that were not paused before."""
    paused = []
    for name in destinations:
        found = success(store, name, over=least.over)
        if found.answered < least.over or found.share is None or found.share >= least.share:
            continue
        why = (
            f"It took {found.accepted:,} of its last {found.answered:,} messages, and at least "
            f"{least.share:.0%} is asked for."
        )
        if delivery.pause(store, name, why, now=utc(now)):
            log.warning("destination_paused", destination=name, why=why)
            paused.append(name)
    return paused
