"""The Decisions page: one user, what every rule decides for them and why, and what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import streamlit as st

from control.versions import Version
from core.errors import PilothouseError
from core.masking import HIDDEN
from core.waterfall import came_to
from ui.console.cards.parts import badges, figure, heading, page_of, refusal_card
from ui.console.cards.past import past_card, replay_card
from ui.console.cards.waterfall import waterfall_body
from ui.console.casebook import MOST_PAST, Case, Casebook
from ui.console.desk import desk
from ui.console.view.state import Badge
from ui.console.view.text import clock, number, plain, title
from ui.console.view.waterfall import summary, verdict

USER = "decisions_user"
OUTCOMES: dict[str, str] = {
    "selected": "Somebody who got a message",
    "held_out": "Somebody who was held out",
    "suppressed": "Somebody who was stopped",
    "lost": "Somebody for whom another message won",
}


class Tried(NamedTuple):
    """A message that a rule could send to the user."""

    policy: str
    version: int
    candidate: Mapping[str, Any]


def show() -> None:
    """Draw the page for whoever looks, about the user whom the address names."""
    book = Casebook(desk(), st.session_state["person"])
    user, decision = st.query_params.get("user"), st.query_params.get("decision")
    st.title("Decisions", anchor=False)
    st.markdown("Why somebody gets a message, or does not, and what would have to change.")
    _search(user)
    try:
        if not user:
            _nobody(book)
        elif decision:
            replay_card(book, user, decision)
        else:
            _case(book, book.case(user))
    except PilothouseError as error:
        refusal_card(error.refusal)


def _search(user: str | None) -> None:
    if st.session_state.get("decisions_shown") != user:
        st.session_state["decisions_shown"] = user
        st.session_state[USER] = user or ""
    with st.container(key="lookup", horizontal=True, vertical_alignment="bottom"):
        st.text_input("User id", key=USER, placeholder="u0000001", max_chars=200, on_change=_open)
        st.button(
            "Look up", key="look_up", type="primary", icon=":material/search:", on_click=_open
        )


def _open(user: str | None = None) -> None:
    """Go to a user. A callback: it sets the address before the page is drawn."""
    wanted = (user or st.session_state[USER] or "").strip()
    if wanted:
        st.query_params.from_dict({"user": wanted})
    else:
        st.query_params.clear()


def _nobody(book: Casebook) -> None:
    with st.container(border=True):
        heading("Whom do you want to know about?")
        st.markdown(
            "Write a user id, as a list of people, a message or a ticket has it. You see every "
            "message that a rule could have sent them, where it stopped, and the smallest change "
            "that would have let it through."
        )
        found = book.examples()
        if not found:
            st.caption("Nothing was decided yet: the pipeline or 'pilothouse cycle run' decides.")
            return
        st.caption("From the latest decisions:")
        with st.container(horizontal=True, gap="small"):
            for outcome, user in found:
                st.button(
                    OUTCOMES.get(outcome, title(outcome)),
                    key=f"example_{outcome}",
                    icon=":material/person_search:",
                    on_click=_open,
                    args=(user,),
                )


def _case(book: Casebook, case: Case) -> None:
    office, told = book.office, case.told
    names = {key: action.name for key, action in office.catalog.actions.items()}
    tried = sorted(_tried(told), key=lambda one: -came_to(one.candidate["reason_code"]))
    won = sum(one.candidate["stage"] == "won" for one in tried)
    with st.container(border=True):
        heading(plain(case.user), icon="person")
        st.markdown(summary(told, names))
        places = st.columns(3)
        figure(places[0], "Would be sent now", number(won), f"of {number(len(tried))} messages")
        figure(places[1], "Decisions so far", _counted(case), "on record")
        last = case.past[0].decision.decided_at if case.past else None
        figure(places[2], "Last decided", clock(last) if last else "Never", "UTC")
        st.caption(f"As the rules in force decide at {clock(office.as_of())} UTC.")
        if not book.sees_values:
            st.caption(f"You see what holds for this user; what was read is shown as {HIDDEN}.")
    if tried:
        st.header("Every message, the furthest first", anchor=False)
    for place, one in enumerate(page_of(tried, f"tried_{case.user}")):
        _one(book, one, names, open_=place == 0)
    _journeys(told)
    past_card(book, case, names)


def _counted(case: Case) -> str:
    many = len(case.past)
    return f"{number(many)}+" if many == MOST_PAST else number(many)


def _tried(told: Mapping[str, Any]) -> list[Tried]:
    return [
        Tried(decision["policy"], decision["version"], candidate)
        for decision in told["decisions"]
        for candidate in decision["candidates"]
    ]


def _one(book: Casebook, one: Tried, names: Mapping[str, str], *, open_: bool) -> None:
    name = names.get(one.candidate["action"]) or title(one.candidate["action"])
    badge = verdict(one.candidate)
    rule = book.rule_of(one.policy, one.version)
    # Two rules may send the same message: then the rule tells them apart.
    named = f"{name} · {rule.artifact.name}" if rule and rule.artifact.name != name else name
    label = f"**{plain(named)}** {badge.markdown} :gray[{plain(one.candidate['sentence'])}]"
    with st.expander(label, expanded=open_):
        _whose(one, rule)
        waterfall_body(one.candidate, name)


def _whose(one: Tried, rule: Version | None) -> None:
    named = rule.artifact.name if rule else title(one.policy)
    since = f", published {clock(rule.published_at)} UTC" if rule else ""
    st.caption(
        f"By the rule {plain(named)} · {plain(one.policy)} v{one.version}{since}"
        f" · tier {one.candidate['tier']}"
    )


def _journeys(told: Mapping[str, Any]) -> None:
    """Where the user is in each journey that runs."""
    runs = told["journeys"]
    if not runs:
        return
    with st.container(border=True):
        heading("Journeys")
        for run in runs:
            state = Badge(
                title(run["state"]), "blue" if run["state"] == "active" else "gray", "route"
            )
            badges(state)
            st.markdown(f"**{plain(run['journey'])} v{run['version']}** {plain(run['sentence'])}")
