"""Two users with one address get the same message once."""

from __future__ import annotations

from datetime import timedelta

from control.tables import outbox as outbox_table
from core.rules import EligibilityRule
from deliver.delivery import DeliveryReport, Outward, deliver
from tests.orchestrate.world import LOOKED, NOW, World

LATER = NOW + timedelta(hours=1)


def _by_email(world: World, *addresses: str | None, key: str = "letter") -> None:
    for number, address in enumerate(addresses, start=1):
        world.user(f"u{number}", email=address)
        world.did(f"u{number}", "pricing_viewed")
    action = world.catalog.actions["upgrade_nudge"]
    action = action.model_copy(update={"channels": ("email",)})
    world.publish(EligibilityRule(key=key, name=key, condition=LOOKED, action=action))
    world.cycle()


def _deliver(world: World, at: object = LATER) -> DeliveryReport:
    outward = Outward(world.mailbox)
    return deliver(world.store, world.warehouse, world.catalog, outward, clock=lambda: at)


def test_a_shared_address_gets_a_message_once_and_both_decisions_are_kept(world: World) -> None:
    _by_email(world, "Home@example.com", " home@EXAMPLE.com ", "other@example.com")

    report = _deliver(world)

    assert report.delivered == 2
    assert report.by_reason == {"DUPLICATE_INTENT": 1}
    assert world.rows("SELECT COUNT(*) FROM decisions WHERE reason_code = 'SELECTED'") == [(3,)]


def test_a_message_that_left_earlier_for_the_other_user_counts_too(world: World) -> None:
    _by_email(world, "home@example.com", "home@example.com")
    with world.store.write() as connection:
        first = outbox_table.c.user_id == "u1"
        connection.execute(outbox_table.update().where(first).values(not_before=LATER))

    early = _deliver(world, NOW)
    late = _deliver(world, LATER)

    assert (early.delivered, late.by_reason) == (1, {"DUPLICATE_INTENT": 1})


def test_while_it_is_valid_the_address_does_not_get_it_for_the_other_user(world: World) -> None:
    _by_email(world, "home@example.com", "home@example.com")
    _deliver(world)
    world.cycle(NOW + timedelta(days=1))  # u2 is decided on again, as their place was given back

    report = _deliver(world, NOW + timedelta(days=1))

    assert report.by_reason == {"DUPLICATE_INTENT": 1}


def test_another_message_for_the_other_user_still_leaves(world: World) -> None:
    _by_email(world, "home@example.com", "home@example.com")
    _deliver(world)
    action = world.catalog.actions["win_back"].model_copy(update={"channels": ("email",)})
    world.publish(EligibilityRule(key="more", name="More", condition=LOOKED, action=action))
    world.cycle(NOW + timedelta(days=1))

    _deliver(world, NOW + timedelta(days=1))

    sent = world.rows("SELECT action_key, COUNT(*) FROM fct_messages GROUP BY 1 ORDER BY 1")
    assert sent == [("upgrade_nudge", 1), ("win_back", 1)]


def test_users_without_an_address_share_none(world: World) -> None:
    _by_email(world, None, None)

    assert _deliver(world).delivered == 0
