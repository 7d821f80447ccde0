"""Iterable: what leaves for each way of sending, and whose event failed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from deliver.destinations.iterable import Iterable
from deliver.wire import Response
from tests.deliver.destinations.fake import NOW, letter, letters


def iterable(send: str, **more: Any) -> Iterable:
    return Iterable.model_validate(
        {"api_key": "k", "send": send, "templates": {"weekly": "4711"}, **more}
    )


@pytest.mark.parametrize(
    ("channel", "path"),
    [
        ("email", "/api/email/target"),
        ("push", "/api/push/target"),
        ("sms", "/api/sms/target"),
        ("in_app", "/api/inApp/target"),
        ("web_push", "/api/webPush/target"),
    ],
)
def test_a_campaign_is_sent_through_the_endpoint_of_its_channel(channel: str, path: str) -> None:
    (request,) = iterable("campaign").plan([letter(1, channel=channel)], now=NOW).requests

    assert request.url == f"https://api.iterable.com{path}"
    assert json.loads(request.body)["campaignId"] == 4711


def test_a_channel_that_iterable_does_not_have_is_refused() -> None:
    (refused,) = iterable("campaign").plan([letter(1, channel="fax")], now=NOW).refused

    assert "fax" in str(refused.reason)


def test_the_intent_comes_back_in_webhooks_as_metadata() -> None:
    message = letter(1)

    (request,) = iterable("campaign").plan([message], now=NOW).requests

    assert json.loads(request.body)["metadata"]["intent_id"] == message.intent_id


@pytest.mark.parametrize("send", ["campaign", "journey", "event"])
def test_a_project_that_knows_users_by_address_is_told_addresses(send: str) -> None:
    provider = iterable(send, known_by="email")

    plan = provider.plan([letter(1), letter(2, address="")], now=NOW)

    assert "user-1@example.com" in plan.requests[0].body.decode()
    assert 'user-1"' not in plan.requests[0].body.decode()
    assert [one.intent_id for one in plan.refused] == [letter(2).intent_id]


def test_nobody_is_twice_in_a_batch_because_an_error_names_a_user() -> None:
    messages = [letter(0, user_id="a"), letter(1, user_id="b"), letter(2, user_id="a")]

    plan = iterable("event").plan(messages, now=NOW)

    assert [len(one.intent_ids) for one in plan.requests] == [2, 1]


@pytest.mark.parametrize(
    "answer",
    [
        {"failedUpdates": {"notFoundUserIds": ["user-1"]}},
        {"failedUpdates": {"forgottenUserIds": ["user-1"]}, "invalidUserIds": []},
        {"invalidUserIds": ["user-1"]},
    ],
)
def test_an_event_that_failed_is_told_by_its_user(answer: Any) -> None:
    assert _results({"successCount": 2, "failCount": 1, **answer}) == [
        "accepted",
        "rejected",
        "accepted",
    ]


@pytest.mark.parametrize(
    "answer",
    [
        {"failCount": 1},
        {"failCount": 2, "failedUpdates": {"notFoundUserIds": ["user-1"]}},
        {"failCount": 0, "failedUpdates": {"notFoundUserIds": ["user-1"]}},
        {"failCount": "1", "invalidUserIds": None},
    ],
)
def test_counts_that_do_not_add_up_leave_all_of_a_batch_uncertain(answer: Any) -> None:
    assert _results({"successCount": 1, **answer}) == ["ambiguous"] * 3


@pytest.mark.parametrize("number", ["weekly-mail", "", "-1", "4.5"])
def test_a_campaign_that_is_no_number_is_refused(number: str) -> None:
    with pytest.raises(ValidationError, match="must be the number"):
        iterable("campaign", templates={"weekly": number})


def _results(answer: Any) -> list[str]:
    provider = iterable("event")
    (request,) = provider.plan(letters(3), now=NOW).requests
    response = Response(200, {}, json.dumps(answer).encode())
    return [one.result for one in provider.classify(request, response, now=NOW)]
