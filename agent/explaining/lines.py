"""An explanation as lines: a label and words, and lines that belong to a line under it."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.errors import Code, refuse

INDENT = "  "


@dataclass(frozen=True)
class Line:
    """``Channels: email, push`` with the lines under it."""

    label: str
    text: str
    under: list[Line] = field(default_factory=list)
    number: int = 0
    """Counted from 1 in the text that it was read from."""


def written(lines: list[Line], depth: int = 0) -> str:
    """The lines as text, what belongs to a line two spaces to its right."""
    told = []
    for line in lines:
        told.append(f"{INDENT * depth}{line.label}: {line.text}")
        if line.under:
            told.append(written(line.under, depth + 1))
    return "\n".join(told)


def parsed(text: str) -> list[Line]:
    """The lines of a text; empty ones count for nothing. Raises a refusal that names the line."""
    found: list[Line] = []
    open_at: list[tuple[int, list[Line]]] = [(-1, found)]
    for number, raw in enumerate(text.splitlines(), start=1):
        if not raw.strip():
            continue
        depth = len(raw) - len(raw.lstrip())
        label, colon, words = raw.strip().partition(":")
        if not colon:
            raise refuse(
                Code.NOT_UNDERSTOOD,
                f"Line {number} of the explanation has no label.",
                span=raw.strip()[:60],
                fix="Begin every line with its label and a colon, such as 'Who:'.",
            )
        while depth <= open_at[-1][0]:
            open_at.pop()
        line = Line(label.strip(), words.strip(), [], number)
        open_at[-1][1].append(line)
        open_at.append((depth, line.under))
    return found
