"""What the console reads of published rules and their canaries, and how a person ends a canary."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from control import canaries, versions
from control.canaries import Canary
from control.people import Person
from control.versions import Version
from core.canary import CanaryAsk
from core.errors import PilothouseError
from measure.canary import Readings, Verdict
from orchestrate.rulebook import canary as ends
from orchestrate.rulebook.writing import MAY_CHANGE
from ui.console.desk import Desk


class Rule(NamedTuple):
    """A rule that is in force or paused, and the newest canary of it, if there ever was one."""

    version: Version
    canary: Canary | None

    @property
    def running(self) -> Canary | None:
        """Its canary while it runs."""
        return self.canary if self.canary and self.canary.state == "running" else None


class Book(NamedTuple):
    """Everything there ever was of one rule, newest first."""

    rule: Rule
    versions: list[Version]
    canaries: list[Canary]


class Measured(NamedTuple):
    """What was read out of a canary last."""

    at: datetime
    verdict: Verdict
    readings: Readings


def trials(office: Desk) -> dict[str, Canary]:
    """Rule → its newest canary, running or over."""
    newest: dict[str, Canary] = {}
    for one in canaries.everything(office.workspace.store):
        newest.setdefault(one.key, one)
    return newest


def book(office: Desk, key: str) -> Book | None:
    """One rule; None when no rule of that key was ever published."""
    store = office.workspace.store
    try:
        history = versions.history(store, key)
    except PilothouseError:
        return None
    every = canaries.everything(store, key)
    return Book(Rule(history[0], every[0] if every else None), history, every)


def measured(office: Desk, canary: Canary) -> Measured | None:
    """What was read out of a canary last; None while it was not looked at."""
    last = canaries.last_readout(office.workspace.store, canary.id)
    if last is None:
        return None
    found = last.document
    return Measured(
        last.at,
        Verdict.model_validate(found["verdict"]),
        Readings.model_validate(found["readings"]),
    )


def asked(office: Desk, request_id: str) -> CanaryAsk | None:
    """What the approver of a request asked for; None: live for everybody at once."""
    return canaries.asked(office.workspace.store, request_id)


def canary_of(office: Desk, key: str, request_id: str) -> Canary | None:
    """The canary that a request became, if it did."""
    every = canaries.everything(office.workspace.store, key)
    return next((one for one in every if one.change_request_id == request_id), None)


def running(office: Desk, key: str) -> Canary | None:
    """The canary of a rule that runs, if one does."""
    return canaries.running(office.workspace.store).get(key)


def kept(office: Desk, key: str) -> int | None:
    """The version that users outside of a new canary keep; None: they get nothing of it."""
    store = office.workspace.store
    if (canary := running(office, key)) is not None:
        return canary.baseline
    found = versions.current(store, key)
    return found.version if found and found.state == "live" else None


def may_end(person: Person) -> bool:
    """Whether somebody may end a canary at all."""
    return bool(person.roles & MAY_CHANGE)


def asked_for_it(office: Desk, canary: Canary, person: Person) -> bool:
    """Whether somebody asked for the change that a canary tries, and so may not promote it."""
    if canary.change_request_id is None:
        return False
    request = office.request(canary.change_request_id)
    return request is not None and request.author == person.email


def promote(office: Desk, canary: Canary, person: Person, why: str) -> Canary:
    """Let it be live for everybody; raises a refusal when the person may not."""
    store, now = office.workspace.store, office.now()
    return ends.promote(store, canary.key, by=person, why=why, now=now, canary_id=canary.id)


def roll_back(office: Desk, canary: Canary, person: Person, why: str) -> Canary:
    """Give everybody what they had before; raises a refusal when the person may not."""
    store, now = office.workspace.store, office.now()
    return ends.roll_back(store, canary.key, by=person, why=why, now=now, canary_id=canary.id)
