"""Forgetting in the raw log: lines of one person become stubs, and later ones never get there.

A stub keeps its line's number, request, time and source, so that every request
still balances; the loader suppresses it. Lines are overwritten in place, byte for
byte as long as they were: positions in the log stay true, and so does the log
when it ends in the middle, because doing it again completes it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

from collect.rawlog import RawLog
from control.forgetting import Tombstones
from core.identifiers import Traces

IDENTIFYING = {"user_id": "userId", "anonymous_id": "anonymousId", "previous_id": "previousId"}
"""The columns of a line that say whose it is, and their names in an event."""

_HEAD = re.compile(rb'\{(?:"seq":\d+,)?"n":\d+,"of":\d+')
_KEPT = re.compile(rb'"(?:received_at|source)":"[^"\\]*"')
_STUB = b'"code":"FORGOTTEN","path":"$","message":"forgotten"}'
_SEQ = re.compile(rb'\{"seq":(\d+),')


class Blanked(NamedTuple):
    """Lines that became stubs, and lines of others in which a mention was taken out."""

    stubs: int
    redacted: int


class ForgetfulLog(RawLog):
    """A raw log that never writes down what somebody sends who was forgotten."""

    tombstones: Tombstones = Tombstones("", frozenset())

    def append(self, lines: list[bytes]) -> Future[None]:
        """As the log does; lines of forgotten people become stubs first."""
        if self.tombstones.hashes:
            lines = [self._screened(line) for line in lines]
        return super().append(lines)

    def _screened(self, line: bytes) -> bytes:
        return _stub(line) if self.tombstones.holds(_identifiers(json.loads(line))) else line


def blank(folder: Path, traces: Traces, numbers: frozenset[int]) -> Blanked:
    """Take one person out of every segment: lines with these numbers, and all that are theirs."""
    stubs = redacted = 0
    for segment in sorted(folder.glob("*.ndjson")):
        with segment.open("r+b") as file:
            for start, line in _lines(file.fileno()):
                number = _SEQ.match(line)
                listed = number is not None and int(number[1]) in numbers
                if not (listed or traces.are_in(line)):
                    continue
                theirs = listed or _is_theirs(line, traces)
                new = _stub(line) if theirs else traces.replaced_in(line, b"")
                if new.rstrip() != line.rstrip():
                    os.pwrite(file.fileno(), new.ljust(len(line)), start)
                    stubs, redacted = stubs + theirs, redacted + (not theirs)
            os.fsync(file.fileno())
    return Blanked(stubs, redacted)


def _lines(file: int) -> Iterator[tuple[int, bytes]]:
    """Whole lines without their ends, each with the place where it starts."""
    with os.fdopen(os.dup(file), "rb") as reader:
        start = 0
        for line in reader:
            if line.endswith(b"\n"):
                yield start, line[:-1]
            start += len(line)


def _stub(line: bytes) -> bytes:
    """What is kept of a line: where it belongs, never what it said."""
    head = _HEAD.match(line)
    kept = [found[0] for found in _KEPT.finditer(line[:400])][:2]
    return b",".join((head[0] if head else b"{", *kept, _STUB))


def _is_theirs(line: bytes, traces: Traces) -> bool:
    """Whether an event is the person's; what cannot be read and names them is."""
    try:
        fields = json.loads(line)
        event = json.loads(fields["text"]) if "text" in fields else None
    except ValueError:
        return True
    if event is None:
        return any(traces.name(_text(fields.get(column))) for column in IDENTIFYING)
    if not isinstance(event, dict):
        return True
    return any(traces.name(_text(event.get(key))) for key in IDENTIFYING.values())


def _identifiers(fields: dict[str, Any]) -> Iterator[str]:
    """Every identifier that an event carries, e-mail addresses among its traits included."""
    event = fields
    if "text" in fields:
        event = json.loads(fields["text"])
        if not isinstance(event, dict):
            return
    context = event.get("context")
    inside = context.get("traits") if isinstance(context, dict) else None
    places = (event, event.get("traits"), event.get("properties"), context, inside)
    keys = (*IDENTIFYING, *IDENTIFYING.values(), "email", "phone")
    for place in places:
        if isinstance(place, dict):
            yield from (text for key in keys if (text := _text(place.get(key))))


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
