"""Which person somebody is who signed in with an identity provider: bound at the first sign-in.

What counts is the account at the provider, its issuer and subject. An address may be given to
somebody else there one day; the person here stays the one who first proved it.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from control.audit import Act, append
from control.people_tables import departures, identities
from control.store import Store, utc
from control.tables import people
from core.errors import Code, PilothouseError, refuse


class Claims(NamedTuple):
    """What the provider says of whoever signed in."""

    email: str
    issuer: str | None
    subject: str | None
    verified: bool
    """Whether the provider made sure that the address is theirs."""


def recognised(store: Store, claims: Claims, *, now: datetime) -> str:
    """The address under which somebody is known here, or theirs where nobody knows them.

    Refuses with NOT_ALLOWED whoever cannot be told apart from others: without an account, with an
    address nobody checked, or with that of a person who has another account.
    """
    if not claims.issuer or not claims.subject:
        raise _refused("Your identity provider does not say which account this is.")
    with store.read() as connection:
        bound = _bound_to(connection, claims)
    if bound is not None:
        return bound
    if not claims.verified:
        raise _refused("Your identity provider has not checked that this address is yours.")
    with store.write() as connection:
        return _bind(connection, claims, now)


def _bound_to(connection: sa.Connection, claims: Claims) -> str | None:
    account = sa.and_(identities.c.issuer == claims.issuer, identities.c.subject == claims.subject)
    found: str | None = connection.execute(sa.select(identities.c.email).where(account)).scalar()
    return found


def _bind(connection: sa.Connection, claims: Claims, now: datetime) -> str:
    address = claims.email.strip().lower()
    known = sa.select(people.c.email).where(sa.func.lower(people.c.email) == address)
    email: str | None = connection.execute(known).scalar()
    if email is None or _left(connection, email):
        return address
    if again := _bound_to(connection, claims):
        return again
    taken = sa.select(identities.c.subject).where(identities.c.email == email)
    if connection.execute(taken).first():
        raise _refused(f"{email} belongs to somebody who signs in with another account.")
    row = {"issuer": claims.issuer, "subject": claims.subject, "email": email}
    connection.execute(identities.insert().values(row | {"bound_at": utc(now)}))
    append(connection, Act(now, email, "bind sign-in", email, note=str(claims.issuer)))
    return email


def _left(connection: sa.Connection, email: str) -> bool:
    gone = sa.select(departures.c.email).where(departures.c.email == email)
    return connection.execute(gone).first() is not None


def _refused(why: str) -> PilothouseError:
    return refuse(
        Code.NOT_ALLOWED,
        why,
        fix="Ask an admin of this workspace: 'pilothouse people unbind' lets a new account in.",
    )
