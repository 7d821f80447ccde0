"""What an attacker and a defender do to a control store, in the fewest words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa

from control import requests, versions
from control.people import Person, add, get
from control.requests import ChangeRequest
from control.store import Store
from control.tables import outbox
from control.versions import Rule
from core.artifacts import Finding
from core.conditions import EventCount
from core.errors import Code, PilothouseError
from core.lifecycle import Role
from core.rules import EligibilityRule
from orchestrate import approvals, change_requests

NOW = datetime(2026, 1, 1)
GRAVE = Finding(
    policy="majority_reached",
    severity="warn",
    message="61% of all users would get a marketing message.",
    fix="Narrow the audience, or have two approvers agree.",
)
"""Two people have to agree to what this was found in."""
APPROVES = frozenset({Role.APPROVER})
PROPOSES = frozenset({Role.MARKETER})
BOTH = APPROVES | PROPOSES
_numbers = count(1)


def rule(key: str, n: int = 3) -> EligibilityRule:
    """An audience of its own."""
    counted = EventCount(event="workout_completed", n=n)
    return EligibilityRule(key=key, name=key.title(), condition=counted)


def new_key() -> str:
    """A key that no other attack uses."""
    return f"target_{next(_numbers)}"


def account(store: Store, email: str, roles: frozenset[Role] = APPROVES) -> Person:
    """An account that somebody opened for themselves."""
    add(store, [Person(email=email, name=email, roles=roles)])
    return get(store, email)


def propose(
    store: Store, artifact: Rule | None = None, by: str = "mara@demo", **more: Any
) -> ChangeRequest:
    """A change request, grave when it is told to be: then two people have to agree."""
    if more.pop("grave", False):
        more["findings"] = [GRAVE]
    given = {"author": by, "prompt": "an audience", "now": NOW} | more
    return change_requests.submit(store, artifact=artifact or rule(new_key()), **given)


def approve(store: Store, request: ChangeRequest, person: Person, **more: Any) -> ChangeRequest:
    """Somebody approves it."""
    return approvals.decide(store, request.id, person=person, verdict="approve", now=NOW, **more)


def live(store: Store, key: str) -> list[int]:
    """The versions of a key that are in force."""
    return [one.version for one in versions.live(store) if one.key == key]


@contextmanager
def repelled(store: Store, request: ChangeRequest, code: Code, *words: str) -> Iterator[None]:
    """An attack on a request: it is refused in these words, and nothing went live or out."""
    before = live(store, request.target_key)
    with pytest.raises(PilothouseError) as refused:
        yield
    refusal = refused.value.refusal
    told = f"{refusal.message} {refusal.fix}"
    assert refusal.code is code, told
    assert refusal.fix, told
    assert all(word in told for word in words), told
    assert live(store, request.target_key) == before
    assert sent(store) == 0


def still_waits(store: Store, request: ChangeRequest) -> bool:
    """Whether nobody has decided on it, and nothing of it is live."""
    now = requests.get(store, request.id)
    return now.state == "in_review" and now.review is None and not live(store, now.target_key)


def sent(store: Store) -> int:
    """Messages that were ever decided to be sent."""
    with store.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(outbox)).scalar_one()
