"""Columns of files: matched by name, and nothing guessed."""

from __future__ import annotations

from datetime import date

import pytest

from core.errors import Code
from tests.warehouse.connect.imports_world import ImportsWorld, refused
from warehouse.connect.declared import declarations

SUPPORT = "SELECT ticket_id, user_id, ticket_reason, created_at, csat_score FROM fct_support"
CAMPAIGNS = """
Campaign ID,Objective,Daily Budget,currencyCode,Start Date,end_date,Campaign Owner
spring,Sign-ups,1500.50,EUR,2026-03-01,2026-04-01,Growth
autumn,Revenue,200,USD,2026-09-01,,Growth
""".lstrip()


def test_every_declared_column_is_one_that_the_catalog_lists(world: ImportsWorld) -> None:
    for table, declared in declarations().tables.items():
        columns = set(world.catalog.tables[table].columns)
        named = {
            one for part in declared.key for one in ((part,) if isinstance(part, str) else part)
        }
        assert named | set(declared.required) | set(declared.synonyms) <= columns, table


# Names.


def test_columns_are_matched_whatever_their_case_and_separators(world: ImportsWorld) -> None:
    done = world.bring("dim_campaigns", world.file("c.csv", CAMPAIGNS))

    assert done.counts._asdict() == {
        "rows": 2, "inserted": 2, "updated": 0, "unchanged": 0, "repeated": 0, "rejected": 0,
    }  # fmt: skip
    assert world.rows("SELECT * FROM dim_campaigns ORDER BY 1 DESC") == [
        ("spring", "Sign-ups", 1500.5, "EUR", date(2026, 3, 1), date(2026, 4, 1), "Growth"),
        ("autumn", "Revenue", 200.0, "USD", date(2026, 9, 1), None, "Growth"),
    ]


def test_a_column_nobody_knows_is_named_and_left_out(world: ImportsWorld) -> None:
    file = world.file("s.csv", "day,name,country,value,secret\n2026-06-01,heat,DE,31,x\n")

    done = world.bring("external_signals", file)

    assert (done.counts.inserted, done.ignored) == (1, ("secret",))


def test_a_person_may_say_which_column_is_which(world: ImportsWorld) -> None:
    file = world.file("s.csv", "Tag,was,wo,wieviel\n2026-06-01,heat,DE,31\n")
    said = {"Tag": "day", "was": "name", "wo": "country", "wieviel": "value"}

    assert world.bring("external_signals", file, columns=said).counts.inserted == 1


@pytest.mark.parametrize(
    ("header", "code", "span"),
    [
        ("day,name,country", Code.INVALID_FILE, "value"),
        ("day,name,country,value,day", Code.INVALID_FILE, "day"),
        ("day,name,country,reading,measure", Code.AMBIGUOUS, "value"),
        ("day,name,country,value,VALUE", Code.AMBIGUOUS, "value"),
    ],
)
def test_a_header_that_leaves_a_doubt_is_refused(
    world: ImportsWorld, header: str, code: Code, span: str
) -> None:
    found = refused(world, "external_signals", world.file("s.csv", header + "\n"))

    assert (found.code, found.span) == (code, span)


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"valeu": "value"}, Code.UNKNOWN_COLUMN),
        ({"value": "amount"}, Code.UNKNOWN_COLUMN),
        ({"value": "name", "name": "name"}, Code.INVALID_ARGUMENT),
    ],
)
def test_a_mapping_that_points_nowhere_is_refused(
    world: ImportsWorld, columns: dict[str, str], code: Code
) -> None:
    file = world.file("s.csv", "day,name,country,value\n")

    assert refused(world, "external_signals", file, columns=columns).code is code


def test_tables_that_pilothouse_makes_itself_take_no_imports(world: ImportsWorld) -> None:
    file = world.file("s.csv", "user_id\nu1\n")

    assert refused(world, "decisions", file).span == "decisions"
    assert "collect import" in str(refused(world, "fct_events", file).fix)
    assert refused(world, "fct_suport", file).code is Code.UNKNOWN_TABLE


def test_a_view_over_a_team_s_own_table_is_only_read(world: ImportsWorld) -> None:
    world.warehouse.execute("CREATE VIEW dim_releases AS SELECT 'ios' AS device_os")
    file = world.file("r.csv", "platform,version,released\nios,1,2026-01-01\n")

    assert "view" in refused(world, "dim_releases", file).message
