"""What is left out because it was said before: 'watched comedy but never crime', 'opened none'."""

from __future__ import annotations

from dataclasses import replace

from agent.planners.grammar.columns import column_noun
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Found, Item, Sep, all_of
from agent.planners.grammar.quantities import Quantity, quantity
from agent.planners.grammar.same_rows import SameRows
from agent.planners.grammar.times import Span, Times
from agent.planners.grammar.to_one import ToOne
from agent.planners.grammar.values import Values
from agent.planners.grammar.words import ARTICLES, Text, is_past, same_word
from core.conditions import (
    Absolute,
    Attribute,
    Condition,
    EventCount,
    Op,
    Related,
    SinceEvent,
    Trait,
    Window,
)

_NOT = ("not", "never", "no", "neither", "nor")
_NONE = ("none", "nothing")
_LEADS = frozenset("with by via using from in of to for on through about any".split())
_ENDS = frozenset(", . ; ! ? ) and or but who that whose already \n".split(" ")) | {"", "\n"}
_JOINED = ("but", "and", "strong_and", "comma", "rel")
_OF_THEM = (("of", "which"), ("of", "those"), ("of", "them"), ("of", "whom"), ("including",))
_SINCE = (("since", "then"), ("ever", "since"), ("since", "that"), ("since",),
          ("after", "that"), ("afterwards",), ("thereafter",), ("after",))  # fmt: skip


class Ellipsis:
    """Reads predicates that repeat the one before without its words."""

    def __init__(self, text: Text, lexicon: Lexicon, times: Times, values: Values) -> None:
        self.text = text
        self.lexicon = lexicon
        self.times = times
        self.values = values
        self.rows = SameRows(text, lexicon, values)
        self.to_one = ToOne(text, lexicon, times, values)

    def at(self, i: int, sep: Sep, before: Item) -> Item | None:
        """The predicate of the item before, with what stands at an index in its place."""
        said = before.found.condition
        if before.negated or sep not in (*_JOINED, "or"):
            return None
        if isinstance(said, Attribute | Trait):
            return self._another_bound(i, sep, said) or self._of_its(i, sep, said)
        if isinstance(said, Related):
            return self.rows.at(i, sep, said) or self._another_row(i, sep, before, said)
        if not isinstance(said, EventCount) or sep == "or":
            return None
        return (
            self._of_these(i, sep, said) or self._how_often(i, sep, said)
            or self._another_value(i, sep, before, said)
        )  # fmt: skip

    def since(self, item: Item, before: Item) -> Item:
        """'cancelled and has not opened the app since': since the event of the item before."""
        one, other = before.found.condition, item.found.condition
        if not (isinstance(one, EventCount) and isinstance(other, EventCount)):
            return item
        end = item.found.end
        words = next((w for w in _SINCE if self.text.has(end, *w)), None)
        if words is None or other.window is not None or before.negated:
            return item
        if self.text.low(end + len(words)) not in _ENDS:
            return item
        end += len(words)
        said = self.text.words(item.found.end, end)
        window, note = _from_then(one, said)
        if isinstance(window, SinceEvent) and (one.event == other.event or words[0] == "after"):
            return item  # after the last one there is none
        condition = other.model_copy(update={"window": window})
        found = replace(item.found, condition=condition, end=end, plain=False,
                        notes=(*item.found.notes, note))  # fmt: skip
        return replace(item, found=found)

    def _of_these(self, i: int, sep: Sep, said: EventCount) -> Item | None:
        """'at least 10 workouts, of which at least 3 in the last 7 days'."""
        words = next((w for w in _OF_THEM if self.text.has(i, *w)), None)
        count = quantity(self.text, i + len(words)) if words else None
        if words is None or count is None or count.vague or count.times:
            return None
        return self._counted(i, count.end, sep, said, count)

    def _how_often(self, i: int, sep: Sep, said: EventCount) -> Item | None:
        """'… but not more than once in the last 7 days', '… but none in the last 30 days'."""
        none = self.text.low(i) in _NONE
        count = None if none else quantity(self.text, i)
        if not none and (count is None or count.vague or count.bare):
            return None
        start = self._its_verb(i + 1 if count is None else count.end, said.event)
        span = self.times.span(start)
        listed = self.values.listed(start, f"event:{said.event}")
        other = count is not None and not count.times and listed is not None
        if other and said.window is None and listed is not None:
            # 'at least one series and at least two films'
            kept = tuple(one for one in said.where if one.column != listed.column)
            bare = said.model_copy(update={"where": kept})
            item = self._counted(i, start, sep, bare, count) if kept != said.where else None
            return None if item is None else _one_verb(item)
        if span is None or span.window is None:
            return None
        return self._counted(i, start, sep, said, count)

    def _its_verb(self, i: int, event: str) -> int:
        """'… fewer than three completed this month': the event's own verb, said again."""
        low = self.text.low(i)
        named = (one for one in self.lexicon.entries
                 if one.sense.kind == "event" and one.sense.name == event)  # fmt: skip
        again = is_past(low) and any(same_word(low, one.words[0]) for one in named)
        return i + 1 if again else i

    def _counted(
        self, i: int, start: int, sep: Sep, said: EventCount, count: Quantity | None
    ) -> Item | None:
        """So many of the same event; without a count none at all."""
        where, end, window = said.where, start, said.window
        listed = self.values.listed(end, f"event:{said.event}")
        if listed is not None:
            properties = self.lexicon.catalog.events[said.event].properties
            end = column_noun(self.text, listed.end, listed.column, properties[listed.column])
            where = (*where, listed.filter())
        span = self.times.span(end)
        if span is not None:
            end, window = span.end, span.window
        if self.text.low(end) not in _ENDS or (listed is None and span is None):
            return None
        base = EventCount(event=said.event, where=where, window=window)
        if count is None:
            condition: Condition = base.model_copy(update={"op": Op.EQ, "n": 0})
        else:
            bounds = [(Op.GE if count.bare else op, int(n)) for op, n in count.bounds()]
            condition = all_of([base.model_copy(update={"op": op, "n": n}) for op, n in bounds])
        return self._item(i, end, sep, condition, span)

    def _another_value(self, i: int, sep: Sep, before: Item, said: EventCount) -> Item | None:
        """'watched comedy but never crime', '… but no high-priority ones'."""
        position, negated = i, False
        while self.text.low(position) in (*_NOT, *_LEADS, *ARTICLES):
            negated = negated or self.text.low(position) in _NOT
            position += 1
        listed = self.values.listed(position, f"event:{said.event}")
        if listed is None or listed.column not in {one.column for one in said.where}:
            return None
        if not (negated or position > i):
            return None
        properties = self.lexicon.catalog.events[said.event].properties
        end = column_noun(self.text, listed.end, listed.column, properties[listed.column])
        end = self._object(end, said.event)
        span = self.times.span(end)
        end = span.end if span is not None else end
        if self.text.low(end) not in _ENDS:
            return None
        window: Window | None = span.window if span is not None else None
        condition = EventCount(event=said.event, where=(listed.filter(),), window=window)
        item = self._item(i, end, sep, condition, span)
        found = item.found
        if span is None and before.found.span is not None:
            found = found.asking(
                f"Does '{before.found.span.stated}' hold for '{found.stated}' as well? "
                "Say the period with each, or 'ever'."
            )
        return replace(item, found=found, negated=negated)

    def _object(self, i: int, event: str) -> int:
        """'… but no PDF report', '… but never a thriller one': what the event is about."""
        low = self.text.low(i)
        named = (one.words for one in self.lexicon.entries
                 if one.sense.kind == "event" and one.sense.name == event)  # fmt: skip
        objects = {words[-1] for words in named if len(words) > 1}
        return i + (low in ("one", "ones") or any(same_word(low, one) for one in objects))

    def _another_row(self, i: int, sep: Sep, before: Item, said: Related) -> Item | None:
        """'rented a comedy but never a thriller': another value of the same rows."""
        position, negated = i, False
        while self.text.low(position) in (*_NOT, *_LEADS, *ARTICLES):
            negated = negated or self.text.low(position) in _NOT
            position += 1
        owner = f"entity:{said.entity}"
        listed = self.values.listed(position, owner)
        if sep == "or" or listed is None or not negated:
            return None
        if listed.column not in {one.column for one in said.where}:
            return None
        column = self.lexicon.catalog.entities[said.entity].columns[listed.column]
        end = column_noun(self.text, listed.end, listed.column, column)
        single = self.text.low(end) in ("one", "ones")
        end += single
        if self.text.low(end) not in _ENDS:
            return None
        where = tuple(listed.filter() if one.column == listed.column else one for one in said.where)
        item = self._item(i, end, sep, Related(entity=said.entity, where=where), None)
        found = item.found
        if len(said.where) > 1 and not single:
            found = found.asking(
                f"Does all that was said before hold for '{found.stated}' too? Say it in full."
            )
        return replace(item, found=found, negated=True)

    def _of_its(self, i: int, sep: Sep, said: Attribute | Trait) -> Item | None:
        """'whose account is billed monthly and was created before 2026': the account was."""
        entity, _, column = (
            said.column.rpartition(".") if isinstance(said, Attribute) else ("", "", "")
        )
        low = self.text.low(i)
        been = self.text.has(i, "has", "been")
        verb = low in ("is", "was") or (low.endswith("s") and low.isalpha() and low != "has")
        if not entity or sep not in ("and", "but") or not (verb or been):
            return None
        start = i + 2 if been else i + (low in ("is", "was"))
        for filters, end, questions in self.to_one.filters(start, entity):
            if self.text.low(end) in _ENDS and all(one.column != column for one in filters):
                condition = all_of([self.to_one.leaf(entity, one) for one in filters])
                item = self._item(i, end, sep, condition, None)
                found = replace(item.found, questions=questions, form="state", counted=False)
                return replace(item, found=found)
        return None

    def _another_bound(self, i: int, sep: Sep, said: Attribute | Trait) -> Item | None:
        """'a balance under 100 or over 10,000': the same number, compared once more."""
        number = isinstance(said.value, int | float) and not isinstance(said.value, bool)
        found = quantity(self.text, i) if number else None
        if found is None or found.bare or found.vague or found.times or found.high is not None:
            return None
        if sep not in ("or", "and", "but") or self.text.low(found.end) not in _ENDS:
            return None
        value = int(found.n) if found.n == int(found.n) else found.n
        condition = said.model_copy(update={"op": found.op, "value": value})
        return self._item(i, found.end, sep, condition, None)

    def _item(self, i: int, end: int, sep: Sep, condition: Condition, span: Span | None) -> Item:
        stated = self.text.words(i, end)
        counts = isinstance(condition, EventCount)
        note = f"'{stated}' is said of what was named before it."
        found = Found(
            end, condition, form="verb", notes=(note,), span=span, counts_events=counts,
            stated=stated, counted=True,
        )  # fmt: skip
        return Item(found, sep, False, True, own_verb=True)


def _from_then(one: EventCount, said: str) -> tuple[Window, str]:
    """Since the last event of a predicate; where it has dates, from the day after them on."""
    if isinstance(one.window, Absolute) and one.window.end is not None:
        note = f"'{said}' is from {one.window.end:%Y-%m-%d} on (UTC)."
        return Absolute(start=one.window.end), note
    return SinceEvent(event=one.event), f"'{said}' counts from the last {one.event}."


def _one_verb(item: Item) -> Item:
    """'did 2 yoga and 2 cardio workouts this week': one verb, so one period for both."""
    return replace(item, found=replace(item.found, one_verb=True))
