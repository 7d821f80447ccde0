"""Twilio on 127.0.0.1: one message a form, no keys, and codes for what it does not take."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from deliver.destinations.twilio import Twilio
from deliver.wire import Provider
from tests.deliver.destinations.fake import SECRET, Case, Expected, Fake
from tests.deliver.loopback import Call, Reply, answers

ACCOUNT, SERVICE = "AC" + "0" * 32, "MG" + "1" * 32
CALLBACK = "https://pilothouse.example.com/receipts/sms"
OPTED_OUT, UNREACHABLE = "+15550009999", "+15550008888"
_PHONE = re.compile(r"\+[1-9]\d{1,14}")


def _told(code: int, message: str, status: int = 400) -> dict[str, Any]:
    info = f"https://www.twilio.com/docs/errors/{code}"
    return {"code": code, "message": message, "more_info": info, "status": status}


class FakeTwilio(Fake):
    """``Messages.json`` with a Messaging Service."""

    channel = "sms"
    knows_templates = False
    too_long = 1_601
    expected: ClassVar[Any] = (
        Expected(
            "not a number",
            answers(400, _told(21211, "The 'To' number is not a valid phone number.")),
            "rejected",
        ),
        Expected("a landline", answers(400, _told(21614, "'To' number is not mobile")), "rejected"),
        Expected(
            "somebody who sent STOP",
            answers(400, _told(21610, "Attempt to send to unsubscribed recipient")),
            "rejected",
        ),
        Expected("a full queue", answers(400, _told(21611, "queue is full")), "retry_after"),
        Expected(
            "a service without numbers",
            answers(400, _told(21704, "The Messaging Service contains no phone numbers")),
            "retry_after",
            True,
        ),
        Expected(
            "an account that is not there",
            answers(404, _told(20404, "The requested resource was not found", 404)),
            "retry_after",
            True,
        ),
        Expected(
            "a failure with 201",
            answers(201, {"sid": "SM1", "status": "failed", "error_code": 30007}),
            "rejected",
        ),
        Expected("an answer that names nothing", answers(201, {"status": "queued"}), "ambiguous"),
    )

    def provider(self, *, secret: str = SECRET) -> Provider:
        return Twilio.model_validate(self.settings() | {"auth_token": secret})

    def settings(self) -> dict[str, Any]:
        return {
            "url": self.url,
            "account_sid": ACCOUNT,
            "auth_token": SECRET,
            "messaging_service_sid": SERVICE,
            "status_callback": CALLBACK,
        }

    def handle(self, call: Call) -> Reply:
        expected = b64encode(f"{ACCOUNT}:{SECRET}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {expected}":
            return Reply(401, _told(20003, "Authenticate", 401))
        if call.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            return Reply(404, _told(20404, "The requested resource was not found", 404))
        if call.headers.get("content-type") != "application/x-www-form-urlencoded":
            return Reply(400, _told(21604, "A 'To' phone number is required."))
        text = call.body.decode("ascii")
        fields = parse_qs(text, keep_blank_values=True, strict_parsing=True)
        assert all(len(values) == 1 for values in fields.values())
        return self.take({name: values[0] for name, values in fields.items()})

    def take(self, form: dict[str, str]) -> Reply:
        wrong = self.wrong(form)
        if wrong:
            return Reply(400, wrong)
        callback = urlsplit(form["StatusCallback"])
        (intent_id,) = parse_qs(callback.query)["intent_id"]
        self.store(intent_id, form)
        return Reply(201, self.made(form, f"SM{len(self.ledger):032x}"))

    def wrong(self, form: dict[str, str]) -> dict[str, Any] | None:
        to = form.get("To", "")
        if not _PHONE.fullmatch(to):
            return _told(21211, f"The 'To' number {to} is not a valid phone number.")
        if to == OPTED_OUT:
            return _told(21610, "Attempt to send to unsubscribed recipient")
        if to == UNREACHABLE:
            return _told(21614, f"'To' number: {to}, is not a valid mobile number")
        if ("From" in form) == ("MessagingServiceSid" in form):
            return _told(21603, "A 'From' or 'MessagingServiceSid' parameter is required")
        if not form.get("Body") and not form.get("ContentSid"):
            return _told(21619, "A text message body or media urls must be specified.")
        if len(form.get("Body", "")) > 1_600:
            return _told(21617, "The concatenated message body exceeds the 1600 character limit.")
        if not 1 <= int(form.get("ValidityPeriod", "36000")) <= 36_000:
            return _told(21624, "Invalid validity period value")
        return None

    def made(self, form: dict[str, str], sid: str) -> dict[str, Any]:
        return {
            "account_sid": ACCOUNT,
            "api_version": "2010-04-01",
            "body": form.get("Body", ""),
            "date_sent": None,
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": form.get("From"),
            "messaging_service_sid": form.get("MessagingServiceSid"),
            "num_segments": "0",
            "sid": sid,
            "status": "accepted" if "MessagingServiceSid" in form else "queued",
            "to": form["To"],
            "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json",
        }


class FakeTwilioNumber(FakeTwilio):
    """``Messages.json`` with a number, and texts that Twilio has."""

    carries_text = False

    def settings(self) -> dict[str, Any]:
        own = {"sender": "+15550001234", "templates": {"weekly": "HX" + "2" * 32}}
        return {**super().settings(), "messaging_service_sid": None, **own}


CASES = [Case("twilio service", FakeTwilio), Case("twilio number", FakeTwilioNumber)]
