"""Words, numbers, diffs and charts that the pages show: worked out without a page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.artifacts import WaterfallStep
from core.policies import risk
from core.rules import Holdout
from tests.ui import answers
from ui.console.view import charts, forest
from ui.console.view.comparison import exposure_pairs, step_labels, step_pairs
from ui.console.view.diff import plain_rows
from ui.console.view.drawing import Chart, Ink
from ui.console.view.impact import checks, passed_count, sentences
from ui.console.view.text import ago, listing, percent, plain, points, rich, title
from warehouse.catalog import load_catalog
from warehouse.wording import duration

NOW = datetime(2026, 11, 22, 12, 0)
CHARTS = (
    charts.waterfall("all users", 100, answers.RULE_PREVIEW.waterfall),
    charts.winners(answers.DECISION.preview.winners if answers.DECISION.preview else (), {}),
    charts.funnel("iOS", step_pairs(answers.REPORT, "iOS")),
    forest.steps_forest(answers.REPORT.deltas),
)


# Text


@pytest.mark.parametrize(
    "hostile",
    [
        "<b>bold</b>",
        "![image](https://elsewhere/x.png)",
        "[link](javascript:alert(1))",
        ":red-badge[Live]",
        ":material/check:",
        "**strong** _soft_ `code`",
        "www.elsewhere.example",
        "$x^2$ and # heading",
        "1. list",
    ],
)
def test_plain_text_keeps_every_mark_from_working(hostile: str) -> None:
    shown = plain(hostile)

    assert all(shown[place - 1] == "\\" for place in _marks(shown))


def _marks(shown: str) -> Iterator[int]:
    marks = "<>![]()*_`$#:."
    return (
        place
        for place, letter in enumerate(shown)
        if letter in marks and not (place and shown[place - 1].isalnum() and letter == "_")
    )


def test_an_answer_keeps_its_emphasis_and_loses_what_loads_or_disguises() -> None:
    said = rich("**3,412 people** ![x](https://elsewhere/x) :green-badge[Live] `a:b`\n## Done")

    assert said.startswith("**3,412 people**")
    assert "![" not in said
    assert ":green-badge[" not in said
    assert "`a:b`" in said
    assert "**Done**" in said


@pytest.mark.parametrize(
    ("earlier", "said"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=12), "12 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(days=1, hours=3), "yesterday"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(minutes=-5), "just now"),
    ],
)
def test_a_moment_is_told_as_people_tell_it(earlier: timedelta, said: str) -> None:
    assert ago(NOW, NOW - earlier) == said


def test_numbers_read_as_people_write_them() -> None:
    assert (percent(0.041), percent(None), points(-0.154)) == ("4.1%", "–", "−15.4 pp")
    assert (duration(604_800), duration(3_600)) == ("7 days", "1 hour")
    assert listing(["a", "b", "c"]) == "a, b and c"
    assert title("upgrade_nudge") == "Upgrade nudge"


# What changes


def test_a_new_rule_is_all_additions() -> None:
    rows = plain_rows(None, answers.RULE, load_catalog())

    assert {row.change for row in rows} == {"Added"}
    assert "Workout completed" in [row.what for row in rows]


def test_a_changed_rule_names_what_differs_first() -> None:
    wider = answers.RULE.model_copy(update={"holdout": Holdout(share=0.2, salt="upgrade_nudge")})

    rows = plain_rows(answers.RULE, wider, load_catalog())

    assert rows[0]._asdict() == {
        "change": "Changed",
        "what": "Held out to measure lift",
        "live": "10%",
        "proposed": "20%",
    }
    assert {row.change for row in rows[1:]} == {"Same"}


def test_a_policy_is_told_entry_by_entry() -> None:
    rows = {row.what: row.proposed for row in plain_rows(None, answers.POLICY, load_catalog())}

    assert rows["Second workout help: place"] == "tier 1"
    assert "Upgrade nudge: held back" in rows


def test_the_effect_on_people_comes_with_its_numbers() -> None:
    said = " ".join(sentences(answers.RULE, answers.RULE_PREVIEW, is_new=True))

    assert "**3,412 people** become eligible" in said
    assert "**10%** of them, about 341" in said
    assert "**611** of them (17.9%)" in said


def test_every_guardrail_is_listed_and_the_failing_one_comes_first() -> None:
    rows = checks(answers.FINDINGS)

    assert rows[0].finding == answers.FINDINGS[0]
    assert passed_count(answers.FINDINGS) == passed_count(()) - 1
    assert risk(answers.FINDINGS, answers.RULE_PREVIEW) == "medium"
    assert risk((), answers.RULE_PREVIEW) == "low"


# Reports


def test_earlier_weeks_are_counted_together() -> None:
    checkout = step_pairs(answers.REPORT, "iOS")[2]

    assert checkout.label == "Checkout started"
    assert checkout.before
    assert checkout.now
    assert (checkout.before.rate, checkout.now.rate) == (0.53, 0.21)


def test_the_step_that_skips_the_others_is_the_whole_way() -> None:
    labels = step_labels(["a → b", "b → c", "a → c"])

    assert list(labels.values()) == ["B", "C", "The whole way"]


def test_exposure_sets_an_average_earlier_period_beside_the_current_one() -> None:
    pair = exposure_pairs(answers.REPORT)[0]

    assert pair.periods == 1
    assert pair.before
    assert pair.now
    assert (pair.before.delivered, pair.now.delivered) == (588, 577)


# Charts


@pytest.mark.parametrize("chart", CHARTS)
def test_every_chart_says_its_takeaway(chart: Chart) -> None:
    assert chart.alt.endswith(".")
    assert any(letter.isdigit() for letter in chart.alt)


@pytest.mark.parametrize("chart", CHARTS)
def test_no_layer_of_a_chart_has_an_axis(chart: Chart) -> None:
    """A layer with an axis beside one without leaves the browser a blank box."""
    for layer in chart.spec["layer"]:
        for channel in ("x", "y"):
            position: dict[str, Any] = layer["encoding"].get(channel, {})
            assert "value" in position or position.get("axis") is None


@pytest.mark.parametrize("chart", CHARTS)
def test_every_mark_takes_its_colour_from_the_theme(chart: Chart) -> None:
    inks = [ink.value for ink in Ink]
    for layer in chart.spec["layer"]:
        assert layer["encoding"]["color"]["scale"] == {"domain": inks}


def test_two_clauses_with_the_same_words_stay_two_bars() -> None:
    twice = (WaterfallStep(clause="same", remaining=9), WaterfallStep(clause="same", remaining=7))

    rows = charts.waterfall("all users", 10, twice).spec["data"]["values"]

    assert [row["inner"] for row in rows] == [10, 9, 7]
    assert len({row["row"] for row in rows}) == 3
