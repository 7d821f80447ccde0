"""Cells of few people are folded, and an effect may drift so far and no further."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.effects import (
    OTHERS,
    SMALL,
    Against,
    Day,
    Effect,
    EffectTolerance,
    Traffic,
    drifted,
    folded,
)

CELLS = st.dictionaries(st.sampled_from(["a", "b", "c", "d", "e", OTHERS]), st.integers(0, 40))


@given(cells=CELLS)
def test_no_cell_shows_fewer_than_ten_people_and_none_is_lost(cells: dict[str, int]) -> None:
    shown = folded(cells)

    assert all(cell.users >= SMALL for cell in shown)
    total = sum(cells.values())
    assert sum(cell.users for cell in shown) == (total if total >= SMALL else 0)
    assert len({cell.value for cell in shown}) == len(shown)
    for cell in shown:
        assert cell.value == OTHERS or cell.users == cells[cell.value]


@given(cells=CELLS)
def test_what_is_folded_is_never_one_small_cell_alone(cells: dict[str, int]) -> None:
    shown = {cell.value for cell in folded(cells)}
    hidden = [n for value, n in cells.items() if n and (value not in shown or value == OTHERS)]

    assert not shown or hidden == [] or len(hidden) > 1 or hidden[0] >= SMALL


def test_a_lone_small_cell_takes_the_least_of_the_others_with_it() -> None:
    shown = folded({"ios": 700, "web": 30, "tv": 3})

    assert [(cell.value, cell.users) for cell in shown] == [("ios", 700), (OTHERS, 33)]


def effect(audience: int, entered: int, a_day: int) -> Effect:
    days = (Day(day="2026-01-01", messages=a_day),)
    return Effect(
        as_of="2026-01-01T00:00:00",
        against=Against(version=None, before=0, after=audience, entered=entered, left=0),
        traffic=Traffic(days=days, entering=0.0, how="Counted."),
    )


@pytest.mark.parametrize(
    ("now", "moved"),
    [
        (effect(1_200, 800, 100), []),
        (effect(1_201, 800, 100), ["people it is for"]),
        (effect(799, 800, 100), ["people it is for"]),
        (effect(1_000, 961, 100), ["people who enter"]),
        (effect(1_000, 800, 201), ["messages a day"]),
        (effect(0, 0, 0), ["people it is for", "people who enter"]),
    ],
)
def test_an_effect_drifts_beyond_a_fifth_or_a_hundred_whichever_is_larger(
    now: Effect, moved: list[str]
) -> None:
    found = drifted(effect(1_000, 800, 100), now, EffectTolerance())

    assert [one.what for one in found] == moved
    assert all("when it was proposed" in one.sentence for one in found)


def test_an_effect_without_messages_drifts_by_its_people() -> None:
    audience = effect(1_000, 0, 0).model_copy(update={"traffic": None})

    assert drifted(audience, effect(1_000, 0, 90), EffectTolerance()) == ()
    assert drifted(audience, effect(1_300, 0, 0), EffectTolerance())
