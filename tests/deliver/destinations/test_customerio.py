"""Customer.io: events with a ULID of the intent, and transactional messages."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from ulid import ULID

from deliver.destinations.customerio import CustomerIo, key_of
from deliver.wire import Response
from tests.deliver.destinations.fake import DECIDED, NOW, letter, letters

TRACK = {"site_id": "s", "api_key": "k"}
SEND = {"app_key": "k", "send": "transactional", "templates": {"weekly": "12", "other": "mail"}}


def _event(message: Any, now: datetime = NOW) -> Any:
    (request,) = CustomerIo.model_validate(TRACK).plan([message], now=now).requests
    return json.loads(request.body)["batch"][0]


def _send(message: Any) -> Any:
    (request,) = CustomerIo.model_validate(SEND).plan([message], now=NOW).requests
    return request.url, json.loads(request.body)


class TestUlids:
    def test_of_an_intent_are_the_same_whenever_it_is_attempted(self) -> None:
        later = NOW + timedelta(days=3)

        assert _event(letter(1)) == _event(letter(1), now=later)

    def test_begin_with_the_day_and_differ_by_intent(self) -> None:
        keys = {key_of(one.intent_id, DECIDED) for one in letters(1_000)}

        assert len(keys) == 1_000
        assert {ULID.from_str(one).datetime.replace(tzinfo=None) for one in keys} == {
            datetime(2026, 3, 2)
        }
        assert max(keys) < key_of(letter(1).intent_id, DECIDED + timedelta(days=1))

    def test_name_the_message_because_receipts_name_the_event_that_triggered_it(self) -> None:
        provider = CustomerIo.model_validate(TRACK)
        messages = letters(2)
        (request,) = provider.plan(messages, now=NOW).requests

        told = provider.classify(request, Response(200, {}, b"{}"), now=NOW)

        assert [one.provider_id for one in told] == [
            key_of(one.intent_id, DECIDED) for one in messages
        ]


class TestEvents:
    def test_happened_when_they_were_decided(self) -> None:
        assert _event(letter(1))["timestamp"] == 1_772_442_000

    @pytest.mark.parametrize("name", ["recipient", "from_address", "reply_to"])
    def test_do_not_steer_whom_a_message_is_from_and_to(self, name: str) -> None:
        message = letter(1, variables={name: "somebody@example.com"})

        (refused,) = CustomerIo.model_validate(TRACK).plan([message], now=NOW).refused

        assert name in str(refused.reason)


class TestTransactionalMessages:
    def test_are_named_by_number_or_by_word(self) -> None:
        assert _send(letter(1))[1]["transactional_message_id"] == 12
        assert _send(letter(1, template="other"))[1]["transactional_message_id"] == "mail"

    @pytest.mark.parametrize(
        ("channel", "address"), [("email", "a@example.com"), ("sms", "+15550001"), ("push", None)]
    )
    def test_go_through_the_endpoint_of_their_channel(
        self, channel: str, address: str | None
    ) -> None:
        url, body = _send(letter(1, channel=channel, address=address or "device"))

        assert url == f"https://api.customer.io/v1/send/{channel}"
        assert body.get("to") == address

    def test_reach_those_who_unsubscribed_only_where_they_are_transactional_to_us(self) -> None:
        assert _send(letter(1))[1]["send_to_unsubscribed"] is False
        assert _send(letter(1, message_class="transactional"))[1]["send_to_unsubscribed"] is True

    @pytest.mark.parametrize("changes", [{"address": ""}, {"channel": "fax"}, {"user_id": ""}])
    def test_that_nobody_can_get_are_refused(self, changes: Any) -> None:
        plan = CustomerIo.model_validate(SEND).plan([letter(1, **changes)], now=NOW)

        assert not plan.requests
        assert plan.refused[0].reason


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "site_id"),
        ({"site_id": "s"}, "api_key"),
        ({**TRACK, "send": "transactional"}, "app_key"),
    ],
)
def test_credentials_of_the_api_that_is_used_must_be_there(given: Any, missing: str) -> None:
    with pytest.raises(ValidationError, match=missing):
        CustomerIo.model_validate(given)
