"""The figures of a catalog that names none of a kind: what can be said of any team."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from measure.outcomes.asking import Wanted, wanted
from warehouse.catalog import Catalog
from warehouse.outcome_metrics import OutcomeKind, OutcomeMetric

_WORDS: Mapping[OutcomeKind, tuple[str, str]] = {
    "revenue_per_user": (
        "Revenue per user",
        "Payments of a week, shared out over everybody who had signed up by its end.",
    ),
    "conversion": ("Conversion", "Share of those who entered the funnel who got to its end."),
    "acquisition_cost": (
        "Cost of a new customer",
        "Spend on the users who signed up in a week, over those of them who paid within 30 days.",
    ),
    "lifetime_value": (
        "Lifetime value",
        "What somebody who has paid before is expected to pay in the next half year.",
    ),
    "time_to_value": (
        "Time to value",
        "Days until half of the users who signed up have had the event that is value.",
    ),
    "guardrail_pass_share": (
        "Decisions that pass guardrails",
        "Share of the decisions on eligible users that neither consent, a suppression, a stop "
        "condition nor a contact limit stopped.",
    ),
    "proposal_pass_share": (
        "Proposals that pass guardrails",
        "Share of the change requests of a week without any finding that blocks.",
    ),
    "trait_versioning_share": (
        "Traits under version control",
        "Share of the catalog's traits whose values come from a model of the version in force.",
    ),
    "decision_latency": (
        "Decision latency",
        "Seconds from a user's newest event to the decision on it, for 95 of 100 decisions on "
        "single users.",
    ),
    "data_freshness": (
        "Fresh data",
        "Share of the tables with a promise of freshness whose newest row keeps it.",
    ),
    "model_drift": (
        "Drift of traits",
        "The largest move in the spread of a trait between the last two builds, as a population "
        "stability index; above 0.25 is worth a look.",
    ),
}
"""Kind → name and meaning."""
_AHEAD_DAYS = 182


def asked_for(catalog: Catalog) -> Iterator[Wanted]:
    """Every figure the catalog names, and one of each kind that it names none of."""
    for key, metric in catalog.outcomes.items():
        yield Wanted(key, metric)
    for kind in get_args(OutcomeKind):
        if not wanted(catalog, kind) and (usual := _usual(catalog, kind)):
            yield Wanted(kind, usual)


def lacking(catalog: Catalog) -> dict[OutcomeKind, tuple[str, str, str]]:
    """Kinds of which nothing can be said yet: name, meaning, and what the catalog has to say."""
    do: dict[OutcomeKind, str] = {
        "time_to_value": (
            "The catalog names no figure of the kind time_to_value: say in outcomes.yaml which "
            "event is value."
        ),
        "conversion": (
            "The catalog names no metric: describe a funnel in funnels.yaml, and a metric over it "
            "in metrics.yaml."
        ),
    }
    return {
        kind: (*_WORDS[kind], why)
        for kind, why in do.items()
        if not wanted(catalog, kind) and _usual(catalog, kind) is None
    }


def _usual(catalog: Catalog, kind: OutcomeKind) -> OutcomeMetric | None:
    name, description = _WORDS[kind]
    if kind == "time_to_value":
        return None
    if kind == "conversion":
        metric = next(iter(catalog.metrics), None)
        if metric is None:
            return None
        described = catalog.metrics[metric].description
        return OutcomeMetric(kind=kind, name=name, description=described, metric=metric)
    days = {"horizon_days": _AHEAD_DAYS} if kind == "lifetime_value" else {}
    return OutcomeMetric.model_validate(
        {"kind": kind, "name": name, "description": description, **days}
    )
