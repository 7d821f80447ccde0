"""Builds: what readers see is swapped whole, older builds are kept, nothing of them is visible."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb
import pytest

from core.errors import Code, PilothouseError
from warehouse.clocks.history import record
from warehouse.demo.generate import generate
from warehouse.models.build import build, builds, live, show
from warehouse.models.modelset import ModelSet, load_models, models_of
from warehouse.models.states import touched_are_done

NOW = datetime(2026, 6, 29)
SHIPPED = load_models()


@pytest.fixture
def demo() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    generate(connection, users=200, days=35)
    return connection


def edited(name: str, old: str, new: str) -> ModelSet:
    """The shipped set with one file changed."""
    files = dict(SHIPPED.files)
    assert old in files[name]
    files[name] = files[name].replace(old, new)
    return models_of(files)


def renew(connection: duckdb.DuckDBPyConnection, models: ModelSet, as_of: datetime) -> int:
    """Build a set and show it, as the workspace does."""
    connection.execute("BEGIN")
    made = build(connection, models, as_of=as_of, built_at=as_of)
    show(connection, made.build.number)
    touched_are_done(connection, models)
    connection.execute("COMMIT")
    return made.build.number


SOONER = edited("activation_state", "workouts >= 8", "workouts >= 2")
HISTORY = (
    "SELECT user_id, trait, value, event_at, known_at, fingerprint, build FROM trait_history "
    "ORDER BY ALL"
)


class TestFingerprints:
    def test_layout_and_comments_do_not_matter(self) -> None:
        again = edited("ltv", "SELECT\n", "\n-- why\nselect\n\n")

        assert again.fingerprint == SHIPPED.fingerprint

    def test_a_change_reaches_everything_that_reads_it_and_nothing_else(self) -> None:
        changed = edited("support_risk", "LEAST(trouble, 1.0)", "LEAST(trouble, 0.9)")

        differ = {n for n, f in changed.fingerprints.items() if f != SHIPPED.fingerprints[n]}
        assert differ == {"support_risk", "churn_risk"}

    def test_words_about_a_model_are_part_of_it_but_not_of_its_counters(self) -> None:
        changed = edited("user_events", "counted once for every trait", "counted once")

        assert changed.fingerprints["user_events"] != SHIPPED.fingerprints["user_events"]
        assert changed.logic == SHIPPED.logic


class TestSwap:
    def test_readers_see_the_build_before_until_the_new_one_is_shown(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        retained = "SELECT COUNT(*) FROM traits WHERE activation_state = 'retained'"
        before = demo.execute(retained).fetchone()
        demo.execute("BEGIN")
        made = build(demo, SOONER, as_of=NOW, built_at=NOW)
        demo.execute("COMMIT")
        assert demo.execute(retained).fetchone() == before

        show(demo, made.build.number)

        assert demo.execute(retained).fetchone() != before
        first = next(one for one in builds(demo) if one.fingerprint == SHIPPED.fingerprint)
        show(demo, first.number)
        assert demo.execute(retained).fetchone() == before

    def test_tables_of_builds_are_in_a_schema_of_their_own(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        renew(demo, SOONER, NOW)
        main = demo.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'"
        )
        assert not [name for (name,) in main.fetchall() if "__" in name]

    def test_builds_that_nothing_can_show_again_are_dropped(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        for day in range(5):
            renew(demo, SHIPPED, NOW + timedelta(days=day))

        assert [one.number for one in builds(demo)] == [6, 5]
        kept = demo.execute(
            "SELECT COUNT(*) FROM duckdb_tables() WHERE schema_name = 'models' "
            "AND table_name LIKE '%\\_\\_%' ESCAPE '\\'"
        ).fetchone()
        assert kept == (3,)

    def test_a_traits_table_of_somebody_elses_is_left_alone(self) -> None:
        connection = duckdb.connect()
        connection.execute("CREATE TABLE traits (user_id VARCHAR, score DOUBLE)")

        with pytest.raises(PilothouseError) as refused:
            build(connection, SHIPPED, as_of=NOW, built_at=NOW)

        assert refused.value.refusal.code is Code.INVALID_ARGUMENT
        assert connection.execute("SELECT COUNT(*) FROM traits").fetchone() == (0,)


class TestAudits:
    def test_a_value_outside_the_declared_set_is_named_with_users(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        before = live(demo)
        demo.execute("BEGIN")
        with pytest.raises(PilothouseError) as refused:
            build(
                demo,
                edited("activation_state", "'activated'\n    END", "'busy'\n    END"),
                as_of=NOW,
                built_at=NOW,
            )
        demo.execute("ROLLBACK")
        assert refused.value.refusal.code is Code.AUDIT_FAILED
        assert "has 'busy'" in refused.value.refusal.message
        assert refused.value.refusal.span == "activation_state.sql"
        assert live(demo) == before

    def test_a_grain_that_does_not_hold_names_the_model_and_the_rows(
        self, demo: duckdb.DuckDBPyConnection
    ) -> None:
        twice = edited("user_tickets", "GROUP BY user_id", "GROUP BY user_id, ticket_id")
        demo.execute("BEGIN")
        with pytest.raises(PilothouseError) as refused:
            build(demo, twice, as_of=NOW, built_at=NOW)
        demo.execute("ROLLBACK")
        assert refused.value.refusal.span == "user_tickets.sql"
        assert "is not one row for each user_id" in refused.value.refusal.message

    def test_users_who_are_lost_are_noticed(self, demo: duckdb.DuckDBPyConnection) -> None:
        lost = edited("user_facts", "WHERE u.merged_into IS NULL", "WHERE u.country = 'US'")
        demo.execute("BEGIN")
        with pytest.raises(PilothouseError, match=r"rows for .* users"):
            build(demo, lost, as_of=NOW, built_at=NOW)
        demo.execute("ROLLBACK")


def test_history_found_by_one_join_is_that_of_reading_all_of_it(
    demo: duckdb.DuckDBPyConnection,
) -> None:
    """Days pass, a model changes, one goes, a user comes, one goes: each noted in both ways."""
    without = {n: t for n, t in SHIPPED.files.items() if n != "ltv"}
    for models, day in ((SHIPPED, 1), (SOONER, 2), (models_of(without), 3), (SHIPPED, 4)):
        if day == 2:
            newcomer = "INSERT INTO dim_users BY NAME SELECT 'new' AS user_id, $now AS signup_at"
            demo.execute(newcomer, {"now": NOW})
        if day == 3:
            demo.execute("DELETE FROM dim_users WHERE user_id = (SELECT MIN(user_id) FROM traits)")
        demo.execute("CREATE OR REPLACE TABLE kept_history AS FROM trait_history")
        demo.execute("CREATE OR REPLACE TABLE kept_builds AS FROM models.trait_builds")
        renew(demo, models, NOW + timedelta(days=day))
        joined = demo.execute(HISTORY).fetchall()
        demo.execute("DELETE FROM trait_history")
        demo.execute("DELETE FROM models.trait_builds")
        demo.execute("INSERT INTO trait_history FROM kept_history")
        demo.execute("INSERT INTO models.trait_builds FROM kept_builds")
        at = NOW + timedelta(days=day)
        traits = {model.name: models.fingerprints[model.name] for model in models.traits}

        record(demo, event_at=at, known_at=at, fingerprints=traits)

        assert demo.execute(HISTORY).fetchall() == joined
