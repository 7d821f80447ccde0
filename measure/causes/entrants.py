"""Users who only begin: bots, or one person counted as several, who swell the first step.

Their number is what came beyond that which history and the control lead one to expect, of all or of
one value, where these take no second step and do nothing else either: who looks around in the app
without buying is a person, and a matter of who came (see ``mix``). Taken out again, the rate is
that of people.
"""

from __future__ import annotations

from dataclasses import replace
from math import exp, log
from typing import NamedTuple

from measure.causes.inquiry import Check, Ground, Inquiry, Ruled, Stage, Suspect, shift_of
from measure.causes.life import LIVELY, Life, life_of
from measure.causes.sizes import number_moved
from measure.compared import SliceOf
from measure.funnel import NOBODY, Cell, Count, FunnelCells
from measure.layout import dimensions
from measure.statistics import Estimate, surprise
from measure.thresholds import LEAST_EFFECT, LEAST_USERS, STRIKING

CLEARLY_MORE = 3.0
"""Standard errors by which there must be more entrants than expected."""
EMPTY = 0.35
"""An excess that takes the second step at less than this share of the usual rate is no people."""
CONCENTRATED = 0.6
LEAST_LEFT = 0.2
"""Without a value there must be at least this share of the users to go on with."""
COUNT_NOISE = 0.05
"""Least week-to-week standard deviation of the log of a count against its control."""


class Excess(NamedTuple):
    """Entrants of one value beyond those expected."""

    dimension: str
    value: str
    entered: float
    converted: float
    usual_rate: float
    usual: float
    """Entrants expected."""

    @property
    def rate(self) -> float:
        """The share of the excess that takes the second step."""
        return max(0.0, self.converted) / self.entered if self.entered > 0 else 1.0


def entrant_inflation(inquiry: Inquiry) -> Stage:
    """Takes out entrants beyond those expected who go nowhere."""
    expected, t = _expected(inquiry)
    now = inquiry.cells.step(1, "segment", 0).entered
    say, sql = inquiry.figures, inquiry.cells.sql
    told = f"{say.count(now, sql)} users of {inquiry.segment} began"
    usual = f"{say.count(expected, sql)} were expected"
    worst = None
    if t >= CLEARLY_MORE:
        scale = expected / max(1, _usual_entrants(inquiry))
        worst = _emptiest(inquiry, scale, now - expected)
    if worst is None:
        # The number of all varies: one value's own may stand out where it does not.
        worst, own_t = _swollen(inquiry)
        if worst is not None:
            expected, t = now - worst.entered, own_t
    if worst is None:
        beyond = "and those beyond go on as others do" if t >= CLEARLY_MORE else "as is normal"
        sentence = f"Who began: {told}, {usual}, {beyond}."
        return Stage(inquiry, ruled_out=(Ruled("entrant_inflation", sentence, (sql,)),))
    life = life_of(inquiry, worst.dimension, worst.value, worst.entered)
    if life is not None and life.of_people:
        return Stage(inquiry, ruled_out=(_people(inquiry, worst, life),))
    effect = shift_of(inquiry, replace(inquiry, cells=_without(inquiry, expected)))
    if effect > -LEAST_EFFECT:
        return Stage(inquiry)
    suspect = _suspect(inquiry, worst, expected, effect, t)
    if life is not None and life.usual >= LIVELY:
        suspect = replace(suspect, grounds=(*suspect.grounds, _lifeless(inquiry, life)))
    return Stage(_cleared(inquiry, worst, expected), (suspect,))


def _cleared(inquiry: Inquiry, worst: Excess, expected: float) -> Inquiry:
    """Without those beyond. Of a value of a dimension nobody is left: who of them is real is known
    in number only, and by version or newness they are spread as nobody can tell."""
    whole = inquiry.cells.step(1, "segment", 0).entered
    others = whole - worst.entered - worst.usual
    if worst.dimension in dimensions(inquiry.catalog) and others > LEAST_LEFT * whole:
        left_out = SliceOf(worst.dimension, worst.value, worst.value)
        compared = inquiry.span.compared.leaving_out(left_out)
        return inquiry.recounted(replace(inquiry.span, compared=compared))
    corrected = replace(inquiry, cells=_without(inquiry, expected))
    return corrected.having_named(worst.dimension, worst.value)


def _people(inquiry: Inquiry, worst: Excess, life: Life) -> Ruled:
    say = inquiry.figures
    return Ruled(
        "entrant_inflation",
        f"Who began: more than usual with {worst.dimension} {say.name(worst.value, life.sql)}, but "
        f"{say.percent(life.beyond, life.sql, digits=0)} of those beyond do other things as well, "
        f"usually {say.percent(life.usual, life.sql, digits=0)} do: these are people, no robots.",
        (inquiry.cells.sql, life.sql),
    )


def _lifeless(inquiry: Inquiry, life: Life) -> Ground:
    say = inquiry.figures
    return Ground(
        f"Only {say.percent(life.beyond, life.sql, digits=0)} of those beyond do anything else, "
        f"usually {say.percent(life.usual, life.sql, digits=0)} do.",
        (life.sql,),
    )


def _swollen(inquiry: Inquiry) -> tuple[Excess | None, float]:
    """The value of which strikingly many came, when these go nowhere."""
    found: list[tuple[float, Excess]] = []
    for dimension in dimensions(inquiry.catalog):
        # What is expected of a value in number comes from its own history, not from that of all.
        for excess in _excesses(inquiry, dimension, 1.0):
            moved = number_moved(inquiry, dimension, excess.value)
            now = excess.entered + excess.usual
            beyond = now * (1 - exp(-moved.change))
            converted = excess.converted + excess.usual_rate * (beyond - excess.entered)
            one = excess._replace(entered=beyond, converted=converted, usual=now - beyond)
            if moved.t > STRIKING and beyond > LEAST_USERS and one.rate < EMPTY * one.usual_rate:
                found.append((moved.t, one))
    if not found:
        return None, 0.0
    t, worst = max(found)
    return worst, t


def _usual_entrants(inquiry: Inquiry) -> float:
    """Entrants of an average earlier period."""
    past = [inquiry.cells.step(1, "segment", k).entered for k in inquiry.baselines]
    return sum(past) / len(past)


def _expected(inquiry: Inquiry) -> tuple[float, float]:
    """How many entrants history and the control lead one to expect, and how far off now is."""
    cells = inquiry.cells

    def size(period: int) -> Estimate:
        own = cells.step(1, "segment", period).entered
        if not inquiry.has_control:
            return Estimate(log(own + 0.5), 1 / (own + 0.5))
        other = cells.step(1, "control", period).entered
        return Estimate(log((own + 0.5) / (other + 0.5)), 1 / (own + 0.5) + 1 / (other + 0.5))

    moved = surprise(size(0), [size(k) for k in inquiry.baselines], COUNT_NOISE)
    now = cells.step(1, "segment", 0).entered
    return now / exp(moved.change), moved.t


def _emptiest(inquiry: Inquiry, scale: float, beyond: float) -> Excess | None:
    """The value in which the excess is, when it goes nowhere."""
    found = [
        excess
        for dimension in inquiry.cells.dimensions
        for excess in _excesses(inquiry, dimension, scale)
        if excess.entered > max(LEAST_USERS, CONCENTRATED * beyond)
        and excess.rate < EMPTY * excess.usual_rate
    ]
    # New users hold a source's robots as well as the source does: what grew most is nearest.
    return max(found, key=lambda e: e.entered / max(1.0, e.usual), default=None)


def _excesses(inquiry: Inquiry, dimension: str, scale: float) -> list[Excess]:
    now = inquiry.cells.values(dimension, 1, "segment", 0)
    usual: dict[str, Count] = {}
    for period in inquiry.baselines:
        for value, count in inquiry.cells.values(dimension, 1, "segment", period).items():
            usual[value] = usual.get(value, NOBODY).plus(count)
    share = scale / len(inquiry.baselines)
    overall = NOBODY
    for count in usual.values():
        overall = overall.plus(count)
    result = []
    for value, count in sorted(now.items()):
        past = usual.get(value, NOBODY)
        result.append(
            Excess(
                dimension,
                value,
                count.entered - past.entered * share,
                count.converted - past.converted * share,
                past.rate if past.entered >= LEAST_USERS else overall.rate,
                past.entered * share,
            )
        )
    return result


def _without(inquiry: Inquiry, expected: float) -> FunnelCells:
    """The cells less the excess, which is taken from each dimension's grown values."""
    cells = inquiry.cells
    now = cells.step(1, "segment", 0).entered
    scale = expected / max(1, _usual_entrants(inquiry))
    kept: dict[tuple[str, str], float] = {}
    for dimension in dict.fromkeys(cell.dimension for cell in cells.cells):
        grown = {e.value: max(0.0, e.entered) for e in _excesses(inquiry, dimension, scale)}
        total = sum(grown.values())
        for value, count in cells.values(dimension, 1, "segment", 0).items():
            taken = grown.get(value, 0.0) / total * (now - expected) if total else 0.0
            kept[dimension, value] = 1 - min(taken / max(1, count.entered), 1.0)

    def shrunk(cell: Cell) -> Cell:
        if (cell.period, cell.slice, cell.step) != (0, "segment", 1):
            return cell
        # Of an excess that goes nowhere nobody is among those who went on.
        stayed = (cell.entered - cell.converted) - cell.entered * (
            1 - kept[cell.dimension, cell.named]
        )
        return cell._replace(entered=cell.converted + round(max(0.0, stayed)))

    return replace(cells, cells=tuple(map(shrunk, cells.cells)))


def _suspect(inquiry: Inquiry, found: Excess, expected: float, effect: float, t: float) -> Suspect:
    say, sql = inquiry.figures, inquiry.cells.sql
    now = inquiry.cells.step(1, "segment", 0).entered
    current = inquiry.span.periods.current
    return Suspect(
        kind="entrant_inflation",
        sentence=(
            f"{say.count(now - expected, sql)} more users of {inquiry.segment} began than the "
            f"{say.count(expected, sql)} expected, most with {found.dimension} "
            f"{say.name(found.value, sql)}, and only {say.percent(found.rate, sql)} of these took "
            f"the second step where {say.percent(found.usual_rate, sql)} do: robots, people "
            "counted twice, or people who only look in."
        ),
        dimension=found.dimension,
        value=found.value,
        effect=effect,
        confidence="medium",
        evidence=(sql,),
        checks=(
            Check(
                "Users with a single event, new and returning, by platform and week",
                "single_events",
                {
                    "since": inquiry.periods_back(6),
                    "until": current.end,
                    "as_of": current.known_by,
                },
            ),
            Check(
                "Events that repeat one of the same user and second, by platform and version",
                "duplicates",
                {
                    "since": inquiry.periods_back(2),
                    "until": current.end,
                    "as_of": current.known_by,
                },
            ),
        ),
        error=abs(effect / t),
        grounds=(
            Ground(
                f"The number who took the second step is "
                f"{say.count(inquiry.cells.step(1, 'segment', 0).converted, sql)}, in an average "
                f"earlier period {say.count(_usual_second(inquiry), sql)}.",
                (sql,),
            ),
        ),
    )


def _usual_second(inquiry: Inquiry) -> float:
    past = [inquiry.cells.step(1, "segment", k).converted for k in inquiry.baselines]
    return sum(past) / len(past)
