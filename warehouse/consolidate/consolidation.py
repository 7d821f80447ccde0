"""After a load: identity brought up to date, then the tables that are made of it.

In one transaction, by what changed or everything; both give the same rows. Rows
that do not come from raw events stay, and count where events say nothing.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple

from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.identity import update as identity
from warehouse.identity.settings import IdentitySettings
from warehouse.identity.statements import Cursor
from warehouse.identity.statements import run as run_file
from warehouse.identity.update import Scope

run = partial(run_file, folder=Path(__file__).parent / "sql")


class Consolidated(NamedTuple):
    """What was done: how much was looked at, and what waits for a person."""

    scope: Scope
    events: int = 0
    """Rows written to fct_events."""
    users: int = 0
    """People looked at for dim_users."""
    open_conflicts: int = 0


def prepare(warehouse: DuckDBWarehouse) -> None:
    """Make the tables that are not there yet."""
    with warehouse.transaction() as cursor:
        identity.prepare(cursor)
        run(cursor, "tables")


def consolidate(
    warehouse: DuckDBWarehouse, settings: IdentitySettings | None = None, *, full: bool = False
) -> Consolidated:
    """Bring identity, fct_events and dim_users up to date with raw events and rules."""
    with warehouse.transaction() as cursor:
        return consolidate_in(cursor, settings or IdentitySettings(), full=full)


def consolidate_in(
    cursor: Cursor, settings: IdentitySettings, *, full: bool = False
) -> Consolidated:
    """The same inside the caller's transaction."""
    scope, since = identity.update(cursor, settings, full=full)
    if scope == Scope.NOTHING:
        return Consolidated(scope)
    run(cursor, f"scope_{scope}", since=since)
    (events,) = run(cursor, "events").fetchone() or (0,)
    if scope == Scope.TOUCHED:
        run(cursor, "marks")
    run(cursor, "said")
    run(cursor, "users")
    (users,) = cursor.execute("SELECT COUNT(*) FROM due_users").fetchone() or (0,)
    waiting = "SELECT COUNT(*) FROM identity_conflicts WHERE state = 'open'"
    (conflicts,) = cursor.execute(waiting).fetchone() or (0,)
    return Consolidated(scope, events, users, conflicts)
