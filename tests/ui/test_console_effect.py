"""The effect of a proposal, as an approver reads it on the card and on the command line."""

from __future__ import annotations

import re

import pytest

from control.suspensions import suspend
from core.artifacts import Preview
from core.effects import (
    OTHERS,
    Against,
    Breakdown,
    Cell,
    Contamination,
    Cost,
    Day,
    Displaced,
    Effect,
    Everything,
    Move,
    Pressure,
    RunningTest,
    Sampled,
    Traffic,
)
from core.lifecycle import Suspended
from orchestrate import change_requests
from tests.ui import answers
from tests.ui.conftest import Visit, shown
from ui.cli.effect_words import finding_lines, rule_effect_lines
from ui.console.desk import Desk
from ui.console.view import charts
from ui.console.view import effect as words
from ui.console.view.ground import ground_of
from ui.console.view.text import plain

EFFECT = Effect(
    as_of="2026-11-22T00:00:00",
    against=Against(version=4, before=2_694, after=3_412, entered=812, left=94),
    everything=Everything(
        rules=2,
        before=9_000,
        after=9_400,
        gained=500,
        lost=100,
        changed=40,
        moves=(Move(before=None, after="upgrade_nudge/upgrade_nudge", users=500),),
    ),
    by=(
        Breakdown(
            by="device_os",
            entered=(Cell(value="ios", users=700), Cell(value=OTHERS, users=112)),
            left=(Cell(value="ios", users=94),),
            changed=(),
        ),
    ),
    sample=(Sampled(user_id="u7", change="enters", why="No longer asks for *three*."),),
    pressure=Pressure(
        wanted=700, no_room=35, displaced=90, by_rule=(Displaced(rule="win_back", messages=90),)
    ),
    contamination=Contamination(
        held_out=340, got_it=12, tested=(RunningTest(rule="win_back", what="canary", users=30),)
    ),
    traffic=Traffic(
        days=(Day(day="2026-11-22", messages=700), Day(day="2026-11-23", messages=20)),
        entering=20.0,
        how="Today is counted.",
    ),
    cost=Cost(amount=None, undeclared=("push",)),
)
PREVIEW: Preview = answers.RULE_PREVIEW.model_copy(update={"effect": EFFECT})


def text_of(effect: Effect) -> str:
    told = (*words.sentences(effect, str), *words.week_sentences(effect, str))
    return "\n".join(told).replace("**", "")


def test_the_sentences_say_who_enters_leaves_and_what_else_changes() -> None:
    told = text_of(EFFECT)

    assert "812 people enter and 94 leave beside live version 4: 3,412 instead of 2,694." in told
    assert "500 people get a message who got none, 100 people get none any more and" in told
    assert "for 40 people something else wins, beside the other 2 live rules." in told
    assert "no room for 35 of its 700 messages today (5.0%)" in told
    assert "takes the place of 90 messages of other rules: 90 of win back." in told
    assert "12 of the 340 people held out got one of its messages before" in told
    assert "30 people are also in the running canary of win back" in told
    assert "720 messages in a week, 700 of them on the first day" in told
    assert "no cost is declared for push" in told


def test_a_new_rule_and_one_that_changes_nothing_say_so() -> None:
    new = EFFECT.model_copy(
        update={"against": Against(version=None, before=0, after=9, entered=9, left=0)}
    )
    same = Effect(
        as_of=EFFECT.as_of,
        against=Against(version=2, before=5, after=5, entered=0, left=0),
        everything=Everything(rules=1, before=5, after=5, gained=0, lost=0, changed=0, moves=()),
        cost=Cost(amount=12.5, undeclared=()),
    )

    assert "9 people come into it: nothing of this rule is live today." in text_of(new)
    assert "Nobody enters or leaves beside live version 2" in text_of(same)
    assert "everybody gets what they get today, beside the other live rule" in text_of(same)
    assert "cost about 12.50" in text_of(same)


def test_a_value_that_is_folded_has_a_dot_and_nobody_has_a_zero() -> None:
    rows = words.rows_of(EFFECT.by[0], EFFECT)

    assert rows == (("iOS", "700", "94", words.FOLDED), ("all others", "112", words.FOLDED, "·"))


def test_each_thing_that_it_rests_on_has_a_kind_a_name_and_a_short_hash() -> None:
    rests = {"contact_policy": "a" * 64, "trait:activation_state": "", "audience:trial": "b" * 64}

    assert ground_of(rests) == (
        ("Audience of the catalog", "trial", "b" * 10),
        ("Contact policy", "default", "a" * 10),
        ("Model of the trait", "activation_state", "not there"),
    )


def test_the_week_is_drawn_with_its_numbers_said() -> None:
    assert charts.week(words.week(EFFECT.traffic.days if EFFECT.traffic else ())).alt == (
        "Messages a day: 22 Nov 700, 23 Nov 20."
    )


@pytest.fixture
def request_id(office: Desk) -> str:
    made = change_requests.submit(
        office.workspace.store,
        artifact=answers.RULE,
        author="mara@demo",
        prompt="Nudge them.",
        effect=PREVIEW,
        dependencies={"contact_policy": "c" * 64},
        now=office.now(),
    )
    return made.id


def test_the_card_shows_the_effect_and_what_it_rests_on(visit: Visit, request_id: str) -> None:
    page = visit("pavel@demo")
    page.query_params["request"] = request_id
    page.switch_page("../pages/approvals.py").run()

    told = shown(page)
    assert not page.exception
    assert "Beside what is live" in told
    assert plain("upgrade nudge") in str([one.value for one in page.get("table")] or told)
    assert "What it rests on" in told


def test_a_suspended_request_says_why_and_what_to_do(
    visit: Visit, office: Desk, request_id: str
) -> None:
    with office.workspace.store.write() as connection:
        suspend(connection, request_id, Suspended.EFFECT_DRIFT, "It grew to *9*.", office.now())
    page = visit("pavel@demo")
    page.query_params["request"] = request_id
    page.switch_page("../pages/approvals.py").run()

    told = shown(page)
    assert plain("It grew to *9*.") in told
    assert "Propose it again" in told


def test_the_command_line_says_what_to_do_about_a_finding() -> None:
    assert finding_lines(answers.FINDINGS[:1]) == [
        "Finding    warn: The rule reads personal data: fct_support.status.",
        "           Fix: Check that the team may use it for this purpose.",
    ]


def test_the_command_line_says_the_same_without_marks(office: Desk, request_id: str) -> None:
    request = office.request(request_id)
    assert request is not None

    lines = rule_effect_lines(request)

    assert (
        "Effect     812 people enter and 94 leave beside live version 4: 3,412 instead of 2,694."
        in lines
    )
    assert "Instead    upgrade nudge for nothing: 500" in lines
    assert "By device OS: iOS +700 −94; all others +112" in lines
    assert "Person     u7 enters: No longer asks for *three*." in lines
    assert "Rests on   Contact policy: default (cccccccccc)" in lines
    assert not any(re.search(r"\*\*", line) for line in lines)
