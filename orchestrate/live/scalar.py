"""The stages of a decision for one user, in the order of the engine; later ones are looked at only
for candidates that passed the earlier ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.lookups import Literals
from orchestrate.engine.staging import CODE, NO_CHANNEL, RUNNING
from orchestrate.engine.state import NOTHING
from orchestrate.live.book import Book, Line
from orchestrate.live.clock import There
from orchestrate.live.contact import SELECTED, Contact, Row
from orchestrate.live.history import History, history
from orchestrate.live.lots import Lots, lots_of
from orchestrate.live.person import Person

_LOWER, _GROUP, _OFFER, _CAP = (
    CODE[name] for name in ("LOWER_PRIORITY", "EXCLUSION_GROUP", "OFFER_CONFLICT", "CAP_REACHED")
)
_NOTHING_DRAWN: Mapping[int, int] = {}
_STOPS_ALL = (CODE["STALE_DATA"], CODE["KILLED"])


class Told(NamedTuple):
    """What was decided for one user at a moment."""

    now: int
    literals: Literals
    history: History
    lots: Lots
    rows: list[Row]
    """In the static order."""


def decide(
    book: Book,
    person: Person,
    now: int,
    *,
    released: frozenset[str] = frozenset(),
    stale: frozenset[str] = frozenset(),
) -> Told:
    """Decide for a user at a moment (microseconds). ``released`` decisions gave their place back;
    ``stale`` policies read data that is too old."""
    literals = book.asking.literals(person.state, now)
    there = book.clock.there(person.zone, now)
    past, lots = history(book, person, now, released, there), lots_of(book, person, released)
    rows = _staged(book, person, _Stops(book, person, past, literals, now, stale), now)
    running = [row for row in rows if row.reason == RUNNING]
    if running:
        if book.scored:
            running.sort(key=lambda row: _turn(row.line, person))
        if book.several:
            running = _within_policies(running)
        _across_policies(running, book, person, past, lots, there, now)
    if lots.held_out:
        for row in rows:
            if row.reason not in _STOPS_ALL:
                row.reason = CODE["HELD_OUT_GLOBAL"]
    return Told(now, literals, past, lots, rows)


def _staged(book: Book, person: Person, stops: _Stops, now: int) -> list[Row]:
    """The candidates that are eligible and apply, each stopped or still running."""
    literals, routed, calm = stops.literals, person.routed, stops.calm
    rows = []
    for line in book.lines:
        needs, rest = line.needs, line.rest
        if literals & needs != needs or not (rest is None or rest(literals)):
            continue
        if line.plain and calm:
            place = routed[line.route].first
            if place >= 0:
                rows.append(Row(line, RUNNING, place))
                continue
        if line.offer_from is None or line.offer_from <= now:
            rows.append(stops.staged(line))
    return rows


class _Stops:
    """What stops a candidate of one user before arbitration."""

    def __init__(
        self,
        book: Book,
        person: Person,
        past: History,
        literals: Literals,
        now: int,
        stale: frozenset[str],
    ) -> None:
        self._truth, self.literals = book.asking.truths.truth, literals
        self._routed, self._past = person.routed, past
        self._now, self._stale = now, stale
        self.calm = not past.resting and not past.paused
        """No earlier message keeps anything back."""

    def staged(self, line: Line) -> Row:
        """The row of a candidate that is eligible and applies."""
        found = self._stop(line)
        place = self._routed[line.route].first
        return Row(line, RUNNING if found is None else CODE[found], place)

    def _stop(self, line: Line) -> str | None:  # noqa: C901 - one case a reason, in their order
        """The first reason, in the order of the stages."""
        routed = self._routed[line.route]
        if line.named in self._stale:
            return "STALE_DATA"
        if line.killed or (routed.permitted and not routed.open):
            return "KILLED"
        if not routed.permitted:
            return "NO_CONSENT" if routed.denied else "CONSENT_UNKNOWN"
        suppressed = self._holds(line.suppressed)
        if suppressed:
            return "SUPPRESSED_STATE"
        if self._is_paused(line, routed.first):
            return "SUPPRESSED_OUTCOME"
        stopped = self._holds(line.stopped)
        if stopped:
            return "STOPPED"
        if line.offer_until is not None and self._now >= line.offer_until:
            return "EXPIRED"
        if suppressed is None or stopped is None:
            return "INPUT_UNKNOWN"
        if routed.first == NO_CHANNEL:
            return "UNREACHABLE"
        if line.offer != NOTHING and self._past.standing not in (NOTHING, line.offer):
            return "OFFER_CONFLICT"
        return None

    def _holds(self, name: str | None) -> bool | None:
        return False if name is None else self._truth(name, self.literals)

    def _is_paused(self, line: Line, place: int) -> bool:
        if line.named in self._past.resting:
            return True
        return any(
            number == line.number and (where < 0 or where == place)
            for number, where in self._past.paused
        )


def _turn(line: Line, person: Person) -> tuple[tuple[bool, int], bool, float, int]:
    """The place in the total order: level, score from high to low, then the static order."""
    score = math.nan if line.score is None else person.scores[line.score]
    missing = math.isnan(score)
    return line.level, missing, 0.0 if missing else -score, line.number


def _within_policies(running: Sequence[Row]) -> list[Row]:
    """Leave each policy its best k; the others lose to a higher priority."""
    taken: dict[str, int] = {}
    left = []
    for row in running:
        line = row.line
        has = taken.get(line.policy, 0)
        if has < line.k:
            taken[line.policy] = has + 1
            left.append(row)
        else:
            row.reason = _LOWER
    return left


def _across_policies(
    running: Sequence[Row],
    book: Book,
    person: Person,
    past: History,
    lots: Lots,
    there: There,
    now: int,
) -> None:
    """One group, one offer and so many messages: granted in the total order."""
    groups: set[str] = set()
    offered = NOTHING
    contact = Contact(book, person, past, there, now)
    full, held_out = contact.full, lots.held_out
    drawn = person.drawn if lots.alone else _NOTHING_DRAWN
    for row in running:
        line = row.line
        if line.group in groups:
            row.reason = _GROUP
            continue
        if line.offer != NOTHING:
            if offered not in (NOTHING, line.offer):
                row.reason = _OFFER
                continue
            offered = line.offer
        if line.group is not None:
            groups.add(line.group)
        tagged = drawn.get(line.number)
        if tagged is None:
            tagged = lots.reason(line, person)
        ghost = held_out or tagged != RUNNING
        if full.get(2 * line.counted[row.place].number + ghost) is False and not line.exempt:
            # The answer for most of many, without asking again.
            row.ready, reason = there.ready, _CAP
        else:
            reason = contact.ask(row, ghost)
        row.ghost = ghost and reason == SELECTED
        row.reason = reason if tagged == RUNNING else tagged
