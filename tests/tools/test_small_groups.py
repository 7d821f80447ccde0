"""Numbers of few people: said to be few, whatever is asked, and not to be found by subtraction."""

from __future__ import annotations

from typing import Any

import pytest

from agent.question_words import answer_lines
from core.artifacts import Overlap, Preview, QueryAnswer, WaterfallStep
from core.questions import (
    Aggregate,
    Count,
    Dimension,
    MetricQuestion,
    MetricRate,
    Ratio,
    Rows,
    Stretch,
)
from core.settings import Settings
from tools.small_groups import WITHHELD, count_words, masked_rows, told_count
from ui.cli.rows_table import rows_table
from ui.console.view.answers import chart_of, single
from warehouse.catalog import load_catalog

CATALOG = load_catalog()
USERS = Count(rows=Rows(of="users"))
COUNTRY = Dimension(kind="user", name="country")
PLATFORM = Dimension(kind="user", name="device_os")
BY_COUNTRY = MetricQuestion(measure=USERS, by=(COUNTRY,))


def told(question: MetricQuestion, *rows: tuple[Any, ...], least: int = 5) -> list[Any]:
    return [*masked_rows(question, rows, least).rows]


def preview(users: int, of: int = 100, **more: Any) -> Preview:
    sizes = {"population_size": of, "audience_size": users, "reachable_size": users}
    return Preview.model_validate({"population": "users", "as_of": "2026-06-29"} | sizes | more)


# How many users meet a condition.


@pytest.mark.parametrize(
    ("users", "of", "shown"),
    [
        (0, 100, (0, 100)),
        (1, 100, ("<5", 100)),
        (4, 100, ("<5", 100)),
        (5, 100, (5, 100)),
        (95, 100, (95, 100)),
        (96, 100, (">95", 100)),
        (100, 100, (100, 100)),
        (2, 3, ("<5", "<5")),
        (0, 3, ("<5", "<5")),
    ],
)
def test_a_number_of_few_users_is_not_told_and_nor_is_that_of_all_but_few(
    users: int, of: int, shown: tuple[object, object]
) -> None:
    found = told_count(preview(users, of), 5)

    assert (found.users, found.of) == shown


def test_a_masked_number_is_said_in_words() -> None:
    assert count_words("<5", 1_900) == "**Fewer than 5** of 1,900 users meet this"
    assert count_words(">1895", 1_900) == "**All but fewer than 5** of 1,900 users meet this"
    assert count_words("<5", "<5") == "**Fewer than 5** users meet this"
    assert count_words(120, 1_900) == "**120** of 1,900 users meet this"


def test_a_masked_number_takes_its_waterfall_with_it() -> None:
    assert told_count(preview(3), 5).preview is None


def test_steps_and_overlaps_that_tell_of_few_are_not_shown_beside_a_number_of_many() -> None:
    steps = {"waterfall": [WaterfallStep(clause="on iOS", remaining=98)]}
    overlap = {"overlap": [Overlap(key="nudge", users=1, share=0.02)]}

    assert told_count(preview(50, **steps), 5).preview is None
    assert told_count(preview(50, **overlap), 5).preview is None
    assert told_count(preview(50), 5) == (50, 100, preview(50), ())


@pytest.mark.parametrize("least", [0, 1])
def test_a_workspace_may_tell_every_number(least: int) -> None:
    assert told_count(preview(1), least) == (1, 100, preview(1), ())
    assert told(BY_COUNTRY, ("DE", 1), least=least) == [("DE", 1)]


def test_five_is_the_smallest_number_unless_a_workspace_says_otherwise() -> None:
    assert Settings.model_fields["smallest_group"].default == 5


# Numbers of a question.


def test_one_number_of_few_users_is_masked() -> None:
    assert told(MetricQuestion(measure=USERS), (1,)) == [("<5",)]
    assert told(MetricQuestion(measure=USERS), (0,)) == [(0,)]


def test_the_smallest_other_group_is_withheld_beside_a_single_masked_one() -> None:
    found = masked_rows(BY_COUNTRY, [("US", 50), ("FR", 9), ("DE", 7), ("AT", 2)], 5)

    assert [*found.rows] == [("US", 50), ("FR", 9), ("AT", "<5"), ("DE", WITHHELD)]
    assert "subtraction" in found.notes[1]


def test_two_masked_groups_cover_each_other() -> None:
    found = masked_rows(BY_COUNTRY, [("US", 50), ("DE", 3), ("AT", 2)], 5)

    assert [*found.rows] == [("US", 50), ("AT", "<5"), ("DE", "<5")]
    assert len(found.notes) == 1


def test_of_two_groups_no_line_withholds_a_single_number() -> None:
    question = MetricQuestion(measure=USERS, by=(COUNTRY, PLATFORM))
    pairs = [(of, on) for of in ("DE", "FR", "US") for on in ("ios", "web", "tv")]
    rows = [(*pair, 20 + n if n else 2) for n, pair in enumerate(pairs)]

    shown = told(question, *rows)

    for place in (0, 1):
        for value in {row[place] for row in rows}:
            hidden = [row for row in shown if row[place] == value and isinstance(row[2], str)]
            assert len(hidden) != 1
    assert sum(isinstance(row[2], int) for row in shown) == 5


def test_a_change_from_or_to_few_users_is_withheld() -> None:
    now, before = Stretch(words="now", end="2026-06-29"), Stretch(words="then", end="2026-06-22")
    question = MetricQuestion(measure=USERS, period=now, before=before)

    (row,) = told(question, (9, 2, 7, 3.5))

    assert row == (9, "<5", WITHHELD, WITHHELD)
    assert "**9** (now) against fewer than 5 (then): withheld." in sentence(question, row)


def test_an_average_over_few_users_is_withheld() -> None:
    question = MetricQuestion(
        measure=Aggregate(function="avg", column="lifetime_value", rows=Rows(of="users")),
        by=(COUNTRY,),
    )

    rows = told(question, ("US", 12.5, 40), ("FR", 11.0, 30), ("DE", 9.0, 20), ("AT", 99.0, 1))

    assert rows == [("US", 12.5), ("FR", 11.0), ("AT", WITHHELD), ("DE", WITHHELD)]


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (40, 100, (40, 100, 0.4)),
        (3, 100, ("<5", 100, WITHHELD)),
        (98, 100, (WITHHELD, 100, WITHHELD)),
        (2, 4, ("<5", "<5", WITHHELD)),
    ],
)
def test_a_rate_that_would_tell_of_few_is_withheld(
    part: int, whole: int, shown: tuple[object, ...]
) -> None:
    question = MetricQuestion(measure=MetricRate(metric="conversion"))

    assert told(question, (part, whole, part / whole, whole, part)) == [shown]


def test_a_share_of_rows_is_withheld_where_few_users_have_them() -> None:
    tickets = Count(rows=Rows(of="entity", name="ticket"))
    question = MetricQuestion(measure=Ratio(part=tickets, whole=tickets))

    assert told(question, (3, 60, 0.05, 40)) == [(3, 60, 0.05)]
    assert told(question, (3, 60, 0.05, 2)) == [(WITHHELD, 60, WITHHELD)]


def test_rows_are_no_people_and_are_counted_as_they_are() -> None:
    opened = Count(rows=Rows(of="event", name="app_opened"))

    assert told(MetricQuestion(measure=opened), (2,)) == [(2,)]


def test_the_place_of_a_masked_group_does_not_tell_its_number() -> None:
    rows = [("US", 50), ("FR", 9), ("DE", 7), ("ZA", 3), ("AT", 2)]

    for order in (rows, rows[::-1]):
        shown = [row[0] for row in told(BY_COUNTRY, *order)]
        assert shown[-2:] == ["AT", "ZA"]


# How it reads.


def sentence(question: MetricQuestion, *rows: tuple[Any, ...]) -> str:
    return "\n".join(answer_lines(question, rows, CATALOG))


def test_the_sentence_says_that_they_are_few() -> None:
    assert sentence(MetricQuestion(measure=USERS), ("<5",)) == "**Fewer than 5** users."
    assert "DE withheld, AT fewer than 5" in sentence(
        BY_COUNTRY, ("US", 50), ("DE", WITHHELD), ("AT", "<5")
    )


def test_a_withheld_rate_is_said_with_what_may_be_said_of_it() -> None:
    question = MetricQuestion(measure=MetricRate(metric="conversion"))

    text = sentence(question, ("<5", 100, WITHHELD))
    assert text == "Conversion: **withheld** (fewer than 5 of 100)."


def test_a_trend_tells_the_days_that_may_be_told() -> None:
    question = MetricQuestion(measure=USERS, by=(Dimension(kind="time", grain="day"),))

    text = sentence(question, ("2026-06-01", 50), ("2026-06-02", "<5"), ("2026-06-03", 40))
    assert "highest 50 (2026-06-01), lowest 40 (2026-06-03)" in text
    assert "could be told" in sentence(question, ("2026-06-01", "<5"), ("2026-06-02", "<5"))


def answer(*rows: tuple[Any, ...], **chart: str) -> QueryAnswer:
    return QueryAnswer(question="?", columns=("country", "users"), rows=rows, chart=chart)


def test_a_chart_leaves_masked_groups_out() -> None:
    rows = (("US", 50), ("FR", 9), ("DE", WITHHELD), ("AT", "<5"))
    bars = chart_of(answer(*rows, type="bar", x="country", y="users", format="number"))
    line = chart_of(answer(*rows, type="line", x="country", y="users", format="number"))

    assert bars is not None
    assert bars.alt == "Users: US 50, FR 9."
    assert line is not None
    assert "<5" not in line.alt


def test_a_number_shown_large_is_masked_as_well() -> None:
    one = QueryAnswer(
        question="?",
        columns=("users",),
        rows=(("<5",),),
        chart={"type": "number", "y": "users", "format": "number"},
    )

    assert single(one) == ("Users", "<5", None)


def test_the_terminal_keeps_masked_numbers_in_line() -> None:
    table = rows_table(answer(("US", 1_050), ("AT", "<5")))

    assert table.splitlines()[1:] == ["US       1,050", "AT          <5"]
