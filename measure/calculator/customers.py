"""What customers will still buy."""

from __future__ import annotations

import numpy as np

from measure.calculator.given import (
    Inputs,
    Method,
    Outputs,
    each_of,
)
from measure.methods import (
    lifetime,
)


def _purchases(given: Inputs) -> lifetime.Purchases:
    return lifetime.Purchases(*(np.asarray(given[key], float) for key in ("x", "t_x", "T")))


def _bg_fit(given: Inputs) -> Outputs:
    by, likelihood = lifetime.bg_nbd_fit(_purchases(given))
    return by._asdict() | {"log_likelihood": likelihood}


def _pareto_fit(given: Inputs) -> Outputs:
    by, likelihood = lifetime.pareto_nbd_fit(_purchases(given))
    return by._asdict() | {"log_likelihood": likelihood}


def _gamma_fit(given: Inputs) -> Outputs:
    x, m = (np.asarray(given[key], float) for key in ("x", "m"))
    return lifetime.gamma_gamma_fit(x, m)._asdict()


def _bg_expected(given: Inputs) -> Outputs:
    by = lifetime.BgNbd(*given["params"])
    return {"expected": each_of(given["t"], lambda t: lifetime.bg_nbd_expected(by, t))}


def _bg_conditional(given: Inputs) -> Outputs:
    by = lifetime.BgNbd(*given["params"])
    history = (given["x"], given["t_x"], given["T"])
    return {
        "expected": lifetime.bg_nbd_conditional(by, *history, given["t"]),
        "alive": lifetime.bg_nbd_alive(by, *history),
    }


METHODS: dict[str, Method] = {
    "bg_nbd_conditional_expected": _bg_conditional,
    "bg_nbd_expected_purchases": _bg_expected,
    "bg_nbd_fit": _bg_fit,
    "gamma_gamma_fit": _gamma_fit,
    "pareto_nbd_fit": _pareto_fit,
}
