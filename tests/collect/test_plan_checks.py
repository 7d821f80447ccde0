"""What a plan may ask of values: each breach is a dead letter with code, path and sentence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv6Address
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from collect.plan import TrackingPlan
from collect.plan_formats import FORMATS, FormatName
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


SHAPES = TrackingPlan.model_validate(
    {
        "events": {
            "measured": {
                "properties": {
                    "size": {
                        "types": ["number", "string"],
                        "minimum": 2,
                        "pattern": "^[SML]+$",
                        "max_length": 3,
                    },
                    "at": {"types": ["timestamp", "boolean"]},
                    "who": {"types": ["object", "integer"], "required": True, "nullable": True},
                    "tags": {"type": "array", "items": "string", "max_length": 3},
                    "points": {"items": ["integer", "null"]},
                    "in.side": {"types": ["integer", "boolean"]},
                    "in.list": {"type": "array", "items": ["object"]},
                    "mail": {"type": "string", "format": "email"},
                    "born": {"type": "string", "format": "date"},
                    "link": {"types": ["string", "integer"], "format": "uri"},
                },
                "aliases": {"taken": {"labels": "tags", "address": "mail"}},
            }
        }
    }
)


@pytest.fixture
def shaped(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, SHAPES)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("given", "code", "path", "sentence"),
    [
        ({"size": True}, "WRONG_TYPE", "size", "size is no number or string"),
        ({"size": 1}, "OUT_OF_RANGE", "size", "size is less than 2.0"),
        ({"size": "XX"}, "PATTERN_MISMATCH", "size", "size does not match ^[SML]+$"),
        ({"size": "SMLS"}, "WRONG_LENGTH", "size", "size is longer than 3"),
        ({"at": "yesterday"}, "WRONG_TYPE", "at", "at is no timestamp or boolean"),
        ({"at": 7}, "WRONG_TYPE", "at", "at is no timestamp or boolean"),
        ({"who": 1.5}, "WRONG_TYPE", "who", "who is no object or integer"),
        ({"who": "1"}, "WRONG_TYPE", "who", "who is no object or integer"),
        ({"tags": ["a", 1, None]}, "WRONG_TYPE", "tags[1]", "tags[1] is no string"),
        ({"tags": ["a", "b", "c", 4]}, "WRONG_LENGTH", "tags", "tags is longer than 3"),
        ({"points": [1, None, 2.5]}, "WRONG_TYPE", "points[2]", "points[2] is no integer or null"),
        ({"in": {"side": "1"}}, "WRONG_TYPE", "in.side", "in.side is no integer or boolean"),
        ({"in": {"list": [{}, []]}}, "WRONG_TYPE", "in.list[1]", "in.list[1] is no object"),
        ({"mail": "ana at example"}, "WRONG_FORMAT", "mail", "mail is not an e-mail address"),
        ({"mail": 7}, "WRONG_FORMAT", "mail", "mail is not an e-mail address"),
        ({"born": "2026-02-30"}, "WRONG_FORMAT", "born", "born is not a date (2026-06-29)"),
        (
            {"link": "example.org"},
            "WRONG_FORMAT",
            "link",
            "link is not a URI (https://example.org/a)",
        ),
    ],
    ids=str,
)
def test_types_items_and_formats_that_do_not_fit_are_told_with_path_and_sentence(
    shaped: World, given: dict[str, Any], code: str, path: str, sentence: str
) -> None:
    shaped.send(track("measured", properties={"who": None} | given))
    shaped.load()

    found = shaped.rows("dead_letters", "code", "path", "message")
    assert found == [(code, f"$.properties.{path}", sentence)]


@pytest.mark.parametrize(
    "given",
    [
        {"size": "SML", "at": True},
        {"size": 4.5, "at": "2026-06-29T08:30:00Z", "who": {"id": 1}},
        {"size": None, "who": 2.0, "tags": [], "points": [1, None, 3.0]},
        {"points": "not a list", "in": {"side": False, "list": [{"a": 1}]}},
        {"mail": "zoë@example.org", "born": "1931-02-28", "link": 7},
        {"link": "https://example.org/a?b=c#d", "tags": ["a", "b", "c"]},
    ],
    ids=str,
)
def test_a_value_of_any_of_several_types_is_stored_as_it_was_sent(
    shaped: World, given: dict[str, Any]
) -> None:
    sent = {"who": None} | given
    shaped.send(track("measured", properties=sent))

    assert shaped.load().stored == 1
    assert [json.loads(kept) for (kept,) in shaped.rows("raw_events", "properties")] == [sent]


def test_items_and_formats_of_an_alias_are_told_by_the_name_that_was_sent(shaped: World) -> None:
    shaped.send(track("taken", properties={"who": 1, "labels": [True]}))
    shaped.send(track("taken", properties={"who": 2, "address": "nobody"}))
    shaped.load()

    assert shaped.rows("dead_letters", "path", "message") == [
        ("$.properties.address", "address is not an e-mail address"),
        ("$.properties.labels[0]", "labels[0] is no string"),
    ]


def test_a_plan_that_asks_nothing_of_values_has_nothing_to_look_at() -> None:
    plain = {"a": {"type": "string", "required": True}, "b": {"type": "number"}, "c": {}}
    plan = TrackingPlan.model_validate({"events": {"seen": {"properties": plain}}})

    assert (plan.checks(), plan.closed()) == ([], [])


@pytest.mark.parametrize(
    ("name", "fitting", "unfitting"),
    [
        ("date", ["2026-06-29", "0001-01-01"], ["2026-6-29", "2026-13-01", "29.06.2026", ""]),
        ("time", ["08:30:00", "23:59:60Z", "08:30:00.5+02:00"], ["8:30:00", "24:00:00", "08:30"]),
        ("email", ["a@b", "a.b+c@d.e.org"], ["a", "a@", "@b", "a@b..c", "a b@c.org", "a@b@c"]),
        ("hostname", ["localhost", "a-b.example.org"], ["-a.org", "a_b.org", "a..b", "a" * 64]),
        ("ipv4", ["0.0.0.0", "255.249.10.1"], ["256.1.1.1", "1.2.3", "1.2.3.4.", "01.2.3.4"]),
        ("uri", ["https://a.org/b?c#d", "urn:isbn:1", "mailto:a@b"], ["a.org", "1a:b", "a: b"]),
        ("uuid", ["3F2504E0-4f89-41d3-9a0c-0305e82c3301"], ["3f2504e04f8941d39a0c0305e82c3301"]),
    ],
)
def test_a_format_fits_what_has_it_and_nothing_else(
    name: FormatName, fitting: list[str], unfitting: list[str]
) -> None:
    assert [text for text in fitting if not _fits(name, text)] == []
    assert [text for text in unfitting if _fits(name, text)] == []


def test_an_ipv6_address_is_what_the_standard_library_takes_for_one() -> None:
    random = Random(6)
    texts = ["::", "::1", "1::", ":::", "1:2", "12345::", "fe80::1%eth0", "1:2:3:4:5:6:7:8:9"]
    for _ in range(150):
        words = [random.choice(["", "0", "1f", "ABCD"]) for _ in range(random.randint(2, 9))]
        texts.append(":".join(words))

    assert [text for text in texts if _fits("ipv6", text) != _is_ipv6(text)] == []


def _fits(name: FormatName, text: str) -> bool:
    with duckdb.connect() as engine:
        query = "SELECT REGEXP_MATCHES($1, $2)"
        (found,) = engine.execute(query, [text, FORMATS[name].pattern]).fetchall()
    return bool(found[0])


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return "%" not in text
