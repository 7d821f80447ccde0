"""A message that comes up at night waits for the morning of the place where its user is now."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from control import canaries, kill_switches, versions
from control.tables import outbox as outbox_table
from core.quiet_hours import released_at
from core.rules import Action, EligibilityRule, FrequencyCap, QuietHours
from deliver import outbox
from deliver.delivery import DeliveryReport, Outward, deliver
from deliver.destinations import mailbox
from deliver.destinations.mailbox import Mailbox
from deliver.messages import Message
from deliver.outbox import Intent, lease
from deliver.quiet_hours import count_later, in_quiet_hours
from deliver.recheck import Rulebook
from orchestrate.replay import replay
from tests.deliver.on_its_way import submitted
from tests.orchestrate.world import LOOKED, NOW, World, single

NIGHT = QuietHours(start="21:00", end="08:00")
EVENING = NOW.replace(hour=22)
MORNING = NOW.replace(hour=8) + timedelta(days=1)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def _decided(world: World, *, quiet: QuietHours | None = NIGHT, **user: Any) -> None:
    """One message to a user of London, decided at noon."""
    world.contact(quiet_hours=quiet)
    world.user("u1", **user)
    world.did("u1", "pricing_viewed")
    world.publish(single(world.catalog))
    world.cycle()


def _deliver(world: World, at: datetime) -> DeliveryReport:
    outward = Outward(world.mailbox)
    return deliver(world.store, world.warehouse, world.catalog, outward, clock=lambda: at)


def _row(world: World) -> dict[str, Any]:
    with world.store.read() as connection:
        (row,) = connection.execute(outbox_table.select())
    return dict(row._mapping)


def _sent_at(world: World) -> list[datetime]:
    return [one for (one,) in world.rows("SELECT sent_at FROM fct_messages ORDER BY 1")]


def test_a_late_message_waits_for_the_morning_as_if_nobody_had_claimed_it(world: World) -> None:
    _decided(world)

    late = _deliver(world, EVENING)

    assert (late.delivered, late.stopped, late.put_off, late.waiting) == (0, 0, 1, 1)
    row = _row(world)
    assert (row["state"], row["not_before"], row["attempts"]) == ("pending", MORNING, 0)
    assert (row["lease_owner"], row["lease_until"], row["reason"]) == (None, None, None)
    assert _deliver(world, MORNING - MINUTE).delivered == 0
    assert _deliver(world, MORNING).delivered == 1
    assert _sent_at(world) == [MORNING]


def test_a_user_who_changes_zone_while_the_message_is_queued_is_asked_where_they_are(
    world: World,
) -> None:
    _decided(world)
    world.warehouse.execute("UPDATE dim_users SET timezone = 'Asia/Tokyo'")

    assert _deliver(world, NOW + HOUR).put_off == 1  # 22:00 in Tokyo

    assert _row(world)["not_before"] == NOW.replace(hour=23)  # 08:00 there


def test_a_zone_that_does_not_exist_counts_as_the_fallback_at_sending(world: World) -> None:
    _decided(world, timezone="Mars/Base")

    assert _deliver(world, EVENING).put_off == 1
    assert _row(world)["not_before"] == MORNING


def test_without_a_fallback_a_zone_that_became_unknown_stops_the_message(world: World) -> None:
    _decided(world, quiet=NIGHT.model_copy(update={"fallback_zone": None}))
    world.warehouse.execute("UPDATE dim_users SET timezone = NULL")

    assert _deliver(world, NOW + HOUR).by_reason == {"TZ_UNKNOWN": 1}
    assert _row(world)["state"] == "cancelled"


def test_a_message_that_expires_before_the_morning_ends_with_quiet_hours_as_its_reason(
    world: World,
) -> None:
    world.contact(quiet_hours=NIGHT)
    world.user("u1")
    world.did("u1", "pricing_viewed")
    short = world.catalog.actions["upgrade_nudge"].model_copy(
        update={"expires_after_seconds": 20 * 3600}  # eight o'clock: too late to the second
    )
    world.publish(EligibilityRule(key="short", name="Short", condition=LOOKED, action=short))
    world.cycle()

    report = _deliver(world, EVENING)

    assert report.by_reason == {"QUIET_HOURS": 1}
    assert (_row(world)["state"], _row(world)["reason"]) == ("expired", "QUIET_HOURS")


@pytest.mark.parametrize(("message_class", "leaves"), [("transactional", True), ("service", False)])
def test_only_a_transactional_message_leaves_at_night(
    world: World, message_class: Any, leaves: bool
) -> None:
    world.contact(quiet_hours=NIGHT)
    world.user("u1")
    world.did("u1", "pricing_viewed")
    action = Action(key="note", name="Note", channels=("push",), message_class=message_class)
    world.publish(EligibilityRule(key="note", name="Note", condition=LOOKED, action=action))
    world.cycle()

    assert _deliver(world, EVENING).delivered == int(leaves)


def test_quiet_hours_that_are_declared_while_a_message_waits_hold_for_it(world: World) -> None:
    _decided(world, quiet=None)
    world.contact(quiet_hours=NIGHT)

    assert _deliver(world, EVENING).put_off == 1


def test_what_was_put_off_is_still_stopped_by_what_happens_meanwhile(world: World) -> None:
    _decided(world)
    _deliver(world, EVENING)
    for channel in ("push", "email"):
        world.consent("u1", channel, "withdrawn", days_ago=0)

    assert _deliver(world, MORNING).by_reason == {"NO_CONSENT": 1}


# Caps


def test_a_message_that_was_put_off_counts_for_the_day_on_which_it_leaves(world: World) -> None:
    _decided(world)
    _deliver(world, EVENING)
    world.contact(quiet_hours=NIGHT, caps=(FrequencyCap(key="day", n=1, calendar="day"),))
    other = world.catalog.actions["win_back"]
    world.publish(EligibilityRule(key="other", name="Other", condition=LOOKED, action=other))

    world.cycle(EVENING + HOUR)  # for tomorrow morning, as the one that waits

    assert world.reasons("other")["u1", "win_back"] == "CAP_REACHED"


def test_a_decision_whose_message_was_put_off_replays_as_it_was_made(world: World) -> None:
    _decided(world)
    _deliver(world, EVENING)

    told = replay(world.warehouse, _row(world)["decision_id"])

    assert told.is_equal
    assert next(one.not_before for one in told.recorded if one.not_before) == NOW


# Crashes


def test_a_crash_between_claim_and_putting_off_leaves_a_message_for_the_morning(
    world: World,
) -> None:
    _decided(world)
    lease(world.store, worker="dead", now=EVENING, limit=10)
    # Here the process dies. Its claim holds for a while, then somebody else looks.

    assert _deliver(world, EVENING + MINUTE).put_off == 0
    assert _deliver(world, EVENING + 3 * MINUTE).put_off == 1
    assert (_row(world)["attempts"], _row(world)["not_before"]) == (0, MORNING)
    assert _deliver(world, MORNING).delivered == 1


def test_a_crash_between_the_caps_and_the_outbox_is_made_good(world: World) -> None:
    _decided(world)
    (intent,) = lease(world.store, worker="dead", now=EVENING, limit=10)
    waiting = in_quiet_hours(
        [intent], _rulebook(world), world.warehouse, world.catalog, now=EVENING
    )
    count_later(world.warehouse, [intent], waiting)
    # Here the process dies: the warehouse counts it for tomorrow, the outbox still says leased.

    _deliver(world, EVENING + 3 * MINUTE)

    assert world.rows("SELECT counts_at FROM slots") == [(MORNING,)]
    assert (_row(world)["state"], _row(world)["not_before"]) == ("pending", MORNING)


def test_a_worker_that_lost_its_claim_neither_puts_off_nor_sends(world: World) -> None:
    _decided(world)
    (intent,) = lease(world.store, worker="slow", now=NOW, limit=1)
    lease(world.store, worker="quick", now=NOW + 5 * MINUTE, limit=1)

    until = {intent.intent_id: MORNING}
    assert outbox.put_off(world.store, until, worker="slow", now=EVENING) == 0
    assert not submitted(world.store, intent.intent_id, worker="slow", now=NOW)
    assert _row(world)["lease_owner"] == "quick"


def test_a_crash_after_the_destination_accepted_counts_as_sent_whatever_happens_since(
    world: World,
) -> None:
    _decided(world)
    (intent,) = lease(world.store, worker="w", now=NOW, limit=1)
    submitted(world.store, intent.intent_id, worker="w", now=NOW)
    letter = Message(
        intent.intent_id, intent.decision_id, "t", "u1", "email", "u1@example.com", "Hi", "there"
    )
    Mailbox(world.store, world.mailbox).send([letter], now=NOW)
    # Here the process dies. By the time somebody looks it is night, and consent is gone.
    world.consent("u1", "push", "withdrawn", days_ago=0)

    report = _deliver(world, EVENING)

    assert (report.delivered, report.stopped, report.put_off) == (1, 0, 0)
    assert _sent_at(world) == [NOW]
    assert len(mailbox.read(world.store)) == 1
    assert outbox.counts(world.store) == {"delivered": 1}


def test_a_crash_before_the_destination_accepted_is_one_more_attempt(world: World) -> None:
    _decided(world)
    (intent,) = lease(world.store, worker="w", now=NOW, limit=1)
    submitted(world.store, intent.intent_id, worker="w", now=NOW)
    # Here the process dies, and nothing has arrived.

    assert _deliver(world, NOW + 5 * MINUTE).delivered == 1
    assert (_row(world)["attempts"], len(mailbox.read(world.store))) == (2, 1)


# The flood of the morning


def test_what_waited_leaves_over_the_declared_spread_each_at_its_own_moment(world: World) -> None:
    world.contact(quiet_hours=NIGHT.model_copy(update={"spread_seconds": 3600}))
    for number in range(40):
        world.user(f"u{number}")
        world.did(f"u{number}", "pricing_viewed")
    world.publish(single(world.catalog))
    world.cycle(EVENING)

    at_eight = _deliver(world, MORNING)
    moments = [row.not_before for row in _rows(world)]
    by_half_past = _deliver(world, MORNING + HOUR / 2)
    at_nine = _deliver(world, MORNING + HOUR)

    assert at_eight.delivered < 5
    assert 8 <= by_half_past.delivered <= 32
    assert at_eight.delivered + by_half_past.delivered + at_nine.delivered == 40
    assert len(set(moments)) > 30
    assert all(MORNING <= moment < MORNING + HOUR for moment in moments)


def test_a_message_decided_by_day_is_not_spread(world: World) -> None:
    _decided(world, quiet=NIGHT.model_copy(update={"spread_seconds": 3600}))

    assert _deliver(world, NOW).delivered == 1


def test_a_moment_in_the_spread_is_always_the_same_and_never_quiet_or_too_late() -> None:
    quiet = QuietHours(start="08:10", end="08:00", spread_seconds=3600)
    given = {"zone": "UTC", "quiet": quiet, "before": datetime.max}

    moments = {released_at(MORNING, key=f"i{n}", **given) for n in range(200)}

    assert moments == {released_at(MORNING, key=f"i{n}", **given) for n in range(200)}
    assert all(MORNING <= moment < MORNING + 10 * MINUTE for moment in moments)
    soon = given | {"before": MORNING + MINUTE}
    assert all(released_at(MORNING, key=f"i{n}", **soon) < MORNING + MINUTE for n in range(200))


# Every zone


def _rows(world: World) -> list[Any]:
    with world.store.read() as connection:
        return list(connection.execute(outbox_table.select()))


def _rulebook(world: World) -> Rulebook:
    live = canaries.standing(world.store)
    return Rulebook(live, kill_switches.active(world.store), versions.audiences(world.store))


def _one_user_a_zone(world: World) -> list[str]:
    zones = sorted(zoneinfo.available_timezones())
    world.contact(quiet_hours=NIGHT)
    world.publish(single(world.catalog))
    world.warehouse.execute(
        "INSERT INTO dim_users (user_id, device_os, timezone, email) "
        "SELECT zone, 'ios', zone, zone || '@example.com' FROM (SELECT unnest($zones) AS zone)",
        {"zones": zones},
    )
    return zones


@cache
def _there(zone: str) -> ZoneInfo:
    return ZoneInfo(zone)


def _is_quiet(at: datetime, zone: str) -> bool:
    wall = at.replace(tzinfo=UTC).astimezone(_there(zone))
    return wall.hour >= 21 or wall.hour < 8


def test_nobody_in_any_zone_gets_a_late_message_at_night_as_clocks_change(world: World) -> None:
    _one_user_a_zone(world)
    world.warehouse.execute(
        "INSERT INTO fct_events (event_time, user_id, event_name) "
        "SELECT $at, user_id, 'pricing_viewed' FROM dim_users",
        {"at": NOW},
    )
    world.warehouse.execute(
        "INSERT INTO fct_consent SELECT user_id, 'marketing', 'push', 'granted', $at, $at, 'test' "
        "FROM dim_users",
        {"at": NOW},
    )
    eve = datetime(2026, 3, 28, 17)  # the clocks of Europe change at 01:00 UTC
    world.cycle(eve)
    with world.store.write() as connection:  # all of them are late: nothing waits any more
        connection.execute(outbox_table.update().values(not_before=eve))

    for half_hour in range(50):
        _deliver(world, eve + half_hour * HOUR / 2)

    sent = world.rows("SELECT sent_at, user_id FROM fct_messages")
    assert len(sent) == len(zoneinfo.available_timezones())
    assert [(at, zone) for at, zone in sent if _is_quiet(at, zone)] == []


def _changes(zones: list[str]) -> dict[datetime, list[str]]:
    """Every instant of three years at which clocks change, to the minute, and whose."""
    found: dict[datetime, list[str]] = {}
    for zone in zones:
        at = datetime(2025, 1, 1, tzinfo=UTC)
        before = at.astimezone(_there(zone)).utcoffset()
        while at < datetime(2028, 1, 1, tzinfo=UTC):
            later = at + timedelta(days=1)
            after = later.astimezone(_there(zone)).utcoffset()
            if after != before:
                found.setdefault(_to_the_minute(at, _there(zone)), []).append(zone)
            at, before = later, after
    return found


def _to_the_minute(day: datetime, info: ZoneInfo) -> datetime:
    low, high, before = day, day + timedelta(days=1), day.astimezone(info).utcoffset()
    while high - low > MINUTE:
        middle = (low + (high - low) / 2).replace(second=0, microsecond=0)
        if middle.astimezone(info).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(tzinfo=None)


@pytest.mark.slow
def test_the_look_before_sending_lets_nothing_out_in_quiet_hours_in_any_zone_in_three_years(
    world: World,
) -> None:
    """Each minute around every change where the clock changes, and everybody at that instant."""
    zones = _one_user_a_zone(world)
    far, changes, rulebook = datetime(2030, 1, 1), _changes(zones), _rulebook(world)
    given = ("c", "t", "next_best", 1, "upgrade_nudge")
    intents = {one: Intent(one, one, *given, one, "push", NOW, far, 0) for one in zones}
    asked = [(change, zones) for change in changes]
    for change, theirs in changes.items():
        asked += [(change + minute * MINUTE, theirs) for minute in range(-2, 3)]
        asked += [(change + hour * HOUR, theirs) for hour in range(-14, 13, 4)]
    assert len(zones) > 590
    assert len(changes) > 30

    wrong = []
    for moment, places in asked:
        ours = [intents[zone] for zone in places]
        told = in_quiet_hours(ours, rulebook, world.warehouse, world.catalog, now=moment)
        quiet = {zone for zone in places if _is_quiet(moment, zone)}
        wrong += [(moment, zone) for zone in quiet ^ told.until.keys()]
        wrong += [(at, zone) for zone, at in told.until.items() if _is_quiet(at, zone)]

    assert wrong == []
