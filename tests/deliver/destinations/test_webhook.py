"""A signed webhook: what is signed, when, with which secrets, and where it may lead."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from deliver.destinations.webhook import Webhook
from deliver.signing import why_not_genuine
from deliver.transport import NotSent, Transport
from deliver.wire import Request, Response
from tests.deliver.destinations.fake import NOW, SECRET, letter, letters, results, sent
from tests.deliver.destinations.fake_webhook import FakeReceiver, signing_secret

OLD, NEW = signing_secret("old"), signing_secret("new")
SETTINGS: dict[str, Any] = {"url": "https://hooks.example.com/in", "secrets": [OLD]}


@pytest.fixture
def fake() -> Iterator[FakeReceiver]:
    with FakeReceiver() as running:
        yield running


@pytest.fixture(scope="module")
def transport() -> Iterator[Transport]:
    with Transport() as made:
        yield made


def _webhook(**changes: Any) -> Webhook:
    return Webhook.model_validate(SETTINGS | changes)


def _planned(webhook: Webhook, **changes: Any) -> Request:
    (request,) = webhook.plan([letter(1, **changes)], now=NOW).requests
    return request


def _genuine(request: Request, *secrets: str, now: datetime) -> bool:
    return why_not_genuine(request.headers, request.body, secrets, now=now) is None


class TestRequests:
    def test_say_what_happened_when_and_to_whom(self) -> None:
        document = json.loads(_planned(_webhook(), html="<p>Three</p>").body)
        assert document["type"] == "message.send"
        assert document["timestamp"] == "2026-03-02T09:00:00Z"
        data = document["data"]
        assert data["address"] == "user-1@example.com"
        assert data["html"] == "<p>Three</p>"
        assert data["variables"] == {"left": 3, "name": "Name 1"}

    def test_have_one_key_however_often_they_are_made(self) -> None:
        first = _webhook().signed(_planned(_webhook()), at=NOW)
        second = _webhook().signed(_planned(_webhook()), at=NOW + timedelta(hours=5))
        assert first.body == second.body
        for one in (first, second):
            assert one.headers["webhook-id"] == one.headers["idempotency-key"]
            assert one.headers["webhook-id"] == letter(1).intent_id

    def test_are_signed_with_the_moment_of_each_attempt(self) -> None:
        planned = _planned(_webhook())
        for hours in (0, 5, 75):
            at = NOW + timedelta(hours=hours)
            assert _genuine(_webhook().signed(planned, at=at), OLD, now=at)
        late = NOW + timedelta(minutes=6)
        assert not _genuine(_webhook().signed(planned, at=NOW), OLD, now=late)

    def test_are_signed_with_every_secret_while_one_is_changed(self) -> None:
        webhook = _webhook(secrets=[NEW, OLD])
        request = webhook.signed(_planned(webhook), at=NOW)
        assert _genuine(request, OLD, now=NOW)
        assert _genuine(request, NEW, now=NOW)
        assert not _genuine(request, signing_secret("third"), now=NOW)

    def test_are_below_20_kb(self) -> None:
        (refused,) = _webhook().plan([letter(1, body="x" * 19_800)], now=NOW).refused
        assert "20,000" in str(refused.reason)


class TestAnswers:
    @pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
    def test_of_2xx_are_taken(self, status: int) -> None:
        request = _planned(_webhook())
        (outcome,) = _webhook().classify(request, Response(status, {}, b"<html>"), now=NOW)
        assert outcome.result == "accepted"

    def test_to_a_wrong_secret_stop_the_destination(
        self, fake: FakeReceiver, transport: Transport
    ) -> None:
        (outcome,) = sent(fake.provider(secret="other"), letters(1), transport).values()
        assert (outcome.result, outcome.pauses) == ("retry_after", True)

    def test_to_an_attempt_that_was_signed_long_ago_stop_the_destination(
        self, fake: FakeReceiver, transport: Transport
    ) -> None:
        early = NOW - timedelta(minutes=6)
        (outcome,) = sent(fake.provider(), letters(1), transport, now=early).values()
        assert (outcome.result, outcome.pauses) == ("retry_after", True)
        assert not fake.ledger

    def test_to_a_repetition_count_as_the_first_one(
        self, fake: FakeReceiver, transport: Transport
    ) -> None:
        messages = letters(2)
        sent(fake.provider(), messages, transport)
        later = sent(fake.provider(), messages, transport, now=NOW + timedelta(minutes=4))
        assert results(later, messages) == ["accepted"] * 2
        assert [len(fake.ledger[one.intent_id]) for one in messages] == [1, 1]


class TestWhereItLeads:
    def test_is_into_the_own_network_only_if_the_settings_say_so(
        self, fake: FakeReceiver, transport: Transport
    ) -> None:
        inside = Webhook.model_validate(fake.settings())
        assert not _planned(inside).public_only
        assert _planned(_webhook()).public_only
        (answer,) = transport.send([_planned(inside)._replace(public_only=True)])
        assert isinstance(answer, NotSent)
        assert not fake.calls

    @pytest.mark.parametrize(
        ("url", "word"),
        [
            ("http://hooks.example.com/", "https"),
            ("https://user:pw@hooks.example.com/", "credentials"),
            ("https://127.0.0.1/", "public Internet"),
            ("https://169.254.169.254/latest/meta-data", "public Internet"),
            ("https://2130706433/", "disguise"),
            ("https://localhost/", "own network"),
            ("ftp://hooks.example.com/", "https"),
            ("hooks.example.com", "https"),
        ],
    )
    def test_is_refused_at_once_in_a_sentence(self, url: str, word: str) -> None:
        with pytest.raises(ValidationError, match=word) as error:
            _webhook(url=url)
        assert OLD not in str(error.value.errors(include_input=False))

    def test_may_be_plain_http_inside(self) -> None:
        assert _webhook(url="http://127.0.0.1:8080/in", allow_private=True).url.startswith("http:")


@pytest.mark.parametrize(
    "changes",
    [
        {"secrets": []},
        {"secrets": ["whsec_c2hvcnQ="]},
        {"secrets": [SECRET]},
        {"secrets": [OLD] * 6},
        {"receiver_remembers_hours": 0},
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="validation error"):
        _webhook(**changes)


def test_a_secret_is_not_shown() -> None:
    assert OLD not in repr(_webhook())
    assert OLD not in str(_webhook().model_dump())


def test_only_the_settings_know_whether_the_receiver_remembers() -> None:
    assert _webhook().capabilities.remembers_key is None
    remembering = _webhook(receiver_remembers_hours=48)
    assert remembering.capabilities.remembers_key == timedelta(hours=48)
