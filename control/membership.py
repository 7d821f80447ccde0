"""Who works here and what they may do, changed by an admin, on record, and never for oneself.

Whoever leaves loses every role, grant and token at once; what they wrote and decided stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa

from control import tokens
from control.audit import Act, append
from control.people import Person, list_all, require_now
from control.people_tables import departures, identities, sights
from control.sights import of_email
from control.store import Store, utc
from control.tables import people, roles
from core.errors import Code, refuse
from core.lifecycle import Role
from core.same_person import identity_of, same_person

ADMINS = frozenset({Role.ADMIN})
COMMAND_LINE = "command line"
"""Who adds the first admin: whoever has the machine has the workspace."""
OWN_ACCOUNTS = "@pilothouse"
"""How the addresses of Pilothouse's own accounts end; nobody signs in as one."""
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")


class Member(NamedTuple):
    """Somebody who works here or did, with everything that is granted to them."""

    email: str
    name: str
    roles: tuple[Role, ...]
    sees_personal: bool
    limits: Mapping[str, tuple[str, ...]]
    signed_in: bool
    """Whether an account of the identity provider is bound to them."""
    left: datetime | None


def members(store: Store) -> list[Member]:
    """Everybody, by e-mail."""
    known = list_all(store)
    with store.read() as connection:
        gone = {row.email: row.at for row in connection.execute(sa.select(departures))}
        bound = {*connection.execute(sa.select(identities.c.email)).scalars()}
        seen = {one.email: of_email(connection, one.email) for one in known}
    return [
        Member(
            one.email,
            one.name,
            tuple(sorted(one.roles)),
            *seen[one.email],
            one.email in bound,
            gone.get(one.email),
        )
        for one in known
    ]


def has_an_admin(store: Store) -> bool:
    """Whether anybody could add people; where nobody can, the command line adds the first."""
    with store.read() as connection:
        return bool(_admins(connection))


def add(store: Store, email: str, name: str, *, by: Person, now: datetime) -> None:
    """Let somebody be known here, without any role yet; also whoever left before.

    Refuses with NOT_ALLOWED without the role, and with INVALID_ARGUMENT what is no address, and
    another address of somebody who is known.
    """
    email = checked_address(email)
    with store.write() as connection:
        require_now(connection, by, ADMINS, "add people")
        _insert(connection, email, name)
        append(connection, Act(now, by.email, "add person", email, note=name))


def add_first(store: Store, email: str, name: str, *, now: datetime) -> None:
    """Let somebody be the first admin; refuses with NOT_ALLOWED once there is one."""
    email = checked_address(email)
    with store.write() as connection:
        if _admins(connection):
            raise refuse(
                Code.NOT_ALLOWED,
                "There is an admin already: only they add people.",
                fix="Ask them.",
            )
        _insert(connection, email, name)
        connection.execute(roles.insert().values(email=email, role=Role.ADMIN.value))
        append(connection, Act(now, COMMAND_LINE, "add person", email, note=f"{name}, first admin"))


def grant(store: Store, email: str, role: Role, *, by: Person, now: datetime) -> None:
    """Give somebody a role; refuses with NOT_ALLOWED to give one to oneself."""
    with store.write() as connection:
        found = _changed_by(connection, email, by, f"grant the role {role}")
        _not_oneself(found, by)
        _still_here(connection, found)
        held = sa.and_(roles.c.email == found, roles.c.role == role.value)
        if connection.execute(sa.select(roles).where(held)).first() is None:
            connection.execute(roles.insert().values(email=found, role=role.value))
            append(connection, Act(now, by.email, "grant role", found, note=role.value))


def revoke(store: Store, email: str, role: Role, *, by: Person, now: datetime) -> None:
    """Take a role away, at once and everywhere; refuses to take it from the last admin."""
    with store.write() as connection:
        found = _changed_by(connection, email, by, f"take the role {role} away")
        if role is Role.ADMIN:
            _not_the_last_admin(connection, found)
        this = sa.and_(roles.c.email == found, roles.c.role == role.value)
        if not connection.execute(roles.delete().where(this)).rowcount:
            raise refuse(
                Code.INVALID_ARGUMENT,
                f"{found} does not hold the role {role}.",
                span=role.value,
                fix="See who holds what with 'pilothouse people list'.",
            )
        append(connection, Act(now, by.email, "revoke role", found, note=role.value))


def remove(store: Store, email: str, *, by: Person, now: datetime) -> None:
    """Let somebody have left: roles, grants and tokens go; what they wrote and decided stays."""
    with store.write() as connection:
        found = _changed_by(connection, email, by, "remove people")
        _not_the_last_admin(connection, found)
        _still_here(connection, found)
        connection.execute(roles.delete().where(roles.c.email == found))
        connection.execute(sights.delete().where(sights.c.email == found))
        revoked = tokens.revoke_all(connection, found, who=by.email, now=now)
        connection.execute(departures.insert().values(email=found, at=utc(now), by=by.email))
        note = f"tokens revoked: {', '.join(revoked)}" if revoked else ""
        append(connection, Act(now, by.email, "remove person", found, note=note))


def unbind(store: Store, email: str, *, by: Person, now: datetime) -> None:
    """Forget which account of the identity provider is somebody's: the next that proves the address
    becomes theirs."""
    with store.write() as connection:
        found = _changed_by(connection, email, by, "unbind a sign-in")
        connection.execute(identities.delete().where(identities.c.email == found))
        append(connection, Act(now, by.email, "unbind sign-in", found))


def show_personal(store: Store, email: str, sees: bool, *, by: Person, now: datetime) -> None:
    """Let somebody see personal data in the clear, or no longer."""
    with store.write() as connection:
        found = _changed_by(connection, email, by, "say who sees personal data")
        if sees:
            _not_oneself(found, by)
        _, limits = of_email(connection, found)
        _write_sight(connection, found, sees, limits)
        append(connection, Act(now, by.email, "grant sight" if sees else "revoke sight", found))


def limit(
    store: Store, email: str, limits: Mapping[str, Sequence[str]], *, by: Person, now: datetime
) -> None:
    """Let somebody see only users with these values; an empty mapping lifts every limit."""
    with store.write() as connection:
        found = _changed_by(connection, email, by, "limit what people see")
        _not_oneself(found, by)
        sees, _ = of_email(connection, found)
        kept = {column: sorted({*values}) for column, values in sorted(limits.items())}
        _write_sight(connection, found, sees, kept)
        note = "; ".join(f"{column} {', '.join(values)}" for column, values in kept.items())
        append(connection, Act(now, by.email, "limit sight", found, note=note or "everybody"))


def checked_address(email: str) -> str:
    """An address as people are known by; refuses with INVALID_ARGUMENT what is none."""
    address = email.strip().lower()
    if not _ADDRESS.fullmatch(address) or address.endswith(OWN_ACCOUNTS):
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"'{email}' is no address that somebody could sign in with.",
            span=email,
            fix="Give the e-mail address that the identity provider knows.",
        )
    return address


def _insert(connection: sa.Connection, email: str, name: str) -> None:
    for known in connection.execute(sa.select(people.c.email)).scalars():
        if known != email and same_person(known, email):
            raise refuse(
                Code.INVALID_ARGUMENT,
                f"'{email}' is another address of {known}, who is known already.",
                span=email,
                fix="Nobody has two accounts here: use the one there is.",
            )
    this = people.c.email == email
    if connection.execute(sa.select(people).where(this)).first():
        connection.execute(people.update().where(this).values(name=name))
        connection.execute(departures.delete().where(departures.c.email == email))
    else:
        connection.execute(people.insert().values(email=email, name=name))


def _changed_by(connection: sa.Connection, email: str, by: Person, what: str) -> str:
    """The address of whom something is changed; refuses who may not, and an unknown person."""
    require_now(connection, by, ADMINS, what)
    address = checked_address(email)
    query = sa.select(people.c.email).where(people.c.email == address)
    if connection.execute(query).first() is None:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"Nobody here is called '{address}'.",
            span=address,
            fix=f"Add them first: 'pilothouse people add {address} --name NAME'.",
        )
    return address


def _not_oneself(email: str, by: Person) -> None:
    if identity_of(email) == identity_of(by.email):
        raise refuse(
            Code.NOT_ALLOWED,
            f"{by.email} may not change what they may do or see themselves.",
            span=email,
            fix="Ask another admin.",
        )


def _not_the_last_admin(connection: sa.Connection, email: str) -> None:
    if _admins(connection) == {email}:
        raise refuse(
            Code.NOT_ALLOWED,
            f"{email} is the last admin: nobody could add people any more.",
            span=email,
            fix="Make somebody else an admin first.",
        )


def _still_here(connection: sa.Connection, email: str) -> None:
    if connection.execute(sa.select(departures).where(departures.c.email == email)).first():
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"{email} has left.",
            span=email,
            fix=f"Add them once more: 'pilothouse people add {email} --name NAME'.",
        )


def _admins(connection: sa.Connection) -> set[str]:
    query = sa.select(roles.c.email).where(roles.c.role == Role.ADMIN.value)
    return {*connection.execute(query).scalars()}


def _write_sight(
    connection: sa.Connection, email: str, sees: bool, limits: Mapping[str, Sequence[str]]
) -> None:
    connection.execute(sights.delete().where(sights.c.email == email))
    if sees or limits:
        kept = {column: list(values) for column, values in limits.items()}
        row = {"email": email, "sees_personal": sees, "limits": kept}
        connection.execute(sights.insert().values(row))
