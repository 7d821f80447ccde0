"""The desk of a live process: every decision kept, no place given twice, nothing stale."""

from __future__ import annotations

import random
import resource
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from control.people import get
from control.store import Store
from core.conditions import AsOf, Filter, Op, Related
from core.errors import Code, PilothouseError
from core.reasons import REASONS
from core.rules import EligibilityRule, FrequencyCap
from orchestrate import kill_switch
from orchestrate.live.desk import Desk, Kept
from orchestrate.live.journal import Journal, pages
from orchestrate.live.unwritten import make_up
from orchestrate.replay import replay
from tests.orchestrate.world import NOW, World, policy, single
from warehouse.people import OWN_CONSENT, consent_to_write

DAY = 86_400
COLUMNS = "user_id, policy_key, policy_version, action_key, channel, outcome, reason_code, ghost"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "decisions"


@pytest.fixture
def desk(world: World, folder: Path) -> Iterator[Desk]:
    made = desk_of(world, folder)
    yield made
    made.close()


def desk_of(world: World, folder: Path) -> Desk:
    return Desk(world.store, world.warehouse, lambda: world.catalog, Journal(folder))


def ask(desk: Desk, user: str, at: datetime = NOW) -> Kept:
    told = desk.decide(user, lambda: at, trace_id="t")
    assert told is not None
    told.on_disk.result(10)
    return told


def reasons(told: Kept) -> dict[str, str]:
    """Action → reason code."""
    return {
        told.edition.candidates[one.number].entry.action.key: REASONS[one.reason].code
        for one in told.entry.decisions
    }


def rows(world: World, where: str = "TRUE") -> list[tuple[object, ...]]:
    return world.rows(f"SELECT {COLUMNS} FROM decisions WHERE {where} ORDER BY ALL")


def trained(world: World, *users: str) -> None:
    for user in users:
        world.user(user)
        world.did(user, "workout_completed")


def test_users_decided_on_alone_get_what_a_cycle_decides(world: World, folder: Path) -> None:
    trained(world, "a", "b", "c")
    world.did("b", "pricing_viewed")
    world.ticket("c")
    world.user("denied", consent="denied")
    world.did("denied", "pricing_viewed")
    world.contact(caps=(FrequencyCap(key="week", n=1, window_seconds=7 * DAY),))
    world.publish(policy(world.catalog, hit_policy="top_k", k=2))
    desk = desk_of(world, folder)
    for user in ("a", "b", "c", "denied"):
        ask(desk, user)
    desk.close()
    alone = rows(world)
    world.warehouse.execute("DELETE FROM decisions")
    world.warehouse.execute("DELETE FROM slots")

    world.cycle()

    assert alone
    assert rows(world) == alone


def test_a_decision_has_its_record_its_place_and_its_message(
    world: World, desk: Desk, store: Store
) -> None:
    trained(world, "a")
    world.publish(policy(world.catalog))

    assert reasons(ask(desk, "a")) == {"second_workout_help": "SELECTED"}
    desk.write_out()

    ((decision, cycle),) = world.rows("SELECT decision_id, cycle_id FROM decisions")
    assert replay(world.warehouse, decision).is_equal
    assert world.rows("SELECT decision_id, counts_at FROM slots") == [(decision, NOW)]
    assert world.rows("SELECT decision_id, not_before FROM intents") == [(decision, NOW)]
    recorded = "SELECT action_key, reason_code FROM decision_records ORDER BY 1"
    assert world.rows(recorded) == [
        ("second_workout_help", "SELECTED"),
        ("support_follow_up", "INELIGIBLE"),
        ("upgrade_nudge", "INELIGIBLE"),
    ]
    with store.read() as connection:
        sent = connection.exec_driver_sql("SELECT decision_id, cycle_id, trace_id FROM outbox")
        assert sent.fetchall() == [(decision, cycle, "t")]


def test_who_asks_again_is_told_that_the_message_is_on_its_way(world: World, desk: Desk) -> None:
    trained(world, "a")
    world.publish(policy(world.catalog))

    told = [reasons(ask(desk, "a", NOW + timedelta(seconds=n))) for n in range(3)]
    desk.write_out()
    told.append(reasons(ask(desk, "a", NOW + timedelta(seconds=9))))

    again = {"second_workout_help": "DUPLICATE_INTENT"}
    assert told == [{"second_workout_help": "SELECTED"}, again, again, again]
    desk.write_out()
    assert len(rows(world)) == 4


def test_a_cycle_sees_every_decision_that_was_made_before_it(world: World, desk: Desk) -> None:
    trained(world, "a", "b")
    world.contact(caps=(FrequencyCap(key="week", n=1, window_seconds=7 * DAY),))
    world.publish(policy(world.catalog))
    ask(desk, "a")

    report = world.cycle(NOW + timedelta(minutes=1))

    assert report.by_reason == {"SELECTED": 1, "CAP_REACHED": 1}
    assert reasons(ask(desk, "b", NOW + timedelta(minutes=2))) == {
        "second_workout_help": "CAP_REACHED"
    }


def test_the_last_place_under_a_cap_is_given_once_however_many_decide(
    world: World, desk: Desk
) -> None:
    users = [f"u{number}" for number in range(12)]
    trained(world, *users)
    world.contact(caps=(FrequencyCap(key="week", n=1, window_seconds=7 * DAY),))
    world.publish(policy(world.catalog))
    ticks = iter(range(1_000_000))
    guard = threading.Lock()

    def clock() -> datetime:
        with guard:
            return NOW + timedelta(milliseconds=next(ticks))

    def work(seed: int) -> None:
        dice = random.Random(seed)
        for number in range(10):
            if seed == 0 and number % 3 == 0:
                world.cycle(clock())
            elif dice.random() < 0.1:
                desk.once()
            else:
                desk.decide(dice.choice(users), clock, trace_id=f"{seed}.{number}")

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(work, seed) for seed in range(4)]:
            done.result()
    desk.once()

    granted = world.rows("SELECT user_id, COUNT(*) FROM slots GROUP BY user_id")
    assert sorted(granted) == [(user, 1) for user in sorted(users)]


def test_a_process_that_was_killed_loses_no_decision_that_was_told(
    world: World, folder: Path
) -> None:
    trained(world, "a", "b")
    world.publish(policy(world.catalog))
    killed = desk_of(world, folder)
    told = [ask(killed, user) for user in ("a", "b", "a")]
    assert rows(world) == []

    assert make_up(world.store, world.warehouse, folder) == len(told)
    assert make_up(world.store, world.warehouse, folder) == 0

    assert sorted((row[0], row[6]) for row in rows(world)) == [
        ("a", "DUPLICATE_INTENT"), ("a", "SELECTED"), ("b", "SELECTED"),
    ]  # fmt: skip
    assert not pages(folder)
    for (decision,) in world.rows("SELECT decision_id FROM decisions"):
        assert replay(world.warehouse, decision).is_equal


def test_a_process_that_was_killed_while_it_wrote_writes_nothing_twice(
    world: World, folder: Path
) -> None:
    trained(world, "a")
    world.publish(policy(world.catalog))
    killed = desk_of(world, folder)
    ask(killed, "a")
    left = {page.name: page.read_bytes() for page in pages(folder)}
    killed.write_out()
    for name, content in left.items():
        (folder / name).write_bytes(content + b'{"entry": {"cut off')

    make_up(world.store, world.warehouse, folder)

    assert len(rows(world)) == 1
    assert len(world.rows("SELECT 1 FROM intents")) == 1


def change_of_consent(world: World) -> None:
    world.consent("a", "push", "withdrawn", days_ago=0)
    world.consent("a", "email", "withdrawn", days_ago=0)


def switch(world: World) -> None:
    ada = get(world.store, "ada@demo")
    kill_switch.kill(
        world.store, "action", "second_workout_help", person=ada, reason="wrong text", now=NOW
    )


def opt_out_beside_the_teams_own_record(world: World) -> None:
    with world.warehouse.cursor() as cursor:
        cursor.execute("ALTER TABLE fct_consent RENAME TO theirs")
        cursor.execute("CREATE VIEW fct_consent AS SELECT * FROM theirs")
        assert consent_to_write(cursor, world.catalog) == OWN_CONSENT
        cursor.execute(
            "INSERT INTO consent_withdrawn BY NAME "
            "SELECT * REPLACE ('withdrawn' AS status, $now AS effective_at) FROM theirs",
            {"now": NOW},
        )


def other_rules(world: World) -> None:
    world.publish(single(world.catalog, key="next_best"))


@pytest.mark.parametrize(
    ("change", "then"),
    [
        (change_of_consent, {"second_workout_help": "NO_CONSENT"}),
        (opt_out_beside_the_teams_own_record, {"second_workout_help": "NO_CONSENT"}),
        (switch, {"second_workout_help": "KILLED"}),
        (other_rules, {}),
        (lambda world: world.ticket("a"), {
            "second_workout_help": "LOWER_PRIORITY", "support_follow_up": "SELECTED",
        }),
        (lambda world: world.did("a", "pricing_viewed"), {
            "second_workout_help": "DUPLICATE_INTENT", "upgrade_nudge": "LOWER_PRIORITY",
        }),
    ],
)  # fmt: skip
def test_what_changed_is_seen_by_the_next_decision(
    world: World, desk: Desk, change: Callable[[World], None], then: dict[str, str]
) -> None:
    trained(world, "a")
    world.publish(policy(world.catalog))
    ask(desk, "a")

    change(world)

    assert reasons(ask(desk, "a", NOW + timedelta(seconds=1))) == then


def test_a_place_that_was_given_back_is_free_again(world: World, desk: Desk, store: Store) -> None:
    trained(world, "a")
    world.contact(caps=(FrequencyCap(key="week", n=1, window_seconds=7 * DAY),))
    world.publish(policy(world.catalog))
    ask(desk, "a")
    desk.write_out()
    with store.write() as connection:
        connection.exec_driver_sql("UPDATE outbox SET state = 'cancelled'")

    told = ask(desk, "a", NOW + timedelta(seconds=1))

    assert reasons(told) == {"second_workout_help": "SELECTED"}


def test_time_alone_changes_what_was_read_where_a_word_on_consent_takes_effect(
    world: World, desk: Desk
) -> None:
    trained(world, "a")
    world.user("b", consent=None)
    world.did("b", "workout_completed")
    world.consent("b", "push", "granted", days_ago=-1)
    world.publish(policy(world.catalog))

    told = [reasons(ask(desk, "b", NOW + timedelta(days=days))) for days in (0, 1)]

    assert told == [{"second_workout_help": "CONSENT_UNKNOWN"}, {"second_workout_help": "SELECTED"}]


def test_a_rule_about_the_moment_itself_is_decided_while_time_goes_on(
    world: World, desk: Desk
) -> None:
    world.user("a")
    world.ticket("a")
    before_now = Filter(column="created_at", op=Op.LT, value=AsOf())
    with_ticket = Related(entity="ticket", where=(before_now,), op=Op.GE, n=1)
    action = world.catalog.actions["support_follow_up"]
    rule = EligibilityRule(key="asked", name="Asked", condition=with_ticket, action=action)
    world.publish(rule)
    ticks = iter(range(1_000_000))

    def clock() -> datetime:
        return NOW + timedelta(milliseconds=next(ticks))

    one, again = (desk.decide("a", clock, trace_id="t") for _ in range(2))
    many = desk.decide_all(["a"], clock, trace_id="t")["a"]

    assert one is not None
    assert again is not None
    assert many is not None
    assert reasons(one) == {"support_follow_up": "SELECTED"}
    assert reasons(again) == reasons(many) == {"support_follow_up": "DUPLICATE_INTENT"}


def test_nobody_is_decided_on_who_is_no_user_of_their_own(world: World, desk: Desk) -> None:
    trained(world, "a")
    world.user("old", merged_into="a")
    world.publish(policy(world.catalog))

    for user in ("nobody", "old"):
        with pytest.raises(PilothouseError) as refused:
            ask(desk, user)
        assert refused.value.refusal.code is Code.UNKNOWN_USER
    assert desk.decide_all(["a", "old", "nobody"], lambda: NOW, trace_id="t").keys() == {"a"}


def test_what_was_sent_to_a_user_who_was_merged_counts_for_the_person(
    world: World, desk: Desk
) -> None:
    trained(world, "a", "old")
    world.contact(caps=(FrequencyCap(key="week", n=1, window_seconds=7 * DAY),))
    world.publish(policy(world.catalog))
    ask(desk, "old")
    world.warehouse.execute("UPDATE dim_users SET merged_into = 'a' WHERE user_id = 'old'")

    assert reasons(ask(desk, "a", NOW + timedelta(seconds=1))) == {
        "second_workout_help": "CAP_REACHED"
    }


def test_a_cap_that_puts_messages_off_is_left_to_the_engine(world: World, desk: Desk) -> None:
    trained(world, "b")
    world.publish(policy(world.catalog))
    cap = FrequencyCap(key="week", n=1, window_seconds=7 * DAY, on_exceed="defer")
    world.contact(caps=(cap,))

    assert desk.decide("b", lambda: NOW, trace_id="t") is None


def test_nothing_is_left_on_disk_of_a_user_who_is_to_be_forgotten(
    world: World, desk: Desk, folder: Path
) -> None:
    trained(world, "a", "b")
    world.publish(policy(world.catalog))
    ask(desk, "a")
    ask(desk, "b")
    assert b'"a"' in b"".join(page.read_bytes() for page in pages(folder))

    desk.forget(["a"])

    assert not pages(folder)
    assert [row[0] for row in rows(world)] == ["a", "b"]


def test_without_rules_nothing_is_considered(world: World, desk: Desk) -> None:
    world.user("a")

    assert reasons(ask(desk, "a")) == {}
    desk.write_out()
    assert rows(world) == []


def test_a_decision_that_could_not_be_kept_on_disk_sends_nothing_and_takes_no_place(
    world: World, desk: Desk, folder: Path, store: Store
) -> None:
    trained(world, "a", "b")
    world.contact(caps=(FrequencyCap(key="week", n=1, window_seconds=7 * DAY),))
    world.publish(policy(world.catalog))
    ask(desk, "b")
    desk.write_out()
    away = folder.rename(folder.with_name("away"))
    with pytest.raises(OSError, match="No such file"):
        ask(desk, "a")

    away.rename(folder)
    assert desk.write_out() == 0

    assert [row[0] for row in rows(world)] == ["b"]
    with store.read() as connection:
        sent = connection.exec_driver_sql("SELECT user_id FROM outbox").fetchall()
    assert sent == [("b",)]
    told = ask(desk, "a", NOW + timedelta(seconds=1))
    assert reasons(told) == {"second_workout_help": "SELECTED"}
    desk.write_out()
    assert [row[0] for row in rows(world)] == ["a", "b"]
    assert not pages(folder)


def test_what_was_kept_before_the_disk_was_full_is_written_and_what_came_then_is_not(
    world: World, desk: Desk, folder: Path
) -> None:
    trained(world, "a", "b")
    world.publish(policy(world.catalog))
    ask(desk, "a")
    (page,) = pages(folder)
    kept = page.read_bytes()
    with full_disk(page), pytest.raises(OSError, match="too large"):
        ask(desk, "b")

    assert page.read_bytes() == kept
    assert desk.write_out() == 1
    assert [row[0] for row in rows(world)] == ["a"]


@contextmanager
def full_disk(page: Path) -> Iterator[None]:
    """No file of this process may become longer than a few bytes more than this one is."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (page.stat().st_size + 10, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
