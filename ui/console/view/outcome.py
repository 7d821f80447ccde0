"""Figures, campaigns and credits in the words and rows that the Outcomes page shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from measure.outcomes.result import (
    MODELS,
    Attribution,
    Campaign,
    Credit,
    Figure,
    Interval,
    Model,
    Outcomes,
    Unit,
)
from ui.console.view.drawing import Chart
from ui.console.view.forest import Change, forest
from ui.console.view.spark import spark
from ui.console.view.state import Badge
from ui.console.view.text import day, number, percent, points, title

BUSINESS, OPERATION, GOVERNANCE = "Customers and revenue", "How it runs", "How it is governed"
GROUPS: Mapping[str, tuple[str, ...]] = {
    BUSINESS: (
        "revenue_per_user",
        "conversion",
        "acquisition_cost",
        "lifetime_value",
        "time_to_value",
    ),
    GOVERNANCE: ("guardrail_pass_share", "proposal_pass_share", "trait_versioning_share"),
    OPERATION: ("data_freshness", "decision_latency", "model_drift"),
}
"""Kinds of figures, under the heading where they stand."""
MODEL_WORDS: Mapping[Model, str] = {
    "last": "Last message",
    "first": "First message",
    "linear": "All alike",
    "position": "First and last more",
    "markov": "By what is missed without it",
    "shapley": "By what it adds to others",
}
DECISION: Mapping[str, Badge] = {
    "Lift": Badge("Lift", "green", "trending_up"),
    "Harm": Badge("Harm", "red", "trending_down"),
    "No c": Badge("Not clear yet", "gray", "pending"),
}
UNKNOWN = Badge("No number", "orange", "block")


class Shown(NamedTuple):
    """A figure as its card tells it."""

    value: str
    note: str
    sure: str
    line: Chart | None


def groups(outcomes: Outcomes) -> dict[str, list[Figure]]:
    """Heading → figures, in order; a kind that no heading names stands under how it runs."""
    known = {kind: name for name, kinds in GROUPS.items() for kind in kinds}
    found: dict[str, list[Figure]] = {name: [] for name in GROUPS}
    for figure in outcomes.figures:
        found[known.get(figure.kind, OPERATION)].append(figure)
    return {name: figures for name, figures in found.items() if figures}


def amount(value: float | None, unit: Unit) -> str:
    """A value in its unit: 4.1%, 1.26, 0.8 days, 320 ms."""
    if value is None:
        return "–"
    match unit:
        case "share":
            return percent(value)
        case "days":
            return _duration(value * 86_400)
        case "seconds":
            return _duration(value)
        case "count":
            return number(value)
    return f"{value:,.2f}"


def _duration(seconds: float) -> str:
    for length, word in ((86_400, "days"), (3_600, "hours"), (60, "minutes"), (1, "seconds")):
        if abs(seconds) >= 2 * length or length == 1:
            return f"{seconds / length:,.1f} {word}"
    return f"{seconds:,.1f} seconds"


def shown(figure: Figure) -> Shown:
    """The number, what it was before and how sure it is, and its weeks as a line."""
    note, sure = "", ""
    if figure.value is not None and figure.before is not None:
        note = f"{amount(figure.before, figure.unit)} the week before"
    if figure.interval:
        sure = f"{between(figure.interval, figure.unit)} with 95% confidence."
    history = tuple(
        (f"week of {day(point.start)}", point.value, amount(point.value, figure.unit))
        for point in figure.trend
        if point.value is not None
    )
    line = spark(history, f"{figure.name} by week") if len(history) > 1 else None
    return Shown(amount(figure.value, figure.unit), note, sure, line)


def between(interval: Interval | None, unit: Unit) -> str:
    """3.2% to 4.3%."""
    if interval is None:
        return ""
    low = "below" if interval.low is None else amount(interval.low, unit)
    high = "above" if interval.high is None else amount(interval.high, unit)
    return f"{low} to {high}"


def campaign_badge(campaign: Campaign) -> Badge:
    """What was found of a campaign."""
    return DECISION.get(campaign.verdict[:4], UNKNOWN)


def campaign_name(campaign: Campaign, names: Mapping[str, str]) -> str:
    """Its rule's name."""
    return names.get(campaign.policy) or title(campaign.name)


def campaigns_forest(outcomes: Outcomes, names: Mapping[str, str]) -> Chart | None:
    """The uplift of every campaign that has one, with its interval."""
    changes = [
        Change(
            campaign_name(one, names),
            "",
            one.uplift,
            one.interval.low if one.interval else None,
            one.interval.high if one.interval else None,
            points(one.uplift),
            _is_clear(one.interval),
            one.uplift > 0,
        )
        for one in outcomes.campaigns
        if one.uplift is not None
    ]
    if not changes:
        return None
    said = "; ".join(f"{one.label} {one.shown}" for one in changes)
    return forest(changes, f"Uplift of campaigns against their holdouts: {said}.")


def _is_clear(interval: Interval | None) -> bool:
    if interval is None:
        return False
    return (interval.low or 0.0) > 0 or (interval.high or 0.0) < 0


def count_between(value: float | None, interval: Interval | None) -> str:
    """52 (−115 to 220)."""
    if value is None:
        return "–"
    if interval is None:
        return number(value)
    ends = ("…" if end is None else number(end) for end in (interval.low, interval.high))
    return f"{number(value)} ({' to '.join(ends)})".replace("-", "−")


def models_of(attribution: Attribution) -> tuple[Model, ...]:
    """The models that gave credit."""
    return tuple(
        model for model in MODELS if any(model in one.attributed for one in attribution.credits)
    )


def gap_words(credit: Credit, model: Model) -> str:
    """How much a model gives too much, or too little."""
    gap = credit.gap.get(model)
    if gap is None:
        return "not known"
    if abs(gap) < 0.5:
        return "the same"
    return f"{number(abs(gap))} {'too many' if gap > 0 else 'too few'}"


def misplaced_words(attribution: Attribution) -> str:
    """How far the models are from what the holdouts say."""
    if not attribution.misplaced:
        return ""
    best = min(attribution.misplaced, key=lambda model: attribution.misplaced[model])
    share = percent(attribution.misplaced[best], 0)
    return (
        f"Even the model that comes closest to the holdouts ({MODEL_WORDS[best].lower()}) puts "
        f"{share} of its credit on other messages than those that made the difference."
    )
