"""Profiles to Klaviyo: one profile a request through ``/api/profile-import``, by ``external_id``.

Audiences are one list property, set as a whole, by which a segment there is defined.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from deliver.answers import by_status, every
from deliver.destinations.klaviyo import Klaviyo
from deliver.sync.profiles import AUDIENCES, Chunk, ProfileChange, chunked
from deliver.wire import Outcome, Plan, Rate, Request, Response

MOST_BYTES = 100_000
PROFILES = Rate(burst=75, per_second=(700 - 75) / 60)


class KlaviyoProfiles(NamedTuple):
    """What Klaviyo is told of profiles."""

    klaviyo: Klaviyo

    @property
    def rates(self) -> Mapping[str, Rate]:
        """That of the endpoint."""
        return {"profiles": PROFILES}

    def plan(self, changes: Sequence[ProfileChange], *, now: datetime) -> Plan:
        """A request a user."""
        chunks, refused = chunked(changes, _item, count=1, size=MOST_BYTES)
        return Plan(tuple(self._request(one) for one in chunks), tuple(refused))

    def classify(self, request: Request, response: Response, *, now: datetime) -> list[Outcome]:
        """By status: 200 was there, 201 was made."""
        return by_status(request, response, now=now) or every(request, "accepted")

    def _request(self, chunk: Chunk) -> Request:
        headers = {
            "content-type": "application/vnd.api+json",
            "accept": "application/vnd.api+json",
            "authorization": f"Klaviyo-API-Key {self.klaviyo.api_key.get_secret_value()}",
            "revision": self.klaviyo.revision,
        }
        (body,) = chunk.bodies
        url = f"{self.klaviyo.url}/api/profile-import"
        return Request("POST", url, headers, body, chunk.users, "profiles")


def _item(change: ProfileChange) -> dict[str, Any]:
    kept = {name: value for name, value in change.attributes.items() if value is not None}
    unset = sorted(change.attributes.keys() - kept.keys())
    data: dict[str, Any] = {
        "type": "profile",
        "attributes": {
            "external_id": change.user_id,
            "properties": {**kept, AUDIENCES: change.audiences},
        },
    }
    if unset:
        data["meta"] = {"patch_properties": {"unset": unset}}
    return {"data": data}
