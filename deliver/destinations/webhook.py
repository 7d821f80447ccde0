"""A signed webhook (Standard Webhooks 1.0): one request a message, to a URL of the team's own.

A receiver that remembers ``webhook-id`` takes a repeated request as the same one, and only the
settings can say whether it does. Without that, after a lost answer nobody can tell. Whether it
takes a message back that it was sent is its own affair, too: it is asked where the settings say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from core.conditions import Frozen
from deliver.answers import by_status, cancel_by_status, every, every_back
from deliver.chunks import Unfit, encoded, items, moment
from deliver.endpoints import over
from deliver.messages import Message
from deliver.public_urls import why_not_called
from deliver.signing import key, signed_headers
from deliver.wire import (
    CancelOutcome,
    CancelPlan,
    Capabilities,
    Handed,
    Outcome,
    Plan,
    Rate,
    Request,
    Response,
)

MOST_BYTES = 20_000
TYPE = "message.send"
CANCEL = "message.cancel"
KEY = "idempotency-key"
"""What a request is about: it has the same id in its signature, however often it is made."""
RATES = {"requests": Rate(burst=50, per_second=50)}


def _usable(secret: SecretStr) -> SecretStr:
    key(secret.get_secret_value())
    return secret


class Webhook(Frozen):
    """Settings of a webhook, and what is sent there."""

    kind: Literal["webhook"] = "webhook"
    url: str
    secrets: tuple[Annotated[SecretStr, AfterValidator(_usable)], ...] = Field(
        min_length=1, max_length=5
    )
    """Each request is signed with all of them: while one is changed, the new one and the old."""
    allow_private: bool = False
    """Whether the receiver is inside the own network, and may be reached without TLS."""
    receiver_remembers_hours: int | None = Field(default=None, ge=1, le=24 * 30)
    """How long the receiver takes two requests of one ``webhook-id`` as one; None: it does not."""
    receiver_takes_back: bool = False
    """Whether the receiver understands ``message.cancel``, and 2xx says that it took it back."""
    rates: Annotated[Mapping[str, Rate], AfterValidator(over(RATES))] = RATES

    @model_validator(mode="after")
    def _may_be_called(self) -> Self:
        why = why_not_called(self.url, allow_private=self.allow_private)
        if why is None:
            return self
        inside = why_not_called(self.url, allow_private=True) is None
        hint = "; inside your own network set allow_private" if inside else ""
        raise ValueError(f"its url {why}{hint}")

    @property
    def capabilities(self) -> Capabilities:
        """Keys, where the receiver remembers them; taking back, where it understands that."""
        hours = self.receiver_remembers_hours
        remembers = timedelta(hours=hours) if hours else None
        return Capabilities(remembers, cancel=self.receiver_takes_back, signs=True)

    def plan(self, messages: Sequence[Message], *, now: datetime) -> Plan:
        """One request a message, below 20 KB; not signed yet: see ``signed``."""
        fit, refused = items(messages, lambda one: _document(one, now), most_bytes=MOST_BYTES)
        requests = [self._request(one.message.intent_id, one.body) for one in fit]
        return Plan(tuple(requests), tuple(refused))

    def signed(self, request: Request, *, at: datetime) -> Request:
        """With the moment of this attempt: receivers refuse what is older than five minutes."""
        (intent_id,) = request.intent_ids
        secrets = [one.get_secret_value() for one in self.secrets]
        named = request.headers.get(KEY, intent_id)
        signature = signed_headers(named, request.body, secrets, at=at)
        return request._replace(headers={**request.headers, **signature})

    def classify(self, request: Request, response: Response, *, now: datetime) -> list[Outcome]:
        """2xx is taken, everything else is by status; nothing is read from the body."""
        if response.status in (404, 405):
            why = f"{response.status}: nobody takes messages at this URL."
            return every(request, "retry_after", why, pauses=True)
        return by_status(request, response, now=now) or every(request, "accepted")

    def plan_cancel(self, messages: Sequence[Handed], *, now: datetime) -> CancelPlan:
        """One request a message, under an id of its own."""
        asked = f"{now.isoformat(timespec='seconds')}Z"
        requests = []
        for one in messages:
            document = {"type": CANCEL, "timestamp": asked, "data": {"intent_id": one.intent_id}}
            key = f"{one.intent_id}-cancel"
            requests.append(self._request(one.intent_id, encoded(document), key=key))
        return CancelPlan(tuple(requests))

    def classify_cancel(
        self, request: Request, response: Response, *, now: datetime
    ) -> list[CancelOutcome]:
        """2xx says that it was taken back; 409 that it was sent on, 404 and 410 that it is gone."""
        failed = cancel_by_status(request, response, now=now)
        return failed or every_back(request, "taken_back")

    def _request(self, intent_id: str, body: bytes, *, key: str | None = None) -> Request:
        headers = {"content-type": "application/json", KEY: key or intent_id}
        return Request(
            "POST",
            self.url,
            headers,
            body,
            (intent_id,),
            "requests",
            public_only=not self.allow_private,
        )


def _document(message: Message, now: datetime) -> Mapping[str, Any] | Unfit:
    if not message.user_id:
        return Unfit("The user has no id.")
    data = {
        "intent_id": message.intent_id,
        "decision_id": message.decision_id,
        "trace_id": message.trace_id,
        "user_id": message.user_id,
        "channel": message.channel,
        "address": message.address,
        "subject": message.subject,
        "body": message.body,
        "html": message.html,
        "action_key": message.action_key,
        "policy_key": message.policy_key,
        "message_class": message.message_class,
        "template": message.template,
        "variables": {**message.variables},
    }
    return {"type": TYPE, "timestamp": f"{moment(message, now).isoformat()}Z", "data": data}
