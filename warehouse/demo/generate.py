"""Makes the demo warehouse: the same arguments give the same rows on every machine.

The work is in ``sql/*.sql``; this module binds the arguments, runs the files in
order and writes the events block by block, so memory does not grow with the data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb

from core.errors import Code, refuse
from warehouse.demo.truth import DemoTruth
from warehouse.models.runner import write_traits
from warehouse.transactions import all_or_nothing

SCENARIOS = (
    "ios_checkout",
    "tracking_break",
    "mix_shift",
    "send_outage",
    "cap_starves_ios",
    "price_change",
    "none",
)

# A Monday, so that "this week" and "the last seven days" are the same whole week.
AS_OF = date(2026, 6, 29)

RAW_DAYS = 14
"""The collector's raw log of a demo reaches back so far: raw events of all days double the data."""

Progress = Callable[[str, float], None]
"""Told what is being made and the share already done, from 0 to 1."""

_SQL = Path(__file__).parent / "sql"
_BEFORE_EVENTS = (
    "world",
    "people",
    "consent",
    "attempts",
    "support",
    "decisions",
    "subscriptions",
    "plans",
)
_AFTER_EVENTS = ("publish", "accounts", "users", "spend", "raw")
# About what one block writes; small enough to be sorted in memory, large enough to use all cores.
_VISITS_PER_BLOCK = 250_000


def generate(
    connection: duckdb.DuckDBPyConnection,
    *,
    users: int = 20_000,
    days: int = 120,
    seed: int = 7,
    as_of: date = AS_OF,
    scenario: str = "ios_checkout",
    raw_days: int = RAW_DAYS,
    progress: Progress | None = None,
) -> DemoTruth:
    """Replace the demo tables with the ``days`` days of ``users`` users that end at ``as_of``.

    Raw events are kept of the last ``raw_days`` days, and of every sign-up; facts are of all days.
    All or nothing: a failure leaves what was there before. Refuses impossible arguments.
    """
    _check(users, days, seed, scenario)
    settings = {"users": users, "days": days, "seed": seed, "as_of": as_of, "scenario": scenario}
    settings["raw_days"] = raw_days
    told = progress or _silent
    try:
        _prepare(connection, settings, told)
        return _publish(connection, settings, told)
    finally:
        connection.execute(_sql("cleanup"))


def _check(users: int, days: int, seed: int, scenario: str) -> None:
    limits = (("users", users, 100, 9_999_999), ("days", days, 30, 3_650), ("seed", seed, 0, 2**31))
    for name, value, low, high in limits:
        if not low <= value <= high:
            raise refuse(
                Code.INVALID_ARGUMENT,
                f"The demo data cannot have {name} = {value}.",
                span=name,
                fix=f"Choose a number between {low:,} and {high:,}.",
            )
    if scenario not in SCENARIOS:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"There is no scenario named {scenario}.",
            span=scenario,
            fix=f"Choose one of {', '.join(SCENARIOS)}.",
        )


def _prepare(
    connection: duckdb.DuckDBPyConnection, settings: dict[str, object], progress: Progress
) -> None:
    """Work out everything but the events in temporary tables.

    Committed at once: the planner has no statistics of tables of its own open transaction.
    """
    connection.execute(_sql("settings"), settings)
    for name in _BEFORE_EVENTS:
        progress(name, 0.0)
        connection.execute(_sql(name))


def _publish(
    connection: duckdb.DuckDBPyConnection, settings: dict[str, object], progress: Progress
) -> DemoTruth:
    with all_or_nothing(connection):
        truth = _write(connection, settings, progress)
    progress("done", 1.0)
    return truth


def _write(
    connection: duckdb.DuckDBPyConnection, settings: dict[str, object], progress: Progress
) -> DemoTruth:
    _write_events(connection, progress)
    for name in _AFTER_EVENTS:
        progress(name, 0.9)
        connection.execute(_sql(name))
    truth = _read_truth(connection)
    _write_meta(connection, settings, truth)
    progress("traits", 0.95)
    write_traits(connection, truth.as_of)
    return truth


def _write_events(connection: duckdb.DuckDBPyConnection, progress: Progress) -> None:
    users, days = _one(connection, "SELECT users, days FROM world")
    insert, move = _sql("events"), _sql("block")
    connection.execute(_sql("events_table"))
    for first, last in _blocks(users, days):
        progress("events", 0.9 * first / days)
        connection.execute(move, {"first_day": first, "last_day": last})
        connection.execute(insert)


def _blocks(users: int, days: int) -> Iterator[tuple[int, int]]:
    """Closed ranges of days, each with about as many visits as fit well in memory."""
    length = max(1, int(_VISITS_PER_BLOCK / (users * 0.25)))
    for first in range(0, days, length):
        yield first, min(first + length, days) - 1


def _read_truth(connection: duckdb.DuckDBPyConnection) -> DemoTruth:
    row = _one(connection, _sql("truth"))
    names = [column[0] for column in connection.description or ()]
    return DemoTruth.model_validate(dict(zip(names, row, strict=True)))


def _write_meta(
    connection: duckdb.DuckDBPyConnection, settings: dict[str, object], truth: DemoTruth
) -> None:
    connection.execute("CREATE OR REPLACE TABLE meta (key VARCHAR, value VARCHAR)")
    facts = {name: str(value) for name, value in settings.items()}
    facts |= {"as_of": truth.as_of.isoformat(), "truth": truth.model_dump_json()}
    connection.execute(
        "INSERT INTO meta SELECT unnest($keys), unnest($values)",
        {"keys": list(facts), "values": list(facts.values())},
    )


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple:
    row = connection.execute(sql).fetchone()
    assert row is not None, "an aggregate or a one-row table always gives a row"
    return row


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


def _silent(_what: str, _share: float) -> None:
    """Nobody is watching."""
