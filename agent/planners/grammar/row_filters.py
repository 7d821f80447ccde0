"""What is said of a related row after its noun: when, of what kind, over which number."""

from __future__ import annotations

from dataclasses import replace

from agent.planners.grammar.columns import column_noun
from agent.planners.grammar.lexicon import Lexicon, Match
from agent.planners.grammar.quantities import quantity, trailing_comparison
from agent.planners.grammar.row_ages import RowAges
from agent.planners.grammar.rows import STATES, Row, looks_ahead, span_filters
from agent.planners.grammar.times import Span, Times
from agent.planners.grammar.values import Listed, Values
from agent.planners.grammar.words import ARTICLES, Text
from core.conditions import Filter, Op
from warehouse.catalog import Column, Entity

_FILLERS = frozenset(
    "of with that which are is were was a an the about on for regarding in to concerning still "
    "currently as".split()
)
_NOW = (("today",), ("right", "now"), ("now",), ("at", "the", "moment"), ("at", "present"))
ENDS = ("", ".", ",", ";", "and", "or", "but", "!", "?", ")", "\n", "get", "gets", "about",
         "regarding", "in", "over", "during", "within", "since")  # fmt: skip


_STILL = ("still", "currently", "now")


class RowFilters:
    """Reads what follows the noun of a row."""

    def __init__(
        self, text: Text, times: Times, values: Values, entities: dict[str, Entity]
    ) -> None:
        self.text = text
        self.lexicon: Lexicon = values.lexicon
        self.times = times
        self.values = values
        self.entities = entities
        self.ages = RowAges(text, times, entities)

    def take(self, row: Row) -> None:
        """Take in everything that belongs to the row."""
        while (
            self._ours(row) or self._now(row) or self._trailing_count(row) or self._span(row)
            or self._flag_after(row) or self._verb_span(row) or self._measured(row)
            or self._filter_after(row) or self._and_its(row) or self._in_it(row)
        ):  # fmt: skip
            pass

    def _in_it(self, row: Row) -> bool:
        """'a project with over 60 tasks in it'."""
        inside = self.text.low(row.end) in ("in", "on") and bool(row.filters)
        if not (inside and self.text.low(row.end + 1) in ("it", "them")):
            return False
        row.end += 2
        return True

    def _ours(self, row: Row) -> bool:
        """'any message from us': who sent it says nothing that is not known."""
        ours = self.text.low(row.end) in ("from", "by") and self.text.low(row.end + 1) == "us"
        sent = "action_key" in self.entities[row.entity].columns
        if not (ours and sent):
            return False
        row.end += 2
        return True

    def _now(self, row: Row) -> bool:
        """'no active subscription today': a state is always that of now."""
        words = next((one for one in _NOW if self.text.has(row.end, *one)), None)
        states = [one.column for one in row.filters if one.column in STATES]
        if words is None or not states or row.span is not None or row.moment is not None:
            return False
        row.end += len(words)
        return True

    def _flag(self, row: Row, i: int, value: bool) -> int | None:
        """A yes-or-no column of the row at an index: 'watched', 'unwatched'; where it ends."""
        columns = self.entities[row.entity].columns
        for match in self.lexicon.at("column", self.text, i):
            column = self._own_column(row, match)
            if column is not None and column.type == "boolean":
                return self._flagged(row, match.sense.name, value, match.end)
        low = self.text.low(i)
        for name, column in columns.items():
            if column.type == "boolean" and low in [f"un{one}" for one in (name, *column.phrases)]:
                return self._flagged(row, name, not value, i + 1)
        return None

    def _flagged(self, row: Row, name: str, value: bool, end: int) -> int | None:
        if any(one.column == name for one in row.filters):
            return None
        row.filters.append(Filter(column=name, value=value))
        return end

    def flag_before(self, row: Row) -> bool:
        """'no watched rental', 'an unwatched rental': right before the noun."""
        negated = self.text.low(row.end) in ("not", "non") and row.end > row.start
        nouns = self.lexicon.at("entity", self.text, row.end + negated + 1)
        if not any(one.sense.name == row.entity for one in nouns):
            return False
        end = self._flag(row, row.end + negated, not negated)
        row.end = end or row.end
        return end is not None

    def _flag_after(self, row: Row) -> bool:
        """'a rental that is not watched'."""
        start = self._skip(row.end)
        if start == row.end or self.text.low(row.end) not in ("that", "which", "is", "was", "are"):
            return False
        negated = self.text.low(start) == "not"
        end = self._flag(row, start + negated, not negated)
        row.end = end or row.end
        return end is not None

    def _and_its(self, row: Row) -> bool:
        """'a rental that … and is not watched', '… and expires in the next 2 days': the row's."""
        before, low = row.end, self.text.low(row.end + 1)
        if self.text.low(before) == "," and low.endswith("ed") and row.moment is None:
            row.end += 1
            if self._is_own_verb(row) and not self._an_event(row.end) and self._verb_span(row):
                return True
            row.end = before
        if self.text.low(before) != "and" or not (row.filters or row.span):
            return False
        goes_on = low in ("is", "was", "that", "which", *_STILL)
        if not (goes_on or (low.endswith("s") and low.isalpha())):
            return False
        row.end += 1
        verb = low.endswith("s") and low not in ("is", "was") and self._is_own_verb(row)
        if (goes_on and self._said_of_it(row)) or (verb and self._verb_span(row)):
            return True
        row.end = before
        return False

    def _said_of_it(self, row: Row) -> bool:
        """'… and is not watched', '… and was created more than 5 days ago', '… and is overdue'."""
        return self._flag_after(row) or self._verb_span(row) or self._filter_after(row)

    def _is_own_verb(self, row: Row) -> bool:
        """Whether a column of the row, and none of the user, is called so."""
        owners = {one.sense.owner for one in self.lexicon.at("column", self.text, row.end)}
        return f"entity:{row.entity}" in owners and "" not in owners

    def _an_event(self, i: int) -> bool:
        return bool(self.lexicon.starting("event", self.text, i))

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
        age = self.ages.older(self._skip(row.end)) or self.ages.lasting(row)
        span = age or self.times.span(row.end)
        if row.span is not None or span is None or span.kind == "next":
            return False
        row.aged = age is not None and row.moment is None
        row.span, row.end = replace(span, stated=self.text.words(row.end, span.end)), span.end
        return True

    def _verb_span(self, row: Row) -> bool:
        """'tickets (that were) opened in the last 7 days', 'an invoice due in the next 5 days'."""
        start = self._skip(row.end)
        for match in self.lexicon.at("column", self.text, start):
            column = self._own_column(row, match)
            if column is None or column.type != "timestamp":
                continue
            position = match.end
            while self.text.low(position) in ("is", "are", "date", "was", "were", "falls"):
                position += 1
            span = self.times.span(position)
            if span is None:
                continue
            if row.moment is not None or row.span is not None:
                return self._another_moment(row, match.sense.name, span)
            row.moment, row.span, row.end = match.sense.name, span, span.end
            row.span = replace(span, stated=self.text.words(position, span.end))
            return True
        return False

    def _another_moment(self, row: Row, name: str, span: Span) -> bool:
        """'rented something that expires in the next 2 days': two times of one row."""
        if name == row.moment or any(one.column == name for one in row.filters):
            return False
        if span.kind == "bare" and span.op is None and looks_ahead(name):
            span = replace(span, kind="next")
        filters = None if span.kind == "bare" else span_filters(name, self.times.on_dates(span))
        if not filters:
            return False
        row.filters.extend(filters)
        row.notes.extend(span.notes)
        row.end = span.end
        if span.doubt:
            row.questions.append(span.doubt)
        return True

    def _measured(self, row: Row) -> bool:
        columns = self.entities[row.entity].columns
        found = self.values.measures.at(row.end, f"entity:{row.entity}", columns)
        named = {one.column for one in row.filters}
        if found is None or any(one.column in named for one in found.filters):
            return False
        row.filters.extend(found.filters)
        row.end = found.end
        if found.question:
            row.questions.append(found.question)
        return True

    def _filter_after(self, row: Row) -> bool:
        start = self._skip(row.end)
        for match in self.lexicon.at("column", self.text, start):
            column = self._own_column(row, match)
            if column is not None and self.column_filter(row, match, column):
                return True
        start = self._value_start(row, start)
        negated = self.text.low(start) == "not" and start > row.end
        listed = self.values.listed(start + negated, f"entity:{row.entity}")
        alone = start == row.end and self.text.low(start) not in _FILLERS
        if alone and listed is not None and not self._ends(listed.end):
            return False
        if listed is None or any(one.column == listed.column for one in row.filters):
            return False
        if start == row.end and self.text.low(start).endswith("ed"):
            said = self.text.words(row.start, listed.end)
            row.questions.append(
                f"Is '{said}' a state now, or something that happened? Put '{self.text.low(start)}'"
                f" before the {row.entity} for the state, or say it with a verb."
            )
        self.add(row, listed, negated=negated)
        return True

    def _value_start(self, row: Row, after: int) -> int:
        """'a project that is on hold': a value may begin with a word that is skipped elsewhere."""
        owner = f"entity:{row.entity}"
        for k in range(row.end, after):
            found = self.values.senses(k, owner)
            if any(end > k + 1 for _, end in found):
                return k
        return after

    def add(self, row: Row, listed: Listed, *, negated: bool = False) -> None:
        """Add a list of values, and the column's own noun after them."""
        row.filters.append(_not(listed.filter()) if negated else listed.filter())
        row.both = self.text.words(row.end, listed.end) if listed.both else row.both
        column = self.entities[row.entity].columns[listed.column]
        row.end = column_noun(self.text, listed.end, listed.column, column)

    def column_filter(self, row: Row, match: Match, column: Column) -> bool:
        """'reason is billing', 'topic delivery'; numbers are measured."""
        position = match.end
        while self.text.low(position) in ("is", "was", "of", "=", ":", "are"):
            position += 1
        listed = self.values.named(position, match.sense.owner, match.sense.name, column)
        if listed is None:
            return False
        row.filters.append(listed.filter())
        row.end = listed.end
        return True

    def _own_column(self, row: Row, match: Match) -> Column | None:
        if match.sense.owner != f"entity:{row.entity}":
            return None
        return self.entities[row.entity].columns[match.sense.name]

    def _ends(self, i: int) -> bool:
        return self.text.low(i) in ENDS

    def _skip(self, i: int) -> int:
        while self.text.low(i) in _FILLERS or (self.text.low(i) in ARTICLES):
            i += 1
        return i


def _not(one: Filter) -> Filter:
    return one.model_copy(update={"op": Op.NOT_IN if one.op is Op.IN else Op.NE})
