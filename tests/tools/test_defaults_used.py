"""What the workspace's defaults fill in is said in whole sentences, whatever its caps are."""

from __future__ import annotations

from core.conditions import EVERYONE
from core.rules import Action, ContactPolicy, EligibilityRule, FrequencyCap
from tools.audience import defaults_used
from warehouse.catalog import load_catalog

CAPS = (
    FrequencyCap(key="weekly", n=3, window_seconds=7 * 86_400),
    FrequencyCap(key="daily", n=1, calendar="day", message_class=None, channel="push"),
    FrequencyCap(key="of_offers", n=2, calendar="month", group="offers"),
    FrequencyCap(key="open", n=None, window_seconds=3_600),
)


def said(*caps: FrequencyCap) -> str:
    catalog = load_catalog()
    contact = ContactPolicy(key="default", caps=caps)
    defaults = catalog.defaults.model_copy(update={"contact_policy": contact})
    action = Action(key="nudge", name="Nudge", channels=("push",))
    rule = EligibilityRule(key="nudge", name="Nudge", condition=EVERYONE, action=action)
    return defaults_used(rule, catalog.model_copy(update={"defaults": defaults}))[-1]


def test_each_cap_is_told_with_what_it_counts_and_its_window() -> None:
    assert said(*CAPS) == (
        "The contact policy 'default' applies: at most 3 marketing messages in 7 days and "
        "at most 1 message by push in a calendar day and "
        "at most 2 marketing messages of the group offers in a calendar month (default)."
    )


def test_no_cap_is_told_as_well() -> None:
    assert said() == "The contact policy 'default' applies: no cap (default)."
