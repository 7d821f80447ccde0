"""Who sees what of personal data, as the control store says at this moment, and who looked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from control.audit import Act, append
from control.people import Person, roles_now
from control.people_tables import sights
from control.store import Store
from control.tables import people
from core.lifecycle import Role
from core.masking import Sight

SEES_PERSONAL = frozenset({Role.ADMIN})
"""The roles that see personal data in the clear; others do by a grant of their own."""
VIEW = "view personal data"
"""What the audit log calls it."""


def sight_of(store: Store, person: Person) -> Sight:
    """What somebody sees now; whoever holds no role any more sees nothing in the clear."""
    with store.read() as connection:
        held = roles_now(connection, person)
        granted, limits = of_email(connection, person.email)
    return Sight(bool(held & SEES_PERSONAL or (held and granted)), limits)


def of_email(connection: sa.Connection, email: str) -> tuple[bool, Mapping[str, tuple[str, ...]]]:
    """Whether somebody was granted sight of personal data, and the rows they are limited to."""
    query = sa.select(sights.c.sees_personal, sights.c.limits).where(sights.c.email == email)
    row = connection.execute(query).first()
    if row is None:
        return False, {}
    return row.sees_personal, {column: tuple(values) for column, values in row.limits.items()}


def record_view(store: Store, who: str, where: str, *, now: datetime, note: str = "") -> None:
    """On record before it is shown: nobody sees personal data in the clear without an entry."""
    with store.write() as connection:
        append(connection, Act(now, who, VIEW, where, note=note))


def colleagues(store: Store) -> frozenset[str]:
    """The addresses of those who work here, in lower case: they are no data of users."""
    with store.read() as connection:
        found = connection.execute(sa.select(people.c.email)).scalars()
        return frozenset(email.lower() for email in found)
