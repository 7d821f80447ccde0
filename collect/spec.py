"""One event as it arrived: held against the event spec, and made a line of the raw log.

A bad event becomes a line too, whole and with the reason, so that it never
takes the good ones of its request with it.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from datetime import datetime
from math import isfinite
from typing import Any, NamedTuple

from collect.deep import DEPTH, TooDeep

TYPES = ("identify", "track", "page", "screen", "group", "alias")
EVENT_BYTES = 32 * 1024
NAME_LENGTH = 255
DIGITS = 4_000
"""A whole number with more of them is not read."""

_CONTROLS = dict.fromkeys((*range(32), 127))
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_OBJECTS = ("properties", "context", "traits")
_TIMES = {"timestamp": "timestamp", "originalTimestamp": "original_timestamp", "sentAt": "sent_at"}
_IDS = {
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "previousId": "previous_id",
    "groupId": "group_id",
}
_SPELLINGS = {
    "message_id": "messageId",
    "messageid": "messageId",
    "user_id": "userId",
    "userid": "userId",
    "anonymous_id": "anonymousId",
    "anonymousid": "anonymousId",
    "previous_id": "previousId",
    "group_id": "groupId",
    "original_timestamp": "originalTimestamp",
    "sent_at": "sentAt",
}
"""How some senders write the keys of the spec."""
_OWN_COLUMN = {"type", "messageId", "event", *_OBJECTS, *_TIMES, *_IDS}
# No key of an event is longer than this once it is text: ids and times are short.
_SHORT = 1_000
# An event of a request fits; of a longer one in a file this much is kept, for the loader reads no
# line over 64 MB, and text in text may take twice its length.
_KEPT = 16 * 2**20


class NotANumber(str):
    """NaN, an infinity or a number without end, none of which can be kept as a number."""

    __slots__ = ()


class Problem(NamedTuple):
    """Why an event is refused: a stable code, where, and a sentence."""

    code: str
    path: str
    message: str


_TOO_DEEP = Problem("TOO_DEEP", "$", f"objects are nested more than {DEPTH} levels deep")


class Envelope(NamedTuple):
    """What is true of every event of a request."""

    source_id: str
    received_at: datetime
    sent_at: Any = None
    request_ip: str | None = None


class Line(NamedTuple):
    """A line for the raw log, and the problem when the event is refused."""

    data: bytes
    problem: Problem | None


def lines(events: list[Any], envelope: Envelope) -> list[Line]:
    """One line an event, in order."""
    return [_line(event, place, len(events), envelope) for place, event in enumerate(events)]


def _line(sent: Any, place: int, count: int, envelope: Envelope) -> Line:
    event = _spelled(sent)
    text = json.dumps(event, separators=(",", ":"), sort_keys=True)
    problem = problem_of(event, text)
    head = {
        "n": place,
        "of": count,
        "received_at": envelope.received_at.isoformat(),
        "source": envelope.source_id,
    }
    given = event if isinstance(event, dict) else {}
    digest = _digest(event, text)
    # What is refused is the same however often it comes; what is taken in without an id is new.
    made = uuid.UUID(hex=digest) if problem else uuid.uuid4()
    message_id = _message_id(given) or str(made)
    identity = {
        "message_id": message_id,
        "message_key": _number(hashlib.md5(message_id.encode(), usedforsecurity=False).hexdigest()),
        "body_key": _number(digest),
    }
    if problem:
        refused = problem._asdict() | {"text": text[:_KEPT]}
        return Line(_encoded(head | identity | refused), problem)
    return Line(_encoded(head | identity | _columns(given, envelope)), None)


def _spelled(event: Any) -> Any:
    """An event with the keys of the spec; what the spec's own key says comes first."""
    if not isinstance(event, dict) or _SPELLINGS.keys().isdisjoint(event):
        return event
    spelled = {key: value for key, value in event.items() if key not in _SPELLINGS}
    for key, value in event.items():
        own = _SPELLINGS.get(key)
        if own and spelled.get(own) in (None, ""):
            spelled[own] = value
        elif own:
            spelled[key] = value
    return spelled


def _encoded(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode()


def _columns(event: dict[str, Any], envelope: Envelope) -> dict[str, Any]:
    context = event.get("context") or {}
    system, app = _object(context.get("os")), _object(context.get("app"))
    columns: dict[str, Any] = {
        "type": event["type"],
        "name": _text(event.get("event") or event.get("name")),
        "os": _text(system.get("name")),
        "channel": _text(context.get("channel") or event.get("channel")),
        "app_version": _text(app.get("version")),
        "historical": True if context.get("import") is True else None,
        "batch_sent_at": _text(envelope.sent_at),
        "request_ip": envelope.request_ip,
        "properties": event.get("properties") or {},
        "context": context,
        "traits": event.get("traits") or None,
        "rest": {key: value for key, value in event.items() if key not in _OWN_COLUMN} or None,
    }
    columns |= {column: _text(event.get(key)) for key, column in _TIMES.items()}
    columns |= {column: _identifier(event.get(key)) for key, column in _IDS.items()}
    return {key: value for key, value in columns.items() if value is not None}


def problem_of(event: Any, text: str) -> Problem | None:
    """The first thing that is wrong with an event; ``text`` is the event as JSON."""
    if isinstance(event, TooDeep):
        return _TOO_DEEP
    if not isinstance(event, dict):
        return Problem("NOT_AN_EVENT", "$", "an event is a JSON object, and this is not one")
    if len(text) > EVENT_BYTES:
        size = f"the event has {len(text):,} bytes, and {EVENT_BYTES:,} are allowed"
        return Problem("EVENT_TOO_LARGE", "$", size)
    return _unreadable(event, text) or _misshapen(event) or _nameless(event)


def _unreadable(event: dict[str, Any], text: str) -> Problem | None:
    if text.count("{") + text.count("[") > DEPTH and _depth(event) > DEPTH:
        return _TOO_DEEP
    if "\\ud" in text and not _is_text(event):
        return Problem("INVALID_TEXT", "$", "the event holds half of a character (a surrogate)")
    strange = "NaN" in text or "Infinity" in text or len(text) > DIGITS
    if strange and (path := _not_a_number(event, "$")):
        sentence = "NaN, infinities and numbers of thousands of digits are not taken"
        return Problem("INVALID_NUMBER", path, sentence)
    return None


def _misshapen(event: dict[str, Any]) -> Problem | None:
    if event.get("type") not in TYPES:
        known = ", ".join(TYPES)
        return Problem("UNKNOWN_TYPE", "$.type", f"the type of an event is one of {known}")
    for key in _OBJECTS:
        if not isinstance(event.get(key) or {}, dict):
            return Problem("WRONG_TYPE", f"$.{key}", f"{key} is not an object")
    for key in ("messageId", *_IDS, *_TIMES):
        value = event.get(key)
        if isinstance(value, dict | list) or len(str(value)) > _SHORT:
            return Problem("INVALID_ID", f"$.{key}", f"{key} is neither a short text nor a number")
    return None


def _nameless(event: dict[str, Any]) -> Problem | None:
    if not (_identifier(event.get("userId")) or _identifier(event.get("anonymousId"))):
        return Problem("MISSING_USER", "$.userId", "neither userId nor anonymousId is given")
    needed = {"track": "event", "group": "groupId", "alias": "previousId"}.get(event["type"])
    value = event.get(needed) if needed else None
    if needed and (value is None or not str(value).strip()):
        return Problem(f"MISSING_{needed.upper()}", f"$.{needed}", f"{needed} is not given")
    if needed == "event" and not _is_name(value):
        message = f"the name is not a text of 1 to {NAME_LENGTH} characters without control codes"
        return Problem("INVALID_NAME", "$.event", message)
    return None


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= NAME_LENGTH and _CONTROL.search(value) is None


def _depth(value: Any) -> int:
    """How deep it is nested, level by level so that depth costs no recursion."""
    depth, level = 0, [value]
    while level:
        inside = [
            one.values() if isinstance(one, dict) else one
            for one in level
            if isinstance(one, dict | list)
        ]
        depth += bool(inside)
        level = [one for each in inside for one in each]
    return depth


def _is_text(event: dict[str, Any]) -> bool:
    try:
        json.dumps(event, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _not_a_number(value: Any, path: str) -> str | None:
    """The path of the first number that is none."""
    if isinstance(value, NotANumber) or (isinstance(value, float) and not isfinite(value)):
        return path
    inside: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        inside = [(f"{path}.{key}", one) for key, one in value.items()]
    elif isinstance(value, list):
        inside = [(f"{path}[{place}]", one) for place, one in enumerate(value)]
    return next((found for where, one in inside if (found := _not_a_number(one, where))), None)


def _message_id(event: dict[str, Any]) -> str | None:
    given = _identifier(event.get("messageId"))
    # Half a character cannot be stored; the text of the dead letter keeps it.
    return given.encode(errors="replace").decode() if given else None


def _identifier(value: Any) -> str | None:
    """An id as trimmed text without control codes; None when there is none."""
    text = _text(value)
    return (text.translate(_CONTROLS).strip() or None) if text else None


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return None if isinstance(value, dict | list) else json.dumps(value)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(digest: str) -> int:
    """The number that stands for a text when texts are looked for: of 60 bits of its digest."""
    return int(digest[:15], 16)


def _digest(event: Any, text: str) -> str:
    """A fingerprint of what was said, whenever it was sent: a retry changes only ``sentAt``."""
    if isinstance(event, dict) and "sentAt" in event:
        kept = {key: value for key, value in event.items() if key != "sentAt"}
        text = json.dumps(kept, separators=(",", ":"), sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
