"""How the data is, in words: what needs somebody first, and how old is too old."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from core.lifecycle import IntentState
from ui.console.view.state import Badge
from ui.console.view.text import listing, number, plain, times
from ui.health import Health, Source
from warehouse.models.drift import Drift

FRESH = Badge("Fresh", "green", "check")
LATE = Badge("Late", "red", "schedule")
EMPTY = Badge("Empty", "red", "inbox")
UNPROMISED = Badge("No promise", "gray", "remove")
BALANCES = Badge("Adds up", "green", "check")
LOST = Badge("Does not add up", "red", "error")
GOOD = Badge("As promised", "green", "verified")
BAD = Badge("Needs somebody", "orange", "priority_high")
MOVED: dict[str, Badge] = {
    "quiet": Badge("Quiet", "green", "check"),
    "watch": Badge("Watch", "orange", "visibility"),
    "alert": Badge("Moved", "red", "trending_up"),
}
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))
_NAMED = 3


class Need(NamedTuple):
    """One thing that needs somebody: what it is, and what to do first. Both Markdown."""

    what: str
    do: str


def length(seconds: float | None) -> str:
    """90000 is 25 hours; the largest unit of which there are at least two."""
    if seconds is None:
        return "–"
    for size, unit in _UNITS:
        if seconds >= 2 * size:
            return f"{number(seconds // size)} {unit}s"
    return "1 minute" if 60 <= seconds < 120 else "a moment" if seconds < 60 else "1 minute"


def age_badge(promised: int | None, age: int | None, *, late: bool) -> Badge:
    """Whether something is as old as it may be."""
    if promised is None:
        return UNPROMISED
    if age is None:
        return EMPTY if late else UNPROMISED
    return LATE if late else FRESH


def needs(found: Health) -> Iterator[Need]:
    """What needs somebody, what stops messages first."""
    if found.held:
        yield Need(f"**Nothing is sent.** {plain(found.held)}", "`pilothouse status`")
    yield from (
        Need(
            f"**Nothing is sent to {plain(one.destination)}**: {plain(one.reason)}",
            f"`pilothouse deliver resume {one.destination}`",
        )
        for one in found.paused
    )
    if found.late:
        rules = len(found.resting)
        rest = f"; {number(rules)} {'rule rests' if rules == 1 else 'rules rest'} on it"
        verb = "is" if len(found.late) == 1 else "are"
        yield Need(
            f"**{_some(found.late)}** {verb} older than promised{rest if rules else ''}.",
            "`pilothouse model freshness`, then the owner of the source",
        )
    for one in found.sources:
        if one.unaccounted:
            yield Need(
                f"**The books of {plain(one.name)} do not add up**: {unaccounted(one)}.",
                "`pilothouse collect ledger`",
            )
    if dead := sum(one.events for one in found.dead):
        yield Need(
            f"**{number(dead)} events were not accepted**, for "
            f"{number(len(found.dead))} {'reason' if len(found.dead) == 1 else 'reasons'}.",
            "mend the sender or the tracking plan, then `pilothouse collect replay`",
        )
    if found.need_somebody:
        yield Need(
            f"**{number(found.need_somebody)} messages** were rejected, or nobody can tell whether "
            "they arrived.",
            "`pilothouse deliver list`",
        )
    if waiting := len(found.merging.open):
        word = "conflict" if waiting == 1 else "conflicts"
        yield Need(
            f"**{number(waiting)} identity {word}**: whether two identifiers are one person.",
            "`pilothouse identity conflicts`",
        )
    traits = found.drift.traits if found.drift else ()
    if moved := [one.trait for one in traits if one.verdict == "alert"]:
        yield Need(
            f"**{_some(moved)}** moved since the build before: see whether the world did.",
            "`pilothouse model drift`",
        )


def against(age: float | None, promised: float | None) -> str:
    """42 hours of 24 hours: how old something is, of how old it may be."""
    return length(age) if promised is None else f"{length(age)} of {length(promised)}"


def unaccounted(one: Source) -> str:
    """How many events are missing from the books, or there twice."""
    many = number(abs(one.unaccounted))
    return f"{many} unaccounted for" if one.unaccounted > 0 else f"{many} counted twice"


def equation(one: Source) -> str:
    """100 received = 90 stored + 5 duplicates + …; what is missing stands behind it."""
    parts = {
        "stored": one.stored,
        "duplicates": one.duplicate,
        "dead letters": one.dead_letter,
        "suppressed": one.suppressed,
    }
    told = " + ".join(f"{number(count)} {name}" for name, count in parts.items())
    rest = f", {unaccounted(one)}" if one.unaccounted else ""
    return f"**{number(one.received)} received** = {told}{rest}"


def drift_words(one: Drift) -> str:
    """How the share of users without a value moved."""
    before, now = (f"{100 * share:.1f} %" for share in (one.nulls_before, one.nulls_now))
    return f"{before} → {now}"


STATES: dict[str, tuple[str, Badge]] = {
    IntentState.PENDING: ("Waiting to leave", Badge("Waiting", "blue", "schedule")),
    IntentState.LEASED: ("Being sent", Badge("On its way", "blue", "send")),
    IntentState.SUBMITTED: ("Handed over, no answer yet", Badge("On its way", "blue", "send")),
    IntentState.ACCEPTED: ("Taken by the destination", Badge("Fine", "green", "check")),
    IntentState.DELIVERED: ("Arrived", Badge("Fine", "green", "check")),
    IntentState.REJECTED: ("Refused by the destination", BAD),
    IntentState.AMBIGUOUS: ("Nobody can tell whether it arrived", BAD),
    IntentState.BOUNCED: ("Came back", Badge("Did not arrive", "orange", "undo")),
    IntentState.EXPIRED: ("Too late to send", Badge("Over", "gray", "timer_off")),
    IntentState.CANCELLED: ("Stopped by somebody", Badge("Over", "gray", "block")),
}
"""State of a message in the outbox → what it means, and how it stands."""


def together(count: int) -> str:
    """How often one person sent both names within half an hour."""
    return f"both within half an hour of one person: {times(count)}"


def _some(names: tuple[str, ...] | list[str]) -> str:
    shown = [plain(one) for one in names[:_NAMED]]
    more = [f"{number(len(names) - _NAMED)} more"] if len(names) > _NAMED else []
    return listing([*shown, *more])
