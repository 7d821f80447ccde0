"""The conditions of a draft, set by hand: what comes of it is one more turn of the conversation.

Nothing here makes a rule. The editor hands over which conditions were set, and the graph checks,
simulates and tells them as it does what somebody asks for in words.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from agent.conversation.amending import (
    CONDITION,
    POPULATION,
    Amended,
    Amendment,
    Rule,
    audiences_of,
    with_audiences,
)
from control import versions
from core.conditions import EVERYONE, Condition
from core.errors import PilothouseError, Refusal
from core.rules import DecisionPolicy
from orchestrate.artifact_checks import refusals
from ui.console.cards.clause_row import Around, clause_row
from ui.console.cards.parts import refusal_card
from ui.console.desk import Desk
from ui.console.presence import leave_if_changed
from ui.console.view.clause_options import abouts, first_of
from ui.console.view.clauses import DEEPEST, MODES, Group, Row, closed, opened, problems, removed
from ui.console.view.text import plain
from warehouse.catalog import Catalog

Apply = Callable[[Amendment], None]
"""Hands an amendment over; raises a refusal."""


@dataclass
class Editing:
    """What somebody is changing: the draft, and its conditions taken apart."""

    rule: Rule
    groups: dict[str, Group]

    def amendment(self) -> Amendment | None:
        """What was changed; None while nothing was."""
        before = audiences_of(self.rule)
        now = {place: closed(group) for place, group in self.groups.items()}
        changed = tuple(
            Amended(place=place, before=before[place], after=after)
            for place, after in now.items()
            if after != before[place]
        )
        return Amendment(of=changed) if changed else None


def editor(office: Desk, rule: Rule, run_id: str, apply: Apply) -> None:
    """The button that opens the editor of a draft, or the open editor."""
    if st.session_state.get(_name(run_id)) is None:
        st.button(
            "Edit conditions",
            key=f"edit_{run_id}",
            icon=":material/edit:",
            on_click=_open,
            args=(rule, office.catalog, run_id),
        )
        return
    st.fragment(_editor)(office, run_id, apply)


def is_open(run_id: str) -> bool:
    """Whether somebody is at it."""
    return st.session_state.get(_name(run_id)) is not None


def _name(run_id: str) -> str:
    return f"editing_{run_id}"


def _open(rule: Rule, catalog: Catalog, run_id: str) -> None:
    groups = {place: opened(one, catalog) for place, one in audiences_of(rule).items()}
    st.session_state[_name(run_id)] = Editing(rule, groups)


def close(run_id: str) -> None:
    """Put away what somebody set and did not apply."""
    st.session_state.pop(_name(run_id), None)


def _editor(office: Desk, run_id: str, apply: Apply) -> None:
    leave_if_changed(office)
    editing: Editing = st.session_state[_name(run_id)]
    with st.container(border=True, key=f"editor_{run_id}"):
        st.header("Edit conditions", anchor=False, icon=":material/edit:")
        for place in _shown(editing, run_id):
            _place(office, editing.groups[place], _title(place, editing.rule))
        _apply(office, editing, run_id, apply)


def _shown(editing: Editing, run_id: str) -> list[str]:
    """Who is considered and who is in; of a policy one at a time, since every entry has its own."""
    places = [*editing.groups]
    if not isinstance(editing.rule, DecisionPolicy):
        return places
    titles = {place: _title(place, editing.rule) for place in places}
    chosen = st.selectbox(
        "Whose conditions", places, format_func=lambda one: titles[one], key=f"whose_{run_id}"
    )
    return [chosen] if chosen in editing.groups else places[:1]


def _title(place: str, rule: Rule) -> str:
    if place in (POPULATION, CONDITION):
        return {POPULATION: "Who is considered", CONDITION: "Who is in"}[place]
    entries = rule.entries if isinstance(rule, DecisionPolicy) else ()
    named = {f"entry:{one.action.key}": f"{one.tier}. {one.action.name}" for one in entries}
    return named[place]


def _place(office: Desk, group: Group, title: str) -> None:
    audiences = versions.audiences(office.workspace.store)
    around = Around(office.catalog, audiences, lambda gone: removed(group, gone))
    st.markdown(f"**{plain(title)}**")
    _group(group, around, depth=0)


def _group(group: Group, around: Around, *, depth: int) -> None:
    everyone = depth == 0 and not group.of
    if everyone:
        st.caption("Everyone: no condition is asked.")
    if len(group.of) > 1 or group.mode != "all" or depth:
        _mode(group, around, depth)
    for one in [*group.of]:
        if isinstance(one, Group):
            with st.container(border=True, gap="xsmall", key=f"group_{one.id}"):
                _group(one, around, depth=depth + 1)
        else:
            clause_row(one, around)
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            "Add a condition",
            key=f"add_{group.id}",
            icon=":material/add:",
            type="tertiary",
            on_click=_add,
            args=(group, around.catalog),
        )
        if depth < DEEPEST:
            st.button(
                "Add a group",
                key=f"nest_{group.id}",
                icon=":material/account_tree:",
                type="tertiary",
                help="Conditions of which any, all or none must hold",
                on_click=_nest,
                args=(group, around.catalog),
            )


def _mode(group: Group, around: Around, depth: int) -> None:
    held, gone = st.columns([8, 0.55], vertical_alignment="center")
    modes = [*MODES]
    picked = held.selectbox(
        "What must hold",
        modes,
        index=modes.index(group.mode),
        format_func=lambda one: MODES[one],
        key=f"mode_{group.id}",
        label_visibility="collapsed",
    )
    group.mode = picked if picked in MODES else group.mode
    if depth:
        gone.button(
            "",
            key=f"ungroup_{group.id}",
            icon=":material/delete:",
            type="tertiary",
            help="Remove this group",
            on_click=around.remove,
            args=(group.id,),
        )


def _new(catalog: Catalog) -> Row:
    return Row(first_of(next(iter(abouts(catalog))), catalog))


def _add(group: Group, catalog: Catalog) -> None:
    group.of.append(_new(catalog))


def _nest(group: Group, catalog: Catalog) -> None:
    group.of.append(Group("any", [_new(catalog), _new(catalog)], EVERYONE))


def _apply(office: Desk, editing: Editing, run_id: str, apply: Apply) -> None:
    told = [one for group in editing.groups.values() for one in problems(group)]
    amendment = None if told else editing.amendment()
    wrong = _wrong(office, editing, amendment) if amendment else None
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        pressed = st.button(
            "Apply and check",
            key=f"apply_{run_id}",
            type="primary",
            icon=":material/check:",
            disabled=amendment is None or wrong is not None,
        )
        closing = st.button("Cancel", key=f"cancel_{run_id}")
        st.caption(_state_words(told, amendment))
    if wrong:
        refusal_card(wrong)
    if closing:
        close(run_id)
        st.rerun()
    if pressed and amendment and not wrong:
        _hand_over(amendment, run_id, apply)


def _state_words(told: list[str], amendment: Amendment | None) -> str:
    if told:
        many = "one thing" if len(told) == 1 else f"{len(told)} things"
        return f"First put {many} right. {plain(told[0])}"
    if amendment is None:
        return "Nothing was changed yet."
    return "Checks it, counts whom it reaches and compiles its SQL. Nothing goes live."


def _wrong(office: Desk, editing: Editing, amendment: Amendment | None) -> Refusal | None:
    """What the graph's own check would say of the whole: conditions that exclude each other."""
    if amendment is None:
        return None
    after: dict[str, Condition] = {one.place: one.after for one in amendment.of}
    made = with_audiences(editing.rule, after)
    found = refusals(made, office.catalog, versions.audiences(office.workspace.store))
    return found[0] if found else None


def _hand_over(amendment: Amendment, run_id: str, apply: Apply) -> None:
    try:
        apply(amendment)
    except PilothouseError as error:
        refusal_card(error.refusal)
        return
    close(run_id)
    st.rerun()
