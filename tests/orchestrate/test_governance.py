"""What one person proposes, another approves, and nothing else goes live."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from control import audit, requests, versions
from control.people import Person
from control.store import Store
from control.tables import change_requests as request_rows
from control.tables import reviews
from control.tables import versions as version_rows
from core.artifacts import Finding
from core.conditions import EventCount
from core.errors import Code, PilothouseError
from core.lifecycle import State
from core.rules import EligibilityRule
from orchestrate import approvals, change_requests, rulebook
from orchestrate.rule_diff import rule_diff
from tests.at_once import at_once

NOW = datetime(2026, 1, 1)


def _rule(n: int = 3, key: str = "engaged") -> EligibilityRule:
    counted = EventCount(event="workout_completed", n=n)
    return EligibilityRule(key=key, name="Engaged", condition=counted)


def _propose(store: Store, rule: EligibilityRule | None = None, **more: Any) -> str:
    given = {"author": "mara@demo", "prompt": "who is engaged?", "now": NOW} | more
    return change_requests.submit(store, artifact=rule or _rule(), **given).id


def _publish(store: Store, approver: Person, rule: EligibilityRule | None = None) -> Any:
    request = _propose(store, rule)
    approvals.decide(store, request, person=approver, verdict="approve", now=NOW)
    return rulebook.publish(store, request, now=NOW)


def _refused(code: Code) -> Any:
    return pytest.raises(PilothouseError, check=lambda error: error.refusal.code is code)


# Proposing


def test_the_same_proposal_twice_is_one_change_request(store: Store) -> None:
    assert _propose(store) == _propose(store) == "CR-1"
    assert _propose(store, _rule(4)) == "CR-2"


def test_a_blocking_finding_refuses_the_proposal(store: Store) -> None:
    finding = Finding(policy="consent_path", severity="block", message="No consent.", fix="Add it.")

    with _refused(Code.BLOCKED_BY_POLICY):
        _propose(store, findings=[finding])

    assert change_requests.list_all(store) == []


def test_an_approver_who_is_nothing_else_may_not_propose(store: Store) -> None:
    with _refused(Code.NOT_ALLOWED):
        _propose(store, author="pavel@demo")


def test_the_author_can_withdraw_until_somebody_decides(store: Store, pavel: Person) -> None:
    waiting, decided = _propose(store), _propose(store, _rule(4))
    approvals.decide(store, decided, person=pavel, verdict="reject", comment="Too few.", now=NOW)

    withdrawn = change_requests.withdraw(store, waiting, person="mara@demo", now=NOW)

    assert withdrawn.state is State.WITHDRAWN
    with _refused(Code.ALREADY_DECIDED):
        change_requests.withdraw(store, decided, person="mara@demo", now=NOW)


def test_the_rule_diff_names_only_what_differs_as_changed(store: Store, pavel: Person) -> None:
    _publish(store, pavel, _rule(3))
    request = change_requests.get(store, _propose(store, _rule(5)))

    changed = [line for line in request.rule_diff if line.change != "same"]

    assert request.base_version == 1
    assert [(line.path, line.live, line.proposed) for line in changed] == [("condition.n", 3, 5)]


def test_a_suppression_put_first_does_not_change_the_others() -> None:
    live = {"suppressions": [{"key": "a", "n": 1}]}
    proposed = {"suppressions": [{"key": "b", "n": 2}, {"key": "a", "n": 1}]}

    lines = {line.path: line.change for line in rule_diff(live, proposed)}

    assert lines["suppressions[b].n"] == "added"
    assert lines["suppressions[a].n"] == "same"


# Approving


def test_the_author_cannot_approve_even_as_an_approver(store: Store, ada: Person) -> None:
    request = _propose(store, author="ada@demo")

    with _refused(Code.SELF_APPROVAL):
        approvals.decide(store, request, person=ada, verdict="approve", now=NOW)


def test_the_database_itself_refuses_the_author(store: Store) -> None:
    request = _propose(store)
    row = {"verdict": "approve", "by": "mara@demo", "comment": "", "at": NOW}
    hashes = dict.fromkeys(("content_hash", "effect_hash", "dependency_hash"), "x")

    with pytest.raises(IntegrityError, match="four eyes"), store.write() as connection:
        connection.execute(reviews.insert().values(change_request_id=request, **row, **hashes))


def test_a_marketer_cannot_approve(store: Store, mara: Person) -> None:
    request = _propose(store, author="ana@demo")

    with _refused(Code.NOT_ALLOWED):
        approvals.decide(store, request, person=mara, verdict="approve", now=NOW)


def test_a_rejection_needs_a_comment(store: Store, pavel: Person) -> None:
    request = _propose(store)

    with _refused(Code.COMMENT_REQUIRED):
        approvals.decide(store, request, person=pavel, verdict="reject", now=NOW)


def test_of_two_approvers_at_once_exactly_one_decides_and_one_version_is_live(
    store: Store, pavel: Person, ada: Person
) -> None:
    request = _propose(store)

    def act(person: Person) -> str:
        approvals.decide(store, request, person=person, verdict="approve", now=NOW)
        rulebook.publish(store, request, now=NOW)
        return "published"

    outcomes = at_once(partial(act, pavel), partial(act, ada))

    assert sorted(outcomes) == [Code.ALREADY_DECIDED, "published"]
    assert len(versions.history(store, "engaged")) == 1


def test_content_other_than_what_was_shown_is_not_approved(store: Store, pavel: Person) -> None:
    request = _propose(store)

    with _refused(Code.STALE_CHANGE_REQUEST):
        approvals.decide(
            store, request, person=pavel, verdict="approve", now=NOW, seen_content_hash="other"
        )


def test_a_draft_on_top_of_an_older_version_is_not_approved(store: Store, pavel: Person) -> None:
    older = _propose(store, _rule(5))
    _publish(store, pavel, _rule(3))

    with _refused(Code.STALE_CHANGE_REQUEST):
        approvals.decide(store, older, person=pavel, verdict="approve", now=NOW)


# Publishing


def test_nothing_unapproved_is_published(store: Store, pavel: Person) -> None:
    waiting, rejected = _propose(store), _propose(store, _rule(4))
    approvals.decide(store, rejected, person=pavel, verdict="reject", comment="No.", now=NOW)

    for request in (waiting, rejected):
        with _refused(Code.NOT_ALLOWED):
            rulebook.publish(store, request, now=NOW)


def test_the_database_itself_refuses_a_version_without_approval(store: Store) -> None:
    request = change_requests.get(store, _propose(store))
    row = {"key": "engaged", "version": 1, "kind": request.kind, "content": request.content}
    more = {"content_hash": request.content_hash, "change_request_id": request.id}
    when = {"state": "live", "published_at": NOW, "published_by": "mara@demo"}

    with pytest.raises(IntegrityError, match="needs its approval"), store.write() as connection:
        connection.execute(version_rows.insert().values(**row, **more, **when))


def test_publishing_twice_gives_one_version(store: Store, pavel: Person) -> None:
    first = _publish(store, pavel)

    assert rulebook.publish(store, "CR-1", now=NOW) == first
    assert versions.live(store) == [first]
    assert change_requests.get(store, "CR-1").state is State.LIVE


@pytest.mark.parametrize("edited", ["content", "effect", "dependencies"])
def test_editing_after_the_approval_voids_it(store: Store, pavel: Person, edited: str) -> None:
    request = _propose(store, dependencies={"trait:momentum_score": "a" * 64})
    approvals.decide(store, request, person=pavel, verdict="approve", now=NOW)
    harmful = _rule(0).model_dump(mode="json")
    preview = {"population": "all", "population_size": 1, "audience_size": 1}
    preview |= {"reachable_size": 1, "as_of": "2026-01-01"}
    values = {"content": harmful, "effect": preview, "dependencies": {}}
    with store.write() as connection:
        connection.execute(request_rows.update().values({edited: values[edited]}))

    with _refused(Code.STALE_CHANGE_REQUEST):
        rulebook.publish(store, request, now=NOW)

    assert versions.live(store) == []


def test_a_changed_dependency_voids_the_approval(store: Store, pavel: Person) -> None:
    request = _propose(store, dependencies={"trait:momentum_score": "a" * 64})
    approvals.decide(store, request, person=pavel, verdict="approve", now=NOW)

    with _refused(Code.STALE_CHANGE_REQUEST):
        rulebook.publish(store, request, now=NOW, dependencies={"trait:momentum_score": "b" * 64})


def test_a_crash_between_approval_and_publish_is_made_good_once(
    store: Store, pavel: Person
) -> None:
    request = _propose(store)
    approvals.decide(store, request, person=pavel, verdict="approve", now=NOW)

    first = rulebook.reconcile(store, now=NOW)
    second = rulebook.reconcile(store, now=NOW)

    assert [version.change_request_id for version in first.published] == [request]
    assert second.published == ()
    assert len(versions.history(store, "engaged")) == 1


def test_of_two_approved_drafts_the_second_is_held_back(store: Store, pavel: Person) -> None:
    one, two = _propose(store, _rule(3)), _propose(store, _rule(4))
    for request in (one, two):
        approvals.decide(store, request, person=pavel, verdict="approve", now=NOW)

    done = rulebook.reconcile(store, now=NOW)

    assert [version.change_request_id for version in done.published] == [one]
    assert done.expired == {}
    held = requests.get(store, two)
    assert held.state is State.APPROVED
    assert held.suspended is not None
    assert "against no version of 'engaged', and version 1 went live" in held.suspended.why


def test_a_new_version_supersedes_the_former(store: Store, pavel: Person) -> None:
    _publish(store, pavel, _rule(3))
    _publish(store, pavel, _rule(4))

    states = {version.version: version.state for version in versions.history(store, "engaged")}

    assert states == {1: "superseded", 2: "live"}
    assert change_requests.get(store, "CR-1").state is State.SUPERSEDED


# Afterwards


def test_a_rollback_is_a_new_version_with_the_older_content(
    store: Store, pavel: Person, ada: Person
) -> None:
    _publish(store, pavel, _rule(3))
    _publish(store, pavel, _rule(4))

    restored = rulebook.rollback(store, "engaged", 1, person=ada, now=NOW)

    assert restored.version == 3
    assert restored.artifact == _rule(3)


def test_a_marketer_cannot_roll_back_or_pause(store: Store, pavel: Person, mara: Person) -> None:
    _publish(store, pavel)

    with _refused(Code.NOT_ALLOWED):
        rulebook.pause(store, "engaged", person=mara, now=NOW)
    with _refused(Code.NOT_ALLOWED):
        rulebook.rollback(store, "engaged", 1, person=mara, now=NOW)


def test_a_paused_rule_is_not_in_force_until_it_is_resumed(store: Store, pavel: Person) -> None:
    published = _publish(store, pavel)

    rulebook.pause(store, "engaged", person=pavel, now=NOW)
    assert versions.live(store) == []
    rulebook.resume(store, "engaged", person=pavel, now=NOW)
    assert versions.live(store) == [published]


def test_a_published_version_cannot_be_rewritten(store: Store, pavel: Person) -> None:
    _publish(store, pavel)

    with pytest.raises(IntegrityError, match="immutable"), store.write() as connection:
        connection.execute(version_rows.update().values(content={"kind": "other"}))
    with pytest.raises(IntegrityError, match="immutable"), store.write() as connection:
        connection.execute(sa.delete(version_rows))


def test_every_step_leaves_an_entry_and_the_chain_holds(store: Store, pavel: Person) -> None:
    _publish(store, pavel)
    rulebook.pause(store, "engaged", person=pavel, now=NOW)

    log = audit.entries(store)

    assert [entry.what for entry in log] == ["propose", "approve", "publish", "pause"]
    assert all(after.prev_hash == before.hash for before, after in pairwise(log))
    assert audit.verify(store) is None
