"""The Experiments and Outcomes pages: what everybody is told, in which order, and when not."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime

import pytest
from streamlit.testing.v1 import AppTest

from control import requests
from core.artifacts import SqlText
from core.evaluations import Evaluation, Measured
from measure.experiments.readout import (
    Adjusted,
    ArmRow,
    Bayes,
    Check,
    Comparison,
    Estimate,
    ExperimentReadout,
    GuardRow,
    MetricRow,
    NoveltyPoint,
    SeriesPoint,
    SplitCell,
)
from measure.outcomes.result import Attribution, Campaign, Credit, Figure, Interval, Outcomes
from tests.ui.conftest import existing, shown
from tests.ui.decided_console import Look
from ui.console.view import experiment as words
from ui.console.view import outcome
from ui.console.view.band import band
from ui.console.view.text import points
from ui.workspace import Workspace

EXPERIMENTS, OUTCOMES = "experiments.py", "outcomes.py"
EVERYBODY = ("mara@demo", "ana@demo", "pavel@demo", "ada@demo")
WARM_CPU_SECONDS = 0.15
HOSTILE = "<b>![x](https://evil/x)</b> :red-badge[Live]"
LIFT = Estimate(value=0.02, low=0.005, high=0.035)


def _said(page: AppTest) -> str:
    return shown(page).replace("\\", "")


def _comparison(**more: object) -> Comparison:
    told = {"arm": "treated", "users": 900, "control_users": 100, "mean": 0.12}
    told |= {"control_mean": 0.1, "withheld": None, "effect": LIFT, "verdict": "better"}
    told |= {"relative": Estimate(value=0.2, low=0.05, high=0.35), "p_adjusted": 0.01}
    return Comparison.model_validate(told | more)


def _metric(**more: object) -> MetricRow:
    told = {"key": "goal", "name": "Goal", "kind": "reached", "better": "up", "primary": True}
    return MetricRow.model_validate(told | {"comparisons": (_comparison(),), "sql": "q1"} | more)


def _arm(key: str, users: int, **more: object) -> ArmRow:
    told = {"key": key, "name": key, "control": key == "held_out", "planned_share": 0.5}
    told |= {"users": users, "expected": 500.0, "applied": 0, "reached_goal": None}
    return ArmRow.model_validate(told | more)


def _readout(**more: object) -> ExperimentReadout:
    told = {
        "kind": "experiment", "key": "new_paywall", "name": "New paywall",
        "as_of": datetime(2026, 6, 29), "since": datetime(2026, 6, 1), "until": None,
        "horizon_days": 7, "planned_units": 5_000, "planned_date_reached": False,
        "control": "held_out", "goal_event": None, "contaminated": 0,
        "arms": (_arm("held_out", 100), _arm("treated", 900)), "triggered_users": 1_000,
        "total_users": 2_000, "trigger_rate": 0.5, "split": (), "withheld": None,
        "checks": (Check(name="split", outcome="passed", p=0.4, sentence="Filled as planned."),),
        "metrics": (_metric(),), "guards": (), "series": (), "novelty": (),
        "novelty_sentence": None, "actions": (), "statements": ("Lift: +2.0 points.",),
        "queries": (SqlText(id="q1", purpose="sums", dialect="duckdb", text="SELECT 1"),),
    }  # fmt: skip
    return ExperimentReadout.model_validate(told | more)


# Experiments


@pytest.mark.parametrize("email", EVERYBODY)
def test_everybody_sees_everything_with_a_control_group(look: Look, email: str) -> None:
    told = _said(look(EXPERIMENTS, email))

    assert "Global holdout" in told
    assert "took part" in told
    assert "Starter journey" in told


def test_a_read_out_asks_first_whether_the_sides_may_be_compared(look: Look) -> None:
    page = look(EXPERIMENTS, "mara@demo", policy="starter_journey")

    headings = [header.value for header in page.header]
    fair = headings.index("Is it a fair comparison?")
    assert fair < headings.index("What it changed")
    assert "Stop or go on?" in _said(page)
    assert page.expander[-1].label.startswith("SQL")


def test_an_address_without_a_control_group_is_named_and_obeys_nothing(look: Look) -> None:
    page = look(EXPERIMENTS, "ana@demo", experiment=HOSTILE)

    assert "has a control group here" in _said(page)
    assert "![x](https" not in shown(page)


def test_a_warm_click_on_a_read_out_is_cheap(look: Look) -> None:
    page = look(EXPERIMENTS, "ana@demo", policy="starter_journey")

    assert _warm(page) < WARM_CPU_SECONDS


def test_a_failed_check_stands_above_any_lift() -> None:
    check = Check(name="split", outcome="failed", p=1e-9, sentence="The arms do not match.")
    readout = _readout(checks=(check,), withheld=check.sentence)

    assert words.verdict(readout) == words.FAILED
    assert words.stopping(readout)[0].startswith("Stop and repair it")


@pytest.mark.parametrize(
    ("verdict", "said"),
    [("better", "may end now"), ("worse", "does harm"), ("unclear", "Let it go on")],
)
def test_whether_to_stop_follows_from_what_was_found(verdict: str, said: str) -> None:
    row = _metric(comparisons=(_comparison(verdict=verdict),))

    told = words.stopping(_readout(metrics=(row,)))

    assert said in told[0]
    assert "4,000 are still to come" in told[-1]


def test_a_guard_that_got_worse_stops_even_a_lift() -> None:
    told = {"key": "tickets", "name": "Support tickets", "arm": "treated", "rate": 0.3}
    told |= {"control_rate": 0.1, "worse_by_at_least": 0.1, "p": 0.001, "harmed": True}
    guard = GuardRow.model_validate(told | {"sentence": "Tickets got worse.", "sql": "q1"})

    readout = _readout(guards=(guard,))

    assert words.guard_badge(guard).label == "Got worse"
    assert words.stopping(readout) == (
        "Stop it: Support tickets got worse, which must not.",
        words.stopping(readout)[-1],
    )


def test_metrics_stand_on_one_scale_and_those_without_a_number_say_why() -> None:
    down = _metric(key="tickets", name="Tickets", better="down", primary=False)
    none = _metric(key="x", name="Price", primary=False, comparisons=(
        _comparison(withheld="Nobody paid.", effect=None, relative=None, verdict="none"),
    ))  # fmt: skip
    readout = _readout(metrics=(_metric(), down, none))

    rows = existing(words.lifts(readout)).spec["data"]["values"]

    assert [(row["label"], row["ink"]) for row in rows] == [("Goal", "kept"), ("Tickets", "alarm")]
    assert words.withheld(readout) == ("Price: Nobody paid.",)


def test_an_effect_is_told_in_every_way_that_was_worked_out() -> None:
    cuped = Adjusted(effect=LIFT, p=0.01, variance_removed=0.3, balance_p=0.5, withheld=None)
    bayes = Bayes(chance_to_win=0.97, risk_of_choosing=0.001, risk_of_staying=0.02)
    one = _comparison(cuped=cuped, bayes=bayes, compliance=0.8, cace=LIFT, diluted=LIFT, fixed=LIFT)

    told = [*words.ways(_metric(), one)]

    assert [way.name for way in told] == [
        "Being assigned to it",
        "Being reached by it",
        "Over everybody",
        "Adjusted for what users did before",
        "At the planned end",
        "Chance that it is better",
    ]
    assert told[0].shown == "+2.0 pp (+0.5 pp to +3.5 pp)"
    assert "30% of the noise" in told[3].answers


def test_the_course_of_a_number_is_that_of_what_it_is_decided_by() -> None:
    series = tuple(
        SeriesPoint(metric=metric, arm="treated", day=date(2026, 6, day), users=9,
                    control_users=9, effect=effect, low=effect and -0.1, high=effect and 0.1)
        for metric in ("goal", "tickets")
        for day, effect in ((1, None), (2, 0.03), (3, 0.02))
    )  # fmt: skip

    found = words.points_of(_readout(series=series))

    assert [one.value for one in found] == [0.03, 0.02]
    assert band(found, "Goal", points).alt.startswith("Goal from 2 Jun to 3 Jun: at the end +2.0")


def test_novelty_and_odd_days_are_drawn_and_sentences_are_escaped() -> None:
    novelty = tuple(
        NoveltyPoint(arm="treated", from_day=day, to_day=day + 1, effect=0.02, low=0.01, high=0.03)
        for day in range(2)
    )
    cell = SplitCell(by="day", value="2026-06-03", users={"treated": 9}, p=1e-9, failed=True)
    series = tuple(
        SeriesPoint(metric="goal", arm="treated", day=date(2026, 6, day), users=9,
                    control_users=9, effect=0.02, low=0.0, high=0.1)
        for day in (1, 2)
    )  # fmt: skip
    readout = _readout(novelty=novelty, split=(cell,), series=series, statements=(HOSTILE,))

    page = _drawn(_a_read_out, readout)

    told = _said(page)
    assert "Does it wear off?" in told
    assert "Where the split is off (1)" in told
    assert "![x](https" not in shown(page)


# Outcomes


@pytest.mark.parametrize("email", EVERYBODY)
def test_everybody_sees_every_figure_with_its_meaning_or_why_there_is_none(
    look: Look, email: str
) -> None:
    page = look(OUTCOMES, email)

    told = _said(page)
    for part in ("Customers and revenue", "How it is governed", "How it runs", "Conversion"):
        assert part in told
    assert "Share of the users who opened the app" in told
    assert "No number" in told
    assert "Whose conversions are they?" in told
    assert "Nothing has been live for a week yet" in told


def test_a_warm_click_on_outcomes_is_cheap(look: Look) -> None:
    assert _warm(look(OUTCOMES, "ana@demo")) < WARM_CPU_SECONDS


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.034, "days", "49.0 minutes"),
        (3.0, "days", "3.0 days"),
        (0.25, "seconds", "0.2 seconds"),
        (0.041, "share", "4.1%"),
        (1_234.5, "currency", "1,234.50"),
        (None, "count", "–"),
    ],
)
def test_values_read_in_their_unit(value: float | None, unit: outcome.Unit, said: str) -> None:
    assert outcome.amount(value, unit) == said


def test_a_model_that_gives_too_much_credit_is_told_beside_the_holdout() -> None:
    credit = Credit(
        touchpoint="nudge by push", policy="nudge", channel="push", users=10,
        attributed={"last": 60.0}, incremental=20.0, interval=Interval(low=-5.0, high=45.0),
        gap={"last": 40.0},
    )  # fmt: skip
    found = Attribution(
        goal="subscription_started", span=("2026-06-01", "2026-06-08"), horizon_days=7, paths=1,
        users=10, converted=6, untouched=2, credits=(credit,), misplaced={"last": 0.4},
    )  # fmt: skip

    assert outcome.gap_words(credit, "last") == "40 too many"
    assert outcome.count_between(credit.incremental, credit.interval) == "20 (−5 to 45)"
    assert "40% of its credit" in outcome.misplaced_words(found)
    assert outcome.models_of(found) == ("last",)


def test_campaigns_stand_on_one_scale_under_the_names_of_their_rules() -> None:
    told: dict[str, object] = {
        "policy": "nudge",
        "name": "nudge",
        "goal": None,
        "treated": 900,
        "held_out": 100,
    }
    told |= {"uplift": 0.02, "interval": Interval(low=0.01, high=0.03), "verdict": "Lift: +2."}
    clear = Campaign.model_validate(told)
    hidden = Campaign.model_validate(told | {"uplift": None, "verdict": "No number: too few."})
    result = Outcomes(as_of="2026-06-29T00:00:00", weeks=8, figures=(), campaigns=(clear, hidden))

    rows = existing(outcome.campaigns_forest(result, {"nudge": "Upgrade nudge"}))

    assert [(row["label"], row["ink"]) for row in rows.spec["data"]["values"]] == [
        ("Upgrade nudge", "kept")
    ]
    assert [outcome.campaign_badge(one).label for one in (clear, hidden)] == ["Lift", "No number"]


def test_a_kind_of_figure_that_no_heading_names_is_shown_all_the_same() -> None:
    figure = Figure(key="k", kind="new_kind", name="N", meaning="M.", unit="count", as_of="x")
    result = Outcomes(as_of="2026-06-29T00:00:00", weeks=8, figures=(figure,))

    assert outcome.groups(result) == {outcome.OPERATION: [figure]}


def test_what_went_live_stands_beside_what_was_approved(decided_workspace: Workspace) -> None:
    number = Measured(what="people", approved=100.0, measured=300.0, holds=False)
    lift = Measured(what="lift", approved=None, measured=0.02, low=0.01, high=0.03)
    found = Evaluation(
        key="nudge", version=2, days=7, since="2026-06-01", until="2026-06-08",
        numbers=(number, lift), verdict="Not as approved: people.", filed_at="2026-06-08",
    )  # fmt: skip
    request = requests.list_all(decided_workspace.store)[0]

    page = _drawn(_a_look_back, request.model_copy(update={"evaluations": (found,)}))

    told = _said(page)
    assert "After 7 days, version 2: Not as approved: people." in told.replace("**", "")
    cells = [str(cell) for table in page.table for row in table.value.values for cell in row]
    assert any("Not as approved" in cell for cell in cells)
    assert "+2.0 pp (+1.0 pp to +3.0 pp)" in cells


def _drawn(script: Callable[[], None], what: object) -> AppTest:
    """A card alone, of something that the demo does not have."""
    page = AppTest.from_function(script, default_timeout=30)
    page.session_state["drawn"] = what
    page.run()
    assert not page.exception
    return page


def _a_read_out() -> None:
    import streamlit as st

    from ui.console.cards.experiment import readout_card

    readout_card("New paywall", st.session_state["drawn"], "once")


def _a_look_back() -> None:
    import streamlit as st

    from ui.console.cards.look_back import look_back_part

    look_back_part([st.session_state["drawn"]], "outcomes")


def _warm(page: AppTest) -> float:
    spent = []
    for _ in range(3):
        began = time.process_time()
        page.run()
        spent.append(time.process_time() - began)
    return min(spent)
