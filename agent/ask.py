"""Ask: run a prompt through the graph, wake a run that waited, and give the answer's document."""

from __future__ import annotations

from typing import Any

from langgraph.types import Command
from pydantic import TypeAdapter

from agent.context import AskContext
from agent.conversation.held import Conversation
from agent.conversation.taking import after
from agent.conversation.turn import Turn
from agent.planners.port import Plan
from agent.state import GRAPH_VERSION, AskState
from core.artifacts import ARTIFACT, AskResult, QueryAnswer
from core.rules import DecisionPolicy, EligibilityRule
from tools.sql import Answered

RESULT: TypeAdapter[AskResult] = TypeAdapter(AskResult)


def ask(
    graph: Any,
    context: AskContext,
    *,
    prompt: str,
    person: str,
    thread_id: str,
    run_id: str,
    submit: bool,
) -> tuple[AskResult, Conversation]:
    """Run one prompt until it is answered or waits for an approval.

    ``run_id`` names the checkpoint, so that the same run can be woken later by anybody. Gives the
    answer, and what the thread holds after it.
    """
    state: AskState = {
        "graph_version": GRAPH_VERSION,
        "thread_id": thread_id,
        "run_id": run_id,
        "prompt": prompt,
        "person": person,
        "submit": submit,
    }
    final = graph.invoke(state, _config(run_id), context=context, durability="sync")
    result = result_of(final, context)
    return result, _left(final, result, context.conversation)


def _left(state: dict[str, Any], result: AskResult, before: Conversation) -> Conversation:
    """The thread after a run: its draft, and what it asked."""
    plan = Plan.model_validate(state["plan"]) if state.get("plan") else None
    turn = Turn.model_validate(state["turn"]) if state.get("turn") else Turn(kind="new")
    return after(before, turn, plan, result.status).asking(result.choices)


def thread_of(graph: Any, run_id: str) -> str | None:
    """The conversation that a run belongs to; None for a run that nobody knows."""
    found: str | None = graph.get_state(_config(run_id)).values.get("thread_id")
    return found


def submit_draft(graph: Any, context: AskContext, run_id: str) -> AskResult | None:
    """Send the draft of an answered run for approval; None when the run has none."""
    values = graph.get_state(_config(run_id)).values
    if not values or values.get("status") != "answered" or not values.get("simulated"):
        return None
    # From the node before submit, with the one thing changed that the person asked for.
    config = graph.update_state(_config(run_id), {"submit": True}, as_node="answer")
    final = graph.invoke(None, config, context=context, durability="sync")
    return result_of(final, context)


def wake(graph: Any, context: AskContext, run_id: str) -> AskResult | None:
    """Let a waiting run read the stored decision and go on; None when it does not wait.

    The value it is woken with says nothing: the decision is in the control store.
    """
    snapshot = graph.get_state(_config(run_id))
    current = snapshot.values.get("graph_version") == GRAPH_VERSION if snapshot.values else False
    if not current or not snapshot.interrupts:
        return None
    resume: Command[Any] = Command(resume={snapshot.interrupts[0].id: True})
    final = graph.invoke(resume, _config(run_id), context=context, durability="sync")
    return result_of(final, context)


def result_of(state: dict[str, Any], context: AskContext) -> AskResult:
    """The document that ``ask --json`` prints, from a run's state."""
    plan = Plan.model_validate(state["plan"]) if state.get("plan") else None
    simulated = state.get("simulated") or {}
    artifact = _artifact(plan, state) if state["status"] != "refused" else None
    is_rule = isinstance(artifact, EligibilityRule | DecisionPolicy)
    return RESULT.validate_python(
        {
            "thread_id": state["thread_id"],
            "intent": state["intent"],
            "status": state["status"],
            "planner": _speaking(state, context),
            "answer": state["answer"],
            "artifact": artifact,
            "sql": _sql(state, simulated),
            "required": simulated.get("required") or {},
            "assumptions": _assumptions(plan, simulated),
            "edge_cases": simulated.get("edge_cases") or (),
            "questions": plan.questions if plan else (),
            "choices": state.get("choices") or (),
            "preview": simulated.get("preview"),
            "findings": (simulated.get("findings") or ()) if is_rule else (),
            "change_request": state.get("change_request") or None,
            "refusals": state.get("refusals") or (),
            "trace": state.get("trace") or (),
            "usage": state.get("usage") or {},
        }
    )


def _speaking(state: dict[str, Any], context: AskContext) -> str:
    """Who drafted: a model that fell back to the grammar did not."""
    if (state.get("usage") or {}).get("model") == "grammar":
        return "grammar"
    return context.planner.name


def _artifact(plan: Plan | None, state: dict[str, Any]) -> Any:
    if plan is None or plan.draft is None or state.get("refusals"):
        return None
    if isinstance(plan.draft, EligibilityRule | DecisionPolicy):
        cases = tuple((state.get("simulated") or {}).get("edge_cases") or ())
        return (
            plan.draft.model_copy(update={"edge_cases": cases})
            if isinstance(plan.draft, DecisionPolicy)
            else plan.draft
        )
    if state.get("report") and state["report"].get("kind") == "debug_report":
        return ARTIFACT.validate_python(state["report"])
    return _query_answer(state)


def _query_answer(state: dict[str, Any]) -> QueryAnswer:
    question = state["prompt"]
    if state.get("report"):
        answered = Answered.model_validate(state["report"])
        return QueryAnswer(
            question=question, columns=answered.columns, rows=answered.rows, chart=answered.chart
        )
    row = (state["simulated"]["users"], state["simulated"]["of"])
    return QueryAnswer(question=question, columns=("users", "of"), rows=(row,))


def _assumptions(plan: Plan | None, simulated: dict[str, Any]) -> tuple[str, ...]:
    """What the planner took for granted, then what the workspace's defaults filled in."""
    if plan is None:
        return ()
    defaults = [
        finding["message"]
        for finding in simulated.get("findings") or ()
        if finding["policy"] == "default_used"
    ]
    of_draft = getattr(plan.draft, "assumptions", ())
    return tuple(dict.fromkeys((*plan.assumptions, *of_draft, *defaults)))


def _sql(state: dict[str, Any], simulated: dict[str, Any]) -> list[dict[str, Any]]:
    """The rule's own query first, then every query behind a number."""
    ran = list(state.get("sql") or ())
    if simulated.get("sql"):
        own = {"id": "rule", "purpose": "who is meant", "dialect": "duckdb"}
        ran.insert(0, own | {"text": simulated["sql"]})
    elif state.get("report") and "query" in state["report"]:
        ran.append(state["report"]["query"])
    return ran


def _config(run_id: str) -> dict[str, Any]:
    return {"configurable": {"thread_id": run_id}, "recursion_limit": 40}
