"""What a journey is: who enters, the steps they go through, and what ends a run early.

Steps form a graph without cycles in which every path ends. What is checked here needs no
catalog; names of events, columns and channels are checked where the catalog is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from core.conditions import EVERYONE, Condition, Frozen
from core.journey_steps import (
    YEAR,
    AnyStep,
    Handoff,
    Message,
    Trigger,
    Wait,
    edges,
)
from core.rules import DAY, KEY_PATTERN, Action, Holdout, Key

MOST_STEPS = 60


class AudienceEntry(Frozen):
    """Whoever joins the audience enters: at once, if they belong to it when it goes live."""

    kind: Literal["audience"] = "audience"
    condition: Condition


class EventEntry(Frozen):
    """Whoever does something enters, once the event is known."""

    kind: Literal["event"] = "event"
    trigger: Trigger
    condition: Condition = EVERYONE
    """Who may enter by it; asked whenever somebody looks, for as long as the event counts."""
    max_age_seconds: int = Field(default=DAY, gt=0, le=YEAR)
    """How long an event counts: one that is older starts nothing."""


class Reentry(Frozen):
    """How often the same user may enter."""

    mode: Literal["never", "after_exit", "after_window", "keyed"] = "never"
    window_seconds: int | None = Field(default=None, gt=0, le=YEAR)
    """``after_window``: this long after the last entry, once that run has ended."""

    @model_validator(mode="after")
    def _window_fits_mode(self) -> Reentry:
        if (self.mode == "after_window") != (self.window_seconds is not None):
            raise ValueError("'after_window' has window_seconds, and no other mode has it")
        return self


class JourneyStop(Frozen):
    """What ends a run at once: a condition that is true at any moment of it, or an event in it."""

    key: Key = Field(pattern=KEY_PATTERN)
    name: str
    when: Condition | None = None
    event: Trigger | None = None

    @model_validator(mode="after")
    def _one_form(self) -> JourneyStop:
        if (self.when is None) == (self.event is None):
            raise ValueError(f"'{self.key}' stops by a condition or by an event, one of the two")
        return self


class Journey(Frozen):
    """A path of steps that users go through, each in their own time."""

    kind: Literal["journey"] = "journey"
    key: Key = Field(pattern=KEY_PATTERN)
    name: str = Field(min_length=1)
    population: Condition = EVERYONE
    entry: Annotated[AudienceEntry | EventEntry, Field(discriminator="kind")]
    reentry: Reentry = Reentry()
    steps: tuple[AnyStep, ...] = Field(min_length=2, max_length=MOST_STEPS)
    """The first one is where runs begin."""
    stops: tuple[JourneyStop, ...] = ()
    goal: Trigger | None = None
    """What the journey is for: whoever does it leaves it."""
    max_runtime_seconds: int = Field(default=30 * DAY, gt=0, le=YEAR)
    tier: int = Field(default=1, ge=1)
    """Among the policies of a cycle: lower goes first."""
    holdout: Holdout | None = None
    assumptions: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_a_graph_that_ends(self) -> Journey:
        for check in (_named_once, _known_steps, _no_cycle, _all_reached, _handoffs, _actions):
            check(self)
        _keys(self)
        _fits_runtime(self)
        return self

    @property
    def start(self) -> Key:
        """The step where runs begin."""
        return self.steps[0].key

    @property
    def key_property(self) -> str | None:
        """The property of the entry event that says the key of a run; None: not keyed."""
        return self.entry.trigger.key if isinstance(self.entry, EventEntry) else None

    def step(self, key: Key) -> AnyStep | None:
        """The step of a key, if there is one."""
        return next((one for one in self.steps if one.key == key), None)

    def messages(self) -> tuple[Message, ...]:
        """The steps that send something."""
        return tuple(one for one in self.steps if isinstance(one, Message))


def triggers(journey: Journey) -> Iterator[tuple[str, Trigger]]:
    """Every event that a journey looks for, each under the name of its place."""
    if isinstance(journey.entry, EventEntry):
        yield "entry", journey.entry.trigger
    if journey.goal:
        yield "goal", journey.goal
    for stop in journey.stops:
        if stop.event:
            yield f"stop:{stop.key}", stop.event
    for step in journey.steps:
        if isinstance(step, Wait) and step.event:
            yield f"step:{step.key}", step.event


def _named_once(journey: Journey) -> None:
    keys = [*(step.key for step in journey.steps)]
    stops = [*(stop.key for stop in journey.stops)]
    for key in (*keys, *stops):
        if keys.count(key) > 1 or stops.count(key) > 1:
            raise ValueError(f"'{key}' is the key of two steps or stops: give one another key")


def _known_steps(journey: Journey) -> None:
    known = {step.key for step in journey.steps}
    for step in journey.steps:
        for outcome, target in edges(step):
            if target not in known:
                raise ValueError(
                    f"'{step.key}' goes to '{target}' on {outcome}, but there is no such step: "
                    f"the steps are {', '.join(sorted(known))}"
                )


def _no_cycle(journey: Journey) -> None:
    after = {step.key: [target for _, target in edges(step)] for step in journey.steps}
    done: set[str] = set()
    while ends := [key for key, left in after.items() if key not in done and done >= {*left}]:
        done |= {*ends}
    around = sorted({*after} - done)
    if around:
        raise ValueError(f"a run could go round for ever through {', '.join(around)}")


def _all_reached(journey: Journey) -> None:
    reached, waiting = set[str](), [journey.start]
    while waiting:
        key = waiting.pop()
        step = journey.step(key)
        if step is None or key in reached:
            continue
        reached.add(key)
        waiting += [target for _, target in edges(step)]
    for step in journey.steps:
        if step.key not in reached:
            raise ValueError(f"no path leads to '{step.key}': remove it, or lead one there")


def _handoffs(journey: Journey) -> None:
    handoffs = {step.key for step in journey.steps if isinstance(step, Handoff)}
    if journey.start in handoffs:
        raise ValueError(f"'{journey.start}' has no message before it to hand off from")
    for step in journey.steps:
        for _, target in edges(step):
            if target in handoffs and not isinstance(step, Message | Handoff):
                raise ValueError(f"'{target}' must follow a message directly, not '{step.key}'")


def _actions(journey: Journey) -> None:
    known: dict[str, Action] = {}
    for message in journey.messages():
        action = message.action
        if known.setdefault(action.key, action) != action:
            raise ValueError(f"two messages say different things under the action '{action.key}'")


def _keys(journey: Journey) -> None:
    keyed = journey.reentry.mode == "keyed"
    if keyed and journey.key_property is None:
        raise ValueError("a keyed journey is entered by an event whose trigger names the key")
    for place, trigger in triggers(journey):
        if trigger.key and not keyed:
            raise ValueError(f"the trigger of {place} has a key, but re-entry is not 'keyed'")


def _fits_runtime(journey: Journey) -> None:
    for step in journey.steps:
        longest = 0
        if isinstance(step, Wait):
            longest = step.seconds or step.days * DAY
        elif isinstance(step, Handoff):
            longest = step.timeout_seconds
        if longest >= journey.max_runtime_seconds:
            raise ValueError(f"'{step.key}' waits longer than a run may last")
