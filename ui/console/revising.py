"""What becomes of a change request besides a verdict: mended, drafted anew, taken back.

Each makes a request of its own or ends one, so that nobody approves what they did not read; whoever
changes what a request says becomes an author of it. The engine checks every one again.
"""

from __future__ import annotations

from typing import cast

import streamlit as st

from control import requests
from control.people import Person
from control.requests import ChangeRequest
from control.versions import ARTIFACT
from core.errors import Code, refuse
from core.lifecycle import PROPOSERS
from core.patches import patched
from orchestrate import change_requests
from ui.console.desk import Desk
from ui.console.telling import attempt
from ui.proposing import propose_rule
from ui.rebasing import rebase
from ui.workspace import Workspace


class Revising:
    """One change request as one person may change it."""

    def __init__(self, office: Desk, person: Person, request: ChangeRequest) -> None:
        self.office, self.person, self.id = office, person, request.id
        # The server opens no other; the desk only asks less of it.
        self.workspace = cast(Workspace, office.workspace)

    @property
    def may_propose(self) -> bool:
        """Whether the person may send a change for approval."""
        return bool(self.person.roles & PROPOSERS)

    def mend(self, policy: str) -> None:
        """Make the edits of what a guardrail policy found, as a request that takes the place of
        this one: everybody who agreed to it has to agree again."""

        def mended() -> str:
            before = requests.get(self.workspace.store, self.id)
            finding = next((one for one in before.findings if one.policy == policy), None)
            if finding is None or not finding.patch:
                raise refuse(
                    Code.INVALID_ARGUMENT,
                    f"Nothing of {before.id} can be fixed at a click there.",
                    span=policy,
                    fix="Ask for the change in your own words on the Ask page.",
                )
            made = propose_rule(
                self.workspace,
                ARTIFACT.validate_python(patched(before.content, finding.patch)),
                author=self._now(),
                reason=before.prompt,
                assumptions=before.assumptions,
                continues=before.id,
            )
            self.workspace.asking.wake(before)
            return self._opened(made, f"{made.id} takes the place of {before.id}, which was fixed")

        attempt(mended)

    def draft_anew(self) -> None:
        """Propose the same change on top of what is live now."""

        def drafted() -> str:
            made = rebase(self.workspace, self.id, person=self._now())
            return self._opened(made, f"{made.id} is {self.id} on top of what is live now")

        attempt(drafted)

    def withdraw(self) -> None:
        """Take it back."""

        def withdrawn() -> str:
            work = self.workspace
            change_requests.withdraw(work.store, self.id, person=self._now().email, now=work.now())
            work.wake(self.id)
            return f"{self.id} is withdrawn."

        attempt(withdrawn)

    def _opened(self, made: ChangeRequest, done: str) -> str:
        st.query_params.from_dict({"request": made.id})
        return f"{done}. It needs an approval of its own."

    def _now(self) -> Person:
        """Who it is as of now: a page that was drawn a while ago may know roles that are gone."""
        return self.workspace.person(self.person.email)
