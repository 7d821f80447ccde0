"""From the bytes of a request to its events, within limits on size and nesting."""

from __future__ import annotations

import json
import zlib
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from collect.deep import TooDeep, set_apart
from collect.spec import DIGITS, NotANumber

BODY_BYTES = 4 * 2**20
_GZIP = b"\x1f\x8b"
# A batch is an object with a list of events.
_EVENT_LEVEL = 3


class BadRequest(Exception):
    """A request that cannot be read at all: a status and a sentence of the protocol."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class Read(NamedTuple):
    """The events of a request and when it says that it was sent."""

    events: list[Any]
    sent_at: Any


def read_events(data: bytes, kind: str) -> Read:
    """The events of a body; ``kind`` is the last word of the path."""
    document, apart = _document(inflated(data), _EVENT_LEVEL if kind == "batch" else 1)
    if isinstance(document, str) and document in apart:
        return Read([apart[document]], None)
    if not isinstance(document, dict):
        raise BadRequest(400, "invalid json")
    if kind != "batch":
        return Read([document | {"type": kind}], document.get("sentAt"))
    events = document.get("batch")
    if not isinstance(events, list) or not events:
        raise BadRequest(400, "empty batch payload")
    if apart:
        events = [apart.get(one, one) if isinstance(one, str) else one for one in events]
    return Read(events, document.get("sentAt"))


def inflated(data: bytes) -> bytes:
    """A body without its compression, whatever its headers say; never more than the limit."""
    if not data:
        raise BadRequest(400, "request body is nil")
    if data.startswith(_GZIP):
        machine = zlib.decompressobj(wbits=31)
        try:
            data = machine.decompress(data, BODY_BYTES + 1)
        except zlib.error as error:
            raise BadRequest(400, "invalid gzip body") from error
        if len(data) <= BODY_BYTES and not machine.eof:
            raise BadRequest(400, "invalid gzip body")
    if len(data) > BODY_BYTES:
        raise BadRequest(413, "request size exceeds max limit")
    return data


def _document(data: bytes, level: int) -> tuple[Any, dict[str, TooDeep]]:
    """The JSON of a body, and the events that are too deep for it, by the names they have in it."""
    try:
        try:
            return parsed(data), {}
        except RecursionError:
            rest, apart = set_apart(data.decode("utf-8-sig"), level)
            return parsed(rest.encode()), apart
    except RecursionError as error:
        raise BadRequest(400, "invalid json: nested too deeply") from error
    except ValueError as error:
        raise BadRequest(400, "invalid json") from error


def parsed(data: bytes) -> Any:
    """JSON in UTF-8, with the numbers that are none marked; a ValueError when it is not JSON."""
    text = data.decode("utf-8-sig")
    try:
        return json.loads(text, parse_constant=NotANumber)
    except json.JSONDecodeError:
        raise
    except ValueError:
        # A number of thousands of digits, which is one event's matter and not its batch's.
        return json.loads(text, parse_constant=NotANumber, parse_int=_integer)


def _integer(digits: str) -> int | NotANumber:
    return int(digits) if len(digits) <= DIGITS else NotANumber(digits)


def pixel_event(query: str, kind: str) -> dict[str, Any]:
    """The event of a pixel's address: dots in a name make objects."""
    event: dict[str, Any] = {"type": kind, "channel": "pixel"}
    for name, value in parse_qsl(query):
        *outside, last = name.split(".")
        place = event
        for key in outside:
            inner = place.setdefault(key, {})
            place = inner if isinstance(inner, dict) else place
        place[last] = value
    event.pop("writeKey", None)
    return event
