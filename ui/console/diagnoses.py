"""The Diagnoses page: every answer to why a number moved, and one of them."""

from __future__ import annotations

import streamlit as st

from core.errors import PilothouseError
from ui.console.cards.diagnosis import diagnosis_card
from ui.console.cards.parts import heading, page_of, refusal_card
from ui.console.desk import desk
from ui.console.diagnosed import SEES_ALL, Diagnosed, Diagnosis
from ui.console.view.diagnosis import facts, headline
from ui.console.view.text import ago, plain
from ui.examples import examples_of

LONGEST = 110


def show() -> None:
    """Draw every diagnosis, or the one that the address names."""
    book = Diagnosed(desk(), st.session_state["person"])
    run_id = st.query_params.get("d")
    if not run_id:
        _list(book)
        return
    st.button(
        "All diagnoses", key="back", icon=":material/arrow_back:", on_click=st.query_params.clear
    )
    try:
        found = book.one(run_id)
    except PilothouseError as error:
        st.title("Diagnoses", anchor=False)
        refusal_card(error.refusal)
        return
    with st.container(key="report"):
        diagnosis_card(book, found)


def _list(book: Diagnosed) -> None:
    st.title("Diagnoses", anchor=False)
    st.markdown("Why a number moved: what is real, where it happened, and the likeliest cause.")
    ids = book.ids()
    if not ids:
        _none_yet(book)
        return
    if not book.viewer.roles & SEES_ALL:
        st.caption("Yours, and those that Pilothouse started by itself.")
    with st.container(key="inbox"):
        for run_id in page_of(ids, "diagnoses_page"):
            with st.container(border=True, gap="xxsmall"):
                try:
                    _row(book, book.one(run_id))
                except PilothouseError as error:
                    st.markdown(plain(error.refusal.message))


def _row(book: Diagnosed, found: Diagnosis) -> None:
    office = book.office
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left, st.container(gap="xxsmall"):
        title = found.prompt if len(found.prompt) <= LONGEST else f"{found.prompt[:LONGEST]}…"
        st.button(
            f"**{plain(title)}**",
            key=f"diagnosis_{found.run_id}",
            type="tertiary",
            on_click=st.query_params.from_dict,
            args=({"d": found.run_id},),
        )
        st.markdown(plain(headline(found.report)))
        by = plain(book.asked_by(found))
        st.caption(f"{by} · {ago(office.now(), found.asked_at)}")
    with right, st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
        for badge in facts(found.report)[:2]:
            st.badge(badge.label, color=badge.colour, icon=f":material/{badge.icon}:")


def _none_yet(book: Diagnosed) -> None:
    with st.container(border=True):
        heading("Nobody has asked why yet")
        st.markdown(
            "Ask on the Ask page why a number rose or fell. The answer says whether it is real, "
            "at which step it happened, the likeliest causes with what speaks for and against "
            "them, and a check of each that you can run. It is kept here for everybody who may "
            "see it."
        )
        prompt = examples_of(book.office.catalog).debug
        if prompt is None:
            st.caption("The catalog has no metric with a funnel yet: add one, then ask about it.")
            return
        st.caption(f"Such as: {plain(prompt)}")
        if st.button("Ask this", key="ask_why", type="primary", icon=":material/troubleshoot:"):
            try:
                run_id = book.office.start(prompt, book.viewer, None)
            except PilothouseError as error:
                refusal_card(error.refusal)
                return
            st.switch_page(st.session_state["pages"]["ask"], query_params={"run": run_id})
