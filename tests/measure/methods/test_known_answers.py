"""Every answer that others published comes out of the calculator, at its tolerance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from measure.calculator import compute

CASES = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "stats_known_answers.json").read_text()
)["cases"]
OF_DATA_NOT_SHIPPED = {"cdnow_bgnbd", "cdnow_gammagamma", "cdnow_paretonbd", "oaxaca_ccard"}
"""Fits to data sets of others: the methods are held against simulated customers instead."""
ROUNDED = {"r_proptest": {"chi2": 0.05}}
"""Printed with fewer digits than their tolerance asks for."""


def near(got: Any, wanted: Any, tolerance: Any) -> bool:
    if isinstance(wanted, dict):
        return all(near(got[key], value, tolerance) for key, value in wanted.items())
    if isinstance(wanted, list):
        return len(got) == len(wanted) and all(
            near(one, other, tolerance) for one, other in zip(got, wanted, strict=True)
        )
    if wanted is None or isinstance(wanted, bool | str):
        return bool(got == wanted)
    kind, size = tolerance if isinstance(tolerance, list) else ("abs", tolerance)
    allowed = size * abs(wanted) if kind == "rel" else max(size, 1e-15)
    return bool(abs(got - wanted) <= allowed)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case["id"] not in OF_DATA_NOT_SHIPPED], ids=lambda c: c["id"]
)
def test_a_published_answer_comes_out(case: dict[str, Any]) -> None:
    got = compute(case["method"], case["inputs"])
    wanted = dict(case["expected"])
    if (below := wanted.pop("p_below", None)) is not None:
        assert 0 < got["p"] < below
    for field, size in ROUNDED.get(case["id"], {}).items():
        assert near(got[field], wanted.pop(field), size)
    assert near(got, wanted, case["tolerance"]), got


def test_all_but_four_of_the_published_answers_are_tried() -> None:
    assert len(CASES) == 72
    assert {case["id"] for case in CASES} >= OF_DATA_NOT_SHIPPED
