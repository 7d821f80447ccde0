"""The files of a workspace, rid of one person; and the proof that nothing is left in any."""

from __future__ import annotations

import contextlib
import csv
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from core.identifiers import Traces

CHUNK = 4 * 2**20
OVERLAP = 4_096
SPOOL = "spool"
"""Where a collector without a warehouse keeps what the server has not taken over yet."""
_RAW = ("log", SPOOL)


class Scan(NamedTuple):
    """What was looked through, and the files in which something is left."""

    files: int
    bytes: int
    found: tuple[str, ...]


def clean(workspace: Path, traces: Traces) -> dict[str, int]:
    """Remove a person from exports, mails, rejected rows and logs; by folder, files or lines gone.

    Databases and the raw log are not files of this kind: they have ways of their own.
    """
    gone: Counter[str] = Counter()
    for file in _files(workspace):
        remove = _CLEANERS.get(file.suffix.lower())
        inside = file.relative_to(workspace).parts
        if remove is not None and inside[0] not in _RAW and _mentions(file, traces):
            gone[inside[0] if len(inside) > 1 else file.name] += remove(file, traces)
    return dict(sorted(gone.items()))


def scan(folders: list[Path], traces: Traces) -> Scan:
    """Look for a trace in every byte of every file."""
    found, size, files = [], 0, 0
    for folder in folders:
        for file in _files(folder):
            files, size = files + 1, size + file.stat().st_size
            if _mentions(file, traces):
                found.append(str(file))
    return Scan(files, size, tuple(found))


def forget_threads(file: Path, traces: Traces, run_ids: list[str]) -> int:
    """Drop the checkpoints of every thread of the agent that names the person."""
    if not file.exists():
        return 0
    with contextlib.closing(sqlite3.connect(file, timeout=15)) as database, database:
        threads = {*run_ids}
        for table, texts in _thread_tables(database).items():
            columns = ", ".join(f'"{name}"' for name in texts)
            # Names of the database itself: SQLite binds values only, and nobody else gave them.
            query = f'SELECT thread_id, {columns} FROM "{table}"'  # noqa: S608
            for thread, *values in database.execute(query):
                if any(value is not None and traces.are_in(value) for value in values):
                    threads.add(thread)
        gone = 0
        for table in _thread_tables(database):
            statement = f'DELETE FROM "{table}" WHERE thread_id = ?'  # noqa: S608 - as above
            gone += database.executemany(statement, [(one,) for one in threads]).rowcount
    return gone


def compact(file: Path) -> None:
    """Write an SQLite file anew and empty its log, so that deleted rows leave no bytes."""
    if not file.exists():
        return
    with contextlib.closing(sqlite3.connect(file, timeout=30, isolation_level=None)) as database:
        database.execute("PRAGMA secure_delete = ON")
        database.execute("VACUUM")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _thread_tables(database: sqlite3.Connection) -> dict[str, list[str]]:
    """Tables with a thread id → their columns that may hold anything."""
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    found = {}
    for (table,) in tables:
        columns = database.execute("SELECT name, type FROM pragma_table_info(?)", (table,))
        texts = [name for name, kind in columns if kind.upper() in ("TEXT", "BLOB")]
        if "thread_id" in texts:
            found[table] = texts
    return found


def _files(folder: Path) -> Iterator[Path]:
    """Every file of a folder, or the file itself."""
    if folder.is_file():
        yield folder
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink():
            yield file


def _mentions(file: Path, traces: Traces) -> bool:
    """Whether there is a trace, wherever a chunk ends."""
    try:
        with file.open("rb") as opened:
            before = b""
            while chunk := opened.read(CHUNK):
                if traces.are_in(before + chunk):
                    return True
                before = chunk[-OVERLAP:]
    except FileNotFoundError:  # a spool of somebody who finished meanwhile
        pass
    return False


def _whole(file: Path, _traces: Traces) -> int:
    file.unlink(missing_ok=True)
    return 1


def _lines(file: Path, traces: Traces) -> int:
    """Without the lines that mention the person."""
    lines = file.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if not traces.are_in(line)]
    _replace(file, b"".join(kept))
    return len(lines) - len(kept)


def _rows(file: Path, traces: Traces) -> int:
    """Without the rows of a CSV file that mention the person, line breaks in values included."""
    with file.open(encoding="utf-8", errors="surrogateescape", newline="") as opened:
        rows = list(csv.reader(opened))
    kept = [row for row in rows if not traces.are_in("\n".join(row))]
    unfinished = file.with_name(f".{file.name}.cleaned")
    with unfinished.open("w", encoding="utf-8", errors="surrogateescape", newline="") as opened:
        csv.writer(opened).writerows(kept)
    unfinished.replace(file)
    return len(rows) - len(kept)


def _blanked(file: Path, traces: Traces) -> int:
    """Blank lines in place: whoever writes to a log goes on writing to the same file."""
    gone = start = 0
    with file.open("r+b") as opened:
        for line in opened.read().splitlines(keepends=True):
            if traces.are_in(line):
                opened.seek(start)
                opened.write(b" " * len(line.rstrip(b"\r\n")))
                gone += 1
            start += len(line)
    return gone


def _replace(file: Path, content: bytes) -> None:
    unfinished = file.with_name(f".{file.name}.cleaned")
    unfinished.write_bytes(content)
    unfinished.replace(file)


_CLEANERS: dict[str, Callable[[Path, Traces], int]] = {
    ".eml": _whole,
    ".ndjson": _lines,
    ".jsonl": _lines,
    ".csv": _rows,
    ".log": _blanked,
    ".txt": _blanked,
    ".making": _whole,  # what somebody who died was about to write
}
