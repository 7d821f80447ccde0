"""Predicates about the user: columns, traits, named audiences, consent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from agent.planners.grammar.attribute_words import (
    BETWEEN,
    KINDS,
    OTHER,
    OUTSIDE,
    PREPOSITIONS,
    SOURCES,
)
from agent.planners.grammar.audience_words import audience_words
from agent.planners.grammar.columns import column_noun
from agent.planners.grammar.consents import Consents
from agent.planners.grammar.flags import Flags
from agent.planners.grammar.lexicon import OPPOSITE_VALUE, Kind, Lexicon, Sense
from agent.planners.grammar.literals import literals
from agent.planners.grammar.meaning import Found
from agent.planners.grammar.moments import Moments
from agent.planners.grammar.nothing import Nothing
from agent.planners.grammar.own_columns import OwnColumns, own_entities
from agent.planners.grammar.own_numbers import OwnNumbers
from agent.planners.grammar.quantities import quantity
from agent.planners.grammar.times import Times
from agent.planners.grammar.to_one import ToOne
from agent.planners.grammar.values import Listed, Values
from agent.planners.grammar.words import ARTICLES, Text, same_word
from core.conditions import (
    Attribute,
    Condition,
    InAudience,
    Trait,
)
from warehouse.catalog import Column


class AttributeLeaves:
    """Reads predicates about the user's own values at an index."""

    def __init__(self, text: Text, lexicon: Lexicon, times: Times, values: Values) -> None:
        self.text = text
        self.lexicon = lexicon
        self.times = times
        self.values = values
        self.catalog = lexicon.catalog
        self.columns = OwnColumns(lexicon.catalog)
        self.numbers = OwnNumbers(text, lexicon, self.columns)
        self.audience_words = audience_words(lexicon)
        self.own = own_entities(lexicon.catalog)
        self.consents = Consents(text, lexicon)
        self.moments = Moments(text, lexicon, times, self.columns.leaf)
        self.flags = Flags(text, lexicon, self.columns.leaf)
        self.nothing = Nothing(text, lexicon, self.columns.leaf, self.columns.column)
        self.to_one = ToOne(text, lexicon, times, values)

    def at(self, i: int) -> list[Found]:
        """Every reading that starts at an index, longest first."""
        found = [
            *self._audiences(i), *self.consents.at(i), *self._values(i), *self._named(i),
            *self.numbers.at(i), *self.flags.at(i), *self.nothing.at(i), *self.to_one.at(i),
            *self._other_than(i),
        ]  # fmt: skip
        return sorted(found, key=lambda one: -one.end)

    def adjective(self, i: int) -> Found | None:
        """What may stand before 'users': a value, an audience's adjective."""
        for words, key, kind in self.audience_words:
            if kind == "adjective" and self.text.has(i, *words):
                return self.audience(i, i + len(words), key)
        for match in self.lexicon.at("column", self.text, i):
            column = self.columns.column(match.sense)
            if column is not None and column.type == "boolean" and match.sense.owner == "":
                value = match.sense.value != OPPOSITE_VALUE
                condition = Attribute(column=match.sense.name, value=value)
                return Found(match.end, condition, stated=self.text.words(i, match.end))
        listed = self._listed(i)
        if listed is None:
            return None
        return self._of_values(i, replace(listed, end=self._column_word(listed)))

    def plural(self, i: int) -> Found | None:
        """A value of a user's column or trait in the plural: 'admins', 'owners and viewers'."""
        return self._plural_of(i, "") or self._plural_of(i, "trait")

    def _plural_of(self, i: int, owner: str) -> Found | None:
        first = self.values.senses(i, owner)
        low = self.text.low(first[0][1] - 1) if first else ""
        singular = {
            entry.words[-1]
            for entry in self.lexicon.starting("value", self.text, i)
            if entry.sense.owner == owner
        }
        if not first or not low.endswith("s") or low in singular or len(low) < 4:
            return None
        listed = self.values.listed(i, owner, ())
        return self._of_values(i, listed) if listed is not None else None

    def _audiences(self, i: int) -> Iterator[Found]:
        start = i + 1 if self.text.low(i) in ("a", "an", "the") else i
        for words, key, kind in self.audience_words:
            end = self._words(start, words) if kind == "predicate" else None
            if end is not None:
                yield self.audience(i, end, key)
        match = self.lexicon.longest("audience", self.text, start)
        if match is not None:
            yield self.audience(i, match.end, match.sense.name)

    def _words(self, i: int, words: tuple[str, ...]) -> int | None:
        for word in words:
            while self.text.low(i) in ARTICLES and self.text.low(i) != word:
                i += 1
            if self.text.low(i) != word:
                return None
            i += 1
        return i

    def audience(self, i: int, end: int, key: str) -> Found:
        meaning = self.catalog.audiences[key].description
        stated = self.text.words(i, end)
        note = f"'{stated}' is the audience {key}: {meaning[0].lower()}{meaning[1:]}"
        return Found(end, InAudience(key=key), notes=(note,), stated=stated, bare_verb=True)

    def _values(self, i: int) -> Iterator[Found]:
        start, outside = i, False
        while (
            self.text.low(start) in (*PREPOSITIONS, "a", "an", "the", *OUTSIDE, "either")
            or self.text.has(start, "to", "us")
            or (start > i and self.text.has(start - 1, "to", "us"))
        ):
            outside = outside or self.text.low(start) in OUTSIDE
            start += 1
        listed = self._listed(start)
        at = listed is None and self.text.low(start) == "at"
        listed = self._listed(start + 1) if at else listed
        if listed is None or (at and not listed.owners[0].startswith("entity:")):
            return
        end = self._whose(listed)
        found = self._of_values(i, replace(listed, end=end))
        led = at or any(self.text.low(k) in (*PREPOSITIONS, *OUTSIDE) for k in range(i, start))
        yield replace(found, negated=outside, bare_verb=not led)

    def _listed(self, i: int) -> Listed | None:
        for owner in ("", *self.own, "trait"):
            listed = self.values.listed(i, owner, PREPOSITIONS)
            if listed is not None:
                return listed
        return None

    def _column_word(self, listed: Listed) -> int:
        """'iOS devices', 'the at-risk state', 'gold tier': the column's own word may follow."""
        if self.text.low(listed.end) in KINDS:
            return listed.end + 1
        owner = listed.owners[0]
        column = self.columns.column(
            Sense("trait" if owner == "trait" else "column", listed.column, owner)
        )
        if column is None:
            return listed.end
        return column_noun(self.text, listed.end, listed.column, column)

    def _whose(self, listed: Listed) -> int:
        """'from construction companies', 'on the Team plan account': what has the column."""
        owner, end = listed.owners[0], self._column_word(listed)
        whose = owner.removeprefix("entity:")
        nouns = self.lexicon.at("entity", self.text, end) if owner != whose else []
        return next((one.end for one in nouns if one.sense.name == whose), end)

    def _other_than(self, i: int) -> Iterator[Found]:
        """'on a plan other than enterprise', 'all countries except Germany'."""
        start = i
        while self.text.low(start) in (*PREPOSITIONS, *ARTICLES, "any", "all", "every", "each",
                                       "some", "whose"):  # fmt: skip
            start += 1
        for match in self.lexicon.at("column", self.text, start):
            column = self.columns.column(match.sense)
            words = next((w for w in OTHER if self.text.has(match.end, *w)), None)
            if column is None or words is None or not column.values:
                continue
            position = match.end + len(words)
            while self.text.low(position) in (*PREPOSITIONS, *ARTICLES):
                position += 1
            listed = self.values.named(position, match.sense.owner, match.sense.name, column)
            if listed is not None:
                end = column_noun(self.text, listed.end, match.sense.name, column)
                found = self._listed_found(i, match.sense, replace(listed, end=end))
                yield replace(found, negated=True)

    def _of_values(self, i: int, listed: Listed) -> Found:
        stated = self.text.words(i, listed.end)
        owner = listed.owners[0]
        if owner == "trait" and len(listed.owners) > 1:
            return Found(listed.end, self._compare(owner, listed), stated=stated).asking(
                f"Which trait does '{stated}' mean?"
            )
        notes = (
            (f"'{stated}' is read as {listed.column} = {' or '.join(listed.values)}.",)
            if owner == "trait"
            else ()
        )
        return Found(listed.end, self._compare(owner, listed), notes=notes, stated=stated)

    def _compare(self, owner: str, listed: Listed) -> Condition:
        one = listed.filter()
        if owner == "trait":
            return Trait(name=one.column, op=one.op, value=one.value)
        prefix = f"{owner.removeprefix('entity:')}." if owner else ""
        return Attribute(column=prefix + one.column, op=one.op, value=one.value)

    def _named(self, i: int) -> Iterator[Found]:
        no = self.text.low(i) == "no"
        start = i + no
        while self.text.low(start) in (*ARTICLES, "whose", "with", "in", "on"):
            start += 1
        for kind in ("trait", "column"):
            yield from self._around(i, start, kind)
            for match in self.lexicon.at(kind, self.text, start):
                column = self.columns.column(match.sense)
                if no and (column is None or column.type != "boolean"):
                    continue
                action = self.lexicon.longest("action", self.text, start)
                named = action is not None and action.end > match.end
                if column is not None and not named:
                    yield from self._compared(i, match.end, match.sense, column)

    def _around(self, i: int, start: int, kind: Kind) -> Iterator[Found]:
        """'prefer the board view' where the catalog says 'prefer view': a value within a phrase."""
        for entry in self.lexicon.starting(kind, self.text, start):
            column = self.columns.column(entry.sense) if len(entry.words) > 1 else None
            if column is None or not column.values:
                continue
            listed = self.values.named(start + 1, entry.sense.owner, entry.sense.name, column)
            after = (
                [self.text.low(listed.end + k) for k in range(len(entry.words) - 1)]
                if listed
                else []
            )
            if listed and all(map(same_word, after, entry.words[1:])):
                whole = replace(listed, end=listed.end + len(after))
                stated = self.text.words(i, whole.end)
                condition = self._compare(entry.sense.owner, whole)
                yield Found(whole.end, condition, stated=stated)

    def _compared(self, i: int, end: int, sense: Sense, column: Column) -> Iterator[Found]:
        if column.type == "timestamp":
            yield from self.moments.at(i, end, sense)
            yield from self._signed_up(i, end, sense)
            return
        if column.type == "boolean":
            yield from self.flags.named(i, end, sense)
            return
        position, joined = end, ""
        while self.text.low(position) in BETWEEN and quantity(self.text, position) is None:
            if column.values and self.values.named(position, sense.owner, sense.name, column):
                break
            joined = (
                self.text.low(position)
                if self.text.low(position) not in ("score", "value")
                else joined
            )
            position += 1
        negated = self.text.low(position) == "not" and not self.text.has(position, "not", "more")
        negated = negated or self.text.low(position) == "neither"
        position += negated or self.text.low(position) == "either"
        if column.type in ("number", "integer"):
            found = self.numbers.after(i, position, sense, joined)
        else:
            listed = self.values.named(position, sense.owner, sense.name, column)
            found = (
                self._literal(i, position, sense, column)
                if listed is None
                else self._listed_found(i, sense, listed)
            )
        if found is not None:
            yield replace(found, negated=negated)

    def _signed_up(self, i: int, end: int, sense: Sense) -> Iterator[Found]:
        """'signed up via TikTok', 'joined from Germany': everybody did, so the value is meant."""
        if sense.owner or sense.name != self.catalog.layout.users.signup:
            return
        start = end + 1 + (self.text.low(end + 1) in ARTICLES)
        listed = self.values.listed(start, "", PREPOSITIONS)
        if listed is not None and self.text.low(end) in SOURCES:
            stated = self.text.words(i, listed.end)
            yield replace(self._of_values(i, listed), stated=stated)

    def _literal(self, i: int, position: int, sense: Sense, column: Column) -> Found | None:
        """A value of a column without closed values, as it is written."""
        free = sense.owner == "" and column.type == "string" and not column.values
        read = literals(self.text, position) if free and column.data_class == "public" else None
        if read is None:
            return None
        values, end = read
        listed = Listed(sense.name, ("",), tuple(values), end)
        note = f"{sense.name} is compared with {' or '.join(values)} exactly as written."
        return replace(self._listed_found(i, sense, listed), notes=(note,))

    def _listed_found(self, i: int, sense: Sense, listed: Listed) -> Found:
        column = self.columns.column(sense)
        end = column_noun(self.text, listed.end, sense.name, column) if column else listed.end
        found = Found(end, self._compare(sense.owner, listed), stated=self.text.words(i, end))
        return self._of_which(found, sense)

    def _of_which(self, found: Found, sense: Sense) -> Found:
        """'paid by invoice': of the one row that the catalog names, or of any?"""
        name = sense.owner.removeprefix("entity:")
        if sense.owner in ("", "trait", *self.own) or name not in self.catalog.entities:
            return found
        named = (m for k in range(len(self.text)) for m in self.lexicon.at("entity", self.text, k))
        if any(match.sense.name == name for match in named):
            return found
        row = (self.catalog.entities[name].phrases or (name.replace("_", " "),))[0]
        return found.asking(
            f"Is '{found.stated}' said of the {row} only, or of any such row? Say whose it is, for "
            f"example 'whose {row} …'."
        )
