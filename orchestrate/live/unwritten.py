"""Decisions that are on disk and not in the warehouse yet."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

from control.store import Store
from orchestrate.intents import enqueue
from orchestrate.live.entry import Edition, Entry, read_edition, read_entry
from orchestrate.live.journal import Journal, lines_of, pages
from orchestrate.live.person import Past
from orchestrate.live.writing import Batch, Writer
from orchestrate.turn import turn_in
from warehouse.engines.duckdb import DuckDBWarehouse


class _Round:
    """What will be written as one cycle: each user once."""

    def __init__(self, edition: Edition) -> None:
        self.cycle_id = str(uuid.uuid4())
        self.edition = edition
        self.entries: dict[str, Entry] = {}
        self.past: dict[str, Sequence[Past]] = {}
        """User → what was granted."""
        self.on_disk: dict[str, Future[int]] = {}

    def drop_lost(self) -> list[str]:
        """Drop what could not be put on disk, which was told to nobody; gives of whom it was."""
        lost = [user for user, one in self.on_disk.items() if one.exception() is not None]
        for user in lost:
            del self.entries[user], self.on_disk[user]
            self.past.pop(user, None)
        return lost


class Unwritten:
    """Gathers decisions until they are written: all of it while deciding is locked."""

    def __init__(
        self,
        store: Store,
        warehouse: DuckDBWarehouse,
        journal: Journal,
        deciding: threading.RLock,
        let_go: Callable[[Iterable[str]], None],
    ) -> None:
        """``let_go`` of users is called, deciding locked, when a decision on them was lost."""
        self._let_go = let_go
        self._writer = Writer()
        self._store, self._warehouse, self._journal = store, warehouse, journal
        self._deciding = deciding
        self._writing = threading.Lock()
        self._rounds: list[_Round] = []
        self._taken: list[_Round] = []
        """Being written; what could not be is tried again."""
        self._written: list[_Round] = []
        """In the warehouse, and maybe not in what somebody is reading at this moment."""
        self.size = 0
        """How many decisions wait."""

    def round_of(self, edition: Edition, user: str) -> _Round:
        """What the next decision on a user will be written with."""
        for one in self._rounds:
            if one.edition is edition and user not in one.entries:
                return one
        self._rounds.append(_Round(edition))
        return self._rounds[-1]

    def add(self, to: _Round, entry: Entry, past: Sequence[Past], on_disk: Future[int]) -> None:
        """One more decision, what it granted, and when it is on disk."""
        to.entries[entry.user] = entry
        to.on_disk[entry.user] = on_disk
        if past:
            to.past[entry.user] = past
        self.size += 1

    def past_of(self, user: str) -> Iterator[Past]:
        """What was granted to a user and may not be in what was read of the warehouse."""
        # In this order: what is just written leaves one list after it came to the next.
        for one in (*self._rounds, *self._taken, *self._written):
            yield from one.past.get(user, ())

    def settle(self) -> None:
        """Let go of what was written: whoever reads from here on finds it in the warehouse."""
        self._written.clear()

    def write_out(self) -> int:
        """Write what waits and is on disk; gives how many decisions. Locks deciding only to take
        them, and to let go of those on whom a decision was lost."""
        lost: list[str] = []
        with self._deciding:
            self._writing.acquire()
            taken = self._taken = [*self._taken, *self._rounds]
            self._rounds, self.size = [], 0
            turned = self._journal.turn() if taken else None
        try:
            if turned is None:
                return 0
            last = turned.result()
            lost = [user for one in taken for user in one.drop_lost()]
            batches = [Batch(one.cycle_id, one.edition, [*one.entries.values()]) for one in taken]
            batches = [one for one in batches if one.entries]
            if batches:
                write_all(self._store, self._warehouse, batches, self._writer)
            self._written += taken
            self._taken = []
            self._journal.drop(last)
            return sum(len(one.entries) for one in batches)
        finally:
            self._writing.release()
            if lost:
                with self._deciding:
                    self._let_go(lost)


def write_all(
    store: Store, warehouse: DuckDBWarehouse, batches: Sequence[Batch], writer: Writer
) -> None:
    """Write batches to the warehouse, all or none, and what they send to the outbox."""
    with turn_in(warehouse, batches[0].cycle_id, told=False) as cursor:
        for batch in batches:
            writer.write(cursor, batch)
    for batch in batches:
        enqueue(store, warehouse, cycle_id=batch.cycle_id)


def make_up(store: Store, warehouse: DuckDBWarehouse, folder: Path) -> int:
    """Write what a process left in its journal when it was killed; gives how many decisions."""
    made = 0
    for page in pages(folder):
        batches = _batches(page)
        if batches:
            write_all(store, warehouse, batches, Writer())
        page.unlink()
        made += sum(len(one.entries) for one in batches)
    return made


def _batches(page: Path) -> list[Batch]:
    editions: dict[str, Edition] = {}
    rounds: dict[str, list[Entry]] = {}
    for line in map(json.loads, lines_of(page)):
        if "edition" in line:
            editions[line["edition"]] = read_edition(line)
        else:
            entry = read_entry(line)
            rounds.setdefault(entry.cycle_id, []).append(entry)
    return [Batch(cycle, editions[own[0].edition], own) for cycle, own in rounds.items()]
