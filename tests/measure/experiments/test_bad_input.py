"""What no number could be right for gets a plain sentence, never a number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial

import pytest
from pydantic import ValidationError

from core.experiments import DeclaredExperiment, ReadoutMetric
from core.rules import Arm, Experiment
from measure.experiments.effects import Looking, Side, compare
from measure.experiments.measured import Compared
from measure.experiments.subjects import of_rule
from measure.methods.arms import Sums
from tests.measure.experiments import world as experiment
from tests.measure.experiments.world import DECLARED, START, catalog, check, fill, on
from tests.measure.small_world import SmallWorld
from warehouse.catalog import Catalog

LOOK = Looking(5_000, False, None, 0)
readout = partial(experiment.readout, metrics=("subscribed", "new_revenue"))
SHARE = Compared("reached", "Reached", "reached", None)
MEAN = Compared("total", "Total", "total", None)


@pytest.fixture
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallWorld]:
    """Two thousand users in three arms."""
    world = SmallWorld(tmp_path_factory.mktemp("small"))
    fill(world, 2_000)
    yield world
    world.warehouse.close()


def side(n: float, total: float, squares: float | None = None, bad: int = 0) -> Side:
    sums = Sums(n, total, total if squares is None else squares, 0, 0, 0)
    return Side(sums, applied=0, product=0, bad=bad)


@pytest.mark.parametrize(
    ("treated", "control", "told"),
    [
        (side(0, 0), side(500, 10), "no users"),
        (side(500, 40), side(60, 4), "from 100 on"),
        (side(500, 500), side(500, 500), "Everybody in either arm"),
        (side(500, 0), side(500, 0), "Nobody in either arm"),
        (side(500, 3), side(500, 2), "Only 5 users reached it"),
        (side(500, 497), side(500, 499), "Only 4 users did not reach it"),
        (side(500, 40, bad=2), side(500, 40), "2 events have a value that is no number"),
    ],
)
def test_a_share_that_means_nothing_is_withheld(treated: Side, control: Side, told: str) -> None:
    found = compare(SHARE, "b", treated, control, LOOK)

    assert found.effect is None
    assert found.p is None
    assert told in str(found.withheld)


def test_an_arm_in_which_everybody_converts_is_not_certain() -> None:
    found = compare(SHARE, "b", side(200, 200), side(200, 150), LOOK)

    assert found.effect is not None
    assert found.effect.low is not None
    assert 0 < found.effect.low < 0.25


def test_negative_values_are_values_and_relative_to_the_size_of_the_control() -> None:
    found = compare(MEAN, "b", side(400, -200, 900), side(400, -400, 1_200), LOOK)

    assert found.effect is not None
    assert found.effect.value == pytest.approx(0.5)
    assert found.relative is not None
    assert found.relative.value == pytest.approx(0.5)


def test_a_control_of_0_has_no_relative_effect() -> None:
    found = compare(MEAN, "b", side(400, 40, 400), side(400, 0, 300), LOOK)

    assert found.effect is not None
    assert found.relative is None


def test_one_value_for_everybody_is_nothing_to_compare() -> None:
    found = compare(MEAN, "b", side(400, 1_200, 3_600), side(400, 1_200, 3_600), LOOK)

    assert "the same value in both arms" in str(found.withheld)


@pytest.mark.parametrize("value", ["'Infinity'", "'NaN'", "'1e200'", "'a lot'"])
def test_a_value_that_is_no_number_withholds_its_metric_only(small: SmallWorld, value: str) -> None:
    small.warehouse.execute(
        f"UPDATE fct_events SET properties = json_object('price', {value}) "
        "WHERE event_name = 'subscription_started' AND user_id = (SELECT MIN(user_id) FROM drawn "
        "WHERE luck < 0.2 AND arm = 'control')"
    )

    found = readout(small)

    assert "1 events have a value that is no number" in str(on(found, "new_revenue").withheld)
    assert on(found, "new_revenue").control_mean is None
    assert on(found, "subscribed").effect is not None


def test_users_seen_in_two_arms_withhold_the_number(small: SmallWorld) -> None:
    small.warehouse.execute(
        "INSERT INTO fct_events (user_id, event_name, event_time, properties) "
        "SELECT user_id, 'onboarding_completed', since + INTERVAL 1 MINUTE, "
        "json_object('variant', 'short') FROM drawn WHERE arm = 'control' ORDER BY 1 LIMIT 5"
    )

    strict, lenient = readout(small), readout(small, contamination_tolerated=0.01)

    assert strict.verdict == "No number: 5 of 2,000 users were seen in two arms."
    assert on(strict, "subscribed").mean is None
    assert lenient.withheld is None
    assert "are left out" in check(lenient, "two_arms")
    assert sum(arm.users for arm in lenient.arms) == 1_995


def test_an_assignment_changed_on_the_way_withholds_the_number(small: SmallWorld) -> None:
    found = readout(small, salt="another")

    assert check(found, "moved").startswith("failed")
    assert "are in another arm than salt and shares give now" in found.verdict


def test_an_uneven_split_withholds_the_number_and_names_the_platform(small: SmallWorld) -> None:
    small.warehouse.execute(
        "DELETE FROM fct_events AS e WHERE e.event_name = 'onboarding_completed' AND EXISTS ("
        "SELECT 1 FROM drawn d JOIN dim_users u USING (user_id) WHERE d.user_id = e.user_id "
        "AND d.arm = 'shorter' AND u.device_os = 'ios' AND luck < 0.9)"
    )

    found = readout(small)

    assert found.withheld is not None
    assert "most of all ios" in check(found, "split_by_platform")
    assert not found.series
    assert not found.guards


def test_one_arm_is_nothing_to_compare(small: SmallWorld) -> None:
    found = readout(small, arms=[{"key": "control", "share": 1.0}], salt=None)

    assert found.verdict == (
        "No number: There is only one arm, 'control': nothing to compare it with."
    )


def test_an_empty_arm_is_named(small: SmallWorld) -> None:
    arms = [*DECLARED["arms"], {"key": "nobody", "share": 0.0}]

    assert "one of the arms is empty ('nobody')" in readout(small, arms=arms).verdict


def test_an_arm_that_nobody_declared_is_said(small: SmallWorld) -> None:
    arms = [
        {"key": "control", "share": 0.5, "control": True},
        {"key": "shorter", "share": 0.25},
    ]

    found = readout(small, arms=arms, salt=None)

    (told,) = (one for one in found.statements if "not declared" in one)
    assert "'short'" in told
    assert found.withheld is None


def test_who_is_of_another_part_of_the_namespace_withholds_the_number(small: SmallWorld) -> None:
    found = readout(small, namespace={"key": "start", "start": 0, "end": 0.5})

    assert check(found, "namespace").startswith("failed")
    assert found.withheld is not None


def test_another_experiment_on_the_same_users_is_looked_at(small: SmallWorld) -> None:
    beside = DECLARED | {"exposure": None, "salt": "beside", "horizon_days": 2}
    same = beside | {"salt": DECLARED["salt"]}

    even = readout(small, others={"beside": DeclaredExperiment.model_validate(beside)})
    uneven = readout(small, others={"same": DeclaredExperiment.model_validate(same)})

    assert "arms are spread evenly over these" in check(even, "overlap")
    assert even.withheld is None
    assert "not spread evenly" in check(uneven, "overlap")
    assert uneven.withheld is not None


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"arms": [{"key": "a", "share": 0.7}, {"key": "b", "share": 0.7}]}, "more than 1"),
        ({"arms": [{"key": "a", "share": 0.5}, {"key": "b", "share": 0.5}]}, "exactly one arm"),
        ({"arms": [{"key": "a", "share": 0.1}, {"key": "a", "share": 0.1}]}, "a key of its own"),
        ({"ends_at": START}, "ends after it begins"),
        ({"salt": None, "exposure": None}, "without a salt"),
        ({"decisions": {"policy": "p"}}, "not by both"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused(
    changed: dict[str, object], told: str
) -> None:
    with pytest.raises(ValidationError, match=told):
        DeclaredExperiment.model_validate(DECLARED | changed)


def test_the_catalog_refuses_metrics_and_experiments_that_cannot_be_read_out() -> None:
    good = catalog()
    ratio = ReadoutMetric.model_validate(
        {
            "name": "x",
            "kind": "total",
            "of": {"event": "workout_completed", "property": "workout_type"},
        }
    )
    shared = [
        DECLARED | {"metrics": (), "namespace": {"key": "n", "start": start, "end": 0.6}}
        for start in (0.0, 0.5)
    ]
    both = {f"e{k}": DeclaredExperiment.model_validate(one) for k, one in enumerate(shared)}

    for fields, told in (
        ({"readout_metrics": {"x": ratio}}, "is no number"),
        ({"experiments": both}, "share users of a namespace"),
        ({"experiments": {"e": {**DECLARED, "metrics": ["nothing"]}}}, "nothing"),
    ):
        with pytest.raises(ValidationError, match=told):
            Catalog.model_validate({**dict(good), **fields})


def test_the_experiment_of_a_rule_has_its_arms_and_its_control() -> None:
    arms = (Arm(key="get", high="80000000"), Arm(key="not", low="80000000", treated=False))

    found = of_rule("p", "a", Experiment(key="e", salt="s", arms=arms), since=datetime(2026, 1, 1))

    assert (found.control.key, [one.share for one in found.arms]) == ("not", [0.5, 0.5])
    assert found.ranges() == (("get", "00000000", "80000000"), ("not", "80000000", None))
