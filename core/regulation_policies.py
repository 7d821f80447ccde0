"""Guardrail policies on what the law asks where the audience lives, from regulations as data.

A regulation counts when somebody of the audience is in one of its countries and the message goes
by one of its media. This is a check-list for people, not legal advice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from core.artifacts import Finding
from core.message_words import OPT_OUT, said, template_of, text_of
from core.regulations import EVERY_DAY, Hours, Need, Regulation
from core.rules import Action, QuietHours
from core.sending import People, Sending

DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


class Asked(NamedTuple):
    """A regulation that counts for an action."""

    regulation: Regulation
    action: Action
    channels: tuple[str, ...]
    people: tuple[People, ...]
    """Those of the audience who are in its countries."""


def regulation_of_consent(sending: Sending) -> Finding | None:
    """Where the law asks for consent first, the channel asks for it."""
    broken = [
        (one, f"{one.action.name} asks for none on {', '.join(free)}.")
        for one in _asked(sending, "opt_in")
        if (free := [name for name in one.channels if not sending.consent_purposes.get(name)])
    ]
    fix = "Set the channel's consent_purpose in channels.yaml, or leave the channel out."
    return _finding("regulation_of_consent", broken, fix)


def regulation_of_hours(sending: Sending) -> Finding | None:
    """Quiet hours cover what the law keeps quiet."""
    quiet = sending.contact.quiet_hours if sending.contact else None
    broken = [
        (one, f"The workspace leaves {_listed(still)} open.")
        for one in _asked(sending, "hours")
        if one.regulation.hours and (still := open_hours(one.regulation.hours, quiet))
    ]
    return _finding("regulation_of_hours", broken, "Widen the quiet hours of the contact policy.")


def regulation_of_the_sender(sending: Sending) -> Finding | None:
    """Where the law asks for it, a message says who sends it and how to reach them."""
    broken = [
        (one, f"{one.action.name} does not say it.")
        for one in _asked(sending, "sender")
        if not _carries(one, "sender", sending)
    ]
    fix = "Declare in channels.yaml that the provider adds it (adds: [sender]), or write it."
    return _finding("regulation_of_the_sender", broken, fix)


def regulation_of_unsubscribing(sending: Sending) -> Finding | None:
    """Where the law asks for it, a message says how to get no more of them."""
    broken = [
        (one, f"{one.action.name} does not say it.")
        for one in _asked(sending, "unsubscribe")
        if not _carries(one, "unsubscribe", sending)
        and not said(OPT_OUT, text_of(one.action, sending.templates))
    ]
    facts = (sending.channels[name] for one, _ in broken for name in one.channels)
    without = sorted({one.destination for one in facts if "unsubscribe" in one.lacks})
    fix = "Declare in channels.yaml that the provider adds it (adds: [unsubscribe]), or write it."
    if without:
        # What the channel declares is not so: declaring it once more mends nothing.
        fix = f"Set up in {' and '.join(without)} that it is added, or write it."
    return _finding("regulation_of_unsubscribing", broken, fix)


def regulation_of_age(sending: Sending) -> Finding | None:
    """Nobody too young to agree is among those who are written to."""
    broken = [
        (one, f"{young:,} of them are younger.")
        for one in _asked(sending, "age")
        if (young := _younger(one.people, one.regulation.minimum_age or 0))
    ]
    fix = "Leave out who is younger, by the column of their age."
    return _finding("regulation_of_age", broken, fix)


def countries_are_known(sending: Sending) -> Finding | None:
    """Which laws count is known only where the country of people is."""
    markets = any(one.message_class == "marketing" for _, one in sending.actions_at())
    if not sending.regulations or not sending.audience or not markets:
        return None
    if not sending.countries_known:
        return Finding(
            policy="countries_are_known",
            severity="info",
            message="The catalog does not say which column has the country of a user: what the "
            "law asks of messages was not looked at.",
            fix="Set layout.users.country in the catalog.",
        )
    odd = [one for one in sending.people if one.country is not None and not _is_code(one.country)]
    if not odd:
        return None
    return Finding(
        policy="countries_are_known",
        severity="warn",
        message=f"{sum(one.users for one in odd):,} of the audience have a country that is no "
        f"code of two letters, such as '{odd[0].country}': what the law asks there was not "
        "looked at.",
        fix="Name a column with ISO 3166 codes, such as US, as layout.users.country.",
    )


REGULATION_POLICIES: tuple[Callable[[Sending], Finding | None], ...] = (
    regulation_of_consent,
    regulation_of_hours,
    regulation_of_the_sender,
    regulation_of_unsubscribing,
    regulation_of_age,
    countries_are_known,
)


def open_hours(allowed: Hours, quiet: QuietHours | None) -> list[str]:
    """What a law keeps quiet and a workspace does not, as words; empty: nothing."""
    shut = {*range(1440)} - {*range(_minute(allowed.start), _minute(allowed.end))}
    still = _spans(sorted(shut - _quiet(quiet)))
    days = [DAYS[day - 1] for day in EVERY_DAY if day not in allowed.days]
    return [f"{_clock(low)}-{_clock(high)}" for low, high in still] + days


def _asked(sending: Sending, needs: Need) -> Iterator[Asked]:
    waived = sending.policies.waived_regulations
    for one in sending.regulations:
        people = tuple(some for some in sending.people if some.country in one.countries)
        if one.needs != needs or one.key in waived or not people:
            continue
        for _, action in sending.actions_at():
            channels = tuple(name for name in action.channels if _medium(name, sending, one))
            if channels and action.message_class in one.message_classes:
                yield Asked(one, action, channels, people)


def _medium(channel: str, sending: Sending, regulation: Regulation) -> bool:
    facts = sending.channels.get(channel)
    return facts is not None and facts.medium in regulation.media


def _is_code(country: str) -> bool:
    return len(country) == 2 and country.isascii() and country.isupper()


def _carries(asked: Asked, what: str, sending: Sending) -> bool:
    """Whether the message has a place for it, or every channel adds it."""
    template = template_of(asked.action, sending.templates)
    if template and any(what in name for name in template.variables):
        return True
    return all(what in sending.channels[name].adds for name in asked.channels)


def _younger(people: Sequence[People], than: int) -> int:
    return sum(one.users for one in people if one.age is not None and one.age < than)


def _finding(policy: str, broken: Sequence[tuple[Asked, str]], fix: str) -> Finding | None:
    """One finding for everything of a kind; each regulation is told once, the gravest decides."""
    if not broken:
        return None
    first = {one.regulation.key: (one, why) for one, why in reversed(broken)}
    told = [_told(one, why) for one, why in reversed(first.values())]
    sources = dict.fromkeys(one.regulation.source for one, _ in reversed(first.values()))
    grave = any(one.regulation.severity == "block" for one, _ in broken)
    return Finding(
        policy=policy,
        severity="block" if grave else "warn",
        message=" ".join(told),
        fix=f"{fix} See {' and '.join(sources)}.",
    )


def _told(asked: Asked, why: str) -> str:
    by_country: dict[str, int] = {}
    for one in asked.people:
        by_country[one.country or ""] = by_country.get(one.country or "", 0) + one.users
    most = sorted(by_country, key=lambda code: (-by_country[code], code))
    where = _listed(most[:4]) + (f" and {len(most) - 4} more countries" if len(most) > 4 else "")
    law = asked.regulation
    users = sum(by_country.values())
    return f"{users:,} of the audience are in {where}: {law.says} ({law.law}, {law.section}) {why}"


def _quiet(quiet: QuietHours | None) -> set[int]:
    if quiet is None:
        return set()
    start, end = _minute(quiet.start), _minute(quiet.end)
    if start < end:
        return {*range(start, end)}
    return {*range(start, 1440), *range(end)}


def _spans(minutes: list[int]) -> list[tuple[int, int]]:
    """Minutes in a row as half-open spans."""
    runs = groupby(enumerate(minutes), key=lambda pair: pair[1] - pair[0])
    found = [[minute for _, minute in run] for _, run in runs]
    return [(run[0], run[-1] + 1) for run in found]


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
