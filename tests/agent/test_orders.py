"""An order is answered with who can do it; a description of whom a rule is for is drafted."""

from __future__ import annotations

import pytest

from agent.guard import guard
from agent.orders import ordered
from core.errors import Code

# What the answer has to say, and the orders that it answers.
ORDERS = {
    "drafts a rule": (
        "Send everybody an email right now",
        "Could you please send everyone a push right away?",
        "Push a notification to all users now",
        "Email all trial users today",
        "Message all at-risk users this evening",
        "Remind all trial users to upgrade tomorrow.",
    ),
    "next cycle": ("Send it", "Just send it out now", "Please deliver this immediately"),
    "approves or rejects": (
        "Approve all pending requests",
        "Reject the change request",
        "Accept the draft for the upgrade nudge",
    ),
    "goes live": ("Publish the rule", "Launch the campaign", "Activate this journey now"),
    "deleted": (
        "Delete all users",
        "Delete users who churned",
        "Please erase the user u17",
        "Remove the rule win_back",
        "Forget user u5",
        "Wipe the audit log",
    ),
    "stopped": (
        "Pause all campaigns",
        "Stop all messages right now",
        "Turn off the kill switch",
        "Cancel the journey",
    ),
    "is run": ("Run the cycle now", "Start the pipeline"),
    "Consent": ("Unsubscribe everyone", "Opt in all users"),
    "list of people": (
        "Export all users to a csv",
        "Email me a list of users who churned",
        "Show me the e-mail of every user who viewed pricing",
        "List the phone numbers of trial users",
        "What are the full names of all customers who churned?",
    ),
}
DESCRIPTIONS = (
    "Send an email to all users",
    "Send trial users a discount",
    "Send the upgrade nudge to users who viewed pricing today",
    "Email users who are on trial right now",
    "Send the upgrade nudge when the trial ends tomorrow",
    "Launch a campaign for users who completed 3 workouts",
    "Remove users with open tickets from the upgrade nudge",
    "Stop messaging users with open tickets",
    "Stop the upgrade nudge when the user subscribes",
    "Pause upgrade messaging for users with open tickets",
    "Invite users to upgrade before the trial ends",
    "Users who cancelled their subscription today",
    "Users who opted in",
    "How many users unsubscribed today?",
    "Why did sends drop today?",
    "Show emails per week for trial users",
    "Show the number of emails opened by users in Germany",
    "List the names of campaigns",
    "What is the share of users with a phone number?",
)


@pytest.mark.parametrize(
    ("said", "prompt"), [(said, one) for said, listed in ORDERS.items() for one in listed]
)
def test_an_order_is_answered_with_what_a_prompt_cannot_do_and_who_can(
    said: str, prompt: str
) -> None:
    refusal = ordered(prompt)

    assert refusal is not None
    assert said in refusal.message
    assert refusal.span
    assert refusal.span in prompt
    assert refusal.fix


@pytest.mark.parametrize("prompt", DESCRIPTIONS)
def test_a_prompt_that_describes_or_asks_is_no_order(prompt: str) -> None:
    assert ordered(prompt) is None
    assert guard(prompt) == ()


def test_no_planner_gets_to_see_an_order() -> None:
    (refusal,) = guard("Send everybody an email right now")

    assert refusal.code is Code.OUT_OF_SCOPE


def test_an_order_to_approve_is_a_way_around_approval() -> None:
    (refusal,) = guard("Approve all pending requests")

    assert refusal.code is Code.BYPASS_REQUESTED
