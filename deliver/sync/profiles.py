"""What a tool is told of one user, and the face of whoever turns it into requests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from deliver.chunks import encoded
from deliver.wire import Outcome, Plan, Rate, Request, Response

AUDIENCES = "pilothouse_audiences"
"""The one attribute, set as a whole, that lists the audiences of a user."""
Value = str | int | float | bool | None


class ProfileChange(NamedTuple):
    """What changed of one user since the tool was told last."""

    user_id: str
    attributes: Mapping[str, Value]
    """Those that changed; None: the tool shall not have one any more."""
    joined: tuple[str, ...]
    left: tuple[str, ...]
    audiences: tuple[str, ...]
    """All that the user is in by now."""
    gone: bool = False
    """Whether nothing of the user may be there any more."""


class Profiles(Protocol):
    """Turns changes into requests of one tool. The ids of a request's items are user ids.

    Telling a tool the same again changes nothing there.
    """

    @property
    def rates(self) -> Mapping[str, Rate]:
        """The limit's name → the rate that it is kept to."""
        ...

    def plan(self, changes: Sequence[ProfileChange], *, now: datetime) -> Plan:
        """Requests in the order of the changes, cut by count and bytes. Pure."""
        ...

    def classify(self, request: Request, response: Response, *, now: datetime) -> list[Outcome]:
        """One outcome for each user of the request, in their order. Pure."""
        ...


class Chunk(NamedTuple):
    """Items of one request, and whose they are."""

    users: tuple[str, ...]
    bodies: tuple[bytes, ...]


def change_of(user_id: str, before: str | None, after: str | None) -> ProfileChange:
    """The difference of two documents; None: nothing was there, or may be."""
    old, new = _read(before), _read(after)
    had, has = old["attributes"], new["attributes"]
    attributes = {
        name: has.get(name) for name in sorted({*had, *has}) if had.get(name) != has.get(name)
    }
    were, are = _members(old), _members(new)
    return ProfileChange(
        user_id,
        attributes,
        joined=tuple(sorted(are - were)),
        left=tuple(sorted(were - are)),
        audiences=tuple(sorted(are)),
        gone=after is None,
    )


def chunked(
    changes: Sequence[ProfileChange],
    make: Callable[[ProfileChange], Mapping[str, Any]],
    *,
    count: int,
    size: int,
) -> tuple[list[Chunk], list[Outcome]]:
    """Changes as items of at most ``size`` bytes together, and why others cannot be one."""
    fit: list[tuple[str, bytes]] = []
    refused = []
    for change in changes:
        try:
            body = encoded(make(change))
        except ValueError as error:
            why = f"It cannot be written as JSON: {error}."
            refused.append(Outcome(change.user_id, "rejected", why))
            continue
        if len(body) > size:
            why = f"It has {len(body):,} bytes, and {size:,} go into a request."
            refused.append(Outcome(change.user_id, "rejected", why))
        else:
            fit.append((change.user_id, body))
    return [*_cut(fit, count, size)], refused


def _cut(fit: Sequence[tuple[str, bytes]], count: int, size: int) -> Iterator[Chunk]:
    held: list[tuple[str, bytes]] = []
    length = 0
    for one in fit:
        if held and (len(held) == count or length + len(one[1]) + 1 > size):
            yield Chunk(*zip(*held, strict=True))
            held, length = [], 0
        held.append(one)
        length += len(one[1]) + 1
    if held:
        yield Chunk(*zip(*held, strict=True))


def _read(document: str | None) -> dict[str, Any]:
    return {"attributes": {}, "audiences": {}} if document is None else json.loads(document)


def _members(document: Mapping[str, Any]) -> set[str]:
    return {name for name, inside in document["audiences"].items() if inside}
