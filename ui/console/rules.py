"""The Rules page: the library of rules, or one of them."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from control import kill_switches, version_list
from control.canaries import Canary
from control.kill_switches import Killed
from control.people import Person
from control.version_list import RULE_KINDS, Listed, Standing, Wanted
from ui.console import rulebook
from ui.console.cards.one_rule import rule_card
from ui.console.cards.parts import FEW, PER_PAGE, first_of
from ui.console.cards.switches import switches_part
from ui.console.desk import Desk, desk
from ui.console.telling import refused_or_done
from ui.console.view.canary import rule_badges, who
from ui.console.view.rule import KIND, STOPPED
from ui.console.view.text import ago, number, plain

OVER: dict[str, str] = {
    "promoted": "was promoted",
    "rolled_back": "was rolled back",
    "superseded": "was replaced",
}
STANDING: dict[Standing, str] = {"live": "Live", "canary": "Canary", "paused": "Paused"}


def show() -> None:
    """Draw every rule, or the one that the address names."""
    office, person = desk(), st.session_state["person"]
    key = st.query_params.get("rule")
    found = rulebook.book(office, key) if key else None
    if found:
        rule_card(office, person, found)
        return
    if key:
        st.warning(f"There is no rule {plain(key)} here.", icon=":material/search_off:")
    _library(office, person)


def _library(office: Desk, person: Person) -> None:
    store = office.workspace.store
    title, stop = st.columns([3, 1], vertical_alignment="bottom")
    with title:
        st.title("Rules", anchor=False)
    st.markdown("What is live, for whom, and how the canaries do.")
    refused_or_done()
    with stop:
        switches_part(office, person)
    total = version_list.count(store, Wanted())
    if not total:
        with st.container(border=True):
            st.markdown("**No rule is live yet.**")
            st.caption("Ask for one, send it for approval; once approved it is listed here.")
        return
    wanted = _filters(office) if total > FEW else Wanted()
    found = total if wanted == Wanted() else version_list.count(store, wanted)
    if not found:
        st.info("No rule is as you asked. Ask for less.", icon=":material/search_off:")
        return
    if wanted != Wanted():
        st.caption(f"{number(found)} of {number(total)} rules")
    first = first_of(found, f"rules_page_{'_'.join(str(one) for one in wanted if one)}")
    _rows(office, version_list.page(store, wanted, first=first, many=PER_PAGE))


def _filters(office: Desk) -> Wanted:
    """What somebody narrows the library by."""
    names = office.names()
    words, standing, kind, owner = st.columns([1.6, 1, 1.2, 1])
    return Wanted(
        words=words.text_input("Find", key="rules_words", placeholder="Name or key") or "",
        standing=standing.selectbox(
            "State",
            [*STANDING],
            index=None,
            format_func=STANDING.__getitem__,
            placeholder="Any",
            key="rules_standing",
        ),
        kind=kind.selectbox(
            "Kind",
            RULE_KINDS,
            index=None,
            format_func=KIND.__getitem__,
            placeholder="Any",
            key="rules_kind",
        ),
        owner=owner.selectbox(
            "Owner",
            version_list.owners(office.workspace.store),
            index=None,
            format_func=lambda one: who(one, names),
            placeholder="Anybody",
            key="rules_owner",
        ),
    )


def _rows(office: Desk, rules: list[Listed]) -> None:
    store, now, names = office.workspace.store, office.now(), office.names()
    trials, killed = rulebook.trials(office), kill_switches.active(store)
    with st.container(key="inbox"):
        for rule in rules:
            with st.container(border=True, gap="xxsmall"):
                _row(rule, trials.get(rule.key), killed, names, now)


def _row(
    rule: Listed, trial: Canary | None, killed: Killed, names: dict[str, str], now: datetime
) -> None:
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left, st.container(gap="xxsmall"):
        st.button(
            f"**{plain(rule.name)}**",
            key=f"rule_{rule.key}",
            type="tertiary",
            wrap=False,
            on_click=st.query_params.from_dict,
            args=({"rule": rule.key},),
        )
        since = f"published {ago(now, rule.published_at)}"
        owner = plain(who(rule.owner, names))
        kind = KIND[rule.kind].lower()
        told = f"{plain(rule.key)} v{rule.version} · {kind} · {owner} · {since}"
        st.caption(f"{told}{_last_canary(trial)}")
    running = trial if trial and trial.state == "running" else None
    with right, st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
        stopped = (STOPPED,) if rule.key in killed.keys("policy") else ()
        for badge in (*rule_badges(rule.state, running), *stopped):
            st.badge(badge.label, color=badge.colour, icon=f":material/{badge.icon}:")


def _last_canary(canary: Canary | None) -> str:
    if canary is None or canary.state == "running":
        return ""
    return f" · canary v{canary.version} {OVER[canary.state]}"
