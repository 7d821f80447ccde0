"""The orders in which people met messages, as counts: read in one pass, small enough to compute."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from core.artifacts import SqlText
from measure.methods.attribution import Path
from measure.outcomes.asking import Asked
from measure.queries import query

LONGEST = 8
"""Touchpoints of a path that count: the last ones before its end."""
MOST = 12
"""Touchpoints that are told apart; Shapley values look at every set of them."""
_WITHIN, _BETWEEN = "\x1f", "\x1e"


class Touchpoint(NamedTuple):
    """A policy's messages by a channel; without a policy those of a campaign. Empty: unknown."""

    policy: str
    campaign: str
    channel: str

    @property
    def label(self) -> str:
        """For people."""
        of = self.policy or self.campaign or "other messages"
        return f"{of} by {self.channel}" if self.channel else of


OTHERS = Touchpoint("", "", "")
"""What the rarest touchpoints are put together as, where there are too many."""


class Span(NamedTuple):
    """Messages of a stretch (closed-open, naive UTC), and how long a goal counts after one."""

    since: datetime
    until: datetime
    horizon: timedelta


class Met(NamedTuple):
    """All paths to one goal, with the people of each touchpoint."""

    paths: tuple[Path, ...]
    users: dict[str, int]
    """Label → people whom it touched."""
    touchpoints: dict[str, Touchpoint]
    untouched: int
    notes: tuple[str, ...]
    sql: tuple[SqlText, ...]


def read(asked: Asked, goal: str, span: Span) -> Met:
    """Paths to a goal, and who met what."""
    counted, touched = asked.fetch(
        query("outcomes/touched", since=span.since, until=span.until), "people by touchpoint"
    )
    users = {Touchpoint(*row[:3]): int(row[3]) for row in counted.rows}
    fetched, sql = asked.fetch(
        query(
            "outcomes/paths",
            since=span.since,
            until=span.until,
            as_of=asked.as_of,
            goal=goal,
            horizon=span.horizon,
            longest=LONGEST,
        ),
        f"orders of messages before {goal}",
    )
    kept = _kept(users)
    untouched = sum(int(converted) for path, converted, _ in fetched.rows if path is None)
    rows = [(path, converted, lost) for path, converted, lost in fetched.rows if path is not None]
    notes = (_folded(len(users)),) if len(users) > len(kept) else ()
    by_label: dict[str, int] = defaultdict(int)
    for touchpoint, number in users.items():
        by_label[kept.get(touchpoint, OTHERS).label] += number
    shown = {one.label: one for one in (*kept.values(), *((OTHERS,) if notes else ()))}
    return Met(_paths(rows, kept), dict(by_label), shown, untouched, notes, (touched, sql))


def _kept(users: dict[Touchpoint, int]) -> dict[Touchpoint, Touchpoint]:
    """The touchpoints with the most people."""
    ordered = sorted(users, key=lambda one: (-users[one], one))
    most = ordered if len(ordered) <= MOST else ordered[: MOST - 1]
    return {one: one for one in most}


def _paths(
    rows: Iterable[tuple[str, int, int]], kept: dict[Touchpoint, Touchpoint]
) -> tuple[Path, ...]:
    counts: dict[tuple[str, ...], list[float]] = defaultdict(lambda: [0.0, 0.0])
    for text, converted, lost in rows:
        named = (Touchpoint(*one.split(_WITHIN)) for one in text.split(_BETWEEN))
        labels = tuple(kept.get(one, OTHERS).label for one in named)
        counts[labels][0] += float(converted)
        counts[labels][1] += float(lost)
    return tuple(Path(labels, *both) for labels, both in sorted(counts.items()))


def _folded(number: int) -> str:
    return (
        f"{number} touchpoints are too many to tell apart: those of the fewest people are put "
        f"together as '{OTHERS.label}'."
    )
