"""Predicates about rows that belong to a user: open tickets, subscriptions, received messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from agent.planners.grammar.frame_words import MESSAGE_NOUNS
from agent.planners.grammar.lexicon import Lexicon, Match
from agent.planners.grammar.meaning import Found
from agent.planners.grammar.quantities import quantity, trailing_comparison
from agent.planners.grammar.rows import Row, RowMeaning, current_status
from agent.planners.grammar.times import Times
from agent.planners.grammar.values import Values
from agent.planners.grammar.words import ARTICLES, Text, is_past, same_plural, same_word
from core.conditions import Filter
from warehouse.catalog import Column

_FILLERS = frozenset(
    "of with that which are is were was a an the about on for regarding in to".split()
)


class RelatedLeaves:
    """Reads predicates about related rows at an index."""

    def __init__(self, text: Text, lexicon: Lexicon, times: Times, values: Values) -> None:
        self.text = text
        self.lexicon = lexicon
        self.times = times
        self.values = values
        self.meaning = RowMeaning(text, lexicon, times)
        self.many = {
            name: entity
            for name, entity in lexicon.catalog.entities.items()
            if entity.cardinality == "many"
        }

    def at(self, i: int, *, negated: bool = False) -> list[Found]:
        """Every reading that starts at an index, longest first."""
        found = [
            self.meaning.found(row, negated)
            for name in self.many
            for row in self._rows(i, name)
            if self._determined(row, negated=negated) and self._after(row)
        ]
        found += [
            self.meaning.found(row, negated) for row in self._by_column(i) if self._after(row)
        ]
        return sorted(found, key=lambda one: -one.end)

    def _determined(self, row: Row, *, negated: bool) -> bool:
        """A bare singular ('push', 'ticket') is the name of a thing, not a row that a user has."""
        low = self.text.low(row.end - 1)
        owned = self.text.low(row.start - 1) in ("have", "has", "with", "having")
        counted = row.count is not None or row.no or row.article or row.moment is not None
        said = counted or negated or (owned and bool(row.filters))
        return said or low.endswith("s") or is_past(low)

    def _rows(self, i: int, name: str) -> Iterator[Row]:
        for start, moment in self._verbs(i, name):
            row = Row(name, i, start, moment=moment)
            row.marked = moment is not None and is_past(self.text.low(i))
            self._leading(row)
            if self._noun(row):
                yield row

    def _verbs(self, i: int, name: str) -> Iterator[tuple[int, str | None]]:
        """A verb that is one of the entity's timestamps: received, opened, clicked."""
        adjective = self.values.senses(i, f"entity:{name}")
        for match in self.lexicon.at("column", self.text, i):
            if match.sense.owner == f"entity:{name}" and not adjective:
                column = self.many[name].columns[match.sense.name]
                if column.type == "timestamp":
                    yield match.end, match.sense.name
        yield i, None
        if self.text.low(i) == "on" and current_status(self.lexicon.catalog, name):
            yield i + 1, None

    def _by_column(self, i: int) -> Iterator[Row]:
        """'a CSAT below 3 (on any ticket)': a number that only one kind of row has."""
        start = i
        while self.text.low(start) in (*ARTICLES, "gave", "any"):
            start += 1
        for match in self.lexicon.at("column", self.text, start):
            name = match.sense.owner.removeprefix("entity:")
            if name not in self.many or self.many[name].columns[match.sense.name].type != "integer":
                continue
            row = Row(name, i, match.end, marked=True, article=True)
            if self._column_filter(row, match, self.many[name].columns[match.sense.name]):
                self._its_row(row)
                said = self.text.words(i, row.end)
                row.notes.append(f"'{said}' means at least one {name} with it.")
                yield row

    def _its_row(self, row: Row) -> None:
        """'… on any ticket': the row that the column was said of."""
        position = row.end
        while self.text.low(position) in ("on", "in", "for", "to", "from", "with", "of", "any",
                                          "some", "at", "least", "one", *ARTICLES):  # fmt: skip
            position += 1
        for match in self.lexicon.at("entity", self.text, position):
            if match.sense.name == row.entity and position > row.end:
                row.end = match.end
                return

    def _leading(self, row: Row) -> None:
        while True:
            low = self.text.low(row.end)
            if row.count is None and not row.no and low != "zero" and self._quantity(row):
                row.marked = True
            elif low in ("no", "zero") and row.count is None and not row.no:
                row.no, row.end, row.marked = True, row.end + 1, True
            elif low in ARTICLES or low == "any" or self.text.has(row.end - 1, "any", "of"):
                row.end, row.article = row.end + 1, True
            elif not self._value(row):
                return

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
        listed = self.values.listed(row.end, owner)
        if listed is None or any(one.column == listed.column for one in row.filters):
            return False
        row.filters.append(listed.filter())
        row.end = listed.end
        return True

    def _noun(self, row: Row) -> bool:
        for match in self.lexicon.at("entity", self.text, row.end):
            if match.sense.name == row.entity:
                self._implied(row)
                row.end = match.end
                while self._noun_again(row):
                    row.end += 1
                return True
        return self._message_named(row) or self._value_with_noun(row)

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

    def _after(self, row: Row) -> bool:
        while (
            self._trailing_count(row) or self._span(row) or self._verb_span(row)
            or self._filter_after(row)
        ):  # fmt: skip
            pass
        return True

    def _trailing_count(self, row: Row) -> bool:
        if row.count is not None and row.count.bare:
            trailing = trailing_comparison(self.text, row.end)
            if trailing is not None:
                row.count = replace(row.count, op=trailing[0], bare=False)
                row.end = trailing[1]
                return True
        if row.count is None and not row.no:
            found = quantity(self.text, row.end)
            if found is not None and found.times:
                row.count, row.end = found, found.end
                return True
        return False

    def _span(self, row: Row) -> bool:
        span = self.times.span(row.end)
        if row.span is not None or span is None or span.kind == "next":
            return False
        row.span, row.end = replace(span, stated=self.text.words(row.end, span.end)), span.end
        return True

    def _verb_span(self, row: Row) -> bool:
        """'tickets (that were) opened in the last 7 days'."""
        start = self._skip(row.end)
        for match in self.lexicon.at("column", self.text, start):
            column = self._own_column(row, match)
            if column is not None and column.type == "timestamp" and row.moment is None:
                span = self.times.span(match.end)
                if span is not None and span.kind != "next":
                    row.moment, row.span = match.sense.name, span
                    row.end = span.end
                    return True
        return False

    def _filter_after(self, row: Row) -> bool:
        start = self._skip(row.end)
        for match in self.lexicon.at("column", self.text, start):
            column = self._own_column(row, match)
            if column is not None and self._column_filter(row, match, column):
                return True
        listed = self.values.listed(start, f"entity:{row.entity}")
        if start == row.end and listed is not None and not self._ends(listed.end):
            return False
        if listed is None or any(one.column == listed.column for one in row.filters):
            return False
        if start == row.end and self.text.low(start).endswith("ed"):
            said = self.text.words(row.start, listed.end)
            row.questions.append(
                f"Is '{said}' a state now, or something that happened? Put '{self.text.low(start)}'"
                f" before the {row.entity} for the state, or say it with a verb."
            )
        row.filters.append(listed.filter())
        row.end = listed.end
        return True

    def _column_filter(self, row: Row, match: Match, column: Column) -> bool:
        position = match.end
        while self.text.low(position) in ("is", "was", "of", "=", ":", "are", "score", "rating"):
            position += 1
        if column.type in ("integer", "number"):
            found = quantity(self.text, position)
            if found is None or found.vague:
                return False
            row.filters.extend(
                Filter(column=match.sense.name, op=op, value=_plain(n)) for op, n in found.bounds()
            )
            row.end = found.end
            return True
        listed = self.values.named(position, match.sense.owner, match.sense.name, column)
        if listed is None:
            return False
        row.filters.append(listed.filter())
        row.end = listed.end
        return True

    def _own_column(self, row: Row, match: Match) -> Column | None:
        if match.sense.owner != f"entity:{row.entity}":
            return None
        return self.many[row.entity].columns[match.sense.name]

    def _ends(self, i: int) -> bool:
        return self.text.low(i) in (
            "",
            ".",
            ",",
            ";",
            "and",
            "or",
            "but",
            "!",
            "?",
            ")",
            "\n",
            "get",
            "gets",
            "about",
            "regarding",
        )

    def _skip(self, i: int) -> int:
        while self.text.low(i) in _FILLERS:
            i += 1
        return i


def _plain(n: float) -> int | float:
    return int(n) if n == int(n) else n
