"""What a version did since it went live, beside the effect that it was approved for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from core.effects import Effect, EffectTolerance
from core.evaluations import Evaluation, Measured, What
from measure.experiments.goals import goals
from measure.methods.ratio_mismatch import exact
from measure.outcomes.asking import Asked
from measure.outcomes.attribution import Arms
from measure.queries import query
from measure.statistics import difference, wilson

MISMATCH = 0.001
"""Below this p the arms were not filled by the holdout, and lift is withheld."""
LEAST_USERS = 20
"""In either arm; fewer say nothing of lift."""
WORDS: dict[What, str] = {
    "people": "people",
    "messages_a_day": "messages a day",
    "cost_a_week": "cost a week",
    "lift": "lift",
}


class Deployed(NamedTuple):
    """A version that is looked at so many days after go-live. Moments are naive UTC."""

    key: str
    version: int
    days: int
    since: datetime
    until: datetime
    share_held_out: float | None
    approved: Effect | None
    """None: its effect was not measured when it was proposed."""
    canary_share: float | None = None


class _Counts(NamedTuple):
    people: int
    by_channel: dict[str, int]
    arms: Arms
    contaminated: int

    @property
    def messages(self) -> int:
        """By all channels."""
        return sum(self.by_channel.values())


def evaluate(
    asked: Asked, live: Deployed, tolerance: EffectTolerance, *, now: datetime
) -> Evaluation:
    """Compare people, messages, cost and lift; what nobody approved stands without a comparison."""
    horizon = timedelta(days=min(7, max(1, live.days // 2)))
    # What was decided from the approved snapshot on: a demo's data ends before its go-live.
    snapshot = datetime.fromisoformat(live.approved.as_of) if live.approved else live.since
    main = query(
        "outcomes/deployed",
        policy_key=live.key,
        version=live.version,
        since=min(live.since, snapshot),
        until=live.until,
        horizon=horizon,
        goal_event=goals(asked.catalog),
    )
    fetched, sql = asked.fetch(main, f"what {live.key} version {live.version} did")
    counts = _counts(fetched.rows)
    length = max((live.until - live.since) / timedelta(days=1), 1.0)
    numbers = (
        _people(live, counts, length, tolerance),
        _messages(live, counts, length, tolerance),
        *_cost(asked, live, counts, length),
        _lift(live, counts, horizon),
    )
    return Evaluation(
        key=live.key,
        version=live.version,
        days=live.days,
        since=live.since.isoformat(),
        until=live.until.isoformat(),
        numbers=numbers,
        verdict=_verdict(numbers, counts),
        notes=_notes(live, horizon),
        sql=(sql,),
        filed_at=now.isoformat(),
    )


def _counts(rows: list[tuple[str, str, int, int]]) -> _Counts:
    found = {(what, part): (int(users), int(reached or 0)) for what, part, users, reached in rows}
    treated, held_out = (found.get(("arm", one), (0, 0)) for one in ("selected", "held_out"))
    by_channel = {part: users for (what, part), (users, _) in found.items() if what == "messages"}
    contaminated, _ = found.get(("contaminated", ""), (0, 0))
    people, _ = found.get(("people", ""), (0, 0))
    return _Counts(people, by_channel, Arms(*treated, *held_out), contaminated)


def _people(live: Deployed, counts: _Counts, length: float, tolerance: EffectTolerance) -> Measured:
    """Approved: whom it was for, and who was to come to it a day."""
    effect = live.approved
    approved = None
    if effect is not None:
        entering = effect.traffic.entering if effect.traffic else 0.0
        approved = effect.against.after + entering * length
    return _beside("people", approved, float(counts.people), tolerance)


def _messages(
    live: Deployed, counts: _Counts, length: float, tolerance: EffectTolerance
) -> Measured:
    traffic = live.approved.traffic if live.approved else None
    return _beside(
        "messages_a_day", traffic.a_day if traffic else None, counts.messages / length, tolerance
    )


def _beside(
    what: What, approved: float | None, measured: float, tolerance: EffectTolerance
) -> Measured:
    if approved is None:
        why = "Nothing was said of it when it was approved."
        return Measured(what=what, approved=None, measured=measured, statement=why)
    holds = tolerance.holds(approved, measured)
    return Measured(what=what, approved=approved, measured=measured, holds=holds)


def _cost(asked: Asked, live: Deployed, counts: _Counts, length: float) -> tuple[Measured, ...]:
    """Only where it was approved with a cost."""
    cost = live.approved.cost if live.approved else None
    if cost is None or cost.amount is None:
        return ()
    channels = asked.catalog.channels
    each = {
        name: channels[name].cost_per_message if name in channels else None
        for name in counts.by_channel
    }
    missing = sorted(name for name, one in each.items() if one is None)
    if missing:
        why = f"{', '.join(missing)} has no 'cost_per_message' in channels.yaml any more."
        return (Measured(what="cost_a_week", approved=cost.amount, measured=None, statement=why),)
    spent = sum(number * (each[name] or 0.0) for name, number in counts.by_channel.items())
    a_week = spent * 7 / length
    holds = EffectTolerance(users=0).holds(cost.amount, a_week)
    return (Measured(what="cost_a_week", approved=cost.amount, measured=a_week, holds=holds),)


def _lift(live: Deployed, counts: _Counts, horizon: timedelta) -> Measured:
    """The difference of the arms; nobody approves a lift, so it stands alone."""
    arms = counts.arms
    why = _no_lift(live, counts, horizon)
    if why:
        return Measured(what="lift", approved=None, measured=None, statement=why)
    rate, base = arms.treated_reached / arms.treated, arms.held_out_reached / arms.held_out
    bounds = difference(
        (rate, wilson(arms.treated_reached, arms.treated)),
        (base, wilson(arms.held_out_reached, arms.held_out)),
    )
    return Measured(
        what="lift", approved=None, measured=rate - base, low=bounds.low, high=bounds.high
    )


def _no_lift(live: Deployed, counts: _Counts, horizon: timedelta) -> str | None:
    arms, share = counts.arms, live.share_held_out
    if share is None:
        return "It has no holdout: nobody to compare with."
    if min(arms.treated, arms.held_out) < LEAST_USERS:
        return (
            f"{arms.treated:,} users were messaged and {arms.held_out:,} held out at least "
            f"{horizon.days} days before the end: too few to compare."
        )
    if exact(arms.treated, arms.held_out, share / (1 - share)) < MISMATCH:
        return (
            f"{arms.treated:,} messaged and {arms.held_out:,} held out do not match the holdout "
            f"of {share:.0%}."
        )
    if counts.contaminated:
        return f"{counts.contaminated:,} held-out users got a message: they are no comparison."
    return None


def _verdict(numbers: tuple[Measured, ...], counts: _Counts) -> str:
    if not counts.people:
        return "It decided on nobody since it went live."
    off = [one for one in numbers if one.holds is False]
    compared = [one for one in numbers if one.holds is not None]
    if off:
        told = "; ".join(
            f"{WORDS[one.what]} {one.measured:,.0f} instead of {one.approved:,.0f}" for one in off
        )
        start = f"Not as approved: {told}."
    elif compared:
        start = "As approved: " + ", ".join(WORDS[one.what] for one in compared) + "."
    else:
        start = "Nothing was approved that could be compared."
    return f"{start} {lift_sentence(numbers)}"


def lift_sentence(numbers: tuple[Measured, ...]) -> str:
    """What is said of lift."""
    lift = next(one for one in numbers if one.what == "lift")
    if lift.measured is None or lift.low is None or lift.high is None:
        return f"No lift: {lift.statement}"
    points = f"{lift.measured * 100:+.1f} points ({lift.low * 100:+.1f} to {lift.high * 100:+.1f})"
    clear = lift.low > 0 or lift.high < 0
    return f"{'Lift' if clear else 'No clear lift'}: {points}."


def _notes(live: Deployed, horizon: timedelta) -> tuple[str, ...]:
    notes = [f"Lift is of goals within {horizon.days} days of the first decision on somebody."]
    if live.until < live.since + timedelta(days=live.days):
        notes.append(f"Another version took its place on {live.until:%Y-%m-%d %H:%M}.")
    if live.canary_share is not None:
        share = f"{live.canary_share * 100:.3g} % of the users"
        notes.append(f"It went live for {share} first; it was approved for everybody.")
    return tuple(notes)
