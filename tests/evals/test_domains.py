"""The domains: catalogs that load, data that opens fast and fits them."""

from __future__ import annotations

import pytest

from core.conditions import EVERYONE
from core.errors import PilothouseError
from evals.bench import Bench
from evals.domains import Benches, domain_names

MADE = ["projects", "shop", "streaming"]


@pytest.fixture(params=MADE)
def bench(request: pytest.FixtureRequest, benches: Benches) -> Bench:
    return benches.of(request.param)


def test_there_are_four_domains():
    assert domain_names() == ["projects", "shop", "streaming", "workout_app"]


def test_every_column_of_a_domain_is_in_its_catalog_and_the_other_way_round(bench: Bench):
    query = "SELECT column_name FROM information_schema.columns WHERE table_name = ?"

    for name, table in bench.catalog.tables.items():
        held = {row[0] for row in bench.connection.execute(query, [name]).fetchall()}
        assert held == {*table.columns}, name


def test_a_domain_knows_its_people_by_hand_and_by_compiled_sql(bench: Bench):
    everyone = bench.meant("true")

    assert everyone == bench.audience(EVERYONE)
    assert 2_000 < len(everyone) < 2_500


def test_every_named_audience_of_a_domain_has_members(bench: Bench):
    sizes = {
        key: len(bench.audience(one.condition)) for key, one in bench.catalog.audiences.items()
    }

    assert all(20 < size < 2_000 for size in sizes.values()), sizes


def test_every_step_of_a_funnel_happened(bench: Bench):
    layout = bench.catalog.layout.events
    rows = bench.connection.execute(f"SELECT DISTINCT {layout.name} FROM {layout.table}").fetchall()

    assert {row[0] for row in rows} == {*bench.catalog.events}


def test_an_unknown_domain_is_refused_with_the_names(benches: Benches):
    with pytest.raises(PilothouseError, match="streaming"):
        benches.of("bakery")
