"""A canary in words: how it stands, its numbers beside those of the version before, what next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from control.canaries import Canary, CanaryState
from core.canary import CanaryLimits
from measure.canary import Guard, GuardName, Readings, Side, Verdict
from orchestrate.rulebook.canary import ITSELF
from ui.console.view.canary_ask import share_words
from ui.console.view.state import Badge
from ui.console.view.text import number

ENDED: dict[CanaryState, Badge] = {
    "promoted": Badge("Promoted", "green", "done_all"),
    "rolled_back": Badge("Rolled back", "red", "undo"),
    "superseded": Badge("Replaced", "gray", "history"),
}
LIVE = Badge("Live", "green", "check_circle")
PAUSED = Badge("Paused", "orange", "pause_circle")
BROKEN = Badge("Broken", "red", "block")
ABOVE = Badge("Above so far", "orange", "error_outline")
WITHIN = Badge("Within", "green", "check")
NO_DATA = Badge("Unknown", "gray", "hourglass_empty")
REACHED = Badge("Reached", "green", "check")
NOT_YET = Badge("Not yet", "gray", "hourglass_empty")

RUNBOOK_STEPS = (
    "Nothing has to be stopped: it is. Messages that were with a provider already cannot be "
    "called back.",
    "Find what was wrong, propose the mended version, and let it be a canary again",
    "The version that was taken back cannot be resumed or rolled back to. Whoever holds it to be "
    "right after all proposes its content again, and an approver decides with the numbers in "
    "sight.",
)
"""What to do about a canary that was taken back, word for word as the runbook says it."""
_LIKELY: dict[GuardName, str] = {
    "complaints": "the wrong people, or words that they did not expect",
    "unsubscribes": "too much, or nothing of use to them",
    "errors": "a template that cannot be filled, an address or a channel that is new in it",
    "conversion": "a worse offer, a broken link, a step that fails",
}
_THE_DESTINATION = "the destination, not the version"
_WHAT: dict[GuardName, str] = {
    "complaints": "Complaints",
    "unsubscribes": "Unsubscribes",
    "errors": "Errors",
    "conversion": "Conversions",
}


class Line(NamedTuple):
    """One thing that was read out: of the canary, of the version before, its limit, how it is."""

    what: str
    canary: str
    before: str
    limit: str
    stands: Badge


def running_badge(canary: Canary) -> Badge:
    """Canary 10 %."""
    return Badge(f"Canary {share_words(canary.share)}", "blue", "call_split")


def rule_badges(state: str, running: Canary | None) -> tuple[Badge, ...]:
    """How a rule stands: a canary, live for everybody, or paused."""
    if running is None:
        return (LIVE if state == "live" else PAUSED,)
    return (running_badge(running), *((PAUSED,) if state == "paused" else ()))


def canary_badge(canary: Canary) -> Badge:
    """How a canary stands, or how it ended."""
    return ENDED[canary.state] if canary.state in ENDED else running_badge(canary)


def who(email: str, names: dict[str, str]) -> str:
    """Somebody's name; Pilothouse's own when it acted by the limits."""
    return "Pilothouse, by its limits" if email == ITSELF else names.get(email, email)


def lines(readings: Readings, verdict: Verdict, limits: CanaryLimits) -> tuple[Line, ...]:
    """What was read out, in the order of the limits."""
    sent, before = readings.canary.sent, readings.baseline
    enough = REACHED if sent >= limits.min_messages else NOT_YET
    least = f"≥ {number(limits.min_messages)}"
    first = Line(
        "Messages sent", number(sent), number(before.sent) if before else "", least, enough
    )
    return (first, *(_line(guard, readings) for guard in verdict.guards))


def likely(verdict: Verdict) -> Iterator[str]:
    """The most likely reason of every limit that was broken, as the runbook has it."""
    for guard in verdict.guards:
        if guard.breached:
            both = guard.name == "errors" and (guard.baseline_rate or 0) > guard.limit
            reason = _THE_DESTINATION if both else _LIKELY[guard.name]
            yield f"{reason} ({_WHAT[guard.name].lower()})"


def _line(guard: Guard, readings: Readings) -> Line:
    before = readings.baseline
    fewer = " fewer" if guard.name == "conversion" else ""
    return Line(
        _WHAT[guard.name],
        _counted(guard.name, readings.canary),
        _counted(guard.name, before) if before else "",
        f"≤ {share_words(guard.limit)}{fewer}",
        _stands(guard),
    )


def _stands(guard: Guard) -> Badge:
    if guard.breached:
        return BROKEN
    if guard.rate is None or (guard.name == "conversion" and guard.baseline_rate is None):
        return NO_DATA
    return ABOVE if _passes(guard.rate, guard) else WITHIN


def _passes(rate: float, guard: Guard) -> bool:
    if guard.name != "conversion":
        return rate > guard.limit
    before = guard.baseline_rate or 0.0
    return rate < before * (1 - guard.limit)


def _counted(name: GuardName, side: Side) -> str:
    count, of = {
        "complaints": (side.complaints, side.sent),
        "unsubscribes": (side.unsubscribes, side.sent),
        "errors": (side.errors, side.handed_over),
        "conversion": (side.converted, side.users),
    }[name]
    return f"{number(count)} of {number(of)} ({share_words(count / of)})" if of else "–"
