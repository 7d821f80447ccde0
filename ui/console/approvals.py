"""The Approvals page: the inbox, and the card of one change request."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from control.requests import ChangeRequest
from core.lifecycle import State
from ui.console.cards.parts import page_of
from ui.console.cards.request import request_card
from ui.console.desk import Desk, desk
from ui.console.sidebar import open_request
from ui.console.view.state import ESCALATED, RISK, SUSPENDED, request_badge
from ui.console.view.text import ago, number, phrase, plain

WAITING, DECIDED = "Waiting", "Decided"


def show() -> None:
    """Draw the inbox, or the request that the address names."""
    office, person = desk(), st.session_state["person"]
    request_id = st.query_params.get("request")
    request = office.request(request_id) if request_id else None
    if request:
        request_card(office, person, request)
        return
    if request_id:
        st.warning(
            f"There is no change request {plain(request_id)} here.", icon=":material/search_off:"
        )
    _inbox(office)


def _inbox(office: Desk) -> None:
    st.title("Approvals", anchor=False)
    st.markdown("Somebody else asked for these. Read who they reach, then decide.")
    chosen = st.segmented_control(
        "Show",
        [WAITING, DECIDED],
        default=WAITING,
        required=True,
        key="inbox_filter",
        label_visibility="collapsed",
    )
    waiting = office.waiting()
    if chosen == DECIDED:
        open_ids = {request.id for request in waiting}
        rows = [request for request in office.requests() if request.id not in open_ids]
    else:
        rows = waiting
    if not rows:
        _nothing(chosen)
        return
    _rows(office, page_of(rows, "inbox_page"))


def _nothing(chosen: str | None) -> None:
    with st.container(border=True):
        if chosen == DECIDED:
            st.markdown("Nothing has been decided yet.")
            return
        st.markdown(":material/done_all: **Nothing waits for a decision.**")
        st.caption("Ask for a rule and send it for approval; it will be listed here, oldest first.")


def _rows(office: Desk, rows: Sequence[ChangeRequest]) -> None:
    names, now = office.names(), office.now()
    with st.container(key="inbox"):
        for request in rows:
            with st.container(border=True, gap="xxsmall"):
                author = names.get(request.author, request.author)
                _row(request, author, ago(now, request.created_at))


def _row(request: ChangeRequest, author: str, age: str) -> None:
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left, st.container(gap="xxsmall"):
        st.button(
            f"**{plain(request.name)}**",
            key=f"request_{request.id}",
            type="tertiary",
            wrap=False,
            on_click=open_request,
            args=(request.id, st.session_state["pages"]["approvals"].url_path),
        )
        size = ""
        if request.preview:
            size = f" · reaches {number(request.preview.audience_size)} people"
        elif request.changes_data:
            size = f" · {phrase(request.kind)}"
        elif request.jump:
            size = " · holds the cycle"
        st.caption(f"{request.id} · {plain(author)} · {age}{size}")
    with right, st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
        for badge in (
            request_badge(request),
            RISK[request.risk],
            *((SUSPENDED,) if request.suspended else ()),
            *((ESCALATED,) if request.escalated and request.state is State.IN_REVIEW else ()),
        ):
            st.badge(badge.label, color=badge.colour, icon=f":material/{badge.icon}:")
