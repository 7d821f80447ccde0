"""OneSignal: what leaves for each channel, and under which key."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from deliver.destinations.onesignal import OneSignal, key_of
from tests.deliver.destinations.fake import NOW, letter, letters


def onesignal(send: str = "message") -> OneSignal:
    given = {"app_id": "app", "api_key": "k", "send": send, "templates": {"weekly": "t-1"}}
    return OneSignal.model_validate(given)


def body(message: Any, send: str = "message") -> Any:
    (request,) = onesignal(send).plan([message], now=NOW).requests
    return json.loads(request.body)


def test_the_key_of_an_intent_is_a_uuid_of_its_own_and_always_the_same() -> None:
    keys = [key_of(one.intent_id) for one in letters(1_000)]

    assert len({*keys}) == 1_000
    assert {uuid.UUID(one).version for one in keys} == {4}
    assert keys == [key_of(one.intent_id) for one in letters(1_000)]


def test_a_push_has_a_heading_and_gives_the_app_the_intent() -> None:
    message = letter(1, channel="push")

    sent = body(message)

    assert sent["target_channel"] == "push"
    assert sent["contents"] == {"en": message.body}
    assert sent["headings"] == {"en": message.subject}
    assert sent["data"]["intent_id"] == message.intent_id


def test_an_sms_is_its_text() -> None:
    sent = body(letter(1, channel="sms"))

    assert sent["contents"] == {"en": letter(1).body}
    assert "headings" not in sent


def test_mail_reaches_those_who_unsubscribed_only_where_it_is_transactional() -> None:
    assert body(letter(1))["include_unsubscribed"] is False
    assert body(letter(1, message_class="transactional"))["include_unsubscribed"] is True


def test_mail_is_html_where_the_template_has_some_and_escaped_where_not() -> None:
    assert body(letter(1, body="1 < 2\nand"))["email_body"] == "1 &lt; 2<br>\nand"
    assert body(letter(1, html="<b>Hi</b>"))["email_body"] == "<b>Hi</b>"


def test_a_template_is_given_the_variables_as_custom_data() -> None:
    sent = body(letter(1), "template")

    assert sent["template_id"] == "t-1"
    assert sent["custom_data"]["name"] == "Name 1"


@pytest.mark.parametrize(
    "changes",
    [{"body": "Hi {{ user }}"}, {"subject": "{% if x %}"}, {"html": "{{x}}"}, {"channel": "fax"}],
)
def test_text_that_would_be_carried_out_and_unknown_channels_are_refused(changes: Any) -> None:
    plan = onesignal().plan([letter(1, **changes)], now=NOW)

    assert not plan.requests
    assert plan.refused[0].result == "rejected"
