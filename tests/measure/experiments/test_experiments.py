"""Experiments on a product: the truth that was planted comes out, with everything beside it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from core.errors import PilothouseError
from measure.experiments.readout import ExperimentReadout
from tests.measure.experiments.world import NOW, check, fill, on, readout
from tests.measure.small_world import SmallWorld


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorld]:
    """Six thousand users in three arms; tests only read it."""
    world = SmallWorld(tmp_path_factory.mktemp("experiment"))
    fill(world)
    yield world
    world.warehouse.close()


@pytest.fixture(scope="module")
def found(filled: SmallWorld) -> ExperimentReadout:
    """Its read-out, after its planned end."""
    return readout(filled)


def test_the_planted_effect_of_one_arm_of_three_comes_out(found: ExperimentReadout) -> None:
    shorter, short = on(found, "subscribed"), on(found, "subscribed", "short")

    assert shorter.effect is not None
    assert shorter.effect.low is not None
    assert shorter.effect.high is not None
    assert 0 < shorter.effect.low < 0.10 < shorter.effect.high
    assert (shorter.verdict, short.verdict) == ("better", "unclear")
    assert found.verdict.startswith("No clear lift of short")
    assert found.statements[1].startswith("Lift of shorter: +")


def test_every_arm_is_counted_and_filled_as_planned(found: ExperimentReadout) -> None:
    assert [arm.key for arm in found.arms if arm.control] == ["control"]
    assert sum(arm.users for arm in found.arms) == found.triggered_users
    assert check(found, "split").startswith("passed")
    assert check(found, "moved").startswith("passed: Everybody is in the arm")
    assert {cell.by for cell in found.split} == {"day", "platform"}


def test_p_values_are_adjusted_over_all_metrics_and_arms(found: ExperimentReadout) -> None:
    rows = [row for metric in found.metrics for row in metric.comparisons]
    given = [(row.p, row.p_adjusted) for row in rows if row.p is not None]

    assert len(given) == 8  # 5 metrics in 2 arms; the quantile is too coarse here.
    assert all(after is not None and after >= before > 0 for before, after in given)


def test_what_users_did_before_narrows_the_interval(found: ExperimentReadout) -> None:
    row = on(found, "workouts")

    assert row.cuped is not None
    assert row.cuped.effect is not None
    assert row.effect is not None
    assert row.cuped.variance_removed > 0.5
    assert _width(row.cuped.effect) < 0.75 * _width(row.effect)


def _width(estimate: object) -> float:
    return estimate.high - estimate.low  # type: ignore[attr-defined,no-any-return]


def test_where_arms_differed_before_the_adjustment_is_withheld(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    world = SmallWorld(tmp_path_factory.mktemp("uneven"))
    fill(world, 2_000)
    world.warehouse.execute(
        "DELETE FROM fct_events AS e WHERE e.event_name = 'workout_completed' AND EXISTS (SELECT 1 "
        "FROM drawn d WHERE d.user_id = e.user_id AND d.arm = 'shorter' AND e.event_time < d.since)"
    )

    adjusted = on(readout(world), "workouts").cuped

    world.warehouse.close()
    assert adjusted is not None
    assert adjusted.effect is None
    assert "not alike" in str(adjusted.withheld)


def test_a_ratio_and_a_quantile_stand_beside_means(found: ExperimentReadout) -> None:
    price, busiest = on(found, "price_paid"), on(found, "busiest_tenth")

    assert price.effect is not None
    assert price.effect.low is not None
    assert price.effect.low < 0 < (price.effect.high or 0)
    assert busiest.mean == busiest.control_mean == 7.0
    assert busiest.withheld is None or "too coarse" in busiest.withheld


def test_a_fixed_interval_is_shown_from_the_planned_date_on(filled: SmallWorld) -> None:
    early = readout(filled, as_of=datetime(2026, 3, 12))
    late = readout(filled)

    assert not early.planned_date_reached
    assert on(early, "subscribed").fixed is None
    fixed, always = on(late, "subscribed").fixed, on(late, "subscribed").effect
    assert fixed is not None
    assert _width(fixed) < _width(always)


def test_only_users_whose_horizon_is_over_count(filled: SmallWorld) -> None:
    early = readout(filled, as_of=datetime(2026, 3, 12))

    assert early.triggered_users < readout(filled).triggered_users
    assert max(point.day for point in early.series) <= datetime(2026, 3, 12).date()


def test_the_series_ends_with_what_is_said_today(found: ExperimentReadout) -> None:
    points = [p for p in found.series if (p.metric, p.arm) == ("subscribed", "shorter")]
    today = on(found, "subscribed").effect

    assert today is not None
    assert (points[-1].effect, points[-1].low) == (today.value, today.low)
    assert [point.users for point in points] == sorted(point.users for point in points)


def test_the_effect_is_spread_over_everybody_by_the_trigger_rate(filled: SmallWorld) -> None:
    found = readout(filled, as_of=datetime(2026, 3, 12))
    row = on(found, "subscribed")

    assert found.trigger_rate == pytest.approx(found.triggered_users / 6_000)
    assert row.effect is not None
    assert row.diluted is not None
    assert row.diluted.value == pytest.approx(row.effect.value * found.trigger_rate)


def test_each_number_names_a_query_that_ran(found: ExperimentReadout) -> None:
    ids = {one.id for one in found.queries}

    assert {row.sql for row in found.metrics} | {row.sql for row in found.guards} <= ids
    assert all(one.text.startswith("WITH") for one in found.queries)


def test_guards_are_told_by_one_sided_sequences(found: ExperimentReadout) -> None:
    names = {row.key for row in found.guards}

    assert names == {"tickets", "cancellations", "unsubscribed", "complained"}
    assert not any(row.harmed for row in found.guards)


def test_an_effect_that_fades_is_said(tmp_path_factory: pytest.TempPathFactory) -> None:
    world = SmallWorld(tmp_path_factory.mktemp("fading"))
    fill(world)
    world.warehouse.execute(
        "INSERT INTO fct_events (user_id, event_name, event_time) SELECT user_id, 'app_opened', "
        "since + INTERVAL 5 HOUR FROM drawn WHERE arm = 'shorter' OR luck < 0.3"
    )
    world.warehouse.execute(
        "INSERT INTO fct_events (user_id, event_name, event_time) SELECT user_id, 'app_opened', "
        "since + to_days(CAST(d AS INTEGER)) FROM drawn, range(1, 7) t(d) WHERE eager < 0.4"
    )

    told = readout(world, metrics=("app_opens",))

    world.warehouse.close()
    assert told.novelty_sentence is not None
    assert told.novelty_sentence.startswith("The effect gets smaller as days pass")
    assert told.novelty_sentence in told.statements


def test_without_an_exposure_event_everybody_in_the_arms_takes_part(filled: SmallWorld) -> None:
    found = readout(filled, exposure=None, horizon_days=20)

    assert found.total_users == found.triggered_users == 6_000
    assert found.trigger_rate == 1.0
    assert on(found, "subscribed").verdict == "better"


def test_without_a_recorded_arm_the_hash_says_who_of_the_exposed_takes_part(
    filled: SmallWorld,
) -> None:
    half = {"key": "start", "start": 0.0, "end": 0.5}

    found = readout(filled, exposure={"event": "onboarding_completed"}, namespace=half)

    assert found.withheld is None
    assert found.triggered_users == found.total_users == pytest.approx(3_000, abs=150)
    assert check(found, "namespace").startswith("passed")
    assert check(found, "moved").startswith("passed")


def test_an_experiment_that_nobody_took_part_in_is_refused(filled: SmallWorld) -> None:
    with pytest.raises(PilothouseError, match="no users who took part") as refused:
        readout(filled, as_of=NOW - timedelta(days=30))

    assert refused.value.refusal.fix
