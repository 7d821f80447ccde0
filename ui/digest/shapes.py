"""What a digest says: the shape of ``digest --json``, and of the letter that is made of it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from core.conditions import Frozen

Tone = Literal["now", "today", "over", "plain"]
SectionKey = Literal[
    "waits", "alerts", "changes", "canaries", "messages", "lift", "data", "outcomes"
]


class Span(Frozen):
    """The time that is told of: ``[since, until)`` in naive UTC. ``whole``: it is a whole week."""

    since: datetime
    until: datetime
    whole: bool
    zone: str


class Item(Frozen):
    """One thing. ``value`` and ``before``: the numbers in ``figure``, as the read-out has them."""

    title: str
    text: str = ""
    figure: str = ""
    value: float | None = None
    before: float | None = None
    tone: Tone = "plain"
    url: str | None = None


class Section(Frozen):
    """Things of one kind, with the page that has all of them."""

    key: SectionKey
    title: str
    items: tuple[Item, ...]
    note: str = ""
    """What is said where there are none, or beside them."""
    url: str


class Digest(Frozen):
    """Everything for one person. ``data_until``: how far the data reaches that numbers are of."""

    person: str
    span: Span
    data_until: datetime
    sections: tuple[Section, ...]

    def section(self, key: SectionKey) -> Section:
        """One of its sections."""
        return next(one for one in self.sections if one.key == key)
