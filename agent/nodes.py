"""The steps of a prompt: each reads the state, does one thing, returns the keys it changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from langgraph.runtime import Runtime
from langgraph.types import interrupt
from pydantic import TypeAdapter

from agent.answer import compose
from agent.checking import check_draft
from agent.context import AskContext
from agent.conversation.comparing import compare
from agent.conversation.offering import offered
from agent.conversation.taking import following, replacing
from agent.conversation.turn import picked
from agent.guard import guard
from agent.planners.port import (
    CountQuestion,
    DebugQuestion,
    Drafted,
    Plan,
    PlanRequest,
    SqlQuestion,
)
from agent.planners.watching import OnText, watched
from agent.publish import publish_approved
from agent.state import AskState
from control import requests, versions
from core.errors import PilothouseError, Refusal
from core.lifecycle import State
from core.questions import MetricQuestion
from core.rules import DecisionPolicy, EligibilityRule
from tools.context import Refused
from tools.propose import dependencies
from warehouse.glossary import Term
from warehouse.stopping import settle

TOLD_EVERY = 100
"""Characters of a model's answer between two words about it."""
Node = Callable[[AskState, Runtime[AskContext]], dict[str, Any]]
DRAFT: TypeAdapter[Any] = TypeAdapter(Drafted)


def understand(state: AskState, runtime: Runtime[AskContext]) -> dict[str, Any]:
    """Reading your prompt"""
    prompt = picked(state["prompt"], runtime.context.conversation)
    found = guard(prompt)
    return {
        "prompt": prompt,
        "attempt": 0,
        "intent": "refused" if found else "clarify",
        "refusals": _plain(found),
        "plan": {},
        "turn": {},
        "compared": {},
        "choices": [],
        "change_request": {},
    }


def ground(state: AskState, runtime: Runtime[AskContext]) -> dict[str, Any]:
    """Matching your words to the catalog"""
    found = runtime.context.tools["search_catalog"].invoke({"query": state["prompt"], "limit": 12})
    return {"grounding": _plain(found)}


def draft(state: AskState, runtime: Runtime[AskContext]) -> dict[str, Any]:
    """Drafting a typed artifact"""
    taken = following(state["prompt"], runtime.context)
    if taken is not None:
        return {
            "attempt": 1,
            "intent": taken.plan.intent,
            "plan": taken.plan.model_dump(mode="json"),
            "turn": taken.turn.model_dump(mode="json"),
            "refusals": _plain(taken.plan.refusals),
            # A change is not sent by being made: that is asked for in so many words.
            "submit": taken.turn.kind == "submit",
        }
    pending = runtime.context.conversation.pending
    request = PlanRequest(
        prompt=state["prompt"],
        as_of=runtime.context.as_of,
        grounding=tuple(Term.model_validate(term) for term in state["grounding"]),
        refusals=tuple(Refusal.model_validate(one) for one in state["refusals"]),
        attempt=state["attempt"] + 1,
        pending=pending.draft if pending is not None else None,
        thread=state["thread_id"],
    )
    with watched(_written(runtime.context)):
        plan = runtime.context.planner.plan(request)
    return {
        "attempt": request.attempt,
        "intent": plan.intent,
        "plan": plan.model_dump(mode="json"),
        "refusals": _plain(plan.refusals),
        "turn": replacing(state["prompt"], runtime.context.conversation).model_dump(mode="json"),
        "usage": _added(state.get("usage"), plan),
    }


def check(state: AskState, runtime: Runtime[AskContext]) -> dict[str, Any]:
    """Checking every name, type and condition"""
    drafted = DRAFT.validate_python(state["plan"]["draft"])
    return {"refusals": _plain(check_draft(drafted, runtime.context))}


def simulate(state: AskState, runtime: Runtime[AskContext]) -> dict[str, Any]:
    """Running it on the data, without sending anything"""
    drafted = DRAFT.validate_python(state["plan"]["draft"])
    tools = runtime.context.tools
    match drafted:
        case EligibilityRule():
            key, result = "simulated", tools["preview_audience"].invoke({"rule": drafted})
        case DecisionPolicy():
            key, result = "simulated", tools["simulate"].invoke({"policy": drafted})
        case DebugQuestion():
            key, result = "report", tools["diagnose"].invoke(drafted.model_dump())
        case CountQuestion():
            asked = drafted.model_dump(include={"population", "condition"})
            key, result = "simulated", tools["count_users"].invoke(asked)
        case MetricQuestion():
            key, result = "report", tools["answer_question"].invoke({"question": drafted})
        case SqlQuestion():
            key, result = "report", tools["run_sql"].invoke({"sql": drafted.sql})
    if isinstance(result, Refused):
        return {"refusals": _plain(result.refusals)}
    compared = compare(state["turn"], drafted, runtime.context)
    ran = _plain(runtime.context.ran)
    return {key: result.model_dump(mode="json"), "compared": compared, "sql": ran}


def answer(state: AskState, runtime: Runtime[AskContext]) -> dict[str, Any]:
    """Writing the answer from the results"""
    written = compose(state, runtime.context.catalog)
    return written | {"choices": _plain(offered(state, runtime.context))}


def submit(state: AskState, runtime: Runtime[AskContext]) -> dict[str, Any]:
    """Sending it for approval"""
    # A request that was stored is there for the approvers: from here on nobody stops it.
    settle()
    result = runtime.context.tools["propose"].invoke(
        {"artifact": state["plan"]["draft"], "prompt": _said(state)}
    )
    if isinstance(result, Refused):
        return {"refusals": _plain(result.refusals), "status": "refused"}
    return {
        "change_request": result.ref.model_dump(mode="json"),
        "status": "awaiting_approval",
    }


def guardrail(state: AskState, runtime: Runtime[AskContext]) -> dict[str, Any]:
    """Waiting for another person's approval"""
    # The value that wakes the run is ignored on purpose: the decision is a row in the control
    # store, written by the approver's own action. Nothing above or below this line may raise.
    interrupt({"change_request": state["change_request"]["id"]})
    request = requests.get(runtime.context.store, state["change_request"]["id"])
    return {"change_request": request.ref.model_dump(mode="json")}


def publish(state: AskState, runtime: Runtime[AskContext]) -> dict[str, Any]:
    """Putting the approved version into force"""
    context = runtime.context
    request = requests.get(context.store, state["change_request"]["id"])
    if request.state is State.SCHEDULED:
        # It is in staging: it goes live when somebody promotes it.
        return {"change_request": request.ref.model_dump(mode="json"), "status": "answered"}
    try:
        context.require_unmoved(request)
        publish_approved(
            context.store,
            request.id,
            now=context.now,
            dependencies=dependencies(
                request.rule,
                context.catalog,
                versions.live(context.store),
                context.fingerprints,
            ),
        )
    except PilothouseError as error:
        return {"refusals": _plain((error.refusal,)), "status": "refused"}
    return {
        "change_request": requests.get(context.store, request.id).ref.model_dump(mode="json"),
        "status": "answered",
    }


NODES: tuple[Node, ...] = (
    understand,
    ground,
    draft,
    check,
    simulate,
    answer,
    submit,
    guardrail,
    publish,
)
TITLES: dict[str, str] = {node.__name__: (node.__doc__ or "").strip() for node in NODES}


def timed(node: Node) -> Any:
    """The node, telling whoever watches that it starts, and leaving its time in the trace."""

    def run(state: AskState, runtime: Runtime[AskContext]) -> dict[str, Any]:
        started = time.perf_counter()
        runtime.context.on_step(node.__name__, TITLES[node.__name__])
        changed = node(state, runtime)
        attempt = changed.get("attempt", state.get("attempt", 1)) or 1
        took = round((time.perf_counter() - started) * 1000)
        return changed | {"trace": [{"node": node.__name__, "ms": took, "attempt": attempt}]}

    return run


def _said(state: AskState) -> str:
    """Everything that was said to get the draft, as approvers read it."""
    return (state.get("turn") or {}).get("prompt") or state["prompt"]


def _written(context: AskContext) -> OnText:
    """Tells whoever watches how far the model's answer is, so that it can be stopped on the way."""
    told = [0]

    def on_text(characters: int) -> None:
        if characters - told[0] >= TOLD_EVERY:
            told[0] = characters
            context.on_step("draft", f"The model is writing: {characters:,} characters so far")

    return on_text


def _plain(things: Any) -> list[dict[str, Any]]:
    return [thing.model_dump(mode="json") for thing in things]


def _added(before: dict[str, Any] | None, plan: Plan) -> dict[str, Any]:
    usage = plan.usage.model_dump()
    for key in ("prompt_tokens", "completion_tokens", "cost_usd"):
        usage[key] += (before or {}).get(key, 0)
    return usage
