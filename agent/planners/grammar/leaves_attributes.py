"""Predicates about the user: columns, traits, named audiences, consent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from agent.planners.grammar.lexicon import OPPOSITE_VALUE, Lexicon, Sense
from agent.planners.grammar.literals import literals
from agent.planners.grammar.meaning import Found, all_of
from agent.planners.grammar.quantities import Quantity, quantity
from agent.planners.grammar.rows import span_filters
from agent.planners.grammar.times import Span, Times
from agent.planners.grammar.values import Listed, Values
from agent.planners.grammar.words import ARTICLES, Text, tokenise
from core.conditions import (
    AsOf,
    Attribute,
    Calendar,
    Condition,
    ConsentIs,
    InAudience,
    Op,
    Rolling,
    Trait,
    Value,
    leaves,
)
from warehouse.catalog import Column

PREPOSITIONS = (
    "on", "from", "in", "using", "use", "uses", "via", "through", "by", "of", "with",
    "located", "based", "living", "live", "lives", "resident", "residing", "acquired", "came",
    "come", "coming", "running", "sourced", "state", "aged",
)  # fmt: skip
_IS = ("is", "are", "was", "were", "being", "=", ":", "equals", "equal", "to", "of", "at", "score",
       "value", "that", "which", "has", "been", "stands", "as", "set", "sits", "scores",
       "currently", "their")  # fmt: skip
_CONSENT_WORDS = (
    ("consented", "to"), ("consent", "to"), ("consent", "for"), ("given", "consent", "for"),
    ("opted", "in", "to"), ("opted", "into"), ("agreed", "to"), ("gave", "consent", "for"),
    ("given", "consent", "to"), ("opt", "in", "to"), ("granted", "consent", "for"),
    ("subscribed", "to"),
)  # fmt: skip


class AttributeLeaves:
    """Reads predicates about the user's own values at an index."""

    def __init__(self, text: Text, lexicon: Lexicon, times: Times, values: Values) -> None:
        self.text = text
        self.lexicon = lexicon
        self.times = times
        self.values = values
        self.catalog = lexicon.catalog
        self.audience_words = _audience_words(lexicon)

    def at(self, i: int) -> list[Found]:
        """Every reading that starts at an index, longest first."""
        found = [
            *self._audiences(i), *self._consents(i), *self._values(i), *self._named(i),
            *self._measure_first(i),
        ]  # fmt: skip
        return sorted(found, key=lambda one: -one.end)

    def adjective(self, i: int) -> Found | None:
        """What may stand before 'users': a value, an audience's adjective."""
        for words, key, kind in self.audience_words:
            if kind == "adjective" and self.text.has(i, *words):
                return self.audience(i, i + len(words), key)
        for match in self.lexicon.at("column", self.text, i):
            column = self._column(match.sense)
            if column is not None and column.type == "boolean" and match.sense.owner == "":
                value = match.sense.value != OPPOSITE_VALUE
                condition = Attribute(column=match.sense.name, value=value)
                return Found(match.end, condition, stated=self.text.words(i, match.end))
        listed = self._listed(i)
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

    def _consents(self, i: int) -> Iterator[Found]:
        for words in _CONSENT_WORDS:
            if self.text.has(i, *words):
                start = i + len(words)
                while self.text.low(start) in (*ARTICLES, "receive", "receiving", "get", "getting"):
                    start += 1
                match = self.lexicon.longest("channel", self.text, start)
                if match is not None:
                    yield self._consent(i, match.end, match.sense.name)
        match = self.lexicon.longest("channel", self.text, i)
        if match is not None and self.text.low(match.end) in (
            "consent",
            "permission",
            "permissions",
        ):
            yield self._consent(i, match.end + 1, match.sense.name)

    def _consent(self, i: int, end: int, channel: str) -> Found:
        while self.text.low(end) in ("messages", "message", "marketing", "notifications"):
            end += 1
        purpose = self.catalog.channels[channel].consent_purpose or "marketing"
        stated = self.text.words(i, end)
        note = (
            f"'{stated}' reads the latest {purpose} consent for {channel}; no record is no consent."
        )
        return Found(end, ConsentIs(purpose=purpose, channel=channel), notes=(note,), stated=stated)

    def _values(self, i: int) -> Iterator[Found]:
        start, outside = i, False
        while self.text.low(start) in (*PREPOSITIONS, "a", "an", "the", "outside"):
            outside = outside or self.text.low(start) == "outside"
            start += 1
        listed = self._listed(start)
        if listed is None:
            return
        end = self._column_word(listed)
        found = self._of_values(i, replace(listed, end=end))
        led = any(self.text.low(k) in (*PREPOSITIONS, "outside") for k in range(i, start))
        yield replace(found, negated=outside, bare_verb=not led)

    def _listed(self, i: int) -> Listed | None:
        return self.values.listed(i, "", PREPOSITIONS) or self.values.listed(
            i, "trait", PREPOSITIONS
        )

    def _column_word(self, listed: Listed) -> int:
        """'iOS devices', 'the at-risk state': the column's own word may follow."""
        position = listed.end
        for word in ("device", "devices", "app", "phone", "phones", "platform", "state", "stage",
                     "source", "traffic"):  # fmt: skip
            if self.text.low(position) == word:
                return position + 1
        return position

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
        start = i
        while self.text.low(start) in (*ARTICLES, "whose", "with", "in", "on"):
            start += 1
        for kind in ("trait", "column"):
            for match in self.lexicon.at(kind, self.text, start):
                column = self._column(match.sense)
                action = self.lexicon.longest("action", self.text, start)
                named = action is not None and action.end > match.end
                if column is not None and not named:
                    yield from self._compared(i, match.end, match.sense, column)

    def _column(self, sense: Sense) -> Column | None:
        if sense.kind == "trait":
            trait = self.catalog.traits[sense.name]
            return Column(description=trait.description, type=trait.type, values=trait.values)
        if sense.owner == "":
            return self.catalog.user_columns()[sense.name]
        name = sense.owner.removeprefix("entity:")
        entity = self.catalog.entities.get(name) if sense.owner.startswith("entity:") else None
        return entity.columns[sense.name] if entity and entity.cardinality == "one" else None

    def _compared(self, i: int, end: int, sense: Sense, column: Column) -> Iterator[Found]:
        if column.type == "timestamp":
            yield from self._moment(i, end, sense)
            return
        if column.type == "boolean":
            yield from self._flag(i, end, sense)
            return
        position, joined = end, ""
        while self.text.low(position) in _IS and quantity(self.text, position) is None:
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
            found = self._number(i, position, sense, joined)
        else:
            listed = self.values.named(position, sense.owner, sense.name, column)
            found = (
                self._literal(i, position, sense, column)
                if listed is None
                else self._listed_found(i, sense, listed)
            )
        if found is not None:
            yield replace(found, negated=negated)

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
        stated = self.text.words(i, listed.end)
        return Found(listed.end, self._compare(sense.owner, listed), stated=stated)

    def _number(self, i: int, position: int, sense: Sense, joined: str) -> Found | None:
        if self.text.low(position) in ("high", "low", "strong", "good", "bad"):
            return self._vague(i, position + 1, sense)
        count = quantity(self.text, position)
        if count is None:
            return None
        end = count.end
        found = Found(end, self._bounds(sense, count))
        if self.text.low(end) in ("percent", "%"):
            end += 1
            share = count.n / 100
            found = found.asking(
                f"'{self.text.words(i, end)}': is that {count.n:g} or {share:g} on the scale of "
                f"{sense.name}? Say the number without a percent sign."
            )
        stated = self.text.words(i, end)
        if count.vague or (
            count.bare and joined not in ("is", "=", "equals", "are", "equal", "to")
        ):
            found = found.asking(f"Does '{stated}' mean exactly that, at least or at most?")
        return replace(found, end=end, stated=stated)

    def _vague(self, i: int, end: int, sense: Sense) -> Found:
        stated = self.text.words(i, end)
        found = Found(end, Trait(name=sense.name, op=Op.IS_NOT_NULL), stated=stated)
        return found.asking(
            f"From which value on is '{stated}'? Say for example '{sense.name} above …'."
        )

    def _bounds(self, sense: Sense, count: Quantity) -> Condition:
        return all_of([self._leaf(sense, op, _plain(n)) for op, n in count.bounds()])

    def _leaf(self, sense: Sense, op: Op, value: Value) -> Condition:
        if sense.kind == "trait":
            return Trait(name=sense.name, op=op, value=value)
        prefix = f"{sense.owner.removeprefix('entity:')}." if sense.owner else ""
        return Attribute(column=prefix + sense.name, op=op, value=value)

    def _flag(self, i: int, end: int, sense: Sense) -> Iterator[Found]:
        value = sense.value != OPPOSITE_VALUE
        if self.text.low(end) in ("is", "=", "are") and self.text.low(end + 1) in _BOOLEANS:
            value = value == _BOOLEANS[self.text.low(end + 1)]
            end += 2
        stated = self.text.words(i, end)
        yield Found(end, self._leaf(sense, Op.EQ, value), stated=stated)

    def _moment(self, i: int, end: int, sense: Sense) -> Iterator[Found]:
        position = end
        while self.text.low(position) in (
            "is",
            "was",
            "date",
            "at",
            "are",
            "were",
            "will",
            "be",
            "up",
        ):
            position += 1
        span = self.times.span(position)
        if span is None or span.kind == "ever":
            return
        stated = self.text.words(i, span.end)
        future = sense.name.endswith("_end") and span.kind == "bare" and span.op is None
        if future:
            span = replace(
                span, kind="next", notes=(*span.notes, f"'{stated}' looks ahead from now.")
            )
        filters = span_filters(sense.name, self._dated(span))
        found = Found(span.end, InAudience(key=""), notes=span.notes, stated=stated)
        if filters is None or span.kind == "bare" or self._past_of_future(sense, end, span):
            yield found.asking(
                f"Say the time in '{stated}' as 'in the last N days', 'more than "
                f"N days ago' or with a date."
            )
            return
        parts = [self._leaf(sense, one.op, one.value) for one in filters]
        if span.kind == "next":
            parts, extra = self._still_running(sense, parts)
            found = replace(found, notes=(*found.notes, *extra))
        yield replace(found, condition=all_of(parts))

    def _past_of_future(self, sense: Sense, end: int, span: Span) -> bool:
        """'trial ends today': an end that is not told as past, in a period up to now."""
        told = self.text.low(end - 1).endswith("ed") or span.kind != "window"
        rolling = isinstance(span.window, Rolling | Calendar)
        return sense.name.endswith("_end") and not told and rolling

    def _dated(self, span: Span) -> Span:
        """A calendar period as the dates it has now."""
        dates = self.times.dated(span.window) if isinstance(span.window, Calendar) else None
        return span if dates is None else replace(span, window=dates)

    def _still_running(
        self, sense: Sense, parts: list[Condition]
    ) -> tuple[list[Condition], tuple[str, ...]]:
        """An end that lies ahead is read among those for whom the catalog says it still runs."""
        full = f"{sense.owner.removeprefix('entity:')}.{sense.name}"
        for key, audience in self.catalog.audiences.items():
            for leaf in leaves(audience.condition):
                if isinstance(leaf, Attribute) and leaf.column == full and leaf.value == AsOf():
                    return [InAudience(key=key), *parts], (f"Only the audience {key} is meant.",)
        return parts, ()

    def _measure_first(self, i: int) -> Iterator[Found]:
        """'high churn risk', 'more than 50 momentum'."""
        count = quantity(self.text, i)
        if count is not None and not count.vague and not count.times:
            yield from self._counted_trait(i, count)
        start = i
        while self.text.low(start) in (*ARTICLES, "very"):
            start += 1
        if self.text.low(start) in ("high", "low", "strong", "elevated", "poor", "good", "rising"):
            match = self.lexicon.longest("trait", self.text, start + 1)
            if match is not None and self.catalog.traits[match.sense.name].type in (
                "number",
                "integer",
            ):
                yield self._vague(i, match.end, match.sense)

    def _counted_trait(self, i: int, count: Quantity) -> Iterator[Found]:
        """'more than 100 points': the number stands before the trait."""
        match = self.lexicon.longest("trait", self.text, count.end)
        if match is None or self.catalog.traits[match.sense.name].type not in ("number", "integer"):
            return
        stated = self.text.words(i, match.end)
        condition = self._bounds(match.sense, count)
        found = Found(match.end, condition, stated=stated)
        yield found.asking(f"Does '{stated}' mean exactly that?") if count.bare else found


_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}


def _plain(n: float) -> int | float:
    return int(n) if n == int(n) else n


def _audience_words(lexicon: Lexicon) -> list[tuple[tuple[str, ...], str, str]]:
    """An audience's phrase without its noun: 'trial' before users, 'on a trial' after are."""
    people = {
        entry.words[0]
        for entry in lexicon.entries
        if entry.sense.kind == "person" and len(entry.words) == 1
    }
    found: set[tuple[tuple[str, ...], str, str]] = set()
    for key, audience in lexicon.catalog.audiences.items():
        for phrase in (*audience.phrases, key.replace("_", " ")):
            words = tuple(token.low for token in tokenise(phrase).tokens)
            if words[-1].rstrip("s") in people and len(words) > 1:
                found.add((words[:-1], key, "adjective"))
                found.add((words[:-1], key, "predicate"))
            elif words[0] in people and len(words) > 1:
                found.add((words[1:], key, "predicate"))
                found.add((tuple(w for w in words[1:] if w not in ARTICLES), key, "predicate"))
                found.add(((*words[1:2], "their", *words[2:][-1:]), key, "predicate"))
            else:
                found.add((words, key, "adjective"))
    return sorted(found, key=lambda one: -len(one[0]))
