"""What tells a provider's requests from forged ones: signatures, tokens and clocks."""

from __future__ import annotations

from datetime import timedelta

import pytest

from deliver.receipts import sendgrid
from deliver.receipts.receivers import READERS, Receiver
from tests.deliver.receipts.providers import (
    AT,
    EVERY,
    INTENT,
    NOW,
    PROVIDERS,
    URL,
    Provider,
    call_of,
    iterable_says,
    receiver_by,
)
from tests.deliver.receipts.senders import (
    PUBLIC_KEY,
    TOKEN,
    WEBHOOK_SECRET,
    with_token,
)


def test_every_reader_has_a_provider_here() -> None:
    assert {one.kind for one in PROVIDERS} == READERS.keys()


@EVERY
def test_a_genuine_request_is_taken_and_says_that_the_message_was_opened(
    provider: Provider,
) -> None:
    call, receiver = call_of(provider.opened(NOW)), receiver_by(provider)

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

    assert stranger.why_not_genuine(call_of(provider.opened(NOW)))


@EVERY
def test_while_a_secret_is_changed_both_prove_it(provider: Provider) -> None:
    other = {PUBLIC_KEY: _other_key(), WEBHOOK_SECRET: "whsec_" + "QUJD" * 8}
    receiver = receiver_by(provider, other.get(provider.secret, "another"))

    assert receiver.why_not_genuine(call_of(provider.opened(NOW))) is None


@EVERY
def test_a_request_without_a_proof_is_not(provider: Provider) -> None:
    bare = provider.opened(NOW)._replace(headers={})

    assert receiver_by(provider).why_not_genuine(call_of(bare))


@pytest.mark.parametrize(
    "provider",
    [one for one in PROVIDERS if one.kind not in ("braze", "iterable", "onesignal")],
    ids=lambda one: one.kind,
)
def test_a_request_that_was_changed_on_its_way_is_not(provider: Provider) -> None:
    told = provider.opened(NOW)
    changed = told._replace(body=told.body.replace(b"open", b"shut").replace(b"read", b"sent"))

    assert changed.body != told.body
    assert receiver_by(provider).why_not_genuine(call_of(changed))


@pytest.mark.parametrize("kind", ["sendgrid", "customerio", "webhook"])
@pytest.mark.parametrize(
    ("skew", "taken"),
    [(timedelta(minutes=-4), True), (timedelta(minutes=4), True), (timedelta(minutes=6), False)],
)
def test_a_clock_that_runs_a_little_differently_is_no_reason_to_refuse(
    kind: str, skew: timedelta, taken: bool
) -> None:
    provider = next(one for one in PROVIDERS if one.kind == kind)

    why = receiver_by(provider).why_not_genuine(call_of(provider.opened(NOW + skew)))

    assert (why is None) == taken


def test_a_provider_that_tries_again_for_days_with_its_first_signature_is_taken() -> None:
    for kind in ("sendgrid", "customerio"):
        provider = next(one for one in PROVIDERS if one.kind == kind)
        receiver = receiver_by(provider)
        assert receiver.why_not_genuine(call_of(provider.opened(NOW - timedelta(days=7)))) is None
        old = receiver.why_not_genuine(call_of(provider.opened(NOW - timedelta(days=9))))
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

    assert receiver_by(twilio).why_not_genuine(call_of(twilio.opened(NOW), url=asked)) is None


def test_twilio_is_believed_under_the_address_that_it_was_given() -> None:
    twilio = next(one for one in PROVIDERS if one.kind == "twilio")
    inside = "http://10.0.0.7:8501/v1/receipts/x?intent_id=i1"
    receiver = receiver_by(twilio)._replace(public_url=URL.partition("?")[0])

    assert receiver.why_not_genuine(call_of(twilio.opened(NOW), url=inside)) is None
    assert receiver_by(twilio).why_not_genuine(call_of(twilio.opened(NOW), url=inside))


@pytest.mark.parametrize("scheme", ["Bearer ", "Basic ", "OAuth2 ", ""])
def test_a_shared_token_is_the_last_word_of_the_header(scheme: str) -> None:
    told = with_token(iterable_says("emailOpen"), scheme=scheme)

    assert Receiver(READERS["iterable"], (TOKEN,)).why_not_genuine(call_of(told)) is None


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
