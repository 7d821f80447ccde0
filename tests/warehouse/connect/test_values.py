"""Values of files: checked against what the column holds, and rejected with the reason."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from tests.warehouse.connect.imports_world import ImportsWorld

SUPPORT = "SELECT ticket_id, user_id, ticket_reason, created_at, csat_score FROM fct_support"
CAMPAIGNS = """
Campaign ID,Objective,Daily Budget,currencyCode,Start Date,end_date,Campaign Owner
spring,Sign-ups,1500.50,EUR,2026-03-01,2026-04-01,Growth
autumn,Revenue,200,USD,2026-09-01,,Growth
""".lstrip()


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
