"""The plans that follow-ups make without a planner: of a draft alone, or of a question about it."""

from __future__ import annotations

from agent.planners.grammar.meaning import Unclear
from agent.planners.port import Drafted, Plan
from core.artifacts import Intent


def planned(draft: Drafted) -> Plan:
    """The plan that a draft alone makes."""
    intents: dict[str, Intent] = {
        "eligibility_rule": "eligibility",
        "decision_policy": "decision",
        "debug_question": "debug",
    }
    return Plan(
        intent=intents.get(draft.kind, "question"),
        draft=draft,
        assumptions=getattr(draft, "assumptions", ()),
    )


def asked_back(unclear: Unclear) -> Plan:
    """The plan without a draft: the question, or what was refused."""
    if unclear.question is not None:
        return Plan(intent="clarify", questions=(unclear.question,), choices=unclear.choices)
    refusals = (unclear.refusal,) if unclear.refusal else ()
    return Plan(intent="refused", refusals=refusals, choices=unclear.choices)
