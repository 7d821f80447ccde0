"""What stands beside every page: what waits, how fresh the data is, alerts, recent threads, you."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from control import request_list
from control.people import Person
from ui.console.desk import Desk
from ui.console.tour import Tour
from ui.console.view import alerts
from ui.console.view.state import Badge
from ui.console.view.text import clock, listing, number, plain

SIGN_OUT, SHOW_TOUR = "Sign out", "Show the tour"


def sidebar(office: Desk, person: Person, chosen: StreamlitPage) -> None:
    """Draw it for one person on one page."""
    with st.sidebar:
        _state_of_things(office)
        _alerts(office, chosen)
        _recent(office, person, chosen)
        _account(office, person)


def _state_of_things(office: Desk) -> None:
    waiting = request_list.count(office.workspace.store)
    pending = (
        Badge(f"{number(waiting)} waiting for approval", "orange", "schedule")
        if waiting
        else Badge("Nothing waits for approval", "gray", "done_all")
    )
    fresh = Badge(f"Data as of {clock(office.as_of())}", "green", "check")
    with st.container(gap="xxsmall"):
        for badge in (pending, fresh):
            st.badge(badge.label, color=badge.colour, icon=f":material/{badge.icon}:")


def _alerts(office: Desk, chosen: StreamlitPage) -> None:
    """What needs a person, as of the server's last look; nothing while nothing does."""
    found = office.alerts()
    if not found:
        return
    with st.expander(alerts.summary(found), icon=f":material/{alerts.icon(found)}:"):
        for one in found:
            st.markdown(alerts.line(one))
            if request := alerts.request_of(one):
                st.button(
                    f"Open {request}",
                    key=f"alert_{one.kind}_{one.subject}",
                    type="tertiary",
                    icon=":material/open_in_new:",
                    on_click=open_request,
                    args=(request, chosen.url_path),
                )


def _recent(office: Desk, person: Person, chosen: StreamlitPage) -> None:
    recent = office.recent(person.email)
    if not recent:
        return
    st.header("Recent", anchor=False)
    with st.container(key="recent"):
        for item in recent:
            st.button(
                plain(item.title),
                key=f"recent_{item.run_id}",
                type="tertiary",
                icon=":material/chat_bubble_outline:",
                wrap=False,
                width="stretch",
                on_click=open_run,
                args=(item.run_id, chosen.url_path),
            )


def open_run(run_id: str, here: str) -> None:
    """Go to a run. A callback: a link to the page one is on would not change its address."""
    ask = st.session_state["pages"]["ask"]
    if here == ask.url_path:
        st.query_params.from_dict({"run": run_id})
    else:
        st.switch_page(ask, query_params={"run": run_id})


def open_request(request_id: str, here: str) -> None:
    """Go to a change request, from the page with this address."""
    approvals = st.session_state["pages"]["approvals"]
    if here == approvals.url_path:
        st.query_params.from_dict({"request": request_id})
    else:
        st.switch_page(approvals, query_params={"request": request_id})


def _account(office: Desk, person: Person) -> None:
    label = f"{plain(person.name)}, {listing(sorted(person.roles))}"
    tour = Tour(office, person)
    choices = [SHOW_TOUR, SIGN_OUT] if tour.is_put_away() else [SIGN_OUT]
    with st.container(key="account"):
        picked = st.menu_button(
            label, choices, icon=":material/account_circle:", width="stretch", key="account_menu"
        )
    if picked == SHOW_TOUR:
        tour.bring_back()
        st.rerun()
    if picked == SIGN_OUT:
        st.logout()
