"""SendGrid on 127.0.0.1: personalizations, refused as a whole for one of them."""

from __future__ import annotations

from typing import Any, ClassVar

from deliver.destinations.sendgrid import SendGrid
from deliver.wire import Provider
from tests.deliver.destinations.fake import POISON, SECRET, Case, Expected, Fake
from tests.deliver.loopback import Call, Reply, answers

TEMPLATES = {"weekly": "d-5d0b7d4e", "other": "d-9a1c"}
GROUP = 12


def _error(message: str, field: str | None) -> dict[str, Any]:
    page = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html"
    return {"message": message, "field": field, "help": f"{page}#message.{field}"}


def _errors(*errors: dict[str, Any]) -> dict[str, Any]:
    return {"errors": [*errors]}


class FakeSendGrid(Fake):
    """``/v3/mail/send`` with dynamic templates."""

    batch = 1_000
    batch_bytes = 30_000_000
    knows_templates = False
    expected: ClassVar[Any] = (
        Expected(
            "an address that is none",
            answers(
                400,
                _errors(
                    _error("Does not contain a valid address.", "personalizations.0.to.0.email")
                ),
            ),
            "rejected",
        ),
        Expected(
            "a template that is gone",
            answers(400, _errors(_error("The template_id must be valid.", "template_id"))),
            "rejected",
        ),
        Expected("a bad request", answers(400, _errors(_error("Bad Request", None))), "rejected"),
        Expected(
            "a sender that is not verified",
            answers(403, _errors(_error("The from address does not match.", "from"))),
            "retry_after",
            True,
        ),
        Expected(
            "a sender that is none",
            answers(400, _errors(_error("Does not contain a valid address.", "from.email"))),
            "retry_after",
            True,
        ),
        Expected(
            "a group that is gone",
            answers(400, _errors(_error("The asm group_id must be valid.", "asm.group_id"))),
            "retry_after",
            True,
        ),
        Expected("a path that is not there", answers(404), "retry_after", True),
        Expected("checked and not sent", answers(200), "ambiguous"),
    )

    def provider(self, *, secret: str = SECRET) -> Provider:
        return SendGrid.model_validate(self.settings() | {"api_key": secret})

    def settings(self) -> dict[str, Any]:
        return {
            "url": self.url,
            "api_key": SECRET,
            "sender": "hello@example.com",
            "sender_name": "Pilothouse",
            "reply_to": "help@example.com",
            "unsubscribe_group": GROUP,
            "templates": TEMPLATES,
        }

    def handle(self, call: Call) -> Reply:
        if call.headers.get("authorization") != f"Bearer {SECRET}":
            why = "The provided authorization grant is invalid, expired, or revoked"
            return Reply(401, _errors(_error(why, None)))
        if call.path != "/v3/mail/send":
            return Reply(404, _errors(_error("not found", None)))
        if not call.headers.get("content-type", "").startswith("application/json"):
            return Reply(415, _errors(_error("Content-Type should be application/json.", None)))
        if len(call.body) > 30_000_000:
            return Reply(413, _errors(_error("The request is too large.", None)))
        return self.take(call.json())

    def take(self, mail: Any) -> Reply:
        errors = [*_wrong_as_a_whole(mail)]
        for place, one in enumerate(mail["personalizations"]):
            errors += _wrong_there(place, one, mail)
        if errors:
            return Reply(400, _errors(*errors))
        for one in mail["personalizations"]:
            shared = {name: value for name, value in mail.items() if name != "personalizations"}
            self.store(one["custom_args"]["intent_id"], {**shared, **one})
        return Reply(202, None, {"X-Message-Id": f"message-{len(self.calls)}"})


def _wrong_as_a_whole(mail: Any) -> list[dict[str, Any]]:
    errors = []
    people = mail["personalizations"]
    if not 1 <= len(people) <= 1_000:
        errors.append(_error("The personalization block is limited to 1000.", "personalizations"))
    addresses = [one["to"][0]["email"].casefold() for one in people]
    if len(set(addresses)) < len(addresses):
        errors.append(
            _error("Each unique email address should be included once.", "personalizations")
        )
    if "@" not in mail["from"]["email"]:
        errors.append(_error("Does not contain a valid address.", "from.email"))
    if "template_id" in mail and mail["template_id"] not in TEMPLATES.values():
        errors.append(_error("The template_id must be valid.", "template_id"))
    if "template_id" not in mail and not all(part["value"] for part in mail["content"]):
        errors.append(_error("The content value must be a string.", "content.0.value"))
    return errors


def _wrong_there(place: int, one: Any, mail: Any) -> list[dict[str, Any]]:
    field = f"personalizations.{place}"
    arguments = one["custom_args"]
    if POISON in one["to"][0]["email"]:
        return [_error("Does not contain a valid address.", f"{field}.to.0.email")]
    if not all(isinstance(value, str) for value in arguments.values()):
        return [_error("Invalid type. Expected: string.", f"{field}.custom_args")]
    if "template_id" not in mail and not one.get("subject"):
        return [_error("The subject is required.", f"{field}.subject")]
    return []


class FakeSendGridText(FakeSendGrid):
    """``/v3/mail/send`` with text of ours, which all messages of a request share."""

    too_long = 1_000_001

    def settings(self) -> dict[str, Any]:
        return {**super().settings(), "templates": {}}


CASES = [Case("sendgrid template", FakeSendGrid), Case("sendgrid text", FakeSendGridText)]
