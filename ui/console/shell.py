"""The frame around every page: sign-in, navigation by role, sidebar."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from control.people import Person
from core.errors import PilothouseError, Refusal
from core.lifecycle import Role
from ui.console import theme
from ui.console.desk import Desk, desk
from ui.console.guide import guided
from ui.console.sidebar import sidebar
from ui.console.view.text import listing, plain
from ui.identity import claims_of, provider_name, signed_in_email

PAGES = Path(__file__).parent / "pages"
EVERYBODY = frozenset(Role)


class Place(NamedTuple):
    """A page, who may open it, and what it is for."""

    file: str
    title: str
    icon: str
    url: str
    roles: frozenset[Role]
    help: str


PLACES: tuple[Place, ...] = (
    Place(
        "ask.py",
        "Ask",
        ":material/forum:",
        "ask",
        EVERYBODY,
        "Ask for a rule, a priority order or a diagnosis, and send what you like for approval.",
    ),
    Place(
        "approvals.py",
        "Approvals",
        ":material/fact_check:",
        "approvals",
        EVERYBODY,
        "What waits for a decision: who it reaches, what changes, and the checks it passed.",
    ),
    Place(
        "diagnoses.py",
        "Diagnoses",
        ":material/troubleshoot:",
        "diagnoses",
        EVERYBODY,
        "Why a number moved: what is real, the likeliest causes, and checks to run.",
    ),
    Place(
        "decisions.py",
        "Decisions",
        ":material/account_tree:",
        "decisions",
        EVERYBODY,
        "Why one user gets a message or does not, and what would have to change.",
    ),
    Place(
        "rules.py",
        "Rules",
        ":material/rule:",
        "rules",
        EVERYBODY,
        "What is live, for whom, and how canaries do: promote them or roll them back.",
    ),
    Place(
        "staging.py",
        "Staging",
        ":material/science:",
        "staging",
        EVERYBODY,
        "What is tried over the real data with letters to nobody, and how it goes live.",
    ),
    Place(
        "experiments.py",
        "Experiments",
        ":material/experiment:",
        "experiments",
        EVERYBODY,
        "What messages and changes really did, against people who were held out.",
    ),
    Place(
        "outcomes.py",
        "Outcomes",
        ":material/monitoring:",
        "outcomes",
        EVERYBODY,
        "Figures with their meaning, what campaigns changed, and whose conversions are whose.",
    ),
    Place(
        "data_health.py",
        "Data health",
        ":material/monitor_heart:",
        "data_health",
        EVERYBODY,
        "How old the data is, what came in and what did not, and which rules rest on it.",
    ),
    Place(
        "audit_log.py",
        "Audit log",
        ":material/history:",
        "audit_log",
        EVERYBODY,
        "Who did what and when, and whether nobody changed the log since.",
    ),
)
STARTS: tuple[tuple[Role, str], ...] = (
    (Role.ADMIN, "data_health"),
    (Role.ANALYST, "diagnoses"),
    (Role.APPROVER, "approvals"),
)
"""Where somebody who is no marketer starts; where that page is not there, at Ask."""


def show() -> None:
    """Draw the whole window for whoever is looking."""
    st.set_page_config("Pilothouse", str(theme.ICON), layout="wide")
    st.html(theme.STYLE)
    office = desk()
    email = signed_in_email()
    refusal: Refusal | None = None
    try:
        person = office.visitor(email, claims_of(st.user)) if email else None
    except PilothouseError as error:
        person, refusal = None, error.refusal
    if person and person.roles:
        _open(office, person)
        return
    st.session_state.pop("person", None)
    _anonymous(partial(_no_entry, refusal) if email else _sign_in)


def _open(office: Desk, person: Person) -> None:
    allowed = [place for place in PLACES if place.roles & person.roles]
    pages = {place.url: _page(place, first=place is allowed[0]) for place in allowed}
    st.logo(str(theme.LOGO), size="large", icon_image=str(theme.ICON))
    st.session_state["person"] = person
    st.session_state["pages"] = pages
    chosen = st.navigation(list(pages.values()))
    _land(person, chosen, pages)
    sidebar(office, person, chosen)
    guided(office, person, chosen)
    chosen.run()


def _page(place: Place, *, first: bool) -> StreamlitPage:
    return st.Page(
        PAGES / place.file,
        title=place.title,
        icon=place.icon,
        url_path=place.url,
        default=first,
        help=place.help,
    )


def _land(person: Person, chosen: StreamlitPage, pages: dict[str, StreamlitPage]) -> None:
    """Everybody starts where their work is; later they go where they like."""
    if "landed" in st.session_state:
        return
    st.session_state["landed"] = True
    at_the_door = chosen is pages["ask"] and not st.query_params
    start = _start(person)
    if at_the_door and start != "ask" and start in pages:
        st.switch_page(pages[start])


def _start(person: Person) -> str:
    """Whoever proposes starts at Ask; the others at the page of their first concern."""
    if Role.MARKETER in person.roles:
        return "ask"
    return next((page for role, page in STARTS if role in person.roles), "ask")


def _anonymous(page: Callable[[], None]) -> None:
    """The same page at every address, so that the address survives the sign-in."""
    st.logo(str(theme.LOGO), size="large", icon_image=str(theme.ICON))
    pages = [
        st.Page(page, title=place.title, url_path=place.url, default=place is PLACES[0])
        for place in PLACES
    ]
    st.navigation(pages, position="hidden").run()


def _sign_in() -> None:
    with st.container(key="door", border=True):
        st.image(str(theme.ICON), width=44, alt="")
        st.title("Pilothouse", anchor=False)
        st.markdown(
            "Ask for a rule in your own words, see who it reaches, and let somebody else "
            "approve it. **Nothing goes live without an approver.**"
        )
        settings = desk().settings
        if settings.identity == "proxy":
            st.caption("Your reverse proxy did not say who you are. Ask whoever runs it.")
            return
        if settings.identity == "demo":
            leaves = "" if settings.destinations else " Nothing leaves this machine."
            st.caption(f"The demo has four people and no passwords.{leaves}")
        if st.button(
            "Sign in", type="primary", icon=":material/login:", key="sign_in", width="stretch"
        ):
            st.login(provider_name(settings))


def _no_entry(refusal: Refusal | None) -> None:
    """Somebody signed in whom nobody let in: why, and whom to ask."""
    admins = listing([plain(name) for name in desk().admins()]) or "whoever runs the server"
    with st.container(key="door", border=True):
        st.title("You have no role here yet" if refusal is None else "Not let in", anchor=False)
        st.markdown(f"You are signed in as **{plain(signed_in_email())}**.")
        if refusal is not None:
            st.markdown(plain(refusal.message))
        st.caption(
            f"Ask an admin of this workspace ({admins}) to give you a role, then reload the page."
            if refusal is None
            else f"Ask an admin of this workspace ({admins})."
        )
        if st.button("Sign out", icon=":material/logout:", key="sign_out"):
            st.logout()
