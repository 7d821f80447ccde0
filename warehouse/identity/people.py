"""Questions about people: who is behind an identifier, and everything that is theirs."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from core.errors import Code, refuse
from warehouse.identity.rules import Identifier
from warehouse.identity.statements import Cursor, run

KINDS = ("user_id", "anonymous_id", "email", "device_id")


class Known(NamedTuple):
    """An identifier of a person: why it is theirs, from when to when (naive UTC; None: still)."""

    identifier: Identifier
    reason: str
    valid_from: datetime
    valid_to: datetime | None
    shared: bool
    """Whether it is, or was, another person's as well."""


class Person(NamedTuple):
    """Somebody, or a visitor who never signed in (``user_id`` None)."""

    user_id: str | None
    identifiers: list[Known]


def named(cursor: Cursor, text: str) -> Identifier:
    """The one identifier that a text means: a value, or ``kind:value`` where a value has several.

    Refuses what no event carries (UNKNOWN_USER) and what two kinds share (AMBIGUOUS).
    """
    kind, value = _split(text)
    found = run(cursor, "nodes_named", kind=kind, value=value).fetchall()
    if not found:
        raise refuse(
            Code.UNKNOWN_USER,
            f"No event carries the identifier {text}.",
            span=text,
            fix="Check the spelling; e-mail addresses are in lower case.",
        )
    if len(found) > 1:
        kinds = " or ".join(f"{kind}:{value}" for kind, value, _ in found)
        raise refuse(
            Code.AMBIGUOUS, f"{text} is more than one thing.", span=text, fix=f"Say {kinds}."
        )
    return Identifier(*found[0][:2])


def person_of(cursor: Cursor, text: str) -> Person:
    """Whoever is behind an identifier, with everything that is theirs.

    Refuses an identifier of several people (AMBIGUOUS): a shared device is nobody's name.
    """
    identifier = named(cursor, text)
    kind, value = identifier
    people = [row[0] for row in run(cursor, "people_of", kind=kind, value=value).fetchall()]
    if len(people) > 1:
        raise refuse(
            Code.AMBIGUOUS,
            f"{identifier} was used by {len(people)} people: {', '.join(people[:5])}.",
            span=text,
            fix=f"Name one of them, such as user_id:{people[0]}.",
        )
    if not people:
        rows = run(cursor, "unowned_around", kind=kind, value=value).fetchall()
        return Person(None, [_known(*row) for row in rows])
    return Person(people[0], identifiers_of(cursor, people[0]))


def closure(cursor: Cursor, text: str) -> list[Known]:
    """Every identifier of whoever is behind one: what forgetting them must reach.

    Of what is ``shared`` only the person's own part goes: events that carry
    their user id, and anonymous ones between ``valid_from`` and ``valid_to``.
    """
    return person_of(cursor, text).identifiers


def identifiers_of(cursor: Cursor, user_id: str) -> list[Known]:
    """Everything that is a person's, by their canonical user id."""
    rows = run(cursor, "identifiers_of", user_id=user_id).fetchall()
    return [_known(*row) for row in rows]


def _known(
    kind: str,
    value: str,
    reason: str,
    valid_from: datetime,
    valid_to: datetime | None,
    shared: bool,
) -> Known:
    return Known(Identifier(kind, value), reason, valid_from, valid_to, shared)


def _split(text: str) -> tuple[str | None, str]:
    kind, colon, value = text.partition(":")
    if colon and kind in KINDS:
        return kind, value.lower() if kind == "email" else value
    return None, text.lower() if "@" in text else text
