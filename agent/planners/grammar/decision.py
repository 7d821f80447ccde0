"""A decision prompt becomes a DecisionPolicy: ordered entries, suppressions, stop conditions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from agent.planners.defaults import holdout_of, slug
from agent.planners.grammar.contradiction import contradiction
from agent.planners.grammar.eligibility import with_channels
from agent.planners.grammar.holding import Holding, settled, suppression_of
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear, all_of, negate
from agent.planners.grammar.order import Chunk
from agent.planners.grammar.outline import Outline
from agent.planners.grammar.outline_words import ENDS, THEN
from agent.planners.grammar.policy_defaults import (
    Draft,
    Item,
    about_defaults,
    default_stops,
    default_suppressions,
    key_words,
)
from agent.planners.grammar.policy_frame import PolicyReader, RequestReader
from agent.planners.grammar.policy_wording import in_plain_order
from agent.planners.grammar.reading import Reading
from agent.planners.grammar.rewording import entry_variants
from agent.planners.grammar.scope import Scope
from agent.planners.grammar.words import Text
from agent.planners.port import Plan
from core.conditions import (
    EVERYONE,
    Attribute,
    Condition,
    Trait,
    leaves,
)
from core.rules import (
    Action,
    DecisionPolicy,
    Entry,
)
from warehouse.wording import describe


def plan_decision(text: Text, lexicon: Lexicon, as_of: datetime, notes: list[str]) -> Plan:
    """The policy that the text describes; raises Unclear where it cannot be read."""
    builder = _Builder(in_plain_order(text, lexicon), lexicon, as_of)
    draft = builder.build()
    catalog = lexicon.catalog
    if not (draft.says_suppressions or draft.says_stops):
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


def _for_the_rest(text: Text) -> bool:
    """'for everyone else'."""
    return any(
        text.has(k, people, "else")
        for k in range(len(text))
        for people in ("everyone", "everybody")
    )


_ALL = frozenset("everyone everybody anyone anybody all others rest".split())


class _Builder:
    """Reads the parts of an outline into a draft."""

    def __init__(self, text: Text, lexicon: Lexicon, as_of: datetime) -> None:
        self.text = text
        self.lexicon = lexicon
        self.as_of = as_of
        self.draft = Draft()
        self.holding = Holding(text, lexicon, as_of, self.draft)
        self.defined: dict[str, Condition] = {}
        self.doubtful: tuple[str, str] | None = None
        """The words of the first or last message that may hold for all, and the message."""

        self.scope = Scope(text, lexicon, [])
        self.said_of_all = ""
        """The people of the whole policy, where they were named beside one message."""

    def build(self) -> Draft:
        """Everything the text says, item by item."""
        outline = Outline(self.text, self.lexicon)
        for chunk in outline.order.headers:
            self._header(chunk)
        for chunk in outline.definitions:
            self._definition(chunk)
        self.scope = Scope(self.text, self.lexicon, outline.order.items)
        for position, chunk in enumerate(outline.order.items):
            place = "" if chunk.marked else "first" if position == 0 else ""
            if position + 1 == len(outline.order.items) and position and chunk.rank is None:
                place = "" if self._begins(chunk.start) else "last"
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
        for chunk in outline.requests:
            self._request(chunk)
        for chunk in outline.suppressions:
            self.holding.suppression(chunk)
        for chunk in outline.stops:
            self.holding.stop(chunk)
        return self.draft

    def _begins(self, i: int) -> bool:
        """Whether a sentence begins there, with 'then' or without."""
        return self.text.low(i - 1 - (self.text.low(i - 1) in THEN)) in ENDS

    def _request(self, chunk: Chunk) -> None:
        RequestReader(self.text.slice(chunk.start, chunk.end), self.lexicon, self.as_of).read()

    def _actions(self) -> str:
        return ", ".join(action.name for action in self.lexicon.catalog.actions.values())

    def _read(self, chunk: Chunk) -> tuple[Reading, Text]:
        text = self.text.slice(chunk.start, chunk.end)
        return self._reading(text), text

    def _reading(self, text: Text) -> Reading:
        """One entry or heading; 'open ticket -> support' is for users with an open ticket."""
        first: Unclear | None = None
        for said in entry_variants(text, self.lexicon):
            try:
                return PolicyReader(said, self.lexicon, self.as_of).read()
            except Unclear as unclear:
                first = first or unclear
        assert first is not None
        raise first

    def _header(self, chunk: Chunk) -> None:
        reading, text = self._read(chunk)
        condition = settled(reading, text, self.draft)
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
        key, condition = self._defined_by(chunk)
        if key in self.defined:
            name = self.lexicon.catalog.actions[key].name
            raise Unclear(question=f"'{name}' is said to be for two groups of users: which holds?")
        self.defined[key] = condition

    def _defined_by(self, chunk: Chunk) -> tuple[str, Condition]:
        """The message that a sentence is about, and whom it is for."""
        if chunk.actions and self._everyone(chunk):
            return chunk.actions[0], EVERYONE
        reading, text = self.holding.read_when(chunk) if chunk.actions else self._read(chunk)
        condition = settled(reading, text, self.draft)
        parts = [*reading.population, *([] if condition == EVERYONE else [condition])]
        parts.extend(reading.exclusions)
        key = reading.action.key if reading.action is not None else None
        key = chunk.actions[0] if chunk.actions else key
        if key is None or not (parts or reading.everyone):
            raise Unclear(
                question=f"What does '{text.words(0, len(text))}' add to the order? "
                "Say 'A is for users who …', or number the messages."
            )
        return key, all_of(parts) if parts else EVERYONE

    def _everyone(self, chunk: Chunk) -> bool:
        """'for everybody else'."""
        said = {self.text.low(i) for i in range(chunk.start, chunk.end)}
        return bool(said & _ALL) and said <= _ALL | {"for", "to", "else", "other", "users", "the"}

    def _ask_about_scope(self) -> None:
        """'A over B for users who …': who is limited, where only B has a condition."""
        told = [item for item in self.draft.items if item.action.key not in self.defined]
        own = [item for item in told if not item.default or item.suppressions]
        if self.doubtful is not None and len(own) == 1 and len(self.draft.items) > 1:
            words, key = self.doubtful
            if own[0].action.key == key and key in self.lexicon.catalog.action_eligibility:
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

    def _item(self, chunk: Chunk, place: str) -> None:
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
                f"The catalog has: {self._actions()}."
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
        whole = place and self._may_be_of_all(reading, condition, text)
        if whole and not self.scope.own(chunk, place):
            self._whole(reading, condition)
            condition = EVERYONE
        self._add(
            action,
            all_of([*reading.population, condition]) if reading.population else condition,
            reading,
        )
        if until is not None:
            self.holding.stop(replace(until, actions=(action.key,)))

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

    def _add(self, action: Action, condition: Condition, reading: Reading) -> None:
        catalog = self.lexicon.catalog
        if condition == EVERYONE and action.key in self.defined:
            condition = self.defined[action.key]
            reading.everyone = reading.everyone or condition == EVERYONE
        if condition == EVERYONE and not catalog.action_eligibility.get(action.key):
            condition = all_of(reading.exclusions) if reading.exclusions else condition
            reading.exclusions = []
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
            item.suppressions.append(suppression_of(f"{action.key}_{number}", action, when))
        self.draft.items.append(item)
