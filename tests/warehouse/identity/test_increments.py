"""However events and rules arrive, in whatever pieces and order: the same identity comes out."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.warehouse.identity.world import World
from warehouse.identity.rules import Identifier
from warehouse.identity.update import Scope

USERS = st.sampled_from([None, None, "u1", "u2", "u3", "u4", "null", "d1"])
DEVICES = st.sampled_from([None, "d1", "d2", "d3", "d4"])
EMAILS = st.sampled_from([None, None, None, "a@x.org", "b@x.org", "test@test.com"])
HARDWARE = st.sampled_from([None, None, None, "h1", "h2"])
IDENTIFIERS = st.one_of(
    st.builds(Identifier, st.just("user_id"), st.sampled_from(["u1", "u2", "u3", "u4"])),
    st.builds(Identifier, st.just("anonymous_id"), st.sampled_from(["d1", "d2", "d3"])),
    st.builds(Identifier, st.just("email"), st.sampled_from(["a@x.org", "b@x.org"])),
)


@st.composite
def _event(draw: st.DrawFn) -> dict[str, Any]:
    if draw(st.integers(0, 4)) == 0:
        previous = draw(st.sampled_from(["u1", "u2", "u3", "u4", "d1", "d2"]))
        kind = {"type": "alias", "previous_id": previous, "user_id": draw(USERS)}
        return {"minutes": draw(st.integers(0, 20)), "device": draw(DEVICES)} | kind
    return {
        "minutes": draw(st.integers(0, 20)),
        "user_id": draw(USERS),
        "device": draw(DEVICES),
        "email": draw(EMAILS),
        "hardware": draw(HARDWARE),
    }


RULES = st.tuples(st.sampled_from(["merge", "block"]), IDENTIFIERS, IDENTIFIERS).filter(
    lambda rule: rule[1] != rule[2]
)
STORIES = st.tuples(
    st.lists(st.one_of(_event(), RULES), max_size=24),
    st.randoms(use_true_random=False),
    st.sampled_from(["unattributed", "last_owner"]),
)


def _told(story: list[Any], cuts: list[int], **settings: Any) -> World:
    """A world where a story arrived, resolved at every cut."""
    world = World(**settings)
    for place, step in enumerate(story):
        if isinstance(step, dict):
            world.event(**step)
        else:
            world.rule(*step)
        if place in cuts:
            world.resolve()
    world.resolve()
    return world


def _numbered(story: list[Any]) -> list[Any]:
    return [
        step | {"message_id": f"m{place}"} if isinstance(step, dict) else step
        for place, step in enumerate(story)
    ]


@pytest.mark.slow
@pytest.mark.timeout(400)
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(STORIES)
def test_pieces_in_any_order_give_what_everything_at_once_gives(story_and_more: Any) -> None:
    story, random, gaps = story_and_more
    limits = {"ids_per_person": 6, "user_ids_per_person": 3, "gaps": gaps}
    story = _numbered(story)
    at_once = _told(story, [], **limits)
    whole = at_once.content()

    events = [step for step in story if isinstance(step, dict)]
    rules = [step for step in story if not isinstance(step, dict)]
    random.shuffle(events)
    # The order of rules has a meaning; where they fall among the events has none.
    for rule in rules:
        events.insert(random.randint(0, len(events)), rule)
    places = sorted(place for place, step in enumerate(events) if not isinstance(step, dict))
    for place, rule in zip(places, rules, strict=True):
        events[place] = rule
    cuts = [place for place in range(len(events)) if random.random() < 0.4]
    in_pieces = _told(events, cuts, **limits)

    assert in_pieces.content() == whole
    assert in_pieces.resolve(full=True) == Scope.ALL
    assert in_pieces.content() == whole


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_an_address_that_a_rule_merged_with_a_device_is_claimed_whichever_came_first(
    order: tuple[int, ...],
) -> None:
    steps: list[Any] = [
        {"minutes": 13, "user_id": "u4", "email": "b@x.org", "message_id": "m1"},
        {"minutes": 0, "device": "d3", "message_id": "m2"},
        {"minutes": 0, "user_id": "u4", "email": "a@x.org", "message_id": "m3"},
        ("merge", Identifier("anonymous_id", "d3"), Identifier("email", "a@x.org")),
    ]
    at_once = _told(steps, []).content()
    ended = {row[1]: row[5] for row in at_once["map"]}

    assert _told([steps[place] for place in order], [0, 1, 2]).content() == at_once
    assert ended["d3"] is None
    assert ended["a@x.org"] is not None


@pytest.mark.slow
@pytest.mark.timeout(400)
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(STORIES, RULES)
def test_a_rule_that_is_withdrawn_leaves_nothing_behind(story_and_more: Any, rule: Any) -> None:
    story, _, gaps = story_and_more
    world = _told(_numbered(story), [len(story) // 2], gaps=gaps, ids_per_person=6)
    before = world.content()

    added = world.rule(*rule)
    world.resolve()
    world.withdraw(added)
    world.resolve()

    assert world.content() == before


def test_nothing_new_resolves_nothing() -> None:
    world = World()
    world.event(0, "u1", "d1")

    assert world.resolve() == Scope.ALL
    assert world.resolve() == Scope.NOTHING


def test_new_events_resolve_only_what_they_touch() -> None:
    world = World()
    world.event(0, "u1", "d1")
    world.event(0, "u2", "d2")
    world.resolve()
    world.event(1, "u1", "d3")

    assert world.resolve() == Scope.TOUCHED
    assert world.rows("SELECT value FROM touched_nodes ORDER BY 1") == [("d1",), ("d3",), ("u1",)]


def test_events_in_pieces_and_out_of_order_give_what_everything_at_once_gives() -> None:
    story: list[Any] = [
        {"minutes": 3, "user_id": "u2", "device": "d1", "email": "a@x.org"},
        {"minutes": 1, "device": "d1", "hardware": "h1"},
        {"minutes": 9, "type": "alias", "previous_id": "u2", "user_id": "u3"},
        ("block", Identifier("user_id", "u3"), Identifier("user_id", "u1")),
        {"minutes": 2, "user_id": "u1", "device": "d1"},
        {"minutes": 5, "device": "d2", "email": "a@x.org"},
        {"minutes": 4, "type": "alias", "previous_id": "u1", "user_id": "u2"},
        {"minutes": 0, "user_id": "u1", "email": "a@x.org", "device": "d3", "hardware": "h1"},
    ]
    story = _numbered(story)

    assert _told(story, [0, 2, 5]).content() == _told(story[::-1], []).content()


@pytest.mark.parametrize("device_first", [True, False])
def test_an_alias_of_a_device_ties_what_was_resolved_before_either_was_known_for_it(
    device_first: bool,
) -> None:
    told = [
        {"minutes": 2, "device": "d1", "email": "a@x.org"},
        {"minutes": 3, "type": "alias", "previous_id": "d1", "user_id": "u1"},
    ]
    other = {"minutes": 4, "user_id": "u2", "device": "d2"}
    story = _numbered([*(told if device_first else told[::-1]), other])

    in_pieces = _told(story, [0, 1])
    assert in_pieces.content() == _told(story, []).content()
    assert in_pieces.people()["u1"] == {"user_id:u1", "anonymous_id:d1"}


def test_what_grows_keeps_its_name_and_only_what_is_joined_gets_another() -> None:
    world = World()
    for number in range(3):
        world.event(number, f"u{number}", f"d{number}")
    world.resolve()
    before = dict(world.rows("SELECT value, component FROM identity_nodes"))
    world.event(5, "u0", "d9")
    world.alias(6, "u2", "u1")
    world.resolve()

    after = dict(world.rows("SELECT value, component FROM identity_nodes"))
    assert after["d9"] == after["u0"] == before["u0"]
    assert after["u1"] == after["d2"] == min(before["u1"], before["u2"])
    assert set(after.values()) < set(before.values())


@pytest.mark.parametrize("change", ["gone", "from elsewhere", "settings"])
def test_what_cannot_be_added_to_is_made_anew(change: str) -> None:
    world = World()
    world.event(0, "u1", "d1")
    world.event(1, "u2", "d2")
    world.resolve()
    if change == "gone":
        world.cursor.execute("DELETE FROM raw_events WHERE user_id = 'u2'")
    elif change == "from elsewhere":
        world.event(2, "u3", "d3", seq=None)
    else:
        world.settings = world.settings.model_copy(update={"gaps": "last_owner"})

    assert world.resolve() == Scope.ALL
    assert ("u2" in world.people()) is (change != "gone")
    assert ("u3" in world.people()) is (change == "from elsewhere")
