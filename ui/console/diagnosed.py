"""What the Diagnoses page asks of the rest of the product, for whoever looks.

Who may see whose diagnosis and who may run a check is asked anew at every draw and click. What a
finished run says does not change, so it is read and parsed once.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, cast

import streamlit as st
from pydantic import ValidationError

from control import runs
from control.people import INVESTIGATOR, Person
from control.runs import Run
from control.sights import sight_of
from core.artifacts import AskResult, DebugReport
from core.errors import Code, PilothouseError, refuse
from core.lifecycle import Role
from core.same_person import same_person
from ui.console.desk import Desk
from ui.row_limits import require_unlimited
from ui.workspace import Workspace
from warehouse.rows import Rows
from warehouse.sqlcheck import CheckedQuery, check

KIND = "debug_report"
ITSELF = INVESTIGATOR.email
"""Who asked when nobody did: the product itself, after an alert."""
SEES_ALL = frozenset({Role.ANALYST, Role.APPROVER, Role.ADMIN})
"""Who reads everybody's diagnoses; a marketer reads their own, and those nobody asked for."""
RUNS_CHECKS = frozenset({Role.ANALYST, Role.ADMIN})
CHECK_ROWS = 1_000


class Diagnosis(NamedTuple):
    """A finished answer to a debug question."""

    run_id: str
    asked_by: str
    prompt: str
    asked_at: datetime
    took_seconds: float
    report: DebugReport
    result: AskResult


class Diagnosed:
    """Diagnoses as one person may see them."""

    def __init__(self, office: Desk, viewer: Person) -> None:
        self.office, self.viewer = office, viewer
        # The server opens no other; the desk only asks less of it.
        self.workspace = cast(Workspace, office.workspace)

    def ids(self) -> tuple[str, ...]:
        """Every diagnosis that the viewer may see, newest first."""
        by = None if self._roles() & SEES_ALL else (self.viewer.email, ITSELF)
        store = self.workspace.store
        return _ids(self.office, by, (str(store.engine.url), store.writes))

    def one(self, run_id: str) -> Diagnosis:
        """A diagnosis; refuses one that is not there, is not done, or is not for the viewer."""
        try:
            found = _diagnosis(self.office, run_id, str(self.workspace.store.engine.url))
        except _NoReport as none:
            # What somebody else asked and what has no report is none of the viewer's business.
            if none.run and same_person(none.run.person, self.viewer.email):
                raise _not_done(none.run) from None
            raise _unknown(run_id) from None
        if not self._may_see(found.asked_by):
            raise _unknown(run_id)
        return found

    @property
    def may_check(self) -> bool:
        """Whether the viewer may have checks run: queries over all users."""
        sees = self.office.sees_everybody(self.viewer)
        return bool(self._roles() & RUNS_CHECKS) and sees

    def run_check(self, run_id: str, sql: str) -> Rows:
        """The rows of a check of a diagnosis, over the newest published copy.

        Refuses a query that this diagnosis does not hold, and one that does not pass the check.
        """
        diagnosis = self.one(run_id)
        if not self._roles() & RUNS_CHECKS:
            raise refuse(
                Code.NOT_ALLOWED,
                "Only an analyst or an admin may run checks.",
                fix="Ask one of them, and send the address of this page along.",
            )
        require_unlimited(sight_of(self.workspace.store, self.viewer), "run checks over all users")
        if sql not in queries(diagnosis.report):
            raise refuse(Code.INVALID_ARGUMENT, "This diagnosis has no such check.")
        checked = check(sql, self.office.catalog, role="analyst", row_limit=CHECK_ROWS)
        if not isinstance(checked, CheckedQuery):
            raise PilothouseError(checked[0])
        return self.workspace.run_sandboxed(checked)

    def asked_by(self, found: Diagnosis) -> str:
        """Who asked, by name."""
        if found.asked_by == ITSELF:
            return "Pilothouse, after an alert"
        return self.office.names().get(found.asked_by, found.asked_by)

    def _may_see(self, asked_by: str) -> bool:
        if self._roles() & SEES_ALL or asked_by == ITSELF:
            return True
        return same_person(asked_by, self.viewer.email)

    def _roles(self) -> frozenset[Role]:
        """As the control store has them at this moment."""
        person = self.office.person(self.viewer.email)
        return person.roles if person else frozenset()


def queries(report: DebugReport) -> set[str]:
    """The SQL of every check that a report offers."""
    offered = {cause.next_check.sql for cause in report.causes}
    return offered | {run.sql for cause in report.causes for run in cause.checks}


def _unknown(run_id: str) -> PilothouseError:
    return refuse(
        Code.UNKNOWN_KEY,
        f"There is no diagnosis '{run_id}' that you may see.",
        span=run_id,
        fix="Pick one from the list, or ask an analyst for it.",
    )


def _not_done(run: Run) -> PilothouseError:
    if run.state in ("queued", "running"):
        return refuse(
            Code.UNKNOWN_KEY,
            "This diagnosis is still being worked out.",
            fix="Reload the page in a few seconds, or watch its steps on Ask.",
        )
    said = (run.result or {}).get("answer") or "The run ended without an answer."
    return refuse(
        Code.UNKNOWN_KEY,
        f"This question has no diagnosis: {said}",
        fix="Ask it again, perhaps in other words.",
    )


@st.cache_data(show_spinner=False, max_entries=32)
def _ids(_office: Desk, by: tuple[str, ...] | None, state: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(runs.answered_with(_office.workspace.store, KIND, by=by))


class _NoReport(Exception):
    """A run without a report, or no run at all."""

    def __init__(self, run: Run | None) -> None:
        super().__init__()
        self.run = run


@st.cache_resource(show_spinner=False, max_entries=64)
def _diagnosis(_office: Desk, run_id: str, store: str) -> Diagnosis:
    """Raises where there is none yet: only what is finished is kept."""
    run = _office.run(run_id)
    if run is None or run.result is None or run.finished_at is None:
        raise _NoReport(run)
    try:
        result = AskResult.model_validate(run.result)
    except ValidationError as error:
        # An answer of another version of this program.
        raise _NoReport(run) from error
    if not isinstance(result.artifact, DebugReport):
        raise _NoReport(run)
    took = sum(step.ms for step in _office.steps(run_id)) / 1000
    asked = (run_id, run.person, run.prompt, run.created_at)
    return Diagnosis(*asked, took, result.artifact, result)
