"""Traits: each SQL model gives what its hand-made fixture says, and a bad model breaks nothing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from sqlglot import exp

from core.errors import Code, PilothouseError
from warehouse.demo.generate import generate
from warehouse.models.modelset import load_models, models_of
from warehouse.models.runner import build_traits, write_traits

FIXTURES = Path(__file__).parents[1] / "fixtures" / "traits"
MODELS = load_models()
TRAITS = MODELS.traits
INPUTS = ("dim_users", "fct_events", "fct_subscriptions", "fct_support")
NOW = datetime(2026, 6, 29)


@pytest.fixture(scope="module")
def demo() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    generate(connection, users=2_000, days=60)
    return connection


@pytest.fixture
def empty(demo: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The demo's tables without a row."""
    connection = duckdb.connect()
    ddl = "SELECT sql FROM duckdb_tables() WHERE NOT temporary AND schema_name = 'main'"
    for (create,) in demo.execute(ddl).fetchall():
        connection.execute(create)
    return connection


def _insert(connection: duckdb.DuckDBPyConnection, table: str, row: dict[str, Any]) -> None:
    """One row, or one for each of several event times."""
    times = row.get("event_time")
    rows = [row | {"event_time": at} for at in times] if isinstance(times, list) else [row]
    values = exp.values([tuple(r.values()) for r in rows])
    connection.execute(exp.insert(values, table, columns=list(row)).sql(dialect="duckdb"))


@pytest.mark.parametrize("name", [model.name for model in TRAITS])
def test_a_trait_has_the_value_that_its_fixture_says(
    name: str, empty: duckdb.DuckDBPyConnection
) -> None:
    case = yaml.safe_load((FIXTURES / f"{name}.yaml").read_text())
    for table in INPUTS:
        for row in case.get(table, []):
            _insert(empty, table, row)

    build_traits(empty, case["as_of"])

    query = exp.select("user_id", name).from_("traits").sql(dialect="duckdb")
    assert dict(empty.execute(query).fetchall()) == case["expected"]


def test_every_canonical_user_has_one_row_and_every_trait_is_known(
    demo: duckdb.DuckDBPyConnection,
) -> None:
    canonical = demo.execute("SELECT user_id FROM dim_users WHERE merged_into IS NULL ORDER BY 1")
    ids = canonical.fetchall()
    assert demo.execute("SELECT user_id FROM traits ORDER BY 1").fetchall() == ids
    for model in TRAITS:
        known = exp.select(exp.Count(this=exp.column(model.name))).from_("traits")
        assert demo.execute(known.sql(dialect="duckdb")).fetchone() == (len(ids),)


@pytest.mark.parametrize("model", [m for m in TRAITS if m.values], ids=lambda m: m.name)
def test_a_state_takes_only_the_values_of_its_header(
    model: Any, demo: duckdb.DuckDBPyConnection
) -> None:
    values = exp.select(model.name).distinct().from_("traits").sql(dialect="duckdb")
    assert {value for (value,) in demo.execute(values).fetchall()} == set(model.values)


def test_scores_stay_within_the_scale_of_their_meaning(demo: duckdb.DuckDBPyConnection) -> None:
    scales = {"momentum_score": 100, "upgrade_intent": 1, "support_risk": 1, "churn_risk": 1}
    scales |= {"upgrade_propensity": 1}
    for name, top in scales.items():
        ends = exp.select(exp.Min(this=exp.column(name)), exp.Max(this=exp.column(name)))
        low, high = demo.execute(ends.from_("traits").sql(dialect="duckdb")).fetchone() or (-1, -1)
        assert 0 <= low < high <= top


def test_two_users_alike_in_platform_source_country_and_consent_differ_in_their_traits(
    demo: duckdb.DuckDBPyConnection,
) -> None:
    pairs = demo.execute("""
        WITH consent AS (
            SELECT user_id, string_agg(channel || status, ',' ORDER BY channel,
                effective_at) AS said
            FROM fct_consent GROUP BY user_id
        )
        SELECT count(*)
        FROM dim_users a JOIN dim_users b
            ON a.user_id < b.user_id AND a.device_os = b.device_os AND a.utm_source = b.utm_source
            AND a.country = b.country AND a.app_version = b.app_version
        JOIN consent c ON c.user_id = a.user_id JOIN consent d ON d.user_id = b.user_id
        JOIN traits s ON s.user_id = a.user_id JOIN traits t ON t.user_id = b.user_id
        WHERE c.said = d.said AND s.activation_state <> t.activation_state
            AND s.upgrade_intent > 0.3 AND t.upgrade_intent = 0
    """).fetchone()
    assert pairs is not None
    assert pairs[0] > 10


def test_building_again_for_an_earlier_moment_leaves_out_what_came_later(
    demo: duckdb.DuckDBPyConnection,
) -> None:
    count = "SELECT count(*) FROM traits WHERE momentum_score > 0"
    now = demo.execute(count).fetchone()
    build_traits(demo, datetime(2026, 5, 10))
    earlier = demo.execute(count).fetchone()
    build_traits(demo, NOW)
    assert earlier is not None
    assert now is not None
    assert 0 < earlier[0] < now[0]
    assert demo.execute(count).fetchone() == now


def test_what_a_model_reads_is_derived_from_its_sql() -> None:
    reads = {model.name: model.reads for model in MODELS.models}
    assert reads["churn_risk"] == {"user_facts", "support_risk"}
    assert reads["user_events"] == {"fct_events"}
    order = [model.name for model in MODELS.models]
    assert order.index("user_events") < order.index("user_facts") < order.index("support_risk")
    assert order.index("support_risk") < order.index("churn_risk")


def _model(name: str, select: str) -> dict[str, str]:
    header = f"-- name: {name}\n-- grain: user_id\n-- type: number\n-- owner: data\n"
    return {name: f"{header}-- freshness: 60\n-- meaning: A test.\n{select}"}


@pytest.mark.parametrize(
    ("select", "code"),
    [
        ("SELECT user_id, 1 / (seconds - seconds) AS bad FROM dim_users", Code.MODEL_INVALID),
        (
            "SELECT a.user_id, 1.5::DOUBLE AS bad FROM dim_users a "
            "CROSS JOIN (SELECT 1 AS n UNION ALL SELECT 2 AS n) b",
            Code.AUDIT_FAILED,
        ),
    ],
    ids=["an unknown column", "two values for a user"],
)
def test_a_failing_model_leaves_the_traits_as_they_were(
    select: str, code: Code, demo: duckdb.DuckDBPyConnection
) -> None:
    before = demo.execute("SELECT count(*), count(ltv) FROM traits").fetchone()
    demo.execute("BEGIN TRANSACTION")
    with pytest.raises(PilothouseError) as refused:
        write_traits(demo, NOW, models_of(_model("bad", select)))
    demo.execute("ROLLBACK")
    assert refused.value.refusal.code is code
    assert (refused.value.refusal.span or "").startswith("bad.sql")
    assert demo.execute("SELECT count(*), count(ltv) FROM traits").fetchone() == before


def test_a_model_that_reads_another_table_is_not_loaded() -> None:
    with pytest.raises(PilothouseError, match="nosy reads raw_events"):
        models_of(_model("nosy", "SELECT user_id, 1 AS nosy FROM raw_events"))


def test_models_that_read_each_other_are_not_loaded() -> None:
    hen = _model("hen", "SELECT user_id, egg AS hen FROM egg")
    with pytest.raises(PilothouseError, match="circle"):
        models_of(hen | _model("egg", "SELECT user_id, hen AS egg FROM hen"))
