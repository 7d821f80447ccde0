"""The Rules page: every rule that is in force, and one of them with its canaries and versions."""

from __future__ import annotations

import streamlit as st

from control.canaries import Canary
from control.people import Person
from control.versions import Version
from core.rules import DecisionPolicy
from ui.console import rulebook
from ui.console.cards.canary import ended_card, running_card
from ui.console.cards.parts import badges, heading, page_of
from ui.console.desk import Desk, desk
from ui.console.rulebook import Book, Rule
from ui.console.view.canary import canary_badge, rule_badges, who
from ui.console.view.canary_ask import share_words
from ui.console.view.diff import plain_rows
from ui.console.view.state import Badge
from ui.console.view.text import ago, clock, plain

ALL, CANARIES = "All", "Canaries"
LATEST = 3
"""So many canaries of a rule are told whole; the versions name every one."""
OVER: dict[str, str] = {
    "promoted": "was promoted",
    "rolled_back": "was rolled back",
    "superseded": "was replaced",
}


def show() -> None:
    """Draw every rule, or the one that the address names."""
    office, person = desk(), st.session_state["person"]
    key = st.query_params.get("rule")
    found = rulebook.book(office, key) if key else None
    if found:
        _rule(office, person, found)
        return
    if key:
        st.warning(f"There is no rule {plain(key)} here.", icon=":material/search_off:")
    _list(office)


def _list(office: Desk) -> None:
    st.title("Rules", anchor=False)
    st.markdown("What is live, for whom, and how the canaries do.")
    every = rulebook.rules(office)
    running = [rule for rule in every if rule.running]
    chosen = ALL
    if running:
        options = {ALL: f"All ({len(every)})", CANARIES: f"Canaries ({len(running)})"}
        chosen = (
            st.segmented_control(
                "Show",
                [*options],
                default=ALL,
                required=True,
                format_func=options.__getitem__,
                key="rules_filter",
                label_visibility="collapsed",
            )
            or ALL
        )
    if not every:
        with st.container(border=True):
            st.markdown("**No rule is live yet.**")
            st.caption("Ask for one, send it for approval; once approved it is listed here.")
    shown = page_of(running if chosen == CANARIES else every, f"rules_page_{chosen}")
    with st.container(key="inbox"):
        for rule in shown:
            with st.container(border=True, gap="xxsmall"):
                _row(office, rule)


def _row(office: Desk, rule: Rule) -> None:
    version, now = rule.version, office.now()
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left, st.container(gap="xxsmall"):
        st.button(
            f"**{plain(version.artifact.name)}**",
            key=f"rule_{version.key}",
            type="tertiary",
            wrap=False,
            on_click=st.query_params.from_dict,
            args=({"rule": version.key},),
        )
        since = f"published {ago(now, version.published_at)}"
        st.caption(f"{plain(version.key)} v{version.version} · {since}{_last_canary(rule)}")
    with right, st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
        for badge in rule_badges(version.state, rule.running):
            st.badge(badge.label, color=badge.colour, icon=f":material/{badge.icon}:")


def _last_canary(rule: Rule) -> str:
    canary = rule.canary
    if canary is None or canary.state == "running":
        return ""
    return f" · canary v{canary.version} {OVER[canary.state]}"


def _rule(office: Desk, person: Person, found: Book) -> None:
    version = found.rule.version
    st.button(
        "All rules",
        key="back",
        icon=":material/arrow_back:",
        on_click=st.query_params.clear,
    )
    st.title(plain(version.artifact.name), anchor=False)
    badges(
        *rule_badges(version.state, found.rule.running),
        Badge(f"{plain(version.key)} v{version.version}", "gray", "tag"),
    )
    kind = "Decision policy" if isinstance(version.artifact, DecisionPolicy) else "Rule"
    by = plain(who(version.published_by, office.names()))
    st.caption(f"{kind}, published by {by}, {ago(office.now(), version.published_at)}.")
    for canary in found.canaries[:LATEST]:
        if canary.state == "running":
            running_card(office, person, canary)
        else:
            ended_card(office, canary)
    _says(office, found)
    _versions(office, found)


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


def _versions(office: Desk, found: Book) -> None:
    names = office.names()
    canaries = {one.version: one for one in found.canaries}
    rows = {
        "Version": [f"v{one.version}" for one in found.versions],
        "State": [_state(one, canaries.get(one.version)) for one in found.versions],
        "Published, UTC": [clock(one.published_at) for one in found.versions],
        "By": [plain(who(one.published_by, names)) for one in found.versions],
        "Request": [plain(one.change_request_id or "–") for one in found.versions],
    }
    with st.container(border=True):
        heading("Versions")
        many = len(found.versions)
        st.table(rows, border="horizontal", hide_index=True, alt=f"{many} versions, newest first")


def _state(version: Version, canary: Canary | None) -> str:
    running = canary if canary and canary.state == "running" else None
    if version.state == "superseded":
        shown: tuple[Badge, ...] = (Badge("Superseded", "gray", "history"),)
    else:
        shown = rule_badges(version.state, running)
    told = " ".join(badge.markdown for badge in shown)
    if canary is None or running:
        return told
    ended = canary_badge(canary).label.lower()
    return f"{told} canary {share_words(canary.share)}, {ended}"
