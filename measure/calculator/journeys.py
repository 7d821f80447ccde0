"""Funnels and attribution."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from measure.calculator.given import (
    Inputs,
    Method,
    Outputs,
)
from measure.methods import (
    attribution,
    funnels,
)


def _ordered_funnel(given: Inputs) -> Outputs:
    journeys = {
        who: [(name, datetime.fromisoformat(at)) for name, at in events]
        for who, events in given["journeys"].items()
    }
    window = timedelta(days=given["window_days"])
    return funnels.ordered(given["steps"], journeys, window)._asdict()


def _strict_funnel(given: Inputs) -> Outputs:
    reached = funnels.strict(given["steps"], given["sequences"])
    told: Outputs = {"counts": [len(one) for one in reached]}
    return told | {f"step{k}": who for k, who in enumerate(reached, start=1) if k > 1}


def _shared_denominator(given: Inputs) -> Outputs:
    """Each arm's last step per unit that was assigned, beside what it is per unit before it."""
    steps = [key for key in given if key != "assigned"]
    last, before = given[steps[-1]], given[steps[-2]] if len(steps) > 1 else given["assigned"]
    conditional = [one / other for one, other in zip(last, before, strict=True)]
    whole = [one / other for one, other in zip(last, given["assigned"], strict=True)]
    word = "helps" if whole[1] > whole[0] else "harms" if whole[1] < whole[0] else "changes nothing"
    named = f"{steps[-2]}-to-{steps[-1]}" if len(steps) > 1 else steps[-1]
    turns = (conditional[1] - conditional[0]) * (whole[1] - whole[0]) < 0
    moves = "falls" if conditional[1] < conditional[0] else "rises"
    verdict = f"treatment {word}" + (f" although {named} {moves}" if turns else "")
    return {"conditional": conditional, "unconditional": whole, "verdict": verdict}


def _odds(given: Inputs) -> Outputs:
    found = [
        funnels.odds_ratio(
            given["success_total"], given["failure_total"], tuple(one), given.get("prior", 1)
        )
        for one in given["with_event"]
    ]
    return {"odds": found}


def _paths(given: Inputs) -> list[attribution.Path]:
    return [
        attribution.Path(tuple(part.strip() for part in path.split(">")), converted, *lost)
        for path, converted, *lost in given["paths"]
    ]


def _markov(given: Inputs) -> Outputs:
    found = attribution.markov(_paths(given))
    return {
        "p_conversion": found.conversion,
        "removal": found.removal,
        "attributed": found.attributed,
    }


def _credit(rule: Callable[[list[attribution.Path]], attribution.Credit]) -> Method:
    return lambda given: {"attributed": rule(_paths(given))}


METHODS: dict[str, Method] = {
    "attribution_first_touch": _credit(attribution.first_touch),
    "attribution_last_touch": _credit(attribution.last_touch),
    "attribution_linear": _credit(attribution.linear),
    "attribution_position": _credit(attribution.position),
    "attribution_shapley": _credit(attribution.shapley),
    "funnel_correlation_odds_ratio": _odds,
    "funnel_ordered": _ordered_funnel,
    "funnel_shared_denominator": _shared_denominator,
    "funnel_strict": _strict_funnel,
    "markov_attribution": _markov,
}
