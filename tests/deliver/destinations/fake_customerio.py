"""Customer.io on 127.0.0.1: batches of events, and transactional messages."""

from __future__ import annotations

import base64
from typing import Any

from ulid import ULID

from deliver.destinations.customerio import CustomerIo
from deliver.wire import Provider
from tests.deliver.destinations.fake import POISON, SECRET, Case, Expected, Fake
from tests.deliver.loopback import Call, Reply, answers

SITE = "site-1"
TEMPLATES = {"weekly": "12", "other": "receipt_mail"}
UNAUTHORIZED = Reply(401, {"meta": {"error": "Unauthorized request"}})


class FakeEvents(Fake):
    """``/api/v2/batch``, which drops events whose ULID it has seen."""

    batch = 1_000
    batch_bytes = 500_000
    remembers = True
    errors_by = "index"
    trusts_status = True
    knows_templates = False
    expected = (
        Expected("a request that is malformed", answers(400, {"errors": []}), "rejected"),
        Expected("207 that names nobody", answers(207, {"errors": []}), "ambiguous"),
        Expected("207 that cannot be read", answers(207, b"{'"), "ambiguous"),
        Expected(
            "207 that names somebody else",
            answers(207, {"errors": [{"batch_index": 7, "reason": "invalid"}]}),
            "ambiguous",
        ),
        Expected(
            "errors beside 200",
            answers(200, {"errors": [{"batch_index": 0, "reason": "invalid"}]}),
            "rejected",
        ),
    )

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def provider(self, *, secret: str = SECRET) -> Provider:
        given = {"url": self.url, "site_id": SITE, "api_key": secret, "app_url": self.url}
        return CustomerIo.model_validate(given)

    def handle(self, call: Call) -> Reply:
        basic = base64.b64encode(f"{SITE}:{SECRET}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {basic}":
            return UNAUTHORIZED
        if call.path != "/api/v2/batch":
            return Reply(404)
        if len(call.body) > 500_000:
            return Reply(413, {"meta": {"error": "payload too large"}})
        errors = []
        for place, one in enumerate(call.json()["batch"]):
            wrong = self.wrong(one)
            if wrong:
                errors.append({"batch_index": place, **wrong})
            elif one["id"] not in self.seen:
                self.seen.add(one["id"])
                self.store(one["attributes"]["intent_id"], one)
        return Reply(207, {"errors": errors}) if errors else Reply(200, {})

    def wrong(self, event: Any) -> dict[str, str] | None:
        """What is wrong with an event, in the words of the documentation."""
        ULID.from_str(event["id"])
        if event["identifiers"]["id"] == POISON:
            return {"reason": "invalid", "field": "identifiers", "message": "id is invalid"}
        if event["type"] != "person" or event["action"] != "event" or not event["name"]:
            return {"reason": "required", "field": "name", "message": "an event has a name"}
        if not isinstance(event["timestamp"], int):
            return {"reason": "invalid", "field": "timestamp", "message": "not a timestamp"}
        return None


class FakeTransactional(Fake):
    """``/v1/send/email`` of the App API."""

    expected = (
        Expected(
            "no such message",
            answers(404, {"meta": {"error": "transactional message not found"}}),
            "rejected",
        ),
        Expected("an answer that names no delivery", answers(200, {"queued_at": 1}), "ambiguous"),
    )

    def provider(self, *, secret: str = SECRET) -> Provider:
        given = {
            "app_url": self.url,
            "app_key": secret,
            "send": "transactional",
            "templates": TEMPLATES,
        }
        return CustomerIo.model_validate(given)

    def handle(self, call: Call) -> Reply:
        if call.headers.get("authorization") != f"Bearer {SECRET}":
            return UNAUTHORIZED
        if call.path != "/v1/send/email":
            return Reply(404, {"meta": {"error": "not found"}})
        document = call.json()
        if document["transactional_message_id"] not in (12, "receipt_mail"):
            return Reply(400, {"meta": {"error": "invalid transactional_message_id"}})
        if "@" not in document["to"] or not document["identifiers"]["id"]:
            return Reply(400, {"meta": {"error": "to is not an address"}})
        assert document["send_to_unsubscribed"] is False
        intent_id = document["message_data"]["intent_id"]
        self.store(intent_id, document)
        return Reply(200, {"delivery_id": f"delivery-{intent_id}", "queued_at": 1772447400})


CASES = [
    Case("customerio event", FakeEvents),
    Case("customerio transactional", FakeTransactional),
]
