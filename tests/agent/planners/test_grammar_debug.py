"""Why a metric moved: which metric, which side of a comparison, which days, over any catalog."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import pytest

from agent.planners.grammar import GrammarPlanner
from agent.planners.port import DebugQuestion, Plan, PlanRequest
from warehouse.catalog import Catalog, load_catalog

THURSDAY = datetime(2026, 5, 14)


def bookings() -> Catalog:
    """Two metrics that share a step, and other columns, values and events than the demo's."""
    base = load_catalog().model_dump()
    column = {"type": "string", "description": "-"}
    base["events"] = {
        name: {"description": "-", "phrases": phrases}
        for name, phrases in {
            "room_searched": ["search for a room", "room search"],
            "room_booked": ["book a room", "booking"],
            "review_left": ["leave a review"],
            "dinner_eaten": ["eat dinner"],
        }.items()
    }
    base["funnels"] = {
        name: {"description": "-", "steps": ["room_searched", goal], "window_seconds": 86_400}
        for name, goal in {"stay": "room_booked", "praise": "review_left"}.items()
    }
    base["metrics"] = {
        "booking_rate": {
            "description": "Share of guests who searched for a room and booked it within a day.",
            "phrases": ["bookings"], "kind": "funnel", "funnel": "stay",
        },
        "review_rate": {
            "description": "-", "phrases": ["reviews"], "kind": "funnel", "funnel": "praise",
        },
    }  # fmt: skip
    base["tables"]["dim_users"]["columns"] = {
        "user_id": column,
        "email": column,
        "wing": {**column, "phrases": ["wing"], "values": {"north": ["north"], "sea": ["sea"]}},
        "tier": {**column, "values": {str(n): [f"tier {n}"] for n in range(1, 7)}},
    }
    base["layout"]["users"] |= {"dimensions": (), "country": None}
    base["audiences"], base["actions"], base["traits"], base["entities"] = {}, {}, {}, {}
    base["outcomes"], base["readout_metrics"] = {}, {}
    for section in ("phrases", "eligibility", "assumptions", "stop"):
        base[f"action_{section}"] = {}
    return Catalog.model_validate(base)


@cache
def planner() -> GrammarPlanner:
    return GrammarPlanner(bookings())


def planned(prompt: str) -> Plan:
    return planner().plan(PlanRequest(prompt=prompt, as_of=THURSDAY))


def read(prompt: str) -> DebugQuestion:
    plan = planned(prompt)
    assert isinstance(plan.draft, DebugQuestion), plan
    return plan.draft


def sides(prompt: str) -> tuple[str | None, str | None]:
    draft = read(prompt)
    return draft.segment and draft.segment.value, draft.control and draft.control.value


def days(prompt: str) -> tuple[str, str]:
    draft = read(prompt)
    return f"{draft.start:%m-%d}", f"{draft.end:%m-%d}"


@pytest.mark.parametrize(
    ("words", "metric"),
    [
        ("bookings drop", "booking_rate"),
        ("the booking rate drop", "booking_rate"),
        ("the share of guests who searched for a room and booked it within a day drop",
         "booking_rate"),
        ("fewer users book a room", "booking_rate"),
        ("users leave fewer reviews", "review_rate"),
        ("room searches turn into fewer bookings", None),
    ],
)  # fmt: skip
def test_a_metric_is_meant_by_name_phrase_description_or_a_step_of_its_own(
    words: str, metric: str | None
):
    draft = planned(f"Why did {words} this week?").draft

    assert (draft.metric if isinstance(draft, DebugQuestion) else None) == metric


def test_a_step_of_two_metrics_is_asked_back_with_both_as_choices():
    plan = planned("Why did fewer users search for a room this week?")

    assert plan.draft is None
    assert [choice.label for choice in plan.choices] == ["booking rate", "review rate"]
    metrics = [read(choice.prompt).metric for choice in plan.choices]
    assert metrics == ["booking_rate", "review_rate"]


def test_an_event_that_is_no_step_is_no_metric():
    assert "no step" in planned("Why did fewer users eat dinner this week?").questions[0]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Why did bookings drop in the north wing vs the sea wing?", ("north", "sea")),
        ("Compared with sea, why did north bookings drop?", ("north", "sea")),
        ("Unlike north, sea saw bookings fall. Why?", ("sea", "north")),
        ("Why did bookings drop on north but not on sea?", ("north", "sea")),
        ("Why did bookings fall on sea while north stayed flat?", ("sea", "north")),
        ("While north is fine, bookings fell on sea. Why?", ("sea", "north")),
        ("Why did bookings fall on north and rise on sea?", ("north", "sea")),
        ("Why did bookings drop on sea? Use north as the control.", ("sea", "north")),
        ("Why are bookings worse on sea than on the other wing?", ("sea", "north")),
        ("Is the booking rate on north lower than on sea?", ("north", "sea")),
        ("Why did bookings drop for wing = sea?", ("sea", "north")),
        ("Why did bookings drop for tier 3 users?", ("3", None)),
        ("Why did bookings drop?", (None, None)),
    ],
)
def test_the_side_that_moved_is_told_from_what_it_is_compared_with(
    prompt: str, expected: tuple[str | None, str | None]
):
    assert sides(prompt) == expected


@pytest.mark.parametrize(
    "prompt",
    [
        "Why did bookings drop on north and sea this week?",
        "Why did bookings drop for tier 3 users on sea?",
        "Why did bookings drop for tier 3 users compared with everyone else?",
        "Why did bookings drop outside the north wing?",
        "Why did bookings drop for users who left a review?",
        "Why did bookings drop for loyal users?",
        "Why did bookings drop except on sea?",
        "Why did bookings rise and fall this week?",
        "Why did bookings drop compared with?",
        "Why did bookings stay flat on sea?",
    ],
)
def test_what_a_diagnosis_cannot_look_at_is_asked_back(prompt: str):
    assert planned(prompt).draft is None


def test_two_values_that_nothing_compares_are_offered_as_two_sides():
    plan = planned("Why did bookings drop on north and sea this week?")

    assert "together" in plan.questions[0]
    assert [sides(one.prompt) for one in plan.choices] == [("north", "sea"), ("sea", "north")]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("this week", ("05-11", "05-14")), ("last week", ("05-04", "05-11")),
        ("yesterday", ("05-13", "05-14")), ("two days ago", ("05-12", "05-13")),
        ("on Tuesday", ("05-12", "05-13")), ("since Monday", ("05-11", "05-14")),
        ("since the 3rd", ("05-03", "05-14")), ("on the 20th", ("04-20", "04-21")),
        ("between the 3rd and the 6th of May", ("05-03", "05-07")),
        ("from April 28 to May 2", ("04-28", "05-03")), ("May 3-5", ("05-03", "05-06")),
        ("between 2026-05-01 and 2026-05-04", ("05-01", "05-05")),
        ("in April", ("04-01", "05-01")), ("in Q1", ("01-01", "04-01")),
        ("this quarter", ("04-01", "05-14")), ("month to date", ("05-01", "05-14")),
        ("week over week", ("05-07", "05-14")), ("over the weekend", ("05-09", "05-11")),
        ("in the week of May 6", ("05-04", "05-11")), ("over the last 10 days", ("05-04", "05-14")),
        ("in the first half of April", ("04-01", "04-16")),
        ("in the last week of April", ("04-24", "05-01")),
        ("in the 3 days before May 10", ("05-07", "05-10")),
        ("against last month", ("05-01", "05-14")), ("compared to last week", ("05-11", "05-14")),
        ("this month versus last month", ("05-01", "05-14")),
        ("vs the previous 10 days", ("05-04", "05-14")),
        ("from May 3 on", ("05-03", "05-14")), ("after May 3", ("05-04", "05-14")),
        ("since the start of the month", ("05-01", "05-14")), ("in H1", ("01-01", "05-14")),
    ],
)  # fmt: skip
def test_a_period_is_the_days_that_people_mean(said: str, expected: tuple[str, str]):
    assert days(f"Why did bookings drop {said}?") == expected


@pytest.mark.parametrize(
    "said",
    [
        "until May 3", "recently", "two weeks ago", "since the release", "on May 6 vs April 6",
        "this week vs the year before", "this week and in April",
    ],
)  # fmt: skip
def test_a_period_without_a_beginning_or_an_end_is_asked_back(said: str):
    assert planned(f"Why did bookings drop {said}?").draft is None


@pytest.mark.parametrize(
    ("said", "direction"),
    [
        ("fall off a cliff", "drop"), ("spike", "rise"), ("take a hit", "drop"),
        ("go through the roof", "rise"), ("go up", "rise"), ("change", "change"),
    ],
)  # fmt: skip
def test_it_fell_or_rose_in_many_words(said: str, direction: str):
    assert read(f"Why did bookings {said} this week?").direction == direction


def test_a_question_for_figures_is_not_a_diagnosis():
    for prompt in ("Which wing has the lowest booking rate?", "What is the best tier?"):
        assert not isinstance(planned(prompt).draft, DebugQuestion)


def test_on_a_monday_last_week_is_the_one_that_has_just_ended():
    def asked(said: str) -> tuple[datetime, datetime]:
        prompt = PlanRequest(prompt=f"Why did bookings drop {said}?", as_of=datetime(2026, 5, 11))
        draft = GrammarPlanner(bookings()).plan(prompt).draft
        assert isinstance(draft, DebugQuestion)
        return draft.start, draft.end

    ended = (datetime(2026, 5, 4), datetime(2026, 5, 11))

    assert asked("last week") == asked("this week") == asked("this week vs last week") == ended


@pytest.mark.parametrize(
    "prompt",
    [
        "Book tanked in the north last week, nothing changed at sea. Any clue why?",
        "Bookings in the north degraded last week while sea was spared. What gives?",
        "Bookings in the north slowed last week vs sea. Thanks, hope it is okay. Examine this.",
    ],
)
def test_what_fell_what_stayed_and_what_is_beside_the_point_are_told_apart(prompt: str):
    assert sides(prompt) == ("north", "sea")


@cache
def with_states() -> GrammarPlanner:
    """A value that is named as a verb of asking is: 'the States'."""
    named = bookings().model_dump()
    named["tables"]["dim_users"]["columns"]["wing"]["values"]["away"] = ["the States"]
    return GrammarPlanner(Catalog.model_validate(named))


@pytest.mark.parametrize(
    "verb",
    ["State", "Set out", "Determine", "Establish", "Outline", "Identify", "Clarify", "Detail",
     "Summarise", "Report", "Please state", "Could you state"],
)  # fmt: skip
@pytest.mark.parametrize(
    "asked", ["why bookings fell", "the likely causes of the fall in bookings"]
)
def test_a_verb_that_asks_is_no_value_of_a_column(verb: str, asked: str):
    def asked_of(where: str) -> str | None:
        prompt = f"{verb} {asked}{where} last week."
        draft = with_states().plan(PlanRequest(prompt=prompt, as_of=THURSDAY)).draft
        assert isinstance(draft, DebugQuestion)
        return draft.segment and draft.segment.value

    assert asked_of("") is None
    assert asked_of(" in the States") == "away"


@pytest.mark.parametrize(
    ("words", "direction"),
    [
        ("became lower", "drop"), ("got worse", "drop"), ("turned down", "drop"),
        ("grew noticeably worse", "drop"), ("became smaller", "drop"), ("got a bit better", "rise"),
        ("became higher", "rise"), ("turned up", "rise"), ("has become much weaker", "drop"),
    ],
)  # fmt: skip
def test_what_became_lower_or_got_better_moved(words: str, direction: str):
    draft = read(f"On sea the bookings {words} in the last 10 days. What is the reason?")

    assert draft.direction == direction
    assert draft.segment
    assert draft.segment.value == "sea"
