"""Lots drawn in SQL are those drawn in Python."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp, parse_one

from core.assignment import bucket, in_range, share_end
from core.experiments import DeclaredExperiment
from core.rules import Holdout
from measure.experiments.drawing import bucket_of, drawn_arm, in_share
from measure.experiments.hashing import LONGEST, with_number
from measure.methods.buckets import growthbook_hash
from measure.queries import as_query

CASES = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "stats_known_answers.json").read_text()
)["cases"]
VECTORS = next(case for case in CASES if case["method"] == "growthbook_hash")
ASCII = st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=LONGEST)


def _numbers(units: list[str], salt: str, version: int) -> list[float | None]:
    """Each unit's number, in order, by the chain of subqueries."""
    place = "SELECT user_id, signup_at FROM units"
    tables = with_number(as_query(parse_one(place, dialect="duckdb")), salt, version)
    query = parse_one(
        "SELECT u.number FROM units JOIN everybody u USING (user_id) ORDER BY units.place",
        dialect="duckdb",
    )
    named = [exp.CTE(this=one, alias=exp.TableAlias(this=name)) for name, one in tables.items()]
    query.set("with_", exp.With(expressions=named))
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE units (place INT, user_id VARCHAR, signup_at TIMESTAMP)")
        rows = [(place, unit) for place, unit in enumerate(units)]
        connection.executemany("INSERT INTO units VALUES ($1, $2, NULL)", rows)
        return [row[0] for row in connection.execute(query.sql("duckdb")).fetchall()]


@settings(max_examples=150, deadline=None)
@given(salt=st.text(max_size=20), unit=st.text(max_size=40), share=st.floats(0, 1))
def test_a_bucket_and_a_holdout_are_the_same_in_sql(salt: str, unit: str, share: float) -> None:
    if "\x00" in salt + unit:
        return
    word = exp.Placeholder(this="unit")
    drawn = exp.select(
        bucket_of(salt, word), in_share(Holdout(share=share, salt=salt or "s"), word)
    ).sql("duckdb")

    found, held = duckdb.execute(drawn, {"unit": unit}).fetchone() or ("", None)

    assert found == bucket(salt, unit)
    assert held == in_range(bucket(salt or "s", unit), "00000000", share_end(share))


def test_published_hashes_of_growthbook_come_out_of_sql() -> None:
    cases = VECTORS["inputs"]["seed_value_version"]
    expected = VECTORS["expected"]["hash"]
    tried = 0
    for (seed, value, version), wanted in zip(cases, expected, strict=True):
        if version in (1, 2):
            assert _numbers([value], seed, version) == [pytest.approx(wanted)]
            tried += 1

    assert tried >= 10


@settings(max_examples=10, deadline=None)
@given(
    salt=st.text(max_size=12),
    units=st.lists(ASCII, min_size=1, max_size=40, unique=True),
    version=st.sampled_from([1, 2]),
)
def test_growthbooks_hashes_are_the_same_in_sql(salt: str, units: list[str], version: int) -> None:
    assert _numbers(units, salt, version) == [growthbook_hash(salt, u, version) for u in units]


def test_a_unit_that_sql_cannot_hash_has_no_number() -> None:
    assert _numbers(["é", "a" * (LONGEST + 1), "a"], "seed", 2)[:2] == [None, None]


@pytest.mark.parametrize("kind", ["bucket", "growthbook_2"])
def test_arms_get_their_shares(kind: str) -> None:
    arms = [
        {"key": "control", "share": 0.5, "control": True},
        {"key": "short", "share": 0.25},
        {"key": "long", "share": 0.25},
    ]
    one = DeclaredExperiment.model_validate(
        {"name": "x", "salt": "x", "hash": kind, "arms": arms, "starts_at": "2026-01-01"}
    )
    people = "SELECT 'u' || i AS user_id, NULL::TIMESTAMP AS signup_at FROM range(8000) t(i)"
    source = as_query(parse_one(people, dialect="duckdb"))
    tables = {"everybody": source} if kind == "bucket" else with_number(source, "x", 2)
    query = exp.select(exp.alias_(drawn_arm(one, "u"), "arm"), "COUNT(*)").from_("everybody AS u")
    named = [exp.CTE(this=t, alias=exp.TableAlias(this=name)) for name, t in tables.items()]
    query.set("with_", exp.With(expressions=named))

    counts = dict(duckdb.execute(query.group_by("arm").sql("duckdb")).fetchall())

    assert counts == _counted(kind, 8000)


def _counted(kind: str, users: int) -> dict[str, int]:
    """The same by the functions of one unit."""
    found = dict.fromkeys(("control", "short", "long"), 0)
    for number in range(users):
        if kind == "bucket":
            place = int(bucket("x", f"u{number}"), 16) / 2**32
        else:
            place = growthbook_hash("x", f"u{number}", 2) or 0.0
        found["control" if place < 0.5 else "short" if place < 0.75 else "long"] += 1
    return found
