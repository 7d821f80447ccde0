"""Where a run goes next: pure functions of its state."""

from __future__ import annotations

from typing import Literal

from agent.state import MAX_ATTEMPTS, AskState
from core.lifecycle import State

RULES = ("eligibility_rule", "decision_policy")


def after_understand(state: AskState) -> Literal["ground", "answer"]:
    """A prompt that is refused outright is answered at once."""
    return "answer" if state.get("refusals") else "ground"


def after_draft(state: AskState) -> Literal["check", "answer"]:
    """Without a draft there is a question or a refusal to give back."""
    return "check" if state["plan"].get("draft") else "answer"


def after_check(state: AskState) -> Literal["simulate", "draft", "answer"]:
    """A refused draft goes back to a planner that can learn from the refusals, three times at most.

    The grammar planner is deterministic: asking it again would give the same draft.
    """
    if not state.get("refusals"):
        return "simulate"
    can_learn = state["plan"]["usage"]["model"] != "grammar"
    return "draft" if can_learn and state["attempt"] < MAX_ATTEMPTS else "answer"


def after_answer(state: AskState) -> Literal["submit", "__end__"]:
    """Rules that nothing refused go to the approvers, when the person asked for that."""
    draft = (state.get("plan") or {}).get("draft") or {}
    is_rule = draft.get("kind") in RULES
    ready = is_rule and state["status"] == "answered"
    return "submit" if ready and state.get("submit") else "__end__"


def after_submit(state: AskState) -> Literal["guardrail", "__end__"]:
    """A stored change request waits for a person."""
    return "guardrail" if state["status"] == "awaiting_approval" else "__end__"


def after_guardrail(state: AskState) -> Literal["guardrail", "publish", "__end__"]:
    """The stored decision says where: approved goes live, undecided waits on."""
    match state["change_request"]["state"]:
        case State.IN_REVIEW:
            return "guardrail"
        case State.APPROVED | State.SCHEDULED | State.LIVE:
            return "publish"
        case _:
            return "__end__"
