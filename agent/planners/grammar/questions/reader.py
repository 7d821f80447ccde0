"""A question read word by word: each word fills a slot, is a declared filler, or is reported."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from agent.planners.grammar.clauses import Clauses
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.logic import combine
from agent.planners.grammar.meaning import Unclear, negate
from agent.planners.grammar.quantities import number
from agent.planners.grammar.questions import phrases
from agent.planners.grammar.questions.columns import Columns
from agent.planners.grammar.questions.filters import RowFilters
from agent.planners.grammar.questions.periods import Periods
from agent.planners.grammar.questions.rates import rate_at
from agent.planners.grammar.questions.slots import Asked, Named, ValuesSaid
from agent.planners.grammar.questions.things import Thing, Things
from agent.planners.grammar.questions.unknown import NothingNamed, not_known
from agent.planners.grammar.questions.world import world_of
from agent.planners.grammar.words import Text, same_word

Step = Callable[[int], int | None]


class QuestionReader:
    """Reads one question completely, or says what it could not read."""

    def __init__(self, text: Text, lexicon: Lexicon, as_of: datetime) -> None:
        self.text = text
        self.lexicon = lexicon
        self.world = world_of(lexicon)
        self.clauses = Clauses(text, lexicon, as_of)
        self.periods = Periods(text, self.clauses.times, as_of)
        self.things = Things(text, lexicon, self.world)
        self.columns = Columns(text, self.world)
        self.filters = RowFilters(text, self.clauses, self.columns)
        self.asked = Asked()

    def read(self) -> Asked:
        """The whole text; raises Unclear at the first words that mean nothing here."""
        steps: tuple[Step, ...] = (
            self._mark, self._count, self._share, self._trend, self._grain, self._period,
            self._compare, self._versus, self._ranked, self._which, self._rate, self._group,
            self._function, self._metric, self._people, self._predicate, self._row_filter,
            self._thing, self._number, self._revenue, self._values, self._superlative,
            self._preposition, self._verb_again, self._filler,
        )  # fmt: skip
        i = 0
        while i < len(self.text):
            for step in steps:
                end = step(i)
                if end is not None and end > i:
                    i = end
                    break
            else:
                raise self._unknown(i, steps)
        return self.asked

    def _unknown(self, i: int, steps: tuple[Step, ...]) -> Unclear:
        """The words up to the next one that means something, with the nearest names."""
        before, self.asked = self.asked, Asked()
        end = i + 1
        while end < len(self.text) and not any(step(end) for step in steps[:-2]):
            end += 1
        rest = end
        while rest < len(self.text):
            rest = next((to for step in steps if (to := step(rest)) and to > rest), rest + 1)
        if not any(slots.tells() for slots in (before, self.asked)):
            return NothingNamed(question="Nothing of the catalog is named.")
        return not_known(self.text, self.world, i, end)

    def _has(self, i: int, lists: tuple[tuple[str, ...], ...]) -> int | None:
        """Where the longest of some phrases at an index ends."""
        ends = [i + len(words) for words in lists if self.text.has(i, *words)]
        return max(ends, default=None)

    def _mark(self, i: int) -> int | None:
        return i + 1 if self.text.low(i) in phrases.STOP else None

    # the frame

    def _count(self, i: int) -> int | None:
        end = self._has(i, phrases.COUNTERS)
        self.asked.counting = self.asked.counting or end is not None
        return end

    def _share(self, i: int) -> int | None:
        end = self._has(i, phrases.SHARES)
        self.asked.share = self.asked.share or end is not None
        return end

    def _trend(self, i: int) -> int | None:
        end = self._has(i, phrases.TRENDS)
        self.asked.trend = self.asked.trend or end is not None
        return end

    def _grain(self, i: int) -> int | None:
        low = self.text.low(i)
        grain, end = phrases.ADVERBS.get(low), i + 1
        if grain is None and low in ("per", "by", "each", "every"):
            end = i + (2 if self.text.low(i + 1) in ("each", "every", "calendar") else 1) + 1
            grain = phrases.GRAINS.get(self.text.low(end - 1))
        if grain is None and low in phrases.GRAINS and self.text.has(i + 1, "by", low):
            grain, end = phrases.GRAINS[low], i + 3
        if grain is None:
            return None
        if self.asked.grain not in (None, grain):
            self.asked.questions.append(
                f"Per {self.asked.grain} or per {grain}? Name one of the two."
            )
        self.asked.grain = grain
        return end

    def _period(self, i: int) -> int | None:
        said = self.periods.at(i)
        if said is None:
            return None
        self.asked.periods.append(said)
        return said.end

    def _compare(self, i: int) -> int | None:
        end = self._has(i, phrases.COMPARES)
        if end is None or (self.text.low(i) == "between" and not self._compared_after(end)):
            return None
        self.asked.compares = True
        return end

    def _compared_after(self, i: int) -> bool:
        return self.columns.values(i) is not None or self.periods.at(i) is not None

    def _versus(self, i: int) -> int | None:
        end = self._has(i, phrases.VERSUS)
        joined = self.asked.compares and self.text.low(i) in ("and", "to", "with")
        if end is None and joined and self.periods.at(i + 1) is not None:
            end = i + 1
        self.asked.versus = self.asked.versus or end is not None
        return end

    # order

    def _ranked(self, i: int) -> int | None:
        """'top 5 countries', 'the 3 biggest sources', 'bottom 2'."""
        start = i + 1 if self.text.low(i) == "the" else i
        counted = number(self.text, start)
        if counted is not None and self._direction(counted[1]):
            named = self.columns.named(counted[1] + 1)
            return self._take_rank(counted[1], counted[0], counted[1] + 1, named)
        if not self._direction(start) or self.text.low(start) in ("most", "least"):
            return None
        after = number(self.text, start + 1)
        end = after[1] if after is not None else start + 1
        named = self.columns.named(end) or self.columns.user(end)
        if named is None or (after is None and self.text.low(start) not in ("top", "bottom")):
            return None
        return self._take_rank(start, after[0] if after else None, end, named)

    def _take_rank(self, at: int, n: float | None, end: int, named: Named | None) -> int | None:
        named = named or self.columns.user(end)
        if named is None:
            return None
        asked = self.asked
        asked.order = "asc" if self.text.low(at) in phrases.LEAST else "desc"
        asked.ranks = True
        asked.limit = int(n) if n is not None else 10
        if n is None:
            asked.notes.append(f"'{self.text.words(at, named.end)}' gives 10: no number was named.")
        asked.by.append(named)
        return named.end

    def _direction(self, i: int) -> bool:
        return self.text.low(i) in phrases.MOST | phrases.LEAST

    def _which(self, i: int) -> int | None:
        """'which country', 'what 3 sources'."""
        if self.text.low(i) not in ("which", "what"):
            return None
        counted = number(self.text, i + 1)
        start = counted[1] if counted is not None else i + 1
        grain = phrases.GRAINS.get(self.text.low(start).removesuffix("s"))
        if grain is not None and self._verb_follows(start + 1):
            self.asked.grain, self.asked.ranks = grain, True
            self.asked.limit = int(counted[0]) if counted is not None else 1
            return start + 1
        named = self.columns.named(start)
        if named is None or not self._verb_follows(named.end):
            return None
        self.asked.by.append(named)
        self.asked.ranks = True
        self.asked.limit = int(counted[0]) if counted is not None else 1
        return named.end

    def _verb_follows(self, i: int) -> bool:
        verbs = "has have had is are was were did do does gets get brings bring gave gives shows"
        return self.text.low(i) in (*verbs.split(), "brought", "generates", "generated", "see")

    def _superlative(self, i: int) -> int | None:
        """'the highest', 'most signups', 'most popular', 'most common ticket reason'."""
        low = self.text.low(i)
        if low not in phrases.MOST | phrases.LEAST:
            return None
        self.asked.order = "asc" if low in phrases.LEAST else "desc"
        if self.text.low(i + 1) not in phrases.COMMON:
            return i + 1 if self.asked.by or self.asked.ranks else None
        named = self.columns.named(i + 2) or self.columns.partly(i + 2)
        if named is None:
            return i + 2 if self.asked.by else None
        self.asked.by.append(named)
        self.asked.limit, self.asked.ranks = self.asked.limit or 1, True
        return named.end

    # groups

    def _group(self, i: int) -> int | None:
        end = self._has(i, phrases.GROUPERS)
        if end is None:
            return None
        if self.asked.ranks and not self._measured() and self._measure_at(end):
            return end
        if self.lexicon.is_person(self.text, end) and self.text.low(i) in ("per", "for", "each"):
            self.asked.per_user = True
            return end + 1
        named = self._named_group(end)
        if named is None:
            return self._per_thing(i, end)
        while named is not None:
            self.asked.by.append(named)
            end = named.end
            step = 1 + (self.text.low(end + 1) in ("by", "per"))
            joined = self.text.low(end) in ("and", ",", "&", "then")
            named = self._named_group(end + step) if joined else None
        return end

    def _named_group(self, i: int) -> Named | None:
        found = self.columns.named(i)
        if found is None and self.columns.values(i) is None and self.things.at(i) is None:
            found = self.columns.partly(i)
        return found or (self.columns.user(i) if self.text.low(i - 1) == "by" else None)

    def _per_thing(self, i: int, end: int) -> int | None:
        thing = self.things.at(end) if self.text.low(i) in ("per", "each") else None
        if thing is None or thing.rows.of == "users":
            return None
        self.asked.per_thing = thing
        return thing.end

    def _measured(self) -> bool:
        asked = self.asked
        named = asked.metrics or asked.numbers or asked.things or asked.rates
        return bool(named or asked.revenue or asked.users)

    def _measure_at(self, i: int) -> bool:
        while self.text.low(i) in phrases.FUNCTIONS or self._has(i, phrases.COUNTERS):
            i = self._has(i, phrases.COUNTERS) or i + 1
        return bool(
            self.things.at(i) or self.columns.named(i, numeric=True)
            or self.lexicon.longest("metric", self.text, i) or self.clauses.people(i)
            or rate_at(self.text, i, self.world) or self.text.low(i) in phrases.REVENUE
        )  # fmt: skip

    # what is measured

    def _function(self, i: int) -> int | None:
        low = self.text.low(i)
        function = phrases.FUNCTIONS.get(low)
        direct = {"highest": "max", "lowest": "min"}.get(low)
        if function is None and direct and not self.asked.by:
            function = "max" if direct == "max" else "min"
            if self.columns.named(i + 1, numeric=True) is None:
                return None
        if function is None:
            return None
        if low == "overall" and self.asked.function is not None:
            return i + 1
        self.asked.function = function
        self.asked.function_words = low
        return i + 2 if self.text.has(i + 1, "of") else i + 1

    def _metric(self, i: int) -> int | None:
        match = self.lexicon.longest("metric", self.text, i)
        thing = self.things.at(i)
        if match is None or (thing is not None and thing.end > match.end):
            return None
        if thing is not None and not self.text.low(match.end - 1).startswith(("rate", "convers")):
            return None
        if match.sense.name not in self.asked.metrics:
            self.asked.metrics.append(match.sense.name)
        self.asked.metric_words = self.text.words(i, match.end)
        return match.end

    def _rate(self, i: int) -> int | None:
        found = rate_at(self.text, i, self.world)
        if not found or self.lexicon.longest("metric", self.text, i):
            return None
        self.asked.rates = found
        return found[0][2].end

    def _thing(self, i: int) -> int | None:
        thing = self.things.at(i)
        if thing is None or self._values_first(i, thing):
            return None
        named = self.columns.named(i, numeric=True)
        own = named is not None and any(owner == thing.owner for owner, _ in named.senses)
        if named is not None and (named.end > thing.end or (own and named.end == thing.end)):
            return None
        self.asked.things.append(thing)
        return thing.end

    def _values_first(self, i: int, thing: Thing) -> bool:
        """'push and email open rate': words for messages that are values of theirs here."""
        said = self.columns.values(i)
        if said is None:
            return False
        if rate_at(self.text, said.end, self.world):
            return True
        return said.joined != "one" and said.end >= thing.end

    def _number(self, i: int) -> int | None:
        named = self.columns.named(i, numeric=True) or self._after_noun(i)
        if named is None:
            return None
        self.asked.numbers.append(named)
        return named.end

    def _after_noun(self, i: int) -> Named | None:
        """'order value', 'session duration' where the catalog has only 'duration'."""
        return None if not self.asked.things else self.columns.named(i, numeric=True)

    def _revenue(self, i: int) -> int | None:
        if self.text.low(i) not in phrases.REVENUE or self.lexicon.catalog.layout.sales is None:
            return None
        self.asked.revenue = True
        return i + 1

    # of whom

    def _people(self, i: int) -> int | None:
        people = self.clauses.people(i)
        if people is None or self._signup(i, people.end):
            return None
        for part in people.parts:
            self.asked.people.append(negate(part.condition) if part.negated else part.condition)
            self.asked.notes.extend(part.notes)
            self.asked.questions.extend(part.questions)
        self.asked.users = True
        self.asked.users_first = self.asked.counting and not self.asked.things
        return self._predicates(people.end)

    def _signup(self, i: int, end: int) -> bool:
        thing = self.things.at(i)
        return thing is not None and thing.rows.of == "users" and thing.end >= end

    def _predicates(self, i: int) -> int:
        """What follows the noun; a second one without a connector is the main verb."""
        start = i + 1 if self.text.low(i) in ("have", "has", "had", "did", "do") else i
        for _ in range(2):
            items, end = self.clauses.sequence(start, marked=True)
            if not items or self._grouped(start):
                return start if self.asked.predicates else i
            found = combine(items, self.text)
            self.asked.predicates.append(found.condition)
            self.asked.notes.extend(found.notes)
            self.asked.questions.extend(found.questions)
            start = i = end
        return start

    def _grouped(self, i: int) -> bool:
        """'by country', 'on iOS vs Android', 'in each …' say how to split, not who is meant."""
        end = self._has(i, phrases.GROUPERS)
        if end is not None and self.columns.named(end) is not None:
            return True
        start = i + 1 if self.text.low(i) in phrases.PREPOSITIONS else i
        values = self.columns.values(start)
        return values is not None and values.joined == "versus"

    def _predicate(self, i: int) -> int | None:
        """'… who have an open ticket', after what is counted."""
        if not self.asked.users or self.text.low(i) not in ("who", "whose", "with", "without"):
            return None
        end = self._predicates(i)
        return end if end > i else None

    # filters

    def _row_filter(self, i: int) -> int | None:
        if not self.asked.things:
            return None
        thing = self.asked.things[-1]
        found = self.filters.at(i, thing)
        if found is None:
            return None
        filters, end = found
        thing.after.extend(filters)
        return end

    def _values(self, i: int) -> int | None:
        excluded = self._has(i, phrases.EXCEPT)
        start = excluded or i
        while self.text.low(start) in phrases.PREPOSITIONS or self.text.low(start) == "the":
            start += 1
        said = self.columns.values(start)
        if said is None:
            return None
        self.asked.values.append(
            ValuesSaid(said.words, said.end, said.senses, said.joined, excluded is not None)
        )
        return self._column_word(said)

    def _column_word(self, said: ValuesSaid) -> int:
        """'iOS devices', 'the German market': the column's own word may follow its value."""
        named = self.columns.named(said.end)
        if not self.asked.things and self.things.at(said.end) is not None:
            return said.end
        of_column = named is not None and any(sense in said.senses for sense in named.senses)
        return named.end if named is not None and of_column else said.end

    def _verb_again(self, i: int) -> int | None:
        """'how many workouts did iOS users complete': the verb of the event that was named."""
        thing = self.asked.things[-1] if self.asked.things and self.asked.users else None
        if thing is None or thing.rows.of != "event":
            return None
        low = self.text.low(i)
        entries = self.lexicon.entries
        words = {
            word
            for entry in entries
            if entry.sense.kind == "event" and entry.sense.name == thing.rows.name
            for word in entry.words
        }
        return i + 1 if low and any(same_word(low, word) for word in words) else None

    def _preposition(self, i: int) -> int | None:
        if self.text.low(i) not in phrases.PREPOSITIONS:
            return None
        follows = (
            self.clauses.people(i + 1) or self.columns.values(i + 1) or self.things.at(i + 1)
            or self.lexicon.longest("metric", self.text, i + 1)
            or self.columns.named(i + 1, numeric=True)
        )  # fmt: skip
        return i + 1 if follows else None

    def _filler(self, i: int) -> int | None:
        distinct = self.text.low(i) in ("distinct", "unique", "individual")
        if distinct and self.lexicon.is_person(self.text, i + 1):
            return i + 1
        return i + 1 if self.text.low(i) in phrases.FILLERS else None
