"""The many ways in which people write priorities: places, cases, lists, asides,
who gets nothing."""

from __future__ import annotations

from datetime import datetime

import pytest

from agent.planners.grammar import GrammarPlanner
from agent.planners.port import PlanRequest
from core.conditions import EVERYONE, Condition, Or, leaves
from core.rules import DecisionPolicy
from evals.domains import domain_catalog
from tests.agent.planners.prompts import plan, policy

OLD = " Win-back is for users with no workout in 30 days."
IDLE = "users who haven't opened the app in 14 days"


def order(prompt: str) -> str:
    return " ".join(entry.action.key.split("_")[0] for entry in policy(prompt).entries)


def held(prompt: str) -> list[str]:
    """The messages that are held back for a reason said in the prompt; 'all' for every one."""
    return [
        key.split("_")[0]
        for one in policy(prompt).suppressions
        for key in (one.actions or (one.scope,))
    ]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Our lowest priority is the win-back. The second slot belongs to the upgrade nudge. "
         "Support is what matters most." + OLD, "support upgrade win"),
        ("Upgrade nudge sits somewhere in the middle, support leads the list and the win-back is "
         "at the very bottom." + OLD, "support upgrade win"),
        ("Last comes the win-back, before that the upgrade nudge, and first of all support." + OLD,
         "support upgrade win"),
        ("Win-back is plan B, upgrade nudge is plan A." + OLD, "upgrade win"),
        ("Number one is support, number two the upgrade nudge.", "support upgrade"),
        ("upgrade nudge 2, support 1", "support upgrade"),
        ("(i) support; (ii) the upgrade nudge; (iii) second workout help",
         "support upgrade second"),
        ("A. Support\nB. Upgrade nudge", "support upgrade"),
        ("Prio: support / upgrade nudge / second workout help", "support upgrade second"),
        ("We ask that support be given priority over the upgrade nudge.", "support upgrade"),
        ("Upgrade nudge has to wait behind the second workout help.", "second upgrade"),
        ("Upgrade nudge beats win-back. Both of them lose to support." + OLD,
         "support upgrade win"),
        ("Upgrade nudge trumps win-back but not the support follow-up." + OLD,
        "support upgrade win"),
        (f"Upgrade nudge for trial users, win-back for {IDLE}. The latter goes before the former.",
         "win upgrade"),
        (f"Upgrade nudge is for trial users, the win-back for {IDLE}. The win-back goes first.",
         "win upgrade"),
        (f"Win-back is for {IDLE}. Upgrade nudge before it.", "upgrade win"),
        ("The upgrade nudge may only be sent where no support is due.", "support upgrade"),
        ("Win-back should only be sent if none of the others applies. Support beats the upgrade "
         "nudge." + OLD, "support upgrade win"),
        ("When both the upgrade nudge and support apply, go with support.", "support upgrade"),
    ],
)  # fmt: skip
def test_a_place_is_read_in_any_words_of_ranking(prompt: str, expected: str):
    assert order(prompt) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("IF open ticket THEN support ELSE IF they viewed pricing THEN upgrade nudge",
         "support upgrade"),
        ("Do they have an open ticket? Support. If not, have they viewed pricing? Upgrade nudge.",
         "support upgrade"),
        ("Users with an open ticket get support. Of the rest, trial users get the upgrade nudge.",
         "support upgrade"),
        ("Upgrade nudge if they viewed pricing. If that doesn't land, second workout help.",
         "upgrade second"),
        ("Support if they have an open ticket, failing that the upgrade nudge.",
         "support upgrade"),
        (f"Support. Then the upgrade nudge. Then the win-back for {IDLE}.", "support upgrade win"),
    ],
)  # fmt: skip
def test_cases_in_a_row_are_an_order(prompt: str, expected: str):
    assert order(prompt) == expected


@pytest.mark.parametrize(
    "prompt",
    [
        "Upgrade nudge, then win-back for everyone who's left.",
        "Upgrade nudge first. The rest can have the win-back.",
        "Trial users get the upgrade nudge if they viewed pricing and the win-back otherwise.",
    ],
)
def test_whoever_is_left_gets_the_last_message(prompt: str):
    assert policy(prompt).entries[-1].eligibility == EVERYONE


@pytest.mark.parametrize(
    "rule",
    [
        "Nobody gets more than one message.", "One message per user.",
        "If a user qualifies for several of these, the highest one wins.",
        "Max one message each.", "Users never get both.",
    ],
)  # fmt: skip
def test_one_message_a_user_is_no_condition_and_no_cap(rule: str):
    said = f"Support over the upgrade nudge. {rule}"

    assert policy(said).entries == policy("Support over the upgrade nudge.").entries


@pytest.mark.parametrize(
    "rule",
    ["At most one message per user per week.", "At most two messages per user.",
     "Nobody gets more than two a week."],
)  # fmt: skip
def test_how_often_is_the_contact_policys(rule: str):
    assert plan(f"Support over the upgrade nudge. {rule}").draft is None


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("Users in Germany shall be excluded from the upgrade nudge.", ["upgrade"]),
        ("Users in Germany are not to receive the upgrade nudge.", ["upgrade"]),
        ("Users in Germany get nothing from us.", ["all"]),
        ("Anyone in Germany is to be disregarded.", ["all"]),
        ("Nobody in Germany should be bothered.", ["all"]),
        ("No message of any kind to users in Germany.", ["all"]),
        ("Hold everything except support for users in Germany.", ["upgrade"]),
        ("Pause both while they are on iOS.", ["support", "upgrade"]),
        ("No nudge for users in Germany.", ["upgrade"]),
    ],
)  # fmt: skip
def test_who_gets_nothing_is_said_in_many_words(rule: str, expected: list[str]):
    assert held(f"Support over the upgrade nudge. {rule}") == expected


def test_numbers_and_letters_of_a_list_name_its_messages_later_on():
    mute = "1/ support 2/ upgrade nudge 3/ second workout help. Mute 2 and 3 for users on iOS."
    letters = "A. Support\nB. Upgrade nudge\nNEVER: B while they are on iOS"

    assert held(mute) == ["upgrade", "second"]
    assert held(letters) == ["upgrade"]


def test_never_if_after_a_message_holds_back_that_message():
    said = policy(f"Upgrade nudge first, then win-back for {IDLE}, but never if they are on iOS.")

    assert [one.actions for one in said.suppressions] == [("win_back",)]


def test_what_a_message_is_withheld_for_and_ends_with_may_share_its_sentence():
    said = policy(
        "Support over the upgrade nudge. The upgrade nudge shall be withheld from users in Germany "
        "and shall cease once the user has subscribed."
    )

    assert [one.actions for one in said.suppressions] == [("upgrade_nudge",)]
    assert ("upgrade_nudge",) in [one.actions for one in said.stop_conditions]


def test_people_that_a_message_is_sent_to_are_its_own():
    sent = policy(f"Send the upgrade nudge to trial users and the win-back to {IDLE}. The upgrade "
                  "nudge wins.")  # fmt: skip
    led = policy(f"For users in Germany, send the upgrade nudge; for {IDLE}, send the win-back; "
                 "the upgrade nudge goes first.")  # fmt: skip

    assert sent.population == led.population == EVERYONE


@pytest.mark.parametrize(
    "prompt",
    [
        f"Upgrade nudge over win-back. It is for {IDLE}.",
        "Support over upgrade nudge. Second workout help loses.",
        f"Support beats the upgrade nudge. Win-back for {IDLE} yields.",
        "Support over the upgrade nudge. No reminder for users in Germany.",
    ],
)
def test_a_comparison_or_a_name_that_may_mean_two_things_is_asked(prompt: str):
    assert plan(prompt).draft is None


def said_of(condition: Condition) -> set[str]:
    """The columns, traits and events that a condition is about."""
    named = ("column", "name", "event")
    return {getattr(leaf, key) for leaf in leaves(condition) for key in named if hasattr(leaf, key)}


ORDERS = (
    ": support first, upgrade nudge second, win-back third for everyone else.",
    " – support, then the upgrade nudge, then win-back for everyone else.",
    ":\n- support\n- upgrade nudge\n- win-back for everyone else",
    ":\n1. support\n2. upgrade nudge\n3. win-back for everyone else",
)


@pytest.mark.parametrize("messages", ORDERS)
@pytest.mark.parametrize(
    ("people", "about"),
    [
        ("Among users with a churn risk above 0.6", {"churn_risk"}),
        ("For users with a churn risk of at least 1", {"churn_risk"}),
        ("Of the users in Germany", {"country"}),
        ("Within users in Germany who finished at least 2 workouts in 2026",
         {"country", "workout_completed"}),
    ],
)  # fmt: skip
def test_people_named_before_all_messages_are_the_whole_policys(
    people: str, about: set[str], messages: str
):
    said = policy(f"{people}{messages}")

    assert said_of(said.population) == about
    assert said.entries == policy(f"Rank{ORDERS[-1]}").entries


def test_people_named_before_each_message_are_its_own():
    said = policy("For users with a churn risk above 0.6: support first. For users in Germany: "
                  "upgrade nudge second.")  # fmt: skip

    assert said.population == EVERYONE
    assert [said_of(entry.eligibility) for entry in said.entries] == [{"churn_risk"}, {"country"}]


@pytest.mark.parametrize(
    "prompt",
    [
        "For users in Germany: support, then upgrade nudge. For users with a churn risk above 0.6: "
        "second workout help, then win-back.",
        "For users in Germany:\nsupport\nupgrade nudge\nFor users with a churn risk above 0.6:\n"
        "second workout help",
    ],
)
def test_two_groups_with_several_messages_each_are_asked_about(prompt: str):
    asked = plan(prompt)

    assert asked.draft is None
    assert "one policy at a time" in asked.questions[0]


@pytest.mark.parametrize(
    "people",
    ["people in software companies and agencies", "people in software companies and in agencies",
     "people in software companies, agencies and education",
     "people on Team accounts and Business accounts"],
)  # fmt: skip
def test_two_values_of_one_row_joined_by_and_are_either(people: str):
    projects = GrammarPlanner(domain_catalog("projects"))
    asked = f"Among {people}: upgrade offer first, renewal notice second."

    draft = projects.plan(PlanRequest(prompt=asked, as_of=datetime(2026, 6, 29))).draft

    assert isinstance(draft, DecisionPolicy)
    assert isinstance(draft.population, Or)
    assert len(said_of(draft.population)) == 1
