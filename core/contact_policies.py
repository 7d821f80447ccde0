"""Guardrail policies for the contact policy: what must hold before caps, quiet hours, the minimum
gap or the global holdout may change.

The same shape as the policies for rules: one function from a proposed change to a finding
or None, listed in CONTACT_POLICIES, its docstring its rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pydantic import Field

from core.artifacts import Finding
from core.conditions import Frozen
from core.rules import ContactPolicy, FrequencyCap, Holdout, QuietHours

_DAY = 24 * 60


class ContactMove(Frozen):
    """Another contact policy, and what it does to people."""

    before: ContactPolicy
    after: ContactPolicy
    entering: int = Field(default=0, ge=0)
    """Users whom the global holdout takes in."""
    leaving: int = Field(default=0, ge=0)
    """Users whom the global holdout lets go."""
    selected_before: int | None = Field(default=None, ge=0)
    """Messages that a cycle would select now; None where nothing sends yet."""
    selected_after: int | None = Field(default=None, ge=0)


ContactCheck = Callable[[ContactMove], Finding | None]


def loosens(before: ContactPolicy, after: ContactPolicy) -> tuple[str, ...]:
    """In which ways people may get more, or at other times, than before; none: it only tightens.

    What cannot be compared, such as a cap that counts in another way, counts as looser.
    """
    return (
        *_caps(before, after),
        *_gap(before, after),
        *_quiet(before.quiet_hours, after.quiet_hours),
        *_holdout(before.global_holdout, after.global_holdout),
    )


def contact_is_not_loosened(move: ContactMove) -> Finding | None:
    """What protects people from too much contact is loosened only by somebody who means it."""
    told = loosens(move.before, move.after)
    if not told:
        return None
    return Finding(
        policy="contact_is_not_loosened",
        severity="warn",
        message=f"It loosens what protects people: {'; '.join(told)}.",
        fix="Check that every sender wants this; it holds for all rules, policies and journeys.",
    )


def holdout_grows_in_place(move: ContactMove) -> Finding | None:
    """The global holdout keeps its salt, so that who is held out stays held out."""
    before, after = move.before.global_holdout, move.after.global_holdout
    if before is None or after is None or before.salt == after.salt or not before.share:
        return None
    return Finding(
        policy="holdout_grows_in_place",
        severity="block",
        message=f"Another salt would hold out other people: {move.leaving:,} are let go and "
        f"{move.entering:,} taken in, and what was measured against them is lost.",
        fix=f"Keep the salt '{before.salt}' and change the share.",
    )


def held_out_people_stay(move: ContactMove) -> Finding | None:
    """Nobody who is held out everywhere is let go while lift is measured against them."""
    before, after = move.before.global_holdout, move.after.global_holdout
    shrinks = before is not None and (after is None or after.share < before.share)
    if not shrinks:
        return None
    return Finding(
        policy="held_out_people_stay",
        severity="warn",
        message=f"{move.leaving:,} users leave the global holdout: from then on they say nothing "
        "of how people do who are left alone.",
        fix="Read out what is measured against them first.",
    )


def volume_is_told(move: ContactMove) -> Finding | None:
    """The approver knows how many messages a cycle would select before and after."""
    before, after = move.selected_before, move.selected_after
    if before is None or after is None or before == after:
        return None
    word = "more" if after > before else "fewer"
    return Finding(
        policy="volume_is_told",
        severity="info",
        message=f"A cycle now would select {after:,} messages instead of {before:,}, "
        f"{abs(after - before):,} {word}.",
    )


CONTACT_POLICIES: tuple[ContactCheck, ...] = (
    contact_is_not_loosened,
    holdout_grows_in_place,
    held_out_people_stay,
    volume_is_told,
)


def contact_findings(move: ContactMove) -> tuple[Finding, ...]:
    """The verdict of every policy, blockers first."""
    found = [finding for check in CONTACT_POLICIES if (finding := check(move))]
    return tuple(sorted(found, key=lambda finding: finding.rank))


def _caps(before: ContactPolicy, after: ContactPolicy) -> Iterator[str]:
    kept = {cap.key: cap for cap in after.caps}
    for cap in before.caps:
        if cap.n is not None:
            yield from _cap(cap, kept.get(cap.key))


def _cap(cap: FrequencyCap, now: FrequencyCap | None) -> Iterator[str]:
    if now is None or now.n is None:
        yield f"the cap '{cap.key}' goes"
        return
    if _unit(now) != _unit(cap):
        yield f"the cap '{cap.key}' counts in another way"
    elif now.n > (cap.n or 0):
        yield f"the cap '{cap.key}' allows {now.n} instead of {cap.n}"
    elif now.window_seconds < cap.window_seconds:
        yield f"the cap '{cap.key}' counts over a shorter time"
    for what, was, new in (
        ("message class", cap.message_class, now.message_class),
        ("channel", cap.channel, now.channel),
        ("group", cap.group, now.group),
    ):
        if new not in (None, was):
            yield f"the cap '{cap.key}' is for the {what} {new} only"
    if cap.on_exceed == "drop" and now.on_exceed != "drop":
        yield f"what the cap '{cap.key}' stops is no longer dropped"


def _unit(cap: FrequencyCap) -> tuple[str | None, str]:
    return cap.calendar, cap.zone if cap.calendar else ""


def _gap(before: ContactPolicy, after: ContactPolicy) -> Iterator[str]:
    if after.min_gap_seconds < before.min_gap_seconds:
        hours = before.min_gap_seconds / 3600, after.min_gap_seconds / 3600
        yield f"the minimum gap is {hours[1]:g} h instead of {hours[0]:g} h"


def _quiet(before: QuietHours | None, after: QuietHours | None) -> Iterator[str]:
    if before is None:
        return
    if after is None:
        yield "quiet hours go"
        return
    if lost := len(_minutes(before) - _minutes(after)):
        yield f"quiet hours lose {lost / 60:g} h a day"
    if before.fallback_zone is None and after.fallback_zone is not None:
        yield "people whose time zone is unknown are written to"


def _minutes(quiet: QuietHours) -> frozenset[int]:
    start, end = _minute(quiet.start), _minute(quiet.end)
    return frozenset(one % _DAY for one in range(start, end if end > start else end + _DAY))


def _minute(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def _holdout(before: Holdout | None, after: Holdout | None) -> Iterator[str]:
    if before is None or not before.share:
        return
    if after is None or not after.share:
        yield "the global holdout goes"
    elif after.salt != before.salt:
        yield "the global holdout is of other people"
    elif after.share < before.share:
        yield f"the global holdout is {after.share:.4g} of all users instead of {before.share:.4g}"
