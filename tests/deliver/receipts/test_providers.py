"""Each provider's own words and signatures: what is genuine, and what it says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from control.receipts import Fact
from deliver.receipts import sendgrid
from deliver.receipts.calls import DEEPEST, Call, Read, Unreadable
from deliver.receipts.receivers import READERS, Receiver, batch_of
from tests.deliver.receipts.senders import (
    PUBLIC_KEY,
    TOKEN,
    WEBHOOK_SECRET,
    Told,
    by_customerio,
    by_klaviyo,
    by_sendgrid,
    by_twilio,
    by_webhook,
    with_token,
)

NOW = datetime(2026, 3, 2, 12)
AT = datetime(2026, 3, 2, 11, 59)
SECONDS = int(AT.replace(tzinfo=UTC).timestamp())
URL = "https://pilot.example.com/v1/receipts/x?intent_id=i1"


class Provider(NamedTuple):
    """A kind of destination, and how it says that the message i1 was opened at AT."""

    kind: str
    secret: str
    opened: Callable[[datetime], Told]


def _klaviyo(topic: str, properties: Mapping[str, Any], number: str = "e1") -> dict[str, Any]:
    told = {"timestamp": SECONDS, "event_properties": properties}
    payload = {"data": {"type": "event", "id": number, "attributes": told}}
    return {"topic": f"event:klaviyo.{topic}", "external_id": number, "payload": payload}


def _customerio(metric: str, **data: Any) -> dict[str, Any]:
    about = {"object_type": "email", "metric": metric, "timestamp": SECONDS}
    return about | {"event_id": f"c-{metric}", "data": data}


def _braze(name: str, **properties: Any) -> dict[str, Any]:
    user = {"user_id": "braze-1", "external_user_id": "u1"}
    about = {"event_type": f"users.messages.{name}", "id": f"b-{name}", "time": SECONDS}
    return about | {"user": user, "properties": properties}


def _iterable(name: str, **data: Any) -> dict[str, Any]:
    created = {"createdAt": "2026-03-02 11:59:00 +00:00", "messageId": "m1"}
    return {"eventName": name, "email": "u1@example.com", "dataFields": created | data}


def _onesignal(kind: str, **message: Any) -> dict[str, Any]:
    event = {"id": "o1", "kind": f"message.{kind}", "timestamp": SECONDS}
    return {"event": event, "message": {"id": "n1", **message}, "user": {"external_id": "u1"}}


INTENT = "6f147b2d-0000-5000-8000-5112ab3f1e04"


PROVIDERS = (
    Provider(
        "sendgrid",
        PUBLIC_KEY,
        lambda at: by_sendgrid(
            {"event": "open", "timestamp": SECONDS, "intent_id": "i1", "email": "u1@example.com"},
            at=at,
        ),
    ),
    Provider("twilio", TOKEN, lambda _: by_twilio(URL, MessageSid="SM1", MessageStatus="read")),
    Provider(
        "customerio", TOKEN, lambda at: by_customerio(_customerio("opened", intent_id="i1"), at=at)
    ),
    Provider(
        "klaviyo",
        TOKEN,
        lambda at: by_klaviyo(_klaviyo("opened_email", {"intent_id": "i1"}), at=at),
    ),
    Provider(
        "braze",
        TOKEN,
        lambda _: with_token(
            {"events": [_braze("email.Open", message_extras={"intent_id": "i1"})]}
        ),
    ),
    Provider("iterable", TOKEN, lambda _: with_token(_iterable("emailOpen", intent_id="i1"))),
    Provider(
        "onesignal",
        TOKEN,
        lambda _: with_token(_onesignal("email.opened", name=f"weekly_nudge {INTENT}")),
    ),
    Provider(
        "webhook",
        WEBHOOK_SECRET,
        lambda at: by_webhook(
            {"type": "message.opened", "timestamp": AT.isoformat(), "data": {"intent_id": "i1"}},
            at=at,
        ),
    ),
)
EVERY = pytest.mark.parametrize("provider", PROVIDERS, ids=lambda one: one.kind)


def _receiver(provider: Provider, *more: str) -> Receiver:
    return Receiver(READERS[provider.kind], (*more, provider.secret))


def _call(told: Told, *, now: datetime = NOW, url: str = URL) -> Call:
    return Call(url, told.headers, told.body, now)


def _read(kind: str, told: Told) -> Read:
    return READERS[kind].read(_call(told))


def test_every_reader_has_a_provider_here() -> None:
    assert {one.kind for one in PROVIDERS} == READERS.keys()


# Signatures


@EVERY
def test_a_genuine_request_is_taken_and_says_that_the_message_was_opened(
    provider: Provider,
) -> None:
    call, receiver = _call(provider.opened(NOW)), _receiver(provider)

    assert receiver.why_not_genuine(call) is None
    (fact,) = receiver.read(call).facts
    # Twilio tells no moment: it happened when it was told.
    at = NOW if provider.kind == "twilio" else AT
    intent = INTENT if provider.kind == "onesignal" else "i1"
    assert (fact.kind, fact.intent_id, fact.at) == ("opened", intent, at)


@EVERY
def test_a_request_by_another_secret_is_not(provider: Provider) -> None:
    other = {PUBLIC_KEY: _other_key(), WEBHOOK_SECRET: "whsec_" + "QUJD" * 8}
    stranger = Receiver(READERS[provider.kind], (other.get(provider.secret, "another"),))

    assert stranger.why_not_genuine(_call(provider.opened(NOW)))


@EVERY
def test_while_a_secret_is_changed_both_prove_it(provider: Provider) -> None:
    other = {PUBLIC_KEY: _other_key(), WEBHOOK_SECRET: "whsec_" + "QUJD" * 8}
    receiver = _receiver(provider, other.get(provider.secret, "another"))

    assert receiver.why_not_genuine(_call(provider.opened(NOW))) is None


@EVERY
def test_a_request_without_a_proof_is_not(provider: Provider) -> None:
    bare = provider.opened(NOW)._replace(headers={})

    assert _receiver(provider).why_not_genuine(_call(bare))


@pytest.mark.parametrize(
    "provider",
    [one for one in PROVIDERS if one.kind not in ("braze", "iterable", "onesignal")],
    ids=lambda one: one.kind,
)
def test_a_request_that_was_changed_on_its_way_is_not(provider: Provider) -> None:
    told = provider.opened(NOW)
    changed = told._replace(body=told.body.replace(b"open", b"shut").replace(b"read", b"sent"))

    assert changed.body != told.body
    assert _receiver(provider).why_not_genuine(_call(changed))


@pytest.mark.parametrize("kind", ["sendgrid", "customerio", "webhook"])
@pytest.mark.parametrize(
    ("skew", "taken"),
    [(timedelta(minutes=-4), True), (timedelta(minutes=4), True), (timedelta(minutes=6), False)],
)
def test_a_clock_that_runs_a_little_differently_is_no_reason_to_refuse(
    kind: str, skew: timedelta, taken: bool
) -> None:
    provider = next(one for one in PROVIDERS if one.kind == kind)

    why = _receiver(provider).why_not_genuine(_call(provider.opened(NOW + skew)))

    assert (why is None) == taken


def test_a_provider_that_tries_again_for_days_with_its_first_signature_is_taken() -> None:
    for kind in ("sendgrid", "customerio"):
        provider = next(one for one in PROVIDERS if one.kind == kind)
        receiver = _receiver(provider)
        assert receiver.why_not_genuine(_call(provider.opened(NOW - timedelta(days=7)))) is None
        old = receiver.why_not_genuine(_call(provider.opened(NOW - timedelta(days=9))))
        assert old is not None
        assert "days ago" in old


@pytest.mark.parametrize(
    "asked",
    [
        "http://pilot.example.com/v1/receipts/x?intent_id=i1",
        "http://pilot.example.com:8501/v1/receipts/x?intent_id=i1",
    ],
)
def test_twilio_is_believed_behind_a_proxy_that_ends_tls(asked: str) -> None:
    twilio = next(one for one in PROVIDERS if one.kind == "twilio")

    assert _receiver(twilio).why_not_genuine(_call(twilio.opened(NOW), url=asked)) is None


def test_twilio_is_believed_under_the_address_that_it_was_given() -> None:
    twilio = next(one for one in PROVIDERS if one.kind == "twilio")
    inside = "http://10.0.0.7:8501/v1/receipts/x?intent_id=i1"
    receiver = _receiver(twilio)._replace(public_url=URL.partition("?")[0])

    assert receiver.why_not_genuine(_call(twilio.opened(NOW), url=inside)) is None
    assert _receiver(twilio).why_not_genuine(_call(twilio.opened(NOW), url=inside))


@pytest.mark.parametrize("scheme", ["Bearer ", "Basic ", "OAuth2 ", ""])
def test_a_shared_token_is_the_last_word_of_the_header(scheme: str) -> None:
    told = with_token(_iterable("emailOpen"), scheme=scheme)

    assert Receiver(READERS["iterable"], (TOKEN,)).why_not_genuine(_call(told)) is None


# Bodies


@EVERY
@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{", b"[" * 100_000, b"null", b'"text"'])
def test_a_body_that_is_nothing_of_the_kind_is_refused_with_the_reason(
    provider: Provider, body: bytes
) -> None:
    with_body = provider.opened(NOW)._replace(body=body)

    def taken() -> Read:
        read = READERS[provider.kind].read(_call(with_body))
        if read.malformed:
            raise Unreadable(read.malformed[0])
        return read

    with pytest.raises(Unreadable, match=r"[a-z]"):
        taken()


def test_a_body_that_is_nested_too_deeply_is_refused() -> None:
    deep: Any = {}
    for _ in range(DEEPEST + 1):
        deep = {"data": deep}
    with pytest.raises(Unreadable, match="levels deep"):
        _read("customerio", with_token(deep))


def test_one_bad_item_leaves_the_others_of_its_batch() -> None:
    good = {"event": "open", "timestamp": SECONDS, "intent_id": "i1"}
    bad: list[Any] = [7, {}, good | {"timestamp": "soon"}, good | {"timestamp": True}]
    silent = {"event": "processed", "timestamp": SECONDS}

    read = _read("sendgrid", by_sendgrid(good, *bad, silent, good | {"event": "click"}, at=NOW))

    assert [fact.kind for fact in read.facts] == ["opened", "clicked"]
    assert read.ignored == 1
    assert len(read.malformed) == 4
    assert read.malformed[0] == "item 1: it is no object"


@pytest.mark.parametrize(
    "moment",
    [SECONDS, SECONDS * 1000, f"{SECONDS}", "2026-03-02T11:59:00Z", "2026-03-02T12:59+01:00"],
)
def test_a_moment_is_read_however_it_is_written(moment: object) -> None:
    event = {"event": "open", "timestamp": moment, "intent_id": "i1"}
    (fact,) = _read("sendgrid", by_sendgrid(event, at=NOW)).facts
    assert fact.at == AT


def test_half_a_character_and_the_end_of_a_string_are_no_reason_to_lose_a_batch() -> None:
    event = {"event": "bounce", "timestamp": SECONDS, "intent_id": "i\0001", "reason": "\ud83d x"}
    (fact,) = _read("sendgrid", by_sendgrid(event, at=NOW)).facts
    assert (fact.intent_id, fact.reason) == ("i1", "? x")


def test_a_number_of_thousands_of_digits_is_one_items_matter() -> None:
    body = (
        b'[{"event": "open", "timestamp": %s}, {"event": "open", "timestamp": %d, "intent_id": 7}]'
    )
    told = Told({}, body % (b"9" * 5_000, SECONDS))
    read = _read("sendgrid", told)
    assert [fact.intent_id for fact in read.facts] == ["7"]
    assert len(read.malformed) == 1


WORDS = st.sampled_from(
    "event events data type kind metric topic timestamp time at id event_id intent_id email user "
    "message name delivered open opened bounce event_type users.messages.email.Open properties "
    "eventName emailOpen dataFields createdAt identifiers message_extras payload attributes".split()
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | WORDS
    | st.sampled_from([SECONDS, AT.isoformat(), "0001-01-01", "9999-12-31T23:59:59+00:01"])
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=12,
)


@EVERY
@settings(max_examples=60, deadline=None)
@given(document=ANYTHING)
def test_whatever_a_genuine_request_says_it_is_read_or_refused(
    provider: Provider, document: Any
) -> None:
    body = json.dumps(document).encode()
    try:
        read = READERS[provider.kind].read(Call(URL, {}, body, NOW))
    except Unreadable:
        return
    batch = batch_of("x", read, shift=timedelta(days=-300))
    for fact in batch.facts:
        assert fact.told_by
        "".join(str(one) for one in fact).encode()


# SendGrid


def _sendgrid(**event: Any) -> tuple[Fact, ...]:
    usual = {"timestamp": SECONDS, "intent_id": "i1", "email": "u1@example.com"}
    return _read("sendgrid", by_sendgrid(usual | event, at=NOW)).facts


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
    return _read("twilio", by_twilio(URL, MessageSid="SM1", **form)).facts


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
    (fact,) = _read("customerio", with_token(_customerio(metric, **data))).facts
    assert (fact.kind, fact.provider_id, fact.user_id) == (kind, "d1", "u1")
    assert fact.reason == ("full" if kind == "bounced" else None)


def test_klaviyo_opts_somebody_out_by_their_address() -> None:
    event = _klaviyo("unsubscribed_from_email_marketing", {"$email": "u1@example.com"})
    (fact,) = _read("klaviyo", by_klaviyo(event, at=NOW)).facts
    assert (fact.kind, fact.address, fact.channel) == ("unsubscribed", "u1@example.com", "email")


def test_braze_names_the_dispatch_and_the_user() -> None:
    events = [_braze("pushnotification.Open", dispatch_id="x1"), _braze("email.SoftBounce")]
    read = _read("braze", with_token({"events": events}))
    (fact,) = read.facts
    assert (fact.kind, fact.provider_id, fact.user_id) == ("opened", "x1", "u1")
    assert read.ignored == 1


def test_what_a_template_of_braze_hands_on_may_be_written_as_a_text() -> None:
    extras = json.dumps({"intent_id": "i1"})
    for written, found in ((extras, "i1"), ("{", None), ("[]", None)):
        event = _braze("email.Open", message_extras=written)
        (fact,) = _read("braze", with_token({"events": [event]})).facts
        assert fact.intent_id == found


def test_customerio_knows_a_message_by_the_event_that_triggered_it() -> None:
    data = {"delivery_id": "d1", "trigger_event_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}
    (fact,) = _read("customerio", with_token(_customerio("opened", **data))).facts
    assert fact.provider_id == data["trigger_event_id"]


def test_a_name_of_onesignal_that_is_none_of_ours_names_no_intent() -> None:
    for name in (None, "Spring sale", "weekly_nudge"):
        (fact,) = _read("onesignal", with_token(_onesignal("email.opened", name=name))).facts
        assert fact.intent_id is None


def test_fields_of_braze_that_stand_side_by_side_are_read_as_well() -> None:
    flat = {"event_type": "users.messages.sms.Delivery", "id": "1", "time": SECONDS}
    (fact,) = _read("braze", with_token({"events": [flat | {"external_user_id": "u1"}]})).facts
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
    (fact,) = _read("iterable", with_token(_iterable(name))).facts
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
    (fact,) = _read("onesignal", with_token(_onesignal(name))).facts
    assert (fact.kind, fact.provider_id, fact.user_id) == (kind, "n1", "u1")


def test_a_webhook_tells_of_many_messages_at_once() -> None:
    data = [
        {"intent_id": "i1", "kind": "delivered", "at": AT.isoformat()},
        {"intent_id": "i2", "kind": "bounced", "at": AT.isoformat(), "reason": "gone", "id": "7"},
        {"user_id": "u1", "channel": "sms", "kind": "unsubscribed"},
        {"kind": "opened"},
    ]
    document = {"type": "receipts", "timestamp": AT.isoformat(), "data": data}
    read = _read("webhook", by_webhook(document, at=NOW))
    assert [fact.kind for fact in read.facts] == ["delivered", "bounced", "unsubscribed"]
    assert [fact.reason for fact in read.facts] == [None, "gone", None]
    assert len(read.malformed) == 1


def _other_key() -> str:
    """A key of somebody else, made up with the bytes of a real one."""
    return (
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li"
        "/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q=="
    )


def test_a_key_of_another_kind_is_none() -> None:
    assert sendgrid.public_key(_other_key())
    with pytest.raises(ValueError, match="public key"):
        sendgrid.public_key("bm90IGEga2V5")
