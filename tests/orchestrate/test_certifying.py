"""What is live is certified again and again by people who did not propose it, or it is paused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from control import audit, certifications, versions
from control.people import Person
from control.store import Store
from core.conditions import EventCount
from core.errors import Code, PilothouseError
from core.rules import EligibilityRule
from orchestrate import approvals, change_requests, rulebook
from orchestrate.rulebook.certifying import certify, pause_uncertified

NOW = datetime(2026, 1, 1)
DAY = timedelta(days=1)


def _publish(
    store: Store, approver: Person, n: int = 3, *, author: str = "mara@demo", now: datetime = NOW
) -> None:
    rule = EligibilityRule(
        key="engaged", name="Engaged", condition=EventCount(event="workout_completed", n=n)
    )
    request = change_requests.submit(
        store, artifact=rule, author=author, prompt="who is engaged?", now=now
    )
    approvals.decide(store, request.id, person=approver, verdict="approve", now=now)
    rulebook.publish(store, request.id, now=now)


def _standing(store: Store, now: datetime) -> certifications.Certified:
    (found,) = certifications.everything(store, days=90, warn_days=14, now=now)
    return found


def _refused(code: Code) -> Any:
    return pytest.raises(PilothouseError, check=lambda error: error.refusal.code is code)


def test_what_is_live_is_due_after_its_days_and_told_before(store: Store, pavel: Person) -> None:
    _publish(store, pavel)

    told = {days: _standing(store, NOW + days * DAY).standing for days in (0, 75, 76, 89, 90)}

    assert told == {0: "certified", 75: "certified", 76: "soon", 89: "soon", 90: "due"}
    assert _standing(store, NOW).due == NOW + 90 * DAY
    (never,) = certifications.everything(store, days=None, warn_days=14, now=NOW + 999 * DAY)
    assert (never.due, never.standing) == (None, "certified")


def test_what_nobody_certified_is_paused_once_with_the_reason(store: Store, pavel: Person) -> None:
    _publish(store, pavel)

    assert pause_uncertified(store, days=90, now=NOW + 89 * DAY) == []
    assert pause_uncertified(store, days=None, now=NOW + 999 * DAY) == []
    assert pause_uncertified(store, days=90, now=NOW + 90 * DAY) == ["engaged"]
    assert pause_uncertified(store, days=90, now=NOW + 91 * DAY) == []

    assert versions.live(store) == []
    last = audit.entries(store)[-1]
    assert (last.who, last.what, last.note) == (
        "pilothouse",
        "pause",
        "nobody certified it for 90 days",
    )
    assert _standing(store, NOW + 91 * DAY).standing == "lapsed"


def test_certifying_resumes_it_and_holds_for_as_long_again(store: Store, pavel: Person) -> None:
    _publish(store, pavel)
    later = NOW + 90 * DAY
    pause_uncertified(store, days=90, now=later)
    with _refused(Code.NOT_ALLOWED) as refused:
        rulebook.resume(store, "engaged", person=pavel, now=later)
    assert "rules certify engaged" in str(refused.value)

    certify(store, "engaged", person=pavel, now=later)

    assert [one.key for one in versions.live(store)] == ["engaged"]
    held = _standing(store, later)
    assert (held.since, held.by, held.standing) == (later, "pavel@demo", "certified")
    assert pause_uncertified(store, days=90, now=later + 89 * DAY) == []
    assert pause_uncertified(store, days=90, now=later + 90 * DAY) == ["engaged"]
    assert audit.verify(store) is None


def test_nobody_certifies_what_they_proposed_or_without_the_role(
    store: Store, pavel: Person, ada: Person, mara: Person
) -> None:
    _publish(store, pavel, author="ada@demo")

    with _refused(Code.SELF_APPROVAL):
        certify(store, "engaged", person=ada, now=NOW)
    with _refused(Code.NOT_ALLOWED):
        certify(store, "engaged", person=mara, now=NOW)
    with _refused(Code.UNKNOWN_KEY):
        certify(store, "nothing", person=pavel, now=NOW)


def test_another_content_is_certified_by_its_own_approval(store: Store, pavel: Person) -> None:
    _publish(store, pavel)
    certify(store, "engaged", person=pavel, now=NOW + 80 * DAY)
    _publish(store, pavel, 4, now=NOW + 85 * DAY)

    assert _standing(store, NOW + 85 * DAY).since == NOW + 85 * DAY
    pause_uncertified(store, days=90, now=NOW + 175 * DAY)
    _publish(store, pavel, 5, now=NOW + 176 * DAY)
    assert _standing(store, NOW + 176 * DAY).standing == "certified"
    assert len(versions.live(store)) == 1


def test_what_a_person_paused_stays_paused(store: Store, pavel: Person, ada: Person) -> None:
    _publish(store, pavel)
    pause_uncertified(store, days=90, now=NOW + 90 * DAY)
    rulebook.pause(store, "engaged", person=ada, now=NOW + 91 * DAY)

    certify(store, "engaged", person=pavel, now=NOW + 92 * DAY)

    assert versions.live(store) == []
    rulebook.resume(store, "engaged", person=ada, now=NOW + 92 * DAY)
    assert len(versions.live(store)) == 1
