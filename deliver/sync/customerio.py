"""Profiles to Customer.io: ``identify`` of people by their id, in batches of the Track API.

Audiences are one array attribute, set as a whole, by which a segment there is defined.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from deliver.answers import by_status, document
from deliver.destinations.customerio import CustomerIo
from deliver.sync.profiles import Chunk, ProfileChange, chunked, listed
from deliver.wire import Outcome, Plan, Rate, Request, Response

MOST_USERS = 1_000
MOST_BYTES = 490_000
AUDIENCES = "pilothouse_audiences"


class CustomerIoProfiles(NamedTuple):
    """What Customer.io is told of people."""

    customerio: CustomerIo

    @property
    def rates(self) -> Mapping[str, Rate]:
        """Those of the workspace."""
        return self.customerio.rates

    def plan(self, changes: Sequence[ProfileChange], *, now: datetime) -> Plan:
        """Batches of up to 500 KB."""
        chunks, refused = chunked(changes, _item, count=MOST_USERS, size=MOST_BYTES)
        return Plan(tuple(self._request(one) for one in chunks), tuple(refused))

    def classify(self, request: Request, response: Response, *, now: datetime) -> list[Outcome]:
        """By status; 207 names by their place those that were not taken."""
        failed = by_status(request, response, now=now)
        if failed is not None:
            return failed
        answer = document(response)
        errors = answer.get("errors") if isinstance(answer, dict) else None
        wrong = {
            one["batch_index"]: f"{one.get('reason')}: {one.get('message')}"
            for one in errors or []
            if isinstance(one, dict) and isinstance(one.get("batch_index"), int)
        }
        if response.status == 207 and not wrong:
            why = "Some were not taken, and the answer does not say which."
            return [Outcome(user, "ambiguous", why) for user in request.intent_ids]
        return [
            Outcome(user, "rejected", wrong[place]) if place in wrong else Outcome(user, "accepted")
            for place, user in enumerate(request.intent_ids)
        ]

    def _request(self, chunk: Chunk) -> Request:
        known = f"{self.customerio.site_id}:{self.customerio.api_key.get_secret_value()}"
        basic = b64encode(known.encode()).decode()
        headers = {"content-type": "application/json", "authorization": f"Basic {basic}"}
        url = f"{self.customerio.url}/api/v2/batch"
        return Request("POST", url, headers, listed({}, "batch", chunk), chunk.users, "track")


def _item(change: ProfileChange) -> dict[str, Any]:
    return {
        "type": "person",
        "action": "identify",
        "identifiers": {"id": change.user_id},
        "attributes": {**change.attributes, AUDIENCES: change.audiences},
    }
