"""Klaviyo on 127.0.0.1: events alone and in bulk, each counted once a profile, metric and key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from deliver.destinations.klaviyo import Klaviyo
from deliver.wire import Provider
from tests.deliver.destinations.fake import POISON, SECRET, Case, Expected, Fake
from tests.deliver.loopback import Call, Reply, answers

_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")


def _error(code: str, detail: str, pointer: str, status: int = 400) -> dict[str, Any]:
    return {
        "id": "752f7ece-af20-44e0-aa3a-b13290d98e72",
        "status": status,
        "code": code,
        "title": "Invalid input.",
        "detail": detail,
        "source": {"pointer": pointer},
        "links": {},
        "meta": {},
    }


def _errors(*errors: dict[str, Any]) -> dict[str, Any]:
    return {"errors": [*errors]}


class FakeKlaviyo(Fake):
    """``/api/events`` and ``/api/event-bulk-create-jobs``."""

    batch = 1_000
    batch_bytes = 5_000_000
    remembers = True
    knows_templates = False
    too_long = 100_001
    expected: ClassVar[Any] = (
        Expected(
            "an event that is not valid",
            answers(400, _errors(_error("invalid", "Invalid email address", "/data/attributes"))),
            "rejected",
        ),
        Expected(
            "a key without the scope",
            answers(403, _errors(_error("permission_denied", "events:write", "/data", 403))),
            "retry_after",
            True,
        ),
        Expected(
            "a version of the API that was retired",
            answers(410, _errors(_error("gone", "This revision is retired", "/data", 410))),
            "retry_after",
            True,
        ),
        Expected("a path that is not there", answers(404), "retry_after", True),
        Expected("an answer that is none of its own", answers(204), "ambiguous"),
    )

    def provider(self, *, secret: str = SECRET) -> Provider:
        return Klaviyo.model_validate(self.settings() | {"api_key": secret})

    def settings(self) -> dict[str, Any]:
        return {"url": self.url, "api_key": SECRET, "templates": {"other": "Other metric"}}

    def handle(self, call: Call) -> Reply:
        if call.headers.get("authorization") != f"Klaviyo-API-Key {SECRET}":
            wrong = _error("not_authenticated", "Missing or invalid private key.", "/data/", 401)
            return Reply(401, _errors(wrong))
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", call.headers.get("revision", "")):
            return Reply(400, _errors(_error("invalid", "No revision header", "/data/")))
        if call.headers.get("content-type") != "application/vnd.api+json":
            return Reply(415, _errors(_error("unsupported", "media type", "/data/", 415)))
        if len(call.body) > 5_000_000:
            return Reply(413, _errors(_error("too_large", "payload", "/data/", 413)))
        return self.take(call.path, call.json()["data"])

    def take(self, path: str, data: Any) -> Reply:
        if path == "/api/events":
            event, start = data["attributes"], "/data/attributes"
            found = [(event["profile"], event, start)] if data["type"] == "event" else []
        elif path == "/api/event-bulk-create-jobs":
            found = [*_bulk(data)]
        else:
            return Reply(404, _errors(_error("not_found", path, "/data/", 404)))
        errors = [_error("invalid", why, at) for *pair, at in found if (why := _wrong(*pair))]
        if errors or not 1 <= len(found) <= 1_000:
            return Reply(400, _errors(*errors or [_error("invalid", "1 to 1000", "/data/")]))
        for profile, event, _ in found:
            self.count(profile, event)
        return Reply(202)

    def count(self, profile: Any, event: Any) -> None:
        who = profile["data"]["attributes"]
        metric = event["metric"]["data"]["attributes"]["name"]
        key = f"{sorted(who.items())} {metric} {event['unique_id']}"
        if key not in self.keys:
            self.keys[key] = b"", Reply(202)
            self.store(event["properties"]["intent_id"], {**event, "profile": who})


def _bulk(data: Any) -> Iterator[tuple[Any, Any, str]]:
    assert data["type"] == "event-bulk-create-job"
    for place, one in enumerate(data["attributes"]["events-bulk-create"]["data"]):
        assert one["type"] == "event-bulk-create"
        start = f"/data/attributes/events-bulk-create/data/{place}/attributes"
        for event in one["attributes"]["events"]["data"]:
            assert event["type"] == "event"
            yield one["attributes"]["profile"], event["attributes"], start


def _wrong(profile: Any, event: Any) -> str | None:
    who = profile["data"]["attributes"]
    if not any(who.get(name) for name in ("email", "phone_number", "external_id")):
        return "One of email, phone_number, external_id is required"
    if any(POISON in str(value) for value in who.values()):
        return "Invalid email address"
    if not _ISO.fullmatch(event["time"]) or not 1 <= len(event["unique_id"]) <= 255:
        return "Invalid time or unique_id"
    if len(event["properties"]) > 400:
        return "Too many properties"
    if any(len(str(value).encode()) > 100_000 for value in event["properties"].values()):
        return "A string is too long"
    return None


class FakeKlaviyoByUser(FakeKlaviyo):
    """The same, with profiles that are known by our user's id."""

    def settings(self) -> dict[str, Any]:
        return {**super().settings(), "identify_by": "user_id"}


CASES = [Case("klaviyo address", FakeKlaviyo), Case("klaviyo user", FakeKlaviyoByUser)]
