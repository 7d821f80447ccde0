"""What a follow-up names, read by the planner's own grammar: people, periods, channels, amounts.

A fragment is put into small whole prompts, one for each way it may be meant. What
reads in one way only is that; what reads in two is asked back; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from agent.planners.grammar.meaning import Unclear, refused
from agent.planners.port import Plan, Planner, PlanRequest
from core.artifacts import Choice
from core.conditions import EVERYONE, Condition, EventCount, Window
from core.errors import Code, Refusal
from core.rules import EligibilityRule
from warehouse.catalog import Catalog
from warehouse.wording import describe

_PEOPLE = re.compile(
    r"\b(?:users?|people|persons?|customers?|members?|subscribers?|anyone|anybody|everyone"
    r"|everybody"
    r"|those|folks|accounts?)\b",
    re.I,
)
_RELATIVE = re.compile(r"(?:who|whose|that|with|without|from|on|in)\b", re.I)
_FRAMES = (
    "{} users", "users who {}", "users with {}", "users from {}", "users on {}", "users who are {}",
    "users {}",
)  # fmt: skip
_PERIODS = ("{}", "in the last {}", "in {}", "in the {}")
MOST_CHOICES = 4


class Read(NamedTuple):
    """A condition, and the sentences about how its words were taken."""

    condition: Condition
    notes: tuple[str, ...] = ()
    said: str = ""
    """The words as they name people: 'users from Brazil'."""


class Fragments:
    """Reads fragments over one catalog, at one moment."""

    def __init__(self, reader: Planner, catalog: Catalog, as_of: datetime) -> None:
        self._reader = reader
        self.catalog = catalog
        self.as_of = as_of

    def plan(self, prompt: str) -> Plan:
        """A whole prompt, read by the grammar."""
        return self._reader.plan(PlanRequest(prompt=prompt, as_of=self.as_of))

    def people(self, words: str, again: str = "only {}") -> Read:
        """Who is meant; ``again`` is the follow-up that asks for one of several readings."""
        return self._one(words, "Target {}", again)

    def left_out(self, words: str) -> Read:
        """Who is left out, already turned round."""
        return self._one(words, "Target all users, excluding {}", "exclude {}")

    def window(self, words: str) -> tuple[Window, tuple[str, ...]]:
        """A period, as an event is counted in it."""
        event = next(iter(self.catalog.events))
        failed: list[Plan] = []
        for frame in _PERIODS:
            plan = self.plan(f"Target users who {event} {frame.format(words)}")
            rule = _plain_rule(plan)
            counted = rule.condition if rule is not None else None
            if isinstance(counted, EventCount) and counted.window and not counted.where:
                return counted.window, _notes(plan)
            failed.append(plan)
        raise _unreadable(failed, words, "Say a period such as 'the last 14 days'.")

    def channels(self, words: str) -> tuple[str, ...]:
        """Channels in order."""
        event = next(iter(self.catalog.events))
        plan = self.plan(f"Send a message by {words} to users who {event}")
        rule = plan.draft
        if isinstance(rule, EligibilityRule) and rule.action is not None:
            return rule.action.channels
        raise _unreadable([plan], words, f"Channels: {', '.join(sorted(self.catalog.channels))}.")

    def _one(self, words: str, whole: str, again: str) -> Read:
        found: dict[Condition, tuple[str, tuple[str, ...]]] = {}
        failed: list[Plan] = []
        for people in _people(words):
            plan = self.plan(whole.format(people))
            rule = _plain_rule(plan)
            if rule is None:
                failed.append(plan)
            elif _members(rule) != EVERYONE:
                found.setdefault(_members(rule), (people, _notes(plan)))
        if len(found) == 1:
            condition, (said, notes) = next(iter(found.items()))
            return Read(condition, notes, said)
        if found:
            raise Unclear(
                question=f"What does '{words}' mean here?",
                choices=self._readings(found, again),
            )
        raise _unreadable(failed, words, "Say it as in a prompt: 'users who …', 'users from …'.")

    def _readings(
        self, found: dict[Condition, tuple[str, tuple[str, ...]]], again: str
    ) -> tuple[Choice, ...]:
        return tuple(
            Choice(label=describe(condition, self.catalog), prompt=again.format(people))
            for condition, (people, _notes) in list(found.items())[:MOST_CHOICES]
        )


def _people(words: str) -> Iterable[str]:
    """The ways in which a fragment may name people, as parts of a prompt."""
    if _PEOPLE.search(words):
        return (words,)
    if _RELATIVE.match(words):
        return (f"users {words}",)
    return tuple(frame.format(words) for frame in _FRAMES)


def _plain_rule(plan: Plan) -> EligibilityRule | None:
    """The rule of a plan that says who is meant and nothing else."""
    rule = plan.draft
    plain = isinstance(rule, EligibilityRule) and rule.action is None and not plan.questions
    return rule if plain and isinstance(rule, EligibilityRule) else None


def _members(rule: EligibilityRule) -> Condition:
    return rule.condition if rule.population == EVERYONE else rule.members


def _notes(plan: Plan) -> tuple[str, ...]:
    """What was assumed of the words, without what a rule assumes of itself."""
    about_rule = ("No message was named", "are held out")
    return tuple(one for one in plan.assumptions if not any(word in one for word in about_rule))


def _unreadable(failed: list[Plan], words: str, fix: str) -> Unclear:
    """The first question that a reading raised, else what is wrong with the words themselves."""
    for plan in failed:
        if plan.questions:
            return Unclear(question=plan.questions[0], choices=plan.choices)
    told = [one for plan in failed for one in plan.refusals]
    for refusal in sorted(told, key=lambda one: _weight(one, words)):
        if refusal.code is not Code.OUT_OF_SCOPE:
            return Unclear(refusal=refusal)
    return refused(Code.NOT_UNDERSTOOD, f"I do not understand '{words}'.", words, fix)


def _weight(refusal: Refusal, words: str) -> tuple[bool, bool, int]:
    """A named kind of mistake before a general one, and the fewest words that are not theirs."""
    span = refusal.span or ""
    return (
        refusal.code is Code.NOT_UNDERSTOOD,
        span.lower() not in words.lower(),
        len(span),
    )
