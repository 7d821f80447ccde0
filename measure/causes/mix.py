"""Other users than before: a source or a country that brings more, or fewer, of another kind."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log
from typing import NamedTuple

from sqlglot import exp as sql_exp

from measure.causes.inquiry import Check, Ground, Inquiry, Ruled, Stage, Suspect
from measure.causes.sizes import number_moved
from measure.compared import SliceOf
from measure.funnel import NOBODY, Count
from measure.layout import dimension_words, dimensions
from measure.statistics import mix_and_rate
from measure.thresholds import LEAST_EFFECT, LEAST_USERS, STRIKING

MOST_SHIFTS = 2
"""Values that may each be left out: more of them and too few users would remain."""


class Shift(NamedTuple):
    """A value whose number of users moved."""

    dimension: str
    value: str
    share: float
    usual_share: float
    rate: float
    effect: float
    """What that did to the rate of all, on the log scale."""
    t: float
    mix: float
    within: float
    """The dimension's parts of the change of the rate: who came, and how well each kind did."""


def mix_shift(inquiry: Inquiry) -> Stage:
    """Leaves out users of values whose number moved out of proportion and so moved the rate."""
    suspects: list[Suspect] = []
    tests = 0
    while len(suspects) < MOST_SHIFTS:
        shifts = [s for d in dimensions(inquiry.catalog) for s in _shifts(inquiry, d)]
        tests += len(shifts)
        guilty = [s for s in shifts if abs(s.t) > STRIKING]
        guilty = [s for s in guilty if s.effect * inquiry.sign > LEAST_EFFECT]
        if not guilty:
            ruled = () if suspects else (_steady(inquiry, shifts),)
            return Stage(inquiry, tuple(suspects), ruled, tests)
        worst = max(guilty, key=lambda s: abs(s.t))
        left_out = SliceOf(worst.dimension, worst.value, worst.value)
        compared = inquiry.span.compared.leaving_out(left_out)
        corrected = inquiry.recounted(replace(inquiry.span, compared=compared))
        suspects.append(_suspect(inquiry, corrected, worst))
        inquiry = corrected
    return Stage(inquiry, tuple(suspects), tests=tests)


def _suspect(before: Inquiry, after: Inquiry, found: Shift) -> Suspect:
    say, sql, current = before.figures, before.cells.sql, before.span.periods.current
    without = say.percent(after.cells.whole("segment", 0).rate, after.cells.sql, digits=2)
    usual = say.percent(after.change.expected, after.cells.sql, digits=2)
    return Suspect(
        kind="mix_shift",
        sentence=(
            f"{say.percent(found.share, sql)} of the {before.segment} users now come from "
            f"{found.dimension} {found.value}, {say.percent(found.usual_share, sql)} before, and "
            f"they convert at {say.percent(found.rate, sql, digits=2)}. Without them the rate is "
            f"{without}."
        ),
        dimension=found.dimension,
        value=found.value,
        effect=found.effect,
        confidence="high" if abs(found.t) > 2 * STRIKING else "medium",
        evidence=(sql, after.cells.sql),
        checks=(
            Check(
                f"Who entered and who reached the end, by {found.dimension} and week",
                "mix_shift",
                {
                    "dimension": sql_exp.column(found.dimension, "u"),
                    "entry": before.cells.steps[0],
                    "goal": before.cells.steps[-1],
                    "since": before.periods_back(6),
                    "until": current.end,
                    "as_of": current.known_by,
                },
            ),
        ),
        error=abs(found.effect / found.t),
        grounds=(
            Ground(
                f"Without them {usual} was expected, so the others did "
                f"{_others(after)} beyond normal variation.",
                (after.cells.sql,),
                "for" if not after.still_moved else "against",
            ),
            _composition(before, found),
        ),
    )


def _others(after: Inquiry) -> str:
    return "move" if after.still_moved else "not move"


def _composition(inquiry: Inquiry, found: Shift) -> Ground:
    """Simpson's guard: whether who came moved the rate more than how well each kind did."""
    say, sql = inquiry.figures, inquiry.cells.sql
    who, how = (say.percent(part, sql, digits=2) for part in (found.mix, found.within))
    mostly = abs(found.mix) > abs(found.within)
    return Ground(
        f"By {found.dimension} the rate moved by {who} because of who came and by {how} because "
        "of how well each kind did.",
        (sql,),
        "for" if mostly else "against",
    )


def _shifts(inquiry: Inquiry, dimension: str) -> list[Shift]:
    now = inquiry.cells.finishing(dimension, "segment", 0)
    usual: dict[str, Count] = {}
    for period in inquiry.baselines:
        for value, count in inquiry.cells.finishing(dimension, "segment", period).items():
            usual[value] = usual.get(value, NOBODY).plus(count)
    total, usual_total = _sum(now), _sum(usual)
    if not total.entered or not usual_total.entered:
        return []
    parts = mix_and_rate(usual, now)
    mix, within = sum(p.mix for p in parts.values()), sum(p.rate for p in parts.values())
    result = []
    for value in sorted({*now, *usual}):
        count, past = now.get(value, NOBODY), usual.get(value, NOBODY)
        if max(count.entered, past.entered / len(inquiry.baselines)) < LEAST_USERS:
            continue
        moved = number_moved(inquiry, dimension, value)
        rate = count.rate if count.entered >= LEAST_USERS else past.rate
        effect = _effect(total, rate, count.entered * (1 - exp(-moved.change)))
        share, before = count.entered / total.entered, past.entered / usual_total.entered
        result.append(Shift(dimension, value, share, before, rate, effect, moved.t, mix, within))
    return result


def _effect(total: Count, rate: float, beyond: float) -> float:
    """What so many users beyond those expected do to the rate of all, on the log scale."""
    others = total.entered - beyond
    if others < LEAST_USERS or total.converted <= beyond * rate or not total.converted:
        return 0.0
    return log(total.rate / ((total.converted - beyond * rate) / others))


def _sum(counts: dict[str, Count]) -> Count:
    total = NOBODY
    for count in counts.values():
        total = total.plus(count)
    return total


def _either(words: tuple[str, ...]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _steady(inquiry: Inquiry, shifts: list[Shift]) -> Ruled:
    words = dimension_words(inquiry.catalog)
    say, sql = inquiry.figures, inquiry.cells.sql
    if not words:
        return Ruled("mix_shift", "Mix: the catalog names no dimension to compare users by.")
    if not shifts:
        sentence = f"Mix: too few users of {inquiry.segment} to compare."
        return Ruled("mix_shift", sentence, (sql,))
    largest = max(shifts, key=lambda s: abs(s.share - s.usual_share))
    sentence = (
        f"Mix: no {_either(words)} of {inquiry.segment} grew or shrank out of proportion and so "
        f"moved the rate; the largest move is {say.name(largest.value, sql)}, from "
        f"{say.percent(largest.usual_share, sql)} to {say.percent(largest.share, sql)} of users."
    )
    return Ruled("mix_shift", sentence, (sql,))
