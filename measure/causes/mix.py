"""Other users than before: a source or a country that brings many more people of another kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import log
from typing import NamedTuple

from sqlglot import exp

from measure.causes.inquiry import Check, Inquiry, Stage, Suspect, percent
from measure.compared import Slice, SliceOf
from measure.funnel import NOBODY, Cell, Count
from measure.layout import dimension_words, dimensions
from measure.statistics import Estimate, mix_and_rate, surprise
from measure.thresholds import LEAST_EFFECT, LEAST_USERS, STRIKING

SHARE_NOISE = 0.10
"""Least week-to-week standard deviation of the log of a count."""


class Shift(NamedTuple):
    """A value whose number of users moved."""

    dimension: str
    value: str
    share: float
    usual_share: float
    rate: float
    mix: float
    """Its part in the change of the rate because of its share, in fractions."""
    t: float


def mix_shift(inquiry: Inquiry) -> Stage:
    """Leaves out the users of a value that grew out of proportion and pulls the rate down."""
    shifts = [s for d in dimensions(inquiry.catalog) for s in _shifts(inquiry, d)]
    guilty = [s for s in shifts if abs(s.t) > STRIKING and s.mix < 0]
    usual_rate = inquiry.change.expected
    guilty = [s for s in guilty if -s.mix > LEAST_EFFECT * usual_rate]
    if not guilty:
        return Stage(inquiry, ruled_out=(_steady(inquiry, shifts),))
    worst = max(guilty, key=lambda s: abs(s.t))
    compared = replace(
        inquiry.span.compared, without=SliceOf(worst.dimension, worst.value, worst.value)
    )
    corrected = inquiry.recounted(replace(inquiry.span, compared=compared))
    return Stage(corrected, (_suspect(inquiry, corrected, worst),))


def _suspect(before: Inquiry, after: Inquiry, found: Shift) -> Suspect:
    effect = before.change.own.change - after.change.own.change
    return Suspect(
        kind="mix_shift",
        sentence=(
            f"{percent(found.share)} of the {before.segment} users now come from "
            f"{found.dimension} {found.value}, {percent(found.usual_share)} before, and they "
            f"convert at {percent(found.rate, 2)}. Without them the rate is "
            f"{percent(after.cells.whole('segment', 0).rate, 2)}."
        ),
        dimension=found.dimension,
        value=found.value,
        effect=min(effect, log(max(1e-9, 1 + found.mix / before.change.expected))),
        confidence="high" if abs(found.t) > 2 * STRIKING else "medium",
        evidence=(before.cells.sql, after.cells.sql),
        check=Check(
            f"Who entered and who reached the end, by {found.dimension} and week",
            "mix_shift",
            {
                "dimension": exp.column(found.dimension, "u"),
                "entry": before.cells.steps[0],
                "goal": before.cells.steps[-1],
                "since": before.span.periods.stretches[-1].start,
                "until": before.span.periods.current.end,
                "window": before.span.window,
            },
        ),
    )


def _shifts(inquiry: Inquiry, dimension: str) -> list[Shift]:
    now = _by_value(inquiry, dimension, "segment", [0])
    usual = _by_value(inquiry, dimension, "segment", inquiry.baselines)
    total, usual_total = _entered(now), _entered(usual)
    if not total or not usual_total:
        return []
    parts = mix_and_rate(usual, now)
    return [
        Shift(
            dimension,
            value,
            count.entered / total,
            usual.get(value, NOBODY).entered / usual_total,
            count.rate,
            parts[value].mix,
            _surprise_of(inquiry, dimension, value),
        )
        for value, count in sorted(now.items())
        if count.entered >= LEAST_USERS
    ]


def _surprise_of(inquiry: Inquiry, dimension: str, value: str) -> float:
    """How far the number of users lies from what its history and all others lead to expect."""
    odds = []
    for period in (0, *inquiry.baselines):
        own = inquiry.cells.by(_value_of(dimension), 1, "segment", [period])
        others: Slice = "control" if inquiry.has_control else "segment"
        rest = inquiry.cells.step(1, others, period).entered
        mine = own.get(value, NOBODY).entered
        if not inquiry.has_control:
            rest -= mine
        odds.append(Estimate(log((mine + 0.5) / (rest + 0.5)), 1 / (mine + 0.5) + 1 / (rest + 0.5)))
    return surprise(odds[0], odds[1:], SHARE_NOISE).t


def _by_value(
    inquiry: Inquiry, dimension: str, part: Slice, periods: list[int]
) -> dict[str, Count]:
    """Value → who entered the funnel and who reached its end."""
    key = _value_of(dimension)
    entered = inquiry.cells.by(key, 1, part, periods)
    reached = inquiry.cells.by(key, len(inquiry.cells.steps) - 1, part, periods)
    return {
        value: Count(count.entered, reached.get(value, NOBODY).converted)
        for value, count in entered.items()
    }


def _value_of(dimension: str) -> Callable[[Cell], str | None]:
    def value(cell: Cell) -> str | None:
        return (cell.value or "unknown") if cell.dimension == dimension else None

    return value


def _entered(counts: dict[str, Count]) -> int:
    return sum(c.entered for c in counts.values())


def _either(words: tuple[str, ...]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _steady(inquiry: Inquiry, shifts: list[Shift]) -> str:
    words = dimension_words(inquiry.catalog)
    if not words:
        return "Mix: the catalog names no dimension to compare users by."
    if not shifts:
        return f"Mix: too few users of {inquiry.segment} to compare."
    largest = max(shifts, key=lambda s: abs(s.share - s.usual_share))
    return (
        f"Mix: no {_either(words)} of {inquiry.segment} grew or shrank out of proportion; the "
        f"largest move is {largest.value}, from {percent(largest.usual_share)} to "
        f"{percent(largest.share)} of users."
    )
