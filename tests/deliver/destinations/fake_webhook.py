"""A receiver of Standard Webhooks on 127.0.0.1, with a verification of its own."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, ClassVar

from deliver.destinations.webhook import Webhook
from deliver.wire import Provider
from tests.deliver.destinations.fake import SECRET, Case, Expected, ExpectedBack, Fake
from tests.deliver.loopback import Call, Reply, answers


def signing_secret(words: str) -> str:
    """A signing secret that is made of a test's own words."""
    return "whsec_" + b64encode(sha256(words.encode()).digest()).decode()


class FakeReceiver(Fake):
    """A receiver that remembers every ``webhook-id``."""

    remembers = True
    knows_templates = False
    trusts_status = True
    takes_back = True
    expected_back = (
        ExpectedBack("taken back without a word", answers(204), "taken_back"),
        ExpectedBack("it was sent on", answers(409, {"error": "sent"}), "too_late"),
        ExpectedBack("it knows no such messages", answers(405), "too_late"),
    )
    batch_bytes = 20_000
    too_long = 20_000
    expected: ClassVar[Any] = (
        Expected("taken without a word", answers(204), "accepted"),
        Expected("nobody there", answers(404, b"not found"), "retry_after", True),
        Expected("gone for good", answers(410), "retry_after", True),
        Expected("a page that moved", answers(301, location="/new"), "retry_after", True),
        Expected("a gateway without a server", answers(502, b"<html>"), "ambiguous"),
    )

    def provider(self, *, secret: str = SECRET) -> Provider:
        return Webhook.model_validate(self.settings() | {"secrets": [signing_secret(secret)]})

    def settings(self) -> dict[str, Any]:
        return {
            "url": f"{self.url}/hooks/pilothouse?team=growth",
            "secrets": [signing_secret(SECRET)],
            "allow_private": True,
            "receiver_remembers_hours": 48,
            "receiver_takes_back": self.takes_back,
        }

    def handle(self, call: Call) -> Reply:
        if (call.method, call.path) != ("POST", "/hooks/pilothouse?team=growth"):
            return Reply(404)
        if not _is_signed(call, self.now) or len(call.body) > 20_000:
            return Reply(401, {"error": "signature"})
        document = call.json()
        assert {*document} == {"type", "timestamp", "data"}
        intent_id = document["data"]["intent_id"]
        assert call.headers["webhook-id"] == call.headers["idempotency-key"]
        if document["type"] == "message.cancel":
            assert call.headers["webhook-id"] == f"{intent_id}-cancel"
            return self.stopped(intent_id)
        assert call.headers["webhook-id"] == intent_id
        return self.take(call, document)

    def stopped(self, intent_id: str) -> Reply:
        """What asking for a message comes to: what was sent on stays sent."""
        if intent_id in self.sent_on:
            return Reply(409, {"error": "it was sent on"})
        if not self.ledger.get(intent_id):
            return Reply(404, {"error": "it is not here"})
        self.ledger[intent_id] = []
        return Reply(200, {"ok": True})

    def take(self, call: Call, document: Any) -> Reply:
        key = call.headers["idempotency-key"]
        return self.once(key, call, lambda: self.keep(document))

    def keep(self, document: Any) -> Reply:
        self.store(document["data"]["intent_id"], document)
        return Reply(200, {"ok": True})


class FakeForgetfulReceiver(FakeReceiver):
    """A receiver that takes the same message as often as it comes."""

    remembers = False
    takes_back = False

    def settings(self) -> dict[str, Any]:
        return {**super().settings(), "receiver_remembers_hours": None}

    def take(self, call: Call, document: Any) -> Reply:
        return self.keep(document)


def _is_signed(call: Call, now: datetime) -> bool:
    seconds = call.headers["webhook-timestamp"]
    then = datetime(1970, 1, 1) + timedelta(seconds=int(seconds))
    content = b".".join([call.headers["webhook-id"].encode(), seconds.encode(), call.body])
    secret = b64decode(signing_secret(SECRET).removeprefix("whsec_"))
    expected = b64encode(hmac.digest(secret, content, "sha256")).decode()
    signatures = call.headers["webhook-signature"].split(" ")
    return abs(now - then) <= timedelta(minutes=5) and f"v1,{expected}" in signatures


CASES = [
    Case("webhook that remembers", FakeReceiver),
    Case("webhook that forgets", FakeForgetfulReceiver),
]
