"""Training a score: learnt from what was known then, the same each time, refused when thin."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from core.errors import Code, PilothouseError
from tests.warehouse.clocks.late_facts import arrive_late
from warehouse.catalog import Catalog, load_catalog
from warehouse.clocks.leakage import audit_sql, audit_values
from warehouse.clocks.past import newest
from warehouse.demo.generate import generate
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.models.modelset import ModelSet, load_models, models_of
from warehouse.training.registry import registered, settle
from warehouse.training.rows import collect, slices_of
from warehouse.training.scores import SCORES, score_named
from warehouse.training.train import Trained, train

NOW = datetime(2026, 6, 29)
NAME = "upgrade_propensity"
SCORE = SCORES[NAME]


def _world(folder: Path, *, users: int, days: int) -> DuckDBWarehouse:
    warehouse = DuckDBWarehouse(folder / "demo.duckdb", must_exist=False)
    with warehouse.cursor() as cursor:
        generate(cursor, users=users, days=days, as_of=date(2026, 6, 29), scenario="none")
    return warehouse


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> DuckDBWarehouse:
    return _world(tmp_path_factory.mktemp("training"), users=3_000, days=115)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="module")
def models() -> ModelSet:
    return load_models()


@pytest.fixture(scope="module")
def trained(warehouse: DuckDBWarehouse, catalog: Catalog, models: ModelSet) -> Trained:
    return train(warehouse, catalog, models, NAME, now=NOW)


class TestTheTrainingSet:
    def test_later_slices_begin_when_the_labels_before_them_are_over(
        self, warehouse: DuckDBWarehouse, catalog: Catalog
    ) -> None:
        with warehouse.cursor() as cursor:
            slices = slices_of(cursor, catalog, SCORE, NOW)
        assert slices.calibrate[0] >= slices.fit[-1] + SCORE.horizon
        assert slices.test[0] >= slices.calibrate[-1] + SCORE.horizon
        assert slices.test[-1] + SCORE.horizon == NOW
        assert min(len(slices.fit), len(slices.calibrate)) >= 2

    @pytest.mark.slow
    def test_late_facts_change_no_row_of_it(
        self, catalog: Catalog, models: ModelSet, tmp_path: Path
    ) -> None:
        world = _world(tmp_path, users=600, days=115)
        with world.cursor() as cursor:
            before = collect(cursor, catalog, models, SCORE, NOW)
        ((user,),) = world.fetch(
            "SELECT user_id FROM dim_users WHERE merged_into IS NULL ORDER BY signup_at LIMIT 1"
        ).rows
        last = before.slices.test[-1]
        arrive_late(
            world,
            user,
            "pricing_viewed",
            happened=last - timedelta(days=1),
            arrived=last + timedelta(days=1),
        )
        with world.cursor() as cursor:
            assert collect(cursor, catalog, models, SCORE, NOW).snapshot == before.snapshot
        arrive_late(
            world,
            user,
            "checkout_started",
            happened=last - timedelta(days=1),
            arrived=last - timedelta(hours=20),
        )
        with world.cursor() as cursor:
            assert collect(cursor, catalog, models, SCORE, NOW).snapshot != before.snapshot

    def test_inputs_that_know_the_future_are_refused(
        self, warehouse: DuckDBWarehouse, catalog: Catalog, models: ModelSet
    ) -> None:
        leaky = models.files["user_events"].replace("event_time < $as_of AND ", "")
        with warehouse.cursor() as cursor, pytest.raises(PilothouseError) as refused:
            collect(cursor, catalog, models_of(models.files | {"user_events": leaky}), SCORE, NOW)
        assert refused.value.refusal.code is Code.AUDIT_FAILED
        assert "user_events reads fct_events" in refused.value.refusal.message

    def test_too_short_a_history_is_refused_in_plain_words(
        self, warehouse: DuckDBWarehouse, catalog: Catalog, models: ModelSet
    ) -> None:
        with pytest.raises(PilothouseError) as refused:
            train(warehouse, catalog, models, NAME, now=NOW - timedelta(days=30))
        assert refused.value.refusal.code is Code.TOO_LITTLE_DATA
        assert refused.value.refusal.message == (
            "upgrade_propensity cannot be trained: it needs 100 days of events."
        )

    def test_an_unknown_score_is_refused_with_the_known_ones(self) -> None:
        with pytest.raises(PilothouseError) as refused:
            score_named("downgrade_propensity")
        assert refused.value.refusal.fix == "Scores: upgrade_propensity."


@pytest.mark.slow
class TestTheScore:
    def test_too_few_to_learn_from_is_refused_in_plain_words(
        self, catalog: Catalog, models: ModelSet, tmp_path: Path
    ) -> None:
        world = _world(tmp_path, users=200, days=115)
        with pytest.raises(PilothouseError) as refused:
            train(world, catalog, models, NAME, now=NOW)
        assert refused.value.refusal.code is Code.TOO_LITTLE_DATA
        assert "at least 100 are needed to fit" in refused.value.refusal.message

    def test_it_is_better_than_the_base_rate_on_moments_it_did_not_see(
        self, trained: Trained
    ) -> None:
        assert trained.metrics.auc > 0.75
        assert trained.metrics.brier < trained.metrics.brier_of_base_rate
        assert trained.metrics.test_positives >= 30

    def test_what_it_foretells_comes_true_about_as_often(self, trained: Trained) -> None:
        bands = [band for band in trained.metrics.calibration if band.users >= 300]
        assert len(bands) >= 3
        for band in bands:
            assert band.foretold is not None
            assert band.came_true == pytest.approx(band.foretold, abs=0.05)

    def test_training_again_gives_the_same_bytes_and_no_new_version(
        self, trained: Trained, warehouse: DuckDBWarehouse, catalog: Catalog, models: ModelSet
    ) -> None:
        again = train(warehouse, catalog, models, NAME, now=NOW)
        assert again.text == trained.text
        assert again.registered.version == trained.registered.version == 1

    def test_its_model_is_one_that_may_be_proposed_and_knows_no_future(
        self, trained: Trained, warehouse: DuckDBWarehouse, catalog: Catalog, models: ModelSet
    ) -> None:
        proposed = models_of({**models.files, NAME: trained.text})
        assert audit_sql(proposed.by_name[NAME]) == ()
        with warehouse.cursor() as cursor:
            at = NOW - timedelta(days=21)
            assert audit_values(cursor, catalog, proposed, (NAME,), at) == ()

    def test_its_file_says_what_it_was_learnt_from(self, trained: Trained) -> None:
        for words in ("snapshot: sha256", "with: scikit-learn", "seed 7", "later slice: AUC"):
            assert words in trained.text

    def test_nothing_is_live_until_its_text_is(
        self, trained: Trained, warehouse: DuckDBWarehouse, models: ModelSet
    ) -> None:
        row = trained.registered
        assert row.stage == "draft"
        assert row.inputs == {"user_facts": models.fingerprints["user_facts"]}
        with warehouse.cursor() as cursor:
            cursor.execute("BEGIN")
            for live, stage in ((trained.text, "live"), (models.files[NAME], "retired")):
                settle(cursor, {NAME: live})
                assert registered(cursor, NAME)[0].stage == stage
            cursor.execute("ROLLBACK")

    def test_a_registry_that_named_a_column_otherwise_is_read_on(
        self, trained: Trained, warehouse: DuckDBWarehouse
    ) -> None:
        with warehouse.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("ALTER TABLE model_registry RENAME COLUMN trained_with TO library")
            assert registered(cursor, NAME) == [trained.registered]
            cursor.execute("ROLLBACK")


@pytest.mark.slow
def test_the_shipped_score_is_what_the_default_demo_gives(
    catalog: Catalog, models: ModelSet, tmp_path: Path
) -> None:
    warehouse = DuckDBWarehouse(tmp_path / "demo.duckdb", must_exist=False)
    with warehouse.cursor() as cursor:
        generate(cursor)
        assert newest(cursor) == NOW
    shipped = models.files[NAME]
    assert train(warehouse, catalog, models, NAME, now=NOW).text == shipped
