"""The same user gets the same variant on every machine, and a share only ever grows."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.assignment import bucket, in_range, share_end


@pytest.mark.parametrize(
    ("salt", "unit", "expected"),
    [
        ("salt", "u0000001", "91ff010e"),
        ("salt", "u0000002", "843c63bd"),
        ("global", "u0000001", "fa9fe725"),
        ("größe", "ü", "e2bd7958"),
    ],
)
def test_the_same_user_gets_the_same_bucket_on_every_machine(
    salt: str, unit: str, expected: str
) -> None:
    assert bucket(salt, unit) == expected


@given(
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
)
def test_the_engine_gives_the_same_bucket(salt: str, unit: str) -> None:
    found = duckdb.execute("SELECT LEFT(MD5($1 || ':' || $2), 8)", [salt, unit]).fetchone()

    assert found == (bucket(salt, unit),)


@pytest.mark.parametrize(
    ("share", "end"),
    [
        (0, "00000000"),
        (0.0, "00000000"),
        (0.1, "1999999a"),
        (0.5, "80000000"),
        (1 / 3, "55555556"),
        (2**-40, "00000001"),
        (1 - 2**-40, None),
        (1, None),
    ],
)
def test_a_share_ends_where_the_vocabulary_says(share: float, end: str | None) -> None:
    assert share_end(share) == end


@pytest.mark.parametrize("share", [-0.01, 1.01, float("nan"), float("inf")])
def test_a_share_outside_nothing_and_everything_is_an_error(share: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        share_end(share)


def test_nobody_is_in_no_share_and_everybody_in_the_whole() -> None:
    for value in ("00000000", "7fffffff", "ffffffff"):
        assert not in_range(value, "00000000", share_end(0))
        assert in_range(value, "00000000", share_end(1))


def test_a_range_holds_its_low_end_but_not_its_high_one() -> None:
    assert in_range("40000000", "40000000", "80000000")
    assert not in_range("80000000", "40000000", "80000000")


@given(st.floats(0, 1), st.floats(0, 1), st.text(max_size=8))
def test_a_growing_share_never_drops_anybody(one: float, other: float, unit: str) -> None:
    small, large = sorted((one, other))
    value = bucket("salt", unit)

    assert in_range(value, "00000000", share_end(large)) or not in_range(
        value, "00000000", share_end(small)
    )


def test_a_tenth_holds_about_a_tenth() -> None:
    held = sum(in_range(bucket("s", f"u{n}"), "00000000", share_end(0.1)) for n in range(20_000))

    assert 0.09 < held / 20_000 < 0.11
