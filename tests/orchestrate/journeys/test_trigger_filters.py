"""Filters of triggers read properties as conditions do, whatever was sent in them."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pytest

from core.conditions import AsOf, Filter, Op
from core.journey_steps import Trigger
from orchestrate.journeys.happened import occurrences
from orchestrate.journeys.statements import DIALECT
from warehouse.catalog import Catalog, load_catalog

NOW = datetime(2026, 3, 2, 12)
EVENT = "workout_completed"
SENT = """
    CREATE TABLE fct_events AS
    SELECT user_id, CAST(properties AS JSON) AS properties, 'workout_completed' AS event_name,
        TIMESTAMP '2026-03-01' AS event_time, TIMESTAMP '2026-03-01' AS received_at
    FROM (VALUES
        ('yes', '{"outdoors": true, "next_at": "2026-03-03T00:00:00Z", "duration_seconds": "90"}'),
        ('no', '{"outdoors": "false", "next_at": "2026-03-01", "duration_seconds": 10}'),
        ('odd', '{"outdoors": "maybe", "next_at": "soon", "duration_seconds": "nan"}'),
        ('none', '{}')
    ) AS sent (user_id, properties)
"""


@pytest.fixture
def catalog() -> Catalog:
    """The demo's, whose workouts say whether they were outdoors and when the next one is."""
    known = load_catalog()
    event = known.events[EVENT]
    example = event.properties["duration_seconds"]
    more = {
        "outdoors": example.model_copy(update={"type": "boolean"}),
        "next_at": example.model_copy(update={"type": "timestamp"}),
    }
    workout = event.model_copy(update={"properties": event.properties | more})
    return known.model_copy(update={"events": {**known.events, EVENT: workout}})


@pytest.mark.parametrize(
    "where",
    [
        Filter(column="outdoors", value=True),
        Filter(column="next_at", op=Op.GE, value=AsOf()),
        Filter(column="duration_seconds", op=Op.GT, value=60),
    ],
    ids=["boolean", "moment", "number"],
)
def test_what_is_not_of_its_type_is_missing(catalog: Catalog, where: Filter) -> None:
    query = occurrences(Trigger(event=EVENT, where=(where,)), catalog, NOW).sql(DIALECT)

    with duckdb.connect() as connection:
        connection.execute(SENT)
        found = connection.execute(query).fetchall()

    assert [row[0] for row in found] == ["yes"]
