"""Power, sample sizes and planned looks."""

from __future__ import annotations

from collections.abc import Callable

from measure.calculator.given import (
    Inputs,
    Method,
    Outputs,
    alpha,
    arms,
    units,
)
from measure.methods import (
    power,
    sequences,
)
from measure.methods.arms import (
    difference,
)


def _bounds(given: Inputs) -> Outputs:
    found = sequences.group_sequential_bounds(given["t"], alpha(given), sides=given.get("sides", 2))
    return {"z": found}


def _adjusted_alpha(given: Inputs) -> Outputs:
    """Each look's alpha where the whole was planned: spent by the square of the information."""
    n, sides = given["n"], given.get("sides", 2)
    whole = max(*n, given["expected_total"])
    z = sequences.group_sequential_bounds(
        [one / whole for one in n],
        alpha(given),
        sides=sides,
        spending=sequences.power_spending,
    )
    return {"adjusted_alpha": [sides * sequences.tail(one) for one in z]}


def _metric(given: Inputs) -> tuple[power.Metric, float]:
    per_arm = given["n_total"] / given.get("n_variations", 2)
    return power.Metric(given["mean"], given["variance"]), per_arm


def _power(given: Inputs) -> Outputs:
    metric, per_arm = _metric(given)
    return {"power": power.power_relative(metric, given["effect_rel"], per_arm, alpha(given))}


def _power_sequential(given: Inputs) -> Outputs:
    metric, per_arm = _metric(given)
    planned = given.get("tuning", sequences.PLANNED)
    return {
        "power": power.power_sequential_upper(
            metric, given["effect_rel"], per_arm, planned, alpha(given)
        )
    }


def _power_simulated(given: Inputs) -> Outputs:
    """What power a confidence sequence really has, at so many looks."""
    metric, per_arm = _metric(given)
    effect = given["effect_rel"]
    error = power.relative_error(metric, effect, per_arm)
    planned, looks = given.get("tuning", sequences.PLANNED), given.get("looks", 14)
    found = power.power_sequential(effect, error, 2 * per_arm, planned, looks, alpha(given))
    return {"power": found}


def _mde(given: Inputs) -> Outputs:
    metric, per_arm = _metric(given)
    least = power.smallest_relative_effect(metric, per_arm, given.get("power", 0.8), alpha(given))
    return {"mde_rel": least}


def _mid_power(given: Inputs) -> Outputs:
    found = difference(*arms(given), relative=True)
    effect, wanted, level = given["mde_rel"], given.get("power", 0.8), alpha(given)
    planned = given.get("tuning", sequences.PLANNED)
    sequential = power.further_units_sequential(
        found.se, units(given), effect, planned, wanted, level
    )
    return {
        "scaling_fixed": power.further_units(found.se, effect, wanted, level),
        f"scaling_sequential_{planned}": sequential,
    }


def _units_z(variances: Callable[[Inputs], tuple[float, float]]) -> Method:
    def answer(given: Inputs) -> Outputs:
        per_arm = power.units_z(
            variances(given), given["mde_abs"], alpha(given), given.get("power", 0.8)
        )
        return {"n_per_arm": per_arm, "n_total": per_arm * given.get("arms", 2)}

    return answer


def _of_mean(given: Inputs) -> tuple[float, float]:
    return given["variance"], given["variance"]


def _of_proportion(given: Inputs) -> tuple[float, float]:
    p, other = given["p"], given["p"] + given["mde_abs"]
    return p * (1 - p), other * (1 - other)


METHODS: dict[str, Method] = {
    "group_sequential_obf_adjusted_alpha": _adjusted_alpha,
    "lan_demets_obf_bounds": _bounds,
    "mde_two_sided_relative": _mde,
    "midexperiment_power_scaling": _mid_power,
    "power_sequential_relative": _power_sequential,
    "power_sequential_simulated": _power_simulated,
    "power_t_two_sample": lambda given: {
        "power": power.power_t(given["n_per_arm"], given["delta"], given["sd"], alpha(given))
    },
    "power_two_proportions": lambda given: {
        "power": power.power_proportions(given["n_per_arm"], given["p1"], given["p2"], alpha(given))
    },
    "power_two_sided_relative": _power,
    "sample_size_evan_miller": lambda given: {
        "n_per_arm": power.units_of_baseline(
            given["p"], given["delta"], alpha(given), given.get("power", 0.8)
        )
    },
    "sample_size_mean": _units_z(_of_mean),
    "sample_size_proportion": _units_z(_of_proportion),
    "sample_size_t_two_sample": lambda given: {
        "n_per_arm": power.units_t(given["power"], given["delta"], given["sd"], alpha(given))
    },
    "sample_size_two_proportions": lambda given: {
        "n_per_arm": power.units_proportions(given["power"], given["p1"], given["p2"], alpha(given))
    },
}
