"""Outcomes in words: values by their unit, trends, and what stands instead of a number."""

from __future__ import annotations

from collections.abc import Sequence

from core.evaluations import Evaluation, Measured, What
from measure.outcomes.result import (
    Attribution,
    Campaign,
    Credit,
    Figure,
    Interval,
    Model,
    Part,
    Point,
    Unit,
)

_NOTHING = "–"


def value_text(value: float | None, unit: Unit) -> str:
    """A value with its unit; a dash where there is none."""
    if value is None:
        return _NOTHING
    if unit == "share":
        return f"{value * 100:.1f} %"
    if unit == "days":
        return _span(value * 86_400)
    if unit == "seconds":
        return _span(value)
    if unit == "count":
        return f"{value:,.0f}"
    return f"{value:,.2f}"


def _span(seconds: float) -> str:
    """A time in the largest unit of which it has two."""
    for size, name in ((86_400.0, "days"), (3_600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {name}"
    return f"{seconds:.1f} seconds"


def interval_text(interval: Interval | None, unit: Unit) -> str:
    """The bounds in brackets' place; empty without any."""
    if interval is None:
        return ""
    low, high = (value_text(side, unit) for side in (interval.low, interval.high))
    return f"{interval.level * 100:.0f} % interval {low} to {high}"


def trend_text(trend: Sequence[Point], unit: Unit) -> str:
    """The weeks in order, oldest first; empty where none has a value."""
    if all(one.value is None for one in trend):
        return ""
    return "  ".join(value_text(one.value, unit) for one in trend)


def figure_lines(figure: Figure) -> list[str]:
    """One figure: its value or why there is none, then what is behind it."""
    head = f"{figure.name:<34} {value_text(figure.value, figure.unit)}"
    beside = [] if figure.before is None else [f"before {value_text(figure.before, figure.unit)}"]
    beside += [one] if (one := interval_text(figure.interval, figure.unit)) else []
    lines = [f"{head}  ({'; '.join(beside)})" if beside else head]
    lines += [f"  {figure.statement}"] if figure.statement else []
    trend = trend_text(figure.trend, figure.unit)
    lines += [f"  by week, up to {figure.as_of[:10]}: {trend}"] if trend else []
    lines += [_part(one, figure.unit) for one in figure.parts] if not _whole(figure) else []
    return [*lines, *(f"  {note}" for note in figure.notes)]


def _whole(figure: Figure) -> bool:
    """Whether it is a share of which nothing is missing: then no part says more."""
    return figure.unit == "share" and figure.value == 1


def _part(part: Part, unit: Unit) -> str:
    why = f"  {part.statement}" if part.statement else ""
    return f"    {part.label:<30} {value_text(part.value, unit)}{why}"


def campaign_lines(campaign: Campaign) -> list[str]:
    """One policy: what it changed, what that is worth, what it cost."""
    lines = [f"{campaign.policy}: {campaign.verdict}"]
    if campaign.incremental is not None:
        bounds = interval_text(campaign.incremental_interval, "count")
        lines.append(f"  {campaign.incremental:,.0f} more conversions ({bounds})")
    if campaign.revenue is not None:
        bounds = interval_text(campaign.revenue_interval, "currency")
        lines.append(f"  {campaign.revenue:,.2f} more revenue ({bounds})")
    if campaign.cost is not None:
        lines.append(f"  {campaign.messages:,} messages for {campaign.cost:,.2f}")
    if campaign.roi is not None:
        bounds = interval_text(campaign.roi_interval, "share")
        lines.append(f"  Return on messages {value_text(campaign.roi, 'share')} ({bounds})")
    return [*lines, *(f"  {why}" for why in campaign.statements)]


def attribution_lines(found: Attribution, models: Sequence[Model]) -> list[str]:
    """One goal: every touchpoint with its credit by model, beside what its holdout says."""
    since, until = (moment[:10] for moment in found.span)
    lines = [
        f"{found.goal}: {found.converted:,.0f} of {found.users:,} people with a message reached it "
        f"within {found.horizon_days} days; {found.untouched:,} people without any message did.",
        f"  Messages from {since} up to {until}, {found.paths:,} orders of touchpoints.",
    ]
    if found.statement:
        return [*lines, f"  {found.statement}"]
    heads = "".join(f"{model:>10}" for model in models)
    lines.append(f"  {'touchpoint':<34}{heads}{'changed':>10}  95 % interval")
    lines += [_credit(one, models) for one in found.credits]
    if found.misplaced:
        shares = "".join(f"{found.misplaced.get(model, 0):>10.0%}" for model in models)
        lines.append(f"  {'credit in the wrong place':<34}{shares}")
    return [*lines, *(f"  {note}" for note in found.notes)]


def _credit(one: Credit, models: Sequence[Model]) -> str:
    given = "".join(f"{one.attributed.get(model, 0.0):>10,.0f}" for model in models)
    if one.incremental is None:
        return f"  {one.touchpoint:<34}{given}{_NOTHING:>10}  {one.statement}"
    low, high = (one.interval.low, one.interval.high) if one.interval else (None, None)
    bounds = f"{value_text(low, 'count')} to {value_text(high, 'count')}"
    return f"  {one.touchpoint:<34}{given}{one.incremental:>10,.0f}  {bounds}"


_NUMBERS: dict[What, tuple[str, Unit]] = {
    "people": ("people", "count"),
    "messages_a_day": ("messages a day", "count"),
    "cost_a_week": ("cost a week", "currency"),
    "lift": ("lift", "share"),
}
"""What is compared: its words and its unit."""


def evaluation_lines(evaluations: Sequence[Evaluation]) -> list[str]:
    """What a change did once it was live, each number beside what was approved."""
    lines = []
    for one in evaluations:
        lines.append(f"{f'{one.days} days':<10} {one.verdict}")
        lines += [f"           {_measured(number)}" for number in one.numbers]
        lines += [f"           {note}" for note in one.notes]
    return lines


def _measured(number: Measured) -> str:
    if number.measured is None:
        return f"{number.what.replace('_', ' '):<16} {number.statement}"
    if number.what == "lift":
        return f"{'lift':<16} {points_text(number.measured, number.low, number.high)}"
    name, unit = _NUMBERS[number.what]
    told = f"{name:<16} {value_text(number.measured, unit)}"
    if number.approved is not None:
        told += f" (approved {value_text(number.approved, unit)})"
    return told


def points_text(value: float, low: float | None, high: float | None) -> str:
    """A difference of shares in percentage points, with its interval."""
    told = f"{value * 100:+.1f} points"
    if low is None or high is None:
        return told
    return f"{told} (95 % interval {low * 100:+.1f} to {high * 100:+.1f})"
