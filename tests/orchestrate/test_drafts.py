"""A draft is its author's: nobody decides on it until they send it, and then as it is by then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from control import audit, requests, versions
from control.people import Person, get
from control.requests import ChangeRequest
from control.store import Store
from control.tables import change_requests as rows
from control.tables import reviews
from core.artifacts import Finding, Preview
from core.conditions import EventCount
from core.errors import Code, PilothouseError
from core.lifecycle import State
from core.rules import EligibilityRule
from orchestrate import approvals, change_requests, drafts, rulebook
from orchestrate.rulebook.due import expire_reviews

NOW = datetime(2026, 1, 1)
HASHES = ("content_hash", "effect_hash", "dependency_hash")
BLOCK = Finding(policy="consent_path", severity="block", message="No consent.", fix="Add it.")


def rule(n: int = 3) -> EligibilityRule:
    counted = EventCount(event="workout_completed", n=n)
    return EligibilityRule(key="engaged", name="Engaged", condition=counted)


def submit(store: Store, n: int = 3, **more: Any) -> ChangeRequest:
    given: dict[str, Any] = {"author": "mara@demo", "prompt": "who?", "now": NOW} | more
    return change_requests.submit(store, artifact=rule(n), **given)


def draft(store: Store, n: int = 3, **more: Any) -> ChangeRequest:
    return submit(store, n, as_draft=True, **more)


def effect(users: int = 5) -> Preview:
    return Preview(
        population="all users",
        population_size=10,
        audience_size=users,
        reachable_size=users,
        as_of=NOW.isoformat(),
    )


def send(store: Store, request: ChangeRequest, by: str = "mara@demo", **more: Any) -> ChangeRequest:
    given: dict[str, Any] = {"findings": (), "effect": effect(), "dependencies": {}, "now": NOW}
    return drafts.send(store, request.id, person=get(store, by), **(given | more))


def refused(code: Code) -> Any:
    return pytest.raises(PilothouseError, check=lambda error: error.refusal.code is code)


def test_a_draft_is_sent_with_what_it_would_do_by_then_and_goes_live(
    store: Store, pavel: Person
) -> None:
    kept = draft(store, effect=effect(3))

    sent = send(store, kept, effect=effect(7), now=NOW + timedelta(days=30))

    assert (kept.state, sent.state, sent.id) == (State.DRAFT, State.IN_REVIEW, kept.id)
    assert sent.preview is not None
    assert sent.preview.audience_size == 7
    assert sent.review_by > NOW + timedelta(days=30)
    assert expire_reviews(store, now=sent.review_by) == []
    approvals.decide(store, sent.id, person=pavel, verdict="approve", now=NOW)
    assert rulebook.publish(store, sent.id, now=NOW).key == "engaged"
    deeds = [one.what for one in audit.entries(store) if one.subject == sent.id]
    assert deeds == ["draft", "propose", "approve"]


@pytest.mark.parametrize("verdict", ["approve", "reject", "request_changes"])
def test_nobody_decides_on_a_draft(store: Store, pavel: Person, verdict: Any) -> None:
    kept = draft(store)

    with refused(Code.NOT_ALLOWED) as said:
        approvals.decide(store, kept.id, person=pavel, verdict=verdict, comment="No.", now=NOW)

    assert "draft of mara@demo" in said.value.refusal.message
    with pytest.raises(PilothouseError):
        rulebook.publish(store, kept.id, now=NOW)
    assert versions.live(store) == []


def test_the_database_approves_no_draft_whoever_writes_to_it(store: Store) -> None:
    kept = draft(store)
    row = {"change_request_id": kept.id, "verdict": "approve", "by": "pavel@demo", "comment": ""}
    hashes = {name: getattr(kept, name) for name in HASHES}

    with pytest.raises(IntegrityError), store.write() as connection:
        connection.execute(reviews.insert().values(row | hashes | {"at": NOW}))
    this = sa.update(rows).where(rows.c.id == kept.id)
    with pytest.raises(IntegrityError), store.write() as connection:
        connection.execute(this.values(state=State.APPROVED.value))


def test_what_is_blocked_is_kept_and_not_sent(store: Store) -> None:
    kept = draft(store, findings=[BLOCK])

    with refused(Code.BLOCKED_BY_POLICY):
        send(store, kept, findings=(BLOCK,))

    assert requests.get(store, kept.id).state is State.DRAFT
    assert send(store, kept).findings == ()


def test_a_draft_of_the_same_key_takes_the_place_of_the_one_before(store: Store) -> None:
    first, other = draft(store, 3), draft(store, 3, author="ana@demo")

    second = draft(store, 4)

    assert draft(store, 4).id == second.id
    states = {one.id: one.state for one in requests.list_all(store)}
    assert states == {
        first.id: State.WITHDRAWN,
        other.id: State.DRAFT,
        second.id: State.DRAFT,
    }
    with refused(Code.ALREADY_DECIDED):
        send(store, first)


def test_a_draft_is_withdrawn_and_sent_by_its_author_alone(store: Store) -> None:
    kept = draft(store)

    with refused(Code.NOT_ALLOWED):
        send(store, kept, by="ana@demo")
    with refused(Code.NOT_ALLOWED):
        change_requests.withdraw(store, kept.id, person="ada@demo", now=NOW)

    taken = change_requests.withdraw(store, kept.id, person="mara@demo", now=NOW)
    assert taken.state is State.WITHDRAWN


def test_a_draft_that_was_overtaken_is_drafted_again(store: Store, pavel: Person) -> None:
    kept = draft(store, 5)
    live = submit(store, 3)
    approvals.decide(store, live.id, person=pavel, verdict="approve", now=NOW)
    rulebook.publish(store, live.id, now=NOW)

    with refused(Code.STALE_CHANGE_REQUEST):
        send(store, kept)

    anew = draft(store, 5)
    assert (anew.base_version, requests.get(store, kept.id).state) == (1, State.WITHDRAWN)
    assert send(store, anew).state is State.IN_REVIEW


def test_what_is_in_review_already_is_not_sent_twice(store: Store) -> None:
    kept, waiting = draft(store), submit(store)

    with refused(Code.INVALID_ARGUMENT) as said:
        send(store, kept)

    assert waiting.id in said.value.refusal.message


def test_whoever_wrote_a_draft_may_not_approve_what_another_person_sends_of_it(
    store: Store,
) -> None:
    draft(store, author="ada@demo")
    sent = submit(store, author="mara@demo")

    with refused(Code.SELF_APPROVAL):
        approvals.decide(store, sent.id, person=get(store, "ada@demo"), verdict="approve", now=NOW)
