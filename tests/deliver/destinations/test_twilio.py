"""Twilio: what it is asked, and what its codes mean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest

from deliver.destinations.twilio import Twilio
from deliver.transport import Transport
from deliver.wire import Request, Response
from tests.deliver.destinations.fake import NOW, letter, letters, sent
from tests.deliver.destinations.fake_twilio import (
    ACCOUNT,
    CALLBACK,
    OPTED_OUT,
    SERVICE,
    UNREACHABLE,
    FakeTwilio,
)

SETTINGS: dict[str, Any] = {
    "account_sid": ACCOUNT,
    "auth_token": "token",
    "messaging_service_sid": SERVICE,
}


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    with FakeTwilio() as running:
        yield running


@pytest.fixture(scope="module")
def transport() -> Iterator[Transport]:
    with Transport() as made:
        yield made


def _twilio(**changes: Any) -> Twilio:
    return Twilio.model_validate(SETTINGS | changes)


def _form(twilio: Twilio, **changes: Any) -> dict[str, str]:
    (request,) = twilio.plan([letter(1, channel="sms", **changes)], now=NOW).requests
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


def _why(twilio: Twilio, **changes: Any) -> str:
    (refused,) = twilio.plan([letter(1, channel="sms", **changes)], now=NOW).refused
    assert refused.result == "rejected"
    return str(refused.reason)


def _told(status: int, document: Any) -> Any:
    request = Request("POST", "https://x", {}, b"", ("i1",))
    body = json.dumps(document).encode()
    (outcome,) = _twilio().classify(request, Response(status, {}, body), now=NOW)
    return outcome


class TestRequests:
    def test_name_the_service_or_the_number_that_sends(self) -> None:
        assert _form(_twilio())["MessagingServiceSid"] == SERVICE
        form = _form(_twilio(messaging_service_sid=None, sender="+15550001234"))
        assert form["From"] == "+15550001234"
        assert "MessagingServiceSid" not in form

    def test_ask_for_reports_to_an_address_with_the_intent_in_it(self) -> None:
        form = _form(_twilio(status_callback=f"{CALLBACK}/"))
        assert form["StatusCallback"] == f"{CALLBACK}?intent_id={letter(1).intent_id}"
        assert "StatusCallback" not in _form(_twilio())

    def test_end_after_a_while_in_the_queue(self) -> None:
        assert _form(_twilio(validity_seconds=600))["ValidityPeriod"] == "600"

    def test_carry_a_template_of_twilio_with_its_variables(self) -> None:
        form = _form(_twilio(templates={"weekly": "HX" + "0" * 32}))
        assert form["ContentSid"].startswith("HX")
        assert json.loads(form["ContentVariables"]) == {"left": 3, "name": "Name 1"}
        assert "Body" not in form

    def test_sign_in_with_a_key_instead_of_the_account(self) -> None:
        (request,) = (
            _twilio(api_key_sid="SK" + "3" * 32).plan([letter(1, channel="sms")], now=NOW).requests
        )
        assert request.headers["authorization"] != _header()

    @pytest.mark.parametrize(
        "address", ["", "5550001", "+0155500001", "+1 555 000 1234", "+1555000123456789", "+١٥٥٥"]
    )
    def test_are_none_without_a_phone_number(self, address: str) -> None:
        assert "phone number" in _why(_twilio(), address=address)

    def test_are_none_without_text_or_with_too_much(self) -> None:
        assert "no text" in _why(_twilio(), body=" \n")
        assert "1,600" in _why(_twilio(), body="x" * 1_601)
        assert _form(_twilio(), body="x" * 1_600)["Body"] == "x" * 1_600


class TestAnswers:
    def test_that_somebody_sent_stop_withdraw_consent(
        self, fake: FakeTwilio, transport: Transport
    ) -> None:
        messages = letters(3, channel="sms")
        messages[1] = messages[1]._replace(address=OPTED_OUT)
        messages[2] = messages[2]._replace(address=UNREACHABLE)

        outcomes = [*sent(fake.provider(), messages, transport).values()]

        assert [one.opted_out for one in outcomes] == [False, True, False]
        assert [one.result for one in outcomes] == ["accepted", "rejected", "rejected"]
        assert "21610" in str(outcomes[1].reason)

    def test_that_it_failed_at_once_withdraw_consent_too(self) -> None:
        outcome = _told(201, {"sid": "SM1", "status": "failed", "error_code": 21610})
        assert (outcome.result, outcome.opted_out) == ("rejected", True)

    def test_give_the_name_that_reports_have(self, fake: FakeTwilio, transport: Transport) -> None:
        (outcome,) = sent(fake.provider(), letters(1, channel="sms"), transport).values()
        assert str(outcome.provider_id).startswith("SM")

    @pytest.mark.parametrize("code", [21211, 21408, 21612, 21614, 21617, 99999])
    def test_with_a_code_about_the_recipient_reject_the_message(self, code: int) -> None:
        outcome = _told(400, {"code": code, "message": "no"})
        assert (outcome.result, outcome.pauses, outcome.opted_out) == ("rejected", False, False)
        assert str(code) in outcome.reason

    @pytest.mark.parametrize("code", [20404, 21212, 21603, 21660, 21701, 21704])
    def test_with_a_code_about_the_sender_stop_the_destination(self, code: int) -> None:
        outcome = _told(404 if code == 20404 else 400, {"code": code, "message": "no"})
        assert (outcome.result, outcome.pauses) == ("retry_after", True)

    @pytest.mark.parametrize("document", [None, [], "x", {"code": "21610"}, {"code": [21610]}])
    def test_that_are_not_twilios_are_read_by_status(self, document: Any) -> None:
        outcome = _told(400, document)
        assert (outcome.result, outcome.opted_out) == ("rejected", False)

    @pytest.mark.parametrize("status", [[], {}, None, 5, "queued", "a state of tomorrow"])
    def test_in_any_state_but_failure_are_taken(self, status: Any) -> None:
        assert _told(201, {"sid": "SM1", "status": status}).result == "accepted"

    @pytest.mark.parametrize("sid", [None, "", 5, [], "\ud83d", "SM\0", "x" * 65])
    def test_that_name_no_message_leave_it_open(self, sid: Any) -> None:
        assert _told(201, {"sid": sid, "status": "queued"}).result == "ambiguous"


@pytest.mark.parametrize(
    "changes",
    [
        {"messaging_service_sid": None},
        {"sender": "+15550001234"},
        {"account_sid": "AC1"},
        {"account_sid": ACCOUNT + "/../x"},
        {"messaging_service_sid": "MG1"},
        {"url": "http://api.twilio.com"},
        {"status_callback": "http://pilothouse.example.com/x"},
        {"status_callback": "https://my_host.example.com/x"},
        {"validity_seconds": 0},
        {"rates": {"massages": (1, 1)}},
        {"colour": "red"},
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        _twilio(**changes)


def _header() -> str:
    (request,) = _twilio().plan([letter(1, channel="sms")], now=NOW).requests
    return request.headers["authorization"]
