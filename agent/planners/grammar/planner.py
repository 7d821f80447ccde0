"""The planner without a model: a deterministic semantic parser over the catalog."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from agent.explaining import is_explanation, read_explanation
from agent.planners.grammar import guards
from agent.planners.grammar.debug import plan_debug
from agent.planners.grammar.decision import plan_decision
from agent.planners.grammar.eligibility import plan_eligibility
from agent.planners.grammar.intent import asks, asks_for_people, kind_of
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear
from agent.planners.grammar.question import plan_anything_else, plan_question
from agent.planners.grammar.remarks import told_alone
from agent.planners.grammar.shorthand import compares
from agent.planners.grammar.typos import mend
from agent.planners.grammar.words import Text, tokenise
from agent.planners.port import Plan, PlanRequest
from core.artifacts import Intent
from core.errors import PilothouseError
from core.rules import EligibilityRule
from warehouse.catalog import Catalog

Read = Callable[[Text, Lexicon, datetime, list[str]], Plan]
"""Reads a text as one kind of prompt."""


class GrammarPlanner:
    """Understands prompts by grammar and catalog alone: no network, no key, no randomness."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.lexicon = Lexicon(catalog)

    @property
    def name(self) -> Literal["grammar", "openai"]:
        """Which planner is speaking."""
        return "grammar"

    def plan(self, request: PlanRequest) -> Plan:
        """A draft for a prompt, or a question or refusal that points at the words."""
        if request.refusals:
            return Plan(intent="refused", refusals=request.refusals)
        if is_explanation(request.prompt):
            return self._explained(request.prompt)
        prompt = guards.clean(request.prompt)
        try:
            guards.check(prompt, self.catalog)
            return self._read(prompt, request.as_of)
        except Unclear as unclear:
            return _unclear(unclear)

    def _explained(self, prompt: str) -> Plan:
        """The artifact that an explanation says: the words of an approved rule, edited by hand."""
        try:
            draft = read_explanation(prompt, self.catalog)
        except PilothouseError as error:
            return Plan(intent="refused", refusals=(error.refusal,))
        intent: Intent = "eligibility" if isinstance(draft, EligibilityRule) else "decision"
        return Plan(intent=intent, draft=draft, assumptions=draft.assumptions)

    def _read(self, prompt: str, as_of: datetime) -> Plan:
        text, notes = mend(tokenise(prompt), self.lexicon)
        kind = kind_of(text, self.lexicon)
        if kind != "debug":  # 'what drove that?' asks, beside a metric that moved
            kind = kind_of(told_alone(text, self.lexicon), self.lexicon)
        match kind:
            case "decision":
                return plan_decision(text, self.lexicon, as_of, notes)
            case "debug":
                return self._first(plan_debug, text, as_of, notes)
            case "question" if asks_for_people(text, self.lexicon) or compares(text):
                return self._people_first(plan_question, text, as_of, notes)
            case "question":
                return self._first(plan_question, text, as_of, notes)
            case "eligibility":
                return plan_eligibility(text, self.lexicon, as_of, notes)
            case "other" if compares(text) or any(one.low in (",", ";", "\n") for one in text):
                return self._people_first(plan_anything_else, text, as_of, notes)
            case _:
                return self._first(plan_anything_else, text, as_of, notes)

    def _people_first(self, read: Read, text: Text, as_of: datetime, notes: list[str]) -> Plan:
        """'Who exported a report?' is the rule for them, where every word says who they are."""
        try:
            return plan_eligibility(text, self.lexicon, as_of, notes)
        except Unclear as rule:
            try:
                return self._first(read, text, as_of, notes)
            except Unclear as other:
                raise (other if rule.question is None else rule) from rule

    def _first(self, read: Read, text: Text, as_of: datetime, notes: list[str]) -> Plan:
        """What is no question after all may be a rule: it is one when every word of it is read."""
        try:
            return read(text, self.lexicon, as_of, [*notes])
        except Unclear:
            if asks(told_alone(text, self.lexicon)):
                raise
            try:
                return plan_eligibility(text, self.lexicon, as_of, notes)
            except Unclear as rule:
                if rule.question is not None:
                    raise
            raise


def _unclear(unclear: Unclear) -> Plan:
    if unclear.question is not None:
        return Plan(intent="clarify", questions=(unclear.question,), choices=unclear.choices)
    refusals = (unclear.refusal,) if unclear.refusal else ()
    return Plan(intent="refused", refusals=refusals, choices=unclear.choices)
