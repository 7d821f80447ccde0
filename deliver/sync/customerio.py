"""Profiles to Customer.io: ``identify`` of people by their id, in batches of the Track API.

Audiences are one array attribute, set as a whole, by which a segment there is defined.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from deliver.answers import all_but, by_status, every
from deliver.chunks import listed
from deliver.destinations.customerio import CustomerIo, not_taken
from deliver.sync.profiles import AUDIENCES, Chunk, ProfileChange, chunked
from deliver.wire import Outcome, Plan, Rate, Request, Response

MOST_USERS = 1_000
MOST_BYTES = 490_000


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
        wrong = not_taken(request, response)
        if wrong is None:
            why = "Some were not taken, and the answer does not say which."
            return every(request, "ambiguous", why)
        return all_but(request, wrong)

    def _request(self, chunk: Chunk) -> Request:
        known = f"{self.customerio.site_id}:{self.customerio.api_key.get_secret_value()}"
        basic = b64encode(known.encode()).decode()
        headers = {"content-type": "application/json", "authorization": f"Basic {basic}"}
        url = f"{self.customerio.url}/api/v2/batch"
        return Request(
            "POST", url, headers, listed({}, "batch", chunk.bodies), chunk.users, "track"
        )


def _item(change: ProfileChange) -> dict[str, Any]:
    return {
        "type": "person",
        "action": "identify",
        "identifiers": {"id": change.user_id},
        "attributes": {**change.attributes, AUDIENCES: change.audiences},
    }
