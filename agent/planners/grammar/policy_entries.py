"""The entries of a policy: each message with whom it is for, and whom the whole policy is for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from agent.planners.grammar.contradiction import contradiction
from agent.planners.grammar.doubt import Answer, Doubt, choices
from agent.planners.grammar.eligibility import with_channels
from agent.planners.grammar.holding import Holding, settled, suppression_of
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear, all_of, negate
from agent.planners.grammar.order import Chunk
from agent.planners.grammar.phrasing import phrased
from agent.planners.grammar.policy_defaults import Draft, Item
from agent.planners.grammar.policy_frame import PolicyReader
from agent.planners.grammar.reading import Reading
from agent.planners.grammar.rewording import entry_variants
from agent.planners.grammar.scope import Scope
from agent.planners.grammar.synonyms import said_otherwise
from agent.planners.grammar.words import Text
from core.conditions import EVERYONE, Attribute, Condition, Trait, leaves
from core.rules import Action
from warehouse.wording import describe


def reworded(text: Text, lexicon: Lexicon, as_of: datetime) -> tuple[Text, list[str]]:
    """The words of a rule put as eligibility rules put theirs, with what to tell of it."""
    return said_otherwise(phrased(text, lexicon), lexicon, as_of)


def read_chunk(chunk: Chunk, text: Text, lexicon: Lexicon, as_of: datetime) -> tuple[Reading, Text]:
    """One entry or heading; 'open ticket -> support' is for users with an open ticket."""
    said = text.slice(chunk.start, chunk.end)
    first: Unclear | None = None
    for one in entry_variants(said, lexicon):
        try:
            return PolicyReader(one, lexicon, as_of).read(), said
        except Unclear as unclear:
            first = first or unclear
    assert first is not None
    other, notes = reworded(said, lexicon, as_of)
    for one in entry_variants(other, lexicon):
        try:
            reading = PolicyReader(one, lexicon, as_of).read()
        except Unclear:
            continue
        reading.notes.extend(notes)
        return reading, said
    raise first


class Entries:
    """Adds the entries of an order to a draft, one by one."""

    def __init__(self, text: Text, lexicon: Lexicon, as_of: datetime, draft: Draft) -> None:
        self.text = text
        self.lexicon = lexicon
        self.as_of = as_of
        self.draft = draft
        self.holding = Holding(text, lexicon, as_of, draft)
        self.defined: dict[str, Condition] = {}
        """Whom messages are for that a sentence of their own says it of."""
        self.limiting: set[str] = set()
        """Those of them that such a sentence limits: 'A is only for …'."""
        self.doubtful: tuple[str, str] | None = None
        """The words of the first or last message that may hold for all, and the message."""
        self.scope = Scope(text, lexicon, [])
        self.said_of_all = ""
        """The people of the whole policy, where they were named beside one message."""
        self._unsaid: list[tuple[Item, str]] = []
        """Messages that nothing says the people of, and the words that name each."""

    def known(self) -> str:
        """The messages of the catalog."""
        return ", ".join(action.name for action in self.lexicon.catalog.actions.values())

    def add(self, chunk: Chunk, place: str) -> None:
        """Add one entry; place: 'first' or 'last' where its people may be those of all."""
        chunk = self._fullest(chunk) if chunk.also else chunk
        chunk, until = self._until(chunk)
        reading, text = self._read(chunk)
        condition = settled(reading, text, self.draft)
        if reading.holdout is not None:
            self.draft.holdout = reading.holdout
        action = with_channels(reading, self.lexicon.catalog) if reading.action else None
        if action is None:
            raise Unclear(
                question=f"Which message does '{text.words(0, len(text))}' mean? "
                f"The catalog has: {self.known()}."
            )
        if any(item.action.key == action.key for item in self.draft.items):
            raise Unclear(question=f"'{action.name}' stands in the order twice: which place holds?")
        if (
            place
            and not self.draft.population
            and "(" not in text.words(0, len(text))
            and not {token.low for token in text} & {"if", "when", "unless"}
            and (condition != EVERYONE or reading.exclusions or reading.population)
        ):
            self.doubtful = (text.words(0, len(text)), action.key)
        declared = action.key in self.lexicon.catalog.action_eligibility
        if not (declared or reading.items or reading.population) and _for_the_rest(text):
            reading.everyone = True
        if reading.everyone and self.said_of_all:
            raise Unclear(question=f"Is the whole policy for {self.said_of_all}, or for everyone?")
        condition = self._own_condition(chunk, place, reading, condition, text, declared)
        self._append(
            action,
            all_of([*reading.population, condition]) if reading.population else condition,
            reading,
        )
        if until is not None:
            self.holding.stop(replace(until, actions=(action.key,)))

    def _own_condition(
        self, chunk: Chunk, place: str, reading: Reading, condition: Condition, text: Text,
        declared: bool,
    ) -> Condition:  # fmt: skip
        """What is said of this message alone; what is said of all becomes the population."""
        whole = place and self._may_be_of_all(reading, condition, text)
        named = condition != EVERYONE or reading.population
        if reading.everyone and not (named or declared) and place == "last":
            return condition
        if place == "last" and declared and self.scope.of_everybody(chunk):
            self._whole(reading, condition)
            reading.everyone = False
            return EVERYONE
        if not whole or self.scope.own(chunk, place):
            return condition
        if not declared and self.scope.alone(chunk):
            return condition
        self._whole(reading, condition)
        return EVERYONE

    def finish(self) -> None:
        """Ask what all entries together leave open."""
        for item, words in self._unsaid:
            self._of_all_users(item, words)
        self._ask_about_scope()
        placed = {item.action.key for item in self.draft.items}
        for key in self.defined:
            if self.draft.items and key not in placed:
                name = self.lexicon.catalog.actions[key].name
                raise Unclear(question=f"'{name}' has no place in the order. Which place?")

    def _of_all_users(self, item: Item, words: str) -> None:
        """A message whose people nothing names is for all the users of the policy, if it says."""
        if not self.draft.population or item is not self.draft.items[-1]:
            question = (
                f"Who is eligible for '{item.action.name}'? Say it beside the message, "
                "for example 'for users who …'."
            )
            asked = Doubt.of(question, Answer("Everyone", words, f"{words} for everyone"))
            raise Unclear(question=question, choices=choices(asked, self.text.source))
        self.draft.notes.append(
            f"'{item.action.name}' is for all users of the policy: nothing limits it further."
        )

    def _read(self, chunk: Chunk) -> tuple[Reading, Text]:
        return read_chunk(chunk, self.text, self.lexicon, self.as_of)

    def _ask_about_scope(self) -> None:
        """'A over B for users who …': who is limited, where only B has a condition."""
        told = [
            item
            for item in self.draft.items
            if item.action.key not in self.defined or item.suppressions
        ]
        own = [item for item in told if not item.default or item.suppressions]
        if self.doubtful is not None and len(own) == 1 and len(self.draft.items) > 1:
            words, key = self.doubtful
            declared = key in self.lexicon.catalog.action_eligibility
            if own[0].action.key == key and (declared or own[0].suppressions):
                raise Unclear(
                    question=f"Does what '{words}' says of users hold for '{own[0].action.name}' "
                    "only, or for every message? Number the messages, or begin with 'For users …:'."
                )

    def _fullest(self, chunk: Chunk) -> Chunk:
        """Where a message is named several times: the place that says most of it."""
        told = [one for one in (chunk, *chunk.also) if self._tells(one)]
        if len(told) > 1:
            said = " and ".join(f"'{self.text.words(one.start, one.end)}'" for one in told)
            raise Unclear(question=f"Who gets it: {said}? Say it in one place.")
        return told[0] if told else chunk

    def _tells(self, chunk: Chunk) -> bool:
        reading, _ = self._read(chunk)
        named = reading.channels or reading.excluded_channels or reading.everyone
        return bool(reading.items or reading.population or reading.exclusions or named)

    def _until(self, chunk: Chunk) -> tuple[Chunk, Chunk | None]:
        """'A until they subscribe': the entry, and what ends it."""
        for i in range(chunk.start + 1, chunk.end - 1):
            if self.text.low(i) in ("until", "till"):
                return replace(chunk, end=i), Chunk(i + 1, chunk.end)
        return chunk, None

    def _may_be_of_all(self, reading: Reading, condition: Condition, text: Text) -> bool:
        """'A over B for trial users on iOS': who people are, not what they did, is said of all."""
        kinds = Attribute | Trait if self.defined else Attribute
        described = all(isinstance(leaf, kinds) for leaf in leaves(condition))
        named = condition != EVERYONE or reading.population
        if not named and "(" in text.words(0, len(text)):
            return False
        if not named and self.draft.population:
            return False
        if not named:
            return reading.everyone
        if self.draft.population or "(" in text.words(0, len(text)) or not described:
            return False
        return not reading.exclusions

    def _whole(self, reading: Reading, condition: Condition) -> None:
        """Make what one message says of people the whole policy's."""
        who_they_are = [*reading.population, *([] if condition == EVERYONE else [condition])]
        if not who_they_are:
            reading.everyone = False
            self.draft.notes.append("The whole policy is for everyone.")
            return
        self.draft.population.extend(who_they_are)
        words = describe(all_of(who_they_are), self.lexicon.catalog)
        self.draft.notes.append(f"The whole policy is for: {words}.")
        self.said_of_all = words
        reading.population = []
        self.doubtful = None

    def _append(self, action: Action, condition: Condition, reading: Reading) -> None:
        catalog = self.lexicon.catalog
        condition = self._as_defined(action, condition, reading)
        meaning = catalog.action_eligibility.get(action.key)
        if condition == EVERYONE and not meaning:
            condition = all_of(reading.exclusions) if reading.exclusions else condition
            reading.exclusions = []
        default = condition == EVERYONE and not reading.everyone
        if default and meaning is not None:
            condition = meaning
        problem = contradiction(
            all_of([*self.draft.population, condition]), catalog, self.text.source
        )
        if problem is not None:
            raise Unclear(refusal=problem)
        item = Item(action, condition, default)
        if default and meaning is None:
            self._unsaid.append((item, reading.action_words))
        for number, exclusion in enumerate(reading.exclusions, start=1):
            when = negate(exclusion)
            item.suppressions.append(suppression_of(f"{action.key}_{number}", action, when))
        self.draft.items.append(item)

    def _as_defined(self, action: Action, condition: Condition, reading: Reading) -> Condition:
        """With what a sentence of its own says: instead of nothing, or as a further limit."""
        if action.key not in self.defined:
            return condition
        told = self.defined[action.key]
        if condition == EVERYONE and not reading.everyone:
            reading.everyone = told == EVERYONE
            return told
        if action.key in self.limiting:
            return all_of([condition, told]) if condition != EVERYONE else told
        raise Unclear(
            question=f"'{action.name}' is said to be for two groups of users: which holds?"
        )


def _for_the_rest(text: Text) -> bool:
    """'for everyone else'."""
    return any(
        text.has(k, people, "else")
        for k in range(len(text))
        for people in ("everyone", "everybody")
    )
