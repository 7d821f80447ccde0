"""Tables of a team may be called what a query calls its own parts: each keeps its meaning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from core.conditions import And, Attribute, Condition, EventCount, EventSequence, Op
from measure.compared import Compared, SliceOf
from measure.diagnose import diagnose
from orchestrate.stages import create_tables
from tests.warehouse.introspect.shapes import LOG_OF_MILLISECONDS, make
from warehouse.catalog import Catalog, load_catalog
from warehouse.compile import compile_audience, compile_leaves, compile_waterfall
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.introspect import draft_catalog, write_draft
from warehouse.runner import CheckedRunner
from warehouse.views import SOURCE, create_views, load_views

AS_OF = datetime(2025, 7, 1, 12)


class Mapped:
    """A drafted catalog over its source, ready to be asked."""

    def __init__(self, folder: Path, sql: str) -> None:
        url = make(folder, sql)
        write_draft(draft_catalog(url, folder), folder / "catalog")
        self.catalog: Catalog = load_catalog(folder / "catalog")
        file = Path(url.removeprefix("duckdb:///"))
        self.warehouse = DuckDBWarehouse(
            Path(":memory:"), must_exist=False, attached={SOURCE: file}
        )
        with self.warehouse.cursor() as cursor:
            create_tables(cursor)
        create_views(self.warehouse, load_views(folder / "catalog"))
        self.runner = CheckedRunner(self.warehouse, self.catalog)

    def users(self, condition: Condition) -> list[str]:
        """Whom a condition means, through the same check as every answer."""
        sql = compile_audience(condition, self.catalog, as_of=AS_OF)
        return [row[0] for row in self.runner.fetch(sql, purpose="test").rows]

    def by_hand(self, sql: str) -> list[str]:
        """What the team's own tables say."""
        return sorted(row[0] for row in self.warehouse.fetch(sql).rows)


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapped]:
    made = Mapped(tmp_path_factory.mktemp("names"), LOG_OF_MILLISECONDS)
    yield made
    made.warehouse.close()


EVERYTHING = And(
    of=(
        Attribute(column="plan", value="pro"),
        EventCount(event="Document Created", op=Op.GE, n=3),
        Attribute(column="fact.score", op=Op.GE, value=20),
        Attribute(column="audience.name", op=Op.IS_NULL),
    )
)


def test_tables_called_users_events_facts_and_audience_are_read_as_what_they_are(
    mapped: Mapped,
) -> None:
    meant = mapped.users(EVERYTHING)

    by_hand = mapped.by_hand(
        """
        SELECT u.id FROM source.users AS u JOIN source.facts AS f ON f.user_id = u.id
        WHERE f.score >= 20 AND u.plan = 'pro'
            AND u.id NOT IN (SELECT user_id FROM source.audience) AND 3 <= (
            SELECT COUNT(*) FROM source.events AS e
            WHERE e.user_id = u.id AND e.event = 'Document Created'
                AND make_timestamp(e.ts * 1000) < TIMESTAMP '2025-07-01 12:00:00'
        )
        """
    )
    assert meant == by_hand
    assert len(meant) > 10


def test_sequences_waterfalls_and_evidence_read_them_too(mapped: Mapped) -> None:
    sequence = EventSequence(first="Login", then="Subscription Purchased", within_seconds=86_400)
    condition = And(of=(*EVERYTHING.of, sequence))
    some = tuple(mapped.users(EVERYTHING)[:3])

    waterfall = compile_waterfall(condition, mapped.catalog, as_of=AS_OF)
    leaves = compile_leaves(condition, mapped.catalog, as_of=AS_OF, users=some)

    (counts,) = mapped.runner.fetch(waterfall, purpose="test").rows
    assert counts[0] == 400
    assert counts[-1] == len(mapped.users(condition))
    assert [row[0] for row in mapped.runner.fetch(leaves.sql, purpose="test").rows] == list(some)


def test_a_diagnosis_reads_a_table_called_people(tmp_path: Path) -> None:
    renamed = LOG_OF_MILLISECONDS.replace("CREATE TABLE users", "CREATE TABLE people")
    world = Mapped(tmp_path, renamed)

    report = diagnose(
        world.runner,
        world.catalog,
        metric="conversion",
        compared=Compared(SliceOf("plan", "pro", "pro"), None),
        start=datetime(2025, 6, 29),
        end=datetime(2025, 7, 1),
        as_of=AS_OF,
    )

    assert world.catalog.layout.users.table == "people"
    assert report.funnel[0].entered > 0
    world.warehouse.close()
