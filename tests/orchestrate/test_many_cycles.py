"""Cycles at once, cycles again and cycles in another order: nobody is counted or assigned twice."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from core.assignment import bucket
from core.rules import DAY, EligibilityRule, FrequencyCap, Holdout
from tests.orchestrate.world import LOOKED, NOW, World, policy, single


def _lookers(world: World, count: int, *, seed: int = 0) -> None:
    numbers = [*range(count)]
    random.Random(seed).shuffle(numbers)
    for number in numbers:
        world.user(f"u{number:03}")
        world.did(f"u{number:03}", "pricing_viewed")


@pytest.mark.parametrize("workers", [2, 8])
def test_the_same_cycle_run_by_many_at_once_decides_once(world: World, workers: int) -> None:
    _lookers(world, 12)
    world.publish(single(world.catalog))

    with ThreadPoolExecutor(workers) as pool:
        reports = [*pool.map(lambda _: world.cycle(), range(workers))]

    assert world.rows("SELECT COUNT(*), COUNT(DISTINCT decision_id) FROM decisions") == [(12, 12)]
    assert sum(report.enqueued for report in reports) == 12
    assert {report.selected for report in reports} == {12}


def test_cycles_of_different_moments_at_once_keep_a_cap_together(world: World) -> None:
    _lookers(world, 10)
    world.contact(caps=(FrequencyCap(key="week", n=2, window_seconds=7 * DAY),))
    for number in range(4):
        action = world.catalog.actions["win_back"].model_copy(update={"key": f"a{number}"})
        rule = EligibilityRule(key=f"r{number}", name="R", condition=LOOKED, action=action)
        world.publish(rule)

    with ThreadPoolExecutor(4) as pool:
        [*pool.map(lambda minutes: world.cycle(NOW + timedelta(minutes=minutes)), range(4))]

    most = world.rows(
        "SELECT MAX(n), MIN(n) FROM (SELECT COUNT(*) AS n FROM intents GROUP BY user_id)"
    )
    assert most == [(2, 2)]


def test_what_has_priority_gets_the_last_place_under_a_cap(world: World) -> None:
    _lookers(world, 3)
    world.contact(caps=(FrequencyCap(key="one", n=1, window_seconds=DAY),))
    actions = world.catalog.actions
    rule = EligibilityRule(
        key="a_first_by_name", name="R", condition=LOOKED, action=actions["win_back"]
    )
    world.publish(rule)
    world.publish(single(world.catalog, key="z_policy"))

    world.cycle()

    assert world.rows("SELECT DISTINCT policy_key FROM intents") == [("z_policy",)]


def test_a_slot_that_was_given_back_is_free_and_an_uncertain_one_is_not(world: World) -> None:
    _lookers(world, 2)
    world.publish(single(world.catalog))
    world.cycle()
    world.contact(caps=(FrequencyCap(key="week", n=1, window_seconds=7 * DAY),))
    other = EligibilityRule(
        key="other", name="O", condition=LOOKED, action=world.catalog.actions["win_back"]
    )
    world.publish(other)
    with world.store.engine.begin() as connection:
        for user, state in (("u000", "rejected"), ("u001", "ambiguous")):
            connection.exec_driver_sql(
                "UPDATE outbox SET state = ? WHERE user_id = ?", (state, user)
            )

    world.cycle(NOW + timedelta(hours=1))

    reasons = world.reasons("other")
    assert reasons["u000", "win_back"] == "CAP_REACHED", "its own nudge is tried again first"
    assert reasons["u001", "win_back"] == "CAP_REACHED"
    assert world.reasons()["u000", "upgrade_nudge"] == "SELECTED"
    assert world.reasons()["u001", "upgrade_nudge"] in ("DUPLICATE_INTENT", "CAP_REACHED")


@pytest.mark.slow
def test_a_hundred_cycles_over_shuffled_users_reassign_nobody(world: World) -> None:
    _lookers(world, 40)
    held_out = Holdout(share=0.4, salt="s")
    world.publish(policy(world.catalog, holdout=held_out))
    world.contact(global_holdout=Holdout(share=0.2, salt="g"))
    seen: Counter[frozenset[str]] = Counter()

    for number in range(100):
        world.warehouse.execute(
            "CREATE OR REPLACE TABLE dim_users AS SELECT * FROM dim_users "
            "ORDER BY md5(user_id || $seed)",
            {"seed": str(number)},
        )
        world.cycle(NOW + timedelta(days=8 * number), dry_run=False)
        query = (
            "SELECT user_id || reason_code FROM decisions WHERE reason_code LIKE 'HELD_OUT%' "
            f"AND decided_at = TIMESTAMP '{NOW + timedelta(days=8 * number)}'"
        )
        seen[frozenset(one for (one,) in world.rows(query))] += 1

    assert len(seen) == 1


def test_an_a_a_comparison_over_ghosts_is_seldom_significant() -> None:
    """Two halves of people who are treated alike differ by chance alone, at the nominal rate."""
    significant = 0
    for salt in range(400):
        draw = random.Random(salt)
        halves: dict[bool, list[int]] = {True: [], False: []}
        for user in range(600):
            converted = int(draw.random() < 0.2)
            halves[bucket(f"aa{salt}", f"u{user}") < "80000000"].append(converted)
        rates = {half: sum(found) / len(found) for half, found in halves.items()}
        pooled = sum(map(sum, halves.values())) / 600
        error = (pooled * (1 - pooled) * sum(1 / len(found) for found in halves.values())) ** 0.5
        significant += abs(rates[True] - rates[False]) > 1.96 * error

    assert significant / 400 < 0.08
