"""What has a window goes live in it: never early, never late, never twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError

from control import audit, requests, review_terms, versions
from control.people import Person
from control.schedule_tables import go_live_windows
from control.store import Store
from control.tables import versions as version_rows
from core.conditions import EventCount
from core.errors import Code, PilothouseError
from core.lifecycle import State
from core.rules import EligibilityRule
from core.schedule import Window
from orchestrate import approvals, change_requests, rulebook
from orchestrate.rulebook import due
from orchestrate.staged import placing
from tests.at_once import at_once

NOW = datetime(2026, 1, 1)
HOUR = timedelta(hours=1)
WINDOW = Window(at=NOW + HOUR, until=NOW + 2 * HOUR)


def _propose(store: Store, n: int = 3, now: datetime = NOW) -> str:
    rule = EligibilityRule(
        key="engaged", name="Engaged", condition=EventCount(event="workout_completed", n=n)
    )
    submitted = change_requests.submit(
        store, artifact=rule, author="mara@demo", prompt="who?", now=now
    )
    return submitted.id


def _scheduled(store: Store, approver: Person, window: Window = WINDOW, n: int = 3) -> str:
    request = _propose(store, n)
    decided = approvals.decide(
        store, request, person=approver, verdict="approve", now=NOW, window=window
    )
    assert decided.state is State.SCHEDULED
    return request


def _refused(code: Code) -> Any:
    return pytest.raises(PilothouseError, check=lambda error: error.refusal.code is code)


def test_it_goes_live_in_its_window_and_once_however_the_clock_jumps(
    store: Store, pavel: Person
) -> None:
    request = _scheduled(store, pavel)
    assert rulebook.reconcile(store, now=NOW + HOUR).published == ()
    for early in (NOW, NOW - 100 * HOUR, WINDOW.at - timedelta(microseconds=1)):
        assert due.windows_open(store, now=early) == []
        with _refused(Code.NOT_ALLOWED) as refused:
            rulebook.publish(store, request, now=early)
        assert "not yet" in str(refused.value)

    (found,) = due.windows_open(store, now=WINDOW.at)
    first = rulebook.publish(store, found.id, now=WINDOW.at)

    for jump in (NOW, WINDOW.at, NOW + 100 * HOUR):
        assert rulebook.publish(store, request, now=jump) == first
        assert due.windows_open(store, now=jump) == []
        assert due.expire_windows(store, now=jump) == []
    assert len(versions.history(store, "engaged")) == 1


def test_of_two_rounds_at_once_one_publishes(store: Store, pavel: Person) -> None:
    request = _scheduled(store, pavel)

    def publish() -> int:
        return rulebook.publish(store, request, now=WINDOW.at).version

    assert at_once(publish, publish) == [1, 1]
    assert [entry.what for entry in audit.entries(store)].count("publish") == 1


def test_after_its_window_it_expires_and_never_goes_live_late(store: Store, pavel: Person) -> None:
    request = _scheduled(store, pavel)
    late = NOW + 2 * HOUR
    with _refused(Code.NOT_ALLOWED):
        rulebook.publish(store, request, now=late)

    assert due.expire_windows(store, now=late) == [request]
    assert due.expire_windows(store, now=late) == []

    assert requests.get(store, request).state is State.EXPIRED
    assert "is over" in audit.entries(store)[-1].note
    # The clock goes back: what has expired stays so.
    with _refused(Code.NOT_ALLOWED):
        rulebook.publish(store, request, now=WINDOW.at)
    assert versions.live(store) == []


def test_the_database_itself_refuses_a_version_outside_of_its_window(
    store: Store, pavel: Person
) -> None:
    request = requests.get(store, _scheduled(store, pavel))
    row = {"key": "engaged", "version": 1, "kind": request.kind, "content": request.content}
    row |= {"content_hash": request.content_hash, "change_request_id": request.id}
    row |= {"state": "live", "published_by": "pavel@demo"}

    for moment in (NOW, NOW + 2 * HOUR):
        with pytest.raises(IntegrityError, match="not its window"), store.write() as connection:
            connection.execute(version_rows.insert().values(row | {"published_at": moment}))
    with pytest.raises(IntegrityError, match="what was approved"), store.write() as connection:
        connection.execute(go_live_windows.update().values(at=NOW))
    with pytest.raises(IntegrityError, match="what was approved"), store.write() as connection:
        connection.execute(sa.delete(go_live_windows))


def test_nobody_gives_a_window_to_what_was_approved_already(store: Store, pavel: Person) -> None:
    request = _propose(store)
    approvals.decide(store, request, person=pavel, verdict="approve", now=NOW)
    row = {"change_request_id": request, "at": NOW, "by": "mara@demo"}

    with pytest.raises(IntegrityError, match="it was decided"), store.write() as connection:
        connection.execute(go_live_windows.insert().values(row))


def test_a_window_that_is_over_or_has_no_length_is_refused(store: Store, pavel: Person) -> None:
    request = _propose(store)
    over = Window(at=NOW - 2 * HOUR, until=NOW)

    with _refused(Code.INVALID_ARGUMENT):
        approvals.decide(store, request, person=pavel, verdict="approve", now=NOW, window=over)
    with pytest.raises(ValidationError):
        Window(at=NOW, until=NOW)

    assert requests.get(store, request).state is State.IN_REVIEW


def test_a_window_without_an_end_stays_open(store: Store, pavel: Person) -> None:
    request = _scheduled(store, pavel, Window(at=NOW + HOUR))

    assert due.expire_windows(store, now=NOW + 9_999 * HOUR) == []
    assert [one.id for one in due.windows_open(store, now=NOW + 9_999 * HOUR)] == [request]


def test_what_is_scheduled_is_taken_back_until_it_is_live(store: Store, pavel: Person) -> None:
    request = _scheduled(store, pavel)

    change_requests.withdraw(store, request, person="mara@demo", now=NOW)

    assert due.windows_open(store, now=WINDOW.at) == []
    with _refused(Code.NOT_ALLOWED):
        rulebook.publish(store, request, now=WINDOW.at)


def test_a_rule_that_goes_live_meanwhile_suspends_what_is_scheduled_until_it_expires(
    store: Store, pavel: Person
) -> None:
    request = _scheduled(store, pavel)
    other = _propose(store, 4)
    approvals.decide(store, other, person=pavel, verdict="approve", now=NOW)
    rulebook.publish(store, other, now=NOW)

    assert due.windows_open(store, now=WINDOW.at) == []
    assert due.expire_windows(store, now=NOW + 2 * HOUR) == [request]

    assert "version 1 went live since" in audit.entries(store)[-1].note


def test_staging_and_a_window_do_not_go_together(store: Store, pavel: Person) -> None:
    staged, scheduled = _propose(store), _scheduled(store, pavel, n=4)
    placing.put(store, [staged], person=pavel, since=NOW, now=NOW)

    with _refused(Code.INVALID_ARGUMENT) as refused:
        approvals.decide(store, staged, person=pavel, verdict="approve", now=NOW, window=WINDOW)
    assert "when it is promoted" in str(refused.value)
    with _refused(Code.ALREADY_DECIDED):
        placing.put(store, [scheduled], person=pavel, since=NOW, now=NOW)
    decided = approvals.decide(store, staged, person=pavel, verdict="approve", now=NOW)

    assert decided.state is State.SCHEDULED
    assert [one.id for one in due.windows_open(store, now=WINDOW.at)] == [scheduled]


# Reviews that take too long


def _review_by(store: Store, request: str) -> datetime:
    with store.read() as connection:
        return review_terms.read(connection, [request])[request].review_by


def test_a_review_past_its_deadline_goes_to_others_once_then_it_ends(
    store: Store, pavel: Person
) -> None:
    request = _propose(store)
    review_by = _review_by(store, request)
    last = review_by + (review_by - NOW)

    assert due.escalate(store, now=review_by - timedelta(seconds=1)) == []
    assert due.escalate(store, now=review_by) == [request]
    assert due.escalate(store, now=review_by + HOUR) == []
    escalated = requests.get(store, request).escalated
    assert escalated is not None
    assert escalated.review_by == review_by
    assert due.expire_reviews(store, now=last - timedelta(seconds=1)) == []
    assert due.expire_reviews(store, now=last) == [request]
    assert due.expire_reviews(store, now=last) == []

    assert requests.get(store, request).state is State.EXPIRED
    acts = [(one.who, one.what) for one in audit.entries(store)]
    assert acts == [
        ("mara@demo", "propose"),
        ("pilothouse", "escalate"),
        ("pilothouse", "expire"),
    ]


def test_what_is_decided_is_neither_escalated_nor_ended(store: Store, pavel: Person) -> None:
    request = _propose(store)
    approvals.decide(store, request, person=pavel, verdict="reject", comment="No.", now=NOW)

    assert due.escalate(store, now=NOW + 9_999 * HOUR) == []
    assert due.expire_reviews(store, now=NOW + 9_999 * HOUR) == []
