"""The closed-world check of a draft: every name known, every type right, every SQL allowed."""

from __future__ import annotations

from collections.abc import Iterable

from agent.context import AskContext
from agent.planners.port import CountQuestion, DebugQuestion, Drafted, Segment, SqlQuestion
from control import versions
from core.conditions import Condition, Op
from core.errors import Code, Refusal
from core.questions import MetricQuestion
from core.rules import DecisionPolicy, EligibilityRule
from orchestrate.artifact_checks import refusals
from tools.context import Refused
from warehouse.catalog import unknown_name
from warehouse.compile import validate
from warehouse.compile.names import attribute_column, check_value
from warehouse.questions import question_refusals


def check_draft(draft: Drafted, context: AskContext) -> tuple[Refusal, ...]:
    """Every refusal of a draft; empty when it may be simulated."""
    match draft:
        case EligibilityRule() | DecisionPolicy():
            found = [*refusals(draft, context.catalog, versions.audiences(context.store))]
        case CountQuestion():
            found = [*_conditions((draft.population, draft.condition), context)]
        case MetricQuestion():
            found = [*question_refusals(draft, context.catalog, versions.audiences(context.store))]
        case DebugQuestion():
            found = [*_debug(draft, context)]
        case SqlQuestion():
            result = context.tools["check_sql"].invoke({"sql": draft.sql})
            found = [*result.refusals] if isinstance(result, Refused) else []
    return tuple(dict.fromkeys(found))


def _conditions(conditions: Iterable[Condition], context: AskContext) -> Iterable[Refusal]:
    audiences = versions.audiences(context.store)
    for condition in conditions:
        yield from validate(condition, context.catalog, audiences)


def _debug(question: DebugQuestion, context: AskContext) -> Iterable[Refusal]:
    if question.metric not in context.catalog.metrics:
        known = [*context.catalog.metrics]
        yield unknown_name(Code.UNKNOWN_KEY, "metric", question.metric, known)
    for segment in (question.segment, question.control):
        if segment is not None:
            yield from _segment(segment, context)
    if question.start >= question.end:
        yield Refusal(
            code=Code.CONTRADICTION,
            message="The period ends before it starts.",
            span=f"{question.start} to {question.end}",
            fix="Name a period such as this week.",
        )


def _segment(segment: Segment, context: AskContext) -> Iterable[Refusal]:
    column = attribute_column(segment.column, context.catalog)
    if isinstance(column, Refusal):
        yield column
    else:
        yield from check_value(segment.column, column, Op.EQ, segment.value)
