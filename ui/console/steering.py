"""What a person does to rules from their pages: pause, resume, go back, stop, let go, review.

Each needs a reason, which goes to the audit log, and each is checked again by the engine that it
reaches; what that refuses is shown, not raised.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import streamlit as st

from control import versions
from control.kill_switches import ANY, Scope
from control.people import Person
from core.errors import Code, refuse
from core.lifecycle import PROPOSERS, Role
from orchestrate import kill_switch, rulebook
from orchestrate.kill_switch import MAY_LET_GO, MAY_STOP
from orchestrate.rulebook import emergency
from orchestrate.rulebook.writing import MAY_CHANGE
from ui import stopping
from ui.console.desk import Desk
from ui.console.telling import attempt
from ui.proposing import propose_rule
from ui.putting_back import require_decidable
from ui.workspace import Workspace


class Steering:
    """Rules as one person may change them. ``reason``: the key of the box with their reason."""

    def __init__(self, office: Desk, person: Person, reason: str) -> None:
        self.office, self.person, self.reason = office, person, reason
        # The server opens no other; the desk only asks less of it.
        self.workspace = cast(Workspace, office.workspace)

    @property
    def may_change(self) -> bool:
        """Whether the person may pause, resume and roll back."""
        return self._is(MAY_CHANGE)

    @property
    def may_stop(self) -> bool:
        """Whether the person may put a kill switch on."""
        return self._is(MAY_STOP)

    @property
    def may_let_go(self) -> bool:
        """Whether the person may lift one."""
        return self._is(MAY_LET_GO)

    @property
    def may_propose(self) -> bool:
        """Whether the person may send a change for approval."""
        return self._is(PROPOSERS)

    def _is(self, allowed: frozenset[Role]) -> bool:
        return bool(self.person.roles & allowed)

    def pause(self, key: str) -> None:
        """Take a rule out of decisions."""

        def paused(who: Person, why: str) -> str:
            work = self.workspace
            rulebook.pause(work.store, key, person=who, now=work.now(), why=why)
            return f"{key} is paused."

        self._do(paused)

    def resume(self, key: str) -> None:
        """Let a paused rule decide again, if all that it reads is there."""

        def resumed(who: Person, why: str) -> str:
            work = self.workspace
            if paused := versions.current(work.store, key):
                require_decidable(work, paused)
            rulebook.resume(work.store, key, person=who, now=work.now(), why=why)
            return f"{key} is live again."

        self._do(resumed)

    def stop(self, scope: Scope, key: str = ANY) -> None:
        """Stop sends at once, those on their way included."""

        def stopped(who: Person, why: str) -> str:
            work = self.workspace
            stopping.check_exists(work.store, work.catalog, scope, key)
            kill_switch.kill(work.store, scope, key, person=who, reason=why, now=work.now())
            return "Stopped: nothing more of it leaves."

        self._do(stopped)

    def let_go(self, scope: Scope, key: str = ANY) -> None:
        """Lift a kill switch."""

        def lifted(who: Person, why: str) -> str:
            work = self.workspace
            kill_switch.unkill(work.store, scope, key, person=who, now=work.now(), why=why)
            return "No longer stopped."

        self._do(lifted)

    def propose_back(self, key: str, number: int) -> None:
        """Send the content of an older version for approval, as a change of what is live."""

        def proposed(who: Person, why: str) -> str:
            older = versions.version(self.workspace.store, key, number)
            require_decidable(self.workspace, older)
            reason = f"Back to version {number}: {why}"
            made = propose_rule(self.workspace, older.artifact, author=who, reason=reason)
            return f"{made.id} asks to go back to version {number}; somebody else decides."

        self._do(proposed)

    def roll_back(self, key: str, number: int) -> None:
        """Put an older version into force at once, alone; somebody else reviews it after."""

        def rolled_back(who: Person, why: str) -> str:
            work = self.workspace
            require_decidable(work, versions.version(work.store, key, number))
            done = emergency.roll_back(
                work.store, key, number, person=who, reason=why, now=work.now()
            )
            told = f"{key} is live with the content of version {number}."
            return f"{told} {done.id} waits for somebody else's review."

        self._do(rolled_back)

    def review(self, emergency_id: str) -> None:
        """Say that one has looked at what somebody else did alone."""

        def reviewed(who: Person, why: str) -> str:
            work = self.workspace
            emergency.review(work.store, emergency_id, person=who, comment=why, now=work.now())
            return f"{emergency_id} is reviewed."

        self._do(reviewed)

    def _do(self, deed: Callable[[Person, str], str]) -> None:
        def done() -> str:
            why = str(st.session_state.get(self.reason) or "").strip()
            if not why:
                raise refuse(
                    Code.COMMENT_REQUIRED,
                    "Nothing was done: say why first.",
                    span="Reason",
                    fix="Write it in the box above the buttons; it goes to the audit log.",
                )
            # As they are now: a page that was drawn a while ago may know roles that are gone.
            return deed(self._now(), why)

        if attempt(done):
            st.session_state[self.reason] = ""

    def _now(self) -> Person:
        known = self.office.person(self.person.email)
        if known is None:
            raise refuse(
                Code.NOT_ALLOWED,
                "You are not known here any more.",
                fix="Sign in again, or ask an admin.",
            )
        return known
