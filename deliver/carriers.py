"""How messages get to a destination, on this machine or over HTTP, behind one face."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

import structlog

from deliver.answers import every
from deliver.dispatches import Dispatch
from deliver.messages import Destination, Message
from deliver.transport import Answer, NoAnswer, NotSent, Transport, Withheld, always
from deliver.wire import LookedUp, Outcome, Provider, Rate, Request, Response, Signed

log = structlog.get_logger(__name__)

UNDECLARED = Rate(burst=1_000, per_second=1_000.0)
"""The rate of a limit that a provider's settings do not name."""


BEFORE_IT_FORGETS = timedelta(minutes=15)
"""So long before a provider forgets a key nothing is repeated under it: a batch takes a while to
leave, and clocks differ."""


class Parcel(NamedTuple):
    """Messages that leave together."""

    messages: tuple[Message, ...]
    at: datetime
    """The moment that it was packed at."""
    request: Request | None = None
    """None: no request is made, it stays on this machine."""

    @property
    def digest(self) -> str | None:
        """What tells its request from another one: all of it but for who signs it when."""
        if self.request is None:
            return None
        made = "\n".join((self.request.method, self.request.url, "")).encode() + self.request.body
        return hashlib.sha256(made).hexdigest()

    @property
    def ids(self) -> tuple[str, ...]:
        """The intents in it, in order."""
        return tuple(one.intent_id for one in self.messages)

    @property
    def limit(self) -> str:
        """The name of the rate it counts against."""
        return self.request.limit if self.request else "default"


class Carrier(Protocol):
    """Takes messages to one destination."""

    name: str

    def rate(self, limit: str) -> Rate | None:
        """How fast it may be sent to; None: as fast as it takes it."""
        ...

    def pack(
        self, messages: Sequence[Message], *, now: datetime
    ) -> tuple[list[Parcel], list[Outcome]]:
        """Parcels, and what no parcel can be made of. The same messages and moment, the same."""
        ...

    def send(
        self, parcels: Sequence[Parcel], *, now: datetime, still: Callable[[], bool] = always
    ) -> list[Outcome]:
        """Hand over; one outcome per message, and none for those of which nothing left.

        ``still`` is asked right before a request leaves.
        """
        ...

    def look(self, open_ones: Sequence[Dispatch], *, now: datetime) -> dict[str, Outcome]:
        """Intent id → what the destination knows of it; nothing where it cannot tell."""
        ...

    def repeats(self, dispatch: Dispatch, *, now: datetime) -> bool:
        """Whether sending the same once more surely is no second message."""
        ...

    def keeps(self, message: Message) -> Message | None:
        """What has to be kept of a message until its end is known."""
        ...

    def asks(self) -> bool:
        """Whether the destination can be asked what it has."""
        ...

    def looks(self) -> bool:
        """Whether more can be done about an uncertain message without a person."""
        ...


class Local:
    """A destination on this machine: it can always tell what it has."""

    def __init__(self, name: str, destination: Destination) -> None:
        self.name = name
        self._destination = destination

    def rate(self, limit: str) -> Rate | None:
        return None

    def pack(
        self, messages: Sequence[Message], *, now: datetime
    ) -> tuple[list[Parcel], list[Outcome]]:
        return ([Parcel(tuple(messages), now)] if messages else []), []

    def send(
        self, parcels: Sequence[Parcel], *, now: datetime, still: Callable[[], bool] = always
    ) -> list[Outcome]:
        messages = [message for parcel in parcels for message in parcel.messages]
        try:
            receipts = self._destination.send(messages, now=now)
        except OSError as error:
            # A full disk, say: which of them are there is looked up, and others leave meanwhile.
            log.exception("not_written", destination=self.name)
            why = f"It could not be written down: {error.strerror or error}."
            return [Outcome(one.intent_id, "ambiguous", why) for one in messages]
        return [Outcome(one.intent_id, one.outcome, one.reason) for one in receipts]

    def look(self, open_ones: Sequence[Dispatch], *, now: datetime) -> dict[str, Outcome]:
        there = self._destination.holds([one.intent_id for one in open_ones])
        return {
            one.intent_id: Outcome(
                one.intent_id, "accepted" if one.intent_id in there else "retry_after"
            )
            for one in open_ones
        }

    def repeats(self, dispatch: Dispatch, *, now: datetime) -> bool:
        return False  # it is looked up instead

    def keeps(self, message: Message) -> Message | None:
        return None

    def asks(self) -> bool:
        return True

    def looks(self) -> bool:
        return True


class Remote:
    """A provider over HTTP."""

    def __init__(
        self,
        name: str,
        provider: Provider,
        transport: Transport,
        wall: Callable[[], datetime] | None = None,
    ) -> None:
        self.name = name
        self._provider = provider
        self._transport = transport
        self._wall = wall

    def rate(self, limit: str) -> Rate | None:
        return self._provider.rates.get(limit, UNDECLARED)

    def pack(
        self, messages: Sequence[Message], *, now: datetime
    ) -> tuple[list[Parcel], list[Outcome]]:
        plan = self._provider.plan(messages, now=now)
        by_id = {message.intent_id: message for message in messages}
        parcels = [
            Parcel(tuple(by_id[one] for one in request.intent_ids), now, request)
            for request in plan.requests
        ]
        return parcels, list(plan.refused)

    def send(
        self, parcels: Sequence[Parcel], *, now: datetime, still: Callable[[], bool] = always
    ) -> list[Outcome]:
        # A provider knows nothing of a workspace that has a time of its own.
        now = self._wall() if self._wall else now
        requests = [self._ready(parcel.request, now) for parcel in parcels if parcel.request]
        answers = self._transport.send(requests, still=still)
        pairs = zip(requests, answers, strict=True)
        return [one for request, answer in pairs for one in self._became(request, answer, now)]

    def look(self, open_ones: Sequence[Dispatch], *, now: datetime) -> dict[str, Outcome]:
        if not isinstance(self._provider, LookedUp):
            return {}
        asked = [one for one in open_ones if one.message is not None]
        requests = [self._provider.lookup(one.message) for one in asked if one.message is not None]
        told: dict[str, Outcome] = {}
        pairs = zip(asked, requests, self._transport.send(requests), strict=True)
        for one, request, answer in pairs:
            if isinstance(answer, Response) and (outcome := self._found(request, answer)):
                told[one.intent_id] = outcome
        return told

    def repeats(self, dispatch: Dispatch, *, now: datetime) -> bool:
        remembers = self._provider.capabilities.remembers_key
        kept = dispatch.message is not None
        soon = now + BEFORE_IT_FORGETS
        return kept and remembers is not None and soon < dispatch.first_at + remembers

    def keeps(self, message: Message) -> Message | None:
        return message if self.looks() else None

    def asks(self) -> bool:
        return self._provider.capabilities.lookup

    def looks(self) -> bool:
        return self.asks() or self._provider.capabilities.remembers_key is not None

    def _ready(self, request: Request, now: datetime) -> Request:
        if isinstance(self._provider, Signed):
            return self._provider.signed(request, at=now)
        return request

    def _found(self, request: Request, answer: Response) -> Outcome | None:
        assert isinstance(self._provider, LookedUp)
        try:
            return self._provider.found(request, answer)
        except Exception:
            # What our own reading of an answer stumbled over tells nothing of the message.
            log.exception("answer_not_understood", destination=self.name, status=answer.status)
            return None

    def _became(self, request: Request, answer: Answer, now: datetime) -> list[Outcome]:
        if isinstance(answer, Withheld):
            return []
        if isinstance(answer, NotSent):
            return every(request, "retry_after", answer.reason)
        if isinstance(answer, NoAnswer):
            return every(request, "ambiguous", answer.reason)
        try:
            told = self._provider.classify(request, answer, now=now)
        except Exception:
            # The request was made: what our own reading of its answer stumbled over is not "no".
            log.exception("answer_not_understood", destination=self.name, status=answer.status)
            return every(request, "ambiguous", f"The answer ({answer.status}) was not understood.")
        return _whole(request, told)


def _whole(request: Request, told: Iterable[Outcome]) -> list[Outcome]:
    """One outcome for each message of a request: of one not told about nobody can tell."""
    by_id = {one.intent_id: one for one in told}
    why = "The answer does not say what became of this message."
    return [by_id.get(one, Outcome(one, "ambiguous", why)) for one in request.intent_ids]
