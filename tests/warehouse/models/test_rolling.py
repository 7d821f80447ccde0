"""Counters carried from day to day are those that the model's own SQL gives, whatever happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.errors import Code, PilothouseError
from warehouse.models.build import prepare
from warehouse.models.counters import shape_of
from warehouse.models.modelset import ModelSet, load_models, models_of
from warehouse.models.states import carry_on, touched_are_done

START = datetime(2026, 3, 1)
SHIPPED = load_models()
NAMES = (
    "workout_completed",
    "workout_saved",
    "app_opened",
    "pricing_viewed",
    "plan_compared",
    "checkout_started",
    "ticket_opened",
)
KINDS = ("yoga", "cardio", "hiit", "pilates", None)


@dataclass
class World:
    """Events that come and go, and what a day's build makes of them."""

    connection: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)
    moment: datetime = START + timedelta(days=40)
    ids: int = 0

    def __post_init__(self) -> None:
        self.connection.execute("""
            CREATE TABLE fct_events (event_time TIMESTAMP, user_id VARCHAR, event_name VARCHAR,
                properties JSON, message_id VARCHAR, received_at TIMESTAMP)
        """)
        prepare(self.connection)

    def arrives(self, user: int, name: str, at: datetime, received: datetime, kind: str | None):
        """One event: on time, late, or reported as received before others that came earlier."""
        self.ids += 1
        seconds = 600 + self.ids
        properties = f'{{"workout_type":"{kind}","duration_seconds":{seconds}}}' if kind else "{}"
        self.connection.execute(
            "INSERT INTO fct_events VALUES (?, ?, ?, ?, ?, ?)",
            [at, f"u{user}", name, properties, f"m{self.ids}", received],
        )

    def moves_to(self, user: int, other: int) -> None:
        """A user's events are found to be another's, as after a merge."""
        self.connection.execute(
            "UPDATE fct_events SET user_id = ? WHERE user_id = ?", [f"u{other}", f"u{user}"]
        )
        self.connection.executemany(
            "INSERT INTO models.touched VALUES (?)", [[f"u{user}"], [f"u{other}"]]
        )

    def goes(self, user: int, *, told: bool) -> None:
        """A user is forgotten."""
        self.connection.execute("DELETE FROM fct_events WHERE user_id = ?", [f"u{user}"])
        if told:
            self.connection.execute("INSERT INTO models.touched VALUES (?)", [f"u{user}"])

    def build(self, models: ModelSet = SHIPPED, name: str = "user_events") -> str:
        """Carry the counters on to the moment and hold them against the model's own SQL."""
        relation, how = carry_on(self.connection, models, name, self.moment)
        plain = self.connection.execute(
            f"SELECT * FROM ({models.by_name[name].sql}) AS m ORDER BY user_id",
            {"as_of": self.moment},
        ).fetchall()
        kept = self.connection.execute(
            f'SELECT * EXCLUDE (_rows) FROM models."{relation}" ORDER BY user_id'
        )
        assert kept.fetchall() == plain
        touched_are_done(self.connection, models)
        return how


seconds = st.integers(0, 50 * 86_400)
users = st.integers(0, 4)


@st.composite
def steps(draw: st.DrawFn) -> Callable[[World], object]:
    """One thing that happens between builds, or a build."""
    kind = draw(st.sampled_from(("on time", "late", "reordered", "merge", "forget", "build")))
    user, other, name = draw(users), draw(users), draw(st.sampled_from(NAMES))
    workout, offset = draw(st.sampled_from(KINDS)), timedelta(seconds=draw(seconds))
    step = timedelta(hours=draw(st.sampled_from((0, 0.01, 1, 24, 72, 216, 720, -24))))

    def apply(world: World) -> object:
        if kind == "on time":
            at = world.moment + timedelta(hours=offset.total_seconds() % 20)
            return world.arrives(user, name, at, at, workout)
        if kind == "late":
            return world.arrives(user, name, START + offset, world.moment + offset, workout)
        if kind == "reordered":
            return world.arrives(user, name, START + offset, START + offset, workout)
        if kind == "merge":
            return world.moves_to(user, other)
        if kind == "forget":
            return world.goes(user, told=True)
        world.moment += step
        return world.build()

    return apply


@pytest.mark.slow
@given(st.lists(steps(), min_size=3, max_size=14))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
def test_counters_that_were_carried_on_are_those_counted_anew(
    happenings: list[Callable[[World], object]],
) -> None:
    world = World()
    for happens in happenings:
        happens(world)
    world.build()
    world.moment += timedelta(days=1)
    world.build()


@pytest.fixture
def world() -> World:
    """Forty days of two users' events, built once."""
    found = World()
    for day in range(40):
        at = START + timedelta(days=day, hours=day % 24)
        found.arrives(day % 2, NAMES[day % 6], at, at, KINDS[day % 3])
    assert found.build() == "full"
    return found


class TestOnlyWhatChangedIsRead:
    def test_the_next_day_is_carried_on(self, world: World) -> None:
        world.arrives(1, "workout_completed", world.moment, world.moment, "yoga")
        world.moment += timedelta(days=1)
        assert world.build() == "rolled"

    def test_at_the_moment_of_the_build_before_its_counters_are_taken_as_they_are(
        self, world: World
    ) -> None:
        counters = "SELECT relation FROM models.counters"
        before = world.connection.execute(counters).fetchall()
        world.arrives(1, "app_opened", world.moment, world.moment, None)
        assert world.build() == "rolled"
        assert world.connection.execute(counters).fetchall() == before

    def test_an_event_that_came_late_for_that_moment_is_counted(self, world: World) -> None:
        late = world.moment - timedelta(hours=2)
        world.arrives(1, "app_opened", late, world.moment, None)
        assert world.build() == "rolled"

    def test_an_event_that_came_late_while_another_went_has_everybody_counted_anew(
        self, world: World
    ) -> None:
        world.goes(1, told=False)
        for _ in range(20):
            late = world.moment - timedelta(hours=2)
            world.arrives(0, "app_opened", late, world.moment, None)
        assert world.build() == "full"

    def test_late_events_are_added_without_counting_anew(self, world: World) -> None:
        late = world.moment - timedelta(days=12)
        world.arrives(0, "workout_completed", late, world.moment, "yoga")
        world.moment += timedelta(days=1)
        assert world.build() == "rolled"

    def test_users_whose_earlier_events_changed_are_counted_anew(self, world: World) -> None:
        world.moves_to(0, 7)
        world.moment += timedelta(days=1)
        assert world.build() == "rolled"

    def test_rows_that_went_missing_without_a_word_have_everybody_counted_anew(
        self, world: World
    ) -> None:
        world.goes(1, told=False)
        world.moment += timedelta(days=1)
        assert world.build() == "full"

    def test_an_event_that_claims_to_have_arrived_long_ago_has_everybody_counted_anew(
        self, world: World
    ) -> None:
        before = world.moment - timedelta(days=12)
        world.arrives(0, "workout_completed", before, before, "yoga")
        world.moment += timedelta(days=1)
        assert world.build() == "full"

    @pytest.mark.parametrize("days", [-1, 30], ids=["back in time", "a month on"])
    def test_a_step_that_is_no_small_step_on_is_counted_anew(self, world: World, days: int) -> None:
        world.moment += timedelta(days=days)
        assert world.build() == "full"

    def test_a_mark_for_everybody_has_everybody_counted_anew(self, world: World) -> None:
        world.connection.execute("INSERT INTO models.touched VALUES (NULL)")
        assert world.build() == "full"


HEADER = """-- name: counted
-- kind: staging
-- grain: user_id
-- incremental: event_time, received_at
-- owner: data
-- freshness: 60
-- meaning: A test.
"""


class TestWhatCannotBeCarriedOnIsRefused:
    @pytest.mark.parametrize(
        "select",
        [
            "SELECT user_id, AVG(1) AS n FROM fct_events WHERE event_time < $as_of "
            "GROUP BY user_id",
            "SELECT user_id, COUNT(DISTINCT event_name) AS n FROM fct_events "
            "WHERE event_time < $as_of GROUP BY user_id",
            "SELECT user_id, COUNT(*) AS n FROM fct_events GROUP BY user_id",
            "SELECT user_id, COUNT(*) AS n FROM fct_events WHERE event_time < $as_of "
            "AND event_time >= $as_of - INTERVAL '3' DAY GROUP BY user_id",
            "SELECT user_id, COUNT(*) AS n FROM fct_events WHERE event_time < $as_of "
            "GROUP BY user_id HAVING COUNT(*) > 1",
            "SELECT user_id, COUNT(*) FILTER (WHERE event_time >= $as_of - INTERVAL '1' MONTH) "
            "AS n FROM fct_events WHERE event_time < $as_of GROUP BY user_id",
            "SELECT user_id, MAX(event_time) "
            "FILTER (WHERE event_time >= $as_of - INTERVAL '3' DAY) AS n "
            "FROM fct_events WHERE event_time < $as_of GROUP BY user_id",
            "SELECT e.user_id, COUNT(*) AS n FROM fct_events AS e JOIN dim_users AS u "
            "ON u.user_id = e.user_id WHERE e.event_time < $as_of GROUP BY e.user_id",
        ],
    )
    def test_an_aggregate_whose_difference_is_not_known(self, select: str) -> None:
        models = models_of({"counted": HEADER + select})
        with pytest.raises(PilothouseError) as refused:
            shape_of(models.by_name["counted"])
        assert refused.value.refusal.code is Code.MODEL_INVALID
        assert (refused.value.refusal.span or "").startswith("counted.sql:")
        assert "incremental" in (refused.value.refusal.fix or "")

    def test_a_sum_of_numbers_with_fractions(self, world: World) -> None:
        select = (
            "SELECT user_id, COALESCE(SUM(0.1::DOUBLE), 0) AS n FROM fct_events "
            "WHERE event_time < $as_of GROUP BY user_id"
        )
        with pytest.raises(PilothouseError, match="adds values of type DOUBLE"):
            world.build(models_of({"counted": HEADER + select}), "counted")


def test_a_window_of_hours_and_a_counter_over_all_time_are_carried_on(world: World) -> None:
    select = (
        "SELECT user_id, COUNT(*) FILTER (WHERE event_time >= $as_of - INTERVAL '36' HOUR) AS few, "
        "COUNT(*) AS n, MIN(event_time) AS first_at FROM fct_events "
        "WHERE event_time < $as_of GROUP BY user_id"
    )
    models = models_of({"counted": HEADER + select})
    world.build(models, "counted")
    for hours in (1, 5, 12):
        world.arrives(1, "app_opened", world.moment, world.moment, None)
        world.moment += timedelta(hours=hours)
        assert world.build(models, "counted") == "rolled"
