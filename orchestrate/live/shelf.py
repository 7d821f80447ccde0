"""The rules in force, for all channels or some, with the users who were read for them."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple

from orchestrate.engine.candidates import Tick
from orchestrate.live.book import Book
from orchestrate.live.entry import Edition, edition
from orchestrate.live.person import Person


class Known(NamedTuple):
    """A user who was read."""

    seen: int
    """How often the warehouse had been written to when it was read."""
    person: Person | None
    """None: no user of their own."""


class Facts(NamedTuple):
    """What is the same for everybody, read with the users."""

    seen: int
    newest: Mapping[str, int]
    """Table → its newest row (microseconds), of those that policies watch."""
    present: int | None
    """Moments before this one are past: what was known then is not at hand."""


class Shelf:
    """The rules for some channels, and the users that were read for them."""

    def __init__(self, tick: Tick) -> None:
        self.book = Book(tick)
        self.editions: dict[frozenset[str], Edition] = {}
        """Policies on old data → the edition without them."""
        self.people: OrderedDict[str, Known] = OrderedDict()
        self.facts = Facts(-1, {}, None)
        self.wanted: set[str] = set()
        """Who waits to be read."""

    def edition(self, stale: frozenset[str]) -> Edition:
        """The edition with some policies on old data."""
        if stale not in self.editions:
            book, number = self.book, str(uuid.uuid4())
            made = edition(number, book.rules, book.conditions, stale, book.asking.truths)
            self.editions[stale] = made
        return self.editions[stale]
