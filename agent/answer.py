"""Prose from results: every number in it is one that a tool result holds.

The text is composed here, not by a model, and is checked all the same: a
number that no result holds turns the answer into a refusal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from agent.conversation.telling import derived, told_first
from agent.planners.port import CountQuestion, DebugQuestion, Drafted, Plan, SqlQuestion
from agent.question_words import answer_lines, shown_cells, subject
from agent.state import AskState
from core.artifacts import DebugReport, Preview
from core.conditions import Condition
from core.errors import Code, Refusal
from core.questions import MetricQuestion
from core.rules import DecisionPolicy, EligibilityRule
from measure.figures import supported
from tools.audience import conditions_of
from tools.small_groups import count_words
from warehouse.catalog import Catalog
from warehouse.wording import describe

ASKED_BACK = frozenset(
    {
        Code.UNKNOWN_TABLE,
        Code.UNKNOWN_COLUMN,
        Code.UNKNOWN_EVENT,
        Code.UNKNOWN_TRAIT,
        Code.UNKNOWN_AUDIENCE,
        Code.UNKNOWN_VALUE,
        Code.UNKNOWN_KEY,
        Code.NOT_UNDERSTOOD,
        Code.AMBIGUOUS,
    }
)
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def compose(state: AskState, catalog: Catalog) -> dict[str, Any]:
    """The answer's text, status and intent, from whatever the run has found."""
    refusals = [Refusal.model_validate(one) for one in state["refusals"]]
    plan = Plan.model_validate(state["plan"]) if state["plan"] else None
    if refusals:
        return _refused(state, refusals)
    if plan is None or plan.draft is None:
        questions = plan.questions if plan else ()
        return {
            "answer": "\n".join(questions),
            "status": "needs_clarification",
            "intent": "clarify",
        }
    told = told_first(state)
    text = "\n".join([*told, *_lines(plan.draft, state, catalog)])
    results = [
        state["plan"],
        state.get("simulated"),
        _told(plan.draft, state),
        state.get("compared"),
    ]
    known = [
        *results,
        state.get("turn"),
        derived(state),
        phrases(plan.draft, catalog),
        _cells(plan.draft, state),
    ]
    wrong = unsupported_numbers(text, known)
    if wrong:
        return _refused(state, [_unsupported(wrong)])
    return {"answer": text, "status": "answered", "intent": plan.intent}


def phrases(draft: Drafted, catalog: Catalog) -> list[str]:
    """A draft's conditions in words: 1,209,600 seconds of the plan read as 14 days."""
    match draft:
        case EligibilityRule() | DecisionPolicy():
            return [describe(one, catalog) for one in conditions_of(draft)]
        case MetricQuestion():
            return [subject(draft, catalog)]
        case CountQuestion():
            return [describe(one, catalog) for one in (draft.population, draft.condition)]
        case _:
            return []


def _told(draft: Drafted, state: AskState) -> Any:
    """A report without its prose: what a diagnosis says is held to the queries behind it."""
    if isinstance(draft, DebugQuestion):
        return supported(DebugReport.model_validate(state["report"]))
    return state.get("report")


def _cells(draft: Drafted, state: AskState) -> list[str]:
    """The rows of a question as its sentence writes them: 0.22 of the rows reads as 22 %."""
    return shown_cells(draft, state["report"]["rows"]) if isinstance(draft, MetricQuestion) else []


def unsupported_numbers(text: str, results: list[Any]) -> list[str]:
    """The numbers of a text that no result holds."""
    known = set()
    for result in results:
        known |= {_plain(number) for number in NUMBER.findall(json.dumps(result, default=str))}
    return [number for number in NUMBER.findall(text) if _plain(number) not in known]


def _plain(number: str) -> str:
    text = number.replace(",", "")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _unsupported(numbers: list[str]) -> Refusal:
    return Refusal(
        code=Code.UNDECIDABLE,
        message="The answer holds numbers that no result supports.",
        span=", ".join(numbers),
        fix="Report this: the answer was withheld because it could be wrong.",
    )


def _refused(state: AskState, refusals: list[Refusal]) -> dict[str, Any]:
    asked_back = all(one.code in ASKED_BACK for one in refusals)
    return {
        "answer": "\n".join(f"- {refusal}" for refusal in refusals),
        "refusals": [one.model_dump(mode="json") for one in refusals],
        "status": "needs_clarification" if asked_back else "refused",
        "intent": "clarify" if asked_back else "refused",
    }


def _lines(draft: Drafted, state: AskState, catalog: Catalog) -> Iterator[str]:
    match draft:
        case EligibilityRule():
            yield from _rule(draft, Preview.model_validate(state["simulated"]["preview"]), catalog)
        case DecisionPolicy():
            yield from _policy(
                draft, Preview.model_validate(state["simulated"]["preview"]), catalog
            )
        case DebugQuestion():
            yield from _report(DebugReport.model_validate(state["report"]))
        case CountQuestion():
            found = state["simulated"]
            whom = in_words(draft.population, draft.condition, catalog)
            yield f"{count_words(found['users'], found['of'])}: {whom}."
            yield from (f"- {note}" for note in found["notes"])
        case MetricQuestion():
            yield from answer_lines(draft, state["report"]["rows"], catalog)
            yield from (f"- {note}" for note in state["report"]["notes"])
        case SqlQuestion():
            yield f"{state['report']['row_count']} rows; the SQL that gave them is beside them."


def in_words(population: Condition, condition: Condition, catalog: Catalog) -> str:
    """Population and condition as one phrase."""
    words = [describe(part, catalog) for part in (population, condition)]
    return ", ".join(word for word in words if word != "everyone") or "everyone"


def _rule(rule: EligibilityRule, preview: Preview, catalog: Catalog) -> Iterator[str]:
    yield (
        f"**{rule.name}** is for **{preview.audience_size:,}** of {preview.population_size:,} "
        f"users ({preview.population}); {preview.reachable_size:,} of them can be reached today, "
        "after consent, holdouts and caps."
    )
    yield ""
    yield f"**Who is in:** {in_words(rule.population, rule.condition, catalog)}."
    for step in preview.waterfall:
        yield f"- {step.clause}: {step.remaining:,} remain"
    if rule.action:
        yield ""
        yield f"**What is sent:** {rule.action.name}, by {' then '.join(rule.action.channels)}."


def _policy(policy: DecisionPolicy, preview: Preview, catalog: Catalog) -> Iterator[str]:
    yield (
        f"**{policy.name}** decides for **{preview.population_size:,}** users "
        f"({preview.population}); {preview.audience_size:,} of them fit an entry."
    )
    yield ""
    yield "**Priority order**"
    for number, (entry, row) in enumerate(zip(policy.entries, preview.winners, strict=True), 1):
        yield (
            f"{number}. {entry.action.name}: {describe(entry.eligibility, catalog)}. "
            f"{row.eligible:,} eligible, {row.selected:,} would get it."
        )
    names = {entry.action.key: entry.action.name for entry in policy.entries}
    for title, held in (
        ("Suppressions", policy.suppressions),
        ("Stop conditions", policy.stop_conditions),
    ):
        if held:
            yield ""
            yield f"**{title}**"
        for one in held:
            whom = ", ".join(names[key] for key in one.actions) or "Every entry"
            yield f"- {whom}: {one.name}"


def _report(report: DebugReport) -> Iterator[str]:
    yield f"**{report.verdict}**"
    if report.causes:
        yield ""
        yield "**Likely causes**"
        for cause in report.causes:
            yield f"{cause.rank}. {cause.cause} (confidence: {cause.confidence})"
    if report.ruled_out:
        yield ""
        yield "**Ruled out**"
        yield from (f"- {sentence}" for sentence in report.ruled_out)
