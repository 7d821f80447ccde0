"""The demo's own warehouse, read as if it were a stranger's: the draft finds what we wrote down."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from core.conditions import And, EventCount, Op, Rolling
from measure.compared import Compared, SliceOf
from measure.diagnose import diagnose
from orchestrate.stages import create_tables
from warehouse.catalog import load_catalog
from warehouse.compile import compile_audience
from warehouse.demo.generate import generate
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.introspect import draft_catalog, write_draft
from warehouse.runner import CheckedRunner
from warehouse.views import SOURCE, create_views, load_views

AS_OF = datetime(2026, 6, 29)
BUSY = And(
    of=(
        EventCount(event="workout_completed", window=Rolling(seconds=30 * 86_400), op=Op.GE, n=3),
        EventCount(event="pricing_viewed", op=Op.EQ, n=0),
    )
)


@pytest.mark.slow
def test_a_draft_of_the_demo_means_the_same_people_and_names_the_same_cause(tmp_path: Path) -> None:
    file = tmp_path / "demo.duckdb"
    with duckdb.connect(str(file)) as made:
        generate(
            made, users=20_000, days=90, seed=7, as_of=AS_OF.date(),
            scenario="ios_checkout",
        )  # fmt: skip
        sql = compile_audience(BUSY, load_catalog(), as_of=AS_OF)
        ours = [row[0] for row in made.execute(sql).fetchall()]

    write_draft(draft_catalog(f"duckdb:///{file}", tmp_path), tmp_path / "catalog")
    catalog = load_catalog(tmp_path / "catalog")
    warehouse = DuckDBWarehouse(Path(":memory:"), must_exist=False, attached={SOURCE: file})
    create_views(warehouse, load_views(tmp_path / "catalog"))
    with warehouse.cursor() as cursor:
        create_tables(cursor)
    runner = CheckedRunner(warehouse, catalog)
    theirs = runner.fetch(compile_audience(BUSY, catalog, as_of=AS_OF), purpose="test").rows
    report = diagnose(
        runner,
        catalog,
        metric="conversion",
        compared=Compared(
            SliceOf("device_os", "ios", "iOS"), SliceOf("device_os", "android", "Android")
        ),
        start=datetime(2026, 6, 22),
        end=AS_OF,
        as_of=AS_OF,
    )
    warehouse.close()

    assert [row[0] for row in theirs] == ours
    assert len(ours) > 100
    assert (report.causes[0].kind, report.causes[0].value) == ("release_regression", "5.4.0")
