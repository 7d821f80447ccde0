"""Profiles to Iterable: data fields through ``/api/users/bulkUpdate``.

Audiences are one array field, set as a whole. What it did not take it names by user id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from deliver.answers import all_but, by_status, document, every
from deliver.chunks import listed
from deliver.destinations.iterable import Iterable, named
from deliver.sync.profiles import AUDIENCES, Chunk, ProfileChange, chunked
from deliver.wire import Outcome, Plan, Rate, Request, Response

MOST_USERS = 1_000
MOST_BYTES = 3_900_000


class IterableProfiles(NamedTuple):
    """What Iterable is told of users."""

    iterable: Iterable

    @property
    def rates(self) -> Mapping[str, Rate]:
        """Those of the project, and that of the endpoint."""
        return {**self.iterable.rates, "profiles": Rate(burst=5, per_second=5)}

    def plan(self, changes: Sequence[ProfileChange], *, now: datetime) -> Plan:
        """Up to 1,000 users a request."""
        chunks, refused = chunked(changes, _item, count=MOST_USERS, size=MOST_BYTES)
        return Plan(tuple(self._request(one) for one in chunks), tuple(refused))

    def classify(self, request: Request, response: Response, *, now: datetime) -> list[Outcome]:
        """By status, then by the user ids that the answer names as failed."""
        failed = by_status(request, response, now=now)
        if failed is not None:
            return failed
        answer = document(response)
        if not isinstance(answer, dict):
            return every(request, "ambiguous", "The answer is not JSON.")
        failed_ones = named(answer)
        wrong = {
            place: failed_ones[user]
            for place, user in enumerate(request.intent_ids)
            if user in failed_ones
        }
        if answer.get("failCount") and not wrong:
            return every(request, "ambiguous", f"Some users failed: {answer!s:.300}")
        return all_but(request, wrong)

    def _request(self, chunk: Chunk) -> Request:
        key = self.iterable.api_key.get_secret_value()
        headers = {"content-type": "application/json", "api-key": key}
        url = f"{self.iterable.url}/api/users/bulkUpdate"
        return Request(
            "POST", url, headers, listed({}, "users", chunk.bodies), chunk.users, "profiles"
        )


def _item(change: ProfileChange) -> dict[str, Any]:
    return {
        "userId": change.user_id,
        "preferUserId": True,
        "mergeNestedObjects": False,
        "dataFields": {**change.attributes, AUDIENCES: change.audiences},
    }
