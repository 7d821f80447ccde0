"""Decisions on disk before anybody is told of them, until the warehouse holds them.

Lines in files, one file for what is written to the warehouse together. One thread writes for
everybody, so that decisions at the same time share one fsync. A line that a crash cut off was
never answered.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import BinaryIO, NamedTuple

from warehouse.durable import keep_names

HEADS = 32
"""Lines above others that are remembered: making one takes longer than anybody is to wait."""


class Head(NamedTuple):
    """A line that stands once in every file that has lines below it; each name has one line."""

    name: str
    line: Callable[[], bytes]


class _Waiting(NamedTuple):
    line: bytes
    done: Future[int]
    head: Head | None = None
    ends: bool = False


class Journal:
    """An append-only journal in a folder; one process writes to it, threads may share it."""

    def __init__(self, folder: Path) -> None:
        """What is there already stays; lines go into a new file."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._file: BinaryIO | None = None
        self._size = 0
        self._number = max((int(path.stem) for path in pages(folder)), default=0)
        self._heads: set[str] = set()
        """Those in the file."""
        self._made: dict[str, bytes] = {}
        self._waiting: list[_Waiting] = []
        self._closed = False
        self._wake = threading.Condition()
        self._writer = threading.Thread(target=self._write_all, name="decisions", daemon=True)
        self._writer.start()

    def append(self, line: bytes, head: Head) -> Future[int]:
        """Queue a line below a head; done once it is on disk, an OSError when it cannot be."""
        return self._queue(_Waiting(line, Future(), head))

    def turn(self) -> Future[int]:
        """Let what comes from here on go into a new file; gives the number of the last one, once
        it is told of every line before whether it is on disk."""
        return self._queue(_Waiting(b"", Future(), ends=True))

    def drop(self, last: int) -> None:
        """Remove the files up to a number: the warehouse holds what is in them."""
        for page in pages(self._folder):
            if int(page.stem) <= last:
                page.unlink()

    def close(self) -> None:
        """Write what waits, then stop."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._writer.join()

    def _queue(self, waiting: _Waiting) -> Future[int]:
        # Who stops waiting for it changes nothing.
        waiting.done.set_running_or_notify_cancel()
        with self._wake:
            if self._closed:
                waiting.done.set_exception(OSError("the journal is closed"))
                return waiting.done
            self._waiting.append(waiting)
            self._wake.notify()
        return waiting.done

    def _write_all(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting or self._closed)
                taken, self._waiting = self._waiting, []
                if not taken:
                    self._end()
                    return
            self._write(taken)

    def _write(self, taken: list[_Waiting]) -> None:
        """In the order of their coming; those between two turns share one fsync."""
        run: list[_Waiting] = []
        for waiting in taken:
            run.append(waiting)
            if waiting.ends:
                self._write_run(run)
                self._end()
                run = []
        self._write_run(run)

    def _write_run(self, run: list[_Waiting]) -> None:
        try:
            if any(waiting.head for waiting in run):
                self._append(run)
        except OSError as error:
            self._undo()
            for waiting in run:
                if waiting.ends:
                    waiting.done.set_result(self._number)
                else:
                    waiting.done.set_exception(error)
            return
        for waiting in run:
            waiting.done.set_result(self._number)

    def _append(self, run: list[_Waiting]) -> None:
        if self._file is None:
            self._number += 1
            self._file, self._size = self._page().open("xb"), 0
            keep_names(self._folder)
        lines = []
        for waiting in run:
            if waiting.head is not None:
                if waiting.head.name not in self._heads:
                    self._heads.add(waiting.head.name)
                    lines.append(self._line(waiting.head))
                lines.append(waiting.line)
        data = b"\n".join((*lines, b""))
        self._file.write(data)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._size += len(data)

    def _line(self, head: Head) -> bytes:
        if head.name not in self._made:
            if len(self._made) >= HEADS:
                self._made.clear()
            self._made[head.name] = head.line()
        return self._made[head.name]

    def _undo(self) -> None:
        """A full disk may have taken half: the file ends where it did before, and nothing more is
        written to it."""
        self._end()
        with contextlib.suppress(OSError), self._page().open("r+b") as file:
            file.truncate(self._size)
            os.fsync(file.fileno())

    def _page(self) -> Path:
        return self._folder / f"{self._number:012d}.ndjson"

    def _end(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None
        self._heads.clear()


def pages(folder: Path) -> list[Path]:
    """The files of a journal, oldest first."""
    return sorted(folder.glob("*.ndjson"))


def lines_of(page: Path) -> list[bytes]:
    """The whole lines of a file."""
    *whole, _torn = page.read_bytes().split(b"\n")
    return whole
