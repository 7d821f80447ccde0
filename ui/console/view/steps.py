"""What the agent is doing and did, one line a step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from control.runs import Run, RunStep
from ui.console.view.text import phrase

DONE = {
    "understand": "Understood the question",
    "ground": "Matched your words to the catalog",
    "draft": "Drafted the answer",
    "check": "Checked every name and the SQL",
    "repair": "Repaired the draft",
    "simulate": "Ran it on today's data",
    "answer": "Wrote the answer from the numbers",
    "submit": "Sent it for approval",
    "guardrail": "Waiting for an approver",
    "publish": "Published it",
}
DOING = {
    None: "Reading the question",
    "understand": "Looking it up in the catalog",
    "ground": "Drafting",
    "draft": "Checking names and SQL",
    "repair": "Checking again",
    "check": "Running it on today's data",
    "simulate": "Writing the answer",
    "answer": "Finishing",
}
ACTIVE = ("queued", "running")


class Line(NamedTuple):
    """One step as shown. ``ms`` is its wall time."""

    label: str
    ms: int


def lines(steps: Iterable[RunStep]) -> tuple[Line, ...]:
    """Every step in the words of somebody who has done it."""
    return tuple(Line(_label(step), step.ms) for step in steps)


def now_doing(steps: list[RunStep]) -> str:
    """What happens at this moment."""
    last = steps[-1].node if steps else None
    return DOING.get(last, "Working")


def summary(steps: list[RunStep]) -> str:
    """Worked for 0.8 seconds, 7 steps."""
    seconds = sum(step.ms for step in steps) / 1000
    many = "1 step" if len(steps) == 1 else f"{len(steps)} steps"
    return f"Worked for {seconds:.1f} seconds, {many}"


def is_active(run: Run) -> bool:
    """Whether a worker still has it."""
    return run.state in ACTIVE


def _label(step: RunStep) -> str:
    label = DONE.get(step.node, phrase(step.node).capitalize())
    return f"{label} (attempt {step.attempt})" if step.attempt > 1 else label
