"""The steps of a journey: message, wait, branch, split, hand-off and exit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from core.assignment import share_end
from core.conditions import Condition, Filter, Frozen
from core.rules import DAY, KEY_PATTERN, Action, Key

YEAR = 366 * DAY
CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"

Outcome = Literal["delivered", "opened", "failed", "unreachable", "timeout"]
Edge = tuple[str, Key]
"""How a step may end, and the step after it."""


class Trigger(Frozen):
    """An event of the user, perhaps only with certain properties."""

    event: str
    where: tuple[Filter, ...] = ()
    key: str | None = None
    """Keyed journeys: the property that must say the key of the run, such as order_id."""


class Step(Frozen):
    """Base of the steps."""

    key: Key = Field(pattern=KEY_PATTERN)


class Message(Step):
    """Sends an action, by the same rules as every other message. Over when it was sent."""

    kind: Literal["message"] = "message"
    action: Action
    next: Key
    if_held_back: Literal["retry", "next", "drop"] = "retry"
    """What comes of a cap, a lower priority or no channel: ask again until the action expires,
    go on without it, or end the run."""


class Wait(Step):
    """Waits for a span of exact seconds or for a wall-clock time, or for an event until then."""

    kind: Literal["wait"] = "wait"
    seconds: int | None = Field(default=None, gt=0, le=YEAR)
    until: str | None = Field(default=None, pattern=CLOCK)
    """The next time it is HH:MM where the user is; with days, on that many days later."""
    days: int = Field(default=0, ge=0, le=366)
    fallback_zone: str = "UTC"
    """Where the zone of the user is not known."""
    event: Trigger | None = None
    next: Key
    """After the wait; with an event, as soon as it happens."""
    on_timeout: Key | None = None
    """With an event: when it did not happen in time."""

    @model_validator(mode="after")
    def _one_form(self) -> Wait:
        if (self.seconds is None) == (self.until is None):
            raise ValueError(f"'{self.key}' waits for seconds or until HH:MM, one of the two")
        if (self.event is None) != (self.on_timeout is None):
            raise ValueError(f"'{self.key}' has an event and on_timeout together, or neither")
        if self.days and self.until is None:
            raise ValueError(f"'{self.key}' counts days only with until HH:MM")
        return self


class Way(Frozen):
    """One way out of a branch: for those who meet the condition."""

    when: Condition
    next: Key


class Branch(Step):
    """The first way whose condition is true, else the other one."""

    kind: Literal["branch"] = "branch"
    ways: tuple[Way, ...] = Field(min_length=1)
    otherwise: Key


class SplitArm(Frozen):
    """A share of the users, by a salted bucket: the same user goes the same way everywhere."""

    share: float = Field(gt=0, le=1)
    next: Key


class Split(Step):
    """Divides users at random, and for good."""

    kind: Literal["split"] = "split"
    salt: str = Field(min_length=1)
    arms: tuple[SplitArm, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _whole(self) -> Split:
        if abs(sum(arm.share for arm in self.arms) - 1) > 1e-9:
            raise ValueError(f"the shares of '{self.key}' must add up to 1")
        return self

    def ranges(self) -> tuple[tuple[str, str | None, Key], ...]:
        """For each arm its half-open range of buckets and the step after it."""
        found, low, total = [], "00000000", 0.0
        for place, arm in enumerate(self.arms, start=1):
            total += arm.share
            high = None if place == len(self.arms) else share_end(min(total, 1.0))
            found.append((low, high, arm.next))
            low = high or low
        return tuple(found)


class Handoff(Step):
    """Goes on by what became of the last message: whichever is listed and happens first."""

    kind: Literal["handoff"] = "handoff"
    outcomes: dict[Outcome, Key] = Field(min_length=2)
    timeout_seconds: int = Field(gt=0, le=YEAR)
    """Counted from when the message was sent."""

    @model_validator(mode="after")
    def _ends_in_time(self) -> Handoff:
        if "timeout" not in self.outcomes:
            raise ValueError(f"'{self.key}' must say what comes on timeout")
        return self


class Exit(Step):
    """Ends the run."""

    kind: Literal["exit"] = "exit"
    reason: Key = Field(default="completed", pattern=KEY_PATTERN)


AnyStep = Annotated[Message | Wait | Branch | Split | Handoff | Exit, Field(discriminator="kind")]


def edges(step: AnyStep) -> tuple[Edge, ...]:
    """Every way out of a step: how it ends, and the step after it."""
    match step:
        case Message():
            return (("sent", step.next),)
        case Wait():
            late = (("timeout", step.on_timeout),) if step.on_timeout else ()
            return (("next", step.next), *late)
        case Branch():
            ways = tuple((f"way_{place}", way.next) for place, way in enumerate(step.ways, 1))
            return (*ways, ("otherwise", step.otherwise))
        case Split():
            return tuple((f"arm_{place}", arm.next) for place, arm in enumerate(step.arms, 1))
        case Handoff():
            return tuple((str(outcome), target) for outcome, target in step.outcomes.items())
        case Exit():
            return ()
