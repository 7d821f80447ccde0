"""The sentences of a read-out."""

from __future__ import annotations

from measure.experiments.readout import Comparison, Estimate, MetricRow


def amount(value: float, row: MetricRow) -> str:
    """An effect as people say it: percentage points of shares, the unit itself of the rest."""
    if row.kind in ("reached", "funnel"):
        return f"{value * 100:+.1f}"
    return f"{value:+.4g}"


def unit(row: MetricRow) -> str:
    """What the amount counts."""
    return "percentage points" if row.kind in ("reached", "funnel") else "per user"


def interval(estimate: Estimate, row: MetricRow) -> str:
    """Both ends."""
    low, high = estimate.low, estimate.high
    ends = ("-∞" if low is None else amount(low, row), "∞" if high is None else amount(high, row))
    return " to ".join(ends)


def verdict(row: MetricRow, one: Comparison, *, within: str, of_arm: str | None) -> str:
    """The first sentence: what was found on the metric that it is decided by."""
    if one.effect is None:
        return f"No number: {one.withheld}"
    named = f" of {of_arm}" if of_arm else ""
    told = f"{amount(one.effect.value, row)} {unit(row)} {within}"
    around = f"95 % interval {interval(one.effect, row)}"
    match one.verdict:
        case "better":
            return f"Lift{named}: {told}, {around}."
        case "worse":
            return f"Harm{named}: {told}, {around}."
        case _:
            return f"No clear lift{named}: {told}, {around}."
