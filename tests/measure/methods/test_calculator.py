"""The calculator refuses what it cannot compute, in words."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import PilothouseError
from measure.calculator import compute


@pytest.mark.parametrize(
    ("method", "inputs", "said"),
    [
        ("welch", {}, "There is no method 'welch'"),
        ("welch_t", {"a": {"n": 3}}, "needs 'b'"),
        ("welch_t", {"a": {"type": "median", "n": 3}, "b": {"n": 3}}, "no type of metric"),
        (
            "welch_t",
            {"a": {"n": 1, "sum": 1, "sum_squares": 1}, "b": {"n": 2, "sum": 1, "sum_squares": 1}},
            "at least 2 units",
        ),
        ("two_proportion_z", {"control": [0, 0], "treatment": [1, 2]}, "somebody entered"),
        ("two_proportion_z", {"control": [5, 5], "treatment": [4, 4]}, "not everybody"),
        ("two_proportion_z", {"control": [7, 5], "treatment": [4, 4]}, "or fewer"),
        ("multiple_bh", {"p": [0.1, 1.5]}, "between 0 and 1"),
        ("lan_demets_obf_bounds", {"t": [0.5, 0.2]}, "in order"),
        ("normal_risk", {"mu": 0, "sigma": 0}, "above 0"),
        ("markov_attribution", {"paths": [["push", 0, 5]]}, "somebody converted"),
        ("gamma_gamma_fit", {"x": [0, 1], "m": [1, 2]}, "bought again"),
    ],
)
def test_numbers_that_have_no_answer_are_refused(
    method: str, inputs: dict[str, Any], said: str
) -> None:
    with pytest.raises(PilothouseError, match=said):
        compute(method, inputs)


def test_several_methods_that_are_not_published_are_there_too() -> None:
    p = [0.005, 0.06, 0.007, 0.04, 0.01, 0.03]
    assert compute("multiple_holm_bonferroni", {"p": p})["adj"] == pytest.approx(
        [0.03, 0.09, 0.035, 0.09, 0.04, 0.09]
    )
    assert compute("quantile_interval", {"values": [1, 2, 3, 4, 5], "nu": 0.5})["quantile"] == 3
