"""Where one run of a journey stands, in a sentence, and when it goes on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from core.journey_steps import Handoff, Message, Wait
from core.journeys import Journey
from core.lifecycle import IntentState
from core.reasons import BY_CODE
from core.wall_clock import next_clock, zone_or

EXITS = {
    "COMPLETED": "The user went all the way.",
    "GOAL": "The user did what the journey is for.",
    "STOPPED": "A stop condition held.",
    "EXPIRED": "It took longer than it may.",
    "HELD_OUT": "The user is held out: the message that came up was not sent.",
    "MERGED": "The user turned out to be one who was in this journey already.",
    "UNREACHABLE": "No allowed channel reached the user.",
    "HELD": "Its message was held back.",
    "FAILED": "Its message failed.",
}
"""Why runs end → the sentence; a reason of the journey's own says itself."""
LOOK, CYCLE = "the next look", "the next cycle"


class Outlook(NamedTuple):
    """What a run does now, and what it waits for."""

    state: str
    """``waits``, ``due``, ``sending`` or ``ended``."""
    sentence: str
    at: datetime | None = None
    """The next moment at which something happens by itself (naive UTC); None: not known."""
    what: str | None = None
    """What happens then, or what it waits for."""


class Standing(NamedTuple):
    """One run with what its outlook depends on."""

    journey: Journey
    run: dict[str, Any]
    zone: str | None
    """Where the user is now."""
    intent: dict[str, Any] | None
    """Its last message in the outbox: ``state, reason, not_before, decided_at``."""


def outlook(one: Standing) -> Outlook:
    """Where a run stands."""
    run, step = one.run, one.journey.step(one.run["step"])
    if run["exit_reason"] is not None:
        told = EXITS.get(run["exit_reason"], f"It ended with {run['exit_reason']}.")
        return Outlook("ended", told)
    match step:
        case Message():
            return _sending(one) if run["phase"] == "sending" else _due(run, step)
        case Wait():
            return _waiting(one, step)
        case Handoff():
            ends = run["step_at"] + timedelta(seconds=step.timeout_seconds)
            hoped = " or ".join(name for name in step.outcomes if name != "timeout")
            told = f"It waits until the message is {hoped}."
            return Outlook("waits", told, ends, step.outcomes["timeout"])
        case _:
            return Outlook("waits", "It goes on as soon as somebody looks.", what=LOOK)


def _due(run: dict[str, Any], step: Message) -> Outlook:
    gives_up = run["step_at"] + timedelta(seconds=step.action.expires_after_seconds)
    reason = BY_CODE.get(run["reason_code"] or "")
    if reason is None:
        told = "Its message asks for its turn."
    else:
        told = f"Its message was held back and asks again: {reason.sentence}"
    return Outlook("due", told, gives_up, f"it is given up, unless {CYCLE} chooses it")


def _sending(one: Standing) -> Outlook:
    intent = one.intent
    if intent is None:
        return Outlook("sending", "Its message was chosen.", what="the outbox takes it")
    state, reason = intent["state"], BY_CODE.get(intent["reason"] or "")
    if state == IntentState.PENDING:
        late = intent["not_before"] > intent["decided_at"]
        told = "Its message waits until it may leave." if late else "Its message is due."
        return Outlook("sending", told, intent["not_before"], "the message leaves")
    if reason is not None:
        return Outlook("sending", f"Its message was dropped: {reason.sentence}", what=LOOK)
    return Outlook("sending", "Its message has left.", what=LOOK)


def _waiting(one: Standing, step: Wait) -> Outlook:
    since = one.run["step_at"]
    if step.seconds is not None:
        ends = since + timedelta(seconds=step.seconds)
    else:
        ends = next_clock(since, zone_or(one.zone, step.fallback_zone), str(step.until), step.days)
    if step.event is None:
        return Outlook("waits", "It waits.", ends, step.next)
    what = step.event.event.replace("_", " ")
    return Outlook("waits", f"It waits for: {what}.", ends, step.on_timeout)
