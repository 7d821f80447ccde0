"""The pipeline as data: its steps, what each waits for, and what comes next.

One graph, from events to read-outs. A step starts when every step before it is
done; a step that fails holds everything that lies downstream of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Step(StrEnum):
    """The steps, in the order in which a person reads them."""

    LOAD = "load"
    IDENTITY = "identity"
    TRAITS = "traits"
    AUDITS = "audits"
    CYCLE = "cycle"
    OUTBOX = "outbox"
    READ_OUTS = "read_outs"


class StepState(StrEnum):
    """Where a step stands in one run."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    HELD = "held"
    """Not started, because a step that it waits for failed."""


AFTER: Mapping[Step, tuple[Step, ...]] = {
    Step.LOAD: (),
    Step.IDENTITY: (Step.LOAD,),
    Step.TRAITS: (Step.IDENTITY,),
    Step.AUDITS: (Step.TRAITS,),
    Step.CYCLE: (Step.AUDITS,),
    Step.OUTBOX: (Step.CYCLE,),
    Step.READ_OUTS: (Step.OUTBOX,),
}
"""What each step waits for."""

MEANING: Mapping[Step, str] = {
    Step.LOAD: "take in what waits in the raw log",
    Step.IDENTITY: "work out who is who, and make facts and users",
    Step.TRAITS: "build the traits",
    Step.AUDITS: "audit what was built, then let readers see it",
    Step.CYCLE: "decide for everybody with the rules in force",
    Step.OUTBOX: "send what is due",
    Step.READ_OUTS: "compare who was messaged with who was held out",
}
"""One line about each step."""


def next_step(states: Mapping[Step, StepState]) -> Step | None:
    """The first step that is neither done nor out of reach; one that was cut off starts anew."""
    for step in Step:
        open_ = states[step] in (StepState.WAITING, StepState.RUNNING)
        if open_ and all(states[before] is StepState.DONE for before in AFTER[step]):
            return step
    return None


def downstream(step: Step) -> tuple[Step, ...]:
    """Every step that waits for this one, directly or through others, in order."""
    found: set[Step] = {step}
    for one in Step:
        if found.intersection(AFTER[one]):
            found.add(one)
    return tuple(one for one in Step if one in found and one is not step)
