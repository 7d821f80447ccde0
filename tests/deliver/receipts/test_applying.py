"""What receipts say becomes what is known of messages, intents and consent, in whatever order."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest
import sqlalchemy as sa

from control.delivery_tables import dispatches
from control.receipts import Fact, Kind, standing
from control.tables import outbox
from deliver.delivery import DeliveryReport, Outward, deliver
from tests.deliver.receipts.sent import (
    LATER,
    SENT,
    applied,
    decided,
    handed_over,
    known,
    message,
    state,
    told,
    withdrawn,
)
from tests.orchestrate.world import NOW, World

SECOND = timedelta(seconds=1)


def _fact(kind: Kind, seconds: float, intent: str | None, **more: str) -> Fact:
    at = SENT + timedelta(seconds=seconds)
    return Fact(kind, at, f"{intent} {kind} {seconds} {more}", intent, **more)


def _sent(world: World) -> DeliveryReport:
    outward = Outward(world.mailbox)
    return deliver(world.store, world.warehouse, world.catalog, outward, clock=lambda: LATER)


# Messages


def test_a_message_is_delivered_opened_and_clicked_when_its_provider_says_so(world: World) -> None:
    intents = decided(world, "u1")
    handed_over(world, intents)
    intent = intents["u1"]

    told(world, _fact("delivered", 2, intent))
    assert message(world, intent) == (SENT + 2 * SECOND, None, None, None)
    assert state(world, intent) == "delivered"

    told(world, _fact("opened", 60, intent), _fact("clicked", 65, intent))
    assert message(world, intent) == (
        SENT + 2 * SECOND,
        SENT + 60 * SECOND,
        SENT + 65 * SECOND,
        None,
    )


def test_every_order_of_the_same_receipts_comes_to_the_same(world: World) -> None:
    users = [f"u{number}" for number in range(24)]
    intents = decided(world, *users)
    handed_over(world, intents)

    for user, order in zip(users, permutations(range(4)), strict=True):
        facts = [
            _fact("delivered", 2, intents[user]),
            _fact("opened", 60, intents[user]),
            _fact("opened", 30, intents[user], reason="again"),
            _fact("clicked", 65, intents[user]),
        ]
        for place in order:
            told(world, facts[place])

    moments = tuple(SENT + seconds * SECOND for seconds in (2, 30, 65))
    assert {message(world, intent) for intent in intents.values()} == {(*moments, None)}


def test_an_open_that_is_told_before_the_delivery_proves_it_was_delivered(world: World) -> None:
    intents = decided(world, "u1")
    handed_over(world, intents)

    told(world, _fact("opened", 60, intents["u1"]))
    assert state(world, intents["u1"]) == "delivered"
    told(world, _fact("delivered", 2, intents["u1"]))

    assert message(world, intents["u1"])[:2] == (SENT + 2 * SECOND, SENT + 60 * SECOND)


def test_a_click_without_an_open_is_an_open_as_well(world: World) -> None:
    intents = decided(world, "u1")
    handed_over(world, intents)

    told(world, _fact("clicked", 9, intents["u1"]))

    assert message(world, intents["u1"]) == (*[SENT + 9 * SECOND] * 3, None)


def test_a_bounced_message_was_not_delivered_and_says_why(world: World) -> None:
    intents = decided(world, "u1")
    handed_over(world, intents)

    told(world, _fact("bounced", 3, intents["u1"], reason="550 no such mailbox"))

    assert message(world, intents["u1"]) == (None, None, None, "550 no such mailbox")
    assert state(world, intents["u1"]) == "bounced"


@pytest.mark.parametrize(
    ("first", "second", "ends"),
    [
        (("delivered", 2), ("bounced", 90), "bounced"),
        (("bounced", 90), ("delivered", 2), "bounced"),
        (("bounced", 2), ("delivered", 90), "delivered"),
        (("delivered", 90), ("bounced", 2), "delivered"),
        (("opened", 5), ("bounced", 90), "delivered"),
        (("bounced", 90), ("opened", 5), "delivered"),
    ],
)
def test_what_happened_later_holds_whenever_it_is_told(
    world: World, first: tuple[Kind, float], second: tuple[Kind, float], ends: str
) -> None:
    intents = decided(world, "u1")
    handed_over(world, intents)

    told(world, _fact(*first, intents["u1"]))
    told(world, _fact(*second, intents["u1"]))

    assert state(world, intents["u1"]) == ends
    assert (message(world, intents["u1"])[3] is not None) == (ends == "bounced")


def test_a_receipt_that_came_before_the_send_was_written_down_waits_for_it(world: World) -> None:
    intents = decided(world, "u1")
    handed_over(world, intents, state="submitted")

    assert told(world, _fact("delivered", 1, intents["u1"])).waiting == 1
    assert state(world, intents["u1"]) == "submitted"
    with world.store.write() as connection:
        connection.exec_driver_sql("UPDATE outbox SET state = 'accepted'")
    known(world, intents)

    assert applied(world).applied == 1
    assert message(world, intents["u1"])[0] == SENT + SECOND
    assert state(world, intents["u1"]) == "delivered"


def test_a_receipt_of_an_unknown_message_is_kept_counted_and_applied_when_it_appears(
    world: World,
) -> None:
    assert told(world, _fact("delivered", 1, "not-here-yet")).waiting == 1
    assert applied(world).waiting == 1

    (here,) = standing(world.store)
    assert (here.destination, here.counts, here.waiting) == ("mail", {"new": 1}, 1)


def test_a_receipt_that_says_the_same_again_is_counted_and_changes_nothing(world: World) -> None:
    intents = decided(world, "u1")
    handed_over(world, intents)

    for _ in range(3):
        told(world, _fact("opened", 9, intents["u1"]))

    (here,) = standing(world.store)
    assert (here.counts, here.waiting) == ({"new": 1, "duplicate": 2}, 0)


def test_a_moment_that_is_still_to_come_is_the_moment_it_was_told(world: World) -> None:
    intents = decided(world, "u1")
    handed_over(world, intents)

    told(world, _fact("delivered", 86_400, intents["u1"]))

    assert message(world, intents["u1"])[0] == LATER


def test_an_intent_that_nobody_could_tell_of_is_settled_by_its_receipt(world: World) -> None:
    intents = decided(world, "u1")
    handed_over(world, intents, state="ambiguous")

    assert told(world, _fact("delivered", 5, intents["u1"])).waiting == 1
    assert state(world, intents["u1"]) == "accepted"
    with world.store.read() as connection:
        row = connection.exec_driver_sql("SELECT outcome, accepted_at FROM dispatches").one()
    assert row[0] == "accepted"
    assert str(row[1]).startswith(SENT.isoformat(" "))
    known(world, intents)  # which sending does with whatever is accepted

    assert applied(world).applied == 1
    assert state(world, intents["u1"]) == "delivered"


def _dispatched(world: World, state: str, outcome: str) -> str:
    intents = decided(world, "u1")
    handed_over(world, intents, state="ambiguous")
    with world.store.write() as connection:
        connection.execute(sa.update(outbox).values(state=state))
        connection.execute(sa.update(dispatches).values(outcome=outcome))
    return intents["u1"]


@pytest.mark.parametrize(
    ("where", "outcome", "kind", "ends"),
    [
        ("cancelled", "open", "delivered", "accepted"),
        ("cancelled", "clear", "delivered", "cancelled"),
        ("expired", "open", "opened", "accepted"),
        ("pending", "clear", "delivered", "accepted"),
        ("pending", "clear", "bounced", "pending"),
        ("rejected", "rejected", "bounced", "rejected"),
        ("leased", "open", "delivered", "leased"),
    ],
)
def test_what_was_given_up_or_taken_for_lost_counts_as_sent_once_it_is_told_of(
    world: World, where: str, outcome: str, kind: Kind, ends: str
) -> None:
    intent = _dispatched(world, where, outcome)

    told(world, _fact(kind, 5, intent))

    assert state(world, intent) == ends


def test_a_message_is_known_by_the_name_that_its_provider_gave_it(world: World) -> None:
    intents = decided(world, "u1")
    handed_over(world, intents, provider_id="sid-1")

    told(world, _fact("delivered", 5, None, provider_id="sid-1"))

    assert state(world, intents["u1"]) == "delivered"


def test_a_name_that_messages_share_counts_together_with_the_user_alone(world: World) -> None:
    intents = decided(world, "u1", "u2")
    handed_over(world, intents, provider_id="dispatch-1")

    told(world, _fact("opened", 5, None, provider_id="dispatch-1"))
    assert {state(world, one) for one in intents.values()} == {"accepted"}
    told(world, _fact("opened", 6, None, provider_id="dispatch-1", user_id="u2"))

    assert state(world, intents["u1"]) == "accepted"
    assert state(world, intents["u2"]) == "delivered"


def test_a_name_of_another_destination_is_another_name(world: World) -> None:
    intents = decided(world, "u1")
    handed_over(world, intents, provider_id="sid-1")

    assert told(world, _fact("delivered", 5, None, provider_id="sid-1"), by="other").waiting == 1
    assert state(world, intents["u1"]) == "accepted"


@pytest.mark.parametrize("state_before", ["accepted", "ambiguous"])
def test_nobody_tells_what_became_of_another_destinations_message(
    world: World, state_before: str
) -> None:
    intents = decided(world, "u1")
    handed_over(world, intents, state=state_before)
    intent = intents["u1"]

    assert told(world, _fact("bounced", 5, intent), by="other").waiting == 1
    assert state(world, intent) == state_before
    if state_before == "ambiguous":
        known(world, intents)
    told(world, _fact("delivered", 3, intent))
    applied(world)

    assert message(world, intent) == (SENT + 3 * SECOND, None, None, None)
    assert state(world, intent) == "delivered"


def test_an_opt_out_told_of_another_destinations_message_is_nobodys(world: World) -> None:
    intents = decided(world, "u1")
    handed_over(world, intents)

    done = told(world, _fact("unsubscribed", 5, intents["u1"]), by="other")

    assert (done.withdrawn, done.waiting) == (0, 1)
    assert withdrawn(world) == []


# Consent


@pytest.mark.parametrize("kind", ["unsubscribed", "complained"])
def test_an_opt_out_withdraws_the_purpose_of_the_channel_at_once(world: World, kind: Kind) -> None:
    intents = decided(world, "u1")
    handed_over(world, intents)

    done = told(world, _fact(kind, 60, intents["u1"]))

    assert done.withdrawn == 1
    assert withdrawn(world) == [
        ("u1", "marketing", "push", SENT + 60 * SECOND, f"mail: {kind}"),
    ]


def test_an_opt_out_stops_the_message_that_was_about_to_leave(world: World) -> None:
    intents = decided(world, "u1")

    told(world, _fact("unsubscribed", 1, intents["u1"]))

    assert _sent(world).by_reason == {"NO_CONSENT": 1}


def test_after_an_opt_out_the_next_decision_takes_another_channel_or_none(world: World) -> None:
    intents = decided(world, "u1")
    told(world, _fact("complained", 1, intents["u1"]))

    world.cycle(NOW + timedelta(days=30))

    sent = "SELECT DISTINCT channel FROM decisions WHERE outcome = 'selected' AND decided_at > $at"
    rows = world.warehouse.fetch(sent, {"at": LATER}).rows
    assert rows in ([], [("email",)])


def test_somebody_who_writes_stop_is_known_by_their_address(world: World) -> None:
    world.user("u1", email="Zoe@Example.com")
    stop = Fact("unsubscribed", SENT, "m1", address="zoe@example.com", channel="email")

    told(world, stop)

    assert withdrawn(world) == [("u1", "marketing", "email", SENT, "mail: unsubscribed")]
    with world.store.read() as connection:
        kept = connection.exec_driver_sql("SELECT user_id, address FROM receipts").one()
    assert tuple(kept) == ("u1", None)


def test_an_opt_out_of_somebody_unknown_waits_until_they_are_known(world: World) -> None:
    stop = Fact("unsubscribed", SENT, "m1", user_id="u7", channel="sms")

    assert told(world, stop).waiting == 1
    world.user("u7")

    assert applied(world).withdrawn == 1
    assert withdrawn(world)[0][:3] == ("u7", "marketing", "sms")


def test_where_the_team_records_consent_elsewhere_an_opt_out_is_kept_beside_it(
    world: World,
) -> None:
    intents = decided(world, "u1")
    world.warehouse.execute("ALTER TABLE fct_consent RENAME TO theirs")
    world.warehouse.execute("CREATE VIEW fct_consent AS SELECT * FROM theirs")

    for _ in range(2):
        told(world, _fact("unsubscribed", 1, intents["u1"]))
        with world.store.write() as connection:
            connection.exec_driver_sql("UPDATE receipts SET applied_at = NULL")

    assert _sent(world).by_reason == {"NO_CONSENT": 1}
    assert withdrawn(world) == []
    kept = world.rows("SELECT user_id, channel, status, source FROM consent_withdrawn")
    assert kept == [("u1", "push", "withdrawn", "mail: unsubscribed")]


def test_consent_given_after_an_opt_out_holds_whenever_the_opt_out_is_told(world: World) -> None:
    world.user("u1")
    world.consent("u1", "email", "granted", days_ago=0)
    earlier = NOW - timedelta(days=1)

    told(world, Fact("unsubscribed", earlier, "m1", user_id="u1", channel="email"))

    world.did("u1", "pricing_viewed")
    assert withdrawn(world)[0][3] == earlier


def test_a_crash_between_warehouse_and_control_store_writes_nothing_twice(world: World) -> None:
    intents = decided(world, "u1")
    handed_over(world, intents)
    told(world, _fact("opened", 9, intents["u1"]), _fact("unsubscribed", 10, intents["u1"]))
    with world.store.write() as connection:
        connection.exec_driver_sql("UPDATE receipts SET applied_at = NULL")

    assert applied(world).applied == 2

    assert len(withdrawn(world)) == 1
    assert message(world, intents["u1"])[1] == SENT + 9 * SECOND
