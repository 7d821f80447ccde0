"""Where single users are decided on in a live process: their states kept at hand, every decision on
disk before it is told, and in the warehouse soon after and before any cycle.

What is at hand can be read again at any time: it is dropped when anybody else wrote to the
warehouse. Locks are taken in this order: reading, deciding, writing.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import NamedTuple

from control.store import Store
from core.errors import Code, PilothouseError
from core.moments import SECOND, micros
from orchestrate import stages
from orchestrate.engine.candidates import Tick
from orchestrate.live.book import narrowed
from orchestrate.live.entry import Edition, Entry, edition_line, entry_line
from orchestrate.live.journal import Head, Journal
from orchestrate.live.kept import entry_of, pasts_of
from orchestrate.live.notices import Notices
from orchestrate.live.person import Person
from orchestrate.live.refusals import busy, unknown
from orchestrate.live.scalar import Told as Decided
from orchestrate.live.scalar import decide
from orchestrate.live.shadow import Shadow, Told
from orchestrate.live.shelf import Facts, Known, Shelf
from orchestrate.live.unwritten import Unwritten
from orchestrate.turn import aside
from warehouse.catalog import Catalog
from warehouse.clocks.past import present
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.transactions import undone

PEOPLE = 50_000
"""How many users are kept at hand."""
MANY = 5_000
"""Unwritten decisions from which on whoever decides writes them, too."""
AT_ONCE = 1_000
"""Users that are read together."""
PATIENCE_SECONDS = 30.0
AT_HAND = SECOND
"""How long after it was read a user may be decided on as of then, where every moment is another."""

SHELVES = 8
"""Choices of channels that are kept at hand."""

Channels = frozenset[str] | None
Moment = Callable[[], datetime]
"""The moment of a decision (naive UTC), which never runs back."""


class Kept(NamedTuple):
    """What was decided for a user, by what, and when that is on disk."""

    entry: Entry
    edition: Edition
    on_disk: Future[int]


class Desk:
    """Decides on single users. One per warehouse in a process; threads may share it."""

    def __init__(
        self,
        store: Store,
        warehouse: DuckDBWarehouse,
        catalog: Callable[[], Catalog],
        journal: Journal,
    ) -> None:
        self._warehouse = warehouse
        self._notices = Notices(store, catalog)
        self._journal = journal
        self._reading = threading.Lock()
        self._deciding = aside(warehouse).deciding
        self._unwritten = Unwritten(store, warehouse, journal, self._deciding, self._let_go)
        self.shadow = Shadow(warehouse, self.write_out)
        aside(warehouse).attach(self.write_out)
        with warehouse.cursor() as cursor:
            stages.create_tables(cursor)
        self._guard = threading.Lock()
        self._tick: Tick | None = None
        self._shelves: OrderedDict[Channels, Shelf] = OrderedDict()

    def decide(
        self, user: str, moment: Moment, *, trace_id: str, channels: Channels = None
    ) -> Kept | None:
        """Decide for a user now; None where the engine must: when the moment is past, and when a
        cap may put messages off.

        ``channels`` names those that may be used; None is all. Refuses with UNKNOWN_USER who is
        no user of their own, and with WAREHOUSE_LOCKED when a cycle does not end in time.
        """
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            if not self._deciding.acquire(timeout=max(0.0, until - time.monotonic())):
                raise busy(PATIENCE_SECONDS)
            try:
                found = self._try(user, moment(), trace_id, channels)
            finally:
                self._deciding.release()
            if not isinstance(found, Shelf):
                break
            if time.monotonic() > until:
                raise busy(PATIENCE_SECONDS)
            self._read([user], found, moment)
        if self._unwritten.size > MANY:
            self.write_out()
        return found

    def decide_at_once(self, user: str, moment: Moment, *, trace_id: str) -> Kept | None:
        """The same, if it can be done without waiting for anybody or anything; None: it cannot."""
        if self._unwritten.size > MANY or not self._deciding.acquire(blocking=False):
            return None
        try:
            found = self._try(user, moment(), trace_id, None)
        finally:
            self._deciding.release()
        return None if isinstance(found, Shelf) else found

    def decide_all(
        self, users: Iterable[str], moment: Moment, *, trace_id: str
    ) -> dict[str, Kept | None]:
        """Decide for many, who are read together; those who are no users of their own are left
        out. None as in ``decide``."""
        found: dict[str, Kept | None] = {}
        every = sorted(set(users))
        for start in range(0, len(every), AT_ONCE):
            left, until = every[start : start + AT_ONCE], time.monotonic() + PATIENCE_SECONDS
            while left:
                with self._deciding:
                    shelf = self._shelf(None, moment())
                self._read(left, shelf, moment)
                left = self._decide_while_at_hand(left, moment, trace_id, found)
                if left and time.monotonic() > until:
                    raise busy(PATIENCE_SECONDS)
            if self._unwritten.size > MANY:
                self.write_out()
        return found

    def _decide_while_at_hand(
        self, users: list[str], moment: Moment, trace_id: str, found: dict[str, Kept | None]
    ) -> list[str]:
        """Decide for users who were read together; gives those who must be read anew, also
        together, because something was written meanwhile."""
        for place, user in enumerate(users):
            try:
                with self._deciding:
                    told = self._try(user, moment(), trace_id, None)
            except PilothouseError as error:
                if error.refusal.code is not Code.UNKNOWN_USER:
                    raise
                continue
            if isinstance(told, Shelf):
                return users[place:]
            found[user] = told
        return []

    def write_out(self) -> int:
        """Write what was decided to the warehouse and the outbox; gives how many decisions."""
        return self._unwritten.write_out()

    def once(self) -> int:
        """A round of a server: write out, and let go of what need not be remembered any more."""
        written = self.write_out()
        with self._reading, self._deciding:
            self._unwritten.settle()
        return written

    def forget(self, users: Iterable[str]) -> None:
        """Keep nothing of users here, neither at hand nor on disk: the warehouse has it all."""
        self.once()
        self.shadow.forget()
        with self._deciding:
            self._let_go(users)

    def _let_go(self, users: Iterable[str]) -> None:
        for shelf in self._shelves.values():
            for user in users:
                shelf.people.pop(user, None)

    def close(self) -> None:
        """Write what waits; nothing is decided here any more."""
        self.write_out()
        self._journal.close()
        self._notices.close()

    def _try(
        self, user: str, as_of: datetime, trace_id: str, channels: Channels
    ) -> Kept | Shelf | None:
        """The decision; or the shelf for which the user is to be read first."""
        shelf, now = self._shelf(channels, as_of), micros(as_of)
        if shelf.book.puts_off:
            return None
        known, facts = shelf.people.get(user), shelf.facts
        if known is None or not known.seen == facts.seen == self._warehouse.changes:
            return shelf
        if facts.present is not None and now < facts.present:
            return None
        person = known.person
        if person is None:
            raise unknown(user)
        if person.read_at == person.last < now <= person.last + AT_HAND:
            # What moves with the moment itself holds for the moment for which it was read.
            now = person.last
        if not person.read_at <= now <= person.last:
            return shelf
        shelf.people.move_to_end(user)
        stale = shelf.book.stale(facts.newest, now)
        told = decide(shelf.book, person, now, released=self._notices.released, stale=stale)
        return self._keep(shelf, person, told, stale, trace_id)

    def _keep(
        self, shelf: Shelf, person: Person, told: Decided, stale: frozenset[str], trace_id: str
    ) -> Kept:
        of = shelf.edition(stale)
        round_ = self._unwritten.round_of(of, person.user)
        entry = entry_of(person, told, of, round_.cycle_id, trace_id)
        past = [*pasts_of(entry, told)]
        if past:
            person.past += past
            for other in self._shelves.values():
                if other is not shelf:
                    other.people.pop(person.user, None)
        on_disk = self._journal.append(
            entry_line(entry), Head(of.number, partial(edition_line, of))
        )
        self._unwritten.add(round_, entry, past, on_disk)
        self.shadow.remember(
            Told(
                entry, of, shelf.book.tick, self._notices.released, (*person.former,),
                person.read_at, shelf.facts.seen,
            )
        )  # fmt: skip
        return Kept(entry, of, on_disk)

    def _shelf(self, channels: Channels, as_of: datetime) -> Shelf:
        """The rules in force; rules that changed forget whoever was read for others."""
        tick = self._notices.look(as_of)
        if tick is not self._tick:
            self._tick = tick
            self._shelves.clear()
        shelf = self._shelves.get(channels)
        if shelf is None:
            shelf = self._shelves[channels] = Shelf(narrowed(tick, channels))
            if len(self._shelves) > SHELVES:
                self._shelves.popitem(last=False)
        return shelf

    def _read(self, users: Iterable[str], shelf: Shelf, moment: Moment) -> None:
        """Read users together with whoever else waits to be read."""
        with self._guard:
            shelf.wanted.update(users)
        with self._reading:
            with self._deciding:
                self._unwritten.settle()
            with self._guard:
                wanted, shelf.wanted = sorted(shelf.wanted), set()
            if not wanted:
                return
            seen, as_of = self._warehouse.changes, moment()
            with self._warehouse.cursor(told=False) as cursor, undone(cursor):
                people = shelf.book.reader.read(cursor, wanted, as_of)
                newest = {
                    table: micros(stages.newest(cursor, table, shelf.book.tick.catalog, as_of))
                    for table in shelf.book.watched
                }
                last = present(cursor)
            with self._deciding:
                shelf.facts = Facts(seen, newest, None if last is None else micros(last))
                self._put(wanted, people, seen, shelf)

    def _put(
        self, users: Iterable[str], people: Mapping[str, Person], seen: int, shelf: Shelf
    ) -> None:
        for user in users:
            person, before = people.get(user), shelf.people.get(user)
            if person is not None:
                shelf.book.settle(person)
                if before is not None and before.person is not None:
                    # Drawn by the user's id alone: what is read anew changes nothing of it.
                    person.drawn = before.person.drawn
                known = {one.decision_id for one in person.past}
                for one in (user, *person.former):
                    more = self._unwritten.past_of(one)
                    person.past += (past for past in more if past.decision_id not in known)
            shelf.people[user] = Known(seen, person)
            shelf.people.move_to_end(user)
        while len(shelf.people) > PEOPLE:
            shelf.people.popitem(last=False)
