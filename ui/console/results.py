"""What the Outcomes page asks of the rest of the product.

Every figure is worked out once and kept until the data or the rules in force change.
"""

from __future__ import annotations

from typing import cast

import streamlit as st

from control import versions
from control.requests import ChangeRequest
from measure.outcomes.result import Outcomes
from ui.console.desk import Desk
from ui.workspace import Workspace

READING = "Working out every figure: payments, users, messages and their holdouts…"


class Results:
    """Every outcome of one workspace."""

    def __init__(self, office: Desk) -> None:
        self.office = office
        # The server opens no other; the desk only asks less of it.
        self.workspace = cast(Workspace, office.workspace)

    @property
    def state(self) -> str:
        """What the figures depend on, as one text: it changes when one of these does."""
        warehouse, store = self.workspace.warehouse, self.workspace.store
        live = [(one.key, one.version) for one in versions.all_current(store)]
        as_of = self.office.as_of()
        proposed = len(self._requests())
        return f"{warehouse.path} {warehouse.changes} {live} {proposed} {as_of}"

    def evaluated(self) -> list[ChangeRequest]:
        """What was looked back at once it was live, the newest look first."""
        found = [one for one in self._requests() if one.evaluations]
        return sorted(found, key=lambda one: one.evaluations[-1].filed_at, reverse=True)

    def _requests(self) -> list[ChangeRequest]:
        store = self.workspace.store
        return _requests(self.office, str(store.engine.url), store.writes)

    def outcomes(self) -> Outcomes:
        """Figures, whose conversions are, and what campaigns changed."""
        return _outcomes(self.workspace, self.state)

    def names(self) -> dict[str, str]:
        """Rule → its name, of those in force or paused."""
        found = versions.all_current(self.workspace.store)
        return {one.key: one.artifact.name for one in found}


@st.cache_resource(show_spinner=READING, max_entries=4)
def _outcomes(_workspace: Workspace, state: str) -> Outcomes:
    return _workspace.outcomes()


@st.cache_resource(show_spinner=False, max_entries=4)
def _requests(_office: Desk, store: str, writes: int) -> list[ChangeRequest]:
    return _office.requests()
