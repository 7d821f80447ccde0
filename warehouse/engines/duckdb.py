"""The embedded engine: one DuckDB file, one owning process, a cursor per query.

Only SQL from this repository's own files and builders runs here. SQL that a
person or a model wrote runs in ``warehouse/sandbox.py``, over a published copy.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import duckdb
from sqlglot import exp

from core.errors import Code, PilothouseError, refuse
from warehouse.bounded import Arrays, arrays_on, bounded
from warehouse.changes import Changes
from warehouse.gate import Gate, StillInside
from warehouse.rows import Rows
from warehouse.stopping import interruptible
from warehouse.transactions import all_or_nothing

DIALECT = "duckdb"

HARDENING = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
}

IN_MEMORY = ":memory:"


class DuckDBWarehouse:
    """A DuckDB file opened with limits. Threads may share it: every call takes its own cursor."""

    def __init__(
        self,
        path: Path,
        *,
        memory_limit_mb: int = 1024,
        threads: int = 2,
        read_only: bool = False,
        must_exist: bool = True,
        attached: Mapping[str, Path] | None = None,
    ) -> None:
        self.path = path
        if "?" in str(path):
            # DuckDB takes what follows for options and would keep its log beside another name.
            raise refuse(
                Code.SETTINGS_INVALID,
                f"A warehouse cannot lie at {path}: DuckDB reads no paths with a question mark.",
                span="?",
                fix="Choose a folder without '?' in its path.",
            )
        if must_exist and not path.exists():
            raise refuse(
                Code.WAREHOUSE_MISSING,
                f"There is no warehouse at {path}.",
                fix="Make one with 'pilothouse demo-data', or set 'warehouse' in pilothouse.toml.",
            )
        self._config: dict[str, Any] = HARDENING | {
            "memory_limit": f"{memory_limit_mb}MB",
            "threads": str(threads),
            "preserve_insertion_order": "false",
        }
        self._read_only = read_only
        self._attached = dict(attached or {})
        self._gate = Gate()
        self._changes = Changes(path)
        if not must_exist and not read_only and str(path) != IN_MEMORY:
            _make_whole(path)
        self._connection = self._opened()

    @property
    def changes(self) -> int:
        """How often something was written: whoever keeps what it read looks here whether it may
        have changed since. It grows once a writer is done, and may grow without one."""
        return self._changes.count

    @property
    def settled(self) -> bool:
        """Whether ``changes`` counts everything that was written by now."""
        return self._changes.settled

    @contextmanager
    def cursor(self, *, told: bool = True) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor of its own, for callers that stream or load.

        ``told=False``: nothing is written with it that whoever keeps what it read does not know.
        """
        noticing = self._changes.noticed() if told else nullcontext()
        with (
            self._gate.passed(),
            noticing,
            self._connection.cursor() as cursor,
            interruptible(cursor.interrupt),
        ):
            yield cursor

    def fetch(
        self,
        sql: str,
        params: dict[str, Any] | None = None,
        *,
        timeout_seconds: float | None = None,
    ) -> Rows:
        """Run one query, which writes nothing, and give all its rows.

        A query that runs longer than ``timeout_seconds`` is interrupted and
        refused with WAREHOUSE_LIMIT, as is one that needs more memory than allowed.
        """
        with self.cursor(told=False) as cursor:
            return fetch_on(cursor, sql, params, timeout_seconds=timeout_seconds)

    def arrays(
        self, query: exp.Select, *, rows: int, timeout_seconds: float | None = None
    ) -> Iterator[Arrays]:
        """Run one query, which writes nothing, and give its columns as arrays, so many rows at a
        time and at least once. It is refused as by ``fetch``."""
        with self.cursor(told=False) as cursor:
            yield from arrays_on(cursor, query, rows=rows, timeout_seconds=timeout_seconds)

    def execute(self, sql: str, params: dict[str, Any] | None = None) -> None:
        """Run one statement of our own for its effect."""
        with self.cursor() as cursor:
            cursor.execute(sql, params)

    @contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor inside a transaction: all of it happens, or nothing."""
        with self.cursor() as cursor, all_or_nothing(cursor):
            yield cursor

    def rewrite(self, *, patience_seconds: float = 60.0) -> None:
        """Write the file anew, so that no byte of a deleted row is left in it.

        Waits for queries that run, and lets others wait meanwhile. Refuses with
        WAREHOUSE_LIMIT when they take too long; the file is then as it was.
        """
        fresh = self.path.with_name(f"{self.path.name}.fresh")
        try:
            with self._gate.alone(patience_seconds=patience_seconds):
                self._copy_to(fresh)
                self._connection.close()
                try:
                    fresh.replace(self.path)
                finally:
                    self._connection = self._opened()
        except StillInside as error:
            raise refuse(
                Code.WAREHOUSE_LIMIT,
                "The warehouse could not be rewritten: a query has been running for too long.",
                fix="Try again when it has ended.",
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _opened(self) -> duckdb.DuckDBPyConnection:
        connection = _connect(self.path, self._read_only, self._config)
        for name, other in self._attached.items():
            _attach(connection, name, other)
        return connection

    def _copy_to(self, fresh: Path) -> None:
        """Copy everything that is there into a new file, rows in their order."""
        for left_by_a_crash in (fresh, fresh.with_name(f"{fresh.name}.wal")):
            left_by_a_crash.unlink(missing_ok=True)
        (name,) = self._connection.execute("SELECT CURRENT_DATABASE()").fetchone() or ("",)
        attach = exp.Attach(this=exp.alias_(exp.Literal.string(str(fresh)), "fresh"))
        # What was committed and is not in the file yet must not be played onto the new one.
        self._connection.execute("FORCE CHECKPOINT")
        self._connection.execute(attach.sql(DIALECT))
        try:
            self._connection.execute("SET preserve_insertion_order = true")
            self._connection.execute(
                f"COPY FROM DATABASE {exp.to_identifier(name, quoted=True)} TO fresh"
            )
        finally:
            self._connection.execute("SET preserve_insertion_order = false")
            self._connection.execute("DETACH fresh")


def _make_whole(path: Path) -> None:
    """A new file appears under its name only once it can be opened.

    A process that is killed while the engine makes a file leaves one that nobody can open.
    """
    if path.exists() or not path.parent.is_dir():
        return
    made = path.with_name(f".{path.name}.{os.getpid()}.new")
    for left_by_a_crash in path.parent.glob(f".{glob.escape(path.name)}.*.new"):
        left_by_a_crash.unlink(missing_ok=True)
    try:
        duckdb.connect(str(made), config=dict(HARDENING)).close()
        with suppress(FileExistsError):
            # Unlike a rename it never takes the place of a file that another process just made.
            os.link(made, path)
    except (OSError, duckdb.Error):
        # A full disk or a file system without links: opening tells what is wrong, or makes it.
        return
    finally:
        made.unlink(missing_ok=True)


def fetch_on(
    cursor: duckdb.DuckDBPyConnection,
    sql: str,
    params: dict[str, Any] | None = None,
    *,
    timeout_seconds: float | None = None,
) -> Rows:
    """``DuckDBWarehouse.fetch`` on a cursor that has tables of its own."""
    with bounded(cursor, timeout_seconds):
        cursor.execute(sql, params)
        columns = tuple(column[0] for column in cursor.description or ())
        return Rows(columns, cursor.fetchall())


def _connect(path: Path, read_only: bool, config: dict[str, Any]) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path), read_only=read_only, config=config)
    except duckdb.IOException as error:
        raise not_opened(path, error) from error


def not_opened(path: Path, error: Exception) -> PilothouseError:
    """The refusal for a file that cannot be opened: held by somebody, or no database."""
    holder = re.search(r"PID (\d+)", str(error))
    if holder is None and "lock" not in str(error).lower():
        return refuse(
            Code.WAREHOUSE_MISSING,
            f"The warehouse at {path} cannot be opened: {_first_line(error)}",
            fix="Check that the file is a DuckDB database and may be read and written.",
        )
    who = f"process {holder[1]}" if holder else "another process"
    return refuse(
        Code.WAREHOUSE_LOCKED,
        f"The warehouse at {path} is in use by {who}.",
        fix="Stop it; or if it is 'pilothouse up', use the same workspace and try again.",
    )


def _attach(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    """Attach somebody else's file read-only, or close the connection and refuse."""
    if not path.exists():
        connection.close()
        raise refuse(
            Code.WAREHOUSE_MISSING,
            f"There is no warehouse at {path}.",
            span=str(path),
            fix="Correct 'source' in pilothouse.toml.",
        )
    options = [exp.AttachOption(this=exp.var("READ_ONLY"))]
    attach = exp.Attach(this=exp.alias_(exp.Literal.string(str(path)), name), expressions=options)
    try:
        connection.execute(attach.sql(DIALECT))
    except duckdb.Error as error:
        connection.close()
        raise not_opened(path, error) from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
