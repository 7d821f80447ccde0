"""One event in relation to another: 'and then', 'after', 'but not within 3 days'."""

from __future__ import annotations

from dataclasses import replace

from agent.planners.grammar.leaves_events import EventLeaves
from agent.planners.grammar.meaning import Found, Item, all_of
from agent.planners.grammar.times import Times
from agent.planners.grammar.words import Text
from core.conditions import EventCount, EventSequence, Not, Op

_THEN: tuple[tuple[tuple[str, ...], bool], ...] = (
    ((",", "and", "then"), False), (("and", "then"), False), ((",", "then"), False),
    (("then",), False), (("followed", "by"), False), (("and", "later"), False),
    (("and", "afterwards"), False), (("and", "subsequently"), False), (("before",), False),
    (("after",), True), (("following",), True),
)  # fmt: skip
_MORE = frozenset("more least over than".split())
_SKIPPED = frozenset("they had have then by later their the a".split())


class Sequences:
    """Joins two events that a prompt puts in an order."""

    def __init__(self, text: Text, times: Times, events: EventLeaves) -> None:
        self.text = text
        self.times = times
        self.events = events

    def then(self, found: Found) -> Found:
        """'viewed pricing and then started checkout', 'subscribed after viewing pricing'."""
        if not found.plain:
            return found
        for words, backwards in _THEN:
            if self.text.has(found.end, *words):
                start = self._skip(found.end + len(words))
                other = next(iter(self.events.at(start)), None)
                if other is None or not (other.plain or _within(other)):
                    return found
                return self._ordered(found, other, backwards)
        return found

    def _skip(self, i: int) -> int:
        while self.text.low(i) in _SKIPPED:
            i += 1
        return i

    def _plain(self, i: int) -> Found | None:
        return next((one for one in self.events.at(i) if one.plain), None)

    def _ordered(self, one: Found, other: Found, backwards: bool) -> Found:
        first, then = (other, one) if backwards else (one, other)
        end = other.end
        within = other.span.seconds if other.span is not None else None
        stated = self.text.words(one.end - 1, end)
        condition = EventSequence(first=_event(first), then=_event(then), within_seconds=within)
        note = f"Order matters: {_event(then)} at some time after {_event(first)}."
        return replace(
            one, end=end, condition=condition, notes=(note,), stated=stated, plain=False,
            counts_events=False,
        )  # fmt: skip

    def presupposed(self, item: Item) -> Item:
        """'never opened the app after completing onboarding': onboarding itself was completed."""
        order = item.found.condition
        if not (item.negated and isinstance(order, EventSequence)):
            return item
        words = item.found.stated.lower().split()
        anchor = order.first if {"after", "following"} & {*words} else order.then
        if anchor == order.then and "before" not in words:
            return item
        both = all_of([EventCount(event=anchor), Not(of=order)])
        note = f"'{item.found.stated}' is said of those with {anchor}."
        found = replace(item.found, condition=both, notes=(*item.found.notes, note))
        return replace(item, found=found, negated=False)

    def following(self, item: Item) -> Item:
        """'subscribed within 3 days of starting checkout', and that it did not happen so."""
        found = item.found
        if not _relative(item) or self.text.low(found.end) not in ("of", "after", "from"):
            return item
        first = self._plain(self._skip(found.end + 1))
        if first is None or found.span is None or not _simple(found):
            return item
        return self._related(item, first, first.end, self.text.words(found.end - 1, first.end))

    def without(self, before: Item, item: Item) -> Item | None:
        """'started checkout but did not subscribe within 3 days': both items as one."""
        if not (item.negated and _relative(item) and self._said_within(item)):
            return None
        if self._tells_until_now(item) or before.negated or not before.found.plain:
            return None
        if not _simple(item.found):
            return None
        one = self._related(item, before.found, item.found.end, item.found.stated)
        return replace(one, sep=before.sep, marked=before.marked, lead=before.lead)

    def doubtful(self, item: Item) -> Item:
        """A bare 'within 3 days' beside another event: counted from that event, or from now?"""
        if not (item.negated and _relative(item)):
            return item
        if not self._said_within(item) and self._tells_until_now(item):
            return item
        said = item.found.span.stated if item.found.span else ""
        question = (
            f"Is '{said}' in '{item.found.stated}' counted from the event named before, or back "
            "from now? Say 'within … of …', or 'in the last …'."
        )
        return replace(item, found=item.found.asking(question))

    def _said_within(self, item: Item) -> bool:
        span = item.found.span
        return span is not None and span.stated.lower().startswith("within")

    def _tells_until_now(self, item: Item) -> bool:
        """'have not …' reaches up to now; 'did not …' tells of some time."""
        start = item.found.start
        return any(self.text.low(k) in ("have", "has") for k in (start - 1, start - 2, start - 3))

    def _related(self, item: Item, first: Found, end: int, stated: str) -> Item:
        span = item.found.span
        assert span is not None
        one, other = _event(first), _event(item.found)
        condition = EventSequence(first=one, then=other, within_seconds=span.seconds)
        whole = f"{other} within {span.seconds:,} seconds after {one}"
        if not item.negated:
            found = replace(item.found, condition=condition, notes=(f"'{stated}' is {whole}.",))
        else:
            both = all_of([EventCount(event=one), Not(of=condition)])
            note = (
                f"'{stated}' is {one} at some time, and never {whole}; "
                "also where that time is not over yet."
            )
            found = replace(item.found, condition=both, notes=(note,))
        found = replace(
            found, end=end, plain=False, counts_events=False, span=None, stated=stated,
            negated=False, questions=(),
        )  # fmt: skip
        return replace(item, found=found, negated=False)


def _relative(item: Item) -> bool:
    span = item.found.span
    return span is not None and span.kind == "bare" and item.found.counts_events


def _within(found: Found) -> bool:
    """'within 24 hours' or 'in 24 hours', and nothing else said of the event."""
    if found.span is None or found.span.kind != "bare" or found.negated:
        return False
    said = found.span.stated.lower().split()
    return said[0] in ("within", "in") and not {*said} & _MORE and _simple(found)


def _simple(found: Found) -> bool:
    """One event without filters and without a count."""
    one = found.condition
    return isinstance(one, EventCount) and not one.where and (one.op, one.n) == (Op.GE, 1)


def _event(found: Found) -> str:
    assert isinstance(found.condition, EventCount)
    return found.condition.event
