"""What a query may be, who may read what, and what a refusal says."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import Code, Refusal
from tests.warehouse.attack_fixture import attack_catalog
from tests.warehouse.workout_fixture import workout_warehouse
from warehouse.catalog import load_catalog
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.sqlcheck import CheckedQuery, Role, check

CATALOG = load_catalog()


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> DuckDBWarehouse:
    folder: Path = tmp_path_factory.mktemp("warehouse")
    return workout_warehouse(folder / "warehouse.duckdb", CATALOG)


def allowed(sql: str, role: Role = "analyst", row_limit: int = 10_000) -> CheckedQuery:
    checked = check(sql, CATALOG, role=role, row_limit=row_limit)
    assert isinstance(checked, CheckedQuery), checked
    return checked


def refused(sql: str, role: Role = "analyst") -> tuple[Refusal, ...]:
    found = check(sql, CATALOG, role=role)
    assert isinstance(found, tuple), found
    return found


def codes(sql: str, role: Role = "analyst") -> set[Code]:
    return {refusal.code for refusal in refused(sql, role)}


# --- only one query, only what is listed ------------------------------------------------------


def test_a_delete_inside_a_cte_is_refused() -> None:
    sql = "WITH gone AS (DELETE FROM fct_support RETURNING *) SELECT COUNT(*) FROM gone"

    assert codes(sql) & {Code.SQL_FORBIDDEN_NODE, Code.SQL_NOT_A_QUERY}


def test_two_statements_are_refused() -> None:
    assert codes("SELECT 1; DROP TABLE dim_users") == {Code.SQL_NOT_A_QUERY}
    assert codes("SELECT 1; SELECT 2") == {Code.SQL_NOT_ONE_STATEMENT}


def test_counting_an_unknown_table_is_refused() -> None:
    assert codes("SELECT COUNT(*) FROM secrets") == {Code.UNKNOWN_TABLE}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT content FROM read_text('notes.txt')",
        "SELECT * FROM query('SELECT 1')",
    ],
)
def test_a_query_that_reads_a_file_or_hides_a_query_is_refused(sql: str) -> None:
    assert codes(sql) & {Code.SQL_FORBIDDEN_FUNCTION, Code.UNKNOWN_TABLE}


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT user_id INTO stolen FROM dim_users",
        "SUMMARIZE dim_users",
        "SELECT * FROM (SUMMARIZE dim_users)",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_tables",
        "SELECT our_macro(user_id) FROM dim_users",
        "SELECT * FROM our_table_macro()",
        "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT n FROM r",
        "SELECT user_id FROM dim_users NATURAL JOIN fct_support",
        "SELECT user_id FROM dim_users WHERE country = $country",
    ],
)
def test_what_is_not_a_plain_query_of_the_catalog_is_refused(sql: str) -> None:
    assert refused(sql)


def test_a_control_character_is_refused_and_named() -> None:
    (refusal,) = refused("SELECT user_id -- note\r, email\nFROM dim_users")

    assert refusal.code == Code.SQL_FORBIDDEN_TEXT
    assert refusal.span == "U+000D"


def test_text_of_other_languages_may_stand_in_strings_and_comments() -> None:
    allowed("SELECT user_id FROM fct_support WHERE ticket_reason = 'café 日本' -- très bien")


def test_a_text_too_long_to_be_a_question_is_refused_unread() -> None:
    assert codes("SELECT " + "1, " * 10_000 + "1") == {Code.SQL_TOO_LONG}


def test_a_checked_query_cannot_be_made_by_hand() -> None:
    with pytest.raises(TypeError, match=r"comes from warehouse\.sqlcheck\.check"):
        CheckedQuery("DROP TABLE dim_users", (), (), 1, "duckdb", object())


# --- names and roles --------------------------------------------------------------------------


def test_all_unknown_columns_are_named_with_the_nearest_ones() -> None:
    found = refused("SELECT device_oss, contry FROM dim_users")

    assert [refusal.span for refusal in found] == ["device_oss", "contry"]
    assert {refusal.code for refusal in found} == {Code.UNKNOWN_COLUMN}
    assert "device_os" in (found[0].fix or "")
    assert "country" in (found[1].fix or "")


def test_an_unknown_table_is_refused_with_the_nearest_one() -> None:
    (refusal,) = refused("SELECT COUNT(*) FROM fct_event")

    assert refusal.span == "fct_event"
    assert "fct_events" in (refusal.fix or "")


@pytest.mark.parametrize("role", ["marketer", "analyst", "approver"])
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT email FROM dim_users",
        "SELECT COUNT(*) FROM dim_users WHERE email LIKE 'a%'",
        "SELECT user_id FROM dim_users ORDER BY email",
        "SELECT * FROM dim_users",
        "SELECT user_id AS email FROM dim_users ORDER BY LOWER(email)",
        "WITH u(a) AS (SELECT email FROM dim_users) SELECT a FROM u",
    ],
)
def test_a_personal_column_is_refused_also_to_filter_or_sort(sql: str, role: Role) -> None:
    assert Code.SQL_FORBIDDEN_COLUMN in codes(sql, role)


def test_an_admin_reads_personal_but_not_protected_columns() -> None:
    catalog = attack_catalog()

    assert isinstance(check("SELECT email FROM dim_users", catalog, role="admin"), CheckedQuery)
    assert isinstance(check("SELECT gender FROM dim_users", catalog, role="admin"), tuple)
    assert isinstance(check("SELECT gender FROM dim_users", catalog, role="system"), CheckedQuery)


def test_a_whole_row_is_refused() -> None:
    assert Code.SQL_FORBIDDEN_COLUMN in codes("SELECT u FROM dim_users u")
    assert Code.SQL_FORBIDDEN_COLUMN in codes("SELECT COUNT(e) FROM fct_events e")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT properties FROM fct_events",
        "SELECT * FROM fct_events",
        "SELECT properties ->> '$.phone_number' FROM fct_events",
        "SELECT properties ->> ('$.' || event_name) FROM fct_events",
        "SELECT p ->> '$.plan' FROM (SELECT properties AS p FROM fct_events)",
    ],
)
def test_properties_are_read_by_one_constant_name_of_the_catalog(sql: str) -> None:
    assert Code.SQL_FORBIDDEN_COLUMN in codes(sql)

    allowed("SELECT properties ->> '$.workout_type' FROM fct_events")


def test_an_alias_of_a_hidden_column_cannot_sort_by_it() -> None:
    checked = allowed("SELECT user_id AS unlisted FROM dim_users ORDER BY LOWER(unlisted)")

    assert 'LOWER("unlisted")' not in checked.sql


def test_the_answer_lists_every_column_that_was_read() -> None:
    checked = allowed(
        "SELECT COUNT(*) FROM dim_users u JOIN fct_support s USING (user_id) WHERE country = 'DE'"
    )

    assert checked.tables == ("dim_users", "fct_support")
    assert checked.columns == ("dim_users.country", "dim_users.user_id", "fct_support.user_id")


# --- bounds -----------------------------------------------------------------------------------


def test_a_query_without_a_limit_gets_ours_and_a_smaller_one_stays() -> None:
    assert allowed("SELECT user_id FROM dim_users", row_limit=50).sql.endswith("LIMIT 50")
    assert allowed("SELECT user_id FROM dim_users LIMIT 7", row_limit=50).row_limit == 7
    assert allowed("SELECT user_id FROM dim_users LIMIT 700", row_limit=50).row_limit == 50


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT COUNT(*) FROM dim_users, fct_events",
        "SELECT COUNT(*) FROM dim_users a JOIN fct_events b ON TRUE",
        "SELECT COUNT(*) FROM dim_users a JOIN fct_events b ON a.user_id = b.user_id OR 1 = 1",
        "SELECT COUNT(*) FROM range(100000000000)",
        "SELECT user_id FROM dim_users LIMIT 100000000000",
        "SELECT user_id FROM dim_users LIMIT (SELECT COUNT(*) FROM fct_events)",
    ],
)
def test_a_query_without_bounds_is_refused(sql: str) -> None:
    assert Code.SQL_UNBOUNDED in codes(sql)


def test_expressions_that_double_each_other_are_refused() -> None:
    double = "SELECT x.user_id FROM {0} x JOIN {0} y ON x.user_id = y.user_id"
    steps = [f"a{i} AS ({double.format(f'a{i - 1}' if i else 'fct_support')})" for i in range(20)]

    assert Code.SQL_UNBOUNDED in codes(f"WITH {', '.join(steps)} SELECT * FROM a19")


def test_a_column_that_only_the_engine_sees_is_refused() -> None:
    sql = (
        "SELECT time_bucket(INTERVAL 1 DAY, s.created_at, email) "
        "FROM dim_users u JOIN fct_support s USING (user_id)"
    )

    assert codes(sql) == {Code.SQL_FORBIDDEN_COLUMN}


def test_a_single_aggregated_row_may_stand_beside_a_table() -> None:
    allowed(
        "SELECT u.device_os, COUNT(*) * 1.0 / t.total AS share FROM dim_users u "
        "CROSS JOIN (SELECT COUNT(*) AS total FROM dim_users) t GROUP BY u.device_os, t.total"
    )
    assert refused(
        "SELECT 1 FROM dim_users u CROSS JOIN "
        "(SELECT (SELECT MAX(user_id) FROM fct_support) AS m FROM fct_events) t"
    )


# --- what analysts ask, and what we compile ------------------------------------------------------

ANALYST_QUERIES = {
    "eligibility": """
        -- on trial, 3 workouts, saw pricing, no open ticket
        WITH workouts AS (
          SELECT user_id, COUNT(*) AS n FROM fct_events
          WHERE event_name = 'workout_completed' GROUP BY user_id
        )
        SELECT u.user_id, w.n AS workouts
        FROM dim_users u
        JOIN workouts w ON w.user_id = u.user_id
        JOIN fct_subscriptions s ON s.user_id = u.user_id AND s.status = 'trialing'
        WHERE w.n >= 3 AND u.merged_into IS NULL
          AND EXISTS (SELECT * FROM fct_events e
                      WHERE e.user_id = u.user_id AND e.event_name = 'pricing_viewed')
          AND NOT EXISTS (SELECT 1 FROM fct_support t
                          WHERE t.user_id = u.user_id AND t.status = 'open')
        ORDER BY workouts DESC, u.user_id
    """,
    "funnel by platform": """
        SELECT u.device_os,
               COUNT(DISTINCT CASE WHEN e.event_name = 'app_opened' THEN e.user_id END) AS opened,
               COUNT(DISTINCT e.user_id) FILTER (WHERE e.event_name = 'pricing_viewed') AS viewed,
               COUNT(DISTINCT e.user_id) FILTER (WHERE e.event_name = 'checkout_started') AS started
        FROM fct_events e JOIN dim_users u USING (user_id)
        GROUP BY 1 ORDER BY opened DESC
    """,
    "weekly counts": """
        SELECT date_trunc('week', event_time) AS week, event_name, COUNT(*) AS events,
               SUM(COUNT(*)) OVER (PARTITION BY event_name ORDER BY date_trunc('week', event_time))
        FROM fct_events GROUP BY 1, 2 ORDER BY week, event_name
    """,
    "latest subscription": """
        SELECT status, COUNT(*) AS "Users" FROM (
          SELECT user_id, status,
                 ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY trial_start DESC) AS position
          FROM fct_subscriptions
        ) WHERE position = 1 GROUP BY status
    """,
    "days with no events too": """
        SELECT d.day, COUNT(e.user_id) AS events
        FROM generate_series(DATE '2026-04-01', DATE '2026-04-30', INTERVAL 1 DAY) AS d(day)
        LEFT JOIN fct_events e ON date_trunc('day', e.event_time) = d.day
        GROUP BY 1 ORDER BY 1
    """,
    "satisfaction": """
        SELECT ticket_reason, median(csat_score), round(avg(csat_score), 2) AS mean,
               quantile_cont(csat_score, 0.9) AS p90
        FROM fct_support GROUP BY ticket_reason HAVING COUNT(*) > 5
    """,
    "by property": """
        SELECT properties ->> '$.workout_type' AS kind,
               AVG(TRY_CAST(json_extract_string(properties, '$.duration_seconds') AS DOUBLE))
        FROM fct_events WHERE event_name = 'workout_completed' GROUP BY 1
    """,
    "returned within a week": """
        SELECT COUNT(DISTINCT a.user_id) FROM fct_events a JOIN fct_events b
          ON b.user_id = a.user_id AND b.event_time > a.event_time
         AND b.event_time <= a.event_time + INTERVAL 7 DAY
        WHERE a.event_name = 'app_opened' AND b.event_name = 'workout_completed'
    """,
}

COMPILED_QUERIES = {
    "clauses": """
        SELECT u.user_id,
               CASE WHEN c.n IS NULL THEN NULL WHEN c.n >= 3 THEN TRUE ELSE FALSE END AS c0,
               COALESCE(c.n, 0) >= 1 IS NOT DISTINCT FROM TRUE AS c1
        FROM dim_users AS u
        LEFT JOIN (SELECT user_id, COUNT(*) AS n FROM fct_events
                   WHERE event_time < CAST('2026-06-01 00:00:00' AS TIMESTAMP)
                   GROUP BY user_id) AS c ON c.user_id = u.user_id
        WHERE NOT u.email IS NULL AND u.device_os IN ('ios', 'web')
    """,
    "buckets": """
        SELECT COUNT(*) FILTER (WHERE LEFT(MD5('salt:' || user_id), 8) < '1999999a') AS held_out,
               COUNT(*) AS total
        FROM dim_users
    """,
    "properties through a cte": """
        WITH e AS (SELECT user_id, event_time, properties FROM fct_events)
        SELECT EXTRACT(hour FROM event_time) AS h, epoch(event_time) AS s,
               date_diff('day', event_time, TIMESTAMP '2026-06-01') AS d,
               timezone('Europe/Berlin', timezone('UTC', event_time)) AS local,
               CAST(properties ->> '$.duration_seconds' AS DOUBLE) AS seconds
        FROM e
    """,
    "pieces": """
        SELECT 'ios' AS piece, COUNT(*) AS n, AVG(n) AS mean, STDDEV(n) AS deviation
        FROM (SELECT user_id, COUNT(*) AS n FROM fct_events GROUP BY user_id)
        UNION ALL
        SELECT 'all', COUNT(*), NULL, NULL FROM dim_users CROSS JOIN (SELECT 1 AS one)
        ORDER BY piece
    """,
}


@pytest.mark.parametrize("name", ANALYST_QUERIES)
def test_an_analysts_query_gives_the_same_rows_checked_and_unchecked(
    name: str, warehouse: DuckDBWarehouse
) -> None:
    sql = ANALYST_QUERIES[name]

    assert _bag(warehouse, allowed(sql).sql) == _bag(warehouse, sql)


@pytest.mark.parametrize("name", COMPILED_QUERIES)
def test_our_compiled_sql_gives_the_same_rows_checked_and_unchecked(
    name: str, warehouse: DuckDBWarehouse
) -> None:
    sql = COMPILED_QUERIES[name]

    assert _bag(warehouse, allowed(sql, role="system").sql) == _bag(warehouse, sql)


def test_the_headings_that_a_person_wrote_are_kept(warehouse: DuckDBWarehouse) -> None:
    checked = allowed('SELECT device_os AS "Platform", COUNT(*) FROM dim_users GROUP BY 1')

    assert warehouse.fetch(checked.sql).columns == ("Platform", "count(*)")


def _bag(warehouse: DuckDBWarehouse, sql: str) -> list[str]:
    rows = warehouse.fetch(sql).rows
    assert rows
    return sorted(repr([_rounded(cell) for cell in row]) for row in rows)


def _rounded(cell: object) -> object:
    """Threads add floats up in any order: the last digits are not part of the meaning."""
    return round(cell, 9) if isinstance(cell, float) else cell
