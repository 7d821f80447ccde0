"""Noun phrases for people: 'paying iOS users', 'everyone', 'those'."""

from __future__ import annotations

from dataclasses import dataclass, replace

from agent.planners.grammar.leaves_attributes import AttributeLeaves
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Found
from agent.planners.grammar.words import Text, same_plural
from core.conditions import Related

_QUANTIFIERS = frozenset("all every any each only the our of just a an those such".split())


@dataclass(frozen=True, slots=True)
class People:
    """A noun phrase for people: 'paying iOS users'. ``bare``: nothing before the noun."""

    end: int
    parts: tuple[Found, ...]

    @property
    def bare(self) -> bool:
        """Whether no adjective limits who is meant."""
        return not self.parts


class PeopleReader:
    """Reads noun phrases for people at an index."""

    def __init__(self, text: Text, lexicon: Lexicon, attributes: AttributeLeaves) -> None:
        self.text = text
        self.lexicon = lexicon
        self.attributes = attributes

    def person(self, i: int) -> int | None:
        """Where a word for people at an index ends."""
        match = self.lexicon.longest("person", self.text, i)
        return match.end if match is not None and self._is_noun(i) else None

    def _is_noun(self, i: int) -> bool:
        low = self.text.low(i)
        return any(
            same_plural(low, entry.words[0]) or low in ("people", "folks")
            for entry in self.lexicon.starting("person", self.text, i)
        )

    def people(self, i: int) -> People | None:
        """A noun phrase for people at an index."""
        position = i
        while self.text.low(position) in _QUANTIFIERS:
            after = self.person(position)
            if after is not None and self.text.low(position) == "those":
                break
            position += 1
        parts: list[Found] = []
        joined = False
        while True:
            end = self.person(position)
            whole = self._whole_audience(position)
            if whole is not None:
                return People(whole.end, self._either((*parts, whole), i, whole.end, joined))
            noun = None if end is not None else self._named(position)
            if noun is not None:
                return People(noun.end, self._either((*parts, noun), i, noun.end, joined))
            if end is not None:
                return People(end, self._either(tuple(parts), i, end, joined))
            joined = joined or self.text.low(position) == "and"
            if not parts and self.text.low(position) in (",", "and"):
                return None
            found, position = self._adjective(position)
            if found is None:
                return None
            parts.append(found)
            if self._names_people(found, position):
                return People(position, self._either(tuple(parts), i, position, joined))

    def _names_people(self, found: Found, end: int) -> bool:
        """'power users' where that is a value's own phrase: its last word is for people."""
        own = self.lexicon.is_person(self.text, end - 1) and len(found.stated.split()) > 1
        return own and self.person(end) is None

    def _either(
        self, parts: tuple[Found, ...], i: int, end: int, joined: bool
    ) -> tuple[Found, ...]:
        """'trial and paying users' are two groups or one: ask."""
        if not joined or len(parts) < 2:
            return parts
        question = (
            f"Does '{self.text.words(i, end)}' mean users who are both, or either? "
            "Say 'users who are … and …' or '… users or … users'."
        )
        return (parts[0].asking(question), *parts[1:])

    def _named(self, i: int) -> Found | None:
        return self._value_noun(i) or self._narrowed(i)

    def _value_noun(self, i: int) -> Found | None:
        """'admins in Germany', 'owners of …': a value in the plural names the people."""
        found = self.attributes.plural(i)
        ended = found is not None and self.person(found.end) is None
        return found if ended else None

    def _whole_audience(self, i: int) -> Found | None:
        match = self.lexicon.longest("audience", self.text, i)
        if match is None:
            return None
        people = self.text.slice(match.end - 1, match.end)
        last = self.lexicon.longest("person", people, 0)
        noun = any(
            same_plural(self.text.low(match.end - 1), word) for word in match.entry.words[-1:]
        )
        if last is None and not (
            noun and len(match.entry.words) <= 2 and self._plural(match.end - 1)
        ):
            return None
        end = match.end
        if last is None and self.person(end) is not None:
            return None
        return self.attributes.audience(i, end, match.sense.name)

    def _narrowed(self, i: int) -> Found | None:
        """'premium subscribers': the row that makes them subscribers is a premium one."""
        listed = self.attributes.values.listed(i, "entity:")
        match = self.lexicon.longest("audience", self.text, listed.end) if listed else None
        if listed is None or match is None or self._whole_audience(listed.end) is None:
            return None
        meant = self.lexicon.catalog.audiences[match.sense.name].condition
        if not isinstance(meant, Related) or f"entity:{meant.entity}" not in listed.owners:
            return None
        if any(one.column == listed.column for one in meant.where):
            return None
        stated = self.text.words(i, match.end)
        condition = meant.model_copy(update={"where": (*meant.where, listed.filter())})
        note = f"'{stated}' are {match.sense.name} with such a {meant.entity}: {listed.column}."
        return Found(match.end, condition, notes=(note,), stated=stated)

    def _plural(self, i: int) -> bool:
        return self.text.low(i).endswith("s")

    def _adjective(self, i: int) -> tuple[Found | None, int]:
        negated = False
        position = i
        if self.text.low(position) in ("non", "not"):
            negated, position = True, position + 1
        if position > i or self.text.low(position) not in (",", "and"):
            found = self.attributes.adjective(position)
        else:
            found = self.attributes.adjective(position + 1)
        if found is None:
            return None, i
        if negated:
            found = replace(found, negated=not found.negated)
        return found, found.end
