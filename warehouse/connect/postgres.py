"""A table or view of a PostgreSQL database, read in one read-only snapshot.

The server writes CSV with COPY, in UTC and ISO dates; only matched columns leave
it. A password is never part of a name, a report or an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import duckdb
import psycopg
from psycopg import sql

from core.errors import Code, PilothouseError, refuse
from warehouse.catalog import nearest
from warehouse.connect.imports import Since
from warehouse.connect.source import Rejected, staged_from_csv

CONNECT_SECONDS = 10
_SETTINGS = "SET SESSION TIME ZONE 'UTC'; SET SESSION DateStyle = 'ISO, YMD'"


class PostgresTable:
    """A table behind a URL such as ``postgresql://user@host/database``."""

    def __init__(self, url: str, table: str, since: Since | None = None) -> None:
        self._url = url
        self._table = _identifier(table)
        self.since = since
        self.name = source_name(url, table)
        with self._snapshot() as connection:
            self.names = self._columns(connection, table)
        if since is not None and since.column not in self.names:
            raise _unknown("column", since.column, self.names)

    def stage(
        self, cursor: duckdb.DuckDBPyConnection, picked: dict[str, int], spool: Path
    ) -> list[Rejected]:
        """Copy the picked columns to a file, and read that."""
        clean = spool / "rows.csv"
        with self._snapshot() as connection, clean.open("wb") as file:
            names = [self.names[place] for place in picked.values()]
            reached = self._reached(connection)
            with connection.cursor().copy(self._copy_of(names)) as copied:
                for block in copied:
                    file.write(block)
        self.since = reached
        staged_from_csv(cursor, clean, list(picked))
        return []

    def _copy_of(self, names: list[str]) -> sql.Composed:
        texts = sql.SQL(", ").join(
            sql.SQL("CAST({} AS TEXT)").format(sql.Identifier(name)) for name in names
        )
        return sql.SQL(
            "COPY (SELECT ROW_NUMBER() OVER (), {} FROM {} {}) TO STDOUT (FORMAT csv)"
        ).format(texts, self._table, self._newer())

    def _newer(self) -> sql.Composable:
        if self.since is None or self.since.value is None:
            return sql.SQL("")
        column, value = sql.Identifier(self.since.column), sql.Literal(self.since.value)
        # What has the very same moment may have been written after the last read.
        return sql.SQL("WHERE {} >= {}").format(column, value)

    def _reached(self, connection: psycopg.Connection) -> Since | None:
        """The largest value of the column in this snapshot: where the next read goes on."""
        if self.since is None:
            return None
        query = sql.SQL("SELECT CAST(MAX({}) AS TEXT) FROM {}").format(
            sql.Identifier(self.since.column), self._table
        )
        row = connection.execute(query).fetchone()
        return self.since._replace(value=(row[0] if row else None) or self.since.value)

    def _columns(self, connection: psycopg.Connection, table: str) -> tuple[str, ...]:
        try:
            query = sql.SQL("SELECT * FROM {} LIMIT 0").format(self._table)
            found = connection.execute(query).description or []
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName) as error:
            connection.rollback()
            known = connection.execute(
                """
                SELECT table_schema || '.' || table_name FROM information_schema.tables
                WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
                """
            ).fetchall()
            raise _unknown("table", table, tuple(row[0] for row in known)) from error
        return tuple(column.name for column in found)

    @contextmanager
    def _snapshot(self) -> Iterator[psycopg.Connection]:
        """A connection in a transaction that can only read and sees one moment."""
        try:
            with psycopg.connect(
                self._url,
                connect_timeout=CONNECT_SECONDS,
                client_encoding="UTF8",
                application_name="pilothouse import",
            ) as connection:
                connection.read_only = True
                connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                connection.execute(_SETTINGS)
                yield connection
        except psycopg.Error as error:
            raise self._refused(error) from error

    def _refused(self, error: psycopg.Error) -> PilothouseError:
        said = _without_password(str(error), self._url)
        return refuse(
            Code.INVALID_ARGUMENT,
            f"{self.name} cannot be read: {said}",
            span=self.name,
            fix=_fix(error, said),
        )


def source_name(url: str, table: str) -> str:
    """Host, database and table: what a person recognises, without the user's secrets."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return table
    return f"{parts.hostname or 'localhost'}{port}/{parts.path.strip('/')}/{table}"


def _fix(error: psycopg.Error, said: str) -> str:
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return "Let this user read the table (GRANT SELECT), or name another user."
    if "password" in said or "authentication" in said:
        return "Check user and password; a password may also stand in ~/.pgpass."
    if isinstance(error, psycopg.OperationalError):
        return "Check host, port and database, and that the server takes connections from here."
    return "Check the table and its columns, then try again."


def _identifier(table: str) -> sql.Identifier:
    """``table`` or ``schema.table``; parts in double quotes may hold anything."""
    parts = re.findall(r'"((?:[^"]|"")+)"|([^."]+)', table)
    names = [quoted.replace('""', '"') or bare for quoted, bare in parts]
    if not 1 <= len(names) <= 2:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"'{table}' does not name a table.",
            span=table,
            fix="Write --table schema.table.",
        )
    return sql.Identifier(*names)


def _without_password(text: str, url: str) -> str:
    try:
        password = psycopg.conninfo.conninfo_to_dict(url).get("password")
    except psycopg.Error:
        return "the URL is not one of PostgreSQL, such as postgresql://user@host/database."
    first = text.strip().splitlines()[0] if text.strip() else "no reason was given"
    return first.replace(str(password), "***") if password else first


def _unknown(what: str, name: str, known: tuple[str, ...]) -> PilothouseError:
    near = nearest(name, list(known))
    return refuse(
        Code.UNKNOWN_TABLE if what == "table" else Code.UNKNOWN_COLUMN,
        f"The database has no {what} '{name}'.",
        span=name,
        fix=f"Did you mean {' or '.join(near)}?" if near else "Check its name and its schema.",
    )
