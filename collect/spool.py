"""The spool: what a collector without a warehouse took in, until the server's log has it.

The collector writes a raw log of its own and ends a segment every few seconds; a
finished segment never changes. The server appends it to the log that it loads and
only then removes it, so that a crash in between repeats events and loses none: the
loader knows the repeated ones by their ids.
"""

from __future__ import annotations

import contextlib
import fcntl
import re
from pathlib import Path
from typing import NamedTuple

from collect.rawlog import RawLog, whole_requests
from core.errors import Code, refuse

SEGMENT_BYTES = 8 * 2**20
LOCK = "lock"
_NUMBER = re.compile(rb'\{"seq":\d+,')


class TakenOver(NamedTuple):
    """What one look at a spool did."""

    segments: int
    bytes: int
    torn: tuple[str, ...]
    """Finished segments that do not end with a whole request: still being copied, or damaged."""


class Spool:
    """The raw log of a collector without a warehouse; one process holds it."""

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        """Refuses with WAREHOUSE_LOCKED when another collector writes to the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = (folder / LOCK).open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._lock.close()
            raise refuse(
                Code.WAREHOUSE_LOCKED,
                f"Another collector writes to {folder}.",
                span=str(folder),
                fix="Stop it, or give this one a folder of its own.",
            ) from error
        self.log = RawLog(folder, segment_bytes=segment_bytes)

    def hand_over(self) -> None:
        """Let the server have what arrived so far, and see what it has taken since."""
        self.log.finish_segment().result()
        with contextlib.suppress(FileNotFoundError):
            # The server removes segments meanwhile: the next look counts right.
            self.log.loaded(None)

    def close(self) -> None:
        """Write and hand over what waits, then let go of the folder."""
        with contextlib.suppress(OSError):
            # Where there is no room for another segment, the next start hands this one over.
            self.log.finish_segment().result()
        self.log.close()
        self._lock.close()


def finished(folder: Path) -> list[Path]:
    """The segments that no collector writes to any more, oldest first."""
    return sorted(folder.glob("*.ndjson"))[:-1]


def take_over(folder: Path, log: RawLog) -> TakenOver:
    """Move the finished segments of a spool into a log, each only after the log has it on disk."""
    taken, size, torn = 0, 0, []
    for segment in finished(folder):
        data = segment.read_bytes()
        if whole_requests(data) != data:
            torn.append(segment.name)
            continue
        log.append(_unnumbered(data)).result()
        segment.unlink()
        taken, size = taken + 1, size + len(data)
    return TakenOver(taken, size, tuple(torn))


def _unnumbered(data: bytes) -> list[bytes]:
    """The lines without the numbers that the collector's log gave them."""
    return [_NUMBER.sub(b"{", line, count=1) for line in data.splitlines()]
