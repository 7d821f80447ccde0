"""Means and effects."""

from __future__ import annotations

import numpy as np

from measure.calculator.given import (
    Inputs,
    Method,
    Outputs,
    alpha,
    apart,
    arms,
    relative,
    sums,
    told,
    units,
)
from measure.methods import (
    bayes,
    means,
    quantiles,
    sequences,
)
from measure.methods.arms import (
    Arm,
    Sums,
    relative_difference,
    relative_variance,
)


def _welch(given: Inputs) -> Outputs:
    a, b = arms(given)
    answer = told(means.welch(a, b, relative=relative(given), alpha=alpha(given)))
    if a.mean > 0 and b.mean > 0:
        answer["rel"] = b.mean / a.mean - 1
        answer["rel_ci_log"] = list(means.log_ratio_interval(a, b, alpha(given)))
    return answer


def _welch_one_sided(greater: bool) -> Method:
    def answer(given: Inputs) -> Outputs:
        a, b = arms(given)
        return told(
            means.welch_one_sided(
                a, b, greater=greater, relative=relative(given), alpha=alpha(given)
            )
        )

    return answer


def _sequence(given: Inputs) -> Outputs:
    planned = given.get("tuning", sequences.PLANNED)
    return told(sequences.sequence(apart(given), units(given), alpha=alpha(given), planned=planned))


def _one_sided_sequence(greater: bool) -> Method:
    def answer(given: Inputs) -> Outputs:
        return told(
            sequences.one_sided_sequence(
                apart(given),
                units(given),
                greater=greater,
                alpha=alpha(given),
                planned=given.get("tuning", sequences.PLANNED),
            )
        )

    return answer


def _posterior(given: Inputs) -> Outputs:
    prior = given.get("prior")
    found = bayes.posterior(
        *arms(given),
        relative=relative(given),
        prior=bayes.Normal(prior["mean"], prior["variance"]) if prior else None,
        alpha=alpha(given),
    )
    return {
        "effect": found.effect,
        "ci": [found.low, found.high],
        "chance_to_win": found.chance_to_win,
        "risk": list(found.risk),
    }


def _cuped(given: Inputs) -> Outputs:
    a, b = means.cuped_arms(sums(given["a"]), sums(given["b"]))
    tested = means.welch(a, b, relative=relative(given), alpha=alpha(given))
    return {"a": a.mean, "b": b.mean} | told(tested)


def _theta(given: Inputs) -> Outputs:
    pre, post = np.asarray(given["pre"], float), np.asarray(given["post"], float)
    xy = float(pre @ post)
    arm = Sums(
        len(pre), float(post.sum()), float(post @ post), float(pre.sum()), float(pre @ pre), xy
    )
    # Sums of both arms, which are alike here, less one unit each: within arms.
    return {"theta": means.theta(arm)}


def _ratio(given: Inputs) -> Outputs:
    a, b = sums(given["a"]), sums(given["b"])
    tested = means.ratio_test(a, b, relative=relative(given), alpha=alpha(given))
    return {"a": a.y / a.x, "b": b.y / b.x} | told(tested)


def _delta_variance(given: Inputs) -> Outputs:
    a = Arm(given["n_a"], given["mean_a"], given["var_a"])
    b = Arm(given["n_b"], given["mean_b"], given["var_b"])
    return {"absolute": a.error + b.error, "relative": relative_variance(a, b)}


def _means_apart(given: Inputs) -> Outputs:
    a, b = given["a"], given["b"]
    return {"effect": b["sum"] / b["n"] - a["sum"] / a["n"]}


def _relative_diff(given: Inputs) -> Outputs:
    return {"rel": [relative_difference(Arm(2, a, 0), Arm(2, b, 0)) for a, b in given["pairs"]]}


def _quantile(given: Inputs) -> Outputs:
    values, share = np.asarray(given["values"], float), given["nu"]
    clusters = given.get("clusters")
    found = (
        quantiles.of_values(values, share, alpha(given))
        if clusters is None
        else quantiles.of_clusters(values, np.asarray(clusters), share, alpha(given))
    )
    return {"quantile": found.value, "ci": [found.low, found.high]}


METHODS: dict[str, Method] = {
    "asymptotic_confidence_sequence": _sequence,
    "bayes_effect_normal": _posterior,
    "confidence_sequence_one_sided_greater": _one_sided_sequence(True),
    "confidence_sequence_one_sided_lesser": _one_sided_sequence(False),
    "cuped_t": _cuped,
    "cuped_theta_pooled": _theta,
    "delta_method_variance": _delta_variance,
    "difference_in_means": _means_apart,
    "normal_risk": lambda given: {"risk": list(bayes.normal_risk(given["mu"], given["sigma"]))},
    "quantile_interval": _quantile,
    "ratio_delta_method_t": _ratio,
    "relative_diff": _relative_diff,
    "welch_t": _welch,
    "welch_t_one_sided_greater": _welch_one_sided(True),
    "welch_t_one_sided_lesser": _welch_one_sided(False),
}
