"""Values that no catalog lists: 'app version 5.4.0', 'time zone Europe/Berlin'."""

from __future__ import annotations

from agent.planners.grammar.words import Text

_QUOTES = ("'", '"', "“", "”")


def literals(text: Text, i: int) -> tuple[list[str], int] | None:
    """One or several values as written, joined by 'or', and where they end."""
    values: list[str] = []
    position = end = i
    while True:
        found = _literal(text, position)
        if found is None:
            return (values, end) if values else None
        values.append(found[0])
        end = found[1]
        if text.low(end) not in ("or", "and", ",", "/"):
            return values, end
        position = end + (2 if text.has(end, ",", "or") else 1)


def _literal(text: Text, i: int) -> tuple[str, int] | None:
    if text.low(i) in _QUOTES:
        end = i + 1
        while end < len(text) and text.low(end) not in _QUOTES:
            end += 1
        return (text.words(i + 1, end), end + 1) if i + 1 < end < len(text) else None
    end = i
    while end < len(text) and (end == i or text[end].start == text[end - 1].end):
        if text[end].kind == "mark" and text.low(end) not in ("/", "+", "-", "_"):
            break
        end += 1
    said = text.words(i, end)
    return (said, end) if _written(said) else None


def _written(said: str) -> bool:
    """A version, a path or a code: nothing that could be an ordinary word."""
    return any(c.isdigit() for c in said) or "/" in said or (said.isupper() and len(said) > 2)
