"""Alerts: what needs a person now or soon, each with who acts, the command and the runbook.

An alert is read off what is: nothing is stored, and it is gone when its reason is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from core.lifecycle import Role

RUNBOOKS = "docs/runbooks"


class AlertKind(StrEnum):
    """Everything that an alert can be about; each has its runbook."""

    # changes
    REVIEW_OVERDUE = "review-overdue"
    REQUEST_SUSPENDED = "request-suspended"
    EFFECT_DRIFTED = "effect-drifted"
    APPROVED_NOT_LIVE = "approved-not-live"
    WINDOW_MISSED = "window-missed"
    CANARY_STOPPED = "canary-stopped"
    CANARY_WAITS = "canary-waits"
    CERTIFICATION_DUE = "certification-due"
    RULE_UNCERTIFIED = "rule-uncertified"
    EMERGENCY_UNREVIEWED = "emergency-unreviewed"
    KILL_SWITCH_ON = "kill-switch-on"
    TOKEN_EXPIRING = "token-expiring"
    AUDIT_BROKEN = "audit-broken"
    STORE_HELD = "store-held"
    BACKUP_OLD = "backup-old"
    NOTIFICATIONS_FAILING = "notifications-failing"
    # decisions
    CYCLE_HELD = "cycle-held"
    DECISIONS_SLOW = "decisions-slow"
    DECISIONS_DIFFER = "decisions-differ"
    # sending
    DESTINATION_PAUSED = "destination-paused"
    DESTINATION_UNUSABLE = "destination-unusable"
    MESSAGES_STUCK = "messages-stuck"
    MESSAGES_UNCERTAIN = "messages-uncertain"
    RECEIPTS_WAITING = "receipts-waiting"
    # data
    PIPELINE_FAILED = "pipeline-failed"
    DATA_AUDIT_FAILED = "data-audit-failed"
    DATA_STALE = "data-stale"
    TRAIT_STALE = "trait-stale"
    DATA_DRIFTED = "data-drifted"
    DEAD_LETTERS = "dead-letters"
    LEDGER_UNBALANCED = "ledger-unbalanced"
    # the look itself
    LOOK_FAILED = "look-failed"


class About(NamedTuple):
    """What is the same of every alert of a kind."""

    title: str
    who: Role
    """Who acts."""
    urgent: bool
    """Whether it needs somebody now, and not only today."""


ABOUT: Mapping[AlertKind, About] = {
    AlertKind.REVIEW_OVERDUE: About("A review is overdue", Role.APPROVER, True),
    AlertKind.REQUEST_SUSPENDED: About("A change request is held back", Role.APPROVER, False),
    AlertKind.EFFECT_DRIFTED: About("A change has another effect by now", Role.MARKETER, False),
    AlertKind.APPROVED_NOT_LIVE: About("What was approved is not live", Role.ADMIN, True),
    AlertKind.WINDOW_MISSED: About("A go-live was missed", Role.APPROVER, True),
    AlertKind.CANARY_STOPPED: About("A canary was taken back", Role.MARKETER, False),
    AlertKind.CANARY_WAITS: About("A canary waits for a person", Role.APPROVER, False),
    AlertKind.CERTIFICATION_DUE: About("Rules are to be certified", Role.APPROVER, False),
    AlertKind.RULE_UNCERTIFIED: About("A rule was paused uncertified", Role.APPROVER, False),
    AlertKind.EMERGENCY_UNREVIEWED: About("An emergency was not reviewed", Role.APPROVER, False),
    AlertKind.KILL_SWITCH_ON: About("A kill switch is on for long", Role.APPROVER, False),
    AlertKind.TOKEN_EXPIRING: About("A token ends soon", Role.ADMIN, False),
    AlertKind.AUDIT_BROKEN: About("The audit log does not hold", Role.ADMIN, True),
    AlertKind.STORE_HELD: About("A restored store is held", Role.ADMIN, True),
    AlertKind.BACKUP_OLD: About("The last backup is old", Role.ADMIN, False),
    AlertKind.NOTIFICATIONS_FAILING: About("Notifications do not arrive", Role.ADMIN, False),
    AlertKind.CYCLE_HELD: About("Cycles are held", Role.APPROVER, True),
    AlertKind.DECISIONS_SLOW: About("Decisions are slow", Role.ADMIN, False),
    AlertKind.DECISIONS_DIFFER: About("Decisions came out otherwise", Role.ADMIN, True),
    AlertKind.DESTINATION_PAUSED: About("A destination is paused", Role.ADMIN, True),
    AlertKind.DESTINATION_UNUSABLE: About("A destination cannot be used", Role.ADMIN, True),
    AlertKind.MESSAGES_STUCK: About("Messages do not leave", Role.ADMIN, True),
    AlertKind.MESSAGES_UNCERTAIN: About("Nobody knows if messages arrived", Role.ADMIN, False),
    AlertKind.RECEIPTS_WAITING: About("Receipts belong to nothing", Role.ADMIN, False),
    AlertKind.PIPELINE_FAILED: About("The pipeline failed", Role.ADMIN, True),
    AlertKind.DATA_AUDIT_FAILED: About("An audit of the data failed", Role.ANALYST, True),
    AlertKind.DATA_STALE: About("The data is stale", Role.ADMIN, True),
    AlertKind.TRAIT_STALE: About("A trait is stale", Role.ANALYST, False),
    AlertKind.DATA_DRIFTED: About("Data is not as usual", Role.ANALYST, False),
    AlertKind.DEAD_LETTERS: About("Many events are not accepted", Role.ANALYST, False),
    AlertKind.LEDGER_UNBALANCED: About("Events are unaccounted for", Role.ADMIN, True),
    AlertKind.LOOK_FAILED: About("It is not known whether all is well", Role.ADMIN, True),
}


class Alert(BaseModel):
    """One thing that needs somebody."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: AlertKind
    subject: str
    """What it is about: a key, an id, a name; with the kind it tells one alert from another."""
    since: datetime | None
    """Since when it is so (naive UTC), as far as that is known."""
    sentence: str
    who: Role
    urgent: bool
    fix: str
    """The command to begin with."""
    runbook: str

    @property
    def title(self) -> str:
        """What kind of alert it is, in words."""
        return ABOUT[self.kind].title


def alert(
    kind: AlertKind,
    subject: str,
    sentence: str,
    fix: str,
    *,
    since: datetime | None = None,
    urgent: bool | None = None,
    who: Role | None = None,
) -> Alert:
    """An alert; what is not given is as for every alert of its kind."""
    about = ABOUT[kind]
    return Alert(
        kind=kind,
        subject=subject,
        since=since,
        sentence=sentence,
        who=who or about.who,
        urgent=about.urgent if urgent is None else urgent,
        fix=fix,
        runbook=runbook(kind),
    )


def runbook(kind: AlertKind) -> str:
    """The file that says what a kind means and what to do."""
    return f"{RUNBOOKS}/{kind}.md"


def in_order(alerts: Iterable[Alert]) -> list[Alert]:
    """What needs somebody now first, then by kind and subject."""
    kinds = [*AlertKind]
    return sorted(alerts, key=lambda one: (not one.urgent, kinds.index(one.kind), one.subject))
