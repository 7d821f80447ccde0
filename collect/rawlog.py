"""The raw log: what arrived, in order, on disk before anybody is told so.

Lines of JSON in segment files named by the number of their first line. One
thread writes for everybody, so that requests at the same time share one fsync.
A request is a run of lines; what a crash cut off in the middle of one was never
acknowledged and is cut away on the next open.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import BinaryIO, NamedTuple

from warehouse.durable import keep_names

SEGMENT_BYTES = 96 * 2**20
# More lines than DuckDB packs at a time (122,880): fewer it writes three times until it packs them.
SLICE_BYTES = 200 * 2**20
# An open segment of this size is ended to be read where it lies; of a smaller one a copy is read.
_LARGE = 16 * 2**20
# A line says which of how many of its request it is: the last one ends the request.
_PLACE = re.compile(rb'\{"seq":(\d+),"n":(\d+),"of":(\d+),')


class Position(NamedTuple):
    """A place between two requests: bytes from the start of a segment."""

    segment: str
    offset: int


class Slice(NamedTuple):
    """Whole requests: finished segments as they lie there, and lines of others."""

    parts: tuple[bytes | Path, ...]
    first: int
    """The number of the first line."""
    end: Position


class _Waiting(NamedTuple):
    lines: list[bytes]
    done: Future[None]
    ends_segment: bool = False


class RawLog:
    """An append-only log in a folder; one process writes to it, threads may share it."""

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        self.folder = folder
        self._segment_bytes = segment_bytes
        folder.mkdir(parents=True, exist_ok=True)
        self._file, self._next, self._durable = self._continued()
        self._loaded: Position | None = None
        self.unloaded_bytes = self._after(None)
        self.queued_bytes = 0
        self._waiting: list[_Waiting] = []
        self._closed = False
        self._wake = threading.Condition()
        self._writer = threading.Thread(target=self._write_all, name="raw-log", daemon=True)
        self._writer.start()

    def append(self, lines: list[bytes]) -> Future[None]:
        """Queue the lines of one request, each an object that starts with ``"n"`` and ``"of"``.

        Done once they are on disk; an OSError when they cannot be.
        """
        waiting = _Waiting(lines, Future())
        self._queue(waiting)
        return waiting.done

    def finish_segment(self) -> Future[None]:
        """End the segment with what was queued before, so that its file never changes again."""
        waiting = _Waiting([], Future(), ends_segment=True)
        self._queue(waiting)
        return waiting.done

    def read(self, after: Position | None, limit: int = SLICE_BYTES) -> Slice | None:
        """The next durable requests after a position (None: the start), about ``limit`` bytes."""
        parts: list[bytes | Path] = []
        end, size = after, 0
        for segment in self._segments():
            if after is not None and segment < after.segment:
                continue
            start = after.offset if after is not None and segment == after.segment else 0
            part = self._part(segment, start, limit - size)
            if not part:
                continue
            parts.append(part)
            end = Position(segment, start + _length(part))
            size += _length(part)
            if size >= limit or not self._is_over(end):
                break
        return Slice(tuple(parts), _first(parts[0]), end) if parts and end else None

    def end(self) -> Position:
        """Where what is on disk by now ends."""
        with self._wake:
            return Position(Path(self._file.name).name, self._durable)

    def position_of(self, line: int) -> Position | None:
        """Where the request that begins with a line number stands; None for the start."""
        earlier = [name for name in self._segments() if int(Path(name).stem) <= line]
        if not earlier:
            return None
        start = b'{"seq":%d,' % line
        offset = 0
        for found in self._durable_bytes(earlier[-1], 0, sys.maxsize).splitlines(keepends=True):
            if found.startswith(start):
                break
            offset += len(found)
        return Position(earlier[-1], offset)

    def loaded(self, position: Position | None) -> None:
        """Everything up to a position has been loaded: it no longer counts as waiting."""
        with self._wake:
            self._loaded = position
            self.unloaded_bytes = self._after(position)

    def close(self) -> None:
        """Write what waits, then stop."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._writer.join()
        self._file.close()

    def _queue(self, waiting: _Waiting) -> None:
        with self._wake:
            if self._closed:
                raise OSError("the log is closed")
            self._waiting.append(waiting)
            self.queued_bytes += _size(waiting.lines)
            self._wake.notify()

    def _continued(self) -> tuple[BinaryIO, int, int]:
        """The segment to go on with, without what a crash tore, and the next line's number."""
        segments = self._segments()
        if not segments:
            return (*self._new_segment(1), 0)
        file = (self.folder / segments[-1]).open("r+b")
        content = file.read()
        kept = whole_requests(content)
        if len(kept) < len(content):
            file.truncate(len(kept))
            os.fsync(file.fileno())
        file.seek(len(kept))
        last = _last_place(kept)
        return file, (last[0] + 1 if last else int(Path(segments[-1]).stem)), len(kept)

    def _new_segment(self, first: int) -> tuple[BinaryIO, int]:
        path = self.folder / f"{first:016d}.ndjson"
        file = path.open("xb")
        try:
            keep_names(self.folder)
        except OSError:
            file.close()
            path.unlink()
            raise
        return file, first

    def _segments(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("*.ndjson"))

    def _after(self, position: Position | None) -> int:
        return sum(
            (self.folder / name).stat().st_size
            - (position.offset if position and name == position.segment else 0)
            for name in self._segments()
            if position is None or name >= position.segment
        )

    def _part(self, segment: str, start: int, limit: int) -> bytes | Path:
        """What a segment holds from a place on: the segment itself where it is all of it."""
        whole = self.folder / segment
        size = whole.stat().st_size
        if start or size > limit:
            return self._durable_bytes(segment, start, limit)
        if size >= _LARGE and not self._is_finished(segment):
            with contextlib.suppress(OSError):
                self.finish_segment().result()
        return whole if self._is_finished(segment) else self._durable_bytes(segment, start, limit)

    def _is_finished(self, segment: str) -> bool:
        with self._wake:
            return Path(self._file.name).name != segment

    def _is_over(self, position: Position) -> bool:
        """Whether nothing more will ever come in its segment."""
        size = (self.folder / position.segment).stat().st_size
        return self._is_finished(position.segment) and position.offset == size

    def _durable_bytes(self, segment: str, start: int, limit: int) -> bytes:
        with self._wake:
            active = Path(self._file.name).name == segment
            end = self._durable if active else (self.folder / segment).stat().st_size
        if end <= start:
            return b""
        with (self.folder / segment).open("rb") as file:
            file.seek(start)
            data = file.read(min(end - start, limit))
            whole = whole_requests(data)
            # One request may be longer than the limit.
            return whole or whole_requests(data + file.read(end - start - len(data)))

    def _write_all(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting or self._closed)
                taken, self._waiting = self._waiting, []
                if not taken:
                    return
            self._write(taken)

    def _write(self, taken: list[_Waiting]) -> None:
        data, following = self._numbered(taken)
        try:
            self._file.write(data)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            self._undo(taken, error)
            return
        with self._wake:
            self._next = following
            self._durable += len(data)
            self.unloaded_bytes += len(data)
            self.queued_bytes -= sum(_size(waiting.lines) for waiting in taken)
            ends = self._durable and any(waiting.ends_segment for waiting in taken)
            refused = self._turn() if ends or self._durable >= self._segment_bytes else None
        for waiting in taken:
            if waiting.ends_segment and refused:
                waiting.done.set_exception(refused)
            else:
                waiting.done.set_result(None)

    def _turn(self) -> OSError | None:
        """Go on in a new segment, or in this one where none can be made."""
        try:
            file, _ = self._new_segment(self._next)
        except OSError as error:
            return error
        self._file.close()
        self._file, self._durable = file, 0
        return None

    def _undo(self, taken: list[_Waiting], error: OSError) -> None:
        """A full disk may have taken half: the log ends where it did before."""
        name = self._file.name
        with contextlib.suppress(OSError):
            self._file.close()
        with self._wake:
            try:
                os.truncate(name, self._durable)
                self._file = Path(name).open("r+b")  # noqa: SIM115 - open as long as the log is
                self._file.seek(self._durable)
            except OSError:
                # Nothing can be written behind what is torn: the next start cuts it away.
                self._closed = True
            self.queued_bytes -= sum(_size(waiting.lines) for waiting in taken)
        for waiting in taken:
            waiting.done.set_exception(error)

    def _numbered(self, taken: list[_Waiting]) -> tuple[bytes, int]:
        number, parts = self._next, []
        for waiting in taken:
            for line in waiting.lines:
                parts.append(b'{"seq":%d,%s\n' % (number, line[1:]))
                number += 1
        return b"".join(parts), number


def _size(lines: list[bytes]) -> int:
    return sum(map(len, lines))


def whole_requests(data: bytes) -> bytes:
    """The bytes up to the end of the last request that is there whole."""
    end = data.rfind(b"\n") + 1
    while end:
        start = data.rfind(b"\n", 0, end - 1) + 1
        place = _PLACE.match(data, start)
        if place and int(place[2]) + 1 == int(place[3]):
            return data[:end]
        end = start
    return b""


def _length(part: bytes | Path) -> int:
    return part.stat().st_size if isinstance(part, Path) else len(part)


def _first(part: bytes | Path) -> int:
    """The number of the first line."""
    if isinstance(part, Path):
        return int(part.stem)
    place = _PLACE.match(part)
    assert place is not None, "every line of the log begins with its number"
    return int(place[1])


def _last_place(data: bytes) -> tuple[int, int, int] | None:
    if not data:
        return None
    place = _PLACE.match(data, data.rfind(b"\n", 0, len(data) - 1) + 1)
    return None if place is None else (int(place[1]), int(place[2]), int(place[3]))
