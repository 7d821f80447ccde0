"""Klaviyo: an event for each message, alone or in a job, and counted once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from deliver.destinations.klaviyo import RATES, Klaviyo
from deliver.transport import Transport
from deliver.wire import Request, Response
from tests.deliver.destinations.fake import NOW, POISON, letter, letters, results, sent
from tests.deliver.destinations.fake_klaviyo import FakeKlaviyo

SETTINGS: dict[str, Any] = {"api_key": "pk_key"}


@pytest.fixture
def fake() -> Iterator[FakeKlaviyo]:
    with FakeKlaviyo() as running:
        yield running


@pytest.fixture(scope="module")
def transport() -> Iterator[Transport]:
    with Transport() as made:
        yield made


def _klaviyo(**changes: Any) -> Klaviyo:
    return Klaviyo.model_validate(SETTINGS | changes)


def _event(klaviyo: Klaviyo, **changes: Any) -> Any:
    (request,) = klaviyo.plan([letter(1, **changes)], now=NOW).requests
    assert request.url == "https://a.klaviyo.com/api/events"
    return json.loads(request.body)["data"]["attributes"]


def _profile(klaviyo: Klaviyo, **changes: Any) -> Any:
    return _event(klaviyo, **changes)["profile"]["data"]["attributes"]


def _why(klaviyo: Klaviyo, **changes: Any) -> str:
    (refused,) = klaviyo.plan([letter(1, **changes)], now=NOW).refused
    return str(refused.reason)


def _told(*pointers: Any) -> Any:
    request = Request("POST", "https://x", {}, b"", ("a", "b", "c"))
    errors = [{"detail": "invalid", "source": {"pointer": one}} for one in pointers]
    answer = Response(400, {}, json.dumps({"errors": errors}).encode())
    return [one.result for one in _klaviyo().classify(request, answer, now=NOW)]


class TestEvents:
    def test_have_the_intent_as_their_key_and_the_decision_as_their_moment(self) -> None:
        event = _event(_klaviyo())
        assert event["unique_id"] == event["properties"]["intent_id"] == letter(1).intent_id
        assert event["time"] == "2026-03-02T09:00:00+00:00"
        assert event["properties"]["name"] == "Name 1"

    def test_without_a_decision_have_the_moment_of_the_first_attempt(self) -> None:
        assert _event(_klaviyo(), decided_at=datetime.min)["time"] == "2026-03-02T10:30:00+00:00"

    def test_are_of_the_metric_that_starts_the_flow(self) -> None:
        klaviyo = _klaviyo(templates={"weekly": "Weekly nudge"}, metric="Anything")
        assert _event(klaviyo)["metric"]["data"]["attributes"] == {"name": "Weekly nudge"}
        other = _event(klaviyo, template=None)
        assert other["metric"]["data"]["attributes"] == {"name": "Anything"}

    def test_are_of_a_profile_known_by_one_thing_only(self) -> None:
        assert _profile(_klaviyo()) == {"email": "user-1@example.com"}
        assert _profile(_klaviyo(), address="+15550001234") == {"phone_number": "+15550001234"}
        assert _profile(_klaviyo(identify_by="user_id")) == {"external_id": "user-1"}

    def test_of_a_device_need_the_users_id(self) -> None:
        assert "identify_by" in _why(_klaviyo(), channel="push", address="token")
        token = _profile(_klaviyo(identify_by="user_id"), channel="push", address="token")
        assert token == {"external_id": "user-1"}

    def test_that_klaviyo_would_drop_are_refused(self) -> None:
        assert "400 properties" in _why(_klaviyo(), variables={f"v{i}": i for i in range(400)})
        assert "100,000 bytes" in _why(_klaviyo(), variables={"text": "é" * 50_001})

    def test_alone_and_in_a_job_count_once(self, fake: FakeKlaviyo, transport: Transport) -> None:
        messages = letters(3)
        sent(fake.provider(), messages[:1], transport)
        sent(fake.provider(), messages, transport)
        assert [len(fake.ledger[one.intent_id]) for one in messages] == [1, 1, 1]


class TestOneBadEvent:
    def test_is_rejected_and_the_others_arrive_without_it(
        self, fake: FakeKlaviyo, transport: Transport
    ) -> None:
        messages = letters(4)
        messages[1] = messages[1]._replace(address=f"{POISON}@example.com")

        first = sent(fake.provider(), messages, transport)
        again = [one for one in messages if first[one.intent_id].result == "retry_after"]
        second = sent(fake.provider(), again, transport)

        assert first[messages[1].intent_id].result == "rejected"
        assert results(second, again) == ["accepted"] * 3
        assert sorted(fake.ledger) == sorted(one.intent_id for one in again)

    def test_is_told_from_the_others_by_the_pointer(self) -> None:
        there = "/data/attributes/events-bulk-create/data/1/attributes/profile"
        assert _told(there, there) == ["retry_after", "rejected", "retry_after"]

    @pytest.mark.parametrize(
        "pointers",
        [
            ("/data/attributes/events-bulk-create/data/9/attributes",),
            ("/data/attributes/events-bulk-create/data/1x",),
            ("/data/attributes/events-bulk-create/data/1/x", "/data/"),
            (None,),
            (),
        ],
    )
    def test_that_is_not_pointed_at_rejects_them_all(self, pointers: Any) -> None:
        assert _told(*pointers) == ["rejected"] * 3


@pytest.mark.parametrize(
    ("limit", "a_second", "a_minute"), [("events", 350, 3_500), ("bulk", 10, 150)]
)
def test_the_rates_stay_within_both_windows(limit: str, a_second: int, a_minute: int) -> None:
    rate = RATES[limit]
    assert rate.burst <= a_second
    assert rate.burst + 60 * rate.per_second <= a_minute + 1e-6


@pytest.mark.parametrize(
    "changes",
    [
        {"revision": "latest"},
        {"metric": ""},
        {"metric": "x" * 128},
        {"identify_by": "email"},
        {"url": "http://a.klaviyo.com"},
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        _klaviyo(**changes)
