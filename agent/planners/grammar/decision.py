"""A decision prompt becomes a DecisionPolicy: ordered entries, suppressions, stop conditions."""

from __future__ import annotations

from dataclasses import replace
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
from agent.planners.grammar.policy_frame import ConditionReader, PolicyReader, RequestReader
from agent.planners.grammar.reading import Reading
from agent.planners.grammar.rewording import entry_variants, in_the_last, lasting, variants
from agent.planners.grammar.words import Text
from agent.planners.port import Plan
from core.conditions import (
    EVERYONE,
    Attribute,
    Condition,
    EventAge,
    EventCount,
    Op,
    Rolling,
    Window,
    leaves,
)
from core.rules import (
    Action,
    DecisionPolicy,
    Entry,
    OutcomeSuppression,
    StopCondition,
    Suppression,
)
from warehouse.wording import describe


def plan_decision(text: Text, lexicon: Lexicon, as_of: datetime, notes: list[str]) -> Plan:
    """The policy that the text describes; raises Unclear where it cannot be read."""
    builder = _Builder(text, lexicon, as_of)
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

        self.others_have_people = False
        """A message after the first names who it is for."""
        self.said_of_all = ""
        """The people of the whole policy, where they were named beside one message."""

    def build(self) -> Draft:
        """Everything the text says, item by item."""
        outline = Outline(self.text, self.lexicon)
        for chunk in outline.order.headers:
            self._header(chunk)
        for chunk in outline.definitions:
            self._definition(chunk)
        self.others_have_people = any(self._has_people(chunk) for chunk in outline.order.items[1:])
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
        for chunk in outline.requests:
            self._request(chunk)
        for chunk in outline.suppressions:
            self._suppression(chunk)
        for chunk in outline.stops:
            self._stop(chunk)
        return self.draft

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
        for said in entry_variants(text):
            try:
                return PolicyReader(said, self.lexicon, self.as_of).read()
            except Unclear as unclear:
                first = first or unclear
        assert first is not None
        raise first

    def _read_when(self, chunk: Chunk) -> tuple[Reading, Text]:
        """What a suppression or stop says of people; a bare noun is something they have."""
        text = self.text.slice(chunk.start, chunk.end)
        if chunk.lasting is not None:
            text = in_the_last(text, self.text.slice(*chunk.lasting))
        first: Unclear | None = None
        for said in variants(lasting(text), self.lexicon):
            try:
                reading = ConditionReader(said, self.lexicon, self.as_of).read()
                if reading.items or reading.population or reading.exclusions:
                    return reading, said
            except Unclear as unclear:
                first = first or unclear
        raise first or self._asks_when(chunk)

    def _asks_when(self, chunk: Chunk) -> Unclear:
        return Unclear(
            question=f"When exactly: '{self.text.words(chunk.start, chunk.end)}'? "
            "Say 'while …' or 'once …' with one condition."
        )

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

    def _fullest(self, chunk: Chunk) -> Chunk:
        """Where a message is named several times: the place that says most of it."""
        told = [one for one in (chunk, *chunk.also) if self._tells(one)]
        if len(told) > 1:
            said = " and ".join(f"'{self.text.words(one.start, one.end)}'" for one in told)
            raise Unclear(question=f"Who gets it: {said}? Say it in one place.")
        return told[0] if told else chunk

    def _has_people(self, chunk: Chunk) -> bool:
        words = self.text.slice(chunk.start, chunk.end)
        return any(self.lexicon.is_person(words, i) for i in range(len(words)))

    def _tells(self, chunk: Chunk) -> bool:
        reading, _ = self._read(chunk)
        named = reading.channels or reading.excluded_channels or reading.everyone
        return bool(reading.items or reading.population or reading.exclusions or named)

    def _item(self, chunk: Chunk, place: str) -> None:
        chunk = self._fullest(chunk) if chunk.also else chunk
        chunk, until = self._until(chunk)
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
        if until is not None:
            self._stop(replace(until, actions=(action.key,)))

    def _until(self, chunk: Chunk) -> tuple[Chunk, Chunk | None]:
        """'A until they subscribe': the entry, and what ends it."""
        for i in range(chunk.start + 1, chunk.end - 1):
            if self.text.low(i) in ("until", "till"):
                return replace(chunk, end=i), Chunk(i + 1, chunk.end)
        return chunk, None

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
        """Whether the people are said of one message: it stands before them, or others have theirs.

        'For users in the US, A over B' is for them throughout; 'iOS users get A, Android users
        get B' is not.
        """
        words = self.text.slice(chunk.start, chunk.end)
        low = [token.low for token in words if token.kind == "word"]
        people = next((i for i in range(len(words)) if self.lexicon.is_person(words, i)), None)
        named = next((i for i in range(len(words)) if self.frame_at(words, i)), None)
        apart = people is not None and named is not None and people < named
        if apart and low[0] not in ("for", "among", "amongst", "within"):
            return self.others_have_people
        if {"before", "else", "first", "ahead"} & {*low}:
            return False
        if not apart:
            return not (low and low[0] in ("for", "trial", "give", "send", "all", "every"))
        return False

    def frame_at(self, words: Text, i: int) -> bool:
        """Whether a message of the catalog is named at an index."""
        return self.lexicon.longest("action", words, i) is not None

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
        self.draft.says_suppressions = True
        if chunk.pause is not None:
            self._pause(chunk, chunk.pause)
            return
        reading, text = self._read_when(chunk)
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

    def _pause(self, chunk: Chunk, outcome: OutcomeSuppression) -> None:
        """One suppression for all that it concerns, since what is ignored counts over them."""
        targets = self._targets(chunk, Reading())
        number = len(self.draft.suppressions) + 1
        keys = tuple(item.action.key for item in targets)
        self.draft.suppressions.append(
            Suppression(
                key=f"pause_{number}", name="A pause, as the prompt says", outcome=outcome,
                actions=keys, scope="action" if keys else "all",
            )
        )  # fmt: skip

    def _when(self, reading: Reading, text: Text, chunk: Chunk) -> Condition:
        condition = self._settle(reading, text)
        parts = [*reading.population, *([] if condition == EVERYONE else [condition])]
        parts.extend(reading.exclusions if not parts else [])
        if (reading.exclusions and len(parts) != len(reading.exclusions)) or not parts:
            raise self._asks_when(chunk)
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
        self.draft.says_stops = True
        reading, text = self._read_when(chunk)
        when = self._when(reading, text, chunk)
        targets = self._targets(chunk, reading)
        for item in targets:
            key = f"{item.action.key}_stop_{len(item.stops) + 1}"
            since = self._since_eligible(item, when)
            item.stops.append(
                StopCondition(
                    key=key[:64], name="As the prompt says", when=since, actions=(item.action.key,)
                )
            )
        if not targets:
            key = f"stop_{len(self.draft.stops) + 1}"
            self.draft.stops.append(StopCondition(key=key, name="As the prompt says", when=when))
            self.draft.notes.append(
                "A stop condition that names no message holds for every message."
            )

    def _since_eligible(self, item: Item, when: Condition) -> Condition:
        """'Stop the win-back when they work out', for whom did not in 30 days: in these 30 days."""
        if not isinstance(when, EventCount) or when.window is not None:
            return when
        window = next(
            (found for leaf in leaves(item.eligibility) if (found := _idle(leaf, when.event))), None
        )
        if window is None:
            return when
        self.draft.notes.append(
            f"'{item.action.name}' ends with a {when.event} of the time without one, "
            "not with one before it."
        )
        return when.model_copy(update={"window": window})


def _idle(leaf: Condition, event: str) -> Window | None:
    """The window in which a leaf says that an event did not happen."""
    if isinstance(leaf, EventCount) and leaf.event == event:
        none = (leaf.op, leaf.n) in ((Op.EQ, 0), (Op.LT, 1))
        return leaf.window if none else None
    if isinstance(leaf, EventAge) and leaf.event == event and leaf.which == "last":
        return Rolling(seconds=leaf.seconds) if leaf.op in (Op.GT, Op.GE) else None
    return None


def _suppression(key: str, action: Action, when: Condition) -> Suppression:
    name = f"No {action.name.lower()} now"
    return Suppression(key=key[:64], name=name, when=when, actions=(action.key,))
