"""Random journeys and random lives, for holding the set-based runner against the state machine."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

from core.conditions import EventCount, Rolling
from core.journey_runs import Decision, Receipt, Run, Seen, advance
from core.journey_steps import (
    AnyStep,
    Branch,
    Exit,
    Handoff,
    Message,
    Split,
    SplitArm,
    Trigger,
    Wait,
    Way,
    edges,
)
from core.journeys import EventEntry, Journey, JourneyStop, triggers
from core.rules import Action
from tests.orchestrate.world import NOW

EVENTS = ("pricing_viewed", "workout_completed", "app_opened", "plan_compared", "checkout_started")
ZONES = ("Europe/London", "America/New_York", "Asia/Kathmandu", "Nowhere/Land", None)
REASONS = ("SELECTED", "SELECTED", "CAP_REACHED", "UNREACHABLE", "NO_CONSENT", "KILLED")
REASONS += ("LOWER_PRIORITY", "HELD_OUT_POLICY", None)
MINUTE, HOUR, DAY = 60, 3_600, 86_400
TINY = timedelta(microseconds=1)


@dataclass
class Sent:
    """A message that left, and what became of it."""

    sent_at: datetime
    delivered_at: datetime | None
    opened_at: datetime | None
    failed: bool


@dataclass
class Life:
    """One user: what they did, when it was known, and what was decided on them."""

    user_id: str
    zone: str | None
    events: list[tuple[str, datetime, datetime]]
    run: Run | None = None
    decision: Decision | None = None
    sent: Sent | None = None
    told: set[int] = field(default_factory=set)


def random_journey(random: Random) -> Journey:
    """A few steps that lead forward only, entered by one event and stopped by others."""
    count = random.randint(2, 7)
    keys = [f"s{number}" for number in range(count)]
    handoffs: set[str] = set()
    for before, key in pairwise(keys):
        if before not in handoffs and random.random() < 0.4:
            handoffs.add(key)
    steps: list[AnyStep] = []
    for number, key in enumerate(keys):
        later = [one for one in (*keys[number + 1 :], "end") if one not in handoffs]
        if key in handoffs:
            steps.append(_handoff(random, key, later))
        elif number + 1 < count and keys[number + 1] in handoffs:
            steps.append(_message(random, key, keys[number + 1]))
        else:
            steps.append(_step(random, key, later))
    stops = (
        JourneyStop(key="paid", name="Paid", event=Trigger(event="checkout_started")),
        JourneyStop(key="busy", name="Busy", when=_busy(random)),
    )
    return Journey(
        key="trip",
        name="Trip",
        entry=EventEntry(trigger=Trigger(event="pricing_viewed")),
        steps=_reached((*steps, Exit(key="end"))),
        stops=stops[: random.randint(0, 2)],
        max_runtime_seconds=random.choice((4 * DAY, 30 * DAY)),
    )


def _busy(random: Random) -> EventCount:
    window = Rolling(seconds=random.choice((10 * MINUTE, 3 * HOUR)))
    return EventCount(event="app_opened", window=window, n=random.randint(1, 3))


def _reached(steps: tuple[AnyStep, ...]) -> tuple[AnyStep, ...]:
    """Only the steps to which a path leads."""
    known = {step.key: step for step in steps}
    reached: list[str] = []
    waiting = [steps[0].key]
    while waiting:
        key = waiting.pop()
        if key not in reached:
            reached.append(key)
            waiting += [target for _, target in edges(known[key])]
    return tuple(step for step in steps if step.key in reached)


def _message(random: Random, key: str, to: str) -> Message:
    expires = random.choice((6 * HOUR, 7 * DAY))
    return Message(
        key=key,
        action=Action(
            key=f"{key}_action", name=key, channels=("push",), expires_after_seconds=expires
        ),
        next=to,
        if_held_back=random.choice(("retry", "next", "drop")),
    )


def _step(random: Random, key: str, later: list[str]) -> AnyStep:
    def to() -> str:
        return random.choice(later)

    match random.choice(("message", "message", "wait", "clock", "event", "branch", "split")):
        case "message":
            return _message(random, key, to())
        case "wait":
            return Wait(key=key, seconds=random.choice((MINUTE, HOUR, DAY)), next=to())
        case "clock":
            clock = random.choice(("00:00", "02:30", "09:00"))
            return Wait(key=key, until=clock, days=random.randint(0, 1), next=to())
        case "event":
            return Wait(
                key=key,
                seconds=random.choice((HOUR, DAY)),
                event=Trigger(event=random.choice(EVENTS[1:4])),
                next=to(),
                on_timeout=to(),
            )
        case "branch":
            ways = tuple(
                Way(when=EventCount(event=event, n=random.randint(1, 3)), next=to())
                for event in random.sample(EVENTS, random.randint(1, 2))
            )
            return Branch(key=key, ways=ways, otherwise=to())
        case _:
            arms = (SplitArm(share=0.3, next=to()), SplitArm(share=0.7, next=to()))
            return Split(key=key, salt=key, arms=arms)


def _handoff(random: Random, key: str, later: list[str]) -> Handoff:
    outcomes = random.sample(("delivered", "opened", "failed", "unreachable"), random.randint(1, 4))
    on = {outcome: random.choice(later) for outcome in (*outcomes, "timeout")}
    return Handoff.model_validate(
        {"key": key, "outcomes": on, "timeout_seconds": random.choice((HOUR, DAY))}
    )


def random_lives(random: Random, count: int, until: datetime) -> list[Life]:
    """Users who do things at whole minutes, some of it known only later."""
    lives = []
    span = int((until - NOW).total_seconds() // MINUTE)
    for number in range(count):
        events = []
        for _ in range(random.randint(1, 9)):
            at = NOW + timedelta(minutes=random.randint(1, span))
            late = timedelta(minutes=random.choice((0, 0, 0, 200)))
            events.append((random.choice(EVENTS), at, at + late))
        lives.append(Life(f"u{number}", random.choice(ZONES), sorted(events, key=lambda e: e[1])))
    return lives


def step_on(journey: Journey, life: Life, as_of: datetime, before: datetime) -> None:
    """What one look does to one user, by the state machine alone."""
    known = [(name, at) for name, at, known_at in life.events if known_at <= as_of]
    if life.run is None:
        entries = [at for name, at in known if name == "pricing_viewed"]
        entries = [at for at in entries if at > as_of - timedelta(days=1)]
        if not entries:
            return
        start = journey.start
        life.run = Run(life.user_id, entered_at=entries[0], step=start, step_at=entries[0])
    seen = Seen(
        happened=_happened(journey, known),
        true=frozenset(_true(journey, life.run, known, as_of, before)),
        receipt=_receipt(life.sent, as_of),
        decision=life.decision,
        zone=life.zone,
    )
    life.run = advance(journey, life.run, seen, as_of)
    life.decision = None


def _happened(
    journey: Journey, known: list[tuple[str, datetime]]
) -> dict[str, tuple[datetime, ...]]:
    return {
        place: tuple(sorted(at for name, at in known if name == trigger.event))
        for place, trigger in triggers(journey)
    }


def _true(
    journey: Journey,
    run: Run,
    known: list[tuple[str, datetime]],
    as_of: datetime,
    before: datetime,
) -> Iterable[str]:
    for step in journey.steps:
        for number, way in enumerate(step.ways if isinstance(step, Branch) else (), start=1):
            asked = way.when
            assert isinstance(asked, EventCount)
            if sum(name == asked.event and at < as_of for name, at in known) >= asked.n:
                yield f"way:{step.key}:{number}"
    for stop in journey.stops:
        if isinstance(stop.when, EventCount) and isinstance(stop.when.window, Rolling):
            times = [at for name, at in known if name == stop.when.event]
            window = timedelta(seconds=stop.when.window.seconds)
            since = max(run.entered_at, before)
            moments = [as_of, *(max(at, since) + TINY for at in times)]
            for moment in moments:
                inside = sum(moment - window <= at < moment for at in times)
                if moment <= as_of and inside >= stop.when.n:
                    yield f"stop:{stop.key}"


def _receipt(sent: Sent | None, as_of: datetime) -> Receipt:
    if sent is None or sent.sent_at > as_of:
        return Receipt()
    shown = [at if at and at <= as_of else None for at in (sent.delivered_at, sent.opened_at)]
    return Receipt(sent.sent_at, shown[0], shown[1], sent.sent_at if sent.failed else None)
