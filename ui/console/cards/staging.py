"""What is in staging and where it stands, and what was promoted from there last."""

from __future__ import annotations

import streamlit as st

from control.staging import Promotion, Staged, Standing, Switched
from core.journeys import Journey
from ui.console.cards.parts import badges, bullets, heading
from ui.console.sidebar import open_request
from ui.console.trials import Trials
from ui.console.view.state import Badge
from ui.console.view.text import ago, plain

STANDING: dict[Standing, Badge] = {
    "on trial": Badge("On trial", "orange", "science"),
    "approved": Badge("Approved", "green", "check_circle"),
    "ended": Badge("Ended", "gray", "block"),
}
MEANS: dict[Standing, str] = {
    "on trial": "Nobody approved it yet, so it cannot go live.",
    "approved": "It may go live.",
    "ended": "Its request was turned down: it is not decided on any more.",
}
KIND = {
    "eligibility_rule": Badge("Rule", "gray", "rule"),
    "decision_policy": Badge("Policy", "gray", "format_list_numbered"),
    "journey": Badge("Journey", "gray", "route"),
}


def tried_card(trials: Trials, there: list[Staged]) -> None:
    """Everything in staging, one row each, with what this person may do about it."""
    with st.container(border=True):
        heading("In staging")
        if not there:
            st.markdown(":material/science: **Nothing is tried at the moment.**")
            st.caption(
                "A change request of a rule, a policy or a journey may be tried while it is in "
                "review, and a version that is not live."
            )
            return
        names = trials.office.names()
        with st.container(key="tried", gap="small"):
            for one in there:
                _row(trials, one, names)


def _row(trials: Trials, one: Staged, names: dict[str, str]) -> None:
    left, right = st.columns([2.2, 1], vertical_alignment="center")
    with left, st.container(gap="xxsmall"):
        _name(trials, one)
        versions = f"{'new' if one.live is None else f'v{one.live}'} → v{one.would_be}"
        badges(
            STANDING[one.standing], KIND[one.artifact.kind], Badge(versions, "gray", "difference")
        )
        who = plain(names.get(one.staged_by, one.staged_by))
        st.caption(
            f"{plain(one.target)} · staged by {who}, {ago(trials.office.now(), one.staged_at)}. "
            f"{MEANS[one.standing]}"
        )
    if not trials.may_change:
        return
    with right, st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
        if one.standing == "approved":
            st.button(
                "Promote",
                key=f"promote_{one.key}",
                icon=":material/publish:",
                help=f"Let {plain(one.artifact.name)} go live; the others stay in staging.",
                on_click=trials.promote,
                args=(one.key,),
            )
        st.button(
            "Take out",
            key=f"remove_{one.key}",
            type="tertiary",
            icon=":material/close:",
            help=_taking_out(one),
            on_click=trials.remove,
            args=(one.key,),
        )


def _name(trials: Trials, one: Staged) -> None:
    if one.change_request_id is None:
        st.markdown(f"**{plain(one.artifact.name)}**")
        return
    st.button(
        f"**{plain(one.artifact.name)}**",
        key=f"open_{one.key}",
        type="tertiary",
        wrap=False,
        on_click=open_request,
        args=(one.change_request_id, "staging"),
    )


def _taking_out(one: Staged) -> str:
    if one.standing == "approved" and one.change_request_id:
        return "Its approval ends with it: it would be proposed again."
    if isinstance(one.artifact, Journey):
        return "Its runs in staging are discarded."
    return "It is not tried any more; its change request stays as it is."


def promotion_card(trials: Trials, last: Promotion | None) -> None:
    """What was promoted last, and the way back."""
    if last is None:
        return
    names = trials.office.names()
    with st.container(border=True):
        left, right = st.columns([2.2, 1], vertical_alignment="center")
        with left:
            heading("Last promotion")
        if last.taken_back_at is None and trials.may_change:
            with right, st.container(horizontal=True, horizontal_alignment="right"):
                st.button(
                    "Take it back",
                    key="take_back",
                    icon=":material/undo:",
                    help="What was live before is live again; what it brought anew is paused.",
                    on_click=trials.take_back,
                )
        bullets(_switched(one) for one in last.switched)
        by = plain(names.get(last.promoted_by, last.promoted_by))
        told = f"Promoted by {by}, {ago(trials.office.now(), last.promoted_at)}."
        if last.taken_back_at is not None:
            back = names.get(last.taken_back_by or "", last.taken_back_by)
            told += f" Taken back by {plain(back)}, {ago(trials.office.now(), last.taken_back_at)}."
        st.caption(told)


def _switched(one: Switched) -> str:
    before = f"instead of v{one.before}" if one.before is not None else "for the first time"
    return f"**{plain(one.key)}** v{one.version} went live {before}"
