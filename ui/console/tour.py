"""What the guided path asks of the rest of the product: how far people came, and whom it is for.

Read anew only once something was written to the control store.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import streamlit as st

from control import guide, runs
from control.guide import Mark, Way
from control.people import Person
from control.store import Store
from core.errors import PilothouseError
from core.lifecycle import Role
from ui.console.desk import Desk
from ui.console.view.text import listing
from ui.notifying.news import NOBODY

NEW_FOR = timedelta(days=1)
"""So long after its first rule a workspace that is no demo is shown the path."""


class Tour:
    """The path for one person."""

    def __init__(self, office: Desk, person: Person) -> None:
        self._office, self._person = office, person
        self._store: Store = office.workspace.store
        self._state = f"{self._store.engine.url} {self._store.writes}"

    def is_for_here(self) -> bool:
        """Whether it is shown: in a demo and where no rule has been live for long, to whoever has
        not put it away."""
        return "put_away" not in self._marks() and (self._is_demo or self._is_new())

    def is_put_away(self) -> bool:
        """Whether this person put it away."""
        return "put_away" in self._marks()

    def way(self) -> Way:
        """How far people came."""
        return _way(self._store, self._state)

    def approvers(self) -> str:
        """The names of those who may decide."""
        office = self._office
        found = [
            one.name
            for email in office.names()
            if (one := office.person(email)) and Role.APPROVER in one.roles
        ]
        return listing(found, "or") or "nobody has that role yet"

    def put_away(self) -> None:
        """Show it to this person no more."""
        self._note("put_away")

    def bring_back(self) -> None:
        """Show it to this person again."""
        guide.bring_back(self._store, self._person.email)

    def seen(self, page: str, query: dict[str, str]) -> None:
        """Two steps leave no other trace than that somebody looked."""
        known = self._marks()
        if page == "decisions" and "user" in query and "looked" not in known:
            self._note("looked")
        if page in ("", "ask") and "run" in query and "read" not in known:
            try:
                run = runs.get(self._store, query["run"])
            except PilothouseError:
                return  # the page says that there is no such run
            drafted = ((run.result or {}).get("artifact") or {}).get("kind")
            if run.person == self._person.email and drafted in guide.DRAFTS:
                self._note("read")

    @property
    def _is_demo(self) -> bool:
        return self._office.settings.identity == "demo"

    def _is_new(self) -> bool:
        first = _first_rule(self._store, self._state)
        return first is None or first > self._office.now() - NEW_FOR

    def _marks(self) -> frozenset[str]:
        return _marks(self._store, self._state, self._person.email)

    def _note(self, mark: Mark) -> None:
        guide.note(self._store, self._person.email, mark, now=self._office.now())
        self._state = f"{self._store.engine.url} {self._store.writes}"


@st.cache_data(show_spinner=False, max_entries=8)
def _way(_store: Store, state: str) -> Way:
    return guide.way(_store, but=NOBODY)


@st.cache_data(show_spinner=False, max_entries=64)
def _marks(_store: Store, state: str, person: str) -> frozenset[str]:
    return guide.marks(_store, person)


@st.cache_data(show_spinner=False, max_entries=8)
def _first_rule(_store: Store, state: str) -> datetime | None:
    return guide.first_rule_at(_store)
