"""The root-cause benchmark: what its worlds hold, what counts as right, and how it is counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from core.errors import PilothouseError
from evals.causes.answers import Answer, Named
from evals.causes.baselines import INSTALL, Absent
from evals.causes.baselines.adtributor import adtributor
from evals.causes.baselines.before import Before, compared
from evals.causes.baselines.biggest_mover import biggest_mover
from evals.causes.gates import Bounds, broken
from evals.causes.matching import Pair, is_right, matched
from evals.causes.run import Run
from evals.causes.scoring import Scored, scored
from evals.causes.seeds import NAMED, seeds_of
from evals.causes.table import table
from evals.causes.worlds.app import DAY, WEEK
from evals.causes.worlds.behaviour import doings
from evals.causes.worlds.crowd import Crowd, crowd
from evals.causes.worlds.menu import planted
from evals.causes.worlds.plan import CAUSES, HARMLESS, scenario
from evals.causes.worlds.planted import Kind, Planted, Scenario, Truth
from evals.causes.worlds.recording import converted, recorded
from evals.causes.worlds.truth import truths
from evals.causes.worlds.world import World, world
from measure.funnel import Count
from tests.ui.command_line import give

SMALL_APP = 25
"""The seed of an app with few users."""
LOWERING = [kind for kind in get_args(Kind) if kind not in HARMLESS]


@pytest.fixture(scope="module")
def made() -> Iterator[World]:
    with world(SMALL_APP) as one:
        yield one


@pytest.fixture(scope="module")
def quiet() -> tuple[Scenario, Crowd]:
    """A week in which nothing was planted, and who came."""
    whole = replace(scenario(SMALL_APP), planted=(), traps=(), end=WEEK, as_of=WEEK, weeks=1)
    return whole, crowd(whole)


def rows(one: World, sql: str) -> list[tuple[object, ...]]:
    return one.warehouse.fetch(sql).rows


def of_kind(kind: Kind) -> Planted:
    return replace(planted(kind, np.random.default_rng(7), WEEK), since=0.0)


def told(**fields: object) -> Named:
    usual = {"kind": "late_data", "dimension": None, "value": None, "told": "Events are late."}
    return Named.model_validate({**usual, **fields})


def truth(**fields: object) -> Truth:
    usual = {"kind": "late_data", "step": None, "where": (), "version": None, "effect": -0.2}
    return Truth.model_validate({**usual, **fields})


def result(truths: tuple[Truth, ...], *causes: Named) -> Scored:
    return Scored(
        seed=1,
        mid_week=False,
        weak=False,
        small=False,
        traps=(),
        truths=truths,
        answer=Answer(causes=causes),
    )


def test_the_same_seed_makes_the_same_world(made: World) -> None:
    tables = ("fct_events", "dim_users", "fct_messages", "decisions", "fct_subscriptions")

    with world(SMALL_APP) as again:
        for name in tables:
            everything = f"SELECT count(*), sum(hash(t)) FROM {name} AS t"
            assert rows(made, everything) == rows(again, everything)


def test_nothing_that_is_known_later_is_in_the_tables(made: World) -> None:
    late = rows(made, f"SELECT count(*) FROM fct_events WHERE received_at >= '{made.as_of}'")
    sales = rows(made, f"SELECT count(*) FROM fct_subscriptions WHERE started_at >= '{made.as_of}'")

    assert (late, sales) == ([(0,)], [(0,)])


def test_every_event_has_a_user_a_device_and_an_id_of_its_own(made: World) -> None:
    strangers = (
        "SELECT count(*) FROM fct_events WHERE user_id NOT IN (SELECT user_id FROM dim_users)"
    )
    doubled = "SELECT count(*) - count(DISTINCT message_id) FROM fct_events"

    assert rows(made, strangers) == [(0,)]
    assert rows(made, doubled) == [(0,)]


def test_a_twentieth_is_held_out_by_lot(made: World) -> None:
    ((share,),) = rows(
        made,
        """SELECT avg(CASE WHEN outcome = 'held_out' THEN 1 ELSE 0 END) FROM decisions
        WHERE reason_code <> 'NO_CONSENT' AND decided_at < '2026-06-20'""",
    )

    assert share == pytest.approx(0.05, abs=0.006)


@pytest.mark.parametrize("kind", LOWERING)
def test_every_cause_lowers_the_rate_of_the_segment(
    kind: Kind, quiet: tuple[Scenario, Crowd]
) -> None:
    base, _ = quiet
    with_cause = replace(base, planted=(of_kind(kind),))

    (found,) = truths(with_cause, crowd(with_cause))

    assert found.kind == kind
    assert -0.9 < found.effect < -0.005


def test_duplicates_move_nothing(quiet: tuple[Scenario, Crowd]) -> None:
    base, everybody = quiet

    (found,) = truths(replace(base, planted=(of_kind("duplicate_events"),)), everybody)

    assert (found.effect, found.harmless) == (0.0, True)


def test_without_its_causes_a_world_is_the_one_that_never_had_them() -> None:
    base = replace(scenario(SMALL_APP), traps=(), end=WEEK, as_of=WEEK, weeks=1)
    robots, surge = of_kind("entrant_inflation"), of_kind("mix_shift")
    both, none = replace(base, planted=(robots, surge)), replace(base, planted=())
    everybody, nobody_more = crowd(both), crowd(none)

    own = everybody.only(everybody.brought_by == -1)

    assert len(own) == len(nobody_more)
    assert np.array_equal(own.goes_on, nobody_more.goes_on)
    assert _rate(none, own) == _rate(none, nobody_more)
    assert both.without(surge).planted == (robots,)


def _rate(one: Scenario, people: Crowd) -> tuple[int, int]:
    return converted(one, people, recorded(one, people, doings(one, people)))


def test_the_ranges_hold_every_kind_none_at_all_two_at_once_and_questions_in_mid_week() -> None:
    for name in ("dev-2", "held-out", "fresh"):
        drawn = [scenario(seed) for seed in NAMED[name]]
        kinds = {cause.kind for one in drawn for cause in one.planted}
        quiet_ones = [one for one in drawn if all(c.kind in HARMLESS for c in one.planted)]

        assert kinds >= set(CAUSES)
        assert len(quiet_ones) >= 0.2 * len(drawn)
        assert 0.18 < np.mean([len(one.planted) == 2 for one in drawn]) < 0.32
        assert 0.4 < np.mean([one.mid_week for one in drawn]) < 0.6
        assert any(one.entrants < 4_000 for one in drawn)
        assert any(0 < c.since < one.end - 0.9 * DAY for one in drawn for c in one.planted)


def test_ranges_for_tuning_and_for_scoring_share_no_seed() -> None:
    taken = [seed for seeds in NAMED.values() for seed in seeds]

    assert len(taken) == len(set(taken))


def test_a_range_of_seeds_is_a_name_a_number_or_two_ends() -> None:
    assert seeds_of("3-5") == range(3, 6)
    assert seeds_of("7") == range(7, 8)
    assert seeds_of("dev") == range(10, 80)
    for nonsense in ("", "5-3", "all", "1-9999", "-4"):
        with pytest.raises(PilothouseError, match="no range of seeds"):
            seeds_of(nonsense)


RELEASE = {"kind": "release_regression", "version": "5.4.0", "step": 3}
CHECKOUT = "Version 5.4.0 loses users at checkout_started → subscription_started."
NAMED_RELEASE = {
    "kind": "release_regression",
    "dimension": "app_version",
    "value": "5.4.0",
    "told": CHECKOUT,
}


@pytest.mark.parametrize(
    ("planted_cause", "named_cause"),
    [
        ({}, {}),
        (RELEASE, NAMED_RELEASE),
        (
            {
                "kind": "two_way_cell",
                "step": 0,
                "where": (("country", "GB"), ("utm_source", "google")),
            },
            {
                "kind": "segment_regression",
                "dimension": "country",
                "value": "GB",
                "told": "app_opened → pricing_viewed fell",
            },
        ),
        (
            {"kind": "tracking_break", "step": 2, "version": "5.4.0"},
            {"kind": "tracking_break", "value": "5.4.0", "told": "5.4.0 lost plan_compared"},
        ),
    ],
)
def test_a_cause_is_right_by_kind_place_and_step(
    planted_cause: dict[str, object], named_cause: dict[str, object]
) -> None:
    assert is_right(truth(**planted_cause), told(**named_cause))


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "segment_regression"},
        {"value": "5.3.0", "told": CHECKOUT.replace("5.4.0", "5.3.0")},
        {"told": "Version 5.4.0 loses users at app_opened → pricing_viewed."},
        {"told": "Version 5.4.0 loses users."},
    ],
)
def test_what_is_nearly_right_is_wrong(wrong: dict[str, object]) -> None:
    assert not is_right(truth(**RELEASE), told(**{**NAMED_RELEASE, **wrong}))


def test_a_cause_named_twice_is_right_once() -> None:
    assert matched((truth(),), (told(), told())) == (Pair(planted=0, named=0),)


def test_a_method_that_says_only_for_whom_is_judged_by_that() -> None:
    by_place = told(kind=None, dimension="app_version", value="5.4.0", told="")

    assert is_right(truth(**RELEASE), by_place)
    assert not is_right(truth(), by_place)


def test_false_causes_misses_ranks_and_sizes_are_counted() -> None:
    release, late = truth(**RELEASE, effect=-0.3), truth(effect=-0.03)
    answers = [
        result((release, late), told(effect=-0.05), told(**NAMED_RELEASE, effect=-0.2)),
        result((release,)),
        result((), told()),
        result((truth(kind="duplicate_events", harmless=True, effect=0.0),)),
    ]

    score = scored("a method", answers)

    assert (score.right, score.named) == (2, 3)
    assert (score.found, score.planted) == (2, 3)
    assert (score.material_found, score.material) == (1, 2)
    assert (score.ranked_first, score.ranked) == (0, 2)
    assert (score.alarms, score.without_cause) == (1, 2)
    assert score.effect_errors == pytest.approx((0.02, 0.1))


def test_a_broken_bound_is_told_and_nothing_to_measure_breaks_it() -> None:
    score = scored("a method", [result((), told())])

    assert broken(score, Bounds()) == []
    assert broken(score, Bounds(alarms_most=1.0)) == []
    assert broken(score, Bounds(precision_least=0.9, first_least=0.5)) == [
        "causes: precision: 0.0%, at least 90.0% is needed.",
        "causes: the largest cause named first: nothing to measure, at least 50.0% is needed.",
    ]


FACEBOOK_BREAKS = Before(
    current={
        (source, country, "new", "1"): Count(1000, 40 if source == "facebook" else 200)
        for source in ("facebook", "google")
        for country in ("US", "GB")
    },
    earlier={
        (source, country, "new", "1"): Count(6000, 1200)
        for source in ("facebook", "google")
        for country in ("US", "GB")
    },
    periods=6,
)


def test_simpler_methods_find_a_source_that_broke() -> None:
    for method in (biggest_mover, adtributor):
        (found,) = method(FACEBOOK_BREAKS)
        assert (found.dimension, found.value) == ("utm_source", "facebook")


def test_a_method_that_is_not_installed_is_named_with_how_to_install_it() -> None:
    done = Run()
    done.absent = [Absent("wise-pizza", INSTALL)]

    assert f"NOT INSTALLED: wise-pizza is left out. Install it: {INSTALL}" in table(done)


def test_everybody_counts_the_same_entrants(made: World) -> None:
    before = compared(made)
    known = replace(made.scenario, planted=made.scenario.planted)
    people = crowd(known)

    entered, reached = _rate(known, people.only(people.week == 0))

    assert before.total(now=True).entered == entered
    assert before.total(now=True).converted == pytest.approx(reached, rel=0.02)


def test_the_command_asks_as_the_agent_does_and_gives_one_document() -> None:
    done = give("evals", "causes", "--seeds", str(SMALL_APP), "--no-baselines", "--json")

    (engine,) = done.document["methods"]
    (only,) = done.document["scenarios"]
    assert (done.status, engine["scenarios"], only["seed"]) == (0, 1, SMALL_APP)
    assert engine["planted"] == len(scenario(SMALL_APP).planted)
    assert "Conversion of iOS was" in only["answer"]["verdict"]
