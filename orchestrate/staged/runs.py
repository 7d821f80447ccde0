"""Runs of journeys that are tried: in tables of staging's own, beside the live ones.

A journey in staging begins with what would be there if it went live: nobody enters who is in the
audience of its live version already, and runs that began before it was staged stay with that one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from control import journeys
from control.journeys import COLUMNS, Changes, Ended, Row, TickState
from control.store import Store
from control.versions import JourneyVersion
from orchestrate.journeys.offers import Due, planned_version, waiting
from orchestrate.staged.past import see_letters
from orchestrate.staged.side import StagingSide
from orchestrate.staged.world import World
from orchestrate.stages import create_tables
from warehouse.catalog import Catalog
from warehouse.compile import Audiences

_SQL = Path(__file__).parent / "sql"
CHUNK = 50_000


class StagedRuns:
    """The runs of everything that a world of staging tries; keeps what a look works out."""

    def __init__(self, store: Store, side: StagingSide, catalog: Catalog, world: World) -> None:
        self._store, self._side, self._catalog, self._world = store, side, catalog, world

    def settle(self) -> None:
        """Begin what was staged since, and discard what is not tried any more."""
        placed = {one.key: _placed(one) for one in self._world.journeys.values()}
        known = _known(self._side)
        discard(self._side, [key for key, as_what in known.items() if placed.get(key) != as_what])
        for version in self._world.journeys.values():
            if known.get(version.key) != placed[version.key]:
                self._begin(version, placed[version.key])

    def due(self, as_of: datetime, user: str | None = None) -> Due:
        """The messages that ask for their turn at a moment: of one user's runs, or of all."""
        rows = self._side.fetch(_sql("due_runs"), {"as_of": as_of, "user": user}).rows
        return waiting(rows, self._world.journeys)

    def offered(self, as_of: datetime, user: str) -> Due | None:
        """What the cycles of a moment were offered of one user's runs; None when nothing was."""
        rows = self._side.fetch(_sql("offered_runs"), {"as_of": as_of, "user": user}).rows
        found = {(policy, action) for policy, action in rows if policy in self._world.journeys}
        if not found:
            return None
        policies = []
        for name in sorted({policy for policy, _ in found}):
            policy = planned_version(self._world.journeys[name])
            entries = (one for one in policy.entries if (name, one.action.key) in found)
            policies.append(policy._replace(entries=tuple(entries)))
        return Due((), tuple(policies), self._world.journeys)

    # What a look reads.

    def running(self) -> dict[str, JourneyVersion]:
        """Every journey that is tried."""
        return self._world.journeys

    def audiences(self) -> Audiences:
        """The named audiences as they would be."""
        return self._world.tick.audiences

    def ticks(self) -> dict[str, TickState]:
        """Journey key → how far it was looked at."""
        with self._side.cursor() as cursor:
            return _ticks(cursor)

    def active(self, keys: Sequence[str]) -> Iterator[list[Row]]:
        """The runs under way, in chunks."""
        yield from _chunks(self._side, _sql("active_runs"), {"keys": [*keys]})

    def members(self, key: str) -> Iterator[list[Row]]:
        """Who belonged to an entry audience at the last look, in chunks."""
        query = "SELECT user_id FROM staging.journey_members WHERE journey_key = $key"
        yield from _chunks(self._side, query, {"key": key})

    def earlier(self, key: str, users: Sequence[str]) -> list[Row]:
        """What some users did in a journey: as it is tried, and live before it was staged."""
        since = self._world.staged[key]
        mine = self._side.fetch(_sql("earlier"), {"key": key, "users": [*users]}).rows
        return [*mine, *journeys.earlier(self._store, key, users, before=since)]

    def never_sent(self) -> list[Ended]:
        """Messages of runs under way that were stopped before they were written."""
        return [Ended(*row) for row in self._side.fetch(_sql("never_sent")).rows]

    def make_ready(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Let a cursor see what was really sent, and the letters of staging as if they were."""
        see_letters(cursor, self._world, self._catalog)

    # What a look leaves behind.

    def write(self, changes: Changes, *, before: dict[str, TickState], now: datetime) -> bool:
        """Write a look whole; letters of runs that ended are not written any more."""
        with self._side.transaction() as cursor:
            there = _ticks(cursor)
            looked = [one.journey_key for one in changes.ticked]
            if any(there.get(key) != before.get(key) for key in looked):
                return False
            if rows := [*changes.started, *changes.moved]:
                _run(cursor, "write_runs", **_columns(COLUMNS, rows), now=now)
            for name, moved in (("joined", changes.joined), ("left", changes.left)):
                if moved:
                    _run(cursor, name, **_columns(("keys", "users"), moved))
            for state in changes.ticked:
                _run(cursor, "looked", **state._asdict())
            return True

    def _begin(self, version: JourneyVersion, placed: str) -> None:
        """Who is in the audience of its live version already has joined it, but for those who did
        since it was staged: they enter it as it is tried."""
        key, since = version.key, self._world.staged[version.key]
        with self._side.transaction() as cursor:
            for rows in journeys.members(self._store, key):
                _run(
                    cursor,
                    "joined",
                    keys=[key] * len(rows),
                    users=_columns(("user",), rows)["user"],
                )
            for rows in journeys.entered_since(self._store, key, since):
                users = _columns(("run", "user"), rows)["user"]
                _run(cursor, "left", keys=[key] * len(rows), users=users)
            row = (key, placed, None, since)
            cursor.execute("INSERT INTO staging.journey_ticks VALUES (?, ?, ?, ?)", row)


def discard(side: StagingSide, keys: Collection[str]) -> None:
    """Forget the runs of journeys that are not tried any more."""
    if keys:
        with side.transaction() as cursor:
            create_tables(cursor)
            _run(cursor, "discard", keys=[*keys])


def discard_all_but(side: StagingSide, keys: Collection[str]) -> None:
    """Forget the runs of every journey but some."""
    discard(side, {*_known(side)} - {*keys})


class Standing(NamedTuple):
    """How many runs of a journey that is tried are at a step, or ended for a reason."""

    journey_key: str
    step: str
    exit_reason: str | None
    runs: int


def standing(side: StagingSide) -> list[Standing]:
    """Where the runs of all journeys in staging are."""
    return [Standing(*row) for row in side.fetch(_sql("standing")).rows]


def listed(side: StagingSide, key: str, *, user: str | None, limit: int) -> list[dict[str, Any]]:
    """Runs of a journey in staging, newest entry first."""
    given = {"key": key, "user": user, "limit": limit}
    return side.fetch(_sql("listed_runs"), given).dicts()


def _placed(version: JourneyVersion) -> str:
    """As what a journey was put into staging: as another one its runs begin anew."""
    return f"{version.version} {version.content_hash} {version.published_at.isoformat()}"


def _known(side: StagingSide) -> dict[str, str]:
    query = "SELECT journey_key, placed FROM staging.journey_ticks"
    return {str(key): str(placed) for key, placed in side.fetch(query).rows}


def _ticks(cursor: duckdb.DuckDBPyConnection) -> dict[str, TickState]:
    query = "SELECT journey_key, ticked_at, since FROM staging.journey_ticks"
    return {row[0]: TickState(*row) for row in cursor.execute(query).fetchall()}


def _chunks(side: StagingSide, query: str, given: dict[str, Any]) -> Iterator[list[Row]]:
    with side.cursor(told=False) as cursor:
        cursor.execute(query, given)
        while rows := cursor.fetchmany(CHUNK):
            yield rows


def _columns(names: Sequence[str], rows: Sequence[Row]) -> dict[str, list[Any]]:
    columns = (list(column) for column in zip(*rows, strict=True))
    return dict(zip(names, columns, strict=True))


def _run(cursor: duckdb.DuckDBPyConnection, name: str, **given: Any) -> None:
    """Run every statement of a file, each with just the parameters that it names."""
    for one in duckdb.extract_statements(_sql(name)):
        named = one.named_parameters
        cursor.execute(one.query, {key: value for key, value in given.items() if key in named})


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
