"""What customers will still buy: BG/NBD, Pareto/NBD and Gamma-Gamma, fitted by likelihood."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, hyp2f1

from core.errors import Code, refuse
from measure.methods.arms import require


class Purchases(NamedTuple):
    """Of each customer: repeat purchases, when the last one was, how long they were watched."""

    x: np.ndarray
    t_x: np.ndarray
    T: np.ndarray


class BgNbd(NamedTuple):
    """Fader, Hardie and Lee (2005): rate of purchases Gamma(r, alpha), drop-out Beta(a, b)."""

    r: float
    alpha: float
    a: float
    b: float


def bg_nbd_log_likelihood(by: BgNbd, seen: Purchases) -> float:
    """Of all customers together."""
    x, t_x, T = seen
    first = gammaln(by.r + x) - gammaln(by.r) + by.r * np.log(by.alpha)
    shared = betaln(by.a, by.b + x) - betaln(by.a, by.b)
    alive = -(by.r + x) * np.log(by.alpha + T)
    later = np.where(
        x > 0,
        np.log(by.a) - np.log(by.b + np.maximum(x, 1) - 1) - (by.r + x) * np.log(by.alpha + t_x),
        -np.inf,
    )
    return float(np.sum(first + shared + np.logaddexp(alive, later)))


def bg_nbd_fit(seen: Purchases) -> tuple[BgNbd, float]:
    """The likeliest parameters and their log likelihood."""
    found = _likeliest(lambda p: bg_nbd_log_likelihood(BgNbd(*p), seen), 4)
    return BgNbd(*found[0]), found[1]


def bg_nbd_expected(by: BgNbd, t: float) -> float:
    """Repeat purchases of a new customer within ``t``."""
    series = hyp2f1(by.r, by.b, by.a + by.b - 1, t / (by.alpha + t))
    shrunk = (by.alpha / (by.alpha + t)) ** by.r * series
    return float((by.a + by.b - 1) / (by.a - 1) * (1 - shrunk))


def bg_nbd_conditional(by: BgNbd, x: float, t_x: float, T: float, t: float) -> float:
    """Purchases in the next ``t`` of a customer with this history."""
    series = hyp2f1(by.r + x, by.b + x, by.a + by.b + x - 1, t / (by.alpha + T + t))
    shrunk = ((by.alpha + T) / (by.alpha + T + t)) ** (by.r + x) * series
    future = (by.a + by.b + x - 1) / (by.a - 1) * (1 - shrunk)
    return float(future * bg_nbd_alive(by, x, t_x, T))


def bg_nbd_alive(by: BgNbd, x: float, t_x: float, T: float) -> float:
    """The chance that a customer with this history still buys."""
    if x == 0:
        return 1.0
    odds = by.a / (by.b + x - 1) * ((by.alpha + T) / (by.alpha + t_x)) ** (by.r + x)
    return float(1 / (1 + odds))


class ParetoNbd(NamedTuple):
    """Schmittlein, Morrison and Colombo (1987): purchases Gamma(r, alpha), death Gamma(s, beta)."""

    r: float
    alpha: float
    s: float
    beta: float


def pareto_nbd_log_likelihood(by: ParetoNbd, seen: Purchases) -> float:
    """Of all customers together (Fader and Hardie 2005, a note on deriving the model)."""
    x, t_x, T = seen
    whole = by.r + by.s + x
    first = gammaln(by.r + x) - gammaln(by.r) + by.r * np.log(by.alpha) + by.s * np.log(by.beta)
    alive = -(by.r + x) * np.log(by.alpha + T) - by.s * np.log(by.beta + T)
    larger, smaller = max(by.alpha, by.beta), min(by.alpha, by.beta)
    second = by.s + 1 if by.alpha >= by.beta else by.r + x

    def term(t: np.ndarray) -> np.ndarray:
        series = hyp2f1(whole, second, whole + 1, (larger - smaller) / (larger + t))
        return np.log(np.maximum(series, 1e-300)) - whole * np.log(larger + t)

    late, soon = term(t_x), term(T)
    gone = np.log(by.s / whole) + late + np.log1p(-np.exp(np.minimum(soon - late, -1e-12)))
    return float(np.sum(first + np.logaddexp(alive, gone)))


def pareto_nbd_fit(seen: Purchases) -> tuple[ParetoNbd, float]:
    """The likeliest parameters and their log likelihood."""
    found = _likeliest(lambda p: pareto_nbd_log_likelihood(ParetoNbd(*p), seen), 4)
    return ParetoNbd(*found[0]), found[1]


class GammaGamma(NamedTuple):
    """Fader and Hardie (2013): the value of a purchase, Gamma(p, nu) with nu of Gamma(q, v)."""

    p: float
    q: float
    v: float


def gamma_gamma_fit(purchases: np.ndarray, mean_value: np.ndarray) -> GammaGamma:
    """From each customer's number of repeat purchases and their mean value."""
    require(bool((purchases > 0).all()), "only customers who bought again have a mean", "x")
    require(bool((mean_value > 0).all()), "every mean value is above 0", "m")

    def likelihood(by: np.ndarray) -> float:
        p, q, v = by
        px = p * purchases
        terms = (
            gammaln(px + q) - gammaln(px) - gammaln(q) + q * np.log(v)
            + (px - 1) * np.log(mean_value) + px * np.log(purchases)
            - (px + q) * np.log(purchases * mean_value + v)
        )  # fmt: skip
        return float(np.sum(terms))

    return GammaGamma(*_likeliest(likelihood, 3)[0])


def gamma_gamma_expected(by: GammaGamma, purchases: float, mean_value: float) -> float:
    """The mean value of a customer's next purchases: their own mean, drawn to everybody's."""
    weight = by.p * purchases / (by.p * purchases + by.q - 1)
    return (1 - weight) * by.v * by.p / (by.q - 1) + weight * mean_value


def _likeliest(
    likelihood: Callable[[np.ndarray], float], size: int
) -> tuple[tuple[float, ...], float]:
    """The maximum over positive parameters, from a few starts; refused where none is found."""

    def worse(logs: np.ndarray) -> float:
        found = likelihood(np.exp(logs))
        return -found if np.isfinite(found) else 1e300

    best: tuple[float, tuple[float, ...]] | None = None
    for start in (0.1, 1.0, 4.0):
        with np.errstate(all="ignore"):
            found = minimize(
                worse,
                np.log(np.full(size, start)),
                method="Nelder-Mead",
                options={"maxiter": 4_000, "xatol": 1e-7, "fatol": 1e-9},
            )
        reached = float(found.fun)
        if reached < 1e299 and (best is None or reached < best[0]):
            best = reached, tuple(float(one) for one in np.exp(found.x))
    if best is None:
        raise refuse(
            Code.INVALID_ARGUMENT,
            "No parameters fit these customers.",
            fix="Check that times are not below 0 and that no last purchase lies behind the end.",
        )
    return best[1], -best[0]
