"""What each provider says about messages and people, in its own words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from control.receipts import Fact
from tests.deliver.receipts.providers import (
    AT,
    NOW,
    SECONDS,
    URL,
    braze_says,
    customerio_says,
    iterable_says,
    klaviyo_says,
    onesignal_says,
    read_of,
)
from tests.deliver.receipts.senders import (
    by_klaviyo,
    by_sendgrid,
    by_twilio,
    by_webhook,
    with_token,
)

# SendGrid


def _sendgrid(**event: Any) -> tuple[Fact, ...]:
    usual = {"timestamp": SECONDS, "intent_id": "i1", "email": "u1@example.com"}
    return read_of("sendgrid", by_sendgrid(usual | event, at=NOW)).facts


def test_one_event_of_sendgrid_told_under_two_of_its_ids_is_one_event() -> None:
    first, second = (_sendgrid(event="click", sg_event_id=one)[0] for one in ("a", "b"))
    assert first.told_by == second.told_by
    assert first.told_by != _sendgrid(event="click", timestamp=SECONDS + 1)[0].told_by


def test_images_that_a_mail_program_loads_by_itself_are_no_open() -> None:
    assert _sendgrid(event="open", sg_machine_open=True) == ()


@pytest.mark.parametrize(
    ("reason", "kinds"),
    [
        ("Bounced Address", ["bounced"]),
        ("Unsubscribed Address", ["bounced", "unsubscribed"]),
        ("Spam Reporting Address", ["bounced", "complained"]),
    ],
)
def test_a_dropped_message_failed_and_tells_who_had_said_no(reason: str, kinds: list[str]) -> None:
    facts = _sendgrid(event="dropped", reason=reason)
    assert [fact.kind for fact in facts] == kinds
    assert facts[0].reason == reason


def test_without_our_own_name_sendgrids_name_for_the_message_is_kept() -> None:
    (fact,) = _sendgrid(event="delivered", intent_id=None, sg_message_id="abc.filter0001.1.0")
    assert (fact.intent_id, fact.provider_id) == (None, "abc")


# Twilio


def _twilio(**form: str) -> tuple[Fact, ...]:
    return read_of("twilio", by_twilio(URL, MessageSid="SM1", **form)).facts


def test_a_failed_text_says_why() -> None:
    (fact,) = _twilio(MessageStatus="undelivered", ErrorCode="30003")
    assert (fact.kind, fact.reason, fact.provider_id) == ("bounced", "Twilio error 30003", "SM1")


def test_a_text_to_somebody_who_had_sent_stop_is_an_opt_out_as_well() -> None:
    facts = _twilio(MessageStatus="failed", ErrorCode="21610")
    assert [fact.kind for fact in facts] == ["bounced", "unsubscribed"]


@pytest.mark.parametrize("form", [{"Body": " Stop. "}, {"Body": "bye", "OptOutType": "STOP"}])
def test_a_text_that_says_stop_is_an_opt_out_of_the_number(form: dict[str, str]) -> None:
    (fact,) = _twilio(SmsStatus="received", From="+491517731", **form)
    assert (fact.kind, fact.address, fact.channel) == ("unsubscribed", "+491517731", "sms")
    assert fact.intent_id is None


@pytest.mark.parametrize("form", [{"Body": "please stop by"}, {"Body": ""}])
def test_any_other_text_is_none(form: dict[str, str]) -> None:
    assert _twilio(SmsStatus="received", From="+491517731", **form) == ()


def test_a_text_on_its_way_means_nothing_yet() -> None:
    assert _twilio(MessageStatus="sent") == ()


# The others


@pytest.mark.parametrize(
    ("metric", "kind"),
    [
        ("delivered", "delivered"),
        ("clicked", "clicked"),
        ("undeliverable", "bounced"),
        ("spammed", "complained"),
        ("unsubscribed", "unsubscribed"),
    ],
)
def test_customerio_names_the_delivery_and_the_person(metric: str, kind: str) -> None:
    data = {"delivery_id": "d1", "identifiers": {"id": "u1"}, "failure_message": "full"}
    (fact,) = read_of("customerio", with_token(customerio_says(metric, **data))).facts
    assert (fact.kind, fact.provider_id, fact.user_id) == (kind, "d1", "u1")
    assert fact.reason == ("full" if kind == "bounced" else None)


def test_klaviyo_opts_somebody_out_by_their_address() -> None:
    event = klaviyo_says("unsubscribed_from_email_marketing", {"$email": "u1@example.com"})
    (fact,) = read_of("klaviyo", by_klaviyo(event, at=NOW)).facts
    assert (fact.kind, fact.address, fact.channel) == ("unsubscribed", "u1@example.com", "email")


def test_braze_names_the_dispatch_and_the_user() -> None:
    events = [braze_says("pushnotification.Open", dispatch_id="x1"), braze_says("email.SoftBounce")]
    read = read_of("braze", with_token({"events": events}))
    (fact,) = read.facts
    assert (fact.kind, fact.provider_id, fact.user_id) == ("opened", "x1", "u1")
    assert read.ignored == 1


def test_what_a_template_of_braze_hands_on_may_be_written_as_a_text() -> None:
    extras = json.dumps({"intent_id": "i1"})
    for written, found in ((extras, "i1"), ("{", None), ("[]", None)):
        event = braze_says("email.Open", message_extras=written)
        (fact,) = read_of("braze", with_token({"events": [event]})).facts
        assert fact.intent_id == found


def test_customerio_knows_a_message_by_the_event_that_triggered_it() -> None:
    data = {"delivery_id": "d1", "trigger_event_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}
    (fact,) = read_of("customerio", with_token(customerio_says("opened", **data))).facts
    assert fact.provider_id == data["trigger_event_id"]


def test_a_name_of_onesignal_that_is_none_of_ours_names_no_intent() -> None:
    for name in (None, "Spring sale", "weekly_nudge"):
        (fact,) = read_of("onesignal", with_token(onesignal_says("email.opened", name=name))).facts
        assert fact.intent_id is None


def test_fields_of_braze_that_stand_side_by_side_are_read_as_well() -> None:
    flat = {"event_type": "users.messages.sms.Delivery", "id": "1", "time": SECONDS}
    (fact,) = read_of("braze", with_token({"events": [flat | {"external_user_id": "u1"}]})).facts
    assert (fact.kind, fact.user_id, fact.channel) == ("delivered", "u1", "sms")


@pytest.mark.parametrize(
    ("name", "kind", "channel"),
    [
        ("emailUnSubscribe", "unsubscribed", "email"),
        ("emailComplaint", "complained", "email"),
        ("smsBounce", "bounced", "sms"),
        ("inAppClick", "clicked", "in_app"),
    ],
)
def test_iterable_names_its_message_and_the_address(name: str, kind: str, channel: str) -> None:
    (fact,) = read_of("iterable", with_token(iterable_says(name))).facts
    assert (fact.kind, fact.channel) == (kind, channel)
    assert (fact.provider_id, fact.address) == ("m1", "u1@example.com")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("push.received", "delivered"),
        ("sms.failed", "bounced"),
        ("email.reported_as_spam", "complained"),
        ("iam.impression", "opened"),
    ],
)
def test_onesignal_names_its_message_and_the_user(name: str, kind: str) -> None:
    (fact,) = read_of("onesignal", with_token(onesignal_says(name))).facts
    assert (fact.kind, fact.provider_id, fact.user_id) == (kind, "n1", "u1")


def test_a_webhook_tells_of_many_messages_at_once() -> None:
    data = [
        {"intent_id": "i1", "kind": "delivered", "at": AT.isoformat()},
        {"intent_id": "i2", "kind": "bounced", "at": AT.isoformat(), "reason": "gone", "id": "7"},
        {"user_id": "u1", "channel": "sms", "kind": "unsubscribed"},
        {"kind": "opened"},
    ]
    document = {"type": "receipts", "timestamp": AT.isoformat(), "data": data}
    read = read_of("webhook", by_webhook(document, at=NOW))
    assert [fact.kind for fact in read.facts] == ["delivered", "bounced", "unsubscribed"]
    assert [fact.reason for fact in read.facts] == [None, "gone", None]
    assert len(read.malformed) == 1
