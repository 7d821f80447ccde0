"""Which steps moved for some users more than for all others: every value of every dimension.

Each value is its own period's difference to all other users, held against what that difference was
in earlier periods; how much such differences wander is learnt from all values of a dimension at
once. A version that is new has no earlier periods: its users are held against those of other
versions, at the usual rates of the days on which they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from math import log, sqrt
from typing import NamedTuple

from measure.causes.inquiry import Inquiry
from measure.expectation import expectation
from measure.funnel import NOBODY, TENURE, VERSION, VERSION_TENURE, Count
from measure.layout import dimensions
from measure.periods import LEAST_BASELINES
from measure.statistics import (
    Estimate,
    between_variance,
    inverse_logit,
    log_odds,
    normal_p,
    surprise,
)
from measure.thresholds import ALPHA, LEAST_OWN_SIGN, LEAST_SHARE, LEAST_USERS, OWN_NOISE

VALUE_NOISE = 0.02
"""Least week-to-week standard deviation of a value's difference to all others, in log odds."""


class Fall(NamedTuple):
    """A step that moved for one value more than for all others."""

    step: int
    dimension: str
    value: str
    now: Count
    expected: float
    """The rate that its history leads one to expect, had it moved as the others did."""
    z: float
    effect: float
    """What that did to the rate of the whole funnel, on the log scale."""
    others: float = 0.0
    """How far all others lie from their own history, in standard errors."""
    is_new: bool = False
    """A version that has no earlier periods."""

    @property
    def error(self) -> float:
        """The effect's standard error."""
        return abs(self.effect / self.z) if self.z else 0.0


def falls_of(inquiry: Inquiry) -> list[Fall]:
    """Every value that has users enough, at every step."""
    by = (*dimensions(inquiry.catalog), TENURE)
    if inquiry.catalog.layout.events.version is not None:
        by = (*by, VERSION)
    return [*_new_version_falls(inquiry), *(f for d in by for f in _value_falls(inquiry, d))]


def guilty_of(falls: list[Fall], sign: int) -> list[Fall]:
    """Those beyond doubt after correction for how many were looked at, the clearest first.

    Of the falls of one step only the clearest: it explains the others away.
    """
    limit = ALPHA / max(1, len(falls))
    clear = [f for f in falls if f.z * sign > 0 and normal_p(f.z) / 2 < limit]
    clear = [f for f in clear if f.effect * sign > LEAST_SHARE]
    best: dict[int, Fall] = {}
    for fall in sorted(clear, key=lambda f: -abs(f.z)):
        best.setdefault(fall.step, fall)
    return list(best.values())


class _Series(NamedTuple):
    """A value's difference to all others, in log odds, now and in earlier periods."""

    step: int
    value: str
    inside: Count
    own: list[Estimate]
    others: list[Estimate]
    difference: list[Estimate]


def _value_falls(inquiry: Inquiry, dimension: str) -> Iterator[Fall]:
    series = [
        one
        for step in range(1, len(inquiry.cells.steps))
        for one in _series(inquiry, dimension, step)
    ]
    noise = _noise([one.difference[1:] for one in series])
    for one in series:
        yield _fall(inquiry, dimension, one, noise)


def _series(inquiry: Inquiry, dimension: str, step: int) -> Iterator[_Series]:
    periods = [0, *inquiry.baselines]
    counts = [inquiry.cells.values(dimension, step, "segment", k) for k in periods]
    totals = [_sum(by.values()) for by in counts]
    for value in sorted(counts[0]):
        own = [by.get(value, NOBODY) for by in counts]
        rest = [
            Count(t.entered - o.entered, t.converted - o.converted)
            for t, o in zip(totals, own, strict=True)
        ]
        if min(_least(own), _least(rest)) < LEAST_USERS:
            continue
        if dimension == VERSION and not has_past(own):
            continue
        inside = [log_odds(c.converted, c.entered) for c in own]
        outside = [log_odds(c.converted, c.entered) for c in rest]
        apart = [
            Estimate(a.value - b.value, a.variance + b.variance)
            for a, b in zip(inside, outside, strict=True)
        ]
        yield _Series(step, value, own[0], inside, outside, apart)


def has_past(counts: list[Count]) -> bool:
    """Whether a version, now and in earlier periods, was run long enough to have a level."""
    return sum(c.entered >= LEAST_USERS for c in counts[1:]) >= LEAST_BASELINES


def _least(counts: list[Count]) -> int:
    return min(counts[0].entered, sum(c.entered for c in counts[1:]))


def _noise(histories: list[list[Estimate]]) -> float:
    """The standard deviation between periods beyond sampling, from all values together."""
    each = [between_variance([e.value for e in h], [e.variance for e in h]) for h in histories]
    # A few values with true shifts in their past must not hide what happens to the others.
    return max(VALUE_NOISE, sqrt(sorted(each)[len(each) // 2])) if each else VALUE_NOISE


def _fall(inquiry: Inquiry, dimension: str, one: _Series, noise: float) -> Fall:
    moved = surprise(one.difference[0], one.difference[1:], noise)
    own = surprise(one.own[0], one.own[1:], OWN_NOISE)
    learnt = expectation(one.difference[0], one.difference[1:], noise)
    change, z = moved.change, moved.t
    if learnt.trend is not None and abs(learnt.surprise.t) < abs(z):
        change, z = learnt.surprise.change, learnt.surprise.t
    if own.t * inquiry.sign < LEAST_OWN_SIGN:
        # Others moved the other way: that is no move of this value, but it was looked at.
        return Fall(one.step, dimension, one.value, one.inside, one.inside.rate, 0.0, 0.0)
    expected = inverse_logit(log_odds(one.inside.converted, one.inside.entered).value - change)
    effect = _effect(inquiry, one.step, one.inside, expected)
    others = surprise(one.others[0], one.others[1:], OWN_NOISE).t
    return Fall(one.step, dimension, one.value, one.inside, expected, z, effect, others)


def _effect(inquiry: Inquiry, step: int, inside: Count, expected: float) -> float:
    whole = inquiry.cells.step(step, "segment", 0).converted
    gained = inside.entered * expected - inside.converted
    return log((whole + 0.5) / max(0.5, whole + 0.5 + gained))


def _new_version_falls(inquiry: Inquiry) -> Iterator[Fall]:
    """New versions against all others, both at the usual rates of such users on such days."""
    if inquiry.catalog.layout.events.version is None:
        return
    for step in range(1, len(inquiry.cells.steps)):
        usual = _usual(inquiry, step)
        base = _sum(usual.values())
        now = _versions(inquiry, step)
        for version in sorted(now):
            periods = (0, *inquiry.baselines)
            by = (inquiry.cells.values(VERSION, step, "segment", k) for k in periods)
            if has_past([values.get(version, NOBODY) for values in by]):
                continue
            others = [groups for other, groups in now.items() if other != version]
            inside = _sum(now[version].values())
            outside = _sum(count for groups in others for count in groups.values())
            rates = (_standardised([now[version]], usual), _standardised(others, usual))
            past = (Count(base.entered, round(base.entered * rate)) for rate in rates)
            fall = _against(inquiry, step, version, (inside, outside), tuple(past))
            if fall:
                yield fall


def _against(
    inquiry: Inquiry, step: int, version: str, now: tuple[Count, Count], past: tuple[Count, ...]
) -> Fall | None:
    """The difference in differences; the control stands in where all run one version."""
    inside, outside = now
    past_inside, past_outside = past
    if outside.entered < LEAST_USERS and inquiry.has_control:
        outside = inquiry.cells.step(step, "control", 0)
        past_outside = _sum(inquiry.cells.step(step, "control", k) for k in inquiry.baselines)
    if min(c.entered for c in (inside, outside, past_inside, past_outside)) < LEAST_USERS:
        return None
    odds = [log_odds(c.converted, c.entered) for c in (inside, past_inside, outside, past_outside)]
    others = odds[2].value - odds[3].value
    own = odds[0].value - odds[1].value
    error = sqrt(sum(o.variance for o in odds) + 2 * OWN_NOISE**2)
    if own / error * inquiry.sign < LEAST_OWN_SIGN:
        return Fall(step, VERSION, version, inside, inside.rate, 0.0, 0.0)
    expected = inverse_logit(odds[1].value + others)
    effect = _effect(inquiry, step, inside, expected)
    aside = others / sqrt(odds[2].variance + odds[3].variance + OWN_NOISE**2)
    z = (own - others) / error
    return Fall(step, VERSION, version, inside, expected, z, effect, aside, is_new=True)


Group = tuple[str, int]
"""New or returning, and how many days after the period began."""


def _versions(inquiry: Inquiry, step: int) -> dict[str, dict[Group, Count]]:
    """Version → users of the current period at a step."""
    start = inquiry.span.periods.current.start.date()
    result: dict[str, dict[Group, Count]] = {}
    for cell in inquiry.cells.at(VERSION_TENURE, step, "segment", 0):
        version, _, tenure = cell.named.rpartition("|")
        groups = result.setdefault(version, {})
        group = (tenure, days_between(cell.day, start))
        groups[group] = groups.get(group, NOBODY).plus(Count(cell.entered, cell.converted))
    return result


def _usual(inquiry: Inquiry, step: int) -> dict[Group, Count]:
    """Users of all earlier periods at a step."""
    result: dict[Group, Count] = {}
    for stretch in inquiry.span.periods.baselines:
        for cell in inquiry.cells.at(TENURE, step, "segment", stretch.index):
            group = (cell.named, days_between(cell.day, stretch.start.date()))
            count = Count(cell.entered, cell.converted)
            result[group] = result.get(group, NOBODY).plus(count)
    return result


def _standardised(now: list[dict[Group, Count]], usual: dict[Group, Count]) -> float:
    """The rate that these users would have at the usual rates of such users on such days."""
    base = _sum(usual.values()).rate
    weighted, total = 0.0, 0
    for group, count in (item for groups in now for item in groups.items()):
        past = usual.get(group, NOBODY)
        weighted += count.entered * (past.rate if past.entered >= LEAST_USERS else base)
        total += count.entered
    return weighted / total if total else base


def days_between(day: str, start: date) -> int:
    """How many days after the start a day lies."""
    return (date.fromisoformat(day) - start) // timedelta(days=1)


def _sum(counts: Iterable[Count]) -> Count:
    total = NOBODY
    for count in counts:
        total = total.plus(count)
    return total
