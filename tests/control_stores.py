"""Control stores for tests, on SQLite and on a real PostgreSQL: the same suite runs on both."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from control.guards import GUARDS
from control.people import add_demo_people
from control.store import Store, open_store
from tests.warehouse.connect.postgres_server import programs, running_server

ENGINES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.slow))
_numbers = count()


@contextmanager
def store_on(engine: str, folder: Path, *, people: bool = True) -> Iterator[Store]:
    """An open store of its own with the four demo people, or without; skips where there is no
    PostgreSQL."""
    url = f"sqlite:///{folder}/control-{next(_numbers)}.db"
    if engine == "postgresql":
        url = _database("filled" if people else "empty")
    opened = open_store(url)
    if people:
        add_demo_people(opened)
    try:
        yield opened
    finally:
        opened.close()


def without_guards(store: Store, *statements: str) -> None:
    """Do to a store what somebody can do who owns it: drop the guards, then anything."""
    where = store.engine.dialect.name == "postgresql"
    with store.write() as connection:
        for guard in GUARDS:
            on = f" ON {guard.table}" if where else ""
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {guard.name}{on}")
        for statement in statements:
            connection.execute(sa.text(statement))


def _database(template: str) -> str:
    """A database of its own: a copy of one with every table, which takes no time to speak of."""
    name = f"{template}_{next(_numbers)}"
    _template(template)
    with psycopg.connect(_server(), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    return _url(name)


@cache
def _template(name: str) -> None:
    with psycopg.connect(_server(), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    opened = open_store(_url(name))
    if name == "filled":
        add_demo_people(opened)
    opened.close()


@cache
def _server() -> str:
    """One server for all tests of a process, gone with it."""
    folder = programs()
    if folder is None:
        pytest.skip("no PostgreSQL: apt-get install postgresql, or run make test as root")
    held = ExitStack()
    atexit.register(held.close)
    return held.enter_context(running_server(folder))


def _url(database: str) -> str:
    return (
        _server()
        .replace("postgresql://", "postgresql+psycopg://")
        .replace("/postgres?", f"/{database}?")
    )
