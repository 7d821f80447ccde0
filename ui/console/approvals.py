"""The Approvals page: the inbox, and the card of one change request."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from control import request_list
from control.request_list import Wanted
from control.requests import ChangeRequest
from core.lifecycle import State
from ui.console.cards.parts import FEW, PER_PAGE, first_of
from ui.console.cards.request import request_card
from ui.console.desk import Desk, desk
from ui.console.sidebar import open_request
from ui.console.view.state import ESCALATED, RISK, SUSPENDED, request_badge
from ui.console.view.text import ago, number, phrase, plain, title

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
    store = office.workspace.store
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
    everything = Wanted(waiting=chosen != DECIDED)
    total = request_list.count(store, everything)
    if not total:
        _nothing(chosen)
        return
    wanted = _filters(office, everything) if total > FEW else everything
    found = total if wanted == everything else request_list.count(store, wanted)
    if not found:
        st.info("Nothing here is as you asked. Ask for less.", icon=":material/search_off:")
        return
    if wanted != everything:
        st.caption(f"{number(found)} of {number(total)}")
    first = first_of(found, f"inbox_page_{'_'.join(str(one) for one in wanted if one)}")
    _rows(office, request_list.page(store, wanted, first=first, many=PER_PAGE))


def _filters(office: Desk, everything: Wanted) -> Wanted:
    """What somebody narrows a long list by."""
    store, names = office.workspace.store, office.names()
    words, risk, kind, author = st.columns([1.6, 1, 1.2, 1])
    return everything._replace(
        words=words.text_input("Find", key="inbox_words", placeholder="Name or CR-12") or "",
        risk=risk.selectbox(
            "Risk",
            [*RISK],
            index=None,
            format_func=lambda one: RISK[one].label,
            placeholder="Any",
            key="inbox_risk",
        ),
        kind=kind.selectbox(
            "Kind",
            request_list.kinds(store),
            index=None,
            format_func=title,
            placeholder="Any",
            key="inbox_kind",
        ),
        author=author.selectbox(
            "Author",
            request_list.authors(store),
            index=None,
            format_func=lambda one: names.get(one, one),
            placeholder="Anybody",
            key="inbox_author",
        ),
    )


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
