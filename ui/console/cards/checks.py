"""What the guardrails say of a change request: what failed with its fix, the rest folded."""

from __future__ import annotations

import streamlit as st

from control.people import Person
from control.requests import ChangeRequest
from core.artifacts import Finding
from core.lifecycle import State
from core.rules import DecisionPolicy, EligibilityRule
from ui.console.cards.parts import SEVERITY, bullets, folded, heading
from ui.console.desk import Desk
from ui.console.revising import Revising
from ui.console.view.impact import checks, policies_of
from ui.console.view.text import plain


def checks_card(office: Desk, person: Person, request: ChangeRequest) -> None:
    """Every guardrail policy; a fix that is known may be made at one click."""
    rows = checks(request.findings, policies_of(request))
    failing = [row.finding for row in rows if row.finding and row.finding.severity != "info"]
    passed = [row for row in rows if row.passed]
    notes = [row.finding.message for row in rows if row.finding and row.finding.severity == "info"]
    revising = Revising(office, person, request)
    with st.container(border=True):
        heading("Checks")
        for finding in failing:
            with st.expander(
                plain(finding.message), expanded=True, icon=":material/error_outline:"
            ):
                st.markdown(SEVERITY[finding.severity].markdown)
                st.markdown(plain(finding.fix or "Read it and judge for yourself."))
                _fix(revising, request, finding)
        with st.expander(f"{len(passed)} checks passed", icon=":material/check_circle:"):
            bullets(plain(row.rule) for row in passed)
        folded("Notes", "info", notes)


def _fix(revising: Revising, request: ChangeRequest, finding: Finding) -> None:
    is_rule = isinstance(request.artifact, EligibilityRule | DecisionPolicy)
    if not finding.patch or not is_rule or request.state is not State.IN_REVIEW:
        return
    if not revising.may_propose:
        st.caption("A marketer, an analyst or an admin can have this fixed at a click.")
        return
    st.button(
        "Fix it",
        key=f"fix_{request.id}_{finding.policy}",
        icon=":material/build:",
        help="Makes a new request of it in the place of this one. You become an author of it, and "
        "whoever agreed already has to agree again.",
        on_click=revising.mend,
        args=(finding.policy,),
    )
