"""Predicates about rows that belong to a user: open tickets, subscriptions, received messages."""

from __future__ import annotations

from collections.abc import Iterator

from agent.planners.grammar.columns import column_noun
from agent.planners.grammar.frame_words import MESSAGE_NOUNS
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Found
from agent.planners.grammar.quantities import quantity
from agent.planners.grammar.row_filters import ENDS, RowFilters
from agent.planners.grammar.rows import Row, RowMeaning, current_status
from agent.planners.grammar.times import Span, Times
from agent.planners.grammar.values import Values
from agent.planners.grammar.words import ARTICLES, Text, is_past, same_plural, same_word
from core.conditions import Filter

_DID = frozenset("who that have has had never not and or but also ever did".split())
_GAVE = ("gave", "given", "left", "submitted", "scored")
"""How people are told to say what a number of a row is: 'left a CSAT of 2 on a ticket'."""


class RelatedLeaves:
    """Reads predicates about related rows at an index."""

    def __init__(self, text: Text, lexicon: Lexicon, times: Times, values: Values) -> None:
        self.text = text
        self.lexicon = lexicon
        self.times = times
        self.values = values
        self.meaning = RowMeaning(text, lexicon, times)
        self.after = RowFilters(text, times, values, lexicon.catalog.entities)
        self.many = {
            name: entity
            for name, entity in lexicon.catalog.entities.items()
            if entity.cardinality == "many"
        }

    def at(self, i: int, *, negated: bool = False, lead: Span | None = None) -> list[Found]:
        """Every reading that starts at an index, longest first.

        ``lead``: a period said before the predicate, which holds for rows without one of their own.
        """
        found = [
            self.meaning.found(row, negated)
            for name in self.many
            for row in self._rows(i, name)
            if self._determined(row, negated=negated) and self._taken(row, lead) and self._told(row)
        ]
        found += [
            self.meaning.found(row, negated) for row in self._by_column(i) if self._taken(row, lead)
        ]
        found += [
            self.meaning.found(row, negated) for row in self._by_value(i) if self._taken(row, lead)
        ]
        return sorted(found, key=lambda one: -one.end)

    def _by_value(self, i: int) -> Iterator[Row]:
        """'in arrears on any loan': a value, and then whose it is."""
        for name in self.many:
            listed = self.values.listed(i, f"entity:{name}")
            if listed is None or self.text.low(listed.end) not in ("on", "for", "with", "in"):
                continue
            row = Row(name, i, listed.end, marked=True, article=True)
            row.filters.append(listed.filter())
            self._its_row(row)
            if row.end > listed.end:
                yield row

    def _taken(self, row: Row, lead: Span | None) -> bool:
        self.after.take(row)
        if row.span is None and lead is not None and lead.window is not None:
            row.span, row.led = lead, True
        return True

    def _determined(self, row: Row, *, negated: bool) -> bool:
        """A bare singular ('push', 'ticket') is the name of a thing, not a row that a user has."""
        low = self.text.low(row.end - 1)
        if self.text.low(row.start - 1) == "whose":
            return True
        owned = self.text.low(row.start - 1) in ("have", "has", "with", "having")
        owned = owned or (self.text.low(row.start - 1) == "a" and bool(row.filters))
        counted = row.count is not None or row.no or row.article or row.moment is not None
        said = counted or negated or (owned and bool(row.filters))
        return said or low.endswith("s") or is_past(low)

    def _told(self, row: Row) -> bool:
        """'whose card expires in May': after whose, something must be said of the row."""
        return self.text.low(row.start - 1) != "whose" or bool(
            row.filters or row.moment or row.count or row.no
        )

    def _rows(self, i: int, name: str) -> Iterator[Row]:
        for start, moment in self._verbs(i, name):
            row = Row(name, i, start, moment=moment)
            row.marked = moment is not None and is_past(self.text.low(i))
            if start == i + 1 and moment is None:
                self._done_to(row)
            self._leading(row)
            if self._noun(row):
                yield row

    def _done_to(self, row: Row) -> None:
        """'never returned an order': one that is returned now, for what is known of it."""
        senses = self.values.senses(row.start, f"entity:{row.entity}")
        if not senses or not self.text.low(row.start).endswith("ed"):
            return
        sense = senses[0][0]
        row.filters.append(Filter(column=sense.name, value=sense.value))
        row.marked = row.stated_by_verb = True
        said = self.text.low(row.start)
        row.notes.append(f"'{said}' is read of what is {sense.value} now ({row.entity}).")

    def _verbs(self, i: int, name: str) -> Iterator[tuple[int, str | None]]:
        """A verb that is one of the entity's timestamps: received, opened, clicked."""
        adjective = self.values.senses(i, f"entity:{name}") and not self._determiner(i + 1)
        for match in self.lexicon.at("column", self.text, i):
            if match.sense.owner == f"entity:{name}" and not adjective:
                column = self.many[name].columns[match.sense.name]
                if column.type == "timestamp":
                    yield match.end, match.sense.name
        yield i, None
        low = self.text.low(i)
        told = low.endswith("ed") and self._determiner(i + 1) and self.text.low(i - 1) in _DID
        if told and self.values.senses(i, f"entity:{name}"):
            yield i + 1, None
        if self.text.low(i) in _GAVE and i > 0:
            yield i + 1, None
        if self.text.low(i) == "on" and current_status(self.lexicon.catalog, name):
            yield i + 1, None

    def _determiner(self, i: int) -> bool:
        """'paid an invoice' tells what happened, 'paid invoices' what they are."""
        counted = quantity(self.text, i) is not None
        return counted or self.text.low(i) in (*ARTICLES, "any", "no", "all", "some")

    def _by_column(self, i: int) -> Iterator[Row]:
        """'a CSAT below 3 (on any ticket)': a number that only one kind of row has."""
        start = i
        while self.text.low(start) in (*ARTICLES, *_GAVE, "any"):
            start += 1
        for match in self.lexicon.at("column", self.text, start):
            name = match.sense.owner.removeprefix("entity:")
            if name not in self.many:
                continue
            column = self.many[name].columns[match.sense.name]
            if column.type not in ("integer", "number"):
                continue
            measured = self.values.measures.at(start, match.sense.owner, {match.sense.name: column})
            if measured is None:
                continue
            row = Row(name, i, measured.end, marked=True, article=True)
            row.filters.extend(measured.filters)
            self._its_row(row)
            said = self.text.words(i, row.end)
            if column.type == "number" and row.end == measured.end:
                row.questions.append(
                    f"Of which {name} is '{said}': any one, or all together? Say '{name} with …' "
                    "for any; a sum needs a trait."
                )
            row.notes.append(f"'{said}' means at least one {name} with it.")
            yield row

    def _its_row(self, row: Row) -> None:
        """'… on any ticket': the row that the column was said of."""
        position = row.end
        while self.text.low(position) in ("on", "in", "for", "to", "from", "with", "of", "any",
                                          "some", "at", "least", "one", *ARTICLES):  # fmt: skip
            position += 1
        listed = self.values.listed(position, f"entity:{row.entity}")
        kind = listed if listed is not None and position > row.end else None
        for match in self.lexicon.at("entity", self.text, kind.end if kind else position):
            if match.sense.name == row.entity and position > row.end:
                row.end = match.end
                row.filters += [kind.filter()] if kind else []
                return

    def _leading(self, row: Row) -> None:
        while True:
            low = self.text.low(row.end)
            if self._number_before(row) or self._number_as_value(row):
                continue
            if row.count is None and not row.no and low != "zero" and self._quantity(row):
                row.marked = True
            elif low in ("no", "zero") and row.count is None and not row.no:
                row.no, row.end, row.marked = True, row.end + 1, True
            elif self._article(row):
                row.end, row.article = row.end + 1, True
            elif not self._value(row):
                return

    def _article(self, row: Row) -> bool:
        low = self.text.low(row.end)
        again = row.end > row.start and self.text.low(row.end - 1) in ARTICLES
        told = row.stated_by_verb and len(row.filters) == 1
        leading = low in ARTICLES and (told or not row.filters) and not again
        counted = row.count is not None and row.count.end == row.end and low == "of"
        of_theirs = counted and self.text.low(row.end + 1) in ARTICLES
        return leading or of_theirs or low == "any" or self.text.has(row.end - 1, "any", "of")

    def _number_as_value(self, row: Row) -> bool:
        """'a 4K rental': what begins with a number may be the name of a value."""
        found = quantity(self.text, row.end)
        senses = self.values.senses(row.end, f"entity:{row.entity}")
        longer = found is not None and any(end >= found.end for _, end in senses)
        return longer and self._value(row)

    def _number_before(self, row: Row) -> bool:
        """'a 1-star review': a number of the row's own column, before its noun."""
        found = quantity(self.text, row.end)
        if found is None or found.vague or not found.bare or found.high is not None:
            return False
        for name, column in self.many[row.entity].columns.items():
            hyphen = self.text.low(found.end) == "-"
            end = column_noun(self.text, found.end + hyphen, name, column)
            if column.type not in ("integer", "number") or end == found.end + hyphen:
                continue
            nouns = self.lexicon.at("entity", self.text, end)
            if any(match.sense.name == row.entity for match in nouns):
                value = int(found.n) if found.n == int(found.n) else found.n
                row.filters.append(Filter(column=name, value=value))
                row.end = end
                return True
        return False

    def _quantity(self, row: Row) -> bool:
        found = quantity(self.text, row.end)
        if found is None or found.times:
            return False
        row.count, row.end = found, found.end
        return True

    def _value(self, row: Row) -> bool:
        owner = f"entity:{row.entity}"
        nouns = self.lexicon.at("entity", self.text, row.end)
        if any(match.sense.name == row.entity for match in nouns):
            return False
        negated = self.text.low(row.end) in ("not", "non") and row.end > row.start
        listed = self.values.listed(row.end + negated, owner)
        if listed is None and (row.no or row.article or row.count is not None):
            return self.after.flag_before(row)
        if listed is None or any(one.column == listed.column for one in row.filters):
            return False
        self.after.add(row, listed, negated=negated)
        return True

    def _noun(self, row: Row) -> bool:
        for match in self.lexicon.at("entity", self.text, row.end):
            if match.sense.name == row.entity:
                self._implied(row)
                row.end = match.end
                while self._noun_again(row):
                    row.end += 1
                return True
        return (
            self._message_named(row) or self._value_with_noun(row) or self._without_noun(row)
            or self._last_word(row)
        )  # fmt: skip

    def _last_word(self, row: Row) -> bool:
        """'an open billing request' for a support request: the noun's last word after values."""
        low = self.text.low(row.end)
        phrases = self.many[row.entity].phrases
        named = any(" " in one and same_plural(low, one.split()[-1]) for one in phrases)
        owned = row.no or row.article or row.count is not None or row.marked
        if not (named and row.filters and owned) or self.lexicon.at("event", self.text, row.end):
            return False
        row.end += 1
        return True

    def _without_noun(self, row: Row) -> bool:
        """'rented two comedies', 'rented something': the verb says what the row is."""
        if row.moment is None or not row.marked or row.start == row.end:
            return False
        low = self.text.low(row.end)
        if low in ("anything", "something", "nothing") and not row.filters:
            row.no, row.end = row.no or low == "nothing", row.end + 1
            row.article = True
            return True
        told = bool(row.filters) and self.values.senses(row.end - 1, f"entity:{row.entity}")
        ended = not self.lexicon.knows(low) or low in ENDS
        return bool(told) and ended and (row.count is not None or row.no or row.article)

    def _message_named(self, row: Row) -> bool:
        """'received the upgrade nudge': a message of the catalog, by its name."""
        told = is_past(self.text.low(row.start)) or self.text.has(row.start - 2, "did", "not")
        if not told or "action_key" not in self.many[row.entity].columns or row.moment is None:
            return False
        match = self.lexicon.longest("action", self.text, row.end)
        if match is None:
            return False
        row.filters.append(Filter(column="action_key", value=match.sense.name))
        row.end = match.end
        while self.text.low(row.end) in MESSAGE_NOUNS:
            row.end += 1
        return True

    def _noun_again(self, row: Row) -> bool:
        """'push notification', 'support ticket': nouns of one thing in a row."""
        nouns = self.lexicon.at("entity", self.text, row.end)
        return any(one.sense.name == row.entity and one.end == row.end + 1 for one in nouns)

    def _implied(self, row: Row) -> None:
        """'an email' names the entity and a value of one of its columns at once."""
        for sense, _ in self.values.senses(row.end, f"entity:{row.entity}"):
            if all(one.column != sense.name for one in row.filters):
                row.filters.append(Filter(column=sense.name, value=sense.value))
        low = self.text.low(row.end)
        if not row.filters and low.endswith("ed"):
            for column, value in self._past_values(row, low):
                row.filters.append(Filter(column=column, value=value))

    def _past_values(self, row: Row, low: str) -> Iterator[tuple[str, str]]:
        for column, described in self.many[row.entity].columns.items():
            for value, phrases in (described.values or {}).items():
                if any(same_word(low, phrase) for phrase in (value, *phrases)):
                    yield column, value
                    return

    def _value_with_noun(self, row: Row) -> bool:
        """A value phrase that ends in the entity's own noun, so that it stands for both."""
        if not row.filters or row.end == row.start:
            return False
        words = self.text.words(row.start, row.end).lower().split()
        nouns = self.lexicon.catalog.entities[row.entity].phrases
        ends = (row.entity, *nouns)
        return len(words) > 1 and any(
            same_plural(words[-1], noun.split()[-1]) or same_plural(words[0], noun.split()[-1])
            for noun in ends
        )
