"""One run of a journey as a state machine: what is known at a moment gives its next state.

Pure, and the meaning that the set-based runner is held against: a run goes as far as what is
known by a moment takes it, each step at the time it really ended, and stops where it must.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from core.assignment import bucket, in_range
from core.journey_steps import Branch, Exit, Handoff, Message, Split, Wait
from core.journeys import Journey
from core.wall_clock import next_clock, zone_or

Phase = Literal["here", "due", "held", "unreachable", "sending"]
"""At a message: arrived, or asking for its turn; asked and held back; asked and nobody can be
reached; chosen and on its way. Other steps are always ``here``."""

HELD_OUT = frozenset({"HELD_OUT_GLOBAL", "HELD_OUT_POLICY", "HELD_OUT_EXPERIMENT"})
NO_WAY = frozenset({"NO_CONSENT", "CONSENT_UNKNOWN", "UNREACHABLE", "TZ_UNKNOWN"})
NOT_NOW = frozenset({"KILLED", "NOT_LIVE", "STALE_DATA", "INPUT_UNKNOWN", "APPROVAL_REVOKED"})
"""Nothing about the user: the message is asked for again."""


@dataclass(frozen=True)
class Run:
    """Where one user is in a journey. Times are naive UTC."""

    user_id: str
    entered_at: datetime
    step: str
    step_at: datetime
    """When the run came to the step."""
    entry_key: str = ""
    phase: Phase = "here"
    offered_at: datetime | None = None
    """When the message was last decided on."""
    exit_reason: str | None = None
    exited_at: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether the run goes on."""
        return self.exit_reason is None


@dataclass(frozen=True)
class Receipt:
    """What became of the last message, as far as it is known."""

    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    opened_at: datetime | None = None
    failed_at: datetime | None = None
    unreachable_at: datetime | None = None


@dataclass(frozen=True)
class Decision:
    """What a cycle decided on the message that was due."""

    at: datetime
    reason_code: str


@dataclass(frozen=True)
class Seen:
    """What is known of one run's user at a moment."""

    happened: Mapping[str, tuple[datetime, ...]] = field(default_factory=dict)
    """Place of a trigger → when it happened, in order."""
    true: frozenset[str] = frozenset()
    """``way:STEP:N`` of the ways that are open, ``stop:KEY`` of the conditions that were true at
    any moment since the last look."""
    receipt: Receipt = Receipt()
    decision: Decision | None = None
    zone: str | None = None


@dataclass(frozen=True)
class _Move:
    """Where to, and when it really was: another step, or the end of the run."""

    at: datetime
    to: str | None = None
    reason: str | None = None


def advance(journey: Journey, run: Run, seen: Seen, as_of: datetime) -> Run:
    """The state of a run once everything known by ``as_of`` took effect."""
    run = _decided(run, seen)
    stop = _stop(journey, run, seen, as_of)
    while run.active and (move := _next(journey, run, seen, as_of)):
        if stop and stop.at <= move.at:
            break
        run = _moved(journey, run, move)
    if run.active and stop:
        return replace(run, exit_reason=stop.reason, exited_at=stop.at)
    at_message = isinstance(journey.step(run.step), Message)
    return replace(run, phase="due") if at_message and _asks(journey, run) else run


def _asks(journey: Journey, run: Run) -> bool:
    return run.active and run.phase in ("here", "held", "unreachable")


def _decided(run: Run, seen: Seen) -> Run:
    decision = seen.decision
    if not run.active or run.phase != "due" or decision is None:
        return run
    run = replace(run, offered_at=decision.at)
    if decision.reason_code in HELD_OUT:
        return replace(run, exit_reason="HELD_OUT", exited_at=decision.at)
    if decision.reason_code in NOT_NOW:
        return run
    phase: Phase = "unreachable" if decision.reason_code in NO_WAY else "held"
    return replace(run, phase="sending" if decision.reason_code == "SELECTED" else phase)


def _stop(journey: Journey, run: Run, seen: Seen, as_of: datetime) -> _Move | None:
    """The earliest of what ends the run, of several at once the first in the journey's order."""
    found = []
    for place, reason in (("goal", "GOAL"), *((f"stop:{s.key}", "STOPPED") for s in journey.stops)):
        times = [at for at in seen.happened.get(place, ()) if run.entered_at < at <= as_of]
        found += [_Move(times[0], reason=reason)] if times else []
        found += [_Move(as_of, reason=reason)] if place in seen.true else []
    end = run.entered_at + timedelta(seconds=journey.max_runtime_seconds)
    found += [_Move(end, reason="EXPIRED")] if end <= as_of else []
    return min(found, key=lambda move: move.at, default=None)


def _next(journey: Journey, run: Run, seen: Seen, as_of: datetime) -> _Move | None:
    step = journey.step(run.step)
    match step:
        case Message():
            return _message(journey, step, run, seen, as_of)
        case Wait():
            return _wait(step, run, seen, as_of)
        case Branch():
            open_ways = (w.next for n, w in enumerate(step.ways, 1) if _open(step, n, seen))
            return _Move(run.step_at, to=next(open_ways, step.otherwise))
        case Split():
            here = bucket(step.salt, run.user_id)
            arms = (to for low, high, to in step.ranges() if in_range(here, low, high))
            return _Move(run.step_at, to=next(arms))
        case Handoff():
            return _handoff(step, run, seen, as_of)
        case _:
            return None


def _open(step: Branch, number: int, seen: Seen) -> bool:
    return f"way:{step.key}:{number}" in seen.true


def _message(
    journey: Journey, step: Message, run: Run, seen: Seen, as_of: datetime
) -> _Move | None:
    expires = run.step_at + timedelta(seconds=step.action.expires_after_seconds)
    if run.phase == "sending":
        return _sending(journey, step, seen.receipt)
    to = _after(journey, step, "unreachable")
    if run.phase == "unreachable" and run.offered_at and to:
        return _Move(run.offered_at, to=to)
    if run.phase in ("held", "unreachable") and run.offered_at and step.if_held_back != "retry":
        ends = step.if_held_back == "drop"
        reason = run.phase.upper() if ends else None
        return _Move(run.offered_at, to=None if ends else step.next, reason=reason)
    if expires <= as_of:
        goes_on = step.if_held_back == "next"
        return _Move(expires, to=step.next if goes_on else None, reason="EXPIRED")
    return None


def _sending(journey: Journey, step: Message, receipt: Receipt) -> _Move | None:
    if receipt.sent_at:
        return _Move(receipt.sent_at, to=step.next)
    for outcome, at in (("unreachable", receipt.unreachable_at), ("failed", receipt.failed_at)):
        if at:
            to = _after(journey, step, outcome)
            to = to or (step.next if step.if_held_back == "next" else None)
            return _Move(at, to=to, reason=outcome.upper())
    return None


def _after(journey: Journey, step: Message, outcome: str) -> str | None:
    """Where the hand-off behind a message that was never sent leads, if it lists the outcome."""
    handoff = journey.step(step.next)
    on = handoff.outcomes if isinstance(handoff, Handoff) else {}
    return next((to for listed, to in on.items() if listed == outcome), None)


def _wait(step: Wait, run: Run, seen: Seen, as_of: datetime) -> _Move | None:
    ends = _wait_ends(step, run, seen)
    if step.event is None:
        return _Move(ends, to=step.next) if ends <= as_of else None
    for at in seen.happened.get(f"step:{step.key}", ()):
        if run.step_at < at < ends and at <= as_of:
            return _Move(at, to=step.next)
    return _Move(ends, to=step.on_timeout) if ends <= as_of else None


def _wait_ends(step: Wait, run: Run, seen: Seen) -> datetime:
    if step.seconds is not None:
        return run.step_at + timedelta(seconds=step.seconds)
    zone = zone_or(seen.zone, step.fallback_zone)
    return next_clock(run.step_at, zone, str(step.until), step.days)


def _handoff(step: Handoff, run: Run, seen: Seen, as_of: datetime) -> _Move | None:
    ends = run.step_at + timedelta(seconds=step.timeout_seconds)
    receipt = seen.receipt
    times = {
        "failed": receipt.failed_at,
        "opened": receipt.opened_at,
        "delivered": receipt.delivered_at,
    }
    found = [
        _Move(max(at, run.step_at), to=to)
        for outcome, at in times.items()
        for listed, to in step.outcomes.items()
        if listed == outcome and at is not None and at < ends and at <= as_of
    ]
    if found:
        return min(found, key=lambda move: move.at)
    return _Move(ends, to=step.outcomes["timeout"]) if ends <= as_of else None


def _moved(journey: Journey, run: Run, move: _Move) -> Run:
    if move.to is None:
        return replace(run, exit_reason=move.reason, exited_at=move.at)
    run = replace(run, step=move.to, step_at=move.at, phase="here")
    step = journey.step(move.to)
    if isinstance(step, Exit):
        return replace(run, exit_reason=step.reason.upper(), exited_at=move.at)
    return run
