"""A request of a provider, and what is read from it: sayings, and how many items were none.

One module a provider has two pure functions: ``why_not_genuine`` tells a forged request, and
``read`` gives what a genuine one says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from control.receipts import Fact

DEEPEST = 20
"""Objects and lists within each other; no provider's receipts are deeper."""
MOST_ITEMS = 10_000
LONGEST_TEXT = 500
_EPOCH_MILLISECONDS = 100_000_000_000
"""A number of seconds above this is one of milliseconds."""
_DIGITS = 20
_FIRST, _LAST = datetime(2000, 1, 1), datetime(2200, 1, 1)
"""Between these lies whatever happened to a message."""
_NUMBER = re.compile(r"[0-9]{1,14}(\.[0-9]+)?", re.ASCII)


class Call(NamedTuple):
    """A request as it came in. Header names are in lower case."""

    url: str
    """As the provider asked for it, with its query."""
    headers: Mapping[str, str]
    body: bytes
    now: datetime
    """When it came in, naive UTC, by the wall clock."""
    public_url: str | None = None
    """Where the settings tell the provider to ask, without a query; None: they do not say."""


class Read(NamedTuple):
    """What a request says."""

    facts: tuple[Fact, ...]
    ignored: int = 0
    malformed: tuple[str, ...] = ()
    """Why items could not be read, in a sentence each."""


class Reader(Protocol):
    """How one kind of provider tells of its messages: a module of this package."""

    def why_not_genuine(self, call: Call, secrets: Sequence[str]) -> str | None:
        """Why a request is not to be trusted, as a sentence; None: the provider made it. Pure."""
        ...

    def read(self, call: Call) -> Read:
        """What a genuine request says. Raises ``Unreadable`` when it is no such request at all."""
        ...


class Unreadable(ValueError):
    """A request, or an item of one, that is not what the provider says it sends."""


def read_each(items: Any, read_one: Callable[[Mapping[str, Any]], Iterable[Fact]]) -> Read:
    """What the items of a request say; one that cannot be read leaves the others as they are."""
    if not isinstance(items, list):
        raise Unreadable("There is no list of items in it.")
    if len(items) > MOST_ITEMS:
        raise Unreadable(f"It has more than {MOST_ITEMS:,} items.")
    facts: list[Fact] = []
    malformed, ignored = [], 0
    for place, item in enumerate(items):
        try:
            found = [*read_one(_an_object(item))]
        except Unreadable as error:
            malformed.append(f"item {place}: {error}")
            continue
        facts += found
        ignored += not found
    return Read(tuple(facts), ignored, tuple(malformed))


def document(body: bytes) -> Any:
    """A body as JSON; raises ``Unreadable`` where it is none, or too deep."""
    try:
        found = json.loads(body, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise Unreadable("It is not JSON that can be read.") from error
    if not _is_shallow(found):
        raise Unreadable(f"It is nested more than {DEEPEST} levels deep.")
    return found


def text(found: Mapping[str, Any], *names: str) -> str | None:
    """The first of these that is a text or a whole number, as a text; None: none is."""
    for name in names:
        value = found.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str) and (kept := _clean(value)):
            return kept
    return None


def needed(found: Mapping[str, Any], *names: str) -> str:
    """The same; raises ``Unreadable`` where there is none."""
    value = text(found, *names)
    if value is None:
        raise Unreadable(f"it has no {' and no '.join(names)}")
    return value


def inner(found: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """The object at a path; empty where there is none."""
    for name in names:
        value = found.get(name)
        if not isinstance(value, dict):
            return {}
        found = value
    return found


def moment(value: Any) -> datetime:
    """Naive UTC, of seconds or milliseconds since 1970 or of ISO 8601; raises ``Unreadable``."""
    try:
        told = _moment(value)
    except (ValueError, OverflowError, OSError):
        told = None
    if told is None or not _FIRST <= told < _LAST:
        raise Unreadable("it has no moment that can be read")
    return told


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, str):
        told = datetime.fromisoformat(value.strip().replace(" +", "+").replace(" UTC", "Z"))
        return told.astimezone(UTC).replace(tzinfo=None) if told.tzinfo else told
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value / 1000 if value > _EPOCH_MILLISECONDS else value
        return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)
    return None


def _integer(digits: str) -> int | None:
    """A number of thousands of digits is its item's matter and not its batch's."""
    return int(digits) if len(digits) <= _DIGITS else None


def _clean(value: str) -> str:
    """A text that every database takes: JSON may hold half characters, and ends of strings."""
    whole = value.encode("utf-8", "replace").decode().replace("\0", "")
    return whole.strip()[:LONGEST_TEXT]


def _an_object(item: Any) -> Mapping[str, Any]:
    if not isinstance(item, dict):
        raise Unreadable("it is no object")
    return item


def _is_shallow(found: Any) -> bool:
    level = [found]
    for _ in range(DEEPEST + 1):
        level = [one for outer in level for one in _within(outer)]
        if not level:
            return True
    return False


def _within(found: Any) -> Iterator[Any]:
    """The lists and objects right inside one."""
    if isinstance(found, dict):
        found = found.values()
    elif not isinstance(found, list):
        return
    yield from (one for one in found if isinstance(one, list | dict))
