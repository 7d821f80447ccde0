"""Messages as the items of requests: each encoded once, the same bytes every time, and cut into
requests by count and by bytes without a change of order.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from deliver.messages import Message
from deliver.wire import Outcome


class Item(NamedTuple):
    """What a request says about one message, in JSON."""

    message: Message
    body: bytes


class Unfit(NamedTuple):
    """Why no request can be made of a message: a sentence for a person."""

    reason: str


def encoded(document: Any) -> bytes:
    """JSON with sorted keys, in UTF-8.

    Raises ValueError for what JSON cannot say: a number that is none, half of a character.
    """
    return json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def properties(message: Message) -> dict[str, Any]:
    """What a provider's own template may show, and its events give back.

    The variables under their names; the intent's id is always ours.
    """
    told = {
        "decision_id": message.decision_id,
        "trace_id": message.trace_id,
        "policy_key": message.policy_key,
        "action_key": message.action_key,
        "channel": message.channel,
        "subject": message.subject,
        "body": message.body,
    }
    return {**told, **message.variables, "intent_id": message.intent_id}


def theirs(message: Message, templates: Mapping[str, str]) -> str | Unfit:
    """What the provider calls the template of a message, by its template's or its action's key."""
    for key in (message.template, message.action_key):
        if key and key in templates:
            return templates[key]
    named = message.template or message.action_key
    return Unfit(f"The destination's templates say nothing of {named!r}: add it there.")


def moment(message: Message, now: datetime) -> datetime:
    """When it was decided, or first attempted where nobody says (naive UTC)."""
    return now if message.decided_at == datetime.min else message.decided_at


def items(
    messages: Sequence[Message],
    make: Callable[[Message], Mapping[str, Any] | Unfit],
    *,
    most_bytes: int,
) -> tuple[list[Item], list[Outcome]]:
    """The messages as items, and the refusal of each that cannot be one."""
    fit, refused = [], []
    for message in messages:
        one = _item(message, make(message), most_bytes)
        if isinstance(one, Unfit):
            refused.append(Outcome(message.intent_id, "rejected", one.reason))
        else:
            fit.append(one)
    return fit, refused


def grouped(
    every: Iterable[Item], key: Callable[[Message], Hashable]
) -> Iterator[tuple[Any, list[Item]]]:
    """Items by key, groups in the order of their first item, items in their order."""
    groups: dict[Hashable, list[Item]] = {}
    for one in every:
        groups.setdefault(key(one.message), []).append(one)
    yield from groups.items()


def cut(
    every: Iterable[Item],
    *,
    count: int,
    size: int,
    apart: Sequence[Callable[[Message], Hashable]] = (),
) -> Iterator[list[Item]]:
    """Chunks of at most ``count`` items and ``size`` bytes, commas between items included.

    Two messages of which any function of ``apart`` says the same (unless it is nothing) never
    share a chunk, for providers that take the second for a repetition of the first.
    """
    chunk: list[Item] = []
    held, seen = 0, set[Hashable]()
    for one in every:
        keys = {(place, key) for place, of in enumerate(apart) if (key := of(one.message))}
        full = len(chunk) == count or held + len(one.body) + 1 > size
        if chunk and (full or not seen.isdisjoint(keys)):
            yield chunk
            chunk, held, seen = [], 0, set()
        chunk.append(one)
        held += len(one.body) + 1
        seen |= keys
    if chunk:
        yield chunk


def framed(around: Mapping[str, Any], name: str, chunk: Sequence[Item]) -> bytes:
    """The document ``around`` with the items of a chunk as its list ``name``, in JSON."""
    return listed(around, name, (one.body for one in chunk))


def listed(around: Mapping[str, Any], name: str, bodies: Iterable[bytes]) -> bytes:
    """The document ``around`` with items that are JSON already as its list ``name``, in JSON."""
    rest = encoded(around)[1:]
    items = b",".join(bodies)
    return b"{" + encoded(name) + b":[" + items + b"]" + (b"," if around else b"") + rest


def intent_ids(chunk: Iterable[Item]) -> tuple[str, ...]:
    """The intents of a chunk, in its order."""
    return tuple(one.message.intent_id for one in chunk)


def _item(message: Message, made: Mapping[str, Any] | Unfit, most_bytes: int) -> Item | Unfit:
    if isinstance(made, Unfit):
        return made
    try:
        body = encoded(made)
    except ValueError as error:
        return Unfit(f"It cannot be written as JSON: {error}.")
    if len(body) > most_bytes:
        return Unfit(f"It has {len(body):,} bytes; the provider takes {most_bytes:,} at most.")
    return Item(message, body)
