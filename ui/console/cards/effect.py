"""The effect of a proposal on its card: what it changes beside everything that is live."""

from __future__ import annotations

import streamlit as st

from core.effects import Effect, Traffic
from ui.console.cards.parts import draw, figure, heading
from ui.console.presence import sees_everybody
from ui.console.view import charts
from ui.console.view import effect as words
from ui.console.view.ground import ground_of
from ui.console.view.text import moment, plain, title

SMALL = (
    "Fewer than ten people with a value are folded into all others (a dot stands for them), so "
    "that nobody is singled out."
)


def effect_card(effect: Effect, key: str, *, is_bound: bool = True) -> None:
    """Who enters, leaves or gets something else, what replaces what, and the week ahead.

    ``key`` is of the request or run this belongs to; whoever sees some users only is shown no ids.
    ``is_bound``: an approval stands on these numbers.
    """
    with st.container(border=True):
        heading("Beside what is live")
        _figures(effect)
        _moves(effect)
        _by(effect, key)
        if effect.traffic:
            _week(effect, effect.traffic)
        if effect.sample:
            _people(effect)
        bound = " The approval binds it." if is_bound else ""
        st.caption(f"Measured on the data as of {moment(effect.as_of)}.{bound}")


def ground_card(dependencies: dict[str, str]) -> None:
    """What the change rests on, each with its hash: if one changes, the approval is void."""
    rows = ground_of(dependencies)
    if not rows:
        return
    with st.container(border=True):
        heading("What it rests on")
        st.table(
            {
                "What": [plain(one.what) for one in rows],
                "Name": [plain(one.name) for one in rows],
                "Hash": [f"`{one.hash}`" for one in rows],
            },
            border="horizontal",
            hide_index=True,
            alt=f"It rests on {len(rows)} things",
        )
        st.caption("If one of them changes, an approval of this no longer holds.")


def _figures(effect: Effect) -> None:
    shown = words.figures(effect)
    for place, one in zip(st.columns(len(shown)), shown, strict=True):
        figure(place, one.label, one.value, one.note, one.tip)


def _moves(effect: Effect) -> None:
    rows = words.moves(effect)
    if not rows:
        return
    st.markdown("**What replaces what**")
    st.table(
        {
            "Today": [plain(before) for before, _, _ in rows],
            "Then": [f"**{plain(after)}**" for _, after, _ in rows],
            "People": [many for _, _, many in rows],
        },
        border="horizontal",
        hide_index=True,
        alt="Which message takes the place of which, and for how many people",
    )


def _by(effect: Effect, key: str) -> None:
    if not effect.by:
        return
    known = {title(one.by): one for one in effect.by}
    left, right = st.columns([1.4, 1], vertical_alignment="center")
    left.markdown("**Who they are**")
    chosen = right.selectbox(
        "By", list(known), key=f"effect_by_{key}", label_visibility="collapsed"
    )
    rows = words.rows_of(known[chosen], effect)
    columns = {
        chosen: [plain(row.value) for row in rows],
        "Enter": [row.enter for row in rows],
        "Leave": [row.leave for row in rows],
    }
    if effect.everything:
        columns["Something else wins"] = [row.other for row in rows]
    alt = f"People concerned by {chosen}"
    st.table(columns, border="horizontal", hide_index=True, alt=alt)
    st.caption(SMALL)


def _week(effect: Effect, traffic: Traffic) -> None:
    st.markdown("**Messages in the week ahead**")
    draw(charts.week(words.week(traffic.days)))
    st.caption(" ".join(words.week_sentences(effect, plain)))


def _people(effect: Effect) -> None:
    with st.expander("Some of the people, and why", icon=":material/group:"):
        if not sees_everybody():
            st.markdown("You see some users only, so none are named here.")
            return
        st.table(
            {
                "User": [plain(one.user_id) for one in effect.sample],
                "What happens": [words.happens(one) for one in effect.sample],
                "Why": [plain(one.why) for one in effect.sample],
            },
            border="horizontal",
            hide_index=True,
            alt=f"{len(effect.sample)} people for whom something changes",
        )
