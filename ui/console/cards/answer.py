"""One answer of the agent, whatever it is about."""

from __future__ import annotations

import streamlit as st

from control.people import Person
from control.requests import ChangeRequest
from control.runs import Run
from core.approval_policies import Risk
from core.artifacts import AskResult, DebugReport, QueryAnswer, Status
from core.errors import PilothouseError
from core.lifecycle import PROPOSERS
from core.risk import assess
from core.rules import DecisionPolicy, EligibilityRule
from ui.console.cards.draft import closer_look
from ui.console.cards.editor import Apply, close, editor, is_open
from ui.console.cards.parts import (
    badges,
    bullets,
    findings_list,
    folded,
    refusal_card,
    required_fold,
    sql_fold,
)
from ui.console.cards.policy import policy_body
from ui.console.cards.report import report_body
from ui.console.cards.rule import rule_body
from ui.console.cards.table import table_body
from ui.console.desk import Desk
from ui.console.sidebar import open_request
from ui.console.view.impact import needs_judgement
from ui.console.view.state import RISK, Badge, request_badge
from ui.console.view.text import first_paragraph, number, plain, rich

DRAFT = Badge("Draft", "gray", "edit_note")
INTRODUCTION: dict[Status, str] = {
    "awaiting_approval": "It was sent, with this to know:",
    "answered": "I answered, with this to know:",
    "needs_clarification": "Before I can draft this, one thing is not clear:",
    "refused": "I will not draft this:",
    "failed": "This did not work out:",
}
ICONS = {
    "eligibility_rule": "rule",
    "decision_policy": "low_priority",
    "debug_report": "troubleshoot",
    "query_answer": "table_chart",
}


def answer_card(
    office: Desk, person: Person, run: Run, result: AskResult, amend: Apply | None = None
) -> None:
    """Prose, then the thing itself, then what it rests on, then what can be done with it.

    ``amend`` takes what is set of its conditions by hand; None: this draft is not to be changed.
    """
    if prose := _prose(result):
        st.markdown(rich(prose))
    for refusal in result.refusals:
        refusal_card(refusal)
    if result.questions:
        st.markdown("**Before I can draft this:**")
        bullets(plain(question) for question in result.questions)
        own = "answer below in your own words."
        st.caption(f"Pick one, or {own}" if result.choices else own.capitalize())
    if result.artifact:
        is_report = isinstance(result.artifact, DebugReport)
        with st.container(border=True, key="report" if is_report else f"card_{run.id}"):
            _title(office, result)
            _body(result, office)
            _foundations(result)
            if isinstance(result.artifact, EligibilityRule | DecisionPolicy):
                if amend:
                    closer_look(office, run, result.artifact)
                _work(office, person, run, result, amend)
            elif is_report:
                _open_diagnosis(run)
    else:
        sql_fold(result.sql)
    if result.status != "failed":
        st.caption(planner_words(result))


def _prose(result: AskResult) -> str:
    """The answer, less what the cards below it show better."""
    if result.refusals:
        return INTRODUCTION[result.status]
    if result.questions:
        # The list below asks them.
        lines = result.answer.splitlines()
        return "\n".join(line for line in lines if line not in result.questions)
    has_card = result.artifact is not None and not isinstance(result.artifact, QueryAnswer)
    return first_paragraph(result.answer) if has_card else result.answer


def planner_words(result: AskResult) -> str:
    """Which planner speaks, and what it cost."""
    usage = result.usage
    if usage.fell_back:
        return f":material/memory: {plain(usage.fell_back)}"
    if "grammar" in (result.planner, usage.model):
        return ":material/memory: Drafted by the built-in grammar planner. No model was called."
    tokens = number(usage.prompt_tokens + usage.completion_tokens)
    cost = f", ${usage.cost_usd:.4f}".replace("$", "\\$") if usage.cost_usd else ""
    by = "Read by the built-in grammar and by" if result.planner == "hybrid" else "Drafted by"
    return f":material/smart_toy: {by} the model {plain(usage.model)}, {tokens} tokens{cost}."


def _title(office: Desk, result: AskResult) -> None:
    artifact = result.artifact
    left, right = st.columns([3, 2], vertical_alignment="center")
    icon = f":material/{ICONS[artifact.kind]}:" if artifact else None
    left.header(_name(office, result), anchor=False, icon=icon)
    if isinstance(artifact, EligibilityRule | DecisionPolicy):
        request = _request(office, result)
        state = request_badge(request) if request else DRAFT
        label = f"{state.label} {request.id}" if request else state.label
        with right, st.container(horizontal=True, horizontal_alignment="right"):
            badges(state._replace(label=label), RISK[_risk(result)])


def _risk(result: AskResult) -> Risk:
    kind = result.artifact.kind if result.artifact else ""
    return assess(kind, result.findings, result.preview).risk


def _name(office: Desk, result: AskResult) -> str:
    artifact, request = result.artifact, _request(office, result)
    if isinstance(artifact, EligibilityRule | DecisionPolicy):
        base = request.base_version if request else office.live_version(artifact.key)
        return f"{plain(artifact.name)}, version {(base or 0) + 1}"
    return "Diagnosis" if isinstance(artifact, DebugReport) else "Answer"


def _body(result: AskResult, office: Desk) -> None:
    match result.artifact:
        case EligibilityRule() as rule:
            rule_body(rule, result, office.catalog)
        case DecisionPolicy() as policy:
            policy_body(policy, result, office.catalog)
        case DebugReport() as report:
            report_body(report, result.sql)
        case QueryAnswer() as answer:
            table_body(answer)


def _foundations(result: AskResult) -> None:
    findings_list(needs_judgement(result.findings))
    folded("Assumptions", "help", result.assumptions)
    folded("Edge cases", "call_split", result.edge_cases)
    notes = [finding.message for finding in result.findings if finding.severity == "info"]
    folded("Notes from the checks", "fact_check", notes)
    required_fold(result.required)
    sql_fold(result.sql)


def _request(office: Desk, result: AskResult) -> ChangeRequest | None:
    ref = result.change_request
    return office.request(ref.id) if ref else None


def _work(office: Desk, person: Person, run: Run, result: AskResult, amend: Apply | None) -> None:
    """What can be done with a draft: change it, send it."""
    rule = result.artifact
    if amend and is_open(run.id) and isinstance(rule, EligibilityRule | DecisionPolicy):
        editor(office, rule, run.id, amend)
        return
    if not amend and is_open(run.id):
        close(run.id)
        st.warning(
            "The draft was changed meanwhile, so that what you set here was not applied. "
            "Edit the newest draft of this conversation.",
            icon=":material/edit_off:",
        )
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        _actions(office, person, run, result)
        if amend and isinstance(rule, EligibilityRule | DecisionPolicy):
            editor(office, rule, run.id, amend)


def _actions(office: Desk, person: Person, run: Run, result: AskResult) -> None:
    request = _request(office, result)
    if request:
        st.button(
            f"Open {request.id}",
            key=f"open_{run.id}",
            icon=":material/open_in_new:",
            on_click=open_request,
            args=(request.id, st.session_state["pages"]["ask"].url_path),
        )
    elif not person.roles & PROPOSERS:
        st.caption("Only a marketer, an analyst or an admin may send this for approval.")
    elif any(finding.severity == "block" for finding in result.findings):
        st.caption("A check blocks this draft. Change it first; then it can be sent.")
    elif st.button(
        "Send for approval", key=f"send_{run.id}", type="primary", icon=":material/send:"
    ):
        _send(office, person, run)


def _send(office: Desk, person: Person, run: Run) -> None:
    try:
        sent = office.send_for_approval(run.id, person)
    except PilothouseError as error:
        refusal_card(error.refusal)
        return
    for refusal in sent.refusals:
        refusal_card(refusal)
    if not sent.refusals:
        st.toast("Sent. An approver who is not you decides.", icon=":material/send:")
        st.rerun()


def _open_diagnosis(run: Run) -> None:
    """A diagnosis has a page of its own, with an address that can be sent along."""
    if st.button("Open as a diagnosis", key=f"open_{run.id}", icon=":material/troubleshoot:"):
        st.switch_page(st.session_state["pages"]["diagnoses"], query_params={"d": run.id})
