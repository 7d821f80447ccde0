"""Files as they come: encodings, quotes, ragged rows, and kinds other than CSV."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from core.errors import Code
from tests.warehouse.connect.imports_world import ImportsWorld, refused

SUPPORT = "SELECT ticket_id, user_id, ticket_reason, created_at, csat_score FROM fct_support"
CAMPAIGNS = """
Campaign ID,Objective,Daily Budget,currencyCode,Start Date,end_date,Campaign Owner
spring,Sign-ups,1500.50,EUR,2026-03-01,2026-04-01,Growth
autumn,Revenue,200,USD,2026-09-01,,Growth
""".lstrip()


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
