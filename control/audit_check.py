"""Checks the whole audit log, page by page, and finds every place where it does not hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Literal, NamedTuple

import sqlalchemy as sa

from control.audit_entries import (
    GENESIS,
    AuditEntry,
    Texts,
    digest_as_it_reads,
    redaction_hash,
    seal,
    texts_fit,
)
from control.audit_moved import Unsealed, places
from control.audit_rows import split, with_texts
from control.audit_tables import audit_head, audit_redactions
from control.store import Store
from control.tables import audit

PAGE = 5_000
REDACTED, FOLDED = "audit_redacted", "audit_folded"
"""The acts that vouch for texts that went, and for entries that were folded."""

Kind = Literal["edited", "missing", "moved", "inserted", "unlinked", "cut_off", "anchor", "text"]
_SAID: Mapping[Kind, tuple[str, str]] = {
    "edited": ("Entry {0} was changed", "Entries {0} to {1} were changed"),
    "missing": ("Entry {0} is missing", "Entries {0} to {1} are missing"),
    "moved": ("Entry {0} was moved here", "Entries {0} to {1} were moved here"),
    "inserted": ("Entry {0} was put in", "Entries {0} to {1} were put in"),
    "unlinked": ("Entry {1} does not follow entry {0}",) * 2,
    "cut_off": ("Entry {0} was cut off the end", "Entries {0} to {1} were cut off the end"),
    "anchor": ("Entry {0} was rewritten", "Entries {0} to {1} were rewritten"),
    "text": ("The text of entry {0} was changed", "The texts of entries {0} to {1} were changed"),
}


class Break(NamedTuple):
    """A place where the log does not hold: the entries from ``seq`` to ``last``, and why."""

    seq: int
    last: int
    kind: Kind
    detail: str = ""

    @property
    def why(self) -> str:
        """The sentence for a person."""
        said = _SAID[self.kind][self.last > self.seq].format(self.seq, self.last)
        return f"{said}{': ' if self.detail else ''}{self.detail}."


class Anchor(NamedTuple):
    """Number and hash of an entry as they were noted outside of the log, and where."""

    seq: int
    hash: str
    where: str


class Checked(NamedTuple):
    """What was looked at, and every break, by number."""

    entries: int
    first: int
    """The first entry that has to be here: those before were folded."""
    head: tuple[int, str]
    breaks: tuple[Break, ...]


def check(store: Store, anchors: Iterable[Anchor] = ()) -> Checked:
    """Read the log once, in one consistent state, and hold it against itself and the anchors."""
    with store.read() as connection:
        return _Check(connection, anchors).run()


class _Check:
    """One reading of the log: what is remembered from one entry to the next."""

    def __init__(self, connection: sa.Connection, anchors: Iterable[Anchor]) -> None:
        self._connection = connection
        self._head = _head(connection)
        self._anchors: defaultdict[int, list[Anchor]] = defaultdict(list)
        for one in (*([self._head] if self._head else []), *anchors):
            self._anchors[one.seq].append(one)
        self._first, self._previous = _begin(connection)
        self._vouched, self._found = _vouched(connection, self._first)
        self._unsealed: list[Unsealed] = []
        self._seq, self._count, self._sealed = self._first - 1, 0, True

    def run(self) -> Checked:
        """Everything that does not hold."""
        for entry, texts in _rows(self._connection):
            self._count += 1
            if entry.seq < self._first:
                self._say(entry.seq, entry.seq, "inserted", "it stands before the first one")
            else:
                self._look(entry, texts)
        self._end()
        head = (self._seq, self._previous)
        return Checked(self._count, self._first, head, _joined(self._found))

    def _say(self, seq: int, last: int, kind: Kind, detail: str = "") -> None:
        self._found.append(Break(seq, last, kind, detail))

    def _look(self, entry: AuditEntry, texts: Texts | None) -> None:
        at = entry.seq
        if at > self._seq + 1:
            self._say(self._seq + 1, at - 1, "missing")
        sealed, fits = seal(entry) == entry.hash, texts_fit(entry, texts)
        vouched = not (sealed and fits) and self._is_vouched(entry, texts)
        if not sealed and not vouched:
            self._unsealed.append(Unsealed(entry, self._previous))
        elif not fits and not vouched:
            self._say(at, at, "text", "it is not the one that the entry was sealed with")
        self._follow(entry, sealed or vouched)
        for anchor in self._anchors.get(at, ()):
            if anchor.hash != entry.hash and (sealed or vouched):
                self._say(at, at, "anchor", f"{anchor.where} knows another hash")
        self._seq, self._previous, self._sealed = at, entry.hash, sealed or vouched

    def _follow(self, entry: AuditEntry, holds: bool) -> None:
        """Both ends hold and the link does not: what is between them is found nowhere else."""
        next_one = entry.seq == self._seq + 1
        if next_one and holds and self._sealed and entry.prev_hash != self._previous:
            self._say(self._seq, entry.seq, "unlinked", "one of them was rewritten or put in")

    def _is_vouched(self, entry: AuditEntry, texts: Texts | None) -> bool:
        known = self._vouched.get(entry.seq)
        return known is not None and known == digest_as_it_reads(entry, texts)

    def _end(self) -> None:
        """What only the end tells: where entries belong that fit no seal, and what was cut off."""
        known = max(self._anchors, default=0)
        found = places(self._unsealed, known - self._seq if known else 0)
        belongs = frozenset(found.moved.values())
        strangers = {one for one in found.strangers if one <= self._seq}
        self._found += _moved(found.moved)
        for number in strangers:
            self._say(number, number, "inserted", "another entry was written under this number")
        for number in {one.entry.seq for one in self._unsealed} - found.moved.keys() - strangers:
            self._say(number, number, "edited", "it does not fit its own hash")
        for number in found.gone:
            if not known or number <= known:
                self._say(number, number, "missing")
        self._cut_off(known, belongs)
        self._past_the_head(found.moved)

    def _cut_off(self, known: int, belongs: frozenset[int]) -> None:
        start = self._seq + 1
        for number in sorted(one for one in belongs if start <= one <= known):
            if number > start:
                self._say(start, number - 1, "cut_off")
            start = number + 1
        if start <= known:
            self._say(start, known, "cut_off")

    def _past_the_head(self, moved: Mapping[int, int]) -> None:
        if self._head is None or self._seq <= self._head.seq:
            return
        for number in range(max(self._head.seq, self._first - 1) + 1, self._seq + 1):
            if number not in moved:
                self._say(number, number, "inserted", "the log ended before it")


def _rows(connection: sa.Connection) -> Iterator[tuple[AuditEntry, Texts | None]]:
    """The log by pages, so that it need not fit into memory."""
    query, after = with_texts().order_by(audit.c.seq).limit(PAGE), None
    while True:
        page = connection.execute(
            query if after is None else query.where(audit.c.seq > after)
        ).all()
        yield from map(split, page)
        if len(page) < PAGE:
            return
        after = page[-1][0]


def _head(connection: sa.Connection) -> Anchor | None:
    row = connection.execute(sa.select(audit_head.c.seq, audit_head.c.hash)).first()
    return Anchor(row.seq, row.hash, "the head of the log") if row else None


def _begin(connection: sa.Connection) -> tuple[int, str]:
    """Where the log has to begin: at 1, or after what was folded last; and what comes before."""
    query = sa.select(audit.c.subject, audit.c.before_hash).where(audit.c.what == FOLDED)
    row = connection.execute(query.order_by(audit.c.seq.desc()).limit(1)).first()
    if row is None:
        return 1, GENESIS
    last = row.subject.rpartition("-")[2]
    return (int(last) + 1 if last.isdecimal() else 1), row.before_hash or GENESIS


def _vouched(connection: sa.Connection, first: int) -> tuple[dict[int, str], list[Break]]:
    """Entry → digest of how it reads, as later entries say; and what those entries do not say."""
    rows = connection.execute(sa.select(audit_redactions).order_by(audit_redactions.c.by_seq))
    lists: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    for row in rows:
        lists[row.by_seq].append((row.seq, row.digest))
    said = sa.select(audit.c.seq, audit.c.after_hash).where(audit.c.what == REDACTED)
    sealed = {row.seq: row.after_hash for row in connection.execute(said)}
    vouched: dict[int, str] = {}
    broken: list[Break] = []
    for by, digests in lists.items():
        if sealed.get(by) == redaction_hash(digests):
            vouched |= dict(digests)
        elif by >= first:
            broken.append(Break(by, by, "text", "what it says was taken away is something else"))
    return vouched, broken


def _moved(moved: Mapping[int, int]) -> Iterator[Break]:
    """Entries in a row that were moved equally far, together."""
    in_order = enumerate(sorted(moved.items()))
    for _, group in groupby(in_order, lambda one: (one[1][0] - one[0], one[1][1] - one[1][0])):
        pairs = [pair for _, pair in group]
        (start, was), (last, was_last) = pairs[0], pairs[-1]
        written = f"written as {was}" + (f" to {was_last}" if was_last > was else "")
        yield Break(start, last, "moved", written)


def _joined(found: Iterable[Break]) -> tuple[Break, ...]:
    """In order; neighbours of which the same is said are one."""
    joined: list[Break] = []
    for one in sorted(found):
        before = joined[-1] if joined else None
        if (
            before
            and one.kind != "unlinked"
            and one[2:] == before[2:]
            and one.seq == before.last + 1
        ):
            joined[-1] = before._replace(last=one.last)
        else:
            joined.append(one)
    return tuple(joined)
