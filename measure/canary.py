"""What became of a canary's messages, held against its limits: wait, promote or roll back.

Pure: counts, limits and the time that passed come in, a verdict and its reason come out.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from core.canary import CanaryLimits
from core.conditions import Frozen
from measure.canary_bounds import lower_bound, upper_bound

GuardName = Literal["complaints", "unsubscribes", "errors", "conversion"]
_WHAT: dict[GuardName, str] = {
    "complaints": "were complained about",
    "unsubscribes": "led to an opt-out",
    "errors": "failed",
}


class Side(Frozen):
    """What became of the messages of one version."""

    version: int
    handed_over: int = 0
    """Messages that a destination was asked to send, or that could not be made."""
    sent: int = 0
    """Of these, what a destination took."""
    errors: int = 0
    """Of those handed over: rejected, bounced, or given up."""
    complaints: int = 0
    unsubscribes: int = 0
    users: int = 0
    """Decided on for the version, so long ago that the follow-up is over."""
    converted: int = 0
    """Of these users, who reached the goal of their action within the follow-up."""


class Readings(Frozen):
    """What is known of a canary and of the version that the others get, at one moment."""

    canary: Side
    baseline: Side | None = None
    silent: tuple[str, ...] = ()
    """Destinations that took messages of the canary and never told of any of them."""
    paused: bool = False
    follow_up_seconds: int = 0


class Guard(Frozen):
    """One limit, and what is known of the rate that it is for."""

    name: GuardName
    count: int
    of: int
    rate: float | None
    """None: of nothing."""
    bound: float
    """The least that the rate, or the relative drop of conversion, surely is."""
    limit: float
    baseline_rate: float | None
    breached: bool
    said: str
    """The numbers as a sentence."""


class Verdict(Frozen):
    """What to do about a canary, and why."""

    kind: Literal["wait", "promote", "roll_back"]
    why: str
    for_person: bool = False
    """It waits for a person: time alone will not end it."""
    guards: tuple[Guard, ...] = ()


def verdict(readings: Readings, limits: CanaryLimits, elapsed: timedelta) -> Verdict:
    """Roll back once a rate surely breaks its limit; promote what was watched for long enough.

    A rolled-back canary of which nothing is wrong is as rare as 1 - ``confidence`` says, over all
    guards and however often this is asked.
    """
    found = guards(readings, limits)
    breached = " ".join(one.said for one in found if one.breached)
    if readings.paused:
        why = (
            f"It is paused, so nothing of it is sent until a person resumes or stops it. {breached}"
        )
        return Verdict(kind="wait", why=why.strip(), for_person=True, guards=found)
    if breached:
        return Verdict(kind="roll_back", why=breached, guards=found)
    if missing := _missing(readings, limits, elapsed):
        is_over = elapsed.total_seconds() >= limits.watch_seconds
        return Verdict(kind="wait", why=missing, for_person=is_over, guards=found)
    return Verdict(kind="promote", why=_held(found, readings, elapsed), guards=found)


def guards(readings: Readings, limits: CanaryLimits) -> tuple[Guard, ...]:
    """Every limit with its rate; the doubt that is left is shared out equally (Bonferroni)."""
    canary, baseline = readings.canary, readings.baseline
    alpha = (1 - limits.confidence) / (3 if baseline is None else 4)
    rates = (
        _rate("complaints", limits.max_complaint_rate, readings, alpha),
        _rate("unsubscribes", limits.max_unsubscribe_rate, readings, alpha),
        _rate("errors", limits.max_error_rate, readings, alpha),
    )
    if baseline is None:
        return rates
    return (*rates, _conversion(canary, baseline, limits.max_conversion_drop, alpha))


def _rate(name: GuardName, limit: float, readings: Readings, alpha: float) -> Guard:
    count, of = _counted(name, readings.canary)
    before = _share(*_counted(name, readings.baseline)) if readings.baseline else None
    bound = lower_bound(count, of, alpha)
    said = f"{count:,} of {of:,} messages {_WHAT[name]} ({_percent(_share(count, of))}"
    said += f", surely above {_percent(bound)}" if bound else ""
    said += f"; {_percent(limit)} allowed"
    said += "" if before is None else f"; {_percent(before)} of the version before"
    return Guard(
        name=name,
        count=count,
        of=of,
        rate=_share(count, of),
        bound=bound,
        limit=limit,
        baseline_rate=before,
        breached=bound > limit,
        said=f"{said}).",
    )


def _conversion(canary: Side, baseline: Side, limit: float, alpha: float) -> Guard:
    """Half of the doubt for each side: the canary's highest rate against the lowest before."""
    before = lower_bound(baseline.converted, baseline.users, alpha / 2)
    highest = upper_bound(canary.converted, canary.users, alpha / 2) if canary.users else 1.0
    drop = max(0.0, 1 - highest / before) if before else 0.0
    rate, rate_before = (_share(one.converted, one.users) for one in (canary, baseline))
    return Guard(
        name="conversion",
        count=canary.converted,
        of=canary.users,
        rate=rate,
        bound=drop,
        limit=limit,
        baseline_rate=rate_before,
        breached=drop > limit,
        said=f"{canary.converted:,} of {canary.users:,} users reached the goal ({_percent(rate)}) "
        f"and {_percent(rate_before)} with the version before"
        + (f": surely {_percent(drop)} fewer" if drop else "")
        + f"; {_percent(limit)} fewer allowed.",
    )


def _missing(readings: Readings, limits: CanaryLimits, elapsed: timedelta) -> str:
    """What keeps a canary without a breach from going live for everybody, as sentences."""
    if elapsed < timedelta(0):
        return "The clock is before the moment at which it began: it waits until it is not."
    left = timedelta(seconds=limits.watch_seconds) - elapsed
    sent = readings.canary.sent
    told: list[str] = []
    if sent < limits.min_messages:
        told.append(f"{sent:,} of {limits.min_messages:,} messages were sent so far.")
    if left > timedelta(0):
        told.append(f"It is watched for another {_span(left)}.")
    if readings.silent and not told:
        named = ", ".join(readings.silent)
        told.append(
            f"Nothing was ever told of the messages that left by {named}, so nobody knows of "
            "complaints and bounces: a person has to decide, or receipts to be set up."
        )
    return " ".join(told)


def _held(found: tuple[Guard, ...], readings: Readings, elapsed: timedelta) -> str:
    told = f"{readings.canary.sent:,} messages in {_span(elapsed)} and no limit broken:"
    rates = ", ".join(f"{one.name} {_percent(one.rate)}" for one in found)
    return f"{told} {rates}."


def _counted(name: GuardName, side: Side) -> tuple[int, int]:
    if name == "errors":
        return side.errors, side.handed_over
    return (side.complaints if name == "complaints" else side.unsubscribes), side.sent


def _share(count: int, of: int) -> float | None:
    return count / of if of else None


def _percent(share: float | None) -> str:
    return "not known yet" if share is None else f"{share * 100:.3g} %"


def _span(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    for unit, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds:,} seconds"
