"""What may be asked of notifications, and who is told what."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from core.alerts import AlertKind
from core.lifecycle import Role
from core.notifications import TOPIC_OF, NotificationSettings, Topic

MAIL = {"host": "smtp.example.com", "sender": "Pilothouse <p@example.com>"}


def asked(**given: Any) -> NotificationSettings:
    return NotificationSettings.model_validate(given)


def test_every_alert_has_its_topic() -> None:
    assert set(TOPIC_OF) == set(AlertKind)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"email": MAIL | {"tls": "none"}}, "needs tls"),
        ({"email": MAIL | {"username": "p", "password": "hunter2"}}, "into a variable"),
        ({"email": MAIL | {"username": "p"}}, "belong together"),
        ({"email": MAIL | {"hots": "x"}}, "Extra inputs"),
        ({"webhooks": {"a": {"url": "https://x.example", "secrets": ["plain"]}}}, "variable"),
        ({"webhooks": {"email": {"url": "https://x.example", "secrets": ["env:A"]}}}, "be called"),
        ({"zone": "Mars/Base"}, "no time zone"),
        ({"origin": "pilothouse.example.com"}, "origin is an address"),
        ({"roles": {"boss": {}}}, "marketer"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(given: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        asked(**given)


def test_letters_on_this_machine_need_no_tls() -> None:
    found = asked(email=MAIL | {"host": "127.0.0.1", "tls": "none"}).email

    assert found is not None
    assert found.port_in_use == 25


def test_whoever_acts_is_told_and_others_are_not() -> None:
    made = asked()

    assert made.wants("m@x.example", {Role.MARKETER}, Topic.CANARIES, Role.MARKETER, urgent=False)
    assert not made.wants("m@x.example", {Role.MARKETER}, Topic.DATA, Role.ANALYST, urgent=True)


def test_wishes_of_a_person_take_the_place_of_those_of_their_roles() -> None:
    made = asked(
        roles={"admin": {"topics": ["sending"]}},
        people={"ada@x.example": {"only_urgent": True, "everyones": True}},
    )
    admin = {Role.ADMIN}

    assert not made.wants("bo@x.example", admin, Topic.SAFETY, Role.ADMIN, urgent=True)
    assert made.wants("bo@x.example", admin, Topic.SENDING, Role.ADMIN, urgent=False)
    assert made.wants("ada@x.example", admin, Topic.DATA, Role.ANALYST, urgent=True)
    assert not made.wants("ada@x.example", admin, Topic.SENDING, Role.ADMIN, urgent=False)
