"""What a user's earlier messages and decisions come to at a moment: caps, gaps, rests, pauses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from core.moments import SECOND
from core.rules import OutcomeSuppression
from orchestrate.engine.state import NOTHING, SEVERAL
from orchestrate.live.book import Book, Line
from orchestrate.live.clock import There
from orchestrate.live.person import Person

OTHER = 1_000_000
"""The number of an offer that the tick does not make."""
DAY = 86_400 * SECOND
Counted = tuple[int, str, str, str | None, bool]
"""When a message counts, its class, channel and exclusion group, and whether it is a ghost."""


class History(NamedTuple):
    """All that earlier messages and decisions say to a decision."""

    counts: tuple[int, ...]
    """Cap → messages that count."""
    shadow: tuple[int, ...]
    """Cap → messages that ghosts would have got."""
    near: bool = False
    near_shadow: bool = False
    standing: int = NOTHING
    """The number of the offer that the user sees; NOTHING or SEVERAL."""
    resting: frozenset[str] = frozenset()
    """Policies that leave the user alone."""
    valid: frozenset[int] = frozenset()
    """Candidates whose message is on its way."""
    paused: frozenset[tuple[int, int]] = frozenset()
    """Candidate and the place in its route that outcomes pause; -1: any."""


def history(
    book: Book, person: Person, now: int, released: frozenset[str], there: There
) -> History:
    """What the past of a user comes to; ``released`` decisions gave their place back."""
    past = [one for one in person.past if one.decision_id not in released]
    none = (0,) * len(book.caps)
    if not past and not person.messages:
        return History(none, none)
    counts, shadow = [*none], [*none]
    near = near_shadow = False
    for at, kind, channel, group, ghost in _counted(book, person, now, released):
        for number, (cap, _) in enumerate(book.caps):
            begin, end = there.spans[number]
            if begin <= at < end and cap.limits(kind, channel, group):
                (shadow if ghost else counts)[number] += 1
        if abs(at - there.ready) < book.gap:
            near, near_shadow = near or not ghost, near_shadow or ghost
    return History(
        counts=tuple(counts),
        shadow=tuple(shadow),
        near=near,
        near_shadow=near_shadow,
        standing=_standing(book, person, now, released) if book.offering else NOTHING,
        resting=frozenset(
            line.named
            for one in past
            for line in book.by_policy.get(one.policy, ())
            if _rests(line, one.decided, now)
        ),
        valid=frozenset(
            line.number
            for one in past
            for line in book.by_policy.get(one.policy, ())
            if line.candidate.entry.action.key == one.action
            and line.valid_for is not None
            and one.decided > now - line.valid_for
        ),
        paused=frozenset(_paused(book, person, now)) if book.outcomes else frozenset(),
    )


def _counted(book: Book, person: Person, now: int, released: frozenset[str]) -> Iterator[Counted]:
    """Messages count from when they were sent, decisions whose message is still on its way from
    when it may go out."""
    for message in person.messages:
        if message.sent is not None and not message.failed:
            kind, group = book.actions.get(message.action, ("marketing", None))
            yield message.sent, kind, message.channel, group, False
    for one in person.past:
        if not one.sent and one.decision_id not in released:
            kind, group = book.actions.get(one.action, ("marketing", None))
            yield one.at, kind, one.channel, group, one.ghost


def _rests(line: Line, decided: int, now: int) -> bool:
    return line.never_again or decided > now - line.cooldown


def _standing(book: Book, person: Person, now: int, released: frozenset[str]) -> int:
    terms = {
        one.terms
        for one in person.past
        if one.decision_id not in released
        and one.offer_from is not None
        and one.offer_until is not None
        and one.offer_from <= now < one.offer_until
    }
    if len(terms) > 1:
        return SEVERAL
    return next((book.offers.get(one or "", OTHER) for one in terms), NOTHING)


def _paused(book: Book, person: Person, now: int) -> Iterator[tuple[int, int]]:
    """The n-th outcome within the window starts the pause; one that looks at a channel pauses
    that channel only."""
    happened = [*_happened(book, person, now)]
    for line in book.outcomes:
        for scope, rule in line.outcomes:
            by_channel: dict[str | None, list[int]] = {}
            for action, channel, kind, group, outcome, at in happened:
                if outcome == rule.outcome and _concerns(line, scope, action, kind, group):
                    where = channel if scope == "channel" else None
                    by_channel.setdefault(where, []).append(at)
            for where, times in by_channel.items():
                if _is_paused(times, rule, now):
                    yield line.number, _place_in(line.candidate.route.channels, where)


def _is_paused(times: list[int], rule: OutcomeSuppression, now: int) -> bool:
    window, pause = rule.window_seconds * SECOND, rule.pause_seconds * SECOND
    return any(
        at + pause > now and sum(at - window <= other <= at for other in times) >= rule.n
        for at in times
    )


Happened = tuple[str, str, str | None, str | None, str, int]
"""Action, channel, message class, exclusion group, outcome, and when."""


def _happened(book: Book, person: Person, now: int) -> Iterator[Happened]:
    """A message is ignored when nobody opened it within a day of its delivery."""
    for one in person.messages:
        kind, group = book.actions.get(one.action, (None, None))
        what = (one.action, one.channel, kind, group)
        if one.delivered is not None and one.delivered + DAY < now:
            late = one.delivered + DAY
            if all(at is None or at >= late for at in (one.opened, one.clicked)):
                yield *what, "ignored", late
        if one.sent is not None and one.sent < now and one.failed:
            yield *what, "failed", one.sent
        if one.clicked is not None and one.clicked < now:
            yield *what, "clicked", one.clicked


def _concerns(line: Line, scope: str, action: str, kind: str | None, group: str | None) -> bool:
    own = line.candidate.entry.action
    match scope:
        case "action":
            return action == own.key
        case "class":
            return kind == own.message_class
        case "group":
            return group is not None and group == own.exclusion_group
        case _:
            return True


def _place_in(route: tuple[str, ...], channel: str | None) -> int:
    """The place of a channel that is paused; -1: any; one past the end: a channel of others."""
    if channel is None:
        return NOTHING
    return route.index(channel) if channel in route else len(route)
