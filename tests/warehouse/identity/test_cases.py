"""Every case that identity is known to go wrong on, and what it does here."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.errors import Code, PilothouseError
from tests.warehouse.identity.world import World, at, device, email, user
from warehouse.identity.people import closure, person_of
from warehouse.identity.why import why


class TestDevices:
    def test_an_anonymous_device_that_signs_in_once_is_stitched_back(self) -> None:
        world = World()
        world.event(0, None, "d1")
        world.event(10, "u1", "d1")

        assert world.owner(device("d1")) == [("u1", "single_owner_device")]
        assert world.rows("SELECT valid_from, valid_to FROM identity_map WHERE value = 'd1'") == [
            (at(0), None)
        ]

    def test_a_shared_device_never_fuses_two_people_and_leaves_gaps_to_nobody(self) -> None:
        world = World()
        for minute, who in enumerate([None, "u1", None, "u1", None, "u2", None]):
            world.event(minute, who, "d1")

        assert world.people().keys() == {"u1", "u2"}
        instant = timedelta(microseconds=1)
        assert world.rows(
            "SELECT user_id, valid_from, valid_to FROM identity_map WHERE value = 'd1' ORDER BY 2"
        ) == [("u1", at(1), at(3) + instant), ("u2", at(5), at(5) + instant)]
        assert world.conflicts() == []

    def test_a_gap_on_a_shared_device_may_be_the_last_owners(self) -> None:
        world = World(gaps="last_owner")
        for minute, who in enumerate(["u1", None, "u2", None]):
            world.event(minute, who, "d1")
        world.resolve()

        assert world.rows(
            "SELECT user_id, valid_from, valid_to FROM identity_map WHERE value = 'd1' ORDER BY 2"
        ) == [("u1", at(0), at(2)), ("u2", at(2), None)]

    def test_a_device_id_kept_after_reset_is_a_shared_device(self) -> None:
        world = World()
        world.event(0, "u8", "d1", type="identify")
        world.event(5, None, "d1")
        world.event(6, "u9", "d1", type="identify")

        assert world.owner(user("u8")) == [("u8", "itself")]
        assert world.owner(user("u9")) == [("u9", "itself")]
        assert {reason for _, reason in world.owner(device("d1"))} == {"shared_device"}

    def test_a_second_device_is_the_same_persons(self) -> None:
        world = World()
        world.event(0, "u1", "d1")
        world.event(1, "u1", "d2")

        assert world.people() == {"u1": {"user_id:u1", "anonymous_id:d1", "anonymous_id:d2"}}

    def test_a_new_installation_is_found_by_the_hardware_of_one_person(self) -> None:
        world = World()
        world.event(0, "u1", "d1", hardware="h1")
        world.event(9, None, "d2", hardware="h1")

        assert world.owner(device("d2")) == [("u1", "same_device")]

    def test_hardware_that_two_people_used_says_nothing(self) -> None:
        world = World()
        world.event(0, "u1", "d1", hardware="h1")
        world.event(1, "u2", "d2", hardware="h1")
        world.event(9, None, "d3", hardware="h1")

        assert world.owner(device("d3")) == []

    def test_hardware_of_a_shared_device_says_nothing(self) -> None:
        world = World()
        world.event(0, "u1", "d1", hardware="h1")
        world.event(1, "u2", "d1", hardware="h1")
        world.event(9, None, "d2", hardware="h1")

        assert world.owner(device("d2")) == []


class TestEmails:
    def test_an_address_given_before_login_links_when_it_is_one_persons(self) -> None:
        world = World()
        world.event(0, None, "d2", email="Ann@Example.com ")
        world.event(9, "u1", "d1", traits={"email": "ann@example.com"}, type="identify")

        assert world.owner(device("d2")) == [("u1", "email_capture")]

    def test_an_address_of_two_people_goes_to_review_and_links_nothing(self) -> None:
        world = World()
        world.event(0, None, "d3", email="family@example.com")
        world.event(1, "u1", "d1", email="family@example.com")
        world.event(2, "u2", "d2", email="family@example.com")

        assert world.owner(device("d3")) == []
        assert world.owner(email("family@example.com")) == []
        assert world.conflicts() == [
            ("ambiguous_email", "anonymous_id:d3", "user_id:u1", "open"),
            ("ambiguous_email", "anonymous_id:d3", "user_id:u2", "open"),
            ("shared_email", "user_id:u1", "user_id:u2", "open"),
        ]

    def test_a_changed_address_stays_as_history_and_pulls_nobody_in(self) -> None:
        world = World()
        world.event(0, "u1", "d1", email="old@example.com")
        world.event(10, "u1", "d1", email="new@example.com")
        world.event(20, "u2", "d2", email="old@example.com")

        assert world.people() == {
            "u1": {
                "user_id:u1",
                "anonymous_id:d1",
                "email:old@example.com",
                "email:new@example.com",
            },
            "u2": {"user_id:u2", "anonymous_id:d2", "email:old@example.com"},
        }
        history = (
            "SELECT user_id, valid_from, valid_to FROM identity_map WHERE value = ? ORDER BY 2"
        )
        assert world.rows(history, "old@example.com") == [
            ("u1", at(0), at(10)),
            ("u2", at(20), None),
        ]
        assert world.rows(history, "new@example.com") == [("u1", at(10), None)]
        assert world.conflicts() == []

    def test_an_address_that_changed_hands_links_a_visitor_to_who_had_it_then(self) -> None:
        world = World()
        world.event(0, "u1", "d1", email="old@example.com")
        world.event(5, None, "d3", email="old@example.com")
        world.event(10, "u1", "d1", email="new@example.com")
        world.event(20, "u2", "d2", email="old@example.com")
        world.event(25, None, "d4", email="old@example.com")

        assert world.owner(device("d3")) == [("u1", "email_capture")]
        assert world.owner(device("d4")) == [("u2", "email_capture")]

    def test_a_sign_in_counts_more_than_an_address(self) -> None:
        world = World()
        world.event(0, "u1", "d1", email="ann@example.com")
        world.event(1, None, "d2", email="ann@example.com")
        world.event(2, "u2", "d2")

        assert world.owner(device("d2")) == [("u2", "single_owner_device")]


class TestAliases:
    def test_an_alias_merges_two_user_ids_into_the_one_seen_first(self) -> None:
        world = World()
        world.event(0, "old", "d1")
        world.alias(5, "old", "new")
        world.event(6, "new", "d2")

        assert world.people() == {
            "old": {"user_id:old", "user_id:new", "anonymous_id:d1", "anonymous_id:d2"}
        }
        assert world.owner(user("new")) == [("old", "alias")]

    @pytest.mark.parametrize("order", [("ab", "bc", "ca"), ("ca", "ab", "bc"), ("bc", "ca", "ab")])
    def test_chains_and_cycles_of_aliases_have_one_canonical_id(self, order: tuple[str]) -> None:
        world = World()
        for previous, following in order:
            world.alias("abc".index(previous), previous, following)

        assert world.people() == {"a": {"user_id:a", "user_id:b", "user_id:c"}}

    def test_ids_seen_at_once_are_ordered_by_name(self) -> None:
        world = World()
        world.alias(0, "zoe", "amy")

        assert world.owner(user("zoe")) == [("amy", "alias")]

    def test_a_previous_id_that_is_a_devices_is_a_sign_in_and_never_a_person(self) -> None:
        world = World()
        world.event(0, None, "d1")
        world.alias(1, "d1", "u1")
        world.alias(2, "d1", "u2")

        assert world.people() == {
            "u1": {"user_id:u1", "anonymous_id:d1"},
            "u2": {"user_id:u2", "anonymous_id:d1"},
        }

    def test_an_alias_of_an_id_to_itself_says_nothing(self) -> None:
        world = World()
        world.alias(0, "u1", "u1")

        assert world.people() == {"u1": {"user_id:u1"}}


class TestJunk:
    @pytest.mark.parametrize(
        "junk", ["null", "0", "undefined", '"None"', "000-00", "[object Object]"]
    )
    def test_an_id_that_stands_for_nobody_is_ignored_and_counted(self, junk: str) -> None:
        world = World()
        for minute in range(3):
            world.event(minute, junk, f"d{minute}", type="identify")

        assert world.people() == {}
        assert world.rows("SELECT * FROM identity_ignored") == [("user_id", junk, 3)]

    def test_a_test_address_links_nobody(self) -> None:
        world = World()
        world.event(0, "u1", "d1", email="test@test.com")
        world.event(1, None, "d2", email="test@test.com")

        assert world.people() == {"u1": {"user_id:u1", "anonymous_id:d1"}}
        assert world.rows("SELECT * FROM identity_ignored") == [("email", "test@test.com", 2)]

    def test_ids_that_the_loader_left_out_are_listed_too(self) -> None:
        world = World()
        world.event(0, None, "d1", ignored_ids="null")
        world.event(1, None, "d1", ignored_ids="null, 0")
        world.resolve()

        assert world.rows("SELECT * FROM identity_ignored ORDER BY 2") == [
            ("id", "0", 1),
            ("id", "null", 2),
        ]


class TestOverMerge:
    def test_a_person_is_frozen_at_the_limit_and_what_is_beyond_goes_to_review(self) -> None:
        world = World(ids_per_person=4)
        for minute in range(6):
            world.event(minute, "u1", f"d{minute}")

        assert world.people() == {
            "u1": {"user_id:u1", "anonymous_id:d0", "anonymous_id:d1", "anonymous_id:d2"}
        }
        assert world.conflicts() == [
            ("over_limit", "user_id:u1", f"anonymous_id:d{n}", "open") for n in (3, 4, 5)
        ]

    def test_too_many_aliases_stop_at_the_limit_with_the_message_as_evidence(self) -> None:
        world = World(user_ids_per_person=3)
        messages = [world.alias(n, f"u{n}", f"u{n + 1}") for n in range(4)]
        world.resolve()

        people = world.people()
        assert people == {
            "u0": {"user_id:u0", "user_id:u1", "user_id:u2"},
            "u3": {"user_id:u3", "user_id:u4"},
        }
        assert world.rows("SELECT kind, a, b, evidence ->> '$.alias' FROM identity_conflicts") == [
            ("over_limit", "user_id:u3", "user_id:u2", messages[2])
        ]

    def test_a_rule_of_a_person_may_exceed_the_limit(self) -> None:
        world = World(ids_per_person=2)
        for minute in range(3):
            world.event(minute, "u1", f"d{minute}")
        world.rule("merge", user("u1"), device("d2"))
        world.resolve()

        assert world.owner(device("d2")) == [("u1", "merge_rule")]


class TestRules:
    @pytest.fixture
    def world(self) -> World:
        world = World()
        world.event(0, "a", "d1", email="a@example.com")
        world.alias(1, "a", "b")
        world.event(2, "b", "d2")
        world.alias(3, "b", "c")
        world.event(4, "x", "d9")
        world.resolve()
        return world

    def test_a_merge_rule_joins_two_people_and_withdrawing_it_restores_the_former_state(
        self, world: World
    ) -> None:
        before = world.content()
        rule = world.rule("merge", user("x"), user("c"))

        assert world.owner(user("x")) == [("a", "merge_rule")]

        world.withdraw(rule)
        world.resolve()
        assert world.content() == before

    @pytest.mark.parametrize("apart", [("a", "b"), ("a", "c"), ("b", "c")])
    def test_an_unmerge_parts_two_ids_and_withdrawing_it_restores_the_former_state(
        self, world: World, apart: tuple[str, str]
    ) -> None:
        before = world.content()
        rule = world.rule("block", user(apart[0]), user(apart[1]))

        assert world.owner(user(apart[0])) != world.owner(user(apart[1]))
        assert len(world.people()) == 3

        world.withdraw(rule)
        world.resolve()
        assert world.content() == before

    def test_a_device_may_be_taken_from_its_only_owner(self, world: World) -> None:
        before = world.content()
        rule = world.rule("block", user("x"), device("d9"))

        assert world.owner(device("d9")) == []

        world.withdraw(rule)
        world.resolve()
        assert world.content() == before

    def test_a_device_that_a_person_gave_to_somebody_is_not_shared(self) -> None:
        world = World()
        for minute, who in enumerate(["u1", None, "u2"]):
            world.event(minute, who, "d1")
        world.rule("merge", device("d1"), user("u1"))

        assert world.owner(device("d1")) == [("u1", "merge_rule")]
        assert world.people().keys() == {"u1", "u2"}

    def test_of_two_rules_about_a_pair_the_later_one_holds(self, world: World) -> None:
        world.rule("merge", user("x"), user("a"))
        world.rule("block", user("a"), user("x"))
        assert world.owner(user("x")) == [("x", "itself")]

        world.rule("merge", user("x"), user("a"))
        assert world.owner(user("x")) == [("a", "merge_rule")]

    def test_people_who_share_an_address_and_were_ruled_apart_are_settled(self) -> None:
        world = World()
        world.event(1, "u1", "d1", email="family@example.com")
        world.event(2, "u2", "d2", email="family@example.com")
        world.rule("block", user("u1"), user("u2"))

        assert world.conflicts() == [("shared_email", "user_id:u1", "user_id:u2", "settled")]

    def test_people_who_share_an_address_and_were_merged_are_no_conflict(self) -> None:
        world = World()
        world.event(1, "u1", "d1", email="family@example.com")
        world.event(2, "u2", "d2", email="family@example.com")
        world.resolve()
        world.rule("merge", user("u1"), user("u2"))

        assert world.conflicts() == []
        assert world.owner(email("family@example.com")) == [("u1", "email")]

    def test_a_rule_about_an_id_that_nobody_has_seen_waits(self, world: World) -> None:
        world.rule("merge", user("x"), user("later"))
        world.resolve()
        world.event(9, "later", "d7")

        assert world.owner(user("later")) == [("x", "merge_rule")]


class TestOrderOfArrival:
    def test_a_late_identify_gives_what_one_in_order_would_have_given(self) -> None:
        events = [
            {"minutes": 0, "device": "d1", "message_id": "a"},
            {"minutes": 1, "user_id": "u1", "device": "d1", "message_id": "b"},
            {"minutes": 2, "device": "d1", "message_id": "c"},
            {"minutes": 3, "user_id": "u2", "device": "d1", "message_id": "d"},
        ]
        in_order, late = World(), World()
        for event in events:
            in_order.event(**event)
        in_order.resolve()
        for event in (events[0], events[2], events[3], events[1]):
            late.event(**event)
            late.resolve()

        assert late.content() == in_order.content()


class TestEvidence:
    def test_a_chain_of_links_says_why_two_ids_are_one_person(self) -> None:
        world = World()
        world.event(0, "old", "d1", message_id="first")
        world.alias(5, "old", "new", message_id="second")
        world.event(6, "new", "d2", message_id="third")
        world.resolve()

        answer = why(world.cursor, "d1", "d2")

        assert (answer.same, answer.user_ids) == (True, ("old",))
        assert [link.source for link in answer.chain] == ["first", "second", "third"]
        assert answer.reasons[1] == (
            "an alias says that user_id:old is user_id:new (2026-06-01 00:05, second)"
        )

    def test_a_long_chain_is_told_in_five_links(self) -> None:
        world = World()
        for n in range(12):
            world.alias(n, f"u{n}", f"u{n + 1}")
        world.resolve()

        chain = why(world.cursor, "u0", "u12").chain

        assert [link.kind for link in chain] == ["alias", "alias", "more", "alias", "alias"]
        assert chain[2].events == 8
        assert (chain[2].a, chain[2].b) == ("user_id:u2", "user_id:u10")

    def test_two_people_of_one_device_are_told_what_they_share(self) -> None:
        world = World()
        world.event(0, "u1", "d1")
        world.event(1, "u2", "d1")
        world.resolve()

        answer = why(world.cursor, "u1", "u2")

        assert (answer.same, answer.chain) == (False, [])
        assert answer.reasons == ["both used anonymous_id:d1, which several people share"]

    def test_a_ruling_is_the_reason_that_keeps_two_apart(self) -> None:
        world = World()
        world.alias(0, "u1", "u2")
        world.rule("block", user("u1"), user("u2"))
        world.resolve()

        assert "are not one: said so" in why(world.cursor, "u1", "u2").reasons[0]


class TestClosure:
    def test_everything_of_a_person_is_reached_from_any_of_their_ids(self) -> None:
        world = World()
        world.event(0, "old", "d1", email="ann@example.com", hardware="h1")
        world.alias(1, "old", "new")
        world.event(2, None, "d2", hardware="h1")
        world.event(3, "other", "d3")
        world.resolve()
        whole = {"user_id:old", "user_id:new", "email:ann@example.com"}
        whole |= {"anonymous_id:d1", "anonymous_id:d2", "device_id:h1"}

        for text in ("old", "new", "d1", "d2", "email:Ann@example.com", "device_id:h1"):
            assert {str(known.identifier) for known in closure(world.cursor, text)} == whole

    def test_what_is_shared_with_others_is_marked(self) -> None:
        world = World()
        world.event(0, "u1", "d1")
        world.event(1, "u2", "d1")
        world.resolve()

        assert [(str(k.identifier), k.shared) for k in closure(world.cursor, "u1")] == [
            ("user_id:u1", False),
            ("anonymous_id:d1", True),
        ]

    def test_a_shared_device_is_nobodys_name(self) -> None:
        world = World()
        world.event(0, "u1", "d1")
        world.event(1, "u2", "d1")
        world.resolve()

        with pytest.raises(PilothouseError) as refused:
            closure(world.cursor, "d1")
        assert refused.value.refusal.code == Code.AMBIGUOUS

    def test_a_visitor_who_never_signed_in_has_a_closure_too(self) -> None:
        world = World()
        world.event(0, None, "d1", email="ann@example.com")
        world.event(1, None, "d2", email="ann@example.com")
        world.resolve()

        person = person_of(world.cursor, "d1")

        assert person.user_id is None
        assert [str(known.identifier) for known in person.identifiers] == [
            "anonymous_id:d1",
            "anonymous_id:d2",
            "email:ann@example.com",
        ]

    def test_an_id_that_nobody_has_seen_is_refused(self) -> None:
        world = World()
        world.resolve()

        with pytest.raises(PilothouseError) as refused:
            closure(world.cursor, "who")
        assert refused.value.refusal.code == Code.UNKNOWN_USER

    def test_a_value_of_two_kinds_asks_which(self) -> None:
        world = World()
        world.event(0, "same", "other")
        world.event(1, "else", "same")
        world.resolve()

        with pytest.raises(PilothouseError, match="user_id:same"):
            closure(world.cursor, "same")
        assert closure(world.cursor, "user_id:same")[0].identifier == user("same")
