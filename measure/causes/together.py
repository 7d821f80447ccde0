"""A value that moved only together with another one: of a country's users those of one source."""

from __future__ import annotations

from dataclasses import replace
from math import log
from typing import NamedTuple

from measure.causes.inquiry import Ground, Inquiry
from measure.causes.rate_scan import Fall
from measure.compared import SliceOf
from measure.funnel import NOBODY, TENURE, Count
from measure.layout import dimensions
from measure.statistics import inverse_logit, log_odds_of
from measure.thresholds import LEAST_USERS

CLEARLY_BETTER = 6.0
"""Gain of the Bayesian information criterion from which the narrower group is named."""


class _Part(NamedTuple):
    dimension: str
    value: str
    now: Count
    expected: float


def narrower(inquiry: Inquiry, fall: Fall) -> tuple[str, tuple[Ground, ...]]:
    """The words and the ground for a second value that holds the move; none when it is even."""
    if fall.dimension not in dimensions(inquiry.catalog) or fall.value == "unknown":
        return "", ()
    inside = SliceOf(fall.dimension, fall.value, fall.value)
    compared = replace(inquiry.span.compared, within=inside)
    found = inquiry.recounted(replace(inquiry.span, compared=compared))
    best = _best(found, fall)
    if best is None:
        return "", ()
    say, sql = inquiry.figures, found.cells.sql
    ground = Ground(
        f"Among them those with {best.dimension} {say.name(best.value, sql)} went on at "
        f"{say.percent(best.now.rate, sql)} where {say.percent(best.expected, sql)} was expected; "
        "the others did as usual.",
        (sql,),
    )
    return f" and {best.dimension} {best.value}", (ground,)


def _best(inquiry: Inquiry, fall: Fall) -> _Part | None:
    others = (*(d for d in dimensions(inquiry.catalog) if d != fall.dimension), TENURE)
    by = {d: _parts(inquiry, fall, d) for d in others}
    parts = [part for group in by.values() for part in group]
    if not parts:
        return None
    best = max(parts, key=lambda part: _score([part]))
    together = _score(by[best.dimension])
    # Each model has one effect; which of the parts it sits in had to be found.
    gain = _score([best]) - together - 2 * log(len(parts))
    return best if gain > CLEARLY_BETTER else None


def _parts(inquiry: Inquiry, fall: Fall, dimension: str) -> list[_Part]:
    usual: dict[str, Count] = {}
    for period in inquiry.baselines:
        for value, count in inquiry.cells.values(dimension, fall.step, "segment", period).items():
            usual[value] = usual.get(value, NOBODY).plus(count)
    past = NOBODY
    for count in usual.values():
        past = past.plus(count)
    if not 0 < past.converted < past.entered or not 0 < fall.expected < 1:
        return []
    shift = log_odds_of(fall.expected) - log_odds_of(past.rate)
    now = inquiry.cells.values(dimension, fall.step, "segment", 0)
    return [
        _Part(dimension, value, count, inverse_logit(log_odds_of(usual[value].rate) + shift))
        for value, count in sorted(now.items())
        if count.entered >= LEAST_USERS
        and value in usual
        and 0 < usual[value].converted < usual[value].entered
    ]


def _score(parts: list[_Part]) -> float:
    off = sum(p.now.converted - p.now.entered * p.expected for p in parts)
    variance = sum(p.now.entered * p.expected * (1 - p.expected) for p in parts)
    return off * off / variance if variance > 0 else 0.0
