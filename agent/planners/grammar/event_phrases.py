"""Phrases about events as they stand in a prompt: the words, and their count, filters and span."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from agent.planners.grammar.columns import column_noun
from agent.planners.grammar.lexicon import Entry, Lexicon
from agent.planners.grammar.quantities import Quantity, comparison, quantity, trailing_comparison
from agent.planners.grammar.times import DAY, Span, Times
from agent.planners.grammar.values import Listed, Values
from agent.planners.grammar.words import ARTICLES, Text, is_past, same_plural, same_word, stem
from core.conditions import (
    Filter,
    Op,
)

ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "tenth": 10}
NO = Quantity(0, Op.EQ, 0)
_PARTICLES = ("out", "up", "in", "off", "on", "down", "back", "over", "through")
_SAME_PAST = ("put", "hit", "cut", "set")
"""Verbs that are the same when they tell of the past."""
_SOMETHING = ("anything", "something")
_SOMEONE = ("anyone", "anybody", "someone", "somebody")
_ANY_OBJECT = (*_SOMETHING, *_SOMEONE)
_PREPOSITIONS = frozenset("by for to in on at with from of into".split())
_PASSIVE = ("was", "were", "is", "are", "been", "being", "got", "has", "have", "had", "ever")
_NOUNS = ("s", "ion", "ions", "ing", "ings")
"""How nouns made of a verb end: 'pricing views', 'task completion'."""
_SIGNS = frozenset({">=", "<=", ">", "<", "=", "==", "≥", "≤"})
_DONE = ("done", "made", "performed", "logged", "recorded", "finished")
_BARE = ("not", "do", "does", "did", "to", "never")
_HAVING = ("have", "has", "having", "with", "had")
_GOING_ON = frozenset(
    "and or but in on at for within during since more less least most exactly twice once over "
    "between from to who that with without this last yesterday today before after then never not "
    "yet only again every of the a no fewer up costing worth priced over above under "
    "below".split()
)
"""Words that may follow a value which stands for an event's object."""


@dataclass
class EventPhrase:
    """An event phrase while it is being read."""

    event: str
    start: int
    end: int
    count: Quantity | None = None
    filters: list[Filter] = field(default_factory=list)
    span: Span | None = None
    no: bool = False
    inflected: bool = False
    ordinal: int | None = None
    adjacent: bool = False
    nominal: bool = False
    verb_only: bool = False
    """One verb without an object: 'deposited', not 'made a deposit'."""
    inflected_noun: bool = False
    """Its verb was said after its noun: 'an integration connected'."""
    each: bool = False
    """After 'both': every value that is listed."""
    both: str = ""
    """Values joined by 'and', as they were said."""
    elliptic: bool = False
    """Its object was named before: 'saved two workouts but completed none'."""
    value_end: int = -1
    """Where a value among the event's own words ends."""
    questions: list[str] = field(default_factory=list)


class EventPhrases:
    """Reads phrases about events in one text."""

    def __init__(self, text: Text, lexicon: Lexicon, times: Times, values: Values) -> None:
        self.text = text
        self.lexicon = lexicon
        self.times = times
        self.values = values

    def at(self, i: int) -> Iterator[EventPhrase]:
        """Every phrase that starts at an index, as far as its own words go."""
        for start, count, no, article in self._leading(i):
            yield from self._phrases(i, start, count, no, article, [])
            listed = self.values.listed(start, "event:")
            if listed is not None:
                for owner in listed.owners:
                    one = listed.filter()
                    for read in self._phrases(i, listed.end, count, no, True, [one]):
                        if f"event:{read.event}" == owner:
                            read.both = self.text.words(start, listed.end) if listed.both else ""
                            yield read

    def _leading(self, i: int) -> Iterator[tuple[int, Quantity | None, bool, bool]]:
        low = self.text.low(i)
        found = quantity(self.text, i)
        if low in ("no", "any", "zero") and (found is None or low == "zero"):
            yield i + 1, None, low != "any", True
        elif low in ARTICLES:
            yield i + 1 + (self.text.low(i + 1) == "single"), None, False, True
        if found is not None and not found.times:
            end = found.end
            while (
                self.text.low(end) in (*ARTICLES, "different", "of")
                and self.text.low(end) != "different"
            ):
                end += 1
            yield end, found, False, True
        yield i, None, False, False

    def _phrases(
        self, i: int, start: int, count: Quantity | None, no: bool, article: bool,
        filters: list[Filter],
    ) -> Iterator[EventPhrase]:  # fmt: skip
        for entry in self.lexicon.starting("event", self.text, start):
            low = self.text.low(start)
            inflected = not same_plural(low, entry.words[0]) or (
                len(entry.words) == 1 and "_" in low
            )
            read = EventPhrase(entry.sense.name, i, start + 1, count, [*filters], no=no)
            inflected = inflected or (low in _SAME_PAST and len(entry.words) > 1)
            read.inflected = inflected or (article and (no or count is not None))
            read.nominal = article
            verb = all(word in _PARTICLES for word in entry.words[1:])
            read.verb_only = verb and read.inflected and not article
            if self.rest(entry, read, start) and not self._message(read, start):
                yield read
        owned = article or self.text.low(start - 1) in (*ARTICLES, "whose")
        for name, end, negated in self._turned_round(start, determined=owned):
            if no and negated:
                continue
            read = EventPhrase(name, i, end, count, [*filters], no=no or negated)
            read.inflected = read.inflected_noun = True
            read.nominal = count is not None
            yield read

    def _turned_round(self, i: int, *, determined: bool) -> Iterator[tuple[str, int, bool]]:
        """'workouts started', 'onboarding not completed', 'pricing views': object, then verb.

        The event, where it ends, and whether it did not happen. What the catalog counts as rows is
        left to them.
        """
        if self.lexicon.longest("entity", self.text, i) is not None:
            return
        for words, verb, name, led in self.lexicon.turned_round(self.text, i):
            k = i + len(words)
            plural = self.text.low(k - 1).endswith("s") and not words[-1].endswith("s")
            being = negated = False
            while self.text.low(k) in (*_PASSIVE, "not", "never"):
                negated = negated or self.text.low(k) in ("not", "never")
                being, k = True, k + 1
            low = self.text.low(k)
            past = (plural or determined or negated) and is_past(low) and same_word(low, verb)
            noun = not being and low.endswith(_NOUNS) and stem(low) == stem(verb)
            if (past and not led) or (noun and not same_word(low, words[-1])):
                yield name, k + 1, negated

    def _message(self, read: EventPhrase, start: int) -> bool:
        """'the upgrade nudge' is a message, though 'upgrade' is an event."""
        action = self.lexicon.longest("action", self.text, start)
        return action is not None and action.end > read.end

    def rest(self, entry: Entry, read: EventPhrase, start: int) -> bool:
        """Whether the words of an event go on from an index; what stands between them is kept."""
        inserted = False
        for word in entry.words[1:]:
            while not self._is_word(read, word):
                if word == entry.words[-1] and self._pronoun(read, word):
                    return True
                if not self._insertion(read):
                    return self._named_by_value(read)
                if word in _PREPOSITIONS and self._number_last(read):
                    return False  # 'paid more than 500 by card' counts no payments
                inserted = True
            read.end += 1
        read.adjacent = not inserted and len(entry.words) > 1
        return True

    def _is_word(self, read: EventPhrase, word: str) -> bool:
        """'sign-ins' for 'sign-in', 'anyone' and '3 people' for 'someone'."""
        low = self.text.low(read.end)
        if low and same_word(low, word):
            return True
        plural = word in _PARTICLES and low == word + "s" and read.end == read.start + 1
        person = word in _SOMEONE and (
            low in _SOMEONE or (low in ("people", "persons") and read.count is not None)
        )
        nobody = low in ("nobody", "nothing") and read.count is None and not read.no
        if nobody and word in (_SOMEONE if low == "nobody" else _SOMETHING):
            read.no = True
            return True
        return plural or person or (word in _SOMETHING and low in _SOMETHING)

    def _number_last(self, read: EventPhrase) -> bool:
        return read.count is not None and read.count.end == read.end > read.start + 1

    def _named_by_value(self, read: EventPhrase) -> bool:
        """'watched comedy', 'have Slack connected': a value of the event stands for its object."""
        having = self.text.low(read.start - 1) in _HAVING and bool(read.filters)
        done = having and self.text.low(read.end - 1).endswith("ed") and read.end > read.start + 1
        if not done and (read.value_end != read.end or not self._told(read)):
            return False
        return self._alone(read.end)

    def _pronoun(self, read: EventPhrase, word: str) -> bool:
        """'saved two workouts but never completed any': the object was named before."""
        low = self.text.low(read.end)
        if not any(same_word(self.text.low(k), word) for k in range(read.start)):
            return False
        if read.count is not None and read.count.end == read.end and self._told(read):
            # 'saved 3 workouts but completed fewer than 10'
            read.elliptic = self._alone(read.end) and self.text.low(read.end) != "of"
            return read.elliptic
        if low not in ("any", "one", "none", "them", "it") or read.count is not None:
            return False
        if low == "it" and not self._definite(read.start, word):
            return False
        if read.no and not self._told(read):
            return False  # 'no open one': one that is open, not one that they did not open
        following = self.text.low(read.end + 1)
        if following == "of" or not self._alone(read.end + 1):
            return False
        read.no = read.no or low == "none"
        read.end, read.elliptic = read.end + 1, True
        return True

    def _definite(self, i: int, noun: str) -> bool:
        """'gets the newsletter but has not opened it': the one that everybody knows."""
        return any(
            self.text.low(k) == "the" and same_word(self.text.low(k + 1), noun) for k in range(i)
        )

    def _told(self, read: EventPhrase) -> bool:
        """Whether a verb tells it: 'completed', 'did not complete'."""
        return read.inflected or self.text.low(read.start - 1) in _BARE

    def _insertion(self, read: EventPhrase) -> bool:
        low = self.text.low(read.end)
        if self._numbered(read) or (
            (read.count is None and read.ordinal is None and self._ordinal(read))
            or (read.count is None and self._quantity(read))
        ):
            pass
        elif low in ("no", "zero") and not read.no and read.count is None:
            read.no, read.end = True, read.end + 1
        elif low in ARTICLES or low in ("any", "single", "of", *_ANY_OBJECT):
            read.end += 1
        elif low == "both":
            read.end, read.each = read.end + 1, True
        else:
            listed = self.values.listed(read.end, f"event:{read.event}")
            if listed is None:
                return False
            if any(one.column == listed.column for one in read.filters):
                return False
            self._add(read, listed)
            read.value_end = listed.end
        return True

    def _numbered(self, read: EventPhrase) -> bool:
        """'wrote a 5-star review': a number of the event's own, before what it is about."""
        found = quantity(self.text, read.end)
        if found is None or not found.bare or found.vague or found.times or found.high is not None:
            return False
        after = found.end + (self.text.low(found.end) == "-")
        for name, column in self.lexicon.catalog.events[read.event].properties.items():
            end = column_noun(self.text, after, name, column)
            numeric = column.type in ("integer", "number") and end > after
            if not numeric or any(one.column == name for one in read.filters):
                continue
            if self.text.low(end) in _GOING_ON or not self.text.low(end).isalpha():
                continue
            value = int(found.n) if found.n == int(found.n) else found.n
            read.filters.append(Filter(column=name, value=value))
            read.end = end
            return True
        return False

    def _add(self, read: EventPhrase, listed: Listed) -> None:
        read.filters.append(listed.filter())
        read.both = self.text.words(read.end, listed.end) if listed.both else read.both
        read.end = listed.end

    def _ordinal(self, read: EventPhrase) -> bool:
        very = self.text.low(read.end) == "very" and self.text.low(read.end + 1) in ORDINALS
        read.end += very
        low = self.text.low(read.end)
        if low in ORDINALS:
            read.ordinal, read.end = ORDINALS[low], read.end + 1
            return True
        if low.isdigit() and self.text.low(read.end + 1) == "th":
            read.ordinal, read.end = int(low), read.end + 2
            return True
        return False

    def _quantity(self, read: EventPhrase) -> bool:
        found = quantity(self.text, read.end)
        if found is None or found.times or read.no:
            return False
        read.count, read.end = found, found.end
        return True

    def after(self, read: EventPhrase) -> None:
        """Take in what may follow a phrase: how often, when, and with which properties."""
        self._object_after(read)
        if read.nominal and read.count is not None and self.text.low(read.end) in _DONE:
            read.end += 1
        while (
            self._times_after(read) or self._span_after(read) or self._property_after(read)
            or self._tail_after(read) or self._done_after(read)
        ):  # fmt: skip
            pass

    def _tail_after(self, read: EventPhrase) -> bool:
        """'added a jacket with a price above 150 to the cart': the end of the event's phrase."""
        said = {self.text.low(k) for k in range(read.start, read.end)}
        for words in self.lexicon.tails.get(read.event, ()):
            end = read.end
            for word in words:
                while self.text.low(end) in ARTICLES:
                    end += 1
                if not same_word(self.text.low(end), word):
                    break
                end += 1
            else:
                if words[-1] not in said:
                    read.end = end
                    return True
        return False

    def _done_after(self, read: EventPhrase) -> bool:
        """'without a single integration connected': the event's own verb after its noun."""
        low = self.text.low(read.end)
        if not read.nominal or read.inflected_noun or not low.endswith("ed"):
            return False
        verbs = self.lexicon.starting("event", self.text, read.end)
        if not any(one.sense.name == read.event and len(one.words) > 1 for one in verbs):
            return False
        read.end, read.inflected_noun = read.end + 1, True
        return True

    def _often(self, i: int) -> bool:
        """'at least twice', '3 times': what stands before is said of each time."""
        found = quantity(self.text, i)
        return found is not None and found.times

    def _object_after(self, read: EventPhrase) -> None:
        """'bought shoes', 'never bought anything': the object of a verb that needs none."""
        if not read.inflected or read.end - 1 > read.start + 1:
            return
        low = self.text.low(read.end)
        if low in ("anything", "something", "nothing") and not read.no:
            read.no, read.end = low == "nothing", read.end + 1
            read.end += 2 if self.text.has(read.end, "at", "all") else 0
            return
        count = quantity(self.text, read.end) if read.count is None and not read.no else None
        counted = count is not None and not count.times and not count.vague
        start = count.end if count is not None and counted else read.end
        if counted or self.text.low(start) in ARTICLES or self.text.low(start) in ("no", "any"):
            start += not counted
        listed = self.values.listed(start, f"event:{read.event}")
        if listed is None or read.filters or not self._alone(listed.end):
            return
        read.count = count if counted else read.count
        read.no = read.no or self.text.low(start - 1) == "no"
        read.end = start
        self._add(read, listed)

    def _alone(self, i: int) -> bool:
        low = self.text.low(i)
        return not low.isalpha() or low in _GOING_ON or not self.lexicon.knows(low)

    def _times_after(self, read: EventPhrase) -> bool:
        if read.count is None and not read.no and read.ordinal is None:
            on = self.text.low(read.end) == "on"
            found = quantity(self.text, read.end + on)
            occasions = found is not None and self.text.low(found.end - 1).startswith("occasion")
            if found is not None and found.times and on == occasions:
                read.count, read.end = found, found.end
                return True
        if read.count is None and not read.no and read.ordinal is None and self._signed(read):
            return True
        if read.count is not None and read.count.bare:
            trailing = trailing_comparison(self.text, read.end)
            if trailing is not None:
                read.count = replace(read.count, op=trailing[0], bare=False)
                read.end = trailing[1]
                return True
        return self._upper_end(read)

    def _signed(self, read: EventPhrase) -> bool:
        """'viewed pricing >= 2 in the last 14 days': a sign compares how often."""
        numeric = ("integer", "number")
        columns = self.lexicon.catalog.events[read.event].properties.values()
        if self.text.low(read.end) not in _SIGNS or any(one.type in numeric for one in columns):
            return False
        found = quantity(self.text, read.end)
        if found is None or found.vague or found.currency:
            return False
        ends = self._alone(found.end) or self.times.span(found.end) is not None
        if ends:
            read.count, read.end = replace(found, bare=False), found.end
        return ends

    def _upper_end(self, read: EventPhrase) -> bool:
        """'at least one workout but no more than four': the same count once more."""
        low = read.count
        joined = self.text.low(read.end) in ("but", "and")
        if low is None or low.high is not None or low.op not in (Op.GE, Op.GT) or not joined:
            return False
        start = read.end + 1
        high = quantity(self.text, start) if comparison(self.text, start) else None
        if high is None or high.vague or high.op not in (Op.LE, Op.LT) or high.high is not None:
            return False
        if self.lexicon.knows(self.text.low(high.end)) or self.text.low(high.end) == "percent":
            return False
        last = high.n - (high.op is Op.LT)
        first = low.n + (low.op is Op.GT)
        if read.span is not None and (last < first or self.times.span(high.end) is not None):
            return False  # 'at least 2 last week and fewer than 2 the week before last'
        read.count = replace(low, op=Op.GE, n=first, high=last, bare=False)
        read.end = high.end
        return True

    def _span_after(self, read: EventPhrase) -> bool:
        if read.span is not None:
            return False
        start = read.end
        if self.text.low(start) in ("anytime", "sometime", "at"):
            start += 1 if self.text.low(start) != "at" else 0
        span = self.times.span(start)
        if span is None and self.text.low(start) == ",":
            span = self.times.span(start + 1)
            span = span if span is not None and span.kind == "ever" else None
        if span is None and (read.no or self.text.low(read.start - 1) in ("not", "never", "no")):
            span = self.times.stretch(start)
        if span is None or span.kind == "next" or self._a_length(read, start, span):
            return False
        read.span, read.end = replace(span, stated=self.text.words(start, span.end)), span.end
        return True

    def _a_length(self, read: EventPhrase, i: int, span: Span) -> bool:
        """'watched a title for more than 120 minutes': how long it lasted, where that is known."""
        compared = span.kind == "bare" and span.op is not None and span.seconds % DAY != 0
        return compared and self.values.of_event(i, read.event) is not None

    def _property_after(self, read: EventPhrase) -> bool:
        found = self.values.of_event(read.end, read.event)
        if found is None:
            return False
        named = {one.column for one in read.filters}
        if any(one.column in named for one in found.filters):
            return False
        read.filters.extend(found.filters)
        read.end = found.end
        if found.question:
            read.questions.append(found.question)
        elif found.unnamed and read.verb_only and not self._often(found.end):
            said = self.text.words(read.start, found.end)
            read.questions.append(
                f"Is the number in '{said}' of one time, or of all together? Say 'at least once' "
                "for one; sums cannot be asked for in a rule."
            )
        return True
