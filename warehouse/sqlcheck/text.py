"""The first wall: the text itself, before any parser sees it.

Characters that two parsers could read differently (control, zero-width and
direction marks, blanks that are not blanks, look-alike letters in names) are
refused, and so is text too long to be a question.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from core.errors import Code, Refusal
from warehouse.sqlcheck.world import Role


class Bounds(NamedTuple):
    """How large a text may be."""

    characters: int
    tokens: int
    nesting: int


PEOPLE = Bounds(characters=20_000, tokens=4_000, nesting=60)
COMPILED = Bounds(characters=400_000, tokens=100_000, nesting=120)
"""Our own compiled SQL holds a whole policy in one statement."""

_SKIPPED = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_TOKEN = re.compile(r"\w+|[^\w\s]")
_HIDDEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Co", "Cn", "Cs"})
_LINE_BREAKS = re.compile(r"\r\n")


def text_refusals(sql: str, role: Role) -> tuple[Refusal, ...]:
    """Why this text is not looked at any further; empty when it is."""
    bounds = COMPILED if role == "system" else PEOPLE
    if len(sql) > bounds.characters:
        return (_too_long(f"{len(sql):,} characters", f"{bounds.characters:,} characters"),)
    hidden = next((c for c in _LINE_BREAKS.sub("\n", sql) if _is_hidden(c)), None)
    if hidden is not None:
        return (_forbidden_text(hidden, "is invisible or changes how the text is read"),)
    bare = _SKIPPED.sub(" ", sql)
    foreign = next((c for c in bare if not c.isascii()), None)
    if foreign is not None:
        return (_forbidden_text(foreign, "stands outside a quoted string"),)
    return _size_refusals(bare, bounds)


def _size_refusals(bare: str, bounds: Bounds) -> tuple[Refusal, ...]:
    tokens = sum(1 for _ in _TOKEN.finditer(bare))
    if tokens > bounds.tokens:
        return (_too_long(f"{tokens:,} tokens", f"{bounds.tokens:,} tokens"),)
    depth = deepest = 0
    for character in bare:
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    if deepest > bounds.nesting:
        return (_too_long(f"{deepest} nested parentheses", str(bounds.nesting)),)
    return ()


def _is_hidden(character: str) -> bool:
    return character not in "\n\t" and unicodedata.category(character) in _HIDDEN


def _too_long(found: str, allowed: str) -> Refusal:
    return Refusal(
        code=Code.SQL_TOO_LONG,
        message=f"The query has {found}; at most {allowed} are allowed.",
        fix="Ask one smaller question at a time.",
    )


def _forbidden_text(character: str, why: str) -> Refusal:
    point = f"U+{ord(character):04X}"
    return Refusal(
        code=Code.SQL_FORBIDDEN_TEXT,
        message=f"The character {point} {why}.",
        span=point,
        fix="Remove it, or write it inside a quoted string if it is part of a value.",
    )
