"""Follow-ups change the pending draft: one clause, number, period, place; or they ask which."""

from __future__ import annotations

from datetime import datetime
from functools import cache

import pytest

from agent.conversation.fragments import Fragments
from agent.conversation.held import NOTHING, Conversation, Kept
from agent.conversation.turn import Taken, follow
from agent.planners.grammar import GrammarPlanner
from agent.planners.port import Drafted, PlanRequest
from core.rules import DecisionPolicy, EligibilityRule
from tests.tools.demo import DEBUG, DECISION, ELIGIBILITY
from warehouse.catalog import load_catalog
from warehouse.wording import describe

NOW = datetime(2026, 6, 29)
LISTED = (
    "Target iOS users from Brazil or Germany with a momentum score above 50 who completed 3 "
    "workouts in the last 14 days"
)
COUNT = "How many users viewed pricing in the last 7 days?"


@cache
def grammar() -> GrammarPlanner:
    return GrammarPlanner(load_catalog())


@cache
def drafted(prompt: str) -> Drafted:
    draft = grammar().plan(PlanRequest(prompt=prompt, as_of=NOW)).draft
    assert draft is not None
    return draft


def talking(prompt: str) -> Conversation:
    return NOTHING.with_draft(Kept(draft=drafted(prompt), prompt=prompt))


def said(prompt: str, follow_up: str, conversation: Conversation | None = None) -> Taken:
    fragments = Fragments(grammar(), grammar().catalog, NOW)
    taken = follow(follow_up, conversation or talking(prompt), fragments, lambda _words: ())
    assert taken is not None
    return taken


def whole(draft: Drafted | None) -> str:
    assert isinstance(draft, EligibilityRule)
    return describe(draft.condition, grammar().catalog)


RULE = "workout completed at least 3 times and pricing viewed at least once and no open ticket"


@pytest.mark.parametrize(
    ("prompt", "follow_up", "change"),
    [
        (ELIGIBILITY, "also exclude Brazil", "added: not (country is BR)"),
        (ELIGIBILITY, "Please also exclude users with open subscriptions, thanks", ""),
        (ELIGIBILITY, "only iOS", "added: device os is ios"),
        (ELIGIBILITY, "drop the pricing condition", "dropped: pricing viewed at least once"),
        (
            ELIGIBILITY,
            "make it 5",
            "workout completed at least 3 times → workout completed at least 5 times",
        ),
        (
            ELIGIBILITY,
            "no, exactly 5 workouts in the last 14 days",
            "workout completed at least 3 times → "
            "workout completed exactly 5 times in the last 14 days",
        ),
        (
            ELIGIBILITY,
            "change pricing viewed to 4",
            "pricing viewed at least once → pricing viewed at least 4 times",
        ),
        (ELIGIBILITY, "add a holdout of 20 %", "holdout: 10 % → 20 %"),
        (ELIGIBILITY, "no holdout", "holdout: 10 % → 0 %"),
        (ELIGIBILITY, "by email only", "channels: push then email → email"),
        (ELIGIBILITY, "call it Spring nudge", "name: Upgrade nudge → Spring nudge"),
        (
            LISTED,
            "change the window to 30 days",
            "workout completed at least 3 times in the last 14 days → "
            "workout completed at least 3 times in the last 30 days",
        ),
        (LISTED, "drop Brazil", "country is one of BR, DE → country is DE"),
        (LISTED, "also include France", "country is one of BR, DE → country is one of BR, DE, FR"),
        (LISTED, "Android instead", "device os is ios → device os is android"),
        (LISTED, "make the momentum score 70", "momentum score above 50 → momentum score above 70"),
        (DEBUG, "and for Android?", "for: iOS → Android"),
        (DEBUG, "compare with web", "against: Android → web"),
        (
            DEBUG,
            "last month instead",
            "period: 2026-06-22 to 2026-06-29 → 2026-05-01 to 2026-06-01",
        ),
        (COUNT, "and for Android?", "added: device os is android"),
    ],
)
def test_a_follow_up_changes_one_thing_and_says_which(
    prompt: str, follow_up: str, change: str
) -> None:
    taken = said(prompt, follow_up)

    if not change:
        assert taken.plan.draft is None
        assert taken.plan.refusals or taken.plan.questions
        return
    assert taken.turn.changes == (change,)
    assert taken.turn.other == drafted(prompt)
    assert taken.plan.draft != drafted(prompt)


@pytest.mark.parametrize(
    ("follow_up", "order"),
    [
        ("swap 1 and 2", [2, 1, 3]),
        ("put support first", [2, 1, 3]),
        ("move upgrade messaging to the top", [3, 1, 2]),
        ("put the upgrade before support", [1, 3, 2]),
        ("support should come last", [1, 3, 2]),
    ],
)
def test_the_entries_of_an_order_move_and_the_tiers_stay(follow_up: str, order: list[int]) -> None:
    before = drafted(DECISION)
    assert isinstance(before, DecisionPolicy)

    after = said(DECISION, follow_up).plan.draft

    assert isinstance(after, DecisionPolicy)
    keys = [entry.action.key for entry in before.entries]
    assert [entry.action.key for entry in after.entries] == [keys[place - 1] for place in order]
    assert [entry.tier for entry in after.entries] == [entry.tier for entry in before.entries]


def test_an_entry_that_is_dropped_takes_what_concerned_it_alone_along() -> None:
    after = said(DECISION, "drop upgrade messaging").plan.draft

    assert isinstance(after, DecisionPolicy)
    assert len(after.entries) == 2
    left = {key for one in after.stop_conditions for key in one.actions}
    assert left <= {entry.action.key for entry in after.entries}


def test_several_changes_in_one_breath_are_made_in_order() -> None:
    taken = said(ELIGIBILITY, "make it 5 and exclude Brazil")

    assert len(taken.turn.changes) == 2
    assert whole(taken.plan.draft) == RULE.replace("3", "5") + " and not (country is BR)"


def test_a_number_that_may_be_two_is_asked_back_with_both_as_choices() -> None:
    taken = said(LISTED, "make it 60")

    assert taken.plan.draft is None
    assert [choice.label for choice in taken.plan.choices] == [
        "momentum score above 60",
        "workout completed at least 60 times in the last 14 days",
    ]
    for choice in taken.plan.choices:
        changed = said(LISTED, choice.prompt)
        assert changed.turn.changes[0].endswith(f"→ {choice.label}")


def test_a_bare_number_beside_a_period_is_asked_back() -> None:
    labels = [choice.label for choice in said(COUNT, "make it 5").plan.choices]

    assert labels == [
        "pricing viewed at least once in the last 5 days",
        "pricing viewed at least 5 times in the last 7 days",
    ]


def test_whoever_is_also_included_is_let_in_or_asked_for_and_the_person_says_which() -> None:
    taken = said(ELIGIBILITY, "also include Android users")

    wider, narrower = taken.plan.choices
    assert whole(said(ELIGIBILITY, wider.prompt).plan.draft) == (
        f"({RULE}) or device os is android"
    )
    assert whole(said(ELIGIBILITY, narrower.prompt).plan.draft) == (
        f"{RULE} and device os is android"
    )


@pytest.mark.parametrize(
    ("follow_up", "named"),
    [
        ("only Mars", "Mars"),
        ("drop the churn condition", "Its conditions"),
        ("also exclude active users", "active"),
        ("also exclude women", "women"),
        ("swap 1 and 2", "order"),
        ("make it lots", "number"),
        ("change the cap to 2", "limit of the workspace"),
        ("make it 3", "already"),
        ("make it 10 %", "already"),
        ("make it 3 to 5 workouts", "number"),
        ("double it", "change of the draft"),
        ("replace pricing with checkout", "change of the draft"),
        ("limit it to 500 users", "500 users"),
    ],
)
def test_what_cannot_be_changed_is_asked_back_and_nothing_changes(
    follow_up: str, named: str
) -> None:
    taken = said(ELIGIBILITY, follow_up)

    assert taken.plan.draft is None
    told = [*taken.plan.questions, *(str(one) for one in taken.plan.refusals)]
    assert any(named in one for one in told), told


def test_the_last_condition_is_not_dropped() -> None:
    taken = said("Target users who viewed pricing", "drop the pricing condition")

    assert taken.plan.draft is None
    assert "everybody" in str(taken.plan.refusals[0])


def test_what_was_assumed_of_words_that_are_gone_goes_with_them() -> None:
    draft = said(ELIGIBILITY, "make it 5 workouts").plan.draft

    assert isinstance(draft, EligibilityRule)
    assert not any("at least 3" in one for one in draft.assumptions)
    assert any("at least 5" in one for one in draft.assumptions)


@pytest.mark.parametrize(
    "prompt",
    [
        ELIGIBILITY,
        DECISION,
        DEBUG,
        COUNT,
        LISTED,
        "Send the win-back email to people who haven't opened the app in the last 30 days.",
        "Who should get the upgrade nudge? Users that viewed pricing in the last 7 days.",
    ],
)
def test_a_whole_prompt_is_never_taken_for_a_follow_up(prompt: str) -> None:
    fragments = Fragments(grammar(), grammar().catalog, NOW)

    assert follow(prompt, talking(ELIGIBILITY), fragments, lambda _words: ()) is None


def test_undo_goes_back_one_draft_and_start_over_can_be_undone() -> None:
    changed = said(ELIGIBILITY, "make it 5")
    later = talking(ELIGIBILITY).with_draft(Kept(draft=changed.plan.draft, prompt="x"))

    assert said("", "undo", later).plan.draft == drafted(ELIGIBILITY)
    set_aside = later.with_draft(Kept(draft=None, prompt=""))
    assert said("", "undo", set_aside).plan.draft == changed.plan.draft
    assert said("", "start over", later).plan.draft is None


def test_sending_for_approval_is_asked_for_in_words_and_only_of_what_can_be_approved() -> None:
    assert said(ELIGIBILITY, "send it for approval").turn.kind == "submit"
    assert said(ELIGIBILITY, "make it 5").turn.kind == "edit"
    assert said(DEBUG, "send it for approval").plan.draft is None
    assert said("", "submit it", NOTHING).plan.draft is None


DURATION = "Average workout duration on Android last month by country"


@pytest.mark.parametrize(
    ("prompt", "follow_up", "change"),
    [
        (DURATION, "only iOS", "device os is android → device os is ios"),
        (DURATION, "last week instead", "last month → last week"),
        (DURATION, "also exclude Brazil", "added: not (country is BR)"),
        (DURATION, "per device os", "by device os"),
        ("Top 5 countries by workouts completed", "make it 10", "the first 5 → the first 10"),
        (COUNT, "by country", "by country"),
    ],
)
def test_a_question_about_numbers_is_asked_of_others_or_split(
    prompt: str, follow_up: str, change: str
) -> None:
    taken = said(prompt, follow_up)

    assert taken.turn.changes == (change,)
    assert taken.plan.draft != drafted(prompt)


def test_users_are_not_split_by_time_without_saying_of_what() -> None:
    assert said(COUNT, "per week").plan.draft is None
