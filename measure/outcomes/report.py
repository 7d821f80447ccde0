"""Every outcome of a moment as one result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from core.errors import Code, PilothouseError
from measure.lift import HORIZON_DAYS
from measure.outcomes.acquisition import acquisition_cost
from measure.outcomes.asking import Asked, Wanted
from measure.outcomes.attribution import attribute, goals
from measure.outcomes.campaigns import ReadOut, campaigns
from measure.outcomes.conversion import conversion
from measure.outcomes.defaults import asked_for, lacking
from measure.outcomes.governance import (
    guardrail_pass_share,
    proposal_pass_share,
    trait_versioning_share,
)
from measure.outcomes.house import House
from measure.outcomes.lifetime import lifetime_value
from measure.outcomes.operation import data_freshness, decision_latency, model_drift
from measure.outcomes.result import Attribution, Figure, Outcomes, Unit
from measure.outcomes.revenue import revenue_per_user
from measure.outcomes.value import time_to_value
from warehouse.catalog import unknown_name
from warehouse.outcome_metrics import OutcomeKind

UNITS: Mapping[OutcomeKind, Unit] = {
    "revenue_per_user": "currency",
    "conversion": "share",
    "acquisition_cost": "currency",
    "lifetime_value": "currency",
    "time_to_value": "days",
    "guardrail_pass_share": "share",
    "proposal_pass_share": "share",
    "trait_versioning_share": "share",
    "decision_latency": "seconds",
    "data_freshness": "share",
    "model_drift": "index",
}
OVER_CATALOG: Mapping[OutcomeKind, Callable[[Asked, Wanted], Figure]] = {
    "revenue_per_user": revenue_per_user,
    "conversion": conversion,
    "acquisition_cost": acquisition_cost,
    "lifetime_value": lifetime_value,
    "time_to_value": time_to_value,
    "guardrail_pass_share": guardrail_pass_share,
    "data_freshness": data_freshness,
}
"""How a figure of a kind is worked out over the catalog's own tables."""
OVER_HOUSE: Mapping[OutcomeKind, Callable[[Asked, Wanted, House], Figure]] = {
    "proposal_pass_share": proposal_pass_share,
    "trait_versioning_share": trait_versioning_share,
    "decision_latency": decision_latency,
    "model_drift": model_drift,
}
"""And how over what only Pilothouse keeps."""


def outcomes(asked: Asked, house: House, read: Mapping[str, ReadOut]) -> Outcomes:
    """All figures, attribution and campaigns; what cannot be said has its reason instead.

    ``read``: every policy that decided, as its holdout reads it.
    """
    return Outcomes(
        as_of=asked.as_of.isoformat(),
        weeks=asked.weeks,
        figures=figures(asked, house),
        attribution=attributions(asked, read, goals(asked)),
        campaigns=campaigns(asked, read, horizon_days=HORIZON_DAYS),
    )


def attributions(
    asked: Asked,
    read: Mapping[str, ReadOut],
    wanted: Sequence[str],
    *,
    horizon_days: int = HORIZON_DAYS,
) -> tuple[Attribution, ...]:
    """One a goal; a holdout that is no comparison gives no number here either."""
    withheld = {key: why for key, one in read.items() if (why := _withheld(one))}
    return tuple(
        attribute(asked, goal, withheld=withheld, horizon_days=horizon_days) for goal in wanted
    )


def _withheld(one: ReadOut) -> str | None:
    if isinstance(one.report, PilothouseError):
        return None
    return one.report.readout.withheld


def figures(asked: Asked, house: House, only: OutcomeKind | None = None) -> tuple[Figure, ...]:
    """Each figure of the catalog, then those of kinds that it names none of; or of one kind."""
    told = [
        _figure(asked, one, house)
        for one in asked_for(asked.catalog)
        if only in (None, one.metric.kind)
    ]
    return (*told, *(one for one in _lacking(asked) if only in (None, one.kind)))


def _figure(asked: Asked, one: Wanted, house: House) -> Figure:
    """A query that the data does not allow withholds its own figure, not the others."""
    kind = one.metric.kind
    if why := _unknown(asked, one):
        return one.withheld(UNITS[kind], asked.as_of, why)
    try:
        if kind in OVER_CATALOG:
            return OVER_CATALOG[kind](asked, one)
        return OVER_HOUSE[kind](asked, one, house)
    except PilothouseError as error:
        return one.withheld(UNITS[kind], asked.as_of, _said(error))


def _unknown(asked: Asked, one: Wanted) -> str | None:
    """What a figure names and the catalog does not list, with the nearest names."""
    event, metric = one.metric.event, one.metric.metric
    if event is not None and event not in asked.catalog.events:
        refusal = unknown_name(Code.UNKNOWN_EVENT, "event", event, [*asked.catalog.events])
    elif metric is not None and metric not in asked.catalog.metrics:
        refusal = unknown_name(Code.UNKNOWN_KEY, "metric", metric, [*asked.catalog.metrics])
    else:
        return None
    return f"outcomes.yaml names it for '{one.key}': {refusal.message} {refusal.fix}"


def _said(error: PilothouseError) -> str:
    refusal = error.refusal
    return f"{refusal.message} {refusal.fix}" if refusal.fix else refusal.message


def _lacking(asked: Asked) -> tuple[Figure, ...]:
    return tuple(
        _nothing(kind, name, meaning, why, asked.as_of)
        for kind, (name, meaning, why) in lacking(asked.catalog).items()
    )


def _nothing(kind: OutcomeKind, name: str, meaning: str, why: str, as_of: datetime) -> Figure:
    return Figure(
        key=kind,
        kind=kind,
        name=name,
        meaning=meaning,
        unit=UNITS[kind],
        statement=why,
        as_of=as_of.isoformat(),
    )
