"""A scenario as a warehouse that the engine can read, with the moment and the truth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from evals.causes.worlds import app
from evals.causes.worlds.behaviour import NOT_ELIGIBLE, Doings, doings
from evals.causes.worlds.crowd import Crowd, Flags, crowd
from evals.causes.worlds.plan import scenario as scenario_of
from evals.causes.worlds.planted import MONDAY, Scenario, Truth
from evals.causes.worlds.recording import NOBODY, Recorded, recorded, second_self
from evals.causes.worlds.truth import truths
from warehouse.catalog import Catalog, load_catalog
from warehouse.connect.declared import Target
from warehouse.connect.writing import create
from warehouse.engines.duckdb import IN_MEMORY, DuckDBWarehouse

SQL = Path(__file__).parent / "world.sql"
TABLES = (
    "dim_users", "fct_events", "fct_subscriptions", "fct_messages", "decisions", "dim_releases",
)  # fmt: skip
NAMES = (*app.STEPS, "checkout_failed")
ERRORS = ("card_declined", "payment_sheet_crash")
LAST = len(app.STEPS) - 1
MEMORY_MB = 1024

Columns = dict[str, np.ndarray[Any, Any]]


@dataclass(frozen=True)
class World:
    """A scenario, made."""

    scenario: Scenario
    truths: tuple[Truth, ...]
    warehouse: DuckDBWarehouse
    catalog: Catalog

    @property
    def as_of(self) -> datetime:
        """The moment of asking, naive UTC."""
        return self.scenario.moment(self.scenario.as_of)


@contextmanager
def world(seed: int) -> Iterator[World]:
    """The world of a seed, in memory until the block ends."""
    scenario, catalog = scenario_of(seed), _catalog()
    people = crowd(scenario)
    done = doings(scenario, people)
    events = recorded(scenario, people, done)
    warehouse = DuckDBWarehouse(
        Path(IN_MEMORY), must_exist=False, memory_limit_mb=MEMORY_MB, threads=1
    )
    try:
        with warehouse.cursor() as cursor:
            for name in TABLES:
                columns = catalog.tables[name].columns
                create(cursor, Target(name, columns, (), (), {}, {}))
            _fill(cursor, scenario, people, done, events)
        yield World(scenario, truths(scenario, people), warehouse, catalog)
    finally:
        warehouse.close()


@cache
def _catalog() -> Catalog:
    return load_catalog()


def _fill(
    cursor: duckdb.DuckDBPyConnection,
    scenario: Scenario,
    people: Crowd,
    done: Doings,
    events: Recorded,
) -> None:
    made = {
        "made_releases": _releases(scenario),
        "made_users": _users(people, done, events),
        "made_events": _events(scenario, people, done, events),
        "made_sales": _sales(scenario, people, done),
        "made_decisions": _decisions(scenario, people, done),
    }
    for name, columns in made.items():
        cursor.register(name, columns)
    words = {
        "platforms": app.PLATFORMS,
        "sources": app.SOURCES,
        "countries": app.COUNTRIES,
        "versions": [r.version for r in scenario.releases],
        "names": NAMES,
        "plans": app.PLANS,
        "channels": app.CHANNELS,
        "policy": app.POLICY,
        "action": app.ACTION,
        "sale_properties": [f'{{"plan": "{plan}"}}' for plan in app.PLANS],
        "failure_properties": [f'{{"error": "{error}"}}' for error in ERRORS],
    }
    for statement in duckdb.extract_statements(SQL.read_text(encoding="utf-8")):
        given = {name: words[name] for name in statement.named_parameters}
        cursor.execute(statement, given)
    for name in made:
        cursor.unregister(name)


def _releases(scenario: Scenario) -> Columns:
    return {
        "device_os": np.array([app.PLATFORMS[r.platform] for r in scenario.releases]),
        "app_version": np.array([r.version for r in scenario.releases]),
        "released_at": _micros(np.array([r.at for r in scenario.releases])),
    }


def _users(people: Crowd, done: Doings, events: Recorded) -> Columns:
    """One row a user: as seen last; users split in two have two."""
    newest = np.argsort(-people.entry, kind="stable")
    _, first = np.unique(people.user[newest], return_index=True)
    rows = newest[first]
    split = np.flatnonzero(events.user[:, 0] == second_self(people))
    rows = np.concatenate([rows, split])
    user = people.user.copy()[rows]
    if len(split):
        user[-len(split) :] = events.user[split, 0]
    came = np.where(people.new, people.entry - 60, -60 * app.WEEK - people.entry % app.WEEK)
    came = came[rows]
    if len(split):
        came[-len(split) :] = people.entry[split] - 60
    return {
        "user": user,
        "platform": people.platform[rows],
        "source": people.source[rows],
        "country": people.country[rows],
        "consents": people.of("consents")[rows] >= app.NO_CONSENT,
        "signup_at": _micros(came),
        "version": done.version[rows],
    }


def _events(scenario: Scenario, people: Crowd, done: Doings, events: Recorded) -> Columns:
    row, step = np.nonzero(events.known(scenario.as_of))
    parts = [
        _of_rows(people, done, row)
        | {
            "user": events.user[row, step],
            "name": step,
            "detail": (people.of("plan")[row] >= app.MONTHLY_SHARE).astype(np.int64),
            "event_time": events.event_time[row, step],
            "received_at": events.received_at[row, step],
        },
        _reopened(scenario, people, done, events),
        _failed(scenario, people, done, events),
    ]
    for cause in scenario.planted:
        if cause.kind == "duplicate_events":
            again = (people.of("repeats")[row] < cause.size) & (people.platform[row] == app.IOS)
            again &= events.received_at[row, step] >= cause.since
            copies = {name: values[again] for name, values in parts[0].items()}
            parts.append(copies | {"received_at": copies["received_at"] + 5})
    whole = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
    return whole | {name: _micros(whole[name]) for name in ("event_time", "received_at")}


def _of_rows(people: Crowd, done: Doings, rows: np.ndarray[Any, Any]) -> Columns:
    return {
        "device": people.user[rows],
        "platform": people.platform[rows],
        "version": done.version[rows],
    }


def _reopened(scenario: Scenario, people: Crowd, done: Doings, events: Recorded) -> Columns:
    """Some open the app once more within two days."""
    at = people.entry + (1 + 47 * people.of("reopens_at")) * app.HOUR
    again = people.of("reopens") < app.REOPENS
    again &= (at // app.WEEK == people.week) & (at + 60 < scenario.as_of)
    again &= events.known(scenario.as_of)[:, 0]
    return _more(people, done, events, np.flatnonzero(again), 0, at)


def _failed(scenario: Scenario, people: Crowd, done: Doings, events: Recorded) -> Columns:
    """Checkouts that fail and say why; a version that breaks the last step fails more."""
    stuck = done.reached[:, LAST - 1] & ~done.reached[:, LAST]
    detail = np.zeros(len(people), dtype=np.int64)
    fails = people.of("checkout_fails") < app.CHECKOUT_FAILS
    for cause in scenario.planted:
        if cause.kind == "release_regression" and cause.step == LAST - 1:
            broken = np.isin(done.version, _places(scenario, cause.version))
            crashed = broken & (people.of("blamed") < 1 - np.exp(-cause.size))
            detail[crashed] = 1
            fails |= crashed
    at = done.at[:, LAST - 1] + 90
    rows = np.flatnonzero(stuck & fails & (at + 60 < scenario.as_of))
    return _more(people, done, events, rows, len(NAMES) - 1, at, detail)


def _more(
    people: Crowd,
    done: Doings,
    events: Recorded,
    rows: np.ndarray[Any, Any],
    name: int,
    at: np.ndarray[Any, Any],
    detail: np.ndarray[Any, Any] | None = None,
) -> Columns:
    """Events beside the funnel's own, sent at once, in the clock of the row's own events."""
    shift = events.event_time[rows, 0] - people.entry[rows]
    of = 0 if name == 0 else LAST - 1
    waits = events.received_at[rows, of] - done.at[rows, of]
    return _of_rows(people, done, rows) | {
        "user": np.where(events.user[rows, of] == NOBODY, people.user[rows], events.user[rows, of]),
        "name": np.full(len(rows), name),
        "detail": np.zeros(len(rows), dtype=np.int64) if detail is None else detail[rows],
        "event_time": at[rows] + shift,
        "received_at": at[rows] + np.clip(waits, 0, 50),
    }


def _places(scenario: Scenario, version: str | None) -> list[int]:
    return [
        n for n, r in enumerate(scenario.releases) if r.version == version and r.platform == app.IOS
    ]


def _sales(scenario: Scenario, people: Crowd, done: Doings) -> Columns:
    rows: Flags = done.reached[:, LAST] & (done.at[:, LAST] < scenario.as_of)
    return {
        "user": people.user[rows],
        "plan": (people.of("plan")[rows] >= app.MONTHLY_SHARE).astype(np.int64),
        "price": np.round(done.price[rows], 2),
        "started_at": _micros(done.at[rows, LAST]),
    }


def _decisions(scenario: Scenario, people: Crowd, done: Doings) -> Columns:
    at = people.entry + 20
    rows = np.flatnonzero((done.fate != NOT_ELIGIBLE) & (at + 10 < scenario.as_of))
    return {
        "decision": rows,
        "user": people.user[rows],
        "fate": done.fate[rows],
        "channel": done.channel[rows],
        "decided_at": _micros(at[rows]),
    }


_EPOCH = int((MONDAY - datetime(1970, 1, 1)).total_seconds()) * 1_000_000


def _micros(seconds: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return _EPOCH + (seconds * 1e6).astype(np.int64)
