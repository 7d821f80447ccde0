"""Whose a conversion is, by six models, and how far each is from what the holdouts say.

A model shares out every conversion that came after a message; a holdout says how many would have
come anyway. The gap between both is what a model gives a touchpoint too much.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from core.artifacts import SqlText
from core.errors import Code, PilothouseError
from measure.methods import attribution as methods
from measure.methods.attribution import Path
from measure.outcomes.asking import WEEK, Asked
from measure.outcomes.paths import Met, Span, read
from measure.outcomes.result import MODELS, Attribution, Credit, Interval, Model
from measure.queries import query
from measure.statistics import difference, wilson
from warehouse.catalog import unknown_name

HORIZON_DAYS = 7
LEAST_HELD_OUT = 20
"""Fewer held-out users say nothing about one touchpoint."""

SHARING: Mapping[Model, Callable[[Sequence[Path]], methods.Credit]] = {
    "last": methods.last_touch,
    "first": methods.first_touch,
    "linear": methods.linear,
    "position": methods.position,
    "markov": lambda paths: methods.markov(paths).attributed,
    "shapley": methods.shapley,
}
"""How each model shares out conversions over paths."""


class Arms(NamedTuple):
    """One policy and channel: people and how many reached the goal, messaged and held out."""

    treated: int = 0
    treated_reached: int = 0
    held_out: int = 0
    held_out_reached: int = 0


def goals(asked: Asked) -> tuple[str, ...]:
    """The goals of the catalog's actions, each once."""
    named = (action.goal_event for action in asked.catalog.actions.values())
    return tuple(dict.fromkeys(goal for goal in named if goal))


def attribute(
    asked: Asked,
    goal: str,
    *,
    withheld: Mapping[str, str] | None = None,
    horizon_days: int = HORIZON_DAYS,
) -> Attribution:
    """Conversions to a goal over the weeks whose horizon is over. Refuses with UNKNOWN_EVENT.

    ``withheld``: policies whose holdout is no comparison, and why.
    """
    known = asked.catalog.event_named(goal)
    if known is None:
        raise PilothouseError(
            unknown_name(Code.UNKNOWN_EVENT, "event", goal, [*asked.catalog.events])
        )
    horizon = timedelta(days=horizon_days)
    until = asked.as_of - horizon
    span = Span(until - WEEK * asked.weeks, until, horizon)
    met = read(asked, known, span)
    arms, sql = _arms(asked, known, span)
    converted = sum(path.converted for path in met.paths)
    shared = _shared(met.paths) if converted else {}
    credits = tuple(
        _credit(label, met, shared, arms, withheld or {}) for label in sorted(met.users)
    )
    return Attribution(
        goal=known,
        span=(span.since.isoformat(), span.until.isoformat()),
        horizon_days=horizon_days,
        paths=len(met.paths),
        users=round(sum(path.converted + path.lost for path in met.paths)),
        converted=converted,
        untouched=met.untouched,
        credits=credits,
        misplaced=misplaced(credits),
        statement=_statement(met, converted, span, known),
        notes=(*met.notes, *_notes(credits)),
        sql=(*met.sql, sql),
    )


def _shared(paths: Sequence[Path]) -> dict[Model, methods.Credit]:
    return {model: SHARING[model](paths) for model in MODELS}


def _arms(asked: Asked, goal: str, span: Span) -> tuple[dict[tuple[str, str], Arms], SqlText]:
    fetched, sql = asked.fetch(
        query("outcomes/arms", since=span.since, until=span.until, goal=goal, horizon=span.horizon),
        f"messaged and held-out users of every policy and channel, and {goal}",
    )
    found: dict[tuple[str, str], Arms] = defaultdict(Arms)
    for policy, channel, outcome, users, reached in fetched.rows:
        side = "treated" if outcome == "selected" else "held_out"
        counts = {side: int(users), f"{side}_reached": int(reached)}
        found[policy, channel] = found[policy, channel]._replace(**counts)
    return found, sql


def _credit(
    label: str,
    met: Met,
    shared: Mapping[Model, methods.Credit],
    arms: Mapping[tuple[str, str], Arms],
    withheld: Mapping[str, str],
) -> Credit:
    touchpoint = met.touchpoints[label]
    attributed = {model: credit.get(label, 0.0) for model, credit in shared.items()}
    shown = Credit(
        touchpoint=label,
        policy=touchpoint.policy or None,
        channel=touchpoint.channel or None,
        users=met.users[label],
        attributed=attributed,
    )
    found = arms.get((touchpoint.policy, touchpoint.channel), Arms())
    why = withheld.get(touchpoint.policy) or _why_not(touchpoint.policy, found)
    if why:
        return shown.model_copy(update={"statement": why})
    value, interval = incremental(found)
    gap = {model: number - value for model, number in attributed.items()}
    return shown.model_copy(update={"incremental": value, "interval": interval, "gap": gap})


def _why_not(policy: str, found: Arms) -> str | None:
    if not policy:
        return "No policy decided these messages, so nobody was held out."
    if found.treated == 0:
        return "No decision of this policy and channel lies in the span."
    if found.held_out < LEAST_HELD_OUT:
        return (
            f"{found.held_out:,} users were held out, fewer than {LEAST_HELD_OUT}: too few to "
            "compare with."
        )
    return None


def incremental(found: Arms) -> tuple[float, Interval]:
    """Conversions that would not have been: the difference of the shares, times who was messaged.

    95 %, Newcombe's interval of the difference (1998, method 10).
    """
    treated, held_out = (
        found.treated_reached / found.treated,
        found.held_out_reached / found.held_out,
    )
    bounds = difference(
        (treated, wilson(found.treated_reached, found.treated)),
        (held_out, wilson(found.held_out_reached, found.held_out)),
    )
    number = found.treated
    low, high = bounds.low * number, bounds.high * number
    return (treated - held_out) * number, Interval(low=low, high=high)


def misplaced(credits: Sequence[Credit]) -> dict[Model, float]:
    """By model: the share of its credit that lies elsewhere than the change does, 0 to 1.

    Half the sum of absolute differences between both shares, over touchpoints whose change is
    known; a change below 0 counts as none. Empty where nothing changed anything.
    """
    known = [one for one in credits if one.incremental is not None and one.attributed]
    change = [max(one.incremental or 0.0, 0.0) for one in known]
    if len(known) < 2 or sum(change) <= 0:
        return {}
    found: dict[Model, float] = {}
    for model in MODELS:
        given = [one.attributed[model] for one in known]
        if sum(given) > 0:
            pairs = zip(given, change, strict=True)
            off = (abs(a / sum(given) - b / sum(change)) for a, b in pairs)
            found[model] = sum(off) / 2
    return found


def _statement(met: Met, converted: float, span: Span, goal: str) -> str | None:
    if not met.paths:
        return (
            f"No message was delivered between {span.since:%Y-%m-%d} and {span.until:%Y-%m-%d}, "
            f"so there is nothing to share out; {met.untouched:,} people reached {goal} without."
        )
    if not converted:
        return (
            f"Nobody reached {goal} within {span.horizon.days} days of a message: there is "
            "nothing to share out."
        )
    return None


def _notes(credits: Sequence[Credit]) -> tuple[str, ...]:
    known = [one.incremental for one in credits if one.incremental is not None]
    if not known:
        return ()
    unclear = sum(
        one.interval is not None and (one.interval.low or 0) <= 0 <= (one.interval.high or 0)
        for one in credits
    )
    told = f"{unclear} of {len(known)} touchpoints have no clear change: 0 lies in their interval."
    return (told,) if unclear else ()
