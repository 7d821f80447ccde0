"""How many a rule reaches today, under whatever caps the workspace has."""

from __future__ import annotations

import pytest

from core.rules import FrequencyCap
from orchestrate.simulation import simulate
from tests.orchestrate.world import NOW, World, single
from warehouse.runner import CheckedRunner

WEEK = 7 * 86_400


def reached(world: World, *caps: FrequencyCap) -> int:
    """Of three users: one was sent nothing, one a message this week, one exactly a week ago."""
    for user, days in (("u0", None), ("u1", 2), ("u2", 7)):
        world.user(user)
        world.did(user, "pricing_viewed")
        if days is not None:
            world.message(user, "welcome", days_ago=days)
    world.contact(caps=caps)
    runner = CheckedRunner(world.warehouse, world.catalog)
    return simulate(single(world.catalog), runner, world.catalog, as_of=NOW, live=()).reachable_size


@pytest.mark.parametrize(
    ("cap", "users"),
    [
        (FrequencyCap(key="weekly", n=1, window_seconds=WEEK), 2),
        (FrequencyCap(key="weekly", n=2, window_seconds=WEEK), 3),
        (FrequencyCap(key="blocked", n=0, window_seconds=WEEK), 0),
        (FrequencyCap(key="no_cap", n=None, window_seconds=WEEK), 3),
        (FrequencyCap(key="daily", n=1, calendar="day"), 3),
        (FrequencyCap(key="of_a_group", n=0, window_seconds=WEEK, group="other"), 3),
    ],
    ids=lambda one: getattr(one, "key", None),
)
def test_a_preview_counts_the_rolling_caps_on_everything_and_no_other(
    world: World, cap: FrequencyCap, users: int
) -> None:
    assert reached(world, cap) == users


@pytest.mark.parametrize(("message_class", "users"), [("marketing", 3), (None, 2)])
def test_a_cap_on_marketing_does_not_count_what_is_known_to_be_service(
    world: World, message_class: str | None, users: int
) -> None:
    service = next(a.key for a in world.catalog.actions.values() if a.message_class == "service")
    world.user("u3")
    world.did("u3", "pricing_viewed")
    world.message("u3", service, days_ago=2)

    weekly = FrequencyCap(key="weekly", n=1, window_seconds=WEEK)

    assert reached(world, weekly.model_copy(update={"message_class": message_class})) == users
