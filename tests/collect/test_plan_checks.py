"""What a plan may ask of values: each breach is a dead letter with code, path and sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collect.plan import TrackingPlan
from tests.collect.world import World, codes, track

PLAN = TrackingPlan.model_validate(
    {
        "events": {
            "order_placed": {
                "properties": {
                    "currency": {"type": "string", "enum": ["EUR", "USD"]},
                    "rating": {"type": "integer", "enum": [1, 2, 3]},
                    "gift": {"type": "boolean", "enum": [True]},
                    "total": {"type": "number", "minimum": 0, "maximum": 10_000},
                    "code": {"type": "string", "pattern": "^[A-Z]{2}\\d+$"},
                    "note": {"type": "string", "min_length": 2, "max_length": 5},
                    "items": {"type": "array", "min_length": 1},
                    "coupon": {"type": "string", "required": True, "nullable": True},
                    "address": {"type": "object"},
                    "address.city": {"type": "string", "required": True, "max_length": 20},
                    "address.floor": {"type": "integer"},
                    "Zürich's \\ key": {"type": "integer", "maximum": 3},
                },
                "aliases": {'purchase "done"': {"sum": "total"}},
            },
            "strict": {
                "properties": {"a": {}, "in.side": {}},
                "aliases": {"lax name": {"b": "a"}},
                "others": "dead_letter",
            },
            "tidy": {"properties": {"a": {"type": "integer"}}, "others": "drop"},
        }
    }
)
FINE: dict[str, Any] = {"coupon": None, "address": {"city": "Bern"}}


@pytest.fixture
def planned(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, PLAN)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"currency": "CHF"}, ("VALUE_NOT_ALLOWED", "currency")),
        ({"rating": 4}, ("VALUE_NOT_ALLOWED", "rating")),
        ({"gift": False}, ("VALUE_NOT_ALLOWED", "gift")),
        ({"total": -1}, ("OUT_OF_RANGE", "total")),
        ({"total": "10001"}, ("OUT_OF_RANGE", "total")),
        ({"code": "A7"}, ("PATTERN_MISMATCH", "code")),
        ({"note": "x"}, ("WRONG_LENGTH", "note")),
        ({"note": "too long"}, ("WRONG_LENGTH", "note")),
        ({"items": []}, ("WRONG_LENGTH", "items")),
        ({"items": "one"}, ("WRONG_TYPE", "items")),
        ({"address": "Bern"}, ("WRONG_TYPE", "address")),
        ({"address": {}}, ("MISSING_PROPERTY", "address.city")),
        ({"address": {"city": 7}}, ("WRONG_TYPE", "address.city")),
        ({"address": {"city": "x" * 21}}, ("WRONG_LENGTH", "address.city")),
        ({"address": {"city": "Bern", "floor": "2"}}, ("WRONG_TYPE", "address.floor")),
        ({"Zürich's \\ key": 4}, ("OUT_OF_RANGE", "Zürich's \\ key")),
    ],
    ids=str,
)
def test_a_value_that_the_plan_does_not_allow_is_a_dead_letter_that_says_where(
    planned: World, given: dict[str, Any], problem: tuple[str, str]
) -> None:
    planned.send(track("order_placed", properties=FINE | given))
    planned.load()

    assert codes(planned) == [(problem[0], f"$.properties.{problem[1]}")]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"currency": "EUR", "rating": 2.0, "gift": "true", "total": "99.5", "code": "CH80"},
        {"note": "héé", "items": [1], "address": {"city": "Bern", "floor": 2, "more": 1}},
        {"coupon": "X"},
        {"total": None, "rating": None},
    ],
    ids=str,
)
def test_a_value_that_the_plan_allows_is_stored(planned: World, given: dict[str, Any]) -> None:
    planned.send(track("order_placed", properties=FINE | given))

    assert planned.load().stored == 1


def test_null_counts_as_given_only_where_the_plan_says_so(planned: World) -> None:
    planned.send(track("order_placed", properties={"address": {"city": "Bern"}}))
    planned.load()

    assert codes(planned) == [("MISSING_PROPERTY", "$.properties.coupon")]


def test_the_sentence_names_what_was_sent_and_what_is_allowed(planned: World) -> None:
    planned.send(track('purchase "done"', properties=FINE | {"sum": 20_000}))
    planned.send(track("order_placed", properties=FINE | {"currency": "CHF"}))
    planned.load()

    assert planned.rows("dead_letters", "path", "message") == [
        ("$.properties.currency", "currency is none of EUR, USD"),
        ("$.properties.sum", "sum is more than 10000.0"),
    ]


def test_a_wrong_type_is_told_before_a_value_out_of_bounds(planned: World) -> None:
    planned.send(track("order_placed", properties=FINE | {"total": [], "currency": "CHF"}))
    planned.load()

    assert codes(planned) == [("WRONG_TYPE", "$.properties.total")]


@pytest.mark.parametrize(
    ("name", "properties", "problem"),
    [
        ("strict", {"a": 1, "in": {"side": 2, "other": 3}}, []),
        ("lax name", {"b": 1}, []),
        ("strict", {"b": 1}, [("UNPLANNED_PROPERTY", "$.properties.b")]),
        ("strict", {"in.side": 1}, [("UNPLANNED_PROPERTY", "$.properties.in.side")]),
    ],
)
def test_an_event_may_refuse_properties_that_nobody_planned(
    planned: World, name: str, properties: dict[str, Any], problem: list[tuple[str, str]]
) -> None:
    planned.send(track(name, properties=properties))
    planned.load()

    assert codes(planned) == problem


def test_an_event_may_drop_properties_that_nobody_planned(planned: World) -> None:
    planned.send(track("tidy", properties={"a": "5", "b": {"c": 1}, "d.e": 2}))
    planned.send(track("tidy", properties={"a": "five", "b": 1}))
    planned.load()

    assert planned.rows("raw_events", "properties") == [('{"a":5}',)]
    assert planned.rows("dead_letters", "body ->> '$.properties.b'") == [("1",)]
