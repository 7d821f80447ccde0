"""The attack list: every statement that must be refused is, every benign one runs."""

from __future__ import annotations

import re

import duckdb
import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.attack_fixture import (
    ALLOWED,
    ATTACKS,
    attack_catalog,
    attack_database,
    refused_by_kind,
)
from warehouse.sqlcheck import CheckedQuery, check

CATALOG = attack_catalog()
BENIGN = [case for case in ATTACKS if case["must"] == "allow"]
HOSTILE = [case for case in ATTACKS if case["must"] == "reject"]


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    return attack_database()


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case["id"])
def test_a_hostile_statement_is_refused_with_a_code_and_a_fix(case: dict[str, str]) -> None:
    refused = check(case["sql"], CATALOG, role="analyst")

    assert isinstance(refused, tuple), case["why"]
    assert refused
    assert all(refusal.code and refusal.message and refusal.fix for refusal in refused)


@pytest.mark.parametrize("kind", refused_by_kind())
def test_every_statement_of_a_kind_of_attack_is_refused(kind: str) -> None:
    statements = refused_by_kind()[kind]

    passed = [sql for sql in statements if isinstance(_checked(sql), CheckedQuery)]

    assert statements
    assert passed == []


def test_what_an_analyst_asks_runs_and_gives_what_was_written(
    database: duckdb.DuckDBPyConnection,
) -> None:
    for sql in ALLOWED:
        checked = _checked(sql)
        assert isinstance(checked, CheckedQuery), (sql, checked)
        rows = _bag(database, checked.sql)
        # A limit without a complete order may cut the same rows differently.
        if "LIMIT" not in sql:
            assert rows == _bag(database, sql), sql


def test_the_way_to_the_dialect_of_postgresql_and_back_changes_nothing_that_is_read() -> None:
    lost = 0
    for sql in ALLOWED:
        checked = _checked(sql)
        assert isinstance(checked, CheckedQuery)
        back = _checked(_by_postgresql(checked.sql))
        # What the other dialect cannot say is refused when it comes back, never read otherwise.
        lost += not isinstance(back, CheckedQuery)
        if isinstance(back, CheckedQuery):
            assert (back.tables, back.columns) == (checked.tables, checked.columns), sql

    assert lost <= 3


def _by_postgresql(sql: str) -> str:
    (there,) = sqlglot.transpile(sql, read="duckdb", write="postgres")
    (back,) = sqlglot.transpile(there, read="postgres", write="duckdb")
    return back


def _checked(sql: str) -> object:
    return check(sql, CATALOG, role="analyst")


@pytest.mark.parametrize("case", BENIGN, ids=lambda case: case["id"])
def test_a_benign_query_runs_and_gives_what_the_person_wrote(
    case: dict[str, str], database: duckdb.DuckDBPyConnection
) -> None:
    checked = check(case["sql"], CATALOG, role="analyst")

    assert isinstance(checked, CheckedQuery), checked
    assert _bag(database, checked.sql) == _bag(database, case["sql"])


def _bag(database: duckdb.DuckDBPyConnection, sql: str) -> list[str]:
    return sorted(map(repr, database.execute(sql).fetchall()))


# --- the same statements, dressed differently -----------------------------------------------

_WORD = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/|\$\w*\$|\w+|.", re.DOTALL)
_GAPS = st.sampled_from([" ", "\n", "\t", "/* a */ ", "  ", " -- b\n", " /* ; */"])
_CASES = st.sampled_from([str.upper, str.lower, str.title, str])


@settings(max_examples=300, deadline=None)
@given(case=st.sampled_from(HOSTILE), data=st.data())
def test_case_comments_and_blanks_let_no_hostile_statement_through(
    case: dict[str, str], data: st.DataObject
) -> None:
    if len(case["sql"]) > 2_000:
        return
    dressed = _dressed(case["sql"], data)

    assert isinstance(check(dressed, CATALOG, role="analyst"), tuple), dressed


def _dressed(sql: str, data: st.DataObject) -> str:
    """Other blanks, comments and letter case between and in the words, never in a string."""
    parts = []
    for word in _WORD.findall(sql):
        if word == " ":
            parts.append(data.draw(_GAPS))
        elif re.fullmatch(r"[A-Za-z_]+", word):
            parts.append(data.draw(_CASES)(word))
        else:
            parts.append(word)
    return "".join(parts)
