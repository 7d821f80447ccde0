"""What the Decisions page asks of the rest of the product about one user, for whoever looks.

Whom somebody may see is asked anew at every draw; what was worked out is kept until the data, the
rules or the outbox change.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import streamlit as st

from control import versions
from control.people import Person
from control.sights import colleagues, sight_of
from core.errors import Code, PilothouseError, refuse
from core.lifecycle import Role
from core.masking import masked_text
from measure import account
from measure.account import Decision
from ui.console.desk import Desk
from ui.reports.decision import decision_report
from ui.reports.page import as_html
from ui.reports.sections import decision_sections
from ui.reports.shapes import DecisionReport
from ui.row_limits import require_within, within
from ui.workspace import Workspace

SEES_VALUES = frozenset({Role.ANALYST, Role.APPROVER, Role.ADMIN})
"""Who is shown what was read of a user; a marketer is told what holds, and not why."""
MOST_PAST = 50
READING = "Deciding once more for this user…"


class Past(NamedTuple):
    """A decision that was made on the user."""

    id: str
    decision: Decision


class Case(NamedTuple):
    """One user: what the rules in force decide now, and what was decided before."""

    user: str
    told: dict[str, Any]
    """The document of ``explain``."""
    past: tuple[Past, ...]
    """The newest ones."""


class Casebook:
    """Single users as one person may see them."""

    def __init__(self, office: Desk, viewer: Person) -> None:
        self.office, self.viewer = office, viewer
        # The server opens no other; the desk only asks less of it.
        self.workspace = cast(Workspace, office.workspace)

    @property
    def sees_values(self) -> bool:
        """Whether what was read of a user is shown to whoever looks."""
        person = self.office.person(self.viewer.email)
        return person is not None and bool(person.roles & SEES_VALUES)

    def case(self, user: str) -> Case:
        """A user; refuses with UNKNOWN_USER, and NOT_ALLOWED whom the viewer may not see."""
        self._require(user)
        return _case(self.workspace, user, self.sees_values, self._state())

    def report(self, user: str, decision_id: str) -> DecisionReport:
        """A decision on this user, replayed; refuses one on somebody else with UNKNOWN_KEY."""
        self._require(user)
        found = _report(self.workspace, decision_id, self.sees_values, self._state())
        if found.decision.user_id != user:
            raise refuse(
                Code.UNKNOWN_KEY,
                f"There is no decision '{decision_id}' on {user}.",
                span=decision_id,
                fix="Open one from the list of this user's decisions.",
            )
        return found

    def download(self, report: DecisionReport) -> bytes:
        """A report as one HTML file that needs nothing else, without anybody's address."""
        about = f"As known at {report.as_of:%Y-%m-%d %H:%M} UTC."
        page = as_html(f"Decision {report.decision_id}", about, decision_sections(report))
        return masked_text(page, colleagues(self.workspace.store)).encode()

    def examples(self) -> tuple[tuple[str, str], ...]:
        """Outcome and user of some latest decisions, of those whom the viewer may see."""
        found = _examples(self.workspace, self._state())
        sight = sight_of(self.workspace.store, self.viewer)
        seen = within(self.workspace, sight, {user for _, user in found})
        return tuple(one for one in found if one[1] in seen)

    def rule_of(self, policy: str, number: int) -> versions.Version | None:
        """The version of a rule that a decision was made by, if it is kept here."""
        try:
            return versions.version(self.workspace.store, policy.partition("@")[0], number)
        except PilothouseError:
            return None

    def _require(self, user: str) -> None:
        require_within(self.workspace, sight_of(self.workspace.store, self.viewer), user)

    def _state(self) -> tuple[object, ...]:
        """What the answers depend on: they change when it does."""
        warehouse, store = self.workspace.warehouse, self.workspace.store
        return (str(warehouse.path), warehouse.changes, store.writes)


@st.cache_data(show_spinner=READING, max_entries=64)
def _case(_workspace: Workspace, user: str, values: bool, state: tuple[object, ...]) -> Case:
    told = _workspace.explain(user, values=values)
    found = account.history(_workspace.runner(), _workspace.catalog, user, limit=MOST_PAST)
    return Case(user, told, tuple(Past(*one) for one in found))


@st.cache_data(show_spinner=READING, max_entries=64)
def _report(
    _workspace: Workspace, decision_id: str, values: bool, state: tuple[object, ...]
) -> DecisionReport:
    return decision_report(_workspace, decision_id, values=values)


@st.cache_data(show_spinner=False, max_entries=4)
def _examples(_workspace: Workspace, state: tuple[object, ...]) -> tuple[tuple[str, str], ...]:
    return account.examples(_workspace.runner(), _workspace.catalog)
