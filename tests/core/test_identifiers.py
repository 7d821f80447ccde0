"""An identifier is found in every shape in which it may lie, and not in what only looks like it."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.identifiers import Traces

ZOE = Traces(["zoë.o'hara+1@example.com", "u-4711", "+49 151 2345"])


@pytest.mark.parametrize(
    "text",
    [
        "u-4711",
        'of "u-4711".',
        "u-4711@push.pilothouse.example",
        "Zoë.O'Hara+1@EXAMPLE.com",
        json.dumps({"email": "zoë.o'hara+1@example.com"}),
        quote("zoë.o'hara+1@example.com", safe=""),
        base64.b64encode(b"u-4711").decode(),
        base64.b64encode("{'a': 'zoë.o'hara+1@example.com'}".encode()).decode(),
        base64.urlsafe_b64encode("x zoë.o'hara+1@example.com".encode()).decode(),
        json.dumps({"tel": "+49 151 2345"}),
    ],
)
def test_a_trace_is_found_and_removed_in_every_shape(text: str) -> None:
    assert ZOE.are_in(text)
    assert not ZOE.are_in(ZOE.removed_from(text))


def test_digits_alone_count_only_in_quotes() -> None:
    number = Traces(["4711"])

    assert number.removed_from('{"user_id":"4711","seconds":4711}') == (
        '{"user_id":"forgotten","seconds":4711}'
    )
    assert not Traces([]).are_in("anything at all")


@pytest.mark.parametrize("text", ["u-47112", "xu-4711", "u-4711-b", "u_4711", "U-4711", ""])
def test_other_peoples_identifiers_are_left_alone(text: str) -> None:
    assert not ZOE.are_in(text)
    assert ZOE.removed_from(text) == text


NAMES = st.text(min_size=1, max_size=30).map("n".__add__)


@given(NAMES, st.text(max_size=10), st.text(max_size=10))
def test_what_json_and_base64_make_of_an_identifier_is_found(
    value: str, before: str, after: str
) -> None:
    traces = Traces([value])

    assert traces.are_in(json.dumps({"a": value}))
    assert traces.are_in(base64.b64encode(value.encode()))
    if len(value.encode()) >= 8:
        longer = f"{before} {value} {after}".encode()
        assert traces.are_in(base64.b64encode(longer))
        assert traces.are_in(base64.urlsafe_b64encode(longer))
