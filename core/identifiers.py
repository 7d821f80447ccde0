"""An identifier in the shapes in which it may lie somewhere, and how to find it there.

Texts hold identifiers as they are, inside JSON with escapes, in addresses of
pages, and in base64. A shape counts only where it stands by itself: ``u1`` is
not in ``u12`` nor in ``u1-b``. Digits alone may be any number: they count only
in quotes, as JSON and most exports write texts.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable
from functools import cached_property
from urllib.parse import quote

FORGOTTEN = "forgotten"
"""What stands in a text where an identifier stood."""

_WORD = r"[0-9A-Za-z_-]"
_NUMBER = re.compile(r"[\d.,:+/ -]*")
_FRAGMENT = 8
"""Fewer characters of base64 would be found by chance."""
_NOTHING = r"\b\B"
"""An expression for when there is nothing to look for."""


class Traces:
    """Everything that gives one person's identifiers away."""

    def __init__(self, identifiers: Iterable[str]) -> None:
        self.identifiers = tuple(sorted({one for one in identifiers if one}))
        self._numbers = [one for one in self.identifiers if _NUMBER.fullmatch(one)]
        self._names = [one for one in self.identifiers if one not in self._numbers]

    @cached_property
    def expression(self) -> str:
        """Names as a regular expression without borders, for engines that know no look-around."""
        return "|".join(_spelled(one) for one in self._names) or _NOTHING

    @cached_property
    def quoted(self) -> str:
        """Numbers in quotes, as a regular expression."""
        numbers = "|".join(_literal(one) for one in self._numbers)
        return rf"\x22(?:{numbers})\x22" if numbers else _NOTHING

    @cached_property
    def embedded(self) -> str:
        """What names become within longer texts in base64, as a regular expression."""
        pieces = (piece for one in self._names for piece in _within_base64(one))
        return "|".join(_literal(piece) for piece in dict.fromkeys(pieces)) or _NOTHING

    @cached_property
    def pattern(self) -> re.Pattern[bytes]:
        """Finds a trace in bytes."""
        alone = f"(?<!{_WORD})(?:{self.expression})(?!{_WORD})"
        return re.compile("|".join((alone, self.quoted, self.embedded)).encode())

    def are_in(self, text: str | bytes) -> bool:
        """Whether there is a trace."""
        content = _bytes(text)
        lower = content.lower()
        # Most texts have none, and looking for what is literal is ten times as fast.
        if not any(needle in lower for needle in self._needles):
            return False
        return self.pattern.search(content) is not None

    @cached_property
    def _needles(self) -> tuple[bytes, ...]:
        """Of these one is in every text with a trace, in lower case."""
        found = [f'"{one}"' for one in self._numbers]
        for one in self._names:
            found += [*_plain(one), *_coded(one), *_within_base64(one)]
        return tuple(dict.fromkeys(_bytes(one).lower() for one in found))

    def removed_from(self, text: str) -> str:
        """The text with a word in the place of each trace."""
        changed = self.replaced_in(_bytes(text), FORGOTTEN.encode())
        return changed.decode(errors="surrogateescape")

    def replaced_in(self, text: bytes, word: bytes) -> bytes:
        """The text with this word in the place of each trace; quotes stay around it."""
        return self.pattern.sub(
            lambda found: b'"%b"' % word if found[0].startswith(b'"') else word, text
        )

    def name(self, identifier: str | None) -> bool:
        """Whether this is one of the identifiers; e-mail addresses are the same in any case."""
        if identifier is None:
            return False
        if "@" in identifier:
            return identifier.lower() in {one.lower() for one in self.identifiers}
        return identifier in self.identifiers


def bordered(expression: str) -> str:
    """An expression that takes its borders along, as groups 1 and 3, with itself as group 2."""
    return rf"(^|[^0-9A-Za-z_-])({expression})($|[^0-9A-Za-z_-])"


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode(errors="surrogateescape")


def _plain(value: str) -> tuple[str, ...]:
    """As it is, inside JSON, and inside an address of a page."""
    encoded = value.encode(errors="surrogateescape")
    escaped = (json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    return tuple(dict.fromkeys((value, *escaped, quote(encoded, safe=""))))


def _coded(value: str) -> tuple[str, ...]:
    """In base64 by itself, without what fills it up."""
    encoded = value.encode(errors="surrogateescape")
    codings = (base64.b64encode(encoded), base64.urlsafe_b64encode(encoded))
    return tuple(dict.fromkeys(coding.decode().rstrip("=") for coding in codings))


def _spelled(value: str) -> str:
    """The shapes as one expression: addresses are the same in any case, ids are not."""
    plain = "|".join(_literal(shape) for shape in _plain(value))
    cased = f"(?i:{plain})" if "@" in value else f"(?:{plain})"
    return "|".join((cased, *(_literal(coding) + "=*" for coding in _coded(value))))


def _within_base64(value: str) -> tuple[str, ...]:
    """The characters that only the value decides, for each place in a group of three bytes."""
    encoded = value.encode(errors="surrogateescape")
    pieces = []
    for before in range(3):
        first = -(-before * 4 // 3)
        whole = (before + len(encoded)) * 8 // 6
        text = base64.b64encode(bytes(before) + encoded).decode()[first:whole]
        pieces += [text, text.replace("+", "-").replace("/", "_")]
    return tuple(piece for piece in dict.fromkeys(pieces) if len(piece) >= _FRAGMENT)


def _literal(text: str) -> str:
    """The text itself as an expression that every engine reads alike."""
    return "".join(
        character if character.isalnum() or ord(character) > 127 else f"\\x{ord(character):02x}"
        for character in text
    )
