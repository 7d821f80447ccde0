"""One rule: how it stands, what it says, whom it reaches, what it was, and what may be done."""

from __future__ import annotations

import streamlit as st

from control import kill_switches, request_list
from control.people import Person
from ui.console.cards.canary import ended_card, running_card
from ui.console.cards.parts import badges, heading
from ui.console.cards.rule_rail import rule_rail
from ui.console.cards.rule_reach import lineage_card, reach_card, shared_card
from ui.console.cards.versions import compare_card, versions_card
from ui.console.desk import Desk
from ui.console.rule_facts import RuleFacts
from ui.console.rulebook import Book
from ui.console.sidebar import open_request
from ui.console.telling import refused_or_done
from ui.console.view.canary import rule_badges, who
from ui.console.view.diff import plain_rows
from ui.console.view.rule import STOPPED, kind_of, stops
from ui.console.view.state import Badge, request_badge
from ui.console.view.text import ago, plain

LATEST = 3
"""So many canaries of a rule are told whole; the versions name every one."""
MOST_WAITING = 5


def rule_card(office: Desk, person: Person, found: Book) -> None:
    """The whole of a rule, with what this person may do to it."""
    facts = RuleFacts(office, found.rule.version)
    _header(office, found)
    refused_or_done()
    evidence, side = st.columns([2.35, 1], gap="medium")
    with evidence:
        for canary in found.canaries[:LATEST]:
            if canary.state == "running":
                running_card(office, person, canary)
            else:
                ended_card(office, canary)
        _waiting(office, found)
        _says(office, found)
        reach_card(facts)
        shared_card(facts)
        compare_card(office, found)
        versions_card(office, found)
    with side, st.container(key="rail", border=True):
        rule_rail(office, person, found)
    # The picture needs the whole width to be read.
    lineage_card(facts)


def _header(office: Desk, found: Book) -> None:
    version, killed = found.rule.version, kill_switches.active(office.workspace.store)
    st.button(
        "All rules",
        key="back",
        icon=":material/arrow_back:",
        on_click=st.query_params.clear,
    )
    st.title(plain(version.artifact.name), anchor=False)
    badges(
        *rule_badges(version.state, found.rule.running),
        *((STOPPED,) if stops(killed.switches, version.artifact) else ()),
        Badge(f"{plain(version.key)} v{version.version}", "gray", "tag"),
    )
    by = plain(who(version.published_by, office.names()))
    ago_words = ago(office.now(), version.published_at)
    st.caption(f"{kind_of(version.artifact)}, published by {by}, {ago_words}.")


def _waiting(office: Desk, found: Book) -> None:
    """Changes of this rule that are on their way to live."""
    store, key = office.workspace.store, found.rule.version.key
    waiting = request_list.on_their_way(store, key, many=MOST_WAITING + 1)
    if not waiting:
        return
    with st.container(border=True):
        heading("Changes on their way")
        for request in waiting[:MOST_WAITING]:
            st.markdown(
                f"{request_badge(request).markdown} {plain(request.id)}, by "
                f"{plain(office.names().get(request.author, request.author))}"
            )
            st.button(
                f"Open {request.id}",
                key=f"waiting_{request.id}",
                type="tertiary",
                icon=":material/open_in_new:",
                on_click=open_request,
                args=(request.id, st.session_state["pages"]["rules"].url_path),
            )
        if len(waiting) > MOST_WAITING:
            st.caption("More are on the Approvals page.")


def _says(office: Desk, found: Book) -> None:
    rows = plain_rows(None, found.rule.version.artifact, office.catalog)
    with st.container(border=True):
        heading(f"What version {found.rule.version.version} says")
        st.table(
            {
                "What": [plain(row.what) for row in rows],
                "Is": [plain(row.proposed or "") for row in rows],
            },
            border="horizontal",
            hide_index=True,
            alt=f"{len(rows)} parts of the rule",
        )
