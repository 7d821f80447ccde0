"""Iterable on 127.0.0.1: sends of campaigns, journeys and batches of events."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from deliver.destinations.iterable import Iterable
from deliver.wire import Provider
from tests.deliver.destinations.fake import POISON, SECRET, Case, Expected, Fake
from tests.deliver.loopback import Call, Reply, answers

TEMPLATES = {"weekly": "4711", "other": "4712"}


def _says(code: str, status: int) -> Reply:
    return Reply(status, {"msg": f"It is {code}.", "code": code, "params": None})


class _FakeIterable(Fake):
    way: ClassVar[Literal["campaign", "journey", "event"]]
    expected: ClassVar[Any] = (
        Expected(
            "a failure with 200",
            answers(200, {"msg": "no", "code": "GenericError", "params": None}),
            "rejected",
        ),
        Expected(
            "a user who was forgotten", answers(409, {"code": "ForgottenUserError"}), "rejected"
        ),
        Expected(
            "a user whom it does not know", answers(400, {"code": "UnknownUserIdError"}), "rejected"
        ),
        Expected("a queue that broke", answers(500, {"code": "QueueEmailError"}), "ambiguous"),
        Expected("an answer without a code", answers(200, {"msg": "?"}), "ambiguous"),
    )

    def provider(self, *, secret: str = SECRET) -> Provider:
        given = {"url": self.url, "api_key": secret, "send": self.way, "templates": TEMPLATES}
        return Iterable.model_validate(given)

    def handle(self, call: Call) -> Reply:
        if call.headers.get("api-key") != SECRET:
            return _says("BadApiKey", 401)
        if not call.headers.get("content-type", "").startswith("application/json"):
            return _says("BadJsonBody", 400)
        if len(call.body) > 4_000_000:
            return Reply(413)
        return self.take(call)

    def take(self, call: Call) -> Reply:
        raise NotImplementedError

    def one(self, what: str, number: Any, user: str, told: Any, document: Any) -> Reply:
        """Take a send to one user."""
        if str(number) not in TEMPLATES.values() or not isinstance(number, int):
            return _says("BadParams", 400)
        if user == POISON:
            return _says("UnknownUserIdError", 400)
        self.store(told["intent_id"], document)
        return Reply(200, {"msg": what, "code": "Success", "params": None})


class FakeCampaign(_FakeIterable):
    """``/api/email/target``."""

    way = "campaign"

    def take(self, call: Call) -> Reply:
        document = call.json()
        if call.path != "/api/email/target" or "recipientEmail" in document:
            return _says("BadParams", 400)
        assert document["metadata"]["intent_id"] == document["dataFields"]["intent_id"]
        user, told = document["recipientUserId"], document["metadata"]
        return self.one("Sent", document["campaignId"], user, told, document)


class FakeJourney(_FakeIterable):
    """``/api/workflows/triggerWorkflow``."""

    way = "journey"

    def take(self, call: Call) -> Reply:
        document = call.json()
        if call.path != "/api/workflows/triggerWorkflow" or "listId" in document:
            return _says("BadParams", 400)
        user, told = document["userId"], document["dataFields"]
        return self.one("Triggered", document["workflowId"], user, told, document)


class FakeEvents(_FakeIterable):
    """``/api/events/trackBulk``, which names the users whose events it did not take."""

    way = "event"
    batch = 1_000
    batch_bytes = 4_000_000
    errors_by = "value"
    knows_templates = False
    expected = (
        Expected("a batch that is too large", answers(400, {"code": "BatchTooLarge"}), "rejected"),
        Expected(
            "an event that it does not want",
            answers(
                200,
                {
                    "successCount": 0,
                    "failCount": 1,
                    "disallowedEventNames": ["pilothouse_message"],
                },
            ),
            "rejected",
        ),
        Expected(
            "all of it failed, and nobody is named",
            answers(200, {"successCount": 0, "failCount": 1}),
            "rejected",
        ),
        Expected("an answer without counts", answers(200, {"msg": "?"}), "ambiguous"),
    )

    def take(self, call: Call) -> Reply:
        events = call.json()["events"]
        if call.path != "/api/events/trackBulk" or not isinstance(events[0]["createdAt"], int):
            return _says("BadParams", 400)
        if len(events) > 1_000:
            return _says("BatchTooLarge", 400)
        missing = [one["userId"] for one in events if one["userId"] == POISON]
        for one in events:
            if one["userId"] != POISON:
                assert one["id"] == one["dataFields"]["intent_id"]
                # An event under an id that is there replaces it.
                self.ledger.pop(one["id"], None)
                self.store(one["id"], one)
        done = {"successCount": len(events) - len(missing), "failCount": len(missing)}
        lists = {"invalidEmails": [], "invalidUserIds": missing, "disallowedEventNames": []}
        return Reply(200, {**done, **lists, "failedUpdates": {"notFoundUserIds": missing}})


CASES = [
    Case("iterable campaign", FakeCampaign),
    Case("iterable journey", FakeJourney),
    Case("iterable event", FakeEvents),
]
