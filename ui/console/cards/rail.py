"""The decision: what happens next, and three ways to answer. It stays in sight."""

from __future__ import annotations

import streamlit as st

from control.people import Person
from control.requests import ChangeRequest
from core.canary import CanaryAsk
from core.errors import Code, PilothouseError
from core.journeys import Journey
from core.lifecycle import State, Verdict, may_decide
from core.rules import DecisionPolicy, EligibilityRule
from core.same_person import same_person
from ui.console.cards.canary import canary_line
from ui.console.cards.canary_ask import canary_choice, is_chosen
from ui.console.cards.parts import heading, refusal_card
from ui.console.cards.revising import rebase_part, withdraw_part
from ui.console.desk import Desk
from ui.console.view.agreement import agreed, agreement_line
from ui.console.view.file_part import CONSEQUENCE
from ui.console.view.impact import needs_judgement, passed_count, policies_of
from ui.console.view.jump import jump_consequence
from ui.console.view.state import request_badge
from ui.console.view.text import ago, people, plain

STAGED = (
    "It is tried in **staging**, where nothing is sent. Approved, it stays there "
    "until somebody promotes it."
)
PROMOTED_FROM = "It is in staging, and goes live when an approver or an admin promotes it there."
SAID = {"approve": "approved", "reject": "rejected", "request_changes": "asked for changes"}


def rail(office: Desk, person: Person, request: ChangeRequest) -> None:
    """The decision as this person may see or make it."""
    heading("Decision")
    if request.state is not State.IN_REVIEW:
        _decided(office, person, request)
        return
    staged = office.is_staged(request)
    st.markdown(STAGED if staged else _consequence_of(request))
    _counts(office, request)
    refusal = may_decide(
        person=person.email,
        roles=person.roles,
        author=request.author,
        state=request.state,
        verdict="approve",
        comment="",
        authors=request.authors,
    )
    if refusal:
        own = person.email == request.author and refusal.code is Code.SELF_APPROVAL
        reason = "You proposed this, so somebody else decides." if own else refusal.message
        st.info(plain(reason), icon=":material/lock:")
        st.caption(plain(refusal.fix or ""))
        rebase_part(office, person, request)
        withdraw_part(office, person, request)
        return
    if any(same_person(one.by, person.email) for one in request.sign_offs):
        st.info("You approved this. Somebody else has to agree as well.", icon=":material/check:")
        return
    if not request.approvals_needed:
        st.warning(plain(request.approvals_why), icon=":material/lock:")
    rebase_part(office, person, request)
    _buttons(office, person, request, "Approve" if staged else _approve_label(request))


def _consequence_of(request: ChangeRequest) -> str:
    if request.changes_data:
        return _data_consequence(request)
    if jump := request.jump:
        return jump_consequence(jump)
    if is_chosen(request):
        return "It goes live for **some users first**; its limits decide what becomes of it."
    return _journey_consequence(request) if request.journey else consequence(request)


def _journey_consequence(request: ChangeRequest) -> str:
    effect = request.journey_effect
    return (
        f"**{people(effect.enter_now if effect else 0)}** enter at once, and others as they "
        "qualify. Runs under way stay with the version that they entered."
    )


def consequence(request: ChangeRequest) -> str:
    """What approving a rule does, in one sentence of Markdown."""
    rule, preview = request.rule, request.preview
    reached = preview.reachable_size if preview else 0
    if isinstance(rule, EligibilityRule) and rule.action is None:
        return (
            f"**{people(preview.audience_size if preview else 0)}** become an "
            "audience that other rules may use. It sends nothing by itself."
        )
    if isinstance(rule, DecisionPolicy) and preview:
        reached = sum(row.selected for row in preview.winners) or reached
    return (
        f"The next cycle may message up to **{people(reached)}**. "
        "You can pause it or roll it back at any time."
    )


def _data_consequence(request: ChangeRequest) -> str:
    if told := CONSEQUENCE.get(request.kind):
        return told
    if request.kind == "trait_models":
        return (
            "The **trait models** are built and audited first; only then do they go live, and "
            "every rule reads the new values. If an audit fails, what is live stays live."
        )
    if request.kind == "channel_routes":
        return (
            "Messages that leave from now on, those that wait included, go by the new **routes**. "
            "What a destination has already stays with it."
        )
    return (
        "From the next load on, events are held against the new **tracking plan**. "
        "If it cannot be taken up, the plan that is live stays live."
    )


def _counts(office: Desk, request: ChangeRequest) -> None:
    judgement = len(needs_judgement(request.findings))
    passed = passed_count(request.findings, policies_of(request))
    lines = [f":green[:material/check_circle:] {passed} checks passed"] if passed else []
    if judgement:
        verb = "needs" if judgement == 1 else "need"
        lines.append(f":orange[:material/error_outline:] {judgement} {verb} your judgement")
    lines.append(f":material/person: {agreement_line(request)}")
    names = office.names()
    for one in request.sign_offs:
        if one.counts:
            lines.append(f":green[:material/check:] {plain(names.get(one.by, one.by))} approved it")
    st.markdown("  \n".join(lines))
    if request.approvals_needed > 1:
        st.caption(plain(request.approvals_why))


def _buttons(office: Desk, person: Person, request: ChangeRequest, approve: str) -> None:
    choice = canary_choice(office, request)
    comment = st.text_area(
        "Comment",
        placeholder="Needed to request changes or reject",
        key=f"comment_{request.id}",
        max_chars=2_000,
        height=90,
    )
    named = _names_it(request)
    verdict: Verdict | None = None
    if st.button(
        choice.label(approve),
        key="approve",
        type="primary",
        icon=":material/check:",
        width="stretch",
        disabled=bool(choice.problem),
    ):
        verdict = "approve"
    ask, reject = st.columns([1.5, 1])
    if ask.button("Request changes", key="request_changes", width="stretch"):
        verdict = "request_changes"
    if reject.button("Reject", key="reject", width="stretch"):
        verdict = "reject"
    st.caption("Your name and comment go to the audit log.")
    if verdict == "approve" and not named:
        st.error("Type its name first: it is of high risk.", icon=":material/error:")
    elif verdict == "approve":
        # A button that is drawn as disabled can still be pressed by whoever speaks to the server.
        if not choice.problem:
            _decide(office, person, request, "approve", comment or "", choice.canary)
    elif verdict:
        _decide(office, person, request, verdict, comment or "")


def _approve_label(request: ChangeRequest) -> str:
    if request.approvals_needed - agreed(request) > 1:
        return "Approve"
    if request.jump:
        return "Accept this jump"
    rule = request.artifact
    sends = isinstance(rule, DecisionPolicy | Journey)
    sends |= isinstance(rule, EligibilityRule) and rule.action is not None
    return "Approve and go live" if sends else "Approve and publish"


def _names_it(request: ChangeRequest) -> bool:
    """Whether the approver typed the name of what is of high risk; nothing else asks for it."""
    if request.risk != "high":
        return True
    wanted = " ".join(request.name.split())
    typed = st.text_input(
        f"High risk: to approve, type **{plain(wanted)}**", key=f"name_{request.id}"
    )
    return " ".join((typed or "").split()) == wanted


def _decide(
    office: Desk,
    person: Person,
    request: ChangeRequest,
    verdict: Verdict,
    comment: str,
    canary: CanaryAsk | None = None,
) -> None:
    try:
        office.decide(request, person, verdict, comment, canary)
    except PilothouseError as error:
        refusal_card(error.refusal)
        current = office.request(request.id)
        if current and current.review:
            st.markdown(f"**Already decided.** {_verdict_line(office, current)}")
        return
    st.toast(f"You {SAID[verdict]} {request.id}.", icon=":material/check:")
    st.rerun()


def _decided(office: Desk, person: Person, request: ChangeRequest) -> None:
    badge = request_badge(request)
    if request.review:
        own = request.review.by == person.email
        st.markdown(f"{badge.markdown} **{'You decided this.' if own else 'Already decided.'}**")
        st.markdown(_verdict_line(office, request))
        if request.review.comment:
            st.markdown(f"> {plain(request.review.comment)}")
        canary_line(office, request)
    else:
        st.markdown(badge.markdown)
    if request.state is State.DRAFT:
        st.caption("Its author keeps it, and has not sent it for review.")
        return
    if request.state is not State.SCHEDULED:
        st.caption("Nothing is left to decide here.")
        return
    if request.window:
        st.caption("It goes live by itself in its window, unless somebody takes it back before.")
        return
    st.caption(PROMOTED_FROM)
    st.button(
        "Open staging",
        key="open_staging",
        icon=":material/science:",
        width="stretch",
        on_click=st.switch_page,
        args=(st.session_state["pages"]["staging"],),
    )


def _verdict_line(office: Desk, request: ChangeRequest) -> str:
    review = request.review
    if review is None:
        return ""
    who = office.names().get(review.by, review.by)
    return f"{plain(who)} {SAID[review.verdict]} it {ago(office.now(), review.at)}."
