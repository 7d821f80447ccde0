"""The attack list: every statement that must be refused is, every benign one runs."""

from __future__ import annotations

import re

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.attack_fixture import ATTACKS, attack_catalog, attack_database
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
