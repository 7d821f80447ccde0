"""Who is held out, drawn by buckets; of users into whom others were merged the id counts that was
reached first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from core.assignment import bucket, in_range
from orchestrate.engine.lots import Lot
from orchestrate.engine.staging import CODE, RUNNING
from orchestrate.live.book import Book, Line
from orchestrate.live.person import Past, Person

_POLICY, _EXPERIMENT = CODE["HELD_OUT_POLICY"], CODE["HELD_OUT_EXPERIMENT"]
_NONE: Mapping[int, str] = {}


class Lots(NamedTuple):
    """What is drawn for one user."""

    held_out: bool
    """The global holdout."""
    held_by: Mapping[int, str] = _NONE
    """Candidate → the bucket for its holdout, where it is another id's."""
    tried_by: Mapping[int, str] = _NONE
    """The same for its experiment."""
    alone: bool = True
    """Nobody was merged into the user: what was drawn once stays."""

    def reason(self, line: Line, person: Person) -> int:
        """The reason why a candidate's lots hold the user out, or RUNNING."""
        if not self.alone:
            return RUNNING if line.usual else self._drawn(line, person.user)
        found = person.drawn.get(line.number)
        if found is None:
            found = RUNNING if line.usual else self._drawn(line, person.user)
            person.drawn[line.number] = found
        return found

    def _drawn(self, line: Line, user: str) -> int:
        if line.holdout is not None:
            own = self.held_by.get(line.number) or bucket(line.holdout.salt, user)
            if _lies_in(line.holdout, own):
                return _POLICY
        if line.experiment is not None:
            own = self.tried_by.get(line.number) or bucket(line.experiment.salt, user)
            if not _lies_in(line.experiment, own):
                return _EXPERIMENT
        return RUNNING


def lots_of(book: Book, person: Person, released: frozenset[str]) -> Lots:
    """What is drawn for a user; ``released`` decisions reached nobody."""
    if not person.former:
        return Lots(person.held_out)
    past = [one for one in person.past if one.decision_id not in released]
    held_out, first = person.held_out, _first(past)
    if book.global_holdout is not None and first is not None:
        held_out = _lies_in(book.global_holdout, bucket(book.global_holdout.salt, first))
    held_by: dict[int, str] = {}
    tried_by: dict[int, str] = {}
    for line in book.lines:
        theirs = [one for one in past if one.policy == line.policy]
        action = line.candidate.entry.action.key
        for lot, found, seen in (
            (line.holdout, held_by, _first(theirs)),
            (line.experiment, tried_by, _first(one for one in theirs if one.action == action)),
        ):
            if lot is not None and seen not in (None, person.user):
                found[line.number] = bucket(lot.salt, seen)
    return Lots(held_out, held_by, tried_by, alone=False)


def _first(past: Iterable[Past]) -> str | None:
    """The id that was reached first."""
    return min(((one.decided, one.by) for one in past), default=(0, None))[1]


def _lies_in(lot: Lot, drawn: str) -> bool:
    return any(in_range(drawn, low, high) for low, high in lot.ranges)
