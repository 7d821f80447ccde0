"""What a report says: the shapes of ``report --json``. Times are naive UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from core.artifacts import Finding, SqlText
from core.conditions import Frozen
from deliver.posted import Posted
from measure.account import Decision, Goal, Outcome, Sent
from measure.lift import LiftReport


class Part(Frozen):
    """One thing that a rule says, in words."""

    what: str
    words: str


class Read(Frozen):
    """Something that a rule is made of, directly or by way of others."""

    kind: Literal["column", "event", "staging", "trait", "audience"]
    name: str
    meaning: str | None
    """What the catalog says of it."""
    data_class: str | None
    model: str | None
    """Of a trait: the fingerprint of its model and of all that the model reads."""
    feeds: tuple[str, ...]
    """What reads it directly, towards the rule."""
    steps: int


class Deed(Frozen):
    """An entry of the audit log."""

    seq: int
    at: datetime
    who: str
    what: str
    subject: str
    note: str


class Verdict(Frozen):
    """What an approver said."""

    by: str
    verdict: str
    comment: str
    at: datetime


class Approval(Frozen):
    """Why a version may be in force."""

    change_request: str
    author: str
    proposed_at: datetime
    prompt: str
    assumptions: tuple[str, ...]
    findings: tuple[Finding, ...]
    effect: dict[str, Any] | None
    """What the approver was shown that it would do."""
    dependencies: dict[str, str]
    verdict: Verdict | None
    binds: str
    """The hash of the content that was approved: that of the version."""


class VersionLine(Frozen):
    """One version of the rule."""

    version: int
    state: str
    published_at: datetime
    published_by: str
    content_hash: str


class RuleReport(Frozen):
    """One version of a rule, from source columns to outcome."""

    kind: Literal["rule_report"] = "rule_report"
    key: str
    version: int
    state: str
    content_hash: str
    name: str
    as_of: datetime
    says: tuple[Part, ...]
    reads: tuple[Read, ...]
    approval: Approval | None
    """None: it has the content of an older version, which was approved, or was shipped."""
    history: tuple[VersionLine, ...]
    decided: tuple[Outcome, ...]
    messages: tuple[Sent, ...]
    lift: LiftReport | None
    no_lift: str | None
    """Why there is no lift."""
    deeds: tuple[Deed, ...]
    sql: tuple[SqlText, ...]


class Stage(Frozen):
    """What became of one candidate, as the record of the cycle has it."""

    policy: str
    action: str
    stage: str
    reason_code: str
    sentence: str
    ghost: bool
    channel: str | None


class DecisionReport(Frozen):
    """One decision, from source columns to outcome."""

    kind: Literal["decision_report"] = "decision_report"
    decision_id: str
    as_of: datetime
    decision: Decision
    stages: tuple[Stage, ...]
    replays: bool | None
    """Whether the record decides the same again; None: it has no record."""
    no_record: str | None
    why: dict[str, Any] | None
    """The part of ``explain`` on this rule, with values read and what would change it."""
    no_why: str | None
    rule: RuleReport | None
    """The version that decided, without counts."""
    no_rule: str | None
    posted: tuple[Posted, ...]
    goal: Goal | None
    sql: tuple[SqlText, ...]
