"""Runs of journeys are written by looks and by people, and neither undoes the other."""

from __future__ import annotations

from datetime import datetime

from control import journeys
from control.journeys import Changes, Row, TickState
from control.store import Store

NOON = datetime(2026, 6, 29, 12)
LATER = datetime(2026, 6, 29, 13)


def run(user: str, step: str, version: int = 1) -> Row:
    row = {
        "run_id": user,
        "journey_key": "trip",
        "version": version,
        "user_id": user,
        "entered_as": user,
        "entry_key": "",
        "entered_at": NOON,
        "step": step,
        "step_at": NOON,
        "phase": "here",
    }
    return tuple(row.get(name) for name in journeys.COLUMNS)


def look(store: Store, *, started: list[Row] | None = None, moved: list[Row] | None = None) -> bool:
    changes = Changes(started or [], moved or [], [], [], [TickState("trip", LATER)])
    return journeys.write(store, changes, before=journeys.ticks(store), now=LATER)


def where(store: Store) -> dict[str, tuple[int, str]]:
    found = journeys.listed(store, "trip", user=None, limit=9)
    return {str(row["user_id"]): (int(str(row["version"])), str(row["step"])) for row in found}


def test_a_run_that_was_migrated_during_a_look_stays_where_it_was_put(store: Store) -> None:
    look(store, started=[run("ann", "pause"), run("ben", "push")])
    with store.write() as connection:
        assert journeys.migrate(connection, "trip", 2, [(1, "pause", "rest")]) == 1

    assert look(store, moved=[run("ann", "push"), run("ben", "email")])

    assert where(store) == {"ann": (2, "rest"), "ben": (1, "email")}


def test_of_two_looks_at_once_only_the_first_is_written(store: Store) -> None:
    look(store, started=[run("ann", "pause")])
    seen = journeys.ticks(store)
    changes = Changes([], [run("ann", "push")], [], [], [TickState("trip", LATER, since=NOON)])

    first = journeys.write(store, changes, before=seen, now=LATER)
    second = journeys.write(
        store, changes._replace(moved=[run("ann", "email")]), before=seen, now=LATER
    )

    assert (first, second) == (True, False)
    assert where(store) == {"ann": (1, "push")}
