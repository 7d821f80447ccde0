"""A provider with a ledger: what every fake of one has in common, and what it says of itself.

What a fake says of itself is what the provider documents, written down a second time: the
contract suite holds the destination to it.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar, Literal, NamedTuple

from deliver.messages import Message
from deliver.transport import NotSent, Transport
from deliver.wire import Outcome, Plan, Provider, Response, Result, Signed, TakenBack
from tests.deliver.loopback import Call, Fault, Loopback, Reply

NOW = datetime(2026, 3, 2, 10, 30)
DECIDED = datetime(2026, 3, 2, 9, 0)
POISON = "nobody-here"
"""A user of whom a fake knows that it cannot reach them."""
SECRET = "s3cret-key"


class Expected(NamedTuple):
    """An answer in the provider's words, and what it means for every message of the request."""

    name: str
    fault: Fault
    result: Result
    pauses: bool = False


class ExpectedBack(NamedTuple):
    """An answer to asking for a message back, in the provider's words, and what it means."""

    name: str
    fault: Fault
    result: TakenBack
    pauses: bool = False


class Fake(Loopback):
    """A provider: ``handle`` of a subclass checks what it checks, and ``store``s what it takes."""

    channel: ClassVar[str] = "email"
    batch: ClassVar[int] = 1
    """Messages in one request."""
    batch_bytes: ClassVar[int] = 10_000_000
    """Bytes in one request."""
    remembers: ClassVar[bool] = False
    """Whether it knows keys."""
    reused: ClassVar[Result] = "accepted"
    """What a key comes to that was used for something else: most give back the first answer."""
    errors_by: ClassVar[Literal["none", "index", "value"]] = "none"
    """How it says which messages of a request it did not take."""
    takes_back: ClassVar[bool] = False
    """Whether it can take back a message that it has not sent on."""
    expected_back: ClassVar[Sequence[ExpectedBack]] = ()
    trusts_status: ClassVar[bool] = False
    """Whether a 2xx alone says that it took them, whatever the body is."""
    knows_templates: ClassVar[bool] = True
    """Whether it renders by itself."""
    carries_text: ClassVar[bool] = True
    """Whether a message's text goes along."""
    too_long: ClassVar[int] = 5_000_000
    """Characters of a text that it does not take."""
    expected: ClassVar[Sequence[Expected]] = ()

    def __init__(self) -> None:
        super().__init__()
        self.ledger: dict[str, list[Any]] = defaultdict(list)
        """Intent id → what it took under it; twice there is twice sent."""
        self.keys: dict[str, tuple[bytes, Reply]] = {}
        """Key → the first body under it, and the answer."""
        self.sent_on: set[str] = set()
        """Intents whose messages are with the user: nothing takes those back."""
        self.breaks_at: set[str] = set()
        """Intents that it answers 500 about when it is asked for their messages."""
        self.now = NOW
        """What time it is there."""

    def __enter__(self) -> Fake:
        super().__enter__()
        return self

    def provider(self, *, secret: str = SECRET) -> Provider:
        """The destination, set up for this fake."""
        raise NotImplementedError

    def store(self, intent_id: str, document: Any) -> None:
        """Take a message. Everybody gives the intent's id along."""
        assert intent_id, "the intent's id did not arrive"
        self.ledger[intent_id].append(document)

    def once(self, key: str, call: Call, take: Callable[[], Reply]) -> Reply:
        """Take what comes under a key the first time, and give that answer ever after."""
        if key not in self.keys:
            self.keys[key] = call.body, take()
        return self.keys[key][1]


class Case(NamedTuple):
    """A fake under the name that a failing test shows."""

    name: str
    make: type[Fake]


def letters(many: int, **changes: Any) -> list[Message]:
    """Messages to as many users, about the same."""
    return [letter(i, **changes) for i in range(many)]


def letter(number: int, **changes: Any) -> Message:
    """The message of one number, always the same."""
    told = Message(
        intent_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"intent/{number}")),
        decision_id=f"decision-{number}",
        trace_id="trace-1",
        user_id=f"user-{number}",
        channel="email",
        address=f"user-{number}@example.com",
        subject="Your week",
        body="Three workouts to go.",
        action_key="weekly_nudge",
        policy_key="weekly",
        decided_at=DECIDED,
        template="weekly",
        variables={"name": f"Name {number}", "left": 3},
    )
    return _reachable(told._replace(**changes))


def sent(
    provider: Provider, messages: Sequence[Message], transport: Transport, *, now: datetime = NOW
) -> dict[str, Outcome]:
    """Plan, send and classify: what became of every message, refusals included."""
    plan = provider.plan(messages, now=now)
    told = [*plan.refused, *_made(provider, plan, transport, now)]
    assert len({one.intent_id for one in told}) == len(told) == len(messages)
    return {one.intent_id: one for one in told}


def results(outcomes: dict[str, Outcome], messages: Sequence[Message]) -> list[Result]:
    """What became of messages, in their order."""
    return [outcomes[one.intent_id].result for one in messages]


def _reachable(message: Message) -> Message:
    """With a phone number where the channel asks for one: the digits that the address has."""
    if message.channel != "sms" or "@" not in message.address:
        return message
    digits = "".join(one for one in message.address if one.isdigit())
    return message._replace(address=f"+1555{digits:0>7}")


def _made(provider: Provider, plan: Plan, transport: Transport, now: datetime) -> Iterator[Outcome]:
    signs = isinstance(provider, Signed)
    assert provider.capabilities.signs == signs
    ready = [provider.signed(one, at=now) if signs else one for one in plan.requests]
    for request, answer in zip(ready, transport.send(ready), strict=True):
        if isinstance(answer, Response):
            told = provider.classify(request, answer, now=NOW)
            assert [one.intent_id for one in told] == [*request.intent_ids]
            yield from told
        else:
            lost: Result = "retry_after" if isinstance(answer, NotSent) else "ambiguous"
            yield from (Outcome(one, lost, answer.reason) for one in request.intent_ids)
