"""Prompts to begin with, in the words of the workspace's own catalog."""

from __future__ import annotations

from typing import NamedTuple

from warehouse.catalog import Catalog

_WORKOUT_APP = "workout_app"
MOST_ENTRIES = 3


class Examples(NamedTuple):
    """One prompt of each kind; None where the catalog has nothing to ask about."""

    decision: str | None
    eligibility: str | None
    debug: str | None


DEMO = Examples(
    "Define a priority order for trial users: (1) help users complete a second workout, "
    "(2) handle support issues, (3) upgrade messaging. Write the suppressions and stop "
    "conditions.",
    "Create eligibility rules for an upgrade nudge that only targets users who completed "
    "3 workouts, viewed pricing, and have no open support tickets.",
    "Why did conversion drop on iOS this week? Compare funnel steps and message exposure "
    "for iOS vs Android and summarize likely causes.",
)
"""What the demo is made to show."""


def examples_of(catalog: Catalog) -> Examples:
    """Prompts that this catalog answers."""
    if catalog.name == _WORKOUT_APP:
        return DEMO
    return Examples(_decision(catalog), _eligibility(catalog), _debug(catalog))


def _decision(catalog: Catalog) -> str | None:
    """Only messages whose audience the catalog knows: a prompt need not say it."""
    named = [catalog.actions[key].name for key in catalog.action_eligibility][:MOST_ENTRIES]
    if not named:
        return None
    order = ", ".join(f"({place}) {name}" for place, name in enumerate(named, start=1))
    return f"Define a priority order for all users: {order}."


def _eligibility(catalog: Catalog) -> str | None:
    action = next(iter(catalog.actions.values()), None)
    signup = catalog.layout.users.signup
    who = ["signed up more than 30 days ago"] if signup and _is_said(catalog, signup) else []
    event = next((one for one in catalog.events.values() if one.phrases), None)
    if event is not None:
        who.append(f"did not {event.phrases[0]} in the last 14 days")
    if action is None or not who:
        return None
    return f"Create eligibility rules for {action.name} that targets users who {' and '.join(who)}."


def _is_said(catalog: Catalog, signup: str) -> bool:
    return "signed up" in catalog.user_columns()[signup].phrases


def _debug(catalog: Catalog) -> str | None:
    metric = next(iter(catalog.metrics), None)
    if metric is None:
        return None
    platform = catalog.layout.users.platform
    values = (catalog.user_columns()[platform].values if platform else None) or {}
    word = next((words[0] for words in values.values() if words), None)
    where = f" on {word}" if word else ""
    return f"Why did {metric.replace('_', ' ')} drop{where} this week?"
