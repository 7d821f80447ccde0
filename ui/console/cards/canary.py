"""A canary: what was read out of it, what it waits for, how it may be ended, how it ended."""

from __future__ import annotations

import streamlit as st

from control.canaries import Canary
from control.people import Person
from control.requests import ChangeRequest
from core.canary import CanaryAsk
from core.errors import PilothouseError
from core.lifecycle import State
from ui.canaries import RUNBOOK
from ui.console import rulebook
from ui.console.cards.parts import badges, bullets, heading, refusal_card
from ui.console.desk import Desk
from ui.console.presence import leave_if_changed
from ui.console.rulebook import Measured
from ui.console.view.canary import (
    ENDED,
    RUNBOOK_STEPS,
    canary_badge,
    likely,
    lines,
    who,
)
from ui.console.view.canary_ask import goes_on_words, share_words
from ui.console.view.text import ago, clock, plain

LOOK_SECONDS = 5.0
"""How often the numbers are looked at again while somebody looks on."""
WHY = "Say why in the comment: it goes to the audit log."


def running_card(office: Desk, person: Person, canary: Canary) -> None:
    """A canary that runs: for whom, its numbers, and the two ways to end it."""
    with st.container(border=True, key="canary"):
        heading(f"Version {canary.version} is a canary for {share_words(canary.share)} of users")
        others = f"version {canary.baseline}" if canary.baseline else "nothing of it"
        started = who(canary.started_by, office.names())
        st.markdown(
            f"All others get **{others}**. It goes live for everybody after "
            f"{goes_on_words(canary.limits)}, unless a limit is broken."
        )
        st.caption(f"Since {clock(canary.started_at)} UTC, approved by {plain(started)}.")
        _numbers_while_it_runs(office, canary)
        _ways_to_end(office, person, canary)


def ended_card(office: Desk, canary: Canary) -> None:
    """A canary that is over: why, by whom, when, and what to do next."""
    last = rulebook.measured(office, canary)
    with st.container(border=True):
        heading(f"Version {canary.version} was a canary for {share_words(canary.share)} of users")
        badges(ENDED[canary.state])
        if canary.why:
            st.markdown(f"**Why:** {plain(canary.why)}")
        st.caption(_ended_words(office, canary))
        if canary.state == "rolled_back":
            _what_next(canary, last)
        if last:
            with st.expander("What was read out last", icon=":material/monitoring:"):
                _table(canary, last)


def canary_line(office: Desk, request: ChangeRequest) -> None:
    """On the card of a decided request: for whom it went live, and how that stands."""
    asked = rulebook.asked(office, request.id)
    if asked is None:
        return
    canary = rulebook.canary_of(office, request.target_key, request.id)
    st.markdown(_went_live(request, asked, canary))
    if canary is None:
        return
    badges(canary_badge(canary))
    st.button(
        "See how it does" if canary.state == "running" else "See how it did",
        key="open_canary",
        icon=":material/call_split:",
        width="stretch",
        on_click=open_rule,
        args=(request.target_key,),
    )


def open_rule(key: str) -> None:
    """Go to a rule from another page."""
    st.switch_page(st.session_state["pages"]["rules"], query_params={"rule": key})


def _went_live(request: ChangeRequest, asked: CanaryAsk, canary: Canary | None) -> str:
    share = f"**a canary for {share_words(asked.share)} of users**"
    if canary:
        return f"It went live as {share}."
    waits = request.state in (State.APPROVED, State.SCHEDULED)
    return f"It goes live as {share}." if waits else f"It was approved as {share}."


@st.fragment(run_every=LOOK_SECONDS)
def _numbers_while_it_runs(office: Desk, canary: Canary) -> None:
    """What was read out last; drawn again by itself, the whole page once the canary ended."""
    leave_if_changed(office)
    now = rulebook.running(office, canary.key)
    if now is None or now.id != canary.id:
        st.rerun()
    last = rulebook.measured(office, canary)
    if last is None:
        st.info("Nothing was read out of it yet.", icon=":material/hourglass_empty:")
        return
    waits = plain(last.verdict.why)
    if last.verdict.for_person:
        st.warning(f"**It waits for a person.** {waits}", icon=":material/front_hand:")
    else:
        st.markdown(f":material/schedule: **Waits:** {waits}")
    _table(canary, last)
    st.caption(f"Read out {ago(office.now(), last.at)}, {clock(last.at)} UTC.")


def _table(canary: Canary, last: Measured) -> None:
    found = lines(last.readings, last.verdict, canary.limits)
    columns = {
        # Beside the name, where a narrow window wraps it, and not in a column that it cuts off.
        "What": [f"{line.what} {line.stands.markdown}" for line in found],
        f"Canary, v{canary.version}": [f"**{line.canary}**" for line in found],
    }
    if last.readings.baseline:
        before = f"Others, v{last.readings.baseline.version}"
        columns[before] = [line.before for line in found]
    columns["Limit"] = [line.limit for line in found]
    alt = "; ".join(f"{line.what} {line.canary}, {line.stands.label}" for line in found)
    st.table(columns, border="horizontal", hide_index=True, alt=alt)


def _ways_to_end(office: Desk, person: Person, canary: Canary) -> None:
    if not rulebook.may_end(person):
        st.caption(
            ":material/lock: Only an approver or an admin may promote it or roll it back.",
        )
        return
    is_author = rulebook.asked_for_it(office, canary, person)
    comment = st.text_area(
        "Comment",
        placeholder="Why, for the audit log",
        key=f"why_{canary.id}",
        max_chars=2_000,
        height=80,
    )
    # The keys name the canary: a click on a page of yesterday ends no other one.
    with st.container(horizontal=True):
        promoted = not is_author and st.button(
            "Promote to everybody",
            key=f"promote_{canary.id}",
            type="primary",
            icon=":material/done_all:",
        )
        taken_back = st.button("Roll back", key=f"roll_back_{canary.id}", icon=":material/undo:")
    if is_author:
        st.caption(
            ":material/lock: You asked for this change, so somebody else promotes it; "
            "or its limits do."
        )
    if promoted:
        _end(office, person, canary, comment or "", promote=True)
    elif taken_back:
        _end(office, person, canary, comment or "", promote=False)


def _end(office: Desk, person: Person, canary: Canary, why: str, *, promote: bool) -> None:
    if not why.strip():
        st.error(WHY, icon=":material/error:")
        return
    act = rulebook.promote if promote else rulebook.roll_back
    try:
        act(office, canary, person, why.strip())
    except PilothouseError as error:
        refusal_card(error.refusal)
        return
    done = "is live for everybody" if promote else "was rolled back"
    st.toast(f"Version {canary.version} {done}.", icon=":material/check:")
    st.rerun()


def _ended_words(office: Desk, canary: Canary) -> str:
    if canary.ended_at is None:
        return ""
    by = plain(who(canary.ended_by or "", office.names()))
    ran = f"It ran from {clock(canary.started_at)} to {clock(canary.ended_at)} UTC."
    said = ENDED[canary.state].label
    return f"{said} by {by}, {ago(office.now(), canary.ended_at)}. {ran}"


def _what_next(canary: Canary, last: Measured | None) -> None:
    with st.container(gap="xsmall"):
        st.markdown("**What to do next**")
        if last and (reasons := [*likely(last.verdict)]):
            st.markdown(f"Most likely: {plain('; '.join(reasons))}.")
        bullets(plain(step.removesuffix(".") + ".") for step in RUNBOOK_STEPS)
        st.caption(f"The whole runbook is {plain(RUNBOOK)}.")
