"""The Experiments page: everything with a control group, and the read-out of one."""

from __future__ import annotations

import streamlit as st

from core.errors import PilothouseError
from measure.experiments.readout import Kind
from ui.console.cards.experiment import readout_card
from ui.console.cards.parts import heading, refusal_card
from ui.console.desk import desk
from ui.console.readouts import Readouts, Told
from ui.console.view.experiment import KINDS, verdict
from ui.console.view.text import people, plain, title
from ui.notifying.pages import READOUT
from ui.reading_out import Readable

PER_LIST = 8
"""Read-outs of a list: each that is new counts every user of both sides."""


def show() -> None:
    """Draw everything that can be read out, or the one that the address names."""
    try:
        _page(Readouts(desk()))
    except PilothouseError as error:
        st.title("Experiments", anchor=False)
        refusal_card(error.refusal)


def _page(book: Readouts) -> None:
    kind, key = _asked()
    if key is None:
        _list(book)
        return
    st.button(
        "All experiments", key="back", icon=":material/arrow_back:", on_click=st.query_params.clear
    )
    found = next((one for one in book.every() if (one.kind, one.key) == (kind, key)), None)
    if found is None:
        st.title("Experiments", anchor=False)
        st.warning(
            f"Nothing called {plain(key)} has a control group here.",
            icon=":material/search_off:",
        )
        return
    _one(book.one(found))


def _asked() -> tuple[Kind | None, str | None]:
    for kind, name in READOUT.items():
        if key := st.query_params.get(name):
            return kind, key
    return None, None


def _one(told: Told) -> None:
    if told.readout is not None:
        readout_card(_name(told.what), told.readout, str(told.readout.as_of))
        return
    st.title(plain(_name(told.what)), anchor=False)
    if told.refusal:
        refusal_card(told.refusal)


def _name(what: Readable) -> str:
    return title(what.name)


def _list(book: Readouts) -> None:
    every = book.every()
    st.title("Experiments", anchor=False)
    st.markdown(
        "What messages and changes really did: people who got them against people like them who "
        "did not."
    )
    if not every:
        _none_yet()
        return
    pages = -(-len(every) // PER_LIST)
    page = st.pagination(pages, key="experiments_page") if pages > 1 else 1
    with st.container(key="inbox"):
        for what in every[(page - 1) * PER_LIST : page * PER_LIST]:
            with st.container(border=True, gap="xxsmall"):
                _row(book.one(what))


def _row(told: Told) -> None:
    what = told.what
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left, st.container(gap="xxsmall"):
        st.button(
            f"**{plain(_name(what))}**",
            key=f"experiment_{what.kind}_{what.key}",
            type="tertiary",
            on_click=st.query_params.from_dict,
            args=({READOUT[what.kind]: what.key},),
        )
        if told.readout:
            st.markdown(plain(told.readout.verdict))
            st.caption(f"{plain(what.key)} · {people(told.readout.triggered_users)} took part")
        elif told.refusal:
            st.markdown(plain(told.refusal.message))
            st.caption(plain(what.key))
    with right, st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
        for badge in (KINDS[what.kind], *((verdict(told.readout),) if told.readout else ())):
            st.badge(badge.label, color=badge.colour, icon=f":material/{badge.icon}:")


def _none_yet() -> None:
    with st.container(border=True):
        heading("Nothing is compared with a control group yet")
        st.markdown(
            "A policy that goes live keeps a share of its users out, the **holdout**: they get "
            "nothing of it, and what they do is what would have happened anyway. Once the first "
            "cycle has decided and a week has passed, its read-out stands here."
        )
        st.markdown(
            "Changes of the product are compared here too: declare them in the catalog's "
            "`experiments.yaml`, and what they are compared on in `readout_metrics.yaml`."
        )
