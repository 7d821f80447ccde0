"""The port that every planner implements, and the plan it gives.

A planner turns a prompt and what retrieval found into a typed plan. It never
runs SQL, never decides, never guesses: what it does not understand comes back
as a question or a refusal that points at the words.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Protocol

from pydantic import Field

from core.artifacts import Choice, Intent, Usage
from core.conditions import Condition, Frozen
from core.errors import Refusal
from core.questions import MetricQuestion
from core.rules import DecisionPolicy, EligibilityRule
from warehouse.glossary import Term


class Segment(Frozen):
    """A slice of users by one column's value, named as people do."""

    label: str
    column: str
    value: str


class DebugQuestion(Frozen):
    """What a debug prompt asks: a metric in a segment against a control, now against before."""

    kind: Literal["debug_question"] = "debug_question"
    metric: str
    segment: Segment | None
    control: Segment | None
    direction: Literal["drop", "rise", "change"] = "drop"
    start: datetime
    """The current period is [start, end), in UTC."""
    end: datetime


class CountQuestion(Frozen):
    """How many users meet a condition."""

    kind: Literal["count_question"] = "count_question"
    population: Condition
    condition: Condition


class SqlQuestion(Frozen):
    """A question answered by one query that a model wrote; it is checked and sandboxed."""

    kind: Literal["sql_question"] = "sql_question"
    sql: str


Drafted = Annotated[
    EligibilityRule | DecisionPolicy | DebugQuestion | CountQuestion | MetricQuestion | SqlQuestion,
    Field(discriminator="kind"),
]


class PlanRequest(Frozen):
    """What a planner is asked."""

    prompt: str
    as_of: datetime
    grounding: tuple[Term, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    """Why the last draft was refused; empty on the first attempt."""
    attempt: int = 1
    thread: str = ""
    """The conversation it belongs to: budgets of a model are counted by it."""
    pending: Drafted | None = None
    """The artifact that a follow-up edits; None for a prompt that stands alone."""


class Plan(Frozen):
    """What a planner gives: a draft, or questions, or refusals. Never a guess."""

    intent: Intent
    draft: Drafted | None = None
    assumptions: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    """The likeliest answers to the question, the likeliest first: each a prompt of its own."""
    refusals: tuple[Refusal, ...] = ()
    usage: Usage = Usage()


class Planner(Protocol):
    """Turns a prompt into a plan."""

    @property
    def name(self) -> Literal["grammar", "openai", "hybrid"]:
        """Which planner is speaking."""
        ...

    def plan(self, request: PlanRequest) -> Plan:
        """Understand the prompt and draft its artifact."""
        ...
