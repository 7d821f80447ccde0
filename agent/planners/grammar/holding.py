"""What a policy holds back and ends: suppressions and stop conditions of its entries."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from agent.planners.grammar.doubt import choices
from agent.planners.grammar.ends import since_eligible
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear, all_of, negate
from agent.planners.grammar.order import Chunk
from agent.planners.grammar.policy_defaults import Draft, Item
from agent.planners.grammar.policy_frame import ConditionReader
from agent.planners.grammar.reading import Reading
from agent.planners.grammar.rewording import duration_first, in_the_last, lasting, variants
from agent.planners.grammar.words import Text
from core.conditions import (
    EVERYONE,
    And,
    Calendar,
    Condition,
    EventCount,
    Not,
    Or,
    Related,
    Rolling,
)
from core.rules import Action, OutcomeSuppression, StopCondition, Suppression

_DAY = 86_400


class Holding:
    """Adds suppressions and stop conditions to a policy while it is put together."""

    def __init__(self, text: Text, lexicon: Lexicon, as_of: datetime, draft: Draft) -> None:
        self.text = text
        self.lexicon = lexicon
        self.as_of = as_of
        self.draft = draft

    def suppression(self, chunk: Chunk) -> None:
        """Hold back what a sentence says is held back; raises Unclear where it cannot be read."""
        self.draft.says_suppressions = True
        if chunk.pause is not None:
            self._pause(chunk, chunk.pause)
            return
        for k in range(chunk.start + 1, chunk.end - 2):
            joined = self.text.low(k) == "and" and chunk.lasting is None
            if joined and duration_first(self.text, k + 1) is not None:
                cut = k - (self.text.low(k - 1) == ",")
                self.suppression(replace(chunk, end=cut))
                self.suppression(replace(chunk, start=k + 1))
                return
        reading, text = self.read_when(chunk)
        when = self._when(reading, text, chunk)
        targets = self._targets(chunk, reading)
        for item in targets:
            number = len(item.suppressions) + 1
            item.suppressions.append(
                suppression_of(f"{item.action.key}_{number}", item.action, when)
            )
        if not targets:
            number = len(self.draft.suppressions) + 1
            one = Suppression(key=f"all_{number}", name="No message at all", when=when, scope="all")
            self.draft.suppressions.append(one)
            self.draft.notes.append("A suppression that names no message holds for every message.")

    def stop(self, chunk: Chunk) -> None:
        """End what a sentence says ends; raises Unclear where it cannot be read."""
        self.draft.says_stops = True
        told = len(self.draft.notes)
        reading, text = self.read_when(chunk)
        when = self._when(reading, text, chunk)
        targets = self._targets(chunk, reading)
        for item in targets:
            key = f"{item.action.key}_stop_{len(item.stops) + 1}"
            since = since_eligible(item, when, self.lexicon)
            if since != when:
                self.draft.notes[told:] = [
                    note for note in self.draft.notes[told:] if "no window was given" not in note
                ]
                self.draft.notes.append(
                    f"'{item.action.name}' ends with what happens in the time it is for, "
                    "not with what happened before."
                )
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

    def read_when(self, chunk: Chunk) -> tuple[Reading, Text]:
        """What a suppression or stop says of people; a bare noun is something they have."""
        text = self.text.slice(chunk.start, chunk.end)
        if chunk.lasting is not None:
            text = in_the_last(text, self.text.slice(*chunk.lasting))
        first: Unclear | None = None
        for said in variants(lasting(text), self.lexicon):
            try:
                reading = ConditionReader(said, self.lexicon, self.as_of).read()
                if _tells(reading):
                    return reading, said
            except Unclear as unclear:
                first = first or unclear
        raise first or self._asks_when(chunk)

    def _asks_when(self, chunk: Chunk) -> Unclear:
        return Unclear(
            question=f"When exactly: '{self.text.words(chunk.start, chunk.end)}'? "
            "Say 'while …' or 'once …' with one condition."
        )

    def _when(self, reading: Reading, text: Text, chunk: Chunk) -> Condition:
        condition = settled(reading, text, self.draft)
        if any(token.low == "today" for token in text):
            condition = self._of_the_calendar(condition)
        parts = [*reading.population, *([] if condition == EVERYONE else [condition])]
        parts.extend(reading.exclusions if not parts else [])
        if (reading.exclusions and len(parts) != len(reading.exclusions)) or not parts:
            raise self._asks_when(chunk)
        when = all_of(parts)
        if (
            chunk.reversed
            and isinstance(when, Related)
            and not {"have", "has"}
            & {token.low for token in self.text.tokens[chunk.start : chunk.end]}
        ):  # 'until a ticket is closed' tells nothing of those who have none.
            raise self._asks_when(chunk)
        return negate(when) if chunk.reversed else when

    def _of_the_calendar(self, condition: Condition) -> Condition:
        """'Not to those who checked out today' is the day of the calendar, not 24 hours."""
        meant = _today(condition)
        if meant == condition:  # rows are looked at within 24 hours, and it is told so
            return condition
        self.draft.notes = [note for note in self.draft.notes if "24 hours up to now" not in note]
        self.draft.notes.append("'today' is the current calendar day, in UTC.")
        return meant

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


def settled(reading: Reading, text: Text, draft: Draft) -> Condition:
    """The condition of a reading without its exclusions; raises its first question."""
    exclusions, reading.exclusions = reading.exclusions, []
    condition = reading.condition(text)
    reading.exclusions = exclusions
    if reading.questions:
        question = reading.questions[0]
        raise Unclear(question=question, choices=choices(question, text.source))
    draft.notes.extend(reading.notes)
    return condition


def _today(condition: Condition) -> Condition:
    """A condition whose 24 hours are the current day of the calendar."""
    if isinstance(condition, And | Or):
        return condition.model_copy(update={"of": tuple(_today(one) for one in condition.of)})
    if isinstance(condition, Not):
        return Not(of=_today(condition.of))
    if isinstance(condition, EventCount) and condition.window == Rolling(seconds=_DAY):
        return condition.model_copy(update={"window": Calendar(unit="day")})
    return condition


def _tells(reading: Reading) -> bool:
    named = reading.items or reading.population or reading.exclusions
    return bool(named) or reading.everyone


def suppression_of(key: str, action: Action, when: Condition) -> Suppression:
    """A suppression of one action."""
    name = f"No {action.name.lower()} now"
    return Suppression(key=key[:64], name=name, when=when, actions=(action.key,))
