"""The numbers that a method is given, as JSON has them, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from measure.methods import (
    means,
)
from measure.methods.arms import (
    Arm,
    Difference,
    Sums,
    difference,
    mean_arm,
    proportion_arm,
    quantile_arm,
    ratio_arm,
)
from measure.methods.means import Tested

Inputs = Mapping[str, Any]
Outputs = dict[str, Any]
Method = Callable[[Inputs], Outputs]


def sums(given: Inputs) -> Sums:
    """Sums of a metric and what goes with it, under the names of any of the methods."""
    first = given.get("y") or given.get("num") or given["post"]
    second = given.get("x") or given.get("den") or given["pre"]
    product = next(given[key] for key in ("xy", "prod", "sum_products") if key in given)
    return Sums(given["n"], first[0], first[1], second[0], second[1], product)


def arm(given: Inputs) -> Arm:
    match given.get("type", "mean"):
        case "mean":
            return mean_arm(given["n"], given["sum"], given["sum_squares"])
        case "proportion":
            return proportion_arm(given["n"], given["sum"])
        case "quantile":
            return quantile_arm(given["n"], given["quantile"], given["lower"], given["upper"])
        case "ratio":
            return ratio_arm(sums(given))
        case other:
            raise ValueError(f"'{other}' is no type of metric")


def relative(given: Inputs) -> bool:
    return bool(given.get("diff", "absolute") == "relative")


def arms(given: Inputs) -> tuple[Arm, Arm]:
    """Both arms; of a metric with a covariate, adjusted by CUPED."""
    a, b = given["a"], given["b"]
    if str(a.get("type", "")).endswith("_cuped"):
        return means.cuped_arms(sums(a), sums(b))
    return arm(a), arm(b)


def apart(given: Inputs) -> Difference:
    if str(given["a"].get("type", "")).endswith("_cuped") and relative(given):
        return means.cuped_relative(sums(given["a"]), sums(given["b"]))
    return difference(*arms(given), relative=relative(given))


def told(tested: Tested) -> Outputs:
    return {
        "effect": tested.effect,
        "ci": [tested.low, tested.high],
        "se": tested.se,
        "p": tested.p,
    }


def alpha(given: Inputs) -> float:
    return float(given.get("alpha", 0.05))


def units(given: Inputs) -> float:
    return float(given["a"]["n"] + given["b"]["n"])


def each_of(given: Any, make: Callable[[Any], Any]) -> Any:
    return [make(one) for one in given] if isinstance(given, list) else make(given)
