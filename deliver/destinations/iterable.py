"""Iterable: messages as sends of its campaigns, as entries into its journeys, or as events.

Iterable knows no keys for sends. An event goes with the intent's id, under which a repetition
replaces what is stored; whether a journey starts anew is not documented, so that counts as no key
either. In its API reference: requests, errors, errors of a batch by value, 10 batches a second.
Not there: a limit for single sends (30 a second are assumed), and which headers a 429 has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator

from core.conditions import Frozen
from deliver.answers import by_status, document, every
from deliver.chunks import Item, Unfit, cut, framed, intent_ids, items, moment, properties, theirs
from deliver.endpoints import Endpoint, Key, over
from deliver.messages import Message
from deliver.receipts.proofs import ReceiptSecret
from deliver.wire import Capabilities, Outcome, Plan, Rate, Request, Response

MOST_EVENTS = 1_000
MOST_BYTES = 4_000_000
_ROOM = 1_000
RATES = {"single": Rate(burst=30, per_second=30), "bulk": Rate(burst=10, per_second=10)}
PATHS = {
    "email": "/api/email/target",
    "push": "/api/push/target",
    "sms": "/api/sms/target",
    "in_app": "/api/inApp/target",
    "web_push": "/api/webPush/target",
}
_JOURNEY = "/api/workflows/triggerWorkflow"


class Iterable(Frozen):
    """Settings of an Iterable project, and what is sent there."""

    kind: Literal["iterable"] = "iterable"
    url: Endpoint = "https://api.iterable.com"
    """``https://api.eu.iterable.com`` for projects in the EU."""
    api_key: Key
    receipt_secret: ReceiptSecret | None = None
    """The token that system webhooks show when they tell what became of messages."""
    send: Literal["campaign", "journey", "event"] = "campaign"
    templates: Mapping[str, str] = {}
    """Our template or action → the number of the campaign or journey."""
    known_by: Literal["user_id", "email"] = "user_id"
    """By what the project identifies users."""
    event_name: str = "pilothouse_message"
    most_events: int = Field(default=MOST_EVENTS, ge=1, le=MOST_EVENTS)
    rates: Annotated[Mapping[str, Rate], AfterValidator(over(RATES))] = RATES

    @field_validator("templates")
    @classmethod
    def _are_numbers(cls, templates: Mapping[str, str]) -> Mapping[str, str]:
        for key, number in templates.items():
            if not re.fullmatch("[0-9]{1,18}", number):
                raise ValueError(f"{key} must be the number of a campaign or journey")
        return templates

    @property
    def capabilities(self) -> Capabilities:
        """No keys; errors by value for events."""
        return Capabilities(None, "value" if self.send == "event" else "none")

    def plan(self, messages: Sequence[Message], *, now: datetime) -> Plan:
        """One request a message, or batches of events in which nobody is twice."""

        def item(message: Message) -> Mapping[str, Any] | Unfit:
            if not self._who(message):
                return Unfit(f"The user has no {self.known_by.replace('_', ' ')}.")
            if self.send == "event":
                return self._event(message, moment(message, now))
            return self._single(message)

        fit, refused = items(messages, item, most_bytes=MOST_BYTES - _ROOM)
        requests = self._batches(fit) if self.send == "event" else map(self._alone, fit)
        return Plan(tuple(requests), tuple(refused))

    def classify(self, request: Request, response: Response, *, now: datetime) -> list[Outcome]:
        """By status, then by ``code``; of events by the users that are named."""
        if self.send == "event" and response.status == 404:
            return every(request, "retry_after", f"There is no {request.url}.", pauses=True)
        failed = by_status(request, response, now=now)
        if failed is not None:
            return failed
        answer = document(response)
        if not isinstance(answer, dict):
            return every(request, "ambiguous", "The answer is not JSON.")
        if self.send == "event" and "failCount" in answer:
            return self._tracked(request, answer)
        code = answer.get("code")
        if code == "Success" and self.send != "event":
            return every(request, "accepted")
        if isinstance(code, str) and code != "Success":
            return every(request, "rejected", f"{code}: {answer.get('msg')}")
        return every(request, "ambiguous", f"The answer says nothing of it: {answer!s:.300}")

    def _who(self, message: Message) -> str:
        return message.user_id if self.known_by == "user_id" else message.address

    def _batches(self, fit: Sequence[Item]) -> Iterator[Request]:
        # An error names a user: two events of one would be told apart by nothing.
        size, apart = MOST_BYTES - _ROOM, (self._who,)
        for chunk in cut(fit, count=self.most_events, size=size, apart=apart):
            body = framed({}, "events", chunk)
            yield self._post("/api/events/trackBulk", body, chunk, "bulk")

    def _alone(self, one: Item) -> Request:
        return self._post(self._path(one.message), one.body, [one], "single")

    def _post(self, path: str, body: bytes, chunk: Sequence[Item], limit: str) -> Request:
        headers = {"api-key": self.api_key.get_secret_value(), "content-type": "application/json"}
        return Request("POST", f"{self.url}{path}", headers, body, intent_ids(chunk), limit)

    def _path(self, message: Message) -> str:
        return _JOURNEY if self.send == "journey" else PATHS[message.channel]

    def _event(self, message: Message, at: datetime) -> Mapping[str, Any]:
        return {
            "userId" if self.known_by == "user_id" else "email": self._who(message),
            "eventName": self.event_name,
            "id": message.intent_id,
            "createdAt": int(at.replace(tzinfo=UTC).timestamp()),
            "dataFields": properties(message),
        }

    def _single(self, message: Message) -> Mapping[str, Any] | Unfit:
        number = theirs(message, self.templates)
        if isinstance(number, Unfit):
            return number
        told = properties(message)
        if self.send == "journey":
            who = "userId" if self.known_by == "user_id" else "email"
            return {"workflowId": int(number), who: self._who(message), "dataFields": told}
        if message.channel not in PATHS:
            return Unfit(f"Iterable sends no {message.channel}: it sends {', '.join(PATHS)}.")
        who = "recipientUserId" if self.known_by == "user_id" else "recipientEmail"
        return {
            "campaignId": int(number),
            who: self._who(message),
            "dataFields": told,
            "metadata": {name: told[name] for name in ("intent_id", "decision_id", "policy_key")},
        }

    def _tracked(self, request: Request, answer: Mapping[str, Any]) -> list[Outcome]:
        many = len(request.intent_ids)
        disallowed = answer.get("disallowedEventNames")
        if isinstance(disallowed, list) and self.event_name in disallowed:
            return every(request, "rejected", f"Iterable takes no event {self.event_name}.")
        wrong = named(answer)
        by_intent = self._failed(request, wrong)
        if answer["failCount"] == len(by_intent):
            return [
                Outcome(one, "rejected", by_intent[one])
                if one in by_intent
                else Outcome(one, "accepted")
                for one in request.intent_ids
            ]
        if answer["failCount"] == many:
            return every(request, "rejected", f"All events failed: {answer!s:.300}")
        return every(request, "ambiguous", f"Some events failed: {answer!s:.300}")

    def _failed(self, request: Request, wrong: Mapping[str, str]) -> dict[str, str]:
        """Intent → why its event failed."""
        sent = json.loads(request.body)["events"]
        users = [one.get("userId") or one.get("email") for one in sent]
        pairs = zip(request.intent_ids, users, strict=True)
        return {intent_id: wrong[user] for intent_id, user in pairs if user in wrong}


def named(answer: Mapping[str, Any]) -> dict[str, str]:
    """User id or address → the lists of a batch's answer that name it."""
    updates = answer.get("failedUpdates")
    lists = {**answer, **(updates if isinstance(updates, dict) else {})}
    return {
        str(user): name
        for name, users in lists.items()
        if name.endswith(("Emails", "UserIds")) and isinstance(users, list)
        for user in users
    }
