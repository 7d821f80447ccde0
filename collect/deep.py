"""Bodies with something nested too deeply to be read: that event is set apart, the rest is read."""

from __future__ import annotations

import json
import re
import secrets

DEPTH = 200
"""How many levels of objects and lists an event may have."""

# Texts whole, because brackets in them mean nothing; brackets in runs: there may be millions.
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]+|[\]}]+', re.DOTALL)


class TooDeep(str):
    """The text of an event that is nested too deeply to be read."""

    __slots__ = ()


def set_apart(text: str, level: int) -> tuple[str, dict[str, TooDeep]]:
    """JSON in which each value that opens at a level (1: the outermost) and is too deep is a name.

    Gives the JSON that remains, and what the names stand for.
    """
    parts: list[str] = []
    apart: dict[str, TooDeep] = {}
    copied = 0
    for start, end in _deep_values(text, level):
        name = f"deep {secrets.token_hex(16)}"
        apart[name] = TooDeep(text[start:end])
        parts += [text[copied:start], json.dumps(name)]
        copied = end
    return "".join((*parts, text[copied:])), apart


def _deep_values(text: str, level: int) -> list[tuple[int, int]]:
    """Where the values that open at a level begin and end, of those that go too deep."""
    found, depth, deepest, start = [], 0, 0, 0
    for token in _TOKEN.finditer(text):
        run, count = token[0][0], len(token[0])
        if run in "[{":
            if depth < level <= depth + count:
                start, deepest = token.start() + level - depth - 1, 0
            depth += count
            deepest = max(deepest, depth)
        elif run in "]}":
            if depth >= level > depth - count and deepest - level >= DEPTH:
                found.append((start, token.start() + depth - level + 1))
            depth -= count
    return found
