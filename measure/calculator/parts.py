"""What a difference is made of."""

from __future__ import annotations

import numpy as np

from measure.calculator.given import (
    Inputs,
    Method,
    Outputs,
)
from measure.methods import (
    decompositions,
)


def _explanatory(given: Inputs) -> Outputs:
    total = tuple(given["total"])
    dimensions = {
        key: {value: tuple(cell) for value, cell in cells.items()}
        for key, cells in given.items()
        if key != "total"
    }
    powers = [decompositions.explanatory_power(total, one) for one in dimensions.values()]
    moved = {key: decompositions.surprise(total, one) for key, one in dimensions.items()}
    return {
        "ep": {value: share for one in powers for value, share in one.items()},
        "surprise": moved,
        "most_surprising_dimension": max(moved, key=lambda key: moved[key]),
    }


def _oaxaca(given: Inputs) -> Outputs:
    groups = [
        (np.asarray(given[key]["y"], float), np.atleast_2d(np.asarray(given[key]["x"], float)))
        for key in ("a", "b")
    ]
    return decompositions.oaxaca_blinder(*groups)._asdict()


def _simpson(given: Inputs) -> Outputs:
    found = decompositions.simpson([tuple(row) for row in given["data"]])
    return {
        "men": found.first,
        "women": found.second,
        "women_ahead_in_departments": found.second_ahead_in,
        "first": found.first,
        "second": found.second,
        "second_ahead_in": found.second_ahead_in,
    }


METHODS: dict[str, Method] = {
    "explanatory_power": _explanatory,
    "oaxaca_blinder": _oaxaca,
    "simpson_reversal": _simpson,
}
