"""What a destination is: messages into requests, and answers into what became of each message.

Both are pure: the same messages give the same requests, byte for byte, so that a request may be
made again under its key. Sending is the transport's; when to send, and again, is the outbox's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Protocol, runtime_checkable

from deliver.messages import Message

Result = Literal["accepted", "rejected", "retry_after", "ambiguous"]
"""``retry_after``: surely not processed, and may be sent again. ``ambiguous``: nobody can tell."""


class Capabilities(NamedTuple):
    """What a provider does for whoever is not sure whether a message arrived."""

    remembers_key: timedelta | None
    """How long the same key is the same message to it; None: it knows no keys."""
    per_item_errors: Literal["none", "index", "value"] = "none"
    lookup: bool = False
    cancel: bool = False
    """Whether it can take back a message that it has and has not sent on."""
    signs: bool = False
    """Whether each attempt is signed with its own moment, after ``plan`` and right before it."""


class Rate(NamedTuple):
    """A token bucket: requests at once, and requests a second."""

    burst: int
    per_second: float


class Request(NamedTuple):
    """One HTTP request, about these messages in this order."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    intent_ids: tuple[str, ...]
    limit: str = "default"
    """The name of the rate that it counts against."""
    public_only: bool = False
    """Whether its host must be on the public Internet, as where somebody else names the URL."""


class Response(NamedTuple):
    """What came back, whole. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Outcome(NamedTuple):
    """What became of one message."""

    intent_id: str
    result: Result
    reason: str | None = None
    """A sentence for a person, unless it was accepted."""
    provider_id: str | None = None
    """The provider's own name for the message, by which its receipts may be told apart."""
    seconds: float | None = None
    """With ``retry_after``: how long the provider asks to be left alone; None: it does not say."""
    pauses: bool = False
    """Nothing else can be sent there until somebody mends it: wrong credentials, gone for good."""
    opted_out: bool = False
    """The recipient has said no there: consent is withdrawn."""


TakenBack = Literal["taken_back", "too_late", "uncertain"]
"""``too_late``: it stays with the provider, which sends it or has. ``uncertain``: ask again."""


class Handed(NamedTuple):
    """A message that a provider has taken, as far as it is still known here."""

    intent_id: str
    provider_id: str | None
    """The provider's own name for it; None: it gave none, or somebody else said that it has it."""


class CancelOutcome(NamedTuple):
    """What came of asking a provider for one message back."""

    intent_id: str
    result: TakenBack
    reason: str | None = None
    """A sentence for a person, unless it was taken back."""
    seconds: float | None = None
    """With ``uncertain``: how long the provider asks to be left alone; None: it does not say."""
    pauses: bool = False
    """Nothing can be asked or sent there until somebody mends it: wrong credentials."""


class CancelPlan(NamedTuple):
    """The requests that ask for messages back, and the messages that nothing can be asked about."""

    requests: tuple[Request, ...]
    refused: tuple[CancelOutcome, ...] = ()


class Plan(NamedTuple):
    """The requests of some messages, and the messages that no request can be made of."""

    requests: tuple[Request, ...]
    refused: tuple[Outcome, ...] = ()


@runtime_checkable
class Provider(Protocol):
    """A destination that is reached over HTTP."""

    @property
    def capabilities(self) -> Capabilities:
        """What it does for whoever is not sure, as it is set up."""
        ...

    @property
    def rates(self) -> Mapping[str, Rate]:
        """The limit's name (``Request.limit``) → the rate that it is kept to."""
        ...

    def plan(self, messages: Sequence[Message], *, now: datetime) -> Plan:
        """Requests in the order of the messages, cut by count and by bytes. Pure.

        ``now`` (naive UTC) is the moment of the first attempt, also when one is made again.
        """
        ...

    def classify(self, request: Request, response: Response, *, now: datetime) -> list[Outcome]:
        """One outcome for each of the request's messages, in their order. Pure.

        ``now`` (naive UTC) is when the answer came: some say until when to wait, not how long.
        """
        ...


@runtime_checkable
class LookedUp(Protocol):
    """A provider that can be asked whether it has a message (``capabilities.lookup``)."""

    def lookup(self, message: Message) -> Request:
        """The request that asks."""
        ...

    def found(self, request: Request, response: Response) -> Outcome | None:
        """``accepted`` if it is there, ``retry_after`` if it surely is not; None: no telling."""
        ...


@runtime_checkable
class TakesBack(Protocol):
    """A provider that can take a message back (``capabilities.cancel``)."""

    def plan_cancel(self, messages: Sequence[Handed], *, now: datetime) -> CancelPlan:
        """Requests in the order of the messages; asking twice does no harm. Pure.

        ``now`` (naive UTC) is the moment of asking.
        """
        ...

    def classify_cancel(
        self, request: Request, response: Response, *, now: datetime
    ) -> list[CancelOutcome]:
        """One outcome for each of the request's messages, in their order. Pure.

        ``now`` (naive UTC) is when the answer came.
        """
        ...


@runtime_checkable
class Signed(Protocol):
    """A provider whose requests go stale: each attempt is signed (``capabilities.signs``)."""

    def signed(self, request: Request, *, at: datetime) -> Request:
        """The request as it leaves at ``at`` (naive UTC); its body and its key stay. Pure."""
        ...
