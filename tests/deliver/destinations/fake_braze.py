"""Braze on 127.0.0.1: campaigns, Canvases, events, messages and transactional e-mail."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Literal

from deliver.destinations.braze import Braze
from deliver.wire import Provider
from tests.deliver.destinations.fake import POISON, SECRET, Case, Expected, Fake
from tests.deliver.loopback import Call, Reply, answers

TEMPLATES = {"weekly": "5d0b7d4e-campaign", "other": "9a1c-other"}
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_FAILURE = Expected(
    "a failure with 200",
    answers(200, {"message": "Invalid Campaign ID", "errors": []}),
    "rejected",
)
_REFUSED = Expected(
    "a campaign that it does not know", answers(400, {"message": "Invalid Campaign ID"}), "rejected"
)
_QUEUED = Expected("queued for maintenance", answers(202, {"message": "queued"}), "accepted")
_KEY = Expected(
    "a key that it does not know", answers(404, {"message": "Not Found"}), "retry_after", True
)
_VAGUE = Expected(
    "errors that name nobody",
    answers(201, {"message": "success", "errors": ["a minor error"]}),
    "ambiguous",
)


class _FakeBraze(Fake):
    way: ClassVar[Literal["campaign", "canvas", "event", "message", "transactional"]]
    batch_bytes = 4_000_000
    expected: ClassVar[Any] = (_FAILURE, _REFUSED, _QUEUED, _KEY, _VAGUE)

    def provider(self, *, secret: str = SECRET) -> Provider:
        return Braze.model_validate(
            {
                "url": self.url,
                "api_key": secret,
                "send": self.way,
                "templates": TEMPLATES,
                "app_id": "app-1",
                "sender": "Pilothouse <hello@example.com>",
            }
        )

    def handle(self, call: Call) -> Reply:
        if call.headers.get("authorization") != f"Bearer {SECRET}":
            return Reply(401, {"message": "Invalid API key"})
        if not call.headers.get("content-type", "").startswith("application/json"):
            return Reply(400, {"message": "Bad Request"})
        if len(call.body) > self.batch_bytes:
            return Reply(413, {"message": "Request Entity Too Large"})
        return self.take(call)

    def take(self, call: Call) -> Reply:
        raise NotImplementedError

    def success(self, **more: Any) -> Reply:
        reset = {"x-ratelimit-limit": "250000", "x-ratelimit-remaining": "249999"}
        return Reply(201, {"message": "success", "dispatch_id": "dispatch-1", **more}, reset)


class FakeCampaign(_FakeBraze):
    """``/campaigns/trigger/send``, which drops a recipient that a request names again."""

    way = "campaign"
    batch = 50
    path, identifier, told = "/campaigns/trigger/send", "campaign_id", "trigger_properties"

    def take(self, call: Call) -> Reply:
        document = call.json()
        recipients = document["recipients"]
        if call.path != self.path or document[self.identifier] not in TEMPLATES.values():
            return Reply(400, {"message": "Invalid Campaign ID"})
        if document["broadcast"] is not False:
            return Reply(400, {"message": "a broadcast takes no recipients"})
        if len(recipients) > 50:
            what = "The max number of external_ids and aliases per request was exceeded"
            return Reply(400, {"message": what})
        named = {one["external_user_id"]: one for one in reversed(recipients)}
        for one in named.values():
            assert one["send_to_existing_only"] is True
            self.store(one[self.told]["intent_id"], one)
        return self.success()


class FakeCanvas(FakeCampaign):
    """``/canvas/trigger/send``."""

    way = "canvas"
    path, identifier, told = "/canvas/trigger/send", "canvas_id", "canvas_entry_properties"


class FakeTrack(_FakeBraze):
    """``/users/track``, which says by index which events it did not take."""

    way = "event"
    batch = 75
    errors_by = "index"
    knows_templates = False

    def take(self, call: Call) -> Reply:
        events = call.json()["events"]
        if call.path != "/users/track":
            return Reply(404, {"message": "Not Found"})
        if len(events) > 75:
            return Reply(400, {"message": "Max Input Length Exceeded"})
        errors = []
        for place, one in enumerate(events):
            wrong = self.wrong(one)
            if wrong:
                errors.append({"type": wrong, "input_array": "events", "index": place})
            else:
                self.store(one["properties"]["intent_id"], one)
        done = {"message": "success", "events_processed": len(events) - len(errors)}
        return Reply(201, {**done, "errors": errors} if errors else done)

    def wrong(self, event: Any) -> str | None:
        if not event.get("external_id"):
            return "One of 'external_id', 'user_alias', 'braze_id' must be present"
        if event["external_id"] == POISON:
            return "provided external_id is blacklisted and disallowed"
        if not _ISO.fullmatch(event["time"]):
            return "'time' is not a valid time"
        return None


class FakeMessages(_FakeBraze):
    """``/messages/send``."""

    way = "message"
    knows_templates = False

    def take(self, call: Call) -> Reply:
        document = call.json()
        if call.path != "/messages/send" or "broadcast" in document:
            return Reply(400, {"message": "Bad Request"})
        if not 1 <= len(document["external_user_ids"]) <= 50:
            return Reply(400, {"message": "The max number of ids per request was exceeded"})
        mail = document["messages"]["email"]
        if not (mail["app_id"] and mail["from"] and mail["body"]):
            return Reply(400, {"message": "No message to send"})
        self.store(mail["extras"]["intent_id"], document)
        return self.success()


class FakeTransactional(_FakeBraze):
    """``/transactional/v1/campaigns/{id}/send``, which remembers ``external_send_id``."""

    way = "transactional"
    remembers = True
    expected = (
        Expected("no such campaign", answers(400, {"message": "Campaign is missing"}), "rejected"),
        Expected("an answer that names nothing", answers(200, {"status": "?"}), "ambiguous"),
    )

    def take(self, call: Call) -> Reply:
        document = call.json()
        key = document["external_send_id"]
        if not re.fullmatch(r"[a-zA-Z0-9\-_+/=]+", key):
            return Reply(400, {"message": "external_send_id is not valid"})
        if call.path not in {
            f"/transactional/v1/campaigns/{one}/send" for one in TEMPLATES.values()
        }:
            return Reply(404, {"message": "Campaign does not exist"})
        if key in self.keys:
            what = "The external reference has been queued.  Please retry to obtain send_id."
            return Reply(400, {"message": what})
        return self.once(key, call, lambda: self.send(key, document))

    def send(self, key: str, document: Any) -> Reply:
        self.store(key, document)
        return Reply(201, {"dispatch_id": f"dispatch-{key}", "status": "sent", "metadata": {}})


CASES = [
    Case("braze campaign", FakeCampaign),
    Case("braze canvas", FakeCanvas),
    Case("braze event", FakeTrack),
    Case("braze message", FakeMessages),
    Case("braze transactional", FakeTransactional),
]
