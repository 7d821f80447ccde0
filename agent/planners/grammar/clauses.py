"""Predicates in sequence: conjunction, disjunction, the scope of negation, exclusions, people."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from agent.planners.grammar.doubt import Answer, Doubt
from agent.planners.grammar.ellipsis import Ellipsis
from agent.planners.grammar.leaves_attributes import AttributeLeaves
from agent.planners.grammar.leaves_events import EventLeaves
from agent.planners.grammar.leaves_related import RelatedLeaves
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.listing import listed
from agent.planners.grammar.logic import combine, led_items, shared_window
from agent.planners.grammar.meaning import (
    Found,
    Item,
    Sep,
    all_of,
    any_of,
    negate,
    with_window,
)
from agent.planners.grammar.people import People, PeopleReader
from agent.planners.grammar.prefixes import Prefix, preferred
from agent.planners.grammar.quantities import Quantity, quantity
from agent.planners.grammar.separators import RELATIVES, separator
from agent.planners.grammar.sequences import Sequences
from agent.planners.grammar.times import Span, Times
from agent.planners.grammar.values import Values
from agent.planners.grammar.words import Text, is_past
from core.conditions import (
    Attribute,
    Condition,
    EventCount,
    InAudience,
    Op,
    Related,
    Trait,
    leaves,
)

AUXILIARIES = frozenset(
    "have has had having are is were was be been being do does did with also "
    "currently already still both all now actually each either's got presently themselves "
    "personally must should subsequently previously own owns owned owning nevertheless "
    "nonetheless shall".split()
)
_LINKS = (
    ("as", "long", "as"), ("provided", "that"), ("provided",), ("only", "if"), ("only", "when"),
    ("given", "that"), ("in", "case"), ("only", "once"), ("only", "after"), ("as", "soon", "as"),
)  # fmt: skip
_LIGHT = frozenset(
    "experienced experience had made make did do got get encountered encounter hit suffered "
    "performed perform placed recorded logged triggered".split()
)
_EVERY = ("all", "each", "every")
_BEING = frozenset({"is", "are", "was", "were", "be"})
_NEGATIONS = frozenset("not non never without lacking lack lacks".split())


class Clauses:
    """Reads who is meant, over one text."""

    def __init__(self, text: Text, lexicon: Lexicon, as_of: datetime) -> None:
        self.text = text
        self.lexicon = lexicon
        self.times = Times(text, lexicon, as_of)
        values = Values(text, lexicon, self.times)
        self.events = EventLeaves(text, lexicon, self.times, values)
        self.related = RelatedLeaves(text, lexicon, self.times, values)
        self.attributes = AttributeLeaves(text, lexicon, self.times, values)
        self.sequences = Sequences(text, self.times, self.events)
        self.ellipsis = Ellipsis(text, lexicon, self.times, values)
        self._people = PeopleReader(text, lexicon, self.attributes)
        self.furthest = 0
        self.stops: frozenset[int] = frozenset()
        """Tokens at which no predicate begins: something is sent there."""

    def people(self, i: int) -> People | None:
        """A noun phrase for people at an index."""
        return self._people.people(i)

    def sequence(
        self, i: int, *, marked: bool = False, lead: Span | None = None
    ) -> tuple[list[Item], int]:
        """The predicates from an index on, as far as they go, and where they end.

        ``lead``: a period named before them.
        """
        items: list[Item] = []
        end = i
        while True:
            sep, start = ("first", end) if not items else separator(self.text, end)
            if sep is None or start in self.stops:
                return items, end
            marker = marked if not items else (items[-1].marked or marked)
            item = self.ellipsis.at(start, sep, items[-1]) if items else None
            item = item or self.item(
                start, sep, run_marked=marker, lead=lead if not items else None
            )
            if item is None:
                return items, end
            item = self._meanwhile(self._but_not_then(item), items)
            item = self.ellipsis.since(item, items[-1]) if items else item
            merged = self.sequences.without(items[-1], item) if items else None
            if merged is not None:
                items[-1] = merged
            else:
                after_event = any(one.found.counts_events for one in items)
                items.append(self.sequences.doubtful(item) if after_event else item)
            end = self._adverb(items[-1].found.end)
            self.furthest = max(self.furthest, end)

    def _meanwhile(self, item: Item, items: list[Item]) -> Item:
        """'viewed pricing in the last 7 days without subscribing': in these days, or ever?"""
        found = item.found
        before = items[-1].found if items else None
        gerund = found.counts_events and found.stated.lower().split()[0].endswith("ing")
        gerund = gerund and not is_past(found.stated.lower().split()[-1])
        if not (item.negated and gerund and found.span is None and not found.counted):
            return item
        if before is None or before.span is None or before.span.window is None:
            return item
        said = found.stated
        question = (
            f"Does '{before.span.stated}' hold for 'without {said}' too? Say the period with each, "
            "or 'ever' where none is meant."
        )
        both = Answer("It does", said, f"{said} {before.span.stated}")
        doubt = Doubt.of(question, both, Answer("Not ever", said, f"{said} ever"))
        return replace(item, found=found.asking(doubt))

    def _but_not_then(self, item: Item) -> Item:
        """'viewed pricing, but not in the last 7 days'."""
        found = item.found
        i = found.end + (self.text.low(found.end) == ",")
        if not self.text.has(i, "but", "not") or not isinstance(found.condition, EventCount):
            return item
        span = self.times.span(i + 2)
        if span is None or span.window is None or item.negated:
            return item
        none = found.condition.model_copy(update={"window": span.window, "op": Op.EQ, "n": 0})
        both = all_of([found.condition, none])
        changed = replace(
            found, condition=both, end=span.end, notes=(*found.notes, *span.notes), plain=False
        )
        return replace(item, found=changed)

    def _adverb(self, i: int) -> int:
        """'yet', 'already' after a predicate say nothing that it does not."""
        low, after = self.text.low(i), self.text.low(i + 1)
        if low in ("already", "either", "anyway"):
            return i + 1
        ends = after in ("", ".", ",", ";", "and", "or", "but", "!", "?", ")", "\n")
        if low in ("before", "too", "now", "currently", "only", "yet", "though") and ends:
            return i + 1
        return i

    def item(
        self, i: int, sep: Sep, *, run_marked: bool = False, lead: Span | None = None
    ) -> Item | None:
        """One predicate with its negation, or a group."""
        group = listed(self.text, i, sep, self._listed_item) or self._group(i, sep)
        if group is not None:
            return replace(group, lead=lead) if lead is not None else group
        prefix = self._prefix(i, lead)
        marked = prefix.marked or prefix.negated
        found = self._leaf(prefix, run_marked or marked) or self._light(prefix)
        if found is not None and prefix.often is not None:
            found = self._so_often(found, prefix.often)
        if found is None:
            return None
        found = self.sequences.then(found)
        negated = prefix.negated != found.negated
        if prefix.negated and found.negated:
            return None
        determiner = found.negated and not prefix.negated
        article = not marked and self._article(prefix.end)
        if self.text.low(prefix.end - 1) in _EVERY and prefix.end > i:
            found = self._about_every(found)
        if prefix.past and _of_now(found.condition):
            said = self.text.words(i, found.end)
            found = found.asking(
                f"Does '{said}' tell of the past? Only what holds now is known: say 'are', or say "
                "what happened."
            )
        if self.text.low(i) in ("if", "when") and sep in ("and", "strong_and", "or", "strong_or"):
            said = self.text.words(i, found.end)
            found = found.asking(f"Is '{said}' wanted of everyone? Say it without 'if' then.")
        own = prefix.having or prefix.doing or prefix.owning
        item = Item(
            found, sep, negated, marked or article, prefix.lead, determiner, article, own_verb=own
        )
        return self.sequences.presupposed(self.sequences.following(item))

    def _light(self, prefix: Prefix) -> Found | None:
        """'experienced a checkout failure', 'made 3 payments': the noun says what happened."""
        i = prefix.end
        determined = self.text.low(i + 1) in ("a", "an", "any", "no", "the")
        if self.text.low(i) not in _LIGHT or not (determined or quantity(self.text, i + 1)):
            return None
        events = [one for one in self.events.at(i + 1, negated=prefix.negated) if one.nominal]
        return events[0] if events else None

    def _about_every(self, found: Found) -> Found:
        """'all invoices are paid' is said of every row; only some or none can be asked for."""
        if not any(isinstance(leaf, Related | EventCount) for leaf in leaves(found.condition)):
            return found
        return found.asking(
            f"Is '{found.stated}' meant of every single one? Say 'at least one …', or 'no … that "
            "are not …'."
        )

    def _listed_item(self, i: int, sep: Sep) -> Item | None:
        return self.item(i, sep, run_marked=True)

    def _article(self, i: int) -> bool:
        return self.text.low(i) in ("a", "an", "no", "any")

    def _leaf(self, prefix: Prefix, marked: bool) -> Found | None:
        i = prefix.end
        self.furthest = max(self.furthest, i)
        candidates = [
            *self.events.at(i, negated=prefix.negated, only=prefix.only),
            *self.attributes.at(i),
            *self.related.at(i, negated=prefix.negated, lead=prefix.lead),
            *self._predicate_people(i, negated=prefix.negated),
        ]
        allowed = [one for one in candidates if marked or not one.bare_verb]
        if prefix.owning:
            allowed = [one for one in allowed if not isinstance(one.condition, InAudience)]
        if prefix.only:
            allowed = [one for one in allowed if one.counts_events]
        if not allowed:
            return None
        longest = max(one.end for one in allowed)
        best = [one for one in allowed if one.end == longest]
        return preferred(best, prefix)

    def _predicate_people(self, i: int, *, negated: bool) -> list[Found]:
        """'are iOS users', 'are those who …' is left to the caller; a 'not' ends at a comma."""
        start = i + 1 if self.text.low(i) in ("of", "at", "on", "in", "from") else i
        people = self.people(start)
        if people is None or people.bare:
            return []
        if negated and any(self.text.low(k) == "," for k in range(start, people.end)):
            return []
        conditions = [negate(p.condition) if p.negated else p.condition for p in people.parts]
        notes = tuple(note for part in people.parts for note in part.notes)
        questions = tuple(q for part in people.parts for q in part.questions)
        stated = self.text.words(i, people.end)
        return [
            Found(people.end, all_of(conditions), notes=notes, questions=questions, stated=stated)
        ]

    def _prefix(self, i: int, lead: Span | None = None) -> Prefix:
        prefix = Prefix(i)
        prefix.lead = lead
        while self._one_more(prefix):
            pass
        return prefix

    def _one_more(self, prefix: Prefix) -> bool:
        i = prefix.end
        low = self.text.low(i)
        for words in _LINKS:
            if self.text.has(i, *words):
                prefix.end, prefix.marked = i + len(words), True
                return True
        if low in _NEGATIONS or self.text.has(i, "no", "one"):
            return self._negation(prefix, i, low)
        if low == "got" and self.related.at(i):
            return False
        if low in RELATIVES or low in AUXILIARIES:
            prefix.end, prefix.marked = i + 1, True
            prefix.being = low in _BEING or (prefix.being and low not in ("been", "being"))
            prefix.past = low in ("was", "were") or (prefix.past and not prefix.having)
            prefix.having = low in ("have", "has", "had", "having")
            prefix.stative = prefix.stative and not prefix.having
            prefix.doing = low in ("do", "does", "did")
            prefix.owning = low == "with"
            prefix.possessive = low == "whose"
            return True
        if low == "to" and self.text.low(i + 1) in ("have", "be") and self.text.low(i - 1) != "due":
            prefix.end, prefix.marked = i + 2, True
            prefix.having = self.text.low(i + 1) == "have"
            return True
        if low in ("yet", "ever", "even", "their", "also", "either") and prefix.marked:
            if low == "their" and not prefix.possessive:
                prefix.possessive = True
            prefix.end = i + 1
            return True
        if low in ("only", "just") and not prefix.only and not self._counted_next(i):
            prefix.only, prefix.end = True, i + 1
            return True
        return self._leading_count(prefix) or self._leading_span(prefix) or self._set_off(prefix)

    def _leading_count(self, prefix: Prefix) -> bool:
        """'who at least twice in the last 60 days viewed …'."""
        found = quantity(self.text, prefix.end) if prefix.marked and not prefix.negated else None
        if found is None or not found.times or found.vague or found.high or prefix.often:
            return False
        prefix.often, prefix.end = found, found.end
        return True

    def _so_often(self, found: Found, often: Quantity) -> Found | None:
        """The event, as often as was said before its verb."""
        said = found.condition
        if not isinstance(said, EventCount) or found.counted or found.negated:
            return None
        if (said.op, said.n) != (Op.GE, 1):
            return None
        condition = said.model_copy(update={"op": often.op, "n": int(often.n)})
        return replace(found, condition=condition, plain=False, counted=True)

    def _negation(self, prefix: Prefix, i: int, low: str) -> bool:
        counted = self.text.has(i, "not", "more") or self.text.has(i, "not", "fewer")
        if prefix.negated or counted:
            return False
        prefix.negated = prefix.marked = True
        prefix.owning = low not in ("not", "never")
        prefix.stative = low == "not" and not prefix.having and not prefix.doing
        prefix.end = i + 1
        return True

    def _counted_next(self, i: int) -> bool:
        return quantity(self.text, i) is not None

    def _leading_span(self, prefix: Prefix) -> bool:
        span = self.times.span(prefix.end) if prefix.lead is None else None
        if span is None or span.kind not in ("window", "ever"):
            return False
        prefix.lead = replace(span, stated=self.text.words(prefix.end, span.end))
        prefix.end = span.end + 1 if self.text.low(span.end) == "," else span.end
        return True

    def _set_off(self, prefix: Prefix) -> bool:
        """'who, since the start of this year, have ordered': a period between two commas."""
        i = prefix.end
        if self.text.low(i) != "," or not prefix.marked or prefix.lead is not None:
            return False
        span = self.times.span(i + 1)
        if span is None or span.kind != "window" or self.text.low(span.end) != ",":
            return False
        prefix.lead = replace(span, stated=self.text.words(i + 1, span.end))
        prefix.end = span.end + 1
        return True

    def _group(self, i: int, sep: Sep) -> Item | None:
        """'either A or B', 'neither A nor B', '(A or B)'."""
        start = i
        while self.text.low(start) in RELATIVES or self.text.low(start) in AUXILIARIES:
            start, _marked = start + 1, True
        negated = self.text.low(start) in ("not", "never") and self.text.low(start + 1) == "either"
        start += negated
        low = self.text.low(start)
        if low not in ("either", "neither", "("):
            return None
        items, end = self.sequence(start + 1, marked=True)
        if low == "(":
            if self.text.low(end) != ")" or not items:
                return None
            found = combine(items, self.text)
            return Item(replace(found, end=end + 1), sep, False, True)
        return self._alternatives(items, sep, low == "neither" or negated)

    def _alternatives(self, items: list[Item], sep: Sep, negative: bool) -> Item | None:
        """The items up to the last 'or' that 'either' opens; the rest is read again."""
        last = max(
            (k for k, item in enumerate(items) if item.sep in ("or", "strong_or")), default=0
        )
        if last == 0:
            return None
        notes = [note for item in items[: last + 1] for note in item.found.notes]
        asked: list[str] = []
        taken = led_items(items[: last + 1], notes, asked, self.text)
        if any(item.sep in ("and", "strong_and", "but", "rel", "sentence") for item in taken[1:]):
            return None
        parts = [
            negate(item.found.condition) if item.negated else item.found.condition for item in taken
        ]
        shared = shared_window([replace(one, marked=False) for one in taken])
        if negative and shared:
            taken, shared = self._sharing(taken, shared)
            parts = [one.found.condition for one in taken]
            notes = [note for one in taken for note in one.found.notes]
        found = Found(
            end=taken[-1].found.end, condition=any_of(parts),
            form="verb", notes=tuple(notes),
            questions=(*(q for item in taken for q in item.found.questions), *asked, *shared),
        )  # fmt: skip
        return Item(found, sep, negative, True)

    def _sharing(self, taken: list[Item], asked: list[str]) -> tuple[list[Item], list[str]]:
        """'neither A nor B in the last 14 days': the period at the end holds for both."""
        span = taken[-1].found.span
        plain = all(one.found.span is None and not one.negated for one in taken[:-1])
        if span is None or span.window is None or not plain or taken[-1].negated:
            return taken, asked
        note = f"'{span.stated}' is taken to hold for everything after 'neither'."
        both = [
            replace(
                one,
                found=replace(
                    one.found,
                    condition=with_window(one.found.condition, span.window),
                    notes=(note,),
                ),
            )
            for one in taken
        ]
        return both, []


def _of_now(condition: Condition) -> bool:
    """Whether it holds today without a word of how it was: an audience, a state of people."""
    if isinstance(condition, Attribute):
        return "." in condition.column and isinstance(condition.value, str)
    return isinstance(condition, InAudience) or (
        isinstance(condition, Trait) and isinstance(condition.value, str)
    )
