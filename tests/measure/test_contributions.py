"""Parts of a change sum to it: of steps, of causes with what is left, of who came and how."""

from __future__ import annotations

import random

import pytest

from measure.contributions import of_causes, of_steps
from measure.statistics import mix_and_rate

WORLDS = 1_000


def _rates(draw: random.Random, steps: int) -> list[float]:
    return [draw.choice([0.0, 1.0, draw.random(), draw.random() / 1000]) for _ in range(steps)]


def _product(rates: list[float]) -> float:
    whole = 1.0
    for rate in rates:
        whole *= rate
    return whole


def test_the_parts_of_the_steps_sum_to_the_change_of_the_whole():
    draw = random.Random(1)
    for _ in range(WORLDS):
        steps = draw.randint(1, 7)
        before, after = _rates(draw, steps), _rates(draw, steps)
        # What was expected of the whole is an estimate of its own.
        expected = min(1.0, _product(before) * draw.uniform(0.9, 1.1))

        parts = of_steps(before, after, expected, _product(after))

        assert sum(parts) == pytest.approx(_product(after) - expected, abs=1e-9)


def test_the_parts_of_causes_and_what_is_left_sum_to_the_change():
    draw = random.Random(2)
    for _ in range(WORLDS):
        effects = [draw.gauss(0, 0.5) for _ in range(draw.randint(0, 6))]
        before, after = draw.random(), draw.choice([0.0, draw.random()])

        parts, rest = of_causes(effects, before, after)

        assert sum(parts) + rest == pytest.approx(after - before, abs=1e-9)


def test_causes_that_explain_all_leave_nothing():
    parts, rest = of_causes([-0.2, -0.3], 0.2, 0.2 * 2.718281828459045**-0.5)

    assert rest == pytest.approx(0, abs=1e-12)
    assert parts[1] / parts[0] == pytest.approx(1.5)


def test_who_came_and_how_well_each_kind_did_sum_to_the_change_of_the_rate():
    draw = random.Random(3)
    for _ in range(WORLDS):
        values = [f"v{n}" for n in range(draw.randint(1, 6))]
        before, after = ({v: _cell(draw) for v in values} for _ in range(2))
        before["always"], after["always"] = (50, 5), (60, 9)

        parts = mix_and_rate(before, after)

        moved = _rate(after) - _rate(before)
        assert sum(p.mix + p.rate for p in parts.values()) == pytest.approx(moved, abs=1e-9)


def _cell(draw: random.Random) -> tuple[int, int]:
    entered = draw.choice([0, draw.randint(1, 10_000)])
    return entered, draw.randint(0, entered)


def _rate(cells: dict[str, tuple[int, int]]) -> float:
    return sum(c for _, c in cells.values()) / sum(e for e, _ in cells.values())
