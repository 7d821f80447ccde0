"""Leaves of conditions read back: counts, rows, comparisons, audiences, consent."""

from __future__ import annotations

from typing import get_args

from core.conditions import (
    Attribute,
    Bucket,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    HeldFor,
    InAudience,
    Op,
    Related,
    Trait,
)
from warehouse.wording.names import RESERVED
from warehouse.wording.read_parts import Parts, Read
from warehouse.wording.read_windows import Windows
from warehouse.wording.tokens import unquoted

_STATUSES: tuple[str, ...] = get_args(ConsentIs.model_fields["status"].annotation)


class Leaves:
    """Reads one leaf, over one text."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.windows = Windows(parts)
        self.tokens = parts.tokens
        self.known = parts.known

    def at(self, i: int) -> Read:
        for form in (
            self._in_audience, self._in_share, self._none, self._having, self._counted_rows,
            self._age, self._sequence, self._count, self._consent, self._held, self._comparison,
        ):  # fmt: skip
            yield from form(i)

    def _in_audience(self, i: int) -> Read:
        t = self.tokens
        end = t.after(i, "in the audience")
        if end is None:
            return
        if t.raw(end).startswith("'"):
            yield from self._version(unquoted(t.raw(end)), end + 1)
            return
        stop = end
        while (word := t.raw(stop)) and word not in "(),×" and word not in RESERVED:
            stop += 1
        if stop > end:
            yield from self._version("_".join(t.raw(k) for k in range(end, stop)), stop)

    def _version(self, key: str, end: int) -> Read:
        at = self.tokens.after(end, "version")
        number = self.tokens.value(at) if at is not None else None
        if at is not None and isinstance(number, int):
            yield InAudience(key=key, version=number), at + 1
        yield InAudience(key=key), end

    def _in_share(self, i: int) -> Read:
        t = self.tokens
        end = t.after(i, "in a fixed share of users ( salt")
        if end is None or t.value(end) is None:
            return
        bucket: dict[str, str] = {"salt": unquoted(t.raw(end))}
        end += 1
        for word, field in (("from", "low"), ("to", "high")):
            if (at := t.after(end, word)) is not None:
                bucket[field], end = t.raw(at), at + 1
        if (close := t.after(end, ")")) is not None:
            yield Bucket(**bucket), close

    def _none(self, i: int) -> Read:
        at = self.tokens.after(i, "no")
        if at is None:
            return
        for name, where, end in self.parts.event(at):
            for window, then in self.windows.at(end):
                yield EventCount(event=name, where=where, window=window, op=Op.EQ, n=0), then
        for entity, filters, end in self.parts.thing(at):
            yield Related(entity=entity, where=filters, op=Op.EQ, n=0), end

    def _having(self, i: int) -> Read:
        for words in ("has a", "has an"):
            if (at := self.tokens.after(i, words)) is not None:
                for entity, where, end in self.parts.thing(at):
                    yield Related(entity=entity, where=where), end

    def _counted_rows(self, i: int) -> Read:
        for op, n, end in self.parts.number_of(i):
            if (at := self.tokens.after(end, "×")) is not None:
                for entity, where, then in self.parts.thing(at):
                    yield Related(entity=entity, where=where, op=op, n=n), then

    def _age(self, i: int) -> Read:
        for which in ("first", "last"):
            at = self.tokens.after(i, which)
            for name, where, end in self.parts.event(at) if at is not None else ():
                for op, seconds, then in self.parts.length(end):
                    if (close := self.tokens.after(then, "ago")) is not None:
                        yield (
                            EventAge(event=name, where=where, which=which, op=op, seconds=seconds),
                            close,
                        )

    def _sequence(self, i: int) -> Read:
        for first, end in self.tokens.one_of(i, self.known.events):
            at = self.tokens.after(end, "followed by")
            for then, behind in self.tokens.one_of(at, self.known.events) if at is not None else ():
                within = self.tokens.after(behind, "within")
                for seconds, close in self.parts.duration(within) if within is not None else ():
                    yield EventSequence(first=first, then=then, within_seconds=seconds), close
                yield EventSequence(first=first, then=then), behind

    def _count(self, i: int) -> Read:
        for name, where, end in self.parts.event(i):
            for op, n, then in self.parts.number_of(end, times=True):
                for window, close in self.windows.at(then):
                    yield EventCount(event=name, where=where, window=window, op=op, n=n), close

    def _consent(self, i: int) -> Read:
        t = self.tokens
        for purpose, end in self._key(i, "consent for"):
            for channel, at in self._key(end, "is"):
                for status in _STATUSES:
                    if (close := t.after(at, status)) is not None:
                        yield ConsentIs(purpose=purpose, channel=channel, status=status), close

    def _key(self, i: int, before: str) -> Read:
        """A key of a few words and the words behind it."""
        words: list[str] = []
        while (word := self.tokens.raw(i + len(words))) and word.lower() not in RESERVED:
            words.append(word)
            if (end := self.tokens.after(i + len(words), before)) is not None:
                yield (unquoted(word) if len(words) == 1 else "_".join(words)), end

    def _held(self, i: int) -> Read:
        for subject, end in self.tokens.one_of(i, self.known.subjects):
            value = self.tokens.value(end)
            at = self.tokens.after(end + 1, "for")
            if subject.kind != "trait" or value is None or at is None:
                continue
            for op, seconds, close in self.parts.length(at):
                yield HeldFor(trait=subject.name, value=value, op=op, seconds=seconds), close

    def _comparison(self, i: int) -> Read:
        for subject, op, value, end in self.parts.compared(i, self.known.subjects):
            if subject.kind == "trait":
                yield Trait(name=subject.name, op=op, value=value), end
            else:
                yield Attribute(column=subject.name, op=op, value=value), end
