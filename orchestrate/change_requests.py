"""Propose a rule. Nothing here can approve or publish one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from control import audit, requests
from control.hashing import content_hash
from control.people import get as get_person
from control.requests import ChangeRequest, get, list_all
from control.store import Store, utc
from control.tables import change_requests, versions
from core.artifacts import Finding, Preview
from core.errors import Code, refuse
from core.lifecycle import PROPOSERS, State
from core.rules import DecisionPolicy, EligibilityRule
from orchestrate.rule_diff import rule_diff

__all__ = ["ChangeRequest", "get", "list_all", "submit", "withdraw"]


def submit(  # noqa: PLR0913 - an approval binds every one of these
    store: Store,
    *,
    artifact: EligibilityRule | DecisionPolicy,
    author: str,
    prompt: str,
    findings: Sequence[Finding] = (),
    preview: Preview | None = None,
    dependencies: Mapping[str, str] | None = None,
    assumptions: Sequence[str] = (),
    thread_id: str | None = None,
    now: datetime,
) -> ChangeRequest:
    """Store a proposal for review; the same content by the same author, while waiting, is one.

    Refuses with NOT_ALLOWED when the author may not propose, and with
    BLOCKED_BY_POLICY when a finding blocks it.
    """
    _may_propose(store, author)
    _not_blocked(findings)
    document: dict[str, Any] = {
        "target_key": artifact.key,
        "kind": artifact.kind,
        "name": artifact.name,
        "content": artifact.model_dump(mode="json"),
        "content_hash": content_hash(artifact),
        "effect": preview.model_dump(mode="json") if preview else None,
        "effect_hash": content_hash(preview),
        "dependencies": dict(dependencies or {}),
        "dependency_hash": content_hash(dict(dependencies or {})),
        "findings": [finding.model_dump(mode="json") for finding in findings],
        "prompt": prompt,
        "assumptions": list(assumptions),
        "author": author,
        "thread_id": thread_id,
        "state": State.IN_REVIEW.value,
        "created_at": utc(now),
        "updated_at": utc(now),
    }
    with store.write() as connection:
        return _waiting(connection, document) or _insert(connection, document)


def withdraw(store: Store, request_id: str, *, person: str, now: datetime) -> ChangeRequest:
    """Take back one's own proposal while nobody has decided on it."""
    with store.write() as connection:
        request = requests.find(connection, request_id)
        if request.author != person:
            raise refuse(
                Code.NOT_ALLOWED,
                f"Only {request.author}, who proposed {request_id}, may withdraw it.",
                fix="Ask an approver to reject it instead.",
            )
        if request.state is not State.IN_REVIEW:
            raise refuse(
                Code.ALREADY_DECIDED,
                f"{request_id} is {request.state.replace('_', ' ')}: there is nothing to withdraw.",
                fix="Propose a change of the rule instead.",
            )
        values = {"state": State.WITHDRAWN.value, "updated_at": utc(now)}
        this = change_requests.c.id == request_id
        connection.execute(change_requests.update().where(this).values(values))
        unchanged = request.content_hash
        act = audit.Act(now, person, "withdraw", request_id, unchanged, unchanged)
        audit.append(connection, act)
        return requests.find(connection, request_id)


def _may_propose(store: Store, author: str) -> None:
    if not get_person(store, author).roles & PROPOSERS:
        raise refuse(
            Code.NOT_ALLOWED,
            f"{author} may not propose a rule: only marketer, analyst or admin may.",
            fix="Ask somebody with one of those roles to propose it.",
        )


def _not_blocked(findings: Sequence[Finding]) -> None:
    for finding in findings:
        if finding.severity == "block":
            raise refuse(
                Code.BLOCKED_BY_POLICY, finding.message, span=finding.policy, fix=finding.fix
            )


def _waiting(connection: sa.Connection, document: dict[str, Any]) -> ChangeRequest | None:
    same = requests.select(
        connection,
        change_requests.c.content_hash == document["content_hash"],
        change_requests.c.author == document["author"],
        change_requests.c.state == State.IN_REVIEW.value,
    )
    return same[0] if same else None


def _insert(connection: sa.Connection, document: dict[str, Any]) -> ChangeRequest:
    # Requests are never deleted, so their count gives the next short id.
    count = connection.execute(sa.select(sa.func.count()).select_from(change_requests)).scalar_one()
    base = connection.execute(
        sa.select(versions.c.version, versions.c.content, versions.c.content_hash).where(
            versions.c.key == document["target_key"], versions.c.state != "superseded"
        )
    ).first()
    request_id = f"CR-{count + 1}"
    diff = rule_diff(base.content if base else None, document["content"])
    values = document | {
        "id": request_id,
        "base_version": base.version if base else None,
        "rule_diff": [line.model_dump(mode="json") for line in diff],
    }
    connection.execute(change_requests.insert().values(values))
    before = base.content_hash if base else None
    who, at, after = document["author"], document["created_at"], document["content_hash"]
    audit.append(connection, audit.Act(at, who, "propose", request_id, before, after))
    return requests.find(connection, request_id)
