"""OneSignal on 127.0.0.1: messages to one user under a key."""

from __future__ import annotations

import html
import uuid
from typing import Any, ClassVar, Literal

from deliver.destinations.onesignal import OneSignal
from deliver.wire import Provider
from tests.deliver.destinations.fake import POISON, SECRET, Case, Expected, ExpectedBack, Fake
from tests.deliver.loopback import Call, Reply, answers

APP = "8250eaf6-1a58-489e-b136-7c74a864b434"
TEMPLATES = {"weekly": "be4a8044-weekly", "other": "be4a8044-other"}


class FakeTemplates(Fake):
    """``/notifications`` with templates; it knows the keys of the last 30 days."""

    way: ClassVar[Literal["template", "message"]] = "template"
    remembers = True
    errors_by = "value"
    takes_back = True
    expected = (
        Expected(
            "nobody is subscribed",
            answers(200, {"id": "", "errors": ["All included players are not subscribed"]}),
            "rejected",
        ),
        Expected(
            "a user whom it does not know",
            answers(
                200,
                {
                    "id": str(uuid.UUID(int=1)),
                    "errors": {"invalid_aliases": {"external_id": ["x"]}},
                },
            ),
            "rejected",
        ),
        Expected("a request that is malformed", answers(400, {"errors": ["no"]}), "rejected"),
        Expected("an answer that names no message", answers(200, {"recipients": 1}), "ambiguous"),
        Expected("warnings beside a message", answers(200, {"id": "m", "errors": {}}), "accepted"),
    )
    expected_back = (
        ExpectedBack(
            "it was sent already",
            answers(400, {"errors": ["Notification has already been sent to all recipients"]}),
            "too_late",
        ),
        ExpectedBack(
            "no such app", answers(400, {"errors": ["app_id not found"]}), "uncertain", True
        ),
        ExpectedBack(
            "it is gone", answers(404, {"errors": ["Notification not found"]}), "too_late"
        ),
        ExpectedBack("it did not work", answers(200, {"success": False}), "uncertain"),
    )

    def provider(self, *, secret: str = SECRET) -> Provider:
        given = {
            "url": self.url,
            "app_id": APP,
            "api_key": secret,
            "send": self.way,
            "templates": TEMPLATES,
        }
        return OneSignal.model_validate(given)

    def handle(self, call: Call) -> Reply:
        if call.headers.get("authorization") != f"Key {SECRET}":
            return Reply(403, {"errors": ["Access denied. Please include a valid key."]})
        if call.method == "DELETE":
            return self.stop(call)
        document = call.json()
        if call.path != "/notifications?c=email" or document["app_id"] != APP:
            return Reply(400, {"errors": ["app_id not found"]})
        if document["target_channel"] != "email":
            return Reply(400, {"errors": ["target_channel is not valid"]})
        assert uuid.UUID(document["idempotency_key"]).version == 4
        return self.once(document["idempotency_key"], call, lambda: self.send(document))

    def send(self, document: Any) -> Reply:
        if not self.has_content(document):
            return Reply(400, {"errors": ["Message Notifications must have content"]})
        users = document["include_aliases"]["external_id"]
        if POISON in users:
            errors = {"invalid_aliases": {"external_id": users}}
            return Reply(200, {"id": "", "external_id": None, "errors": errors})
        intent_id = document["name"].split()[-1]
        self.store(intent_id, {**document, "read": self.read(document)})
        named = uuid.uuid5(uuid.NAMESPACE_URL, document["idempotency_key"])
        return Reply(200, {"id": str(named), "external_id": document["idempotency_key"]})

    def stop(self, call: Call) -> Reply:
        """Stop a message that is still going out."""
        named, _, query = call.path.removeprefix("/notifications/").partition("?")
        if query != f"app_id={APP}":
            return Reply(400, {"errors": ["app_id not found"]})
        for intent_id, stored in self.ledger.items():
            names = [str(uuid.uuid5(uuid.NAMESPACE_URL, one["idempotency_key"])) for one in stored]
            if named in names:
                return self.stopped(intent_id)
        return Reply(404, {"errors": ["Notification not found"]})

    def stopped(self, intent_id: str) -> Reply:
        """What a stop comes to: what was sent on stays sent."""
        if intent_id in self.breaks_at:
            return Reply(500, {"errors": ["internal"]})
        if intent_id in self.sent_on:
            errors = ["Notification has already been sent to all recipients"]
            return Reply(400, {"errors": errors})
        self.ledger[intent_id] = []
        return Reply(200, {"success": True})

    def has_content(self, document: Any) -> bool:
        """Whether there is something to send."""
        assert document["custom_data"]["intent_id"] in document["name"]
        return document["template_id"] in TEMPLATES.values()

    def read(self, document: Any) -> str:
        """What the user reads."""
        return str(document["custom_data"]["body"])


class FakeMessages(FakeTemplates):
    """``/notifications`` with text of ours."""

    way = "message"
    knows_templates = False

    def has_content(self, document: Any) -> bool:
        assert "custom_data" not in document, "it goes with a template only"
        return bool(document["email_subject"] and document["email_body"])

    def read(self, document: Any) -> str:
        return html.unescape(document["email_body"].replace("<br>\n", "\n"))


CASES = [Case("onesignal template", FakeTemplates), Case("onesignal message", FakeMessages)]
