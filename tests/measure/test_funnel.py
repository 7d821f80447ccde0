"""The ordered funnel: order, window, best attempt, and what was known when."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from measure.compared import Compared
from measure.funnel import Count, FunnelCells, Span, count_funnel, funnel_rows
from measure.periods import Periods, periods
from tests.measure.small_world import AS_OF, CATALOG, IOS, IOS_AGAINST_ANDROID, WEEK, SmallWorld

START = AS_OF - WEEK
HOUR = timedelta(hours=1)
STEPS = ("app_opened", "pricing_viewed", "subscription_started")


def _span(window: timedelta = timedelta(days=3), as_of: datetime = AS_OF) -> Span:
    return Span(IOS_AGAINST_ANDROID, periods(START, AS_OF, as_of, datetime(2026, 1, 1)), window)


def _counted(world: SmallWorld, span: Span | None = None) -> FunnelCells:
    return count_funnel(world.runner(), CATALOG, STEPS, span or _span())


def test_a_user_counts_at_a_step_only_after_the_one_before_it(world: SmallWorld) -> None:
    world.user("a")
    world.event("a", "pricing_viewed", START + HOUR)
    world.event("a", "app_opened", START + 2 * HOUR)

    counted = _counted(world)

    assert counted.step(1, "segment", 0) == Count(1, 0)


def test_events_of_the_same_moment_may_follow_each_other(world: SmallWorld) -> None:
    world.user("a")
    for name in STEPS:
        world.event("a", name, START + HOUR)

    assert _counted(world).whole("segment", 0) == Count(1, 1)


def test_the_window_counts_from_the_beginning_and_its_end_is_included(world: SmallWorld) -> None:
    for user, late in (("in_time", timedelta(0)), ("too_late", timedelta(seconds=1))):
        world.user(user)
        world.event(user, "app_opened", START + HOUR)
        world.event(user, "pricing_viewed", START + 2 * HOUR)
        world.event(user, "subscription_started", START + HOUR + timedelta(days=3) + late)

    assert _counted(world).step(2, "segment", 0) == Count(2, 1)


def test_of_several_attempts_the_one_that_gets_furthest_counts(world: SmallWorld) -> None:
    world.user("a")
    world.event("a", "app_opened", START)
    world.event("a", "app_opened", START + timedelta(days=2))
    world.event("a", "pricing_viewed", START + timedelta(days=2, hours=1))
    world.event("a", "subscription_started", START + timedelta(days=4))

    assert _counted(world).whole("segment", 0) == Count(1, 1)


def test_a_conversion_after_the_period_belongs_to_the_attempt_that_began_in_it(
    world: SmallWorld,
) -> None:
    world.user("a")
    sunday = START - HOUR
    world.event("a", "app_opened", sunday)
    world.event("a", "pricing_viewed", sunday + 2 * HOUR)
    world.event("a", "subscription_started", sunday + 3 * HOUR)

    matured = periods(START - WEEK, START, AS_OF, datetime(2026, 1, 1))
    counted = _counted(world, Span(IOS_AGAINST_ANDROID, matured, timedelta(days=3)))

    assert counted.whole("segment", 0) == Count(1, 1)


def test_an_earlier_period_is_read_as_it_was_known_at_the_same_moment_of_its_own(
    world: SmallWorld,
) -> None:
    for weeks in (0, 1):
        user = f"u{weeks}"
        world.user(user)
        opened = START - weeks * WEEK + HOUR
        world.event(user, "app_opened", opened)
        world.event(user, "pricing_viewed", opened + HOUR, received_at=opened + timedelta(days=2))

    midweek = _counted(world, _span(as_of=START + timedelta(days=1)))
    later = _counted(world, _span(as_of=START + timedelta(days=4)))

    assert midweek.step(1, "segment", 0) == midweek.step(1, "segment", -1) == Count(1, 0)
    assert later.step(1, "segment", 0) == later.step(1, "segment", -1) == Count(1, 1)


def test_merged_users_and_other_platforms_are_left_out(world: SmallWorld) -> None:
    world.user("a")
    world.user("b", merged_into="a")
    world.user("c", device_os="web")
    world.user("d", device_os="android")
    for user in "abcd":
        world.event(user, "app_opened", START + HOUR)

    counted = _counted(world)

    assert counted.step(1, "segment", 0).entered == 1
    assert counted.step(1, "control", 0).entered == 1


def test_without_a_control_everybody_else_is_the_control(world: SmallWorld) -> None:
    world.user("a")
    world.user("b", device_os="web")
    for user in "ab":
        world.event(user, "app_opened", START + HOUR)
    span = Span(Compared(IOS), _span().periods, timedelta(days=3))

    rows = funnel_rows(_counted(world, span), span)

    assert {(r.segment, r.entered) for r in rows if r.period == "current"} >= {
        ("iOS", 1),
        ("everyone else", 1),
    }


def test_an_alias_of_an_event_is_the_event(world: SmallWorld) -> None:
    world.user("a")
    world.event("a", "app_opened", START + HOUR)
    world.event("a", "plan_selected", START + 2 * HOUR)

    counted = count_funnel(world.runner(), CATALOG, ("app_opened", "checkout_started"), _span())

    assert counted.whole("segment", 0) == Count(1, 1)


def test_rows_carry_rates_with_intervals_and_the_query_that_counted_them(
    world: SmallWorld,
) -> None:
    world.level_weeks()
    runner = world.runner()
    span = _span()

    rows = funnel_rows(count_funnel(runner, CATALOG, STEPS, span), span)

    whole = next(
        r for r in rows if r.period == "current" and r.step.endswith("subscription_started")
    )
    assert (whole.entered, whole.converted) == (400, 150)
    assert whole.ci_low is not None
    assert whole.ci_high is not None
    assert whole.ci_low < 150 / 400 < whole.ci_high
    assert {r.sql for r in rows} == {runner.ran[0].id}


@given(days=st.integers(1, 40), before=st.integers(0, 400), hours=st.integers(0, 24 * 40))
def test_baselines_lie_whole_weeks_apart_before_the_period(
    days: int, before: int, hours: int
) -> None:
    end = START + timedelta(days=days)
    made: Periods = periods(
        START, end, START + timedelta(hours=hours + 1), START - timedelta(before)
    )

    assert len(made.baselines) <= 6
    for earlier in made.baselines:
        assert (START - earlier.start) % WEEK == timedelta(0)
        assert earlier.end - earlier.start == end - START
        assert earlier.end <= START
        assert earlier.known_by - earlier.start == made.current.known_by - START
