"""Proportions, sample ratios and many p-values at once."""

from __future__ import annotations

from collections.abc import Callable

from measure.calculator.given import (
    Inputs,
    Method,
    Outputs,
    alpha,
    each_of,
    told,
)
from measure.methods import (
    multiplicity,
    proportions,
    ratio_mismatch,
)
from measure.methods.proportions import Share
from measure.statistics import wilson


def _shares(given: Inputs) -> tuple[Share, Share]:
    return Share(*given["control"]), Share(*given["treatment"])


def _two_proportions(given: Inputs) -> Outputs:
    control, treatment = _shares(given)
    interval = {"pooled": True, "unpooled": False}.get(str(given.get("ci")))
    tested = proportions.two_proportions(
        control,
        treatment,
        pooled=given.get("pooled", True),
        correction=given.get("correction", False),
        pooled_interval=interval,
        alpha=alpha(given),
    )
    return {"control": control.rate, "treatment": treatment.rate} | told(tested)


def _chi2_unpooled(given: Inputs) -> Outputs:
    tested = proportions.two_proportions(*_shares(given), pooled_interval=False, alpha=alpha(given))
    return told(tested)


def _g_test(given: Inputs) -> Outputs:
    return {"p": each_of(given.get("correction", True), lambda one: proportions.g_test(
        *_shares(given), correction=one
    ))}  # fmt: skip


def _several(given: Inputs) -> Outputs:
    pairs = zip(given["x"], given["n"], strict=True)
    found = proportions.several_proportions([Share(*one) for one in pairs])
    return {"chi2": found.chi2, "df": found.degrees, "p": found.p}


def _srm_binom(given: Inputs) -> Outputs:
    first, second = given["observed"]
    ratio = given.get("ratio", 1.0)
    return {
        "p_exact": ratio_mismatch.exact(first, second, ratio),
        "p_norm_corrected": ratio_mismatch.normal(first, second, ratio),
        "p_norm": ratio_mismatch.normal(first, second, ratio, correction=False),
    }


def _srm_sequential(given: Inputs) -> Outputs:
    return {"p": ratio_mismatch.sequential(given["counts"], given["weights"])}


def _adjusted(adjust: Callable[..., list[float]], **more: bool) -> Method:
    return lambda given: {"adj": adjust(given["p"], **more)}


METHODS: dict[str, Method] = {
    "barnard_exact": lambda given: {
        "p": proportions.barnard_exact(*_shares(given), pooled=given.get("pooled", True))
    },
    "boschloo_exact": lambda given: {"p": proportions.boschloo_exact(*_shares(given))},
    "fisher_exact": lambda given: {"p": proportions.fisher_exact(*_shares(given))},
    "g_test": _g_test,
    "k_proportion_chi2": _several,
    "multiple_bh": _adjusted(multiplicity.benjamini_hochberg),
    "multiple_by": _adjusted(multiplicity.benjamini_yekutieli),
    "multiple_hochberg_bonferroni": _adjusted(multiplicity.hochberg),
    "multiple_hochberg_sidak": _adjusted(multiplicity.hochberg, sidak=True),
    "multiple_holm_bonferroni": _adjusted(multiplicity.holm),
    "multiple_holm_sidak": _adjusted(multiplicity.holm, sidak=True),
    "pearson_chi2": lambda given: {"p": proportions.pearson(*_shares(given), correction=False)},
    "pearson_chi2_yates": lambda given: {"p": proportions.pearson(*_shares(given))},
    "srm_binom": _srm_binom,
    "srm_chi2": lambda given: {
        "p": ratio_mismatch.chi_squared(given["observed"], given["weights"])
    },
    "srm_norm_corrected": lambda given: {"p": ratio_mismatch.normal(*given["observed"])},
    "srm_sequential": _srm_sequential,
    "two_proportion_chi2_unpooled_ci": _chi2_unpooled,
    "two_proportion_z": _two_proportions,
    "wilson_interval": lambda given: {"ci": list(wilson(given["converted"], given["entered"]))},
}
