"""What a property of an event is, said by the engine and said in Python."""

from __future__ import annotations

import math
from datetime import datetime
from functools import cache

import duckdb
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from core.kinds import property_value
from core.moments import micros
from warehouse.compile.values import property_read


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def read(text: str, data_type: str) -> object:
    """What the engine reads from a text."""
    value = property_read(exp.Placeholder(this="text"), data_type).sql("duckdb")
    row = _engine().execute(f"SELECT {value}", {"text": text}).fetchone()
    assert row is not None
    return micros(row[0]) if isinstance(row[0], datetime) else row[0]


@settings(max_examples=300)
@given(st.text("0123456789+-._eE naif\t", max_size=12))
@example("+-5")
@example("1_000")
@example("1e999")
@example("Infinity")
@example("٣")
def test_a_number_is_read_alike(text: str) -> None:
    ours, theirs = property_value(text, "number"), read(text, "number")

    assert ours == theirs
    assert not (isinstance(ours, float) and math.isnan(ours))


DATES = st.dates().map(str) | st.sampled_from(
    ["2024-02-29", "2023-02-29", "1900-02-29", "2026-13-01"]
)
CLOCKS = st.times().map(str) | st.sampled_from(["", "24:00:00", "9:00:00", "23:59:60"])
OFFSETS = st.sampled_from(["", "Z", "+02:00", "-05:30", "+14", "+15:00", "z"])


@settings(max_examples=300)
@given(DATES, st.sampled_from(["T", " ", ""]), CLOCKS, OFFSETS)
def test_a_moment_is_read_alike_whatever_its_offset(
    date: str, between: str, clock: str, offset: str
) -> None:
    text = f"{date}{between}{clock}{offset}"

    assert property_value(text, "timestamp") == read(text, "timestamp")


def test_only_true_and_false_are_truths() -> None:
    for text in ("true", "false", "TRUE", "1", "t", "yes", ""):
        assert property_value(text, "boolean") is read(text, "boolean")
