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
from core.errors import Code, PilothouseError, Refusal, refuse
from core.lifecycle import PROPOSERS, Role
from orchestrate import kill_switch, rulebook
from orchestrate.kill_switch import MAY_LET_GO, MAY_STOP
from orchestrate.rulebook import emergency
from orchestrate.rulebook.writing import MAY_CHANGE
from ui import proposing, stopping
from ui.console.desk import Desk
from ui.putting_back import require_decidable
from ui.workspace import Workspace

REFUSED, DONE = "rule_refusal", "rule_done"
"""Where a refusal, or a sentence about what was done, waits until the page is drawn."""


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
        self._do(f"{key} is paused.", lambda who, why: self._switch("pause", key, who, why))

    def resume(self, key: str) -> None:
        """Let a paused rule decide again, if all that it reads is there."""
        self._do(f"{key} is live again.", lambda who, why: self._switch("resume", key, who, why))

    def stop(self, scope: Scope, key: str = ANY) -> None:
        """Stop sends at once, those on their way included."""

        def stopped(who: Person, why: str) -> None:
            work = self.workspace
            stopping.check_exists(work.store, work.catalog, scope, key)
            kill_switch.kill(work.store, scope, key, person=who, reason=why, now=work.now())

        self._do("Stopped: nothing more of it leaves.", stopped)

    def let_go(self, scope: Scope, key: str = ANY) -> None:
        """Lift a kill switch."""

        def lifted(who: Person, why: str) -> None:
            work = self.workspace
            kill_switch.unkill(work.store, scope, key, person=who, now=work.now(), why=why)

        self._do("No longer stopped.", lifted)

    def propose_back(self, key: str, number: int) -> None:
        """Send the content of an older version for approval, as a change of what is live."""

        def proposed(who: Person, why: str) -> None:
            older = versions.version(self.workspace.store, key, number)
            require_decidable(self.workspace, older)
            reason = f"Back to version {number}: {why}"
            made = proposing.propose_rule(self.workspace, older.artifact, author=who, reason=reason)
            st.session_state[DONE] = f"{made.id} asks to go back to version {number}."

        self._do("", proposed)

    def roll_back(self, key: str, number: int) -> None:
        """Put an older version into force at once, alone; somebody else reviews it after."""

        def rolled_back(who: Person, why: str) -> None:
            work = self.workspace
            require_decidable(work, versions.version(work.store, key, number))
            done = emergency.roll_back(
                work.store, key, number, person=who, reason=why, now=work.now()
            )
            st.session_state[DONE] = (
                f"{key} is live with the content of version {number}. "
                f"{done.id} waits for somebody else's review."
            )

        self._do("", rolled_back)

    def review(self, emergency_id: str) -> None:
        """Say that one has looked at what somebody else did alone."""

        def reviewed(who: Person, why: str) -> None:
            work = self.workspace
            emergency.review(work.store, emergency_id, person=who, comment=why, now=work.now())

        self._do(f"{emergency_id} is reviewed.", reviewed)

    def _switch(self, deed: str, key: str, who: Person, why: str) -> None:
        work = self.workspace
        if deed == "pause":
            rulebook.pause(work.store, key, person=who, now=work.now(), why=why)
            return
        if paused := versions.current(work.store, key):
            require_decidable(work, paused)
        rulebook.resume(work.store, key, person=who, now=work.now(), why=why)

    def _do(self, done: str, deed: Callable[[Person, str], object]) -> None:
        why = str(st.session_state.get(self.reason) or "").strip()
        try:
            if not why:
                raise refuse(
                    Code.COMMENT_REQUIRED,
                    "Nothing was done: say why first.",
                    span="Reason",
                    fix="Write it in the box above the buttons; it goes to the audit log.",
                )
            # As they are now: a page that was drawn a while ago may know roles that are gone.
            deed(self._now(), why)
        except PilothouseError as error:
            st.session_state[REFUSED] = error.refusal
            st.session_state.pop(DONE, None)
            return
        st.session_state[self.reason] = ""
        if done:
            st.session_state[DONE] = done

    def _now(self) -> Person:
        known = self.office.person(self.person.email)
        if known is None:
            raise refuse(
                Code.NOT_ALLOWED,
                "You are not known here any more.",
                fix="Sign in again, or ask an admin.",
            )
        return known


def waiting_refusal() -> Refusal | None:
    """What was refused since the page was drawn last, told once."""
    return st.session_state.pop(REFUSED, None)


def waiting_word() -> str | None:
    """What was done since the page was drawn last, told once."""
    return st.session_state.pop(DONE, None)
