"""A decision prompt becomes a DecisionPolicy: ordered entries, suppressions, stop conditions."""

from __future__ import annotations

from datetime import datetime

from agent.planners.defaults import holdout_of, slug
from agent.planners.grammar.contradiction import contradiction
from agent.planners.grammar.eligibility import with_channels
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear, all_of, negate
from agent.planners.grammar.order import Chunk
from agent.planners.grammar.outline import Outline
from agent.planners.grammar.policy_defaults import (
    Draft,
    Item,
    about_defaults,
    default_stops,
    default_suppressions,
    key_words,
)
from agent.planners.grammar.policy_frame import PolicyReader
from agent.planners.grammar.reading import Reading
from agent.planners.grammar.words import Text
from agent.planners.port import Plan
from core.conditions import EVERYONE, Attribute, Condition, leaves
from core.rules import Action, DecisionPolicy, Entry, StopCondition, Suppression
from warehouse.wording import describe


def plan_decision(text: Text, lexicon: Lexicon, as_of: datetime, notes: list[str]) -> Plan:
    """The policy that the text describes; raises Unclear where it cannot be read."""
    builder = _Builder(text, lexicon, as_of)
    draft = builder.build()
    catalog = lexicon.catalog
    default_suppressions(draft)
    default_stops(draft, catalog)
    key = slug(key_words(draft))
    holdout, said = holdout_of(draft.holdout, key, catalog)
    assumptions = tuple(
        dict.fromkeys([*notes, *draft.notes, *about_defaults(draft, catalog), said])
    )
    policy = DecisionPolicy(
        key=key,
        name=key.replace("_", " ").capitalize(),
        population=all_of(draft.population) if draft.population else EVERYONE,
        entries=tuple(
            Entry(tier=tier, action=item.action, eligibility=item.eligibility)
            for tier, item in enumerate(draft.items, start=1)
        ),
        suppressions=(
            *draft.suppressions,
            *(one for item in draft.items for one in item.suppressions),
        ),
        stop_conditions=(*draft.stops, *(one for item in draft.items for one in item.stops)),
        holdout=holdout,
        assumptions=assumptions,
    )  # fmt: skip
    return Plan(intent="decision", draft=policy, assumptions=assumptions)


class _Builder:
    """Reads the parts of an outline into a draft."""

    def __init__(self, text: Text, lexicon: Lexicon, as_of: datetime) -> None:
        self.text = text
        self.lexicon = lexicon
        self.as_of = as_of
        self.draft = Draft()
        self.defined: dict[str, Condition] = {}
        self.doubtful: tuple[str, str] | None = None
        """The words of the first or last message that may hold for all, and the message."""

        self.said_of_all = ""
        """The people of the whole policy, where they were named beside one message."""

    def build(self) -> Draft:
        """Everything the text says, item by item."""
        outline = Outline(self.text, self.lexicon)
        for chunk in outline.order.headers:
            self._header(chunk)
        for chunk in outline.definitions:
            self._definition(chunk)
        for position, chunk in enumerate(outline.order.items):
            place = "" if chunk.marked else "first" if position == 0 else ""
            if position + 1 == len(outline.order.items) and position and chunk.rank is None:
                place = "last"
            self._item(chunk, place)
        self._ask_about_scope()
        if not self.draft.items:
            raise Unclear(
                question="Which messages, and in which order? For example '(1) …, (2) …'. "
                f"The catalog has: {self._actions()}."
            )
        if len(self.draft.items) == 1 and not outline.order.marked:
            raise Unclear(
                question=f"'{self.draft.items[0].action.name}' goes before or after what? "
                f"The catalog has: {self._actions()}."
            )
        for chunk in outline.suppressions:
            self._suppression(chunk)
        for chunk in outline.stops:
            self._stop(chunk)
        return self.draft

    def _actions(self) -> str:
        return ", ".join(action.name for action in self.lexicon.catalog.actions.values())

    def _read(self, chunk: Chunk) -> tuple[Reading, Text]:
        text = self.text.slice(chunk.start, chunk.end)
        reading = PolicyReader(text, self.lexicon, self.as_of).read()
        return reading, text

    def _settle(self, reading: Reading, text: Text) -> Condition:
        """The condition of a reading without its exclusions; raises its first question."""
        exclusions, reading.exclusions = reading.exclusions, []
        condition = reading.condition(text)
        reading.exclusions = exclusions
        if reading.questions:
            raise Unclear(question=reading.questions[0])
        self.draft.notes.extend(reading.notes)
        return condition

    def _header(self, chunk: Chunk) -> None:
        reading, text = self._read(chunk)
        condition = self._settle(reading, text)
        if reading.action is not None:
            raise Unclear(
                question=f"Where does '{reading.action_words}' stand in the order? "
                "Number the messages."
            )
        self.draft.population.extend(reading.population)
        if condition != EVERYONE:
            self.draft.population.append(condition)
        self.draft.population.extend(reading.exclusions)
        if reading.holdout is not None:
            self.draft.holdout = reading.holdout

    def _definition(self, chunk: Chunk) -> None:
        reading, text = self._read(chunk)
        condition = self._settle(reading, text)
        parts = [*reading.population, *([] if condition == EVERYONE else [condition])]
        parts.extend(reading.exclusions)
        if reading.action is None or not parts or reading.action.key in self.defined:
            raise Unclear(
                question=f"What does '{text.words(0, len(text))}' add to the order? "
                "Say 'A is for users who …', or number the messages."
            )
        self.defined[reading.action.key] = all_of(parts)

    def _ask_about_scope(self) -> None:
        """'A over B for users who …': who is limited, where only B has a condition."""
        own = [item for item in self.draft.items if not item.default or item.suppressions]
        if self.doubtful is not None and len(own) == 1 and len(self.draft.items) > 1:
            words, key = self.doubtful
            if own[0].action.key == key and key in self.lexicon.catalog.action_eligibility:
                raise Unclear(
                    question=f"Does what '{words}' says of users hold for '{own[0].action.name}' "
                    "only, or for every message? Number the messages, or begin with 'For users …:'."
                )

    def _item(self, chunk: Chunk, place: str) -> None:
        reading, text = self._read(chunk)
        condition = self._settle(reading, text)
        if reading.holdout is not None:
            self.draft.holdout = reading.holdout
        action = with_channels(reading, self.lexicon.catalog) if reading.action else None
        if action is None:
            raise Unclear(
                question=f"Which message does '{text.words(0, len(text))}' mean? "
                f"The catalog has: {self._actions()}."
            )
        if any(item.action.key == action.key for item in self.draft.items):
            raise Unclear(question=f"'{action.name}' stands in the order twice: which place holds?")
        if (
            place
            and not self.draft.population
            and "(" not in text.words(0, len(text))
            and (condition != EVERYONE or reading.exclusions or reading.population)
        ):
            self.doubtful = (text.words(0, len(text)), action.key)
        late = place == "first" and self._named_first(chunk)
        late = late or (place == "last" and self._after_then(chunk))
        if reading.everyone and self.said_of_all:
            raise Unclear(question=f"Is the whole policy for {self.said_of_all}, or for everyone?")
        if place and not late and self._whole(reading, condition, text):
            condition = EVERYONE
        self._add(
            action,
            all_of([*reading.population, condition]) if reading.population else condition,
            reading,
        )

    def _whole(self, reading: Reading, condition: Condition, text: Text) -> bool:
        """'A over B for trial users on iOS': who people are, not what they did, is said of all."""
        who_they_are = [*reading.population, *([] if condition == EVERYONE else [condition])]
        described = all(isinstance(leaf, Attribute) for leaf in leaves(condition))
        if self.draft.population or "(" in text.words(0, len(text)) or not described:
            return False
        if reading.everyone and condition == EVERYONE and not who_they_are:
            reading.everyone = False
            self.draft.notes.append("The whole policy is for everyone.")
            return True
        if not who_they_are or reading.exclusions:
            return False
        self.draft.population.extend(who_they_are)
        words = describe(all_of(who_they_are), self.lexicon.catalog)
        self.draft.notes.append(f"The whole policy is for: {words}.")
        self.said_of_all = words
        reading.population = []
        self.doubtful = None
        return True

    def _after_then(self, chunk: Chunk) -> bool:
        """'…, then B for iOS users' may be said of B alone: ask, unless a comma parts them."""
        then = self.text.low(chunk.start - 1) in ("then", "finally", "lastly", "next")
        words = self.text.slice(chunk.start, chunk.end)
        parted = any(words.has(k, ",", "for") for k in range(len(words)))
        return then and not parted

    def _named_first(self, chunk: Chunk) -> bool:
        """Whether the message stands before the people it is said of."""
        words = self.text.slice(chunk.start, chunk.end)
        low = [token.low for token in words if token.kind == "word"]
        if {"before", "else", "first", "ahead"} & {*low}:
            return False
        return bool(low) and low[0] not in ("for", "trial", "give", "send", "all", "users", "every")

    def _add(self, action: Action, condition: Condition, reading: Reading) -> None:
        catalog = self.lexicon.catalog
        if condition == EVERYONE and action.key in self.defined:
            condition = self.defined[action.key]
        default = condition == EVERYONE and not reading.everyone
        if default:
            meaning = catalog.action_eligibility.get(action.key)
            if meaning is None:
                raise Unclear(
                    question=f"Who is eligible for '{action.name}'? Say it beside the message, "
                    "for example 'for users who …'."
                )
            condition = meaning
        problem = contradiction(
            all_of([*self.draft.population, condition]), catalog, self.text.source
        )
        if problem is not None:
            raise Unclear(refusal=problem)
        item = Item(action, condition, default)
        for number, exclusion in enumerate(reading.exclusions, start=1):
            when = negate(exclusion)
            item.suppressions.append(_suppression(f"{action.key}_{number}", action, when))
        self.draft.items.append(item)

    def _suppression(self, chunk: Chunk) -> None:
        reading, text = self._read(chunk)
        when = self._when(reading, text, chunk)
        targets = self._targets(chunk, reading)
        for item in targets:
            number = len(item.suppressions) + 1
            item.suppressions.append(_suppression(f"{item.action.key}_{number}", item.action, when))
        if not targets:
            number = len(self.draft.suppressions) + 1
            one = Suppression(key=f"all_{number}", name="No message at all", when=when, scope="all")
            self.draft.suppressions.append(one)
            self.draft.notes.append("A suppression that names no message holds for every message.")

    def _when(self, reading: Reading, text: Text, chunk: Chunk) -> Condition:
        condition = self._settle(reading, text)
        parts = [*reading.population, *([] if condition == EVERYONE else [condition])]
        parts.extend(reading.exclusions if not parts else [])
        if (reading.exclusions and len(parts) != len(reading.exclusions)) or not parts:
            raise Unclear(
                question=f"When exactly: '{self.text.words(chunk.start, chunk.end)}'? "
                "Say 'while …' or 'once …' with one condition."
            )
        when = all_of(parts)
        return negate(when) if chunk.reversed else when

    def _targets(self, chunk: Chunk, reading: Reading) -> list[Item]:
        named = [*chunk.actions]
        if reading.action is not None and reading.action.key not in named:
            named.append(reading.action.key)
        found = [item for item in self.draft.items if item.action.key in named]
        if named and len(found) < len(named):
            raise Unclear(
                question=f"'{self.text.words(chunk.start, chunk.end)}' names a message that has no "
                "place in the order. Which place?"
            )
        if chunk.message_class:
            return [i for i in self.draft.items if i.action.message_class == chunk.message_class]
        return found

    def _stop(self, chunk: Chunk) -> None:
        reading, text = self._read(chunk)
        when = self._when(reading, text, chunk)
        targets = self._targets(chunk, reading)
        for item in targets:
            key = f"{item.action.key}_stop_{len(item.stops) + 1}"
            item.stops.append(
                StopCondition(
                    key=key[:64], name="As the prompt says", when=when, actions=(item.action.key,)
                )
            )
        if not targets:
            key = f"stop_{len(self.draft.stops) + 1}"
            self.draft.stops.append(StopCondition(key=key, name="As the prompt says", when=when))
            self.draft.notes.append(
                "A stop condition that names no message holds for every message."
            )


def _suppression(key: str, action: Action, when: Condition) -> Suppression:
    name = f"No {action.name.lower()} now"
    return Suppression(key=key[:64], name=name, when=when, actions=(action.key,))
