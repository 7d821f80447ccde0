"""Propose what people decide on: rules, journeys, changes of the data layer, jumps to accept.

Nothing here approves or publishes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from control import audit, authors, requests, review_terms, suspensions
from control.hashing import content_hash
from control.people import BREAKER, Person, roles_now
from control.people import get as get_person
from control.requests import ChangeRequest, get, list_all
from control.store import Store, utc
from control.tables import change_requests, versions
from control.versions import Governed
from core.artifacts import Finding, Preview
from core.data_changes import DATA_KINDS, DataChange, DataEffect
from core.errors import Code, refuse
from core.journey_effects import JourneyEffect
from core.jumps import JUMP
from core.lifecycle import DATA_PROPOSERS, PROPOSERS, WAITING, Role, State
from orchestrate.approval_check import current
from orchestrate.blockers import require_unblocked
from orchestrate.rule_diff import content_diff

__all__ = ["ChangeRequest", "get", "list_all", "submit", "withdraw"]


def submit(  # noqa: PLR0913 - an approval binds every one of these
    store: Store,
    *,
    artifact: Governed,
    author: str,
    prompt: str,
    findings: Sequence[Finding] = (),
    effect: Preview | DataEffect | JourneyEffect | None = None,
    dependencies: Mapping[str, str] | None = None,
    assumptions: Sequence[str] = (),
    thread_id: str | None = None,
    built_in: DataChange | None = None,
    continues: str | None = None,
    as_draft: bool = False,
    now: datetime,
) -> ChangeRequest:
    """Store a proposal for review; the same content by the same author, while waiting, is one.

    What was overtaken does not stay for that: proposed again, it is a request of its own; what a
    person holds back is refused with SUSPENDED.
    ``built_in`` is what a change of the data layer replaces while nothing was published.
    ``continues``: the request that waits and that it takes the place of; that one is withdrawn.
    ``as_draft``: kept for its author, whatever blocks it, until they send it; earlier drafts of
    theirs for the key are withdrawn.
    Refuses with NOT_ALLOWED when the author may not propose, with INVALID_ARGUMENT when a
    rule takes the key of the data layer or a journey that of a rule, and with BLOCKED_BY_POLICY
    when a finding blocks it.
    """
    require_proposer(store, author, artifact)
    _own_key(artifact)
    if not as_draft:
        require_unblocked(findings)
    document: dict[str, Any] = {
        "target_key": artifact.key,
        "kind": artifact.kind,
        "name": artifact.name,
        "content": artifact.model_dump(mode="json"),
        "content_hash": content_hash(artifact),
        "effect": effect.model_dump(mode="json") if effect else None,
        "effect_hash": content_hash(effect),
        "dependencies": dict(dependencies or {}),
        "dependency_hash": content_hash(dict(dependencies or {})),
        "findings": [finding.model_dump(mode="json") for finding in findings],
        "prompt": prompt,
        "assumptions": list(assumptions),
        "author": author,
        "thread_id": thread_id,
        "state": (State.DRAFT if as_draft else State.IN_REVIEW).value,
        "created_at": utc(now),
        "updated_at": utc(now),
    }
    with store.write() as connection:
        _same_kind(connection, artifact)
        same, old = _waiting(connection, document), _replaced(connection, continues)
        if same and _is_overtaken(connection, same):
            old[same.id] = same
        if as_draft:
            old |= _earlier_drafts(connection, document)
        stays = same if same and same.id not in old else None
        named = stays.id if stays else _next_id(connection)
        # Before it is written: of the same content by the same author only one may wait.
        for one in old.values():
            _withdraw(connection, one, author, f"drafted anew as {named}", now)
        return stays or _insert(connection, document, built_in, next(iter(old), None))


def withdraw(store: Store, request_id: str, *, person: str, now: datetime) -> ChangeRequest:
    """Take back a draft, or a proposal before it is live: its author may, and an approver once it
    is approved.

    Refuses with NOT_ALLOWED, and with ALREADY_DECIDED when nothing of it waits any more.
    """
    with store.write() as connection:
        request = requests.find(connection, request_id)
        if request.author != person:
            _may_withdraw(connection, request, get_person(store, person))
        _withdraw(connection, _require_waiting(request), person, "", now)
        return requests.find(connection, request_id)


def _replaced(connection: sa.Connection, continues: str | None) -> dict[str, ChangeRequest]:
    """What the new request takes the place of, by id; refuses what a person holds back."""
    if continues is None:
        return {}
    before = _require_waiting(requests.find(connection, continues))
    suspensions.overtaken(connection, continues)
    return {continues: before}


def _may_withdraw(connection: sa.Connection, request: ChangeRequest, person: Person) -> None:
    """Of what is not decided on only the author; of what is approved an approver, too."""
    undecided = request.state in (State.DRAFT, State.IN_REVIEW)
    if undecided or Role.APPROVER not in roles_now(connection, person):
        raise refuse(
            Code.NOT_ALLOWED,
            f"Only {request.author}, who proposed {request.id}, may withdraw it"
            f"{'' if undecided else ', or an approver'}.",
            fix="Ask an approver to reject it instead." if undecided else "Ask an approver.",
        )


def _require_waiting(request: ChangeRequest) -> ChangeRequest:
    if request.state in WAITING | {State.DRAFT}:
        return request
    raise refuse(
        Code.ALREADY_DECIDED,
        f"{request.id} is {request.state.replace('_', ' ')}: there is nothing to withdraw.",
        fix="Propose another change instead.",
    )


def _withdraw(
    connection: sa.Connection, request: ChangeRequest, person: str, note: str, now: datetime
) -> None:
    values = {"state": State.WITHDRAWN.value, "updated_at": utc(now)}
    this = change_requests.c.id == request.id
    connection.execute(change_requests.update().where(this).values(values))
    unchanged = request.content_hash
    act = audit.Act(now, person, "withdraw", request.id, unchanged, unchanged, note)
    audit.append(connection, act)


def require_proposer(store: Store, author: str, artifact: Governed) -> None:
    """Refuses with NOT_ALLOWED an author whose roles do not let them propose this."""
    if artifact.kind == JUMP:
        _only_the_breaker(author)
        return
    changes_data = artifact.kind in DATA_KINDS
    allowed = DATA_PROPOSERS if changes_data else PROPOSERS
    if get_person(store, author).roles & allowed:
        return
    what = f"a change of the {_words(artifact.kind)}" if changes_data else "a rule"
    whom = "analyst or admin" if changes_data else "marketer, analyst or admin"
    raise refuse(
        Code.NOT_ALLOWED,
        f"{author} may not propose {what}: only {whom} may.",
        fix="Ask somebody with one of those roles to propose it.",
    )


def _only_the_breaker(author: str) -> None:
    if author != BREAKER.email:
        raise refuse(
            Code.NOT_ALLOWED,
            f"{author} may not propose to accept a jump: a held cycle asks by itself.",
            fix="Run the cycle; if it is held, it opens the request.",
        )


def _own_key(artifact: Governed) -> None:
    if artifact.key in DATA_KINDS | {JUMP} and artifact.kind != artifact.key:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"The key '{artifact.key}' is kept for the {_words(artifact.key)}.",
            span=artifact.key,
            fix="Give the rule another key.",
        )


def _same_kind(connection: sa.Connection, artifact: Governed) -> None:
    """A key that names a journey once does so for good, and so does one that names a rule."""
    this = versions.c.key == artifact.key
    taken = connection.execute(sa.select(versions.c.kind).where(this).limit(1)).scalar()
    if taken is not None and (taken == "journey") != (artifact.kind == "journey"):
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"The key '{artifact.key}' names a {_words(taken)}, not a {_words(artifact.kind)}.",
            span=artifact.key,
            fix="Choose another key.",
        )


def _words(kind: str) -> str:
    return kind.replace("_", " ")


def _waiting(connection: sa.Connection, document: dict[str, Any]) -> ChangeRequest | None:
    same = requests.select(
        connection,
        change_requests.c.content_hash == document["content_hash"],
        change_requests.c.author == document["author"],
        change_requests.c.state == document["state"],
    )
    return same[0] if same else None


def _is_overtaken(connection: sa.Connection, same: ChangeRequest) -> bool:
    """Whether the same content has to be stored anew, on top of what is live by now."""
    if same.state is not State.DRAFT:
        return suspensions.overtaken(connection, same.id)
    live = current(connection, same.target_key)
    return same.base_version != (live.version if live else None)


def _earlier_drafts(
    connection: sa.Connection, document: dict[str, Any]
) -> dict[str, ChangeRequest]:
    """Other drafts of an author for a key, by id."""
    found = requests.select(
        connection,
        change_requests.c.target_key == document["target_key"],
        change_requests.c.author == document["author"],
        change_requests.c.state == State.DRAFT.value,
        change_requests.c.content_hash != document["content_hash"],
    )
    return {one.id: one for one in found}


def _next_id(connection: sa.Connection) -> str:
    # Requests are never deleted, so their count gives the next short id.
    count = connection.execute(sa.select(sa.func.count()).select_from(change_requests)).scalar_one()
    return f"CR-{count + 1}"


def _insert(
    connection: sa.Connection,
    document: dict[str, Any],
    built_in: DataChange | None,
    continues: str | None = None,
) -> ChangeRequest:
    base = connection.execute(
        sa.select(versions.c.version, versions.c.content, versions.c.content_hash).where(
            versions.c.key == document["target_key"], versions.c.state != "superseded"
        )
    ).first()
    request_id = _next_id(connection)
    before = base.content if base else built_in.model_dump(mode="json") if built_in else None
    diff = content_diff(document["kind"], before, document["content"])
    values = document | {
        "id": request_id,
        "base_version": base.version if base else None,
        "rule_diff": [line.model_dump(mode="json") for line in diff],
    }
    connection.execute(change_requests.insert().values(values))
    authors.keep(connection, values, continues)
    is_draft = values["state"] == State.DRAFT
    if not is_draft:
        review_terms.write(connection, values)
    replaced = base.content_hash if base else None
    who, at, after = document["author"], document["created_at"], document["content_hash"]
    note = f"drafted anew from {continues}" if continues else ""
    deed = "draft" if is_draft else "propose"
    audit.append(connection, audit.Act(at, who, deed, request_id, replaced, after, note))
    return requests.find(connection, request_id)
