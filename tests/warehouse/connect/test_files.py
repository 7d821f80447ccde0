"""Files into canonical tables: names matched, values checked, nothing guessed, nothing twice."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import duckdb
import pytest

from core.errors import Code, PilothouseError, Refusal
from tests.warehouse.connect.imports_world import ImportsWorld
from warehouse.connect.declared import declarations

SUPPORT = "SELECT ticket_id, user_id, ticket_reason, created_at, csat_score FROM fct_support"
CAMPAIGNS = """
Campaign ID,Objective,Daily Budget,currencyCode,Start Date,end_date,Campaign Owner
spring,Sign-ups,1500.50,EUR,2026-03-01,2026-04-01,Growth
autumn,Revenue,200,USD,2026-09-01,,Growth
""".lstrip()


def refused(world: ImportsWorld, table: str, file: Path, **how: object) -> Refusal:
    with pytest.raises(PilothouseError) as error:
        world.bring(table, file, **how)  # type: ignore[arg-type]
    assert error.value.refusal.fix
    return error.value.refusal


# What is declared.


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


# Values.


def test_words_of_the_catalog_become_its_values_and_others_are_named(world: ImportsWorld) -> None:
    file = world.file(
        "t.csv",
        "case number;requester_id;category;opened at;state\n"
        "1;u1;Payment;2026-03-04;unresolved\n2;u2;Parking;2026-03-04;CLOSED\n",
    )

    done = world.bring("fct_support", file)

    assert world.rows("SELECT ticket_reason, status FROM fct_support ORDER BY ticket_id") == [
        ("billing", "open"),
        ("Parking", "closed"),
    ]
    assert done.notes == ("ticket_reason has values that the catalog does not list: Parking",)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-04", datetime(2026, 3, 4)),
        ("2026/3/4 10:05", datetime(2026, 3, 4, 10, 5)),
        ("2026-03-04T10:05:06.5Z", datetime(2026, 3, 4, 10, 5, 6, 500_000)),
        ("2026-03-04 10:05:06+0200", datetime(2026, 3, 4, 8, 5, 6)),
        ("1772618706", datetime(2026, 3, 4, 10, 5, 6)),
        ("1772618706000", datetime(2026, 3, 4, 10, 5, 6)),
    ],
)
def test_moments_are_read_in_utc(world: ImportsWorld, text: str, moment: datetime) -> None:
    world.bring("fct_support", world.file("t.csv", f"id,user_id,created_at\n1,u1,{text}\n"))

    assert world.rows("SELECT created_at FROM fct_support") == [(moment,)]


@pytest.mark.parametrize(
    ("column", "text", "because"),
    [
        ("created_at", "03/04/2026", "which is the day"),
        ("created_at", "0000-01-01", "no such moment"),
        ("created_at", "9999-12-31", "no such moment"),
        ("created_at", "2026-02-30", "no such moment"),
        ("created_at", "yesterday", "not a moment"),
        ("created_at", "infinity", "not a moment"),
        ("csat_score", "4.5", "not a whole number"),
        ("csat_score", "99999999999999999999", "not a whole number"),
        ("csat_score", "four", "not a number"),
        ("csat_score", "1,234", "--decimal"),
    ],
)
def test_a_value_that_is_not_what_the_column_holds_is_rejected_with_the_reason(
    world: ImportsWorld, column: str, text: str, because: str
) -> None:
    row = {"id": "1", "user_id": "u1", "created_at": "2026-03-04", "csat_score": "1"} | {
        column: f'"{text}"'
    }
    file = world.file("t.csv", f"{','.join(row)}\n{','.join(row.values())}\n2,u2,2026-03-04,5\n")

    done = world.bring("fct_support", file)

    assert (done.counts.inserted, done.counts.rejected) == (1, 1)
    ((number, where, value, reason),) = world.rejected()
    assert (number, where, value) == ("2", column, text)
    assert because in reason


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1234.5", None, 1234.5),
        ("-1e3", None, -1000.0),
        ("1,234,567.89", ".", 1234567.89),
        ("1.234.567,89", ",", 1234567.89),
        ("12,5", ",", 12.5),
        ("1,23", ".", None),
        ("nan", None, None),
        ("inf", None, None),
        ("1e999", None, None),
        ("0x10", None, None),
        ("1_000", None, None),
        ("$5", None, None),
    ],
)
def test_a_number_is_read_as_it_was_meant_or_not_at_all(
    world: ImportsWorld, text: str, decimal: str | None, value: float | None
) -> None:
    file = world.file("s.csv", f'day,name,country,value\n2026-06-01,heat,DE,"{text}"\n')

    world.bring("external_signals", file, decimal=decimal)

    assert world.rows("SELECT value FROM external_signals") == ([] if value is None else [(value,)])


def test_dates_are_read_in_the_formats_a_person_names_in_their_order(world: ImportsWorld) -> None:
    file = world.file(
        "s.csv",
        "day,name,country,value\n03/04/2026,a,DE,1\n3. Apr 2026,b,DE,1\n2026-04-03,c,DE,1\n"
        "2026-04-03T00:00:00-0800,d,DE,1\n2026-04-03 10:00,e,DE,1\n",
    )

    world.bring("external_signals", file, formats=("%d/%m/%Y", "%d. %b %Y"))

    assert world.rows("SELECT DISTINCT day, COUNT(*) FROM external_signals GROUP BY 1") == [
        (date(2026, 4, 3), 4)
    ]
    assert world.rejected()[0][3].startswith("a moment within a day")


def test_a_row_without_its_key_says_nothing(world: ImportsWorld) -> None:
    file = world.file(
        "s.csv", "user_id,status,trial_start,started_at\nu1,active,,\n,active,2026-01-01,\n"
    )

    done = world.bring("fct_subscriptions", file)

    assert (done.counts.rejected, done.counts.inserted) == (2, 0)
    assert [row[1] for row in world.rejected()] == ["trial_start or started_at", "user_id"]


# Again, and differently.


def test_the_same_file_again_changes_nothing(world: ImportsWorld) -> None:
    file = world.file("c.csv", CAMPAIGNS)
    world.bring("dim_campaigns", file)

    again = world.bring("dim_campaigns", file)

    assert (again.counts.unchanged, again.counts.inserted, again.counts.updated) == (2, 0, 0)
    assert world.rows("SELECT COUNT(*) FROM dim_campaigns") == [(2,)]


def test_a_row_that_changed_is_updated_and_columns_that_are_not_given_stay(
    world: ImportsWorld,
) -> None:
    world.bring("dim_campaigns", world.file("c.csv", CAMPAIGNS))

    done = world.bring("dim_campaigns", world.file("d.csv", "key,budget\nspring,9\nautumn,200\n"))

    assert (done.counts.updated, done.counts.unchanged) == (1, 1)
    assert world.rows("SELECT budget, owner FROM dim_campaigns WHERE campaign_key = 'spring'") == [
        (9.0, "Growth")
    ]


def test_a_trial_that_becomes_a_subscription_stays_one_row(world: ImportsWorld) -> None:
    head = "user_id,status,trial_start,started_at\n"
    world.bring("fct_subscriptions", world.file("a.csv", head + "u1,trialing,2026-01-01,\n"))

    world.bring(
        "fct_subscriptions", world.file("b.csv", head + "u1,active,2026-01-01,2026-01-15\n")
    )

    assert world.rows("SELECT status FROM fct_subscriptions") == [("active",)]


def test_two_rows_of_one_key_are_one_if_they_say_the_same(world: ImportsWorld) -> None:
    file = world.file("c.csv", "key,budget\na,1\na,1.0\na,2\n")

    done = world.bring("dim_campaigns", file)

    assert (done.counts.inserted, done.counts.repeated, done.counts.rejected) == (1, 1, 1)
    assert world.rejected() == [["4", "", "", "row 2 has the same key and says something else"]]


def test_a_dry_run_says_what_would_happen_and_changes_nothing(world: ImportsWorld) -> None:
    done = world.bring("dim_campaigns", world.file("c.csv", CAMPAIGNS), dry_run=True)

    assert (done.counts.inserted, done.dry_run) == (2, True)
    assert world.rows("SELECT COUNT(*) FROM dim_campaigns") == [(0,)]


def test_rejected_rows_of_an_earlier_time_are_gone_once_nothing_is_rejected(
    world: ImportsWorld,
) -> None:
    world.bring("dim_campaigns", world.file("c.csv", "key,budget\na,x\n"))
    assert world.rejected_file.exists()

    assert (
        world.bring("dim_campaigns", world.file("c.csv", "key,budget\na,1\n")).rejected_file is None
    )
    assert not world.rejected_file.exists()


# Files as they come.


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marks_of_an_encoding_are_understood(world: ImportsWorld, encoding: str) -> None:
    content = "key,owner\nfrühling,Zoë 😀\n".encode(encoding)

    world.bring("dim_campaigns", world.file("c.csv", content))

    assert world.rows("SELECT campaign_key, owner FROM dim_campaigns") == [("frühling", "Zoë 😀")]


def test_text_that_is_not_utf_8_is_refused_until_somebody_says_what_it_is(
    world: ImportsWorld,
) -> None:
    file = world.file("c.csv", "key,owner\nfrühling,Zoë\n".encode("windows-1252"))

    assert "--encoding" in str(refused(world, "dim_campaigns", file).fix)
    assert world.bring("dim_campaigns", file, encoding="windows-1252").counts.inserted == 1
    assert refused(world, "dim_campaigns", file, encoding="klingon").code is Code.INVALID_ARGUMENT
    assert refused(world, "dim_campaigns", file, encoding="base64").code is Code.INVALID_ARGUMENT


def test_line_breaks_in_quotes_belong_to_the_value_and_rows_count_by_their_first_line(
    world: ImportsWorld,
) -> None:
    file = world.file(
        "c.csv", 'key,owner,budget\r\na,"two\nlines",1\r\nb,x,bad\r\nc,"say ""hi""",2\r\n'
    )

    world.bring("dim_campaigns", file)

    assert world.rows("SELECT owner FROM dim_campaigns ORDER BY campaign_key") == [
        ("two\nlines",),
        ('say "hi"',),
    ]
    assert world.rejected()[0][0] == "4"


def test_ragged_rows_are_rejected_and_never_shifted(world: ImportsWorld) -> None:
    file = world.file("c.csv", 'key,budget\na\nb,1,2\nc,3\n\nd,"4"x\ne,"5\n')

    done = world.bring("dim_campaigns", file)

    assert world.rows("SELECT campaign_key, budget FROM dim_campaigns") == [("c", 3.0)]
    assert (done.counts.rows, done.counts.rejected) == (5, 4)
    assert [(row[0], row[3][:11]) for row in world.rejected()] == [
        ("2", "the row has"), ("3", "the row has"), ("6", "the row is "), ("7", "a quote is "),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["a*b.csv", "a?.csv", "[ab].csv", "a b'c\".csv"])
def test_a_name_with_wildcards_means_that_one_file(world: ImportsWorld, name: str) -> None:
    world.file("ab.csv", "key\nwrong\n")

    world.bring("dim_campaigns", world.file(name, "key\nright\n"))

    assert world.rows("SELECT campaign_key FROM dim_campaigns") == [("right",)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.csv", b""),
        ("blank.csv", b"\n\n"),
        ("nulls.csv", b"\x00\xff\xfe\x00"),
        ("empty.ndjson", b""),
        ("list.ndjson", b"[1]\n2\n"),
        ("empty.parquet", b""),
        ("broken.parquet", b"PAR1 no PAR1"),
        ("what.xlsx", b"PK"),
    ],
)
def test_a_file_with_nothing_to_read_is_refused(
    world: ImportsWorld, name: str, content: bytes
) -> None:
    assert refused(world, "dim_campaigns", world.file(name, content)).code is Code.INVALID_FILE


@pytest.mark.parametrize("name", ["none.csv", "none.ndjson", "none.parquet", "."])
def test_a_file_that_is_not_there_is_refused(world: ImportsWorld, name: str) -> None:
    assert refused(world, "dim_campaigns", world.folder / name).code is Code.INVALID_FILE


def test_a_header_alone_is_an_import_of_no_rows(world: ImportsWorld) -> None:
    assert world.bring("dim_campaigns", world.file("c.csv", "key,budget\n")).counts.rows == 0


# Other kinds.


def test_objects_of_ndjson_are_rows_and_lines_that_are_none_are_rejected(
    world: ImportsWorld,
) -> None:
    file = world.file(
        "c.ndjson",
        '{"key": "a", "budget": 1}\n\n{"budget": "2", "key": "b", "more": {"x": 1}}\n{"key": 1\n'
        '[1]\n{"key": "c", "budget": "much"}\n{"key": "d", "budget": true}\n'
        '{"key": "\\ud800", "budget": 1}\n{"key": "e", "budget": null}\n',
    )

    done = world.bring("dim_campaigns", file)

    assert world.rows("SELECT campaign_key, budget FROM dim_campaigns ORDER BY 1") == [
        ("a", 1.0), ("b", 2.0), ("e", None),
    ]  # fmt: skip
    assert (done.counts.rows, done.counts.rejected, done.ignored) == (8, 5, ("more",))
    assert [row[0] for row in world.rejected()] == ["4", "5", "6", "7", "8"]


def test_typed_columns_of_parquet_are_read_with_their_own_moments(
    world: ImportsWorld, tmp_path: Path
) -> None:
    file = tmp_path / "t[1]*.parquet"
    with duckdb.connect() as other:
        other.execute("SET TimeZone = 'Asia/Tokyo'")
        other.execute(
            """
            CREATE TABLE t AS SELECT 7 AS id, 'u1' AS user_id, 4.0 AS csat, ['a', 'b'] AS reason,
                TIMESTAMPTZ '2026-03-04 10:00:00+02' AS created_at
            UNION ALL SELECT NULL, 'u2', 5, [], TIMESTAMPTZ '2026-03-04 10:00:00+02'
            """
        )
        other.execute(f"COPY t TO '{tmp_path}/plain.parquet'")
        other.execute(f"COPY (FROM t LIMIT 0) TO '{tmp_path}/none.parquet'")
    (tmp_path / "plain.parquet").rename(file)

    done = world.bring("fct_support", file)

    assert world.rows(SUPPORT) == [("7", "u1", '["a","b"]', datetime(2026, 3, 4, 8), 4)]
    assert (done.counts.rejected, world.rejected()[0][0]) == (1, "2")
    assert world.bring("fct_support", tmp_path / "none.parquet").counts.rows == 0
