"""What is counted: 'workouts that were completed', 'billing tickets', 'push messages opened'."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from agent.planners.grammar.lexicon import Entry, Lexicon
from agent.planners.grammar.questions.world import World
from agent.planners.grammar.words import ARTICLES, Text, same_plural, same_word, stem
from core.conditions import Filter, Op
from core.questions import Rows

_AUX = frozenset("is are was were be been being have has had got get that which".split())
_SHORTEST_FORM = 3
_SHORTEST_NOUN = 8


@dataclass(frozen=True, slots=True)
class Thing:
    """Rows that were named; ``also`` are other things that the same words may mean."""

    start: int
    end: int
    rows: Rows
    adjectives: tuple[tuple[str, str, str], ...] = ()
    """Owner, column and value of words before it: resolved when all is read."""
    also: tuple[Thing, ...] = ()
    told: str = ""
    """The verb that says what happened to the rows."""
    moment: str | None = None
    """The column of what the verb tells; None: that they came to be."""
    words: str = ""
    after: list[Filter] = field(default_factory=list)

    @property
    def owner(self) -> str:
        """Whose columns these rows have, as the lexicon says it."""
        kinds = {"event": "event", "entity": "entity", "table": "entity", "users": ""}
        kind = kinds[self.rows.of]
        return f"{kind}:{self.rows.name}" if kind else ""


class Things:
    """Reads noun phrases for rows."""

    def __init__(self, text: Text, lexicon: Lexicon, world: World) -> None:
        self.text = text
        self.lexicon = lexicon
        self.world = world
        self.catalog = lexicon.catalog

    def at(self, i: int) -> Thing | None:
        """The longest reading of an index, with the others that are as long."""
        found = sorted(self._readings(i), key=lambda one: (-one.end, one.rows.of == "event"))
        if not found:
            return None
        longest = found[0].end
        same = [one for one in found if one.end == longest]
        distinct = {one.rows.model_dump_json(): one for one in reversed(same)}
        best = same[0]
        others = tuple(one for key, one in distinct.items() if key != best.rows.model_dump_json())
        return replace(best, also=others, words=self.text.words(i, longest))

    def _readings(self, i: int) -> list[Thing]:
        start = self._articles(i)
        found: list[Thing] = []
        adjectives: list[tuple[tuple[str, str, str], ...]] = []
        position = start
        for _ in range(4):
            found += [
                replace(one, start=i, adjectives=tuple(self._agreeing(one, adjectives)))
                for one in self._nouns(position)
                if self._agree(one, adjectives)
            ]
            senses, position = self._value(position)
            if not senses:
                break
            adjectives.append(senses)
        return found

    def _articles(self, i: int) -> int:
        while self.text.low(i) in ARTICLES or self.text.low(i) in ("all", "different"):
            i += 1
        return i

    def _value(self, i: int) -> tuple[tuple[tuple[str, str, str], ...], int]:
        """A value before the noun, of whatever column has it."""
        matches = self.world.lexicon.at("value", self.text, i)
        if not matches:
            return (), i
        end = matches[0].end
        senses = tuple(
            (one.sense.owner, one.sense.name, str(one.sense.value))
            for one in matches
            if one.end == end
        )
        end += self.text.low(end) in ("-",)
        return senses, end

    def _agree(self, thing: Thing, adjectives: list[tuple[tuple[str, str, str], ...]]) -> bool:
        return all(
            any(owner in (thing.owner, "") for owner, _, _ in senses) for senses in adjectives
        )

    def _agreeing(
        self, thing: Thing, adjectives: list[tuple[tuple[str, str, str], ...]]
    ) -> list[tuple[str, str, str]]:
        """Of each word before the noun the sense it has for these rows, else for users."""
        found = list(thing.adjectives)
        for senses in adjectives:
            own = [one for one in senses if one[0] == thing.owner and thing.owner]
            found += own[:1] or [one for one in senses if one[0] == ""][:1]
        return found

    def _nouns(self, i: int) -> list[Thing]:
        found = [*self._signups(i), *self._entities(i), *self._events(i)]
        return found or self._derived(i)

    def _derived(self, i: int) -> list[Thing]:
        """'cancellations' where the catalog has only the verb: a noun of the same stem."""
        low = self.text.low(i)
        if len(low) < _SHORTEST_NOUN or not low.endswith(("ions", "ion", "ments", "ment", "als")):
            return []
        names = {
            entry.sense.name
            for entry in self.lexicon.entries
            if entry.sense.kind == "event"
            and len(entry.words) == 1
            and stem(low) == stem(entry.words[0])
        }
        return [Thing(i, i + 1, Rows(of="event", name=name)) for name in sorted(names)]

    def _signups(self, i: int) -> list[Thing]:
        """'signups', 'new users': users by when they came."""
        signup = self.catalog.layout.users.signup
        if signup is None:
            return []
        rows = Rows(of="users", time=signup)
        found = [
            Thing(i, match.end, rows)
            for match in self.lexicon.at("column", self.text, i)
            if match.sense.owner == "" and match.sense.name == signup
        ]
        # "sign ups" written apart: the lexicon knows the words of each phrase.
        for words in (("sign", "ups"), ("sign", "up"), ("new", "registrations")):
            if self.text.has(i, *words):
                found.append(Thing(i, i + len(words), rows))
        if self.text.low(i) in ("registrations", "joiners"):
            found.append(Thing(i, i + 1, rows))
        if self.text.low(i) == "new" and self.lexicon.is_person(self.text, i + 1):
            found.append(Thing(i, i + 2, rows))
        return found

    # rows of entities and tables

    def _entities(self, i: int) -> list[Thing]:
        found = []
        for match in self.world.lexicon.at("entity", self.text, i):
            name = match.sense.name
            if name not in self.world.moments:
                continue
            if not same_plural(self.text.low(match.end - 1), match.entry.words[-1]) and not (
                same_word(self.text.low(match.end - 1), match.entry.words[-1])
                and self.text.low(match.end - 1).endswith("ies")
            ):
                continue
            thing = Thing(i, match.end, self.world.rows(name), self._named_value(i, match, name))
            again = self.world.lexicon.longest("entity", self.text, thing.end)
            if again is not None and again.sense.name == name:
                thing = replace(thing, end=again.end)
            found += [thing, *self._told(thing, name)]
        return found

    def _named_value(self, i: int, match, name: str) -> tuple[tuple[str, str, str], ...]:
        """'emails' are messages by one channel: the noun is a value of theirs as well."""
        own = f"entity:{name}"
        return tuple(
            (own, one.sense.name, str(one.sense.value))
            for one in self.world.lexicon.at("value", self.text, i)
            if one.sense.owner == own and one.end == match.end
        )[:1]

    def _told(self, thing: Thing, name: str) -> list[Thing]:
        """'messages opened', 'tickets that were closed': by the moment that the verb tells."""
        end = thing.end
        while self.text.low(end) in _AUX:
            end += 1
        verb = self.text.low(end)
        for word, column in self.world.moments[name].items():
            if verb and same_word(verb, word) and verb != self.text.low(thing.end - 1):
                moment = column or None
                return [replace(thing, end=end + 1, told=verb, moment=moment)]
        return []

    # events

    def _events(self, i: int) -> list[Thing]:
        found = []
        if self.text.low(i) in _AUX:
            return []
        for entry in self._event_entries(i):
            end = self._all_words(i, entry)
            if end is not None:
                found.append(Thing(i, end, Rows(of="event", name=entry.sense.name)))
        return found

    def _event_entries(self, i: int) -> list[Entry]:
        low = self.text.low(i)
        if len(low) < _SHORTEST_FORM:
            return []
        return [
            entry
            for entry in self.lexicon.entries
            if entry.sense.kind == "event" and any(same_word(low, word) for word in entry.words)
        ]

    def _all_words(self, i: int, entry: Entry) -> int | None:
        """Where all the words of a phrase, in any order, end: 'workouts that were completed'."""
        left = list(entry.words)
        position = i
        while left:
            low = self.text.low(position)
            known = next((word for word in left if low and same_word(low, word)), None)
            if known is not None:
                left.remove(known)
            elif position == i or low not in _AUX | ARTICLES:
                return None
            position += 1
        return position

    # filters after the noun

    def filter_of(self, owner: str, i: int) -> tuple[Filter, int] | None:
        """'about billing', 'of type yoga', 'by push': one of the rows' own values."""
        for match in self.world.lexicon.at("value", self.text, i):
            if match.sense.owner == owner:
                value = _typed(str(match.sense.value))
                return Filter(column=match.sense.name, op=Op.EQ, value=value), match.end
        return None


def _typed(value: str) -> str | bool:
    return {"true": True, "false": False}.get(value, value) if value in ("true", "false") else value
