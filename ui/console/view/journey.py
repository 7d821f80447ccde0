"""A journey in words: its steps one by one, and what it would do."""

from __future__ import annotations

from core.journey_effects import JourneyEffect
from core.journey_steps import Branch, Exit, Handoff, Message, Split, Trigger, Wait
from core.journeys import AnyStep, AudienceEntry, Journey
from warehouse.catalog import Catalog
from warehouse.wording import describe, duration

MODES = {
    "never": "once ever",
    "after_exit": "again after leaving",
    "after_window": "again after {window}",
    "keyed": "once for every key",
}


def step_lines(journey: Journey, catalog: Catalog) -> list[str]:
    """How users enter, what ends a run, and one line a step."""
    lines = [f"Enter: {_entry(journey, catalog)}; {_mode(journey)}."]
    lines += [f"Goal: {_did(journey.goal)}."] if journey.goal else []
    for stop in journey.stops:
        what = describe(stop.when, catalog) if stop.when else _did(stop.event)
        lines.append(f"Stop: {what}.")
    return [*lines, *(f"{one.key}: {_step(one, catalog)}" for one in journey.steps)]


def effect_lines(effect: JourneyEffect) -> list[str]:
    """Who would enter at once and in the days ahead, and what that would send."""
    days = ", ".join(f"{day.day} {day.entries:,}" for day in effect.days)
    lines = [
        f"{effect.enter_now:,} of {effect.population_size:,} users ({effect.population}) "
        "would enter at once.",
        f"In the next 7 days, judged by the last 7: {days}.",
    ]
    lines += [f"{one.action}: at most {one.at_most:,} messages." for one in effect.volume]
    if effect.under_way:
        lines.append(f"{effect.under_way:,} runs stay with the version that they entered.")
    return lines


def _entry(journey: Journey, catalog: Catalog) -> str:
    entry = journey.entry
    words = describe(entry.condition, catalog)
    if isinstance(entry, AudienceEntry):
        return f"who joins: {words}"
    return _did(entry.trigger) + ("" if words == "everyone" else f", for {words}")


def _mode(journey: Journey) -> str:
    window = journey.reentry.window_seconds
    return MODES[journey.reentry.mode].format(window=duration(window) if window else "")


def _did(trigger: Trigger | None) -> str:
    if trigger is None:
        return "nothing"
    where = "".join(f", {one.column} {one.op} {one.value}" for one in trigger.where)
    return trigger.event.replace("_", " ") + where


def _step(step: AnyStep, catalog: Catalog) -> str:
    match step:
        case Message():
            by = " or ".join(step.action.channels)
            return f"send {step.action.name} by {by}, then {step.next}"
        case Wait():
            return _wait(step)
        case Branch():
            ways = [f"{describe(way.when, catalog)}: {way.next}" for way in step.ways]
            return f"{'; '.join(ways)}; otherwise {step.otherwise}"
        case Split():
            return ", ".join(f"{arm.share:.0%} {arm.next}" for arm in step.arms)
        case Handoff():
            on = ", ".join(f"{outcome}: {to}" for outcome, to in step.outcomes.items())
            return f"within {duration(step.timeout_seconds)} of sending, {on}"
        case Exit():
            return f"end ({step.reason})"


def _wait(step: Wait) -> str:
    if step.seconds is not None:
        span = duration(step.seconds)
    else:
        days = f" {step.days} days later" if step.days else ""
        span = f"until {step.until}{days} where the user is"
    if step.event is None:
        return f"wait {span}, then {step.next}"
    return f"{_did(step.event)} within {span}: {step.next}, else {step.on_timeout}"
