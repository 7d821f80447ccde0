"""Raw events and identity become facts and users: all at once or load by load, the same rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.warehouse.consolidate.world import FACTS, World
from tests.warehouse.identity.test_increments import STORIES
from tests.warehouse.identity.world import at, device, user
from warehouse.identity.update import Scope


class TestEvents:
    def test_events_of_a_visitor_become_the_users_once_they_sign_in(self) -> None:
        world = World()
        before = world.event(0, None, "d1")
        world.consolidate()
        assert world.events() == []

        sign_in = world.event(1, "u1", "d1")
        after = world.event(2, None, "d1")

        assert world.events() == [(before, "u1"), (sign_in, "u1"), (after, "u1")]

    def test_a_message_that_arrived_twice_counts_once_as_it_first_arrived(self) -> None:
        world = World()
        world.event(0, "u1", "d1", message_id="m", received_at=at(5), app_version="late", seq=None)
        world.event(0, "u1", "d1", message_id="m", received_at=at(1), app_version="soon", seq=None)

        assert world.events() == [("m", "u1")]
        assert world.rows("SELECT app_version FROM fct_events") == [("soon",)]

    def test_on_a_shared_device_named_events_are_whose_they_say_and_gaps_are_nobodys(self) -> None:
        world = World()
        for minute, who in enumerate([None, "u1", None, "u1", None, "u2", None]):
            world.event(minute, who, "d1", message_id=f"m{minute}")

        assert world.events() == [("m1", "u1"), ("m2", "u1"), ("m3", "u1"), ("m5", "u2")]

    def test_a_second_person_on_a_device_takes_back_what_was_stitched_to_the_first(self) -> None:
        world = World()
        world.event(0, None, "d1", message_id="before")
        world.event(1, "u1", "d1", message_id="one")
        assert world.events() == [("before", "u1"), ("one", "u1")]

        world.event(2, "u2", "d1", message_id="two")

        assert world.events() == [("one", "u1"), ("two", "u2")]

    def test_facts_carry_the_canonical_user_and_follow_a_merge_and_its_undoing(self) -> None:
        world = World()
        world.event(0, "u1", "d1", message_id="a")
        world.event(1, "u2", "d2", message_id="b")
        apart = world.events()
        rule = world.rule("merge", user("u1"), user("u2"))
        assert world.events() == [("a", "u1"), ("b", "u1")]

        world.withdraw(rule)

        assert world.events() == apart == [("a", "u1"), ("b", "u2")]

    def test_only_tracked_events_are_facts_and_events_from_elsewhere_stay(self) -> None:
        world = World()
        world.cursor.execute("INSERT INTO fct_events (message_id, user_id) VALUES ('old', 'u1')")
        world.event(0, "u1", "d1", type="identify", event_name=None)
        world.event(1, "null", None)
        sent = world.event(2, "u1", "d1")

        world.consolidate()
        world.consolidate(full=True)

        assert world.rows("SELECT message_id FROM fct_events ORDER BY 1") == [(sent,), ("old",)]


class TestUsers:
    def test_the_latest_traits_win_wherever_an_sdk_puts_them(self) -> None:
        world = World()
        world.event(0, "u1", "d1", type="identify", traits={"country": "DE", "timezone": "UTC"})
        world.event(5, "u1", "d1", context={"traits": {"country": "FR", "marketingOptIn": True}})
        world.event(3, "u1", "d1", traits={"country": "GB", "email": "Ann@Example.com"})

        known = world.user("u1")

        assert (known["country"], known["timezone"]) == ("FR", "UTC")
        assert (known["email"], known["marketing_opt_in"]) == ("ann@example.com", True)

    def test_where_somebody_came_from_is_what_was_seen_first(self) -> None:
        world = World()
        for minute, source, system in ((5, "google", "web"), (1, "tiktok", "ios")):
            context = {"campaign": {"source": source, "name": "spring"}}
            world.event(minute, "u1", "d1", context=context, device_os=system, app_version=system)

        known = world.user("u1")

        assert (known["utm_source"], known["device_os"], known["app_version"]) == (
            "tiktok",
            "ios",
            "web",
        )

    def test_a_user_signed_up_when_they_say_or_else_when_they_were_first_seen(self) -> None:
        world = World()
        world.event(3, "u1", "d1")
        world.event(4, "u2", "d2", traits={"created_at": "2026-05-01T12:00:00+02:00"})

        assert world.user("u1")["signup_at"] == at(3)
        assert world.user("u2")["signup_at"] == datetime(2026, 5, 1, 10)

    def test_what_a_visitor_said_is_known_of_the_user_they_become(self) -> None:
        world = World()
        world.event(0, None, "d1", context={"campaign": {"source": "google"}})
        world.consolidate()
        world.event(1, "u1", "d1")

        assert world.user("u1")["utm_source"] == "google"

    def test_a_merged_user_points_at_the_canonical_one_who_knows_what_both_said(self) -> None:
        world = World()
        world.event(0, "u1", "d1", traits={"country": "DE", "timezone": "UTC"})
        world.event(1, "u2", "d2", traits={"country": "FR"})
        world.alias(2, "u1", "u2")

        assert world.user("u2")["merged_into"] == "u1"
        assert (world.user("u1")["country"], world.user("u1")["timezone"]) == ("FR", "UTC")
        assert world.user("u1")["merged_into"] is None

    def test_what_was_imported_counts_where_events_say_nothing(self) -> None:
        world = World()
        world.cursor.execute(
            "INSERT INTO dim_users (user_id, country, timezone, signup_at)"
            " VALUES ('u1', 'US', 'UTC', '2020-01-01'), ('u9', 'BR', NULL, NULL)"
        )
        world.event(0, "u1", "d1", traits={"country": "DE"})

        known = world.user("u1")

        assert (known["country"], known["timezone"]) == ("DE", "UTC")
        assert known["signup_at"] == datetime(2020, 1, 1)
        assert world.user("u9")["country"] == "BR"

    def test_what_is_imported_later_counts_and_survives_making_everything_anew(self) -> None:
        world = World()
        world.event(0, "u1", "d1", traits={"country": "DE"})
        world.consolidate()
        world.cursor.execute("UPDATE dim_users SET timezone = 'Asia/Tokyo' WHERE user_id = 'u1'")
        world.event(1, "u1", "d1", app_version="2")
        assert world.user("u1")["timezone"] == "Asia/Tokyo"

        world.consolidate(full=True)

        assert world.user("u1")["timezone"] == "Asia/Tokyo"
        assert world.user("u1")["country"] == "DE"

    def test_when_raw_events_go_users_are_what_they_were_elsewhere_or_gone(self) -> None:
        world = World()
        world.cursor.execute("INSERT INTO dim_users (user_id, country) VALUES ('u1', 'US')")
        world.event(0, "u1", "d1", traits={"country": "DE"})
        world.event(1, "u2", "d2")
        world.consolidate()
        world.cursor.execute("DELETE FROM raw_events")

        world.consolidate()

        assert world.rows("SELECT user_id, country FROM dim_users") == [("u1", "US")]

    def test_columns_that_others_added_keep_their_values(self) -> None:
        world = World()
        world.cursor.execute("ALTER TABLE dim_users ADD COLUMN tier VARCHAR")
        world.cursor.execute("INSERT INTO dim_users (user_id, tier) VALUES ('u1', 'gold')")
        world.event(0, "u1", "d1", traits={"country": "DE"})
        world.consolidate()

        assert world.user("u1")["tier"] == "gold"


def _told(story: list[Any], cuts: list[int], **limits: Any) -> World:
    world = World(**limits)
    for place, step in enumerate(story):
        if isinstance(step, dict):
            more = {"message_id": f"m{place}", "traits": {"country": f"C{place}"}}
            world.event(**step, **more, app_version=str(place))
        else:
            world.rule(*step)
        if place in cuts:
            world.consolidate()
    world.consolidate()
    return world


@pytest.mark.slow
@pytest.mark.timeout(400)
@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(STORIES, st.sets(st.integers(0, 20), max_size=4))
def test_load_by_load_gives_what_everything_at_once_gives(story: Any, cuts: set[int]) -> None:
    steps, _, gaps = story
    limits = {"ids_per_person": 6, "user_ids_per_person": 3, "gaps": gaps}
    loaded = _told(steps, sorted(cuts), **limits)
    whole = _told(steps, [], **limits).tables()

    assert loaded.tables() == whole
    assert loaded.consolidate(full=True).scope == Scope.ALL
    assert loaded.tables() == whole


def test_a_few_loads_give_what_everything_at_once_gives() -> None:
    story: list[Any] = [
        {"minutes": 3, "user_id": "u2", "device": "d1", "email": "a@x.org"},
        {"minutes": 1, "device": "d1"},
        ("merge", device("d2"), user("u2")),
        {"minutes": 2, "user_id": "u1", "device": "d1"},
        {"minutes": 5, "device": "d2"},
        {"minutes": 4, "type": "alias", "previous_id": "u1", "user_id": "u3"},
    ]

    assert _told(story, [0, 1, 3, 4]).tables() == _told(story, []).tables()


def test_nothing_new_writes_nothing() -> None:
    world = World()
    world.event(0, "u1", "d1")
    assert world.consolidate().events == 1
    assert world.consolidate().scope == Scope.NOTHING
    assert [len(world.rows(f"FROM {table}")) for table in FACTS] == [1, 1]
