"""What staging came to, read back: its last cycle, who gets something else, its letters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from orchestrate.cycle import CycleReport
from orchestrate.staged.side import StagingSide
from orchestrate.stages import create_tables

_SQL = Path(__file__).parent / "sql"


class LastCycle(NamedTuple):
    """The last cycle of staging that decided on rules."""

    report: CycleReport
    has_live: bool
    """Whether live rules were decided on at the same moment, so that the two can be compared."""


class Difference(NamedTuple):
    """People who get the same from live rules, and the same from staging; None: nothing."""

    live: str | None
    staging: str | None
    people: int
    users: tuple[str, ...]
    """Up to three of them."""


class Letters(NamedTuple):
    """What became of the messages of one policy."""

    written: int = 0
    waiting: int = 0
    stopped: Mapping[str, int] = {}
    """Reason code → how many were stopped right before they would have been written."""


class Letter(NamedTuple):
    """One message of staging that was written."""

    message_id: str
    user_id: str
    channel: str
    action_key: str
    policy_key: str
    written_at: datetime


def last_cycle(side: StagingSide) -> LastCycle | None:
    """The last cycle of staging that decided on rules; None before the first."""
    with side.cursor(told=False) as cursor:
        create_tables(cursor)
    rows = side.fetch(_sql("last_whole")).rows
    return LastCycle(CycleReport.model_validate_json(rows[0][0]), rows[0][1]) if rows else None


def differences(side: StagingSide, last: LastCycle) -> tuple[Difference, ...] | None:
    """Who gets what from live rules and from staging, the most people first.

    None when live rules were not decided on at the same moment.
    """
    if not last.has_live:
        return None
    given = {"at": last.report.decided_at, "cycle_id": last.report.cycle_id}
    rows = side.fetch(_sql("compared"), given).rows
    return tuple(Difference(live, mine, people, tuple(users)) for live, mine, people, users in rows)


def letters(side: StagingSide, tried: Mapping[str, datetime]) -> dict[str, Letters]:
    """Policy as decisions name it → what became of its messages; ``tried``: since when each is."""
    found: dict[str, Letters] = {key: Letters() for key in tried}
    for key, waits, reason, count in side.fetch(_sql("letters"), _since(tried)).rows:
        one = found[key]
        if waits:
            found[key] = one._replace(waiting=count)
        elif reason is None:
            found[key] = one._replace(written=count)
        else:
            found[key] = one._replace(stopped={**one.stopped, reason: count})
    return found


def latest_letters(
    side: StagingSide, tried: Mapping[str, datetime], *, most: int
) -> tuple[Letter, ...]:
    """Some of the newest letters, of every action in turn."""
    rows = side.fetch(_sql("latest_letters"), _since(tried) | {"most": most}).rows
    return tuple(Letter(*row) for row in rows)


def _since(tried: Mapping[str, datetime]) -> dict[str, Any]:
    return {"keys": [*tried], "since": [*tried.values()]}


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
