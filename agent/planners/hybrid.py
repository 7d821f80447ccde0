"""The planner that reads twice: by grammar and by a model, and trusts what both read.

The model reads the request by itself first: an agreement of two readings that
do not know of each other is worth something. Then the readings are compared by
what they select on the data. Where they differ, the model is shown the
grammar's reading beside its own, which only decides what is offered first: a
person decides. A reading of the model alone is never taken without being asked.
"""

from __future__ import annotations

from typing import Literal

from agent.explaining import explain, is_explanation
from agent.planners.agreeing import agree
from agent.planners.canonical import same_draft
from agent.planners.measuring import Measure
from agent.planners.openai.failures import ModelFailed
from agent.planners.openai.planner import OpenAIPlanner, fallback_note
from agent.planners.openai.spending import Spent
from agent.planners.port import CountQuestion, Drafted, Plan, Planner, PlanRequest
from core.artifacts import Choice
from core.errors import Code
from core.rules import DecisionPolicy, EligibilityRule
from warehouse.catalog import Catalog

MAY_BE_READ = frozenset(
    code
    for code in Code
    if code.startswith("UNKNOWN_") or code in (Code.NOT_UNDERSTOOD, Code.AMBIGUOUS)
)
"""What the grammar gives up on for want of words. Whatever else it refuses stays refused."""
DIFFERENT = "The request was read in two ways that do not mean the same. Which one is meant?"
MODEL_ONLY = "Only the model could read the whole request. Is this what is meant?"
EVERYBODY = "Among: everyone"
LONGEST_LABEL = 200
RULES = (EligibilityRule, DecisionPolicy)


class HybridPlanner:
    """The grammar, with a model as a second reader."""

    def __init__(
        self, grammar: Planner, model: OpenAIPlanner, catalog: Catalog, measure: Measure
    ) -> None:
        self._grammar = grammar
        self._model = model
        self._catalog = catalog
        self._measure = measure

    @property
    def name(self) -> Literal["hybrid"]:
        """Which planner is speaking."""
        return "hybrid"

    def plan(self, request: PlanRequest) -> Plan:
        """What both read; else a question that shows the readings, or what the grammar says."""
        ours = self._grammar.plan(request)
        if request.refusals or is_explanation(request.prompt) or _is_refused(ours):
            return ours
        spent = Spent()
        try:
            theirs = self._model.read(request, spent)
            plan = self._settled(request, ours, theirs, spent)
        except ModelFailed as failed:
            note = fallback_note(failed.problem, self._model.settings, self._grammar.name)
            usage = self._model.usage(spent, self._grammar.name)
            usage = usage.model_copy(update={"fell_back": note})
            return ours.model_copy(
                update={"assumptions": (note, *ours.assumptions), "usage": usage}
            )
        return plan.model_copy(update={"usage": self._model.usage(spent)})

    def close(self) -> None:
        """Give the connections of the model back."""
        self._model.close()

    def _settled(self, request: PlanRequest, ours: Plan, theirs: Plan, spent: Spent) -> Plan:
        if ours.draft is None:
            return self._asked_for(ours, theirs, request)
        if theirs.draft is None:
            said = (*theirs.questions, *(str(one) for one in theirs.refusals))
            return _noted(ours, f"The model would have asked back: {' '.join(said)}")
        if agree(ours.draft, theirs.draft, self._measure, request.as_of):
            return _noted(ours, "The grammar and the model read it the same.")
        if not _comparable(ours.draft, theirs.draft):
            return _noted(ours, "The grammar's reading; the model's could not be compared with it.")
        return self._which(request, ours.draft, theirs.draft, spent)

    def _asked_for(self, ours: Plan, theirs: Plan, request: PlanRequest) -> Plan:
        """The grammar did not read it: what the model reads is offered, never taken."""
        offered = None if theirs.draft is None else self._choice(theirs.draft, request)
        if offered is None:
            return ours
        return Plan(intent="clarify", questions=(MODEL_ONLY,), choices=(offered, *ours.choices))

    def _which(self, request: PlanRequest, ours: Drafted, theirs: Drafted, spent: Spent) -> Plan:
        """Both readings, the one first that the model holds for better once it sees both."""
        choices = [self._choice(draft, request) for draft in (ours, theirs)]
        shown = [choice for choice in choices if choice is not None]
        if len(shown) == 2:
            better = self._model.better(request, (shown[0].prompt, shown[1].prompt), spent)
            shown = shown[::-1] if better == 1 else shown
        return Plan(intent="clarify", questions=(DIFFERENT,), choices=tuple(shown))

    def _choice(self, draft: Drafted, request: PlanRequest) -> Choice | None:
        """A reading as a prompt of its own, in words that the grammar reads back as the same draft;
        None when there are no such words."""
        if not isinstance(draft, RULES):
            return None
        words = explain(draft, self._catalog)
        again = self._grammar.plan(PlanRequest(prompt=words, as_of=request.as_of)).draft
        if again is None or not same_draft(again, draft):
            return None
        return Choice(label=_label(words), prompt=words)


def _is_refused(plan: Plan) -> bool:
    """Whether the grammar refuses for a reason that no other reading may overcome."""
    return plan.draft is None and any(one.code not in MAY_BE_READ for one in plan.refusals)


def _comparable(one: Drafted, other: Drafted) -> bool:
    """Whether a difference can be shown: questions of other kinds ask nothing of anybody."""
    return isinstance(one, RULES) or (
        isinstance(one, CountQuestion) and isinstance(other, CountQuestion)
    )


def _noted(plan: Plan, said: str) -> Plan:
    return plan.model_copy(update={"assumptions": (*plan.assumptions, said)})


def _label(words: str) -> str:
    """The lines of an explanation that say who is meant, on one line."""
    wanted = ("Among:", "Who:", "Entry:")
    lines = [line.strip() for line in words.splitlines()]
    said = [line for line in lines if line.startswith(wanted) and line != EVERYBODY]
    return "; ".join(said or lines[:1])[:LONGEST_LABEL]
