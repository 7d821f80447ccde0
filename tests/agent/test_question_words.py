"""The sentence that answers a question: every number of it is in the rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from agent.answer import unsupported_numbers
from agent.question_words import answer_lines, shown_cells
from core.questions import Count, Dimension, MetricQuestion, MetricRate, Ratio, Rows, Stretch
from warehouse.catalog import load_catalog

CATALOG = load_catalog()
OPENS = Count(rows=Rows(of="event", name="app_opened"))
COUNTRY = Dimension(kind="user", name="country")
NOW = Stretch(words="this week", start=datetime(2026, 6, 22), end=datetime(2026, 6, 29))
BEFORE = Stretch(words="last week", start=datetime(2026, 6, 15), end=datetime(2026, 6, 22))


def told(question: MetricQuestion, *rows: tuple[Any, ...]) -> str:
    """The answer, none of whose numbers may come from anywhere but the rows and the question."""
    text = "\n".join(answer_lines(question, rows, CATALOG))
    known = [question.model_dump(mode="json"), rows, shown_cells(question, rows)]
    assert unsupported_numbers(text, known) == []
    return text


def test_a_number_stands_first() -> None:
    assert told(MetricQuestion(measure=OPENS), (1234,)) == "**1,234** 'app opened' events."


def test_groups_are_told_from_the_highest_on() -> None:
    question = MetricQuestion(measure=OPENS, by=(COUNTRY,))

    assert "highest first: **US 12**, then GB 7" in told(question, ("US", 12), ("GB", 7))


def test_a_group_without_a_name_is_called_unknown() -> None:
    text = told(MetricQuestion(measure=OPENS, by=(COUNTRY,)), (None, 12), ("GB", 7))

    assert "**unknown 12**" in text
    assert "'unknown': the country is not known." in text


def test_a_comparison_tells_both_periods_and_the_change() -> None:
    question = MetricQuestion(measure=OPENS, period=NOW, before=BEFORE)

    text = told(question, (9554, 9027, 527, 527 / 9027))
    assert "**9,554** (this week) against 9,027 (last week): +527, +5.8 %." in text


def test_a_rate_is_told_with_what_it_is_of() -> None:
    question = MetricQuestion(measure=MetricRate(metric="conversion"))

    assert told(question, (41, 1700, 41 / 1700)) == "Conversion: **2.4 %** (41 of 1,700)."


def test_no_rows_are_said_plainly() -> None:
    question = MetricQuestion(measure=OPENS, by=(COUNTRY,), period=NOW)

    assert told(question) == "Nothing was found: no 'app opened' events, this week."


def test_a_division_by_nothing_is_said_plainly() -> None:
    rows = Rows(of="entity", name="message")
    question = MetricQuestion(measure=Ratio(part=Count(rows=rows), whole=Count(rows=rows)))

    assert "Nothing was found" in told(question, (0, 0, None))
    grouped = question.model_copy(update={"by": (COUNTRY,)})
    assert "nothing to divide by" in told(grouped, ("DE", 0, 0, None), ("FR", 1, 2, 0.5))
