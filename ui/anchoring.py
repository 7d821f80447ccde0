"""The head of the audit log, noted in a file of the workspace: outside of what it vouches for.

Whoever cuts entries off the end, or brings an older control store back, has to change this
file as well; a copy of its last line on paper, or on another machine, is out of anybody's reach.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import structlog

from control import audit
from control.audit_check import Anchor
from control.audit_entries import AuditEntry
from control.restored import RESTORED, TAKEN_FROM
from control.store import Store

log = structlog.get_logger(__name__)

FILE = "audit-heads.ndjson"
SECONDS = 1.0
"""Between two lines that say nothing but the head."""
TOLD = frozenset(
    {
        *("kill", "unkill", "publish", "withdraw", "token_created", "token_revoked"),
        *(*TAKEN_FROM, "grant role", "grant sight", "forget_begun", "forget_done"),
        RESTORED,
    }
)
"""Acts that must not be lost with the store: each is noted at once, with what it was about, and
so is every other one that changes which version is live."""
MOST_LINES = 50_000
"""Of more lines those that say nothing but a head are thinned out."""
KEPT_LINES = 5_000


class Noted(NamedTuple):
    """One line: the head as it was, and the act that made it so, when that matters."""

    seq: int
    hash: str
    at: str
    what: str = ""
    subject: str = ""
    who: str = ""


class Anchors:
    """The file of one workspace. Threads may share it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lock = threading.Lock()
        self._noted_at = 0.0
        self._behind: AuditEntry | None = None

    def watch(self, store: Store) -> None:
        """Note where a store is, and from here on what is appended to it."""
        noted = self._thinned_out()
        since = max((one.seq for one in since_accepted(noted)), default=0)
        # What was done to the store without the workspace, as in an emergency, is noted now.
        with store.read() as connection:
            missed = audit.after(connection, since)
        if missed:
            self.appended(missed)
        store.when_appended = self.appended

    def appended(self, entries: Iterable[AuditEntry]) -> None:
        """Note the acts that matter at once, and the head at most once a second."""
        found = list(entries)
        lines = [_line(one, with_act=True) for one in found if _matters(one)]
        with self._lock:
            self._behind = found[-1]
            if not lines and time.monotonic() - self._noted_at < SECONDS:
                return
            self._write([*lines, *([] if _matters(found[-1]) else [_line(found[-1])])])

    def close(self) -> None:
        """Note the head as it is left."""
        with self._lock:
            if self._behind is not None:
                self._write([_line(self._behind)])

    def noted(self) -> list[Noted]:
        """What the file says, oldest first; a line that a crash cut short is left out."""
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        return [*_read(lines)]

    def anchors(self) -> list[Anchor]:
        """What the log is held against: of the lines since the last restore that was accepted."""
        where = f"the file {FILE}"
        return [Anchor(one.seq, one.hash, where) for one in since_accepted(self.noted())]

    def _write(self, lines: list[str]) -> None:
        """A full disk stops no decision: it is said in the log, and the next line catches up."""
        try:
            with self.path.open("ab+") as opened:
                cut = opened.tell() and not _ends_a_line(opened)
                content = "".join(f"{line}\n" for line in lines)
                opened.write(f"{chr(10) if cut else ''}{content}".encode())
                opened.flush()
                os.fsync(opened.fileno())
        except OSError as error:
            log.error("audit_head_not_noted", file=str(self.path), why=str(error))
            return
        self._noted_at, self._behind = time.monotonic(), None

    def _thinned_out(self) -> list[Noted]:
        found = self.noted()
        if len(found) <= MOST_LINES:
            return found
        kept = [one for one in found[:-KEPT_LINES] if one.what] + found[-KEPT_LINES:]
        making = self.path.with_suffix(".making")
        making.write_text("".join(f"{json.dumps(_document(one))}\n" for one in kept))
        making.replace(self.path)
        return kept


def since_accepted(noted: list[Noted]) -> list[Noted]:
    """The lines from the last restore that was accepted on: what came before counts no more."""
    accepted = [place for place, one in enumerate(noted) if one.what == RESTORED]
    return noted[accepted[-1] :] if accepted else noted


def _ends_a_line(opened: BinaryIO) -> bool:
    """Whether the last line is whole: a crash may have cut it short."""
    opened.seek(-1, os.SEEK_END)
    return opened.read(1) == b"\n"


def _matters(entry: AuditEntry) -> bool:
    return entry.what in TOLD or " version " in entry.subject


def _line(entry: AuditEntry, *, with_act: bool = False) -> str:
    noted = Noted(entry.seq, entry.hash, entry.at.isoformat())
    if with_act:
        noted = noted._replace(what=entry.what, subject=entry.subject, who=entry.who)
    return json.dumps(_document(noted), ensure_ascii=False)


def _document(one: Noted) -> dict[str, Any]:
    return {name: value for name, value in one._asdict().items() if value != ""}


def _read(lines: list[str]) -> Iterator[Noted]:
    for line in lines:
        try:
            yield Noted(**json.loads(line))
        except (json.JSONDecodeError, TypeError):
            continue
