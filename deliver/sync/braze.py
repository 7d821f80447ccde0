"""Profiles to Braze: custom attributes through ``/users/track``, 75 users a request.

Audiences are one array attribute, set as a whole, so that telling it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from deliver.answers import all_but, by_status, document, every
from deliver.chunks import listed
from deliver.destinations.braze import Braze, by_index
from deliver.sync.profiles import AUDIENCES, Chunk, ProfileChange, chunked
from deliver.wire import Outcome, Plan, Rate, Request, Response

MOST_USERS = 75
MOST_BYTES = 3_900_000


class BrazeProfiles(NamedTuple):
    """What Braze is told of users that it has; none is created."""

    braze: Braze

    @property
    def rates(self) -> Mapping[str, Rate]:
        """Those of the account."""
        return self.braze.rates

    def plan(self, changes: Sequence[ProfileChange], *, now: datetime) -> Plan:
        """Up to as many users a request as events may be in one."""
        most = min(self.braze.most_events, MOST_USERS)
        chunks, refused = chunked(changes, _item, count=most, size=MOST_BYTES)
        return Plan(tuple(self._request(one) for one in chunks), tuple(refused))

    def classify(self, request: Request, response: Response, *, now: datetime) -> list[Outcome]:
        """By status, then by ``message``, then by the index of each attributes object."""
        failed = by_status(request, response, now=now)
        if failed is not None:
            return failed
        answer = document(response)
        if not isinstance(answer, dict):
            return every(request, "ambiguous", "The answer is not JSON.")
        if answer.get("message") not in ("success", "queued"):
            return every(request, "rejected", str(answer.get("message")))
        errors = answer.get("errors") or []
        wrong = by_index(errors, "attributes", len(request.intent_ids))
        if wrong is None:
            return every(request, "ambiguous", f"Taken, with errors: {errors!s:.300}")
        return all_but(request, wrong)

    def _request(self, chunk: Chunk) -> Request:
        key = self.braze.api_key.get_secret_value()
        headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
        url = f"{self.braze.url}/users/track"
        body = listed({}, "attributes", chunk.bodies)
        return Request("POST", url, headers, body, chunk.users, "track")


def _item(change: ProfileChange) -> dict[str, Any]:
    return {
        **change.attributes,
        "external_id": change.user_id,
        "_update_existing_only": True,
        AUDIENCES: change.audiences,
    }
