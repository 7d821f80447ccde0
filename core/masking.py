"""What of personal data somebody sees: in the clear, or so that it means nobody. Pure.

Whatever shows people's data to a person passes through here: what commands print, cards of the
console, rows of a query. Ids of users stay: they are pseudonyms.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

HIDDEN = "•••"
"""What stands where a personal value is not shown."""
SHOWN_CLASSES = frozenset({"public"})
"""The classes of columns whose values everybody sees."""
ENVELOPE = frozenset(
    {
        *("type", "event", "messageId", "channel", "userId", "anonymousId", "previousId"),
        *("originalTimestamp", "sentAt", "receivedAt", "timestamp", "version"),
    }
)
"""What an event says of itself, besides who did it under which pseudonym."""
_HOST = re.compile(r"@[\w-]+\.")
"""In every address, and found at once: before an ``@`` any long word would be tried letter by
letter."""
_ADDRESS = re.compile(r"(?P<name>[\w.%+-]+)@(?P<host>[\w-]+(?:\.[\w-]+)+)")


class Sight(NamedTuple):
    """What one person sees of the people whom messages go to."""

    clear: bool = False
    """Personal data as it is; otherwise masked."""
    limits: Mapping[str, tuple[str, ...]] = {}
    """Column of users → the values of those whom they see; no column is everybody."""


MASKED = Sight()
"""Nobody in particular: everybody's rows, nothing personal in the clear."""


def masked_text(text: str, keep: frozenset[str] = frozenset()) -> str:
    """The text with every e-mail address as ``m•••@d•••``; those of ``keep``, lower case, stay."""
    if not _HOST.search(text):
        return text
    return _ADDRESS.sub(lambda found: _masked(found, keep), text)


def masked(value: Any, keep: frozenset[str] = frozenset()) -> Any:
    """Any JSON-like value with the e-mail addresses of its texts and keys masked."""
    if isinstance(value, str):
        return masked_text(value, keep)
    if isinstance(value, dict):
        return {masked(key, keep): masked(each, keep) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [masked(each, keep) for each in value]
    return value


def seen(value: Any, data_class: str, sight: Sight) -> Any:
    """A value of a column as somebody sees it; that nothing is known is not personal."""
    if sight.clear or value is None or data_class in SHOWN_CLASSES:
        return value
    text = str(value)
    return masked_text(text) if _ADDRESS.fullmatch(text) else HIDDEN


def masked_event(body: Any, shown: frozenset[str]) -> Any:
    """An event as it came in, of which nobody checked what it holds: values stay under the names
    of its envelope and those of ``shown``, and are hidden everywhere else."""
    if isinstance(body, dict):
        return {
            masked(key): masked(each)
            if key in ENVELOPE | shown and not isinstance(each, dict | list)
            else masked_event(each, shown)
            for key, each in body.items()
        }
    if isinstance(body, list):
        return [masked_event(each, shown) for each in body]
    return body if body is None or isinstance(body, bool) else HIDDEN


def _masked(found: re.Match[str], keep: frozenset[str]) -> str:
    if found.group().lower() in keep:
        return found.group()
    return f"{found['name'][0]}{HIDDEN}@{found['host'][0]}{HIDDEN}"
