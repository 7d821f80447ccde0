"""Caps, minimum gap and quiet hours for one user: what a winner meets when its turn comes."""

from __future__ import annotations

from orchestrate.engine.staging import CODE, NO_CHANNEL
from orchestrate.live.book import Book, Counting, Line
from orchestrate.live.clock import There
from orchestrate.live.history import History
from orchestrate.live.person import Person

SELECTED, _CAP = CODE["SELECTED"], CODE["CAP_REACHED"]


class Row:
    """A candidate that is eligible and applies, and what became of it."""

    __slots__ = ("ghost", "line", "place", "ready", "reason")

    def __init__(self, line: Line, reason: int, place: int) -> None:
        self.line = line
        self.reason = reason
        self.place = place
        self.ghost = False
        self.ready = 0


class Contact:
    """The limits on one user; a granted message counts for those that come after it."""

    def __init__(self, book: Book, person: Person, past: History, there: There, now: int) -> None:
        self._book, self._person, self._there, self._now = book, person, there, now
        self._counts, self._shadow = [*past.counts], [*past.shadow]
        self._near, self._near_shadow = past.near, past.near_shadow
        self._valid, self._paused = past.valid, past.paused
        self.full: dict[int, bool | None] = {}
        """What asking came to since the last message was granted: twice the number of a counting,
        one more for a ghost → False where a cap is full, True where it gives way, else None."""

    def ask(self, row: Row, ghost: bool) -> int:
        """Whether a winner may go out: SELECTED, or the reason why not; fills in its place, and
        when it may go out."""
        line, there = row.line, self._there
        exempt = line.exempt
        row.ready = self._now if exempt else there.ready
        if not exempt:
            full = self._is_full(line, row.place, ghost)
            if full is not None:
                place = self._next(row, ghost) if full else NO_CHANNEL
                if place == NO_CHANNEL:
                    return _CAP
                row.place = place
            if self._book.gap and (self._near or (ghost and self._near_shadow)):
                return CODE["MIN_GAP"]
            if not there.known:
                return CODE["TZ_UNKNOWN"]
        if row.ready >= _expires(line, self._now):
            return CODE["QUIET_HOURS"]
        if line.number in self._valid:
            return CODE["DUPLICATE_INTENT"]
        self._count(line, row, ghost)
        return SELECTED

    def _next(self, row: Row, ghost: bool) -> int:
        """The next usable place in the route on which nothing is full, or NO_CHANNEL."""
        usable = self._person.routed[row.line.route].usable
        for place in range(row.place + 1, len(usable)):
            if usable[place] and (row.line.number, place) not in self._paused:
                full = self._is_full(row.line, place, ghost)
                if not full:
                    return NO_CHANNEL if full is False else place
        return NO_CHANNEL

    def _is_full(self, line: Line, place: int, ghost: bool) -> bool | None:
        """None: no cap is full on a channel; True: only such that give way to the next one."""
        counting = line.counted[place]
        key = 2 * counting.number + ghost
        if key not in self.full:
            self.full[key] = self._over(counting, ghost)
        return self.full[key]

    def _over(self, counting: Counting, ghost: bool) -> bool | None:
        soft: bool | None = None
        for number, n, gives_way in counting.caps:
            counted = self._counts[number] + (self._shadow[number] if ghost else 0)
            if counted >= n:
                if not gives_way:
                    return False
                soft = True
        return soft

    def _count(self, line: Line, row: Row, ghost: bool) -> None:
        """What goes out counts from here on; what a ghost would have got counts for ghosts."""
        counts = self._shadow if ghost else self._counts
        self.full.clear()
        for number, _, _ in line.counted[row.place].caps:
            # What goes out at once may fall outside the window of what waits.
            begin, end = self._there.spans[number]
            if begin <= row.ready < end:
                counts[number] += 1
        if abs(row.ready - self._there.ready) >= self._book.gap:
            return
        if ghost:
            self._near_shadow = True
        else:
            self._near = True


def _expires(line: Line, now: int) -> int:
    expires = now + line.expires_after
    return expires if line.offer_until is None else min(expires, line.offer_until)
