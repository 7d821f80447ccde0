"""Two warehouses that differ only in what nobody may read, with nothing hardened.

A query that passes the check must give the same answer in both: whatever reads,
filters, sorts or joins by a hidden column, a control table, a file or a setting
gives itself away. Nothing here stops a query: only the check does.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from tests.warehouse.attack_fixture import FIXTURES

HIDDEN = frozenset({"email", "phone", "full_name", "date_of_birth", "gender", "rowid"})
_SCHEMA = (FIXTURES / "sql_attacks_schema.sql").read_text()
# The same for both, in every column that may be read.
_ROWS = """
    INSERT INTO dim_users
    SELECT i, concat('PII', hash(i * $salt)), concat('PII', hash(i + $salt)),
           concat('PII', i, $salt),
           CASE WHEN i * $salt % 3 > 0 THEN DATE '1980-01-01' + (i * $salt % 9000)::INT END,
           CASE WHEN i % ($salt % 4 + 2) = 0 THEN 'a' ELSE 'b' END,
           CASE i % 3 WHEN 0 THEN 'ios' WHEN 1 THEN 'android' END,
           concat('source', i % 4), ['US', 'DE', 'FR'][1 + i % 3], i % 2 = 0
    FROM range(12) t(i);
    INSERT INTO fct_events
    SELECT TIMESTAMP '2026-05-01' + to_hours(i * 7), i % 12,
           CASE WHEN i % 3 = 0 THEN 'pricing_viewed' ELSE 'workout_completed' END,
           json_object('plan', ['annual', 'monthly'][1 + i % 2], 'duration_s', i * 10,
                       'email', concat('PII', hash(i * $salt))) FROM range(40) t(i);
    INSERT INTO fct_subscriptions
    SELECT i, ['trial', 'active'][1 + i % 2], TIMESTAMP '2026-05-01' + to_days(i),
           TIMESTAMP '2026-05-08' + to_days(i), i % 2 = 0 FROM range(10) t(i);
    INSERT INTO fct_support
    SELECT i, ['billing', 'bug'][1 + i % 2], TIMESTAMP '2026-05-02' + to_hours(i), i % 5,
           ['open', 'closed'][1 + i % 2] FROM range(8) t(i);
    INSERT INTO fct_messages
    SELECT i, i % 12, ['email', 'push'][1 + i % 2], 'spring', TIMESTAMP '2026-05-03' + to_hours(i),
           CASE WHEN i % 2 = 0 THEN TIMESTAMP '2026-05-04' END FROM range(15) t(i);
    INSERT INTO control.approvals
    SELECT i, concat('PII', $salt), now() FROM range($salt % 7 + 1) t(i);
    INSERT INTO control.rules SELECT i, concat('PII', $salt) FROM range($salt % 5 + 1) t(i);
    INSERT INTO secrets_t SELECT i * $salt, concat('PII', $salt) FROM range($salt % 4 + 1) t(i);
"""
_EFFECTS = """
    SELECT (SELECT list(concat(schema_name, '.', table_name) ORDER BY schema_name, table_name)
            FROM duckdb_tables()),
           (SELECT count(*) FROM dim_users), (SELECT count(*) FROM fct_events),
           (SELECT count(*) FROM fct_subscriptions), (SELECT count(*) FROM fct_support),
           (SELECT count(*) FROM fct_messages), (SELECT count(*) FROM control.approvals),
           (SELECT count(*) FROM control.rules), (SELECT count(*) FROM secrets_t),
           (SELECT list(view_name ORDER BY view_name) FROM duckdb_views() WHERE NOT internal),
           (SELECT count(*) FROM duckdb_functions() WHERE NOT internal),
           (SELECT md5(string_agg(value ORDER BY name)) FROM duckdb_settings()),
           (SELECT list(database_name ORDER BY 1) FROM duckdb_databases()),
           (SELECT sum(last_value) FROM duckdb_sequences()), current_schema(),
           (SELECT list(concat(name, value) ORDER BY name) FROM duckdb_variables()),
           (SELECT count(*) FROM duckdb_logs)
"""


class Planted:
    """The two warehouses, each with files of its own beside it."""

    def __init__(self, folder: Path) -> None:
        self.folders = (folder / "one", folder / "other")
        self.connections = tuple(map(_planted, self.folders, (1_009, 7_919)))
        self.before = self.effects()

    def effects(self) -> list[Any]:
        """Everything that a statement could have changed."""
        files = [sorted(str(file) for file in folder.rglob("*")) for folder in self.folders]
        state = [connection.execute(_EFFECTS).fetchall() for connection in self.connections]
        return [files, state]

    def fault(self, sql: str, columns: tuple[str, ...]) -> str | None:
        """What a query reads that it must not, or not of these columns; None when nothing."""
        planned = _plan_fault(self.connections[0], sql, columns)
        return self._difference(sql) or planned

    def change(self) -> str | None:
        """What has changed since the beginning; None when nothing has."""
        after = self.effects()
        return None if after == self.before else f"changed: {after} from {self.before}"

    def _difference(self, sql: str) -> str | None:
        answers = []
        for connection, folder in zip(self.connections, self.folders, strict=True):
            # A relative name of a file means another file in each.
            os.chdir(folder)
            answers.append(_answer(connection, sql))
        if answers[0] != answers[1]:
            return f"the answers differ: {answers[0][:200]} and {answers[1][:200]}"
        leaked = "PII" in answers[0] and "PII" not in sql
        return "a secret is in the answer" if leaked else None


def _planted(folder: Path, salt: int) -> duckdb.DuckDBPyConnection:
    folder.mkdir(parents=True)
    connection = duckdb.connect(":memory:", config={"threads": "1", "max_execution_time": "3000"})
    connection.execute("ATTACH ':memory:' AS warehouse; USE warehouse")
    connection.execute(_SCHEMA)
    connection.execute(_ROWS.replace("$salt", str(salt)))
    connection.execute(f"SET VARIABLE kept = {salt}; SELECT nextval('seq')")
    connection.execute(f"CREATE SCHEMA s{salt}; CREATE TABLE s{salt}.t{salt}(i INT)")
    rows = f"user_id,email\n1,PII{salt}\n" + f"2,PII{salt}\n" * (salt % 3)
    for name in ("secret.csv", "secret.txt", "dim_users.csv", "x.csv"):
        (folder / name).write_text(rows)
    (folder / "secret.json").write_text(f'{{"a": {salt}}}')
    return connection


def _answer(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    try:
        rows = connection.execute(sql).fetchall()
    except duckdb.InterruptException:
        return "interrupted"
    except duckdb.Error as error:
        return str(error)
    return repr(sorted(map(repr, rows)))


# --- the engine's own plan, which names what is really read ---------------------------------------

_TABLES = frozenset(
    f"warehouse.main.{table}"
    for table in ("dim_users", "fct_events", "fct_subscriptions", "fct_support", "fct_messages")
)
_READING = re.compile(r"SCAN|READ|FUNCTION|COPY|INSERT|DELETE|UPDATE|CREATE|GLOB|EXPORT|ATTACH")
_HARMLESS = frozenset(
    """SEQ_SCAN CTE_SCAN REC_CTE_SCAN DUMMY_SCAN DELIM_SCAN COLUMN_DATA_SCAN INOUT_FUNCTION
    TABLE_SCAN RANGE GENERATE_SERIES""".split()
)


def _plan_fault(
    connection: duckdb.DuckDBPyConnection, sql: str, columns: tuple[str, ...]
) -> str | None:
    try:
        row = connection.execute(f"EXPLAIN (FORMAT json) {sql}").fetchone()
    except duckdb.Error as error:
        # A name of another world in a message is no fault: nothing ran.
        return "it reaches out" if re.search(r"extension|http|file", str(error), re.I) else None
    for operator in _operators(json.loads(row[1])) if row else ():
        if fault := _operator_fault(operator, columns):
            return fault
    return None


def _operators(plan: Any) -> Iterator[dict[str, Any]]:
    for node in plan if isinstance(plan, list) else [plan]:
        yield node
        yield from _operators(node["children"])


def _operator_fault(operator: dict[str, Any], said: tuple[str, ...]) -> str | None:
    name, info = operator["name"].strip(), operator.get("extra_info") or {}
    if _READING.search(name) and name not in _HARMLESS:
        return f"the plan has {name}"
    table = str(info.get("Table", ""))
    if not table:
        return None
    if table not in _TABLES:
        return f"the plan reads the table {table}"
    read = info.get("Projections") or []
    columns = set([read] if isinstance(read, str) else read) - {""}
    # The filters of a plan speak of outputs by their names: the answers tell those apart.
    unsaid = {f"{table[15:]}.{column}" for column in columns} - set(said)
    wrong = unsaid | (HIDDEN & columns)
    return f"the plan reads {sorted(wrong)} of {table}" if wrong else None
