"""An analyst's answer on the console and in a terminal: numbers, bars, lines and a table."""

from __future__ import annotations

from typing import Any

from core.artifacts import QueryAnswer
from ui.cli.rows_table import MOST, rows_table
from ui.console.view.answers import MOST_BARS, cell, chart_of, single


def answer(columns: str, *rows: tuple[Any, ...], **chart: str) -> QueryAnswer:
    return QueryAnswer(question="?", columns=tuple(columns.split()), rows=rows, chart=chart or None)


def test_one_number_is_shown_large_with_what_it_was_before() -> None:
    one = answer("users users_before", (11, 6), type="number", y="users", before="users_before",
                 format="number")  # fmt: skip

    assert single(one) == ("Users", "11", "6 before")


def test_groups_are_bars_that_are_told_to_whoever_cannot_see_them() -> None:
    bars = chart_of(
        answer("country share", ("DE", 0.5), (None, 0.25), type="bar", x="country", y="share",
               format="percent")
    )  # fmt: skip

    assert bars is not None
    assert bars.alt == "Share: DE 50.0%, unknown 25.0%."


def test_more_bars_than_can_be_read_are_left_to_the_table() -> None:
    rows = [(f"g{n}", n) for n in range(50)]
    bars = chart_of(answer("name n", *rows, type="bar", x="name", y="n", format="number"))

    assert bars is not None
    assert len(bars.spec["data"]["values"]) == MOST_BARS


def test_times_are_lines_with_one_for_each_group() -> None:
    rows = [(f"2026-06-0{day}", os, day) for day in (1, 2, 3) for os in ("ios", "web")]
    drawn = chart_of(
        answer("day os n", *rows, type="line", x="day", y="n", series="os", format="number")
    )

    assert drawn is not None
    assert drawn.alt == "N from 2026-06-01 to 2026-06-03, at the end: ios 3; web 3."


def test_a_group_keeps_its_letters_and_a_moment_reads_as_people_write_it() -> None:
    assert cell("AT", "country") == "AT"
    assert cell("2026-06-01T00:00:00", "day") == "2026-06-01"
    assert cell("2026-06-01T13:00:00", "hour") == "2026-06-01 13:00"


def test_a_single_moment_is_no_line() -> None:
    drawn = chart_of(answer("day n", ("2026-06-01", 4), type="line", x="day", y="n",
                            format="number"))  # fmt: skip

    assert drawn is None


def test_the_terminal_prints_columns_and_says_how_many_rows_it_leaves_out() -> None:
    text = rows_table(answer("day n", *((f"2026-01-{n:02}", n * 1000) for n in range(1, 26))))

    assert text.splitlines()[:2] == ["day              n", "2026-01-01   1,000"]
    assert text.splitlines()[-1] == f"… and {25 - MOST} more rows: see --json"


def test_a_group_without_a_name_is_unknown_in_the_terminal() -> None:
    assert rows_table(answer("country n", (None, 3), ("DE", None))).splitlines() == [
        "country  n",
        "unknown  3",
        "DE       –",
    ]
