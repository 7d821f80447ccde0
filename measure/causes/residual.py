"""A move that no version, message, price or kind of user explains beyond doubt: it is everywhere,
unless it lies far better with one value.

That a step moved is known here; only for whom is asked. So a value need not stand out among all
that could have moved, as in ``rate``: it must explain what is seen better than a move of everybody
does (a likelihood ratio, each value at the price of how many there are).
"""

from __future__ import annotations

from collections import Counter
from math import log
from typing import NamedTuple

from measure.causes.inquiry import Check, Ground, Inquiry, Ruled, Stage, Suspect
from measure.causes.rate import suspect_of
from measure.causes.rate_scan import Fall, falls_of
from measure.changes import Change, change_of, p_towards
from measure.compared import Slice
from measure.funnel import Count
from measure.layout import dimension_words
from measure.statistics import student_p
from measure.thresholds import (
    ALPHA,
    LEAST_OWN_T,
    LEAST_REST,
    LEAST_SHARE,
    MOSTLY_EXPLAINED,
)


class _Found(NamedTuple):
    """A step that moved, and whether the segment's did so alone."""

    step: int
    alone: bool
    effect: float
    """What it did to the rate of the whole, on the log scale."""


def everywhere(inquiry: Inquiry) -> Stage:
    """Locates the move that is left at a step, of the segment alone or of the control as well."""
    steps = len(inquiry.cells.steps) - 1
    if not inquiry.still_moved or abs(inquiry.unexplained) < LEAST_REST:
        found = _at_a_step(inquiry)
        return Stage(inquiry, (_told(inquiry, found),) if found else (), tests=steps)
    explained = inquiry.explained / inquiry.change.log_rate
    if explained >= MOSTLY_EXPLAINED:
        # What is left of a move that has a name is no cause of its own.
        rest = inquiry.figures.percent(1 - explained, inquiry.cells.sql, digits=0)
        sentence = f"Unexplained: {rest} of the move has no cause of its own."
        return Stage(inquiry, (), (Ruled("unexplained", sentence, (inquiry.cells.sql,)),))
    alone = _alone(inquiry.change)
    moves = {n: inquiry.step(n) for n in range(1, steps + 1)}
    worst = max(moves, key=lambda n: inquiry.sign * _judged(moves[n], alone))
    found = _Found(worst, alone, inquiry.unexplained)
    return Stage(inquiry, (_told(inquiry, found),), tests=steps)


def _told(inquiry: Inquiry, found: _Found) -> Suspect:
    """The move as that of a value where it is better explained so, else as everybody's."""
    narrowed = _narrowed(inquiry, found)
    return suspect_of(inquiry, [narrowed]) if narrowed else _suspect(inquiry, found)


def _narrowed(inquiry: Inquiry, found: _Found) -> Fall | None:
    """The value whose move alone, all others as usual, explains the step best, and better than a
    move of all alike."""
    if found.step in inquiry.located_steps:
        return None
    here = [f for f in falls_of(inquiry) if f.step == found.step and f[1:3] not in inquiry.named]
    sizes = Counter(f.dimension for f in here)
    best: tuple[float, Fall] | None = None
    for fall in here:
        if fall.z * inquiry.sign <= CLEARER or fall.effect * inquiry.sign <= LEAST_SHARE:
            continue
        # A new version is what one looks at first; of dimensions and their values there are many.
        price = 0.0 if fall.is_new else log(len(sizes) * sizes[fall.dimension])
        better = (fall.z**2 - fall.others**2) / 2 - price
        if better > 0 and (best is None or better > best[0]):
            best = better, fall
    return best[1] if best else None


def _at_a_step(inquiry: Inquiry) -> _Found | None:
    """A step that moved beyond doubt though the whole, in which other steps' noise is, did not."""
    limit = ALPHA / (len(inquiry.cells.steps) - 1)
    best: tuple[float, _Found] | None = None
    for number in range(1, len(inquiry.cells.steps)):
        move = inquiry.step(number)
        own = move.own.t * inquiry.sign
        small = move.log_rate * inquiry.sign < LEAST_REST
        if number in inquiry.told_steps or own < -LEAST_OWN_T or small:
            continue
        p = p_towards(move.apart, inquiry.sign)
        if move.control is not None and p_towards(move.control, inquiry.sign) < EVIDENT:
            # What both did is no matter of the difference: it shows in both together.
            p = min(p_towards(move.own, inquiry.sign), _of_both(inquiry, number))
        found = _Found(number, _alone(move), move.log_rate)
        if p < limit and (best is None or p < best[0]):
            best = p, found
    return best[1] if best else None


EVIDENT = 0.05
CLEARER = 2.0
"""Standard errors by which a value must have moved more than all others to be named for them."""


def _of_both(inquiry: Inquiry, number: int) -> float:
    """One-sided p-value that a step moved among the users of both slices."""

    def together(_: Slice, period: int) -> Count:
        own, other = (inquiry.cells.step(number, part, period) for part in ("segment", "control"))
        return own.plus(other)

    moved = change_of(together, inquiry.span.periods, False, inquiry.sign)
    return p_towards(moved.own, inquiry.sign)


def _alone(move: Change) -> bool:
    """Whether it is the segment that moved: the control did not, or far less."""
    if move.control is None:
        return False
    return move.where == "segment" or abs(move.control.change) < abs(move.own.change) / 2


def _suspect(inquiry: Inquiry, found: _Found) -> Suspect:
    worst, alone, effect = found
    name, move = inquiry.step_name(worst), inquiry.step(worst)
    segment = inquiry.span.compared.segment if alone else None
    where = (
        f"all of {inquiry.segment}" if alone else f"{inquiry.segment} and {inquiry.control} alike"
    )
    if not inquiry.has_control:
        where = inquiry.segment
    say, sql = inquiry.figures, inquiry.cells.sql
    p = student_p(move.own.t, move.own.degrees)
    current = inquiry.span.periods.current
    return Suspect(
        kind="platform_regression" if alone else "global_dip",
        sentence=(
            f"{name} {inquiry.grew} in {where}, from {say.percent(move.expected, sql)} to "
            f"{say.percent(move.rate, sql)} ({say.p(p, sql)}), and no {_looked_at(inquiry)} stands "
            "out: associated with something that touches everybody there."
        ),
        dimension=segment.column if segment else None,
        value=segment.value if segment else None,
        effect=effect,
        confidence="low",
        evidence=(sql,),
        checks=(
            Check(
                f"{name} by platform and day: does it break on one day or slope?",
                "everywhere",
                {
                    "step": inquiry.cells.steps[worst - 1],
                    "next_step": inquiry.cells.steps[worst],
                    "since": inquiry.periods_back(3),
                    "until": current.end,
                    "as_of": current.known_by,
                    "window": inquiry.span.window,
                },
            ),
            Check(
                "Who entered and who reached the end, by platform and week",
                "entered_and_reached",
                {
                    "entry": inquiry.cells.steps[0],
                    "goal": inquiry.cells.steps[-1],
                    "since": inquiry.periods_back(6),
                    "until": current.end,
                    "as_of": current.known_by,
                },
            ),
        ),
        error=move.own.error,
        grounds=tuple(_control_moved(inquiry, move, alone)),
    )


def _judged(move: Change, alone: bool) -> float:
    return (move.apart if alone else move.own).t


def _control_moved(inquiry: Inquiry, move: Change, alone: bool) -> list[Ground]:
    control, say, sql = move.control, inquiry.figures, inquiry.cells.sql
    if control is None:
        return []
    p = say.p(student_p(control.t, control.degrees), sql)
    if alone:
        return [Ground(f"{inquiry.control} did not move with it ({p}).", (sql,))]
    return [Ground(f"{inquiry.control} {inquiry.grew} as well ({p}).", (sql,))]


def _looked_at(inquiry: Inquiry) -> str:
    layout = inquiry.catalog.layout
    looked = ["version"] if layout.events.version else []
    looked += [*dimension_words(inquiry.catalog), "message"]
    looked += ["price"] if layout.sales is not None and layout.sales.price else []
    *first, last = looked
    return f"{', '.join(first)} or {last}" if first else last
