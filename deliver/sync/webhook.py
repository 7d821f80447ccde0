"""Profiles to a webhook of the team's own: signed, a few users a request."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from deliver.answers import by_status, every
from deliver.chunks import encoded, listed
from deliver.destinations.webhook import Webhook
from deliver.signing import signed_headers
from deliver.sync.profiles import Chunk, ProfileChange, chunked
from deliver.wire import Outcome, Plan, Rate, Request, Response

MOST_BYTES = 18_000
"""Of the items; a body stays below the 20 KB of Standard Webhooks."""
MOST_USERS = 100
TYPE = "profiles.update"
KEY = "idempotency-key"
_NAMES = uuid.UUID("0f7b6a54-6d0e-5b0c-9a52-3f0f6d8f3c11")


class WebhookProfiles(NamedTuple):
    """What a webhook is told of users."""

    webhook: Webhook

    @property
    def rates(self) -> Mapping[str, Rate]:
        """Those of the webhook."""
        return self.webhook.rates

    def plan(self, changes: Sequence[ProfileChange], *, now: datetime) -> Plan:
        """Up to 100 users a request; the same changes have the same ``webhook-id``."""
        chunks, refused = chunked(changes, _item, count=MOST_USERS, size=MOST_BYTES)
        return Plan(tuple(self._request(one, now) for one in chunks), tuple(refused))

    def classify(self, request: Request, response: Response, *, now: datetime) -> list[Outcome]:
        """By status: 2xx took everybody."""
        return by_status(request, response, now=now) or every(request, "accepted")

    def signed(self, request: Request, *, at: datetime) -> Request:
        """With the moment of this attempt."""
        secrets = [one.get_secret_value() for one in self.webhook.secrets]
        signature = signed_headers(request.headers[KEY], request.body, secrets, at=at)
        return request._replace(headers={**request.headers, **signature})

    def _request(self, chunk: Chunk, now: datetime) -> Request:
        data = listed({}, "profiles", chunk.bodies)
        around = encoded({"type": TYPE, "timestamp": f"{now.isoformat()}Z"})
        body = b'{"data":' + data + b"," + around[1:]
        name = str(uuid.uuid5(_NAMES, data.decode()))
        headers = {"content-type": "application/json", KEY: name}
        return Request(
            "POST",
            self.webhook.url,
            headers,
            body,
            chunk.users,
            "requests",
            public_only=not self.webhook.allow_private,
        )


def _item(change: ProfileChange) -> dict[str, Any]:
    return {
        "user_id": change.user_id,
        "attributes": change.attributes,
        "audiences": change.audiences,
        "joined": change.joined,
        "left": change.left,
        "gone": change.gone,
    }
