"""Who may do what."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from control.store import Store
from control.tables import people, roles
from core.errors import Code, refuse
from core.lifecycle import Role


class Person(BaseModel):
    """Somebody who signs in, and the roles they hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: str
    name: str
    roles: frozenset[Role]


DEMO_PEOPLE: tuple[Person, ...] = (
    Person(email="mara@demo", name="Mara", roles=frozenset({Role.MARKETER})),
    Person(email="ana@demo", name="Ana", roles=frozenset({Role.ANALYST})),
    Person(email="pavel@demo", name="Pavel", roles=frozenset({Role.APPROVER})),
    Person(email="ada@demo", name="Ada", roles=frozenset({Role.ADMIN, Role.APPROVER})),
)
BREAKER = Person(email="breaker@pilothouse", name="Circuit breaker", roles=frozenset[Role]())
"""The author of what a held cycle asks; it holds no role, and nobody signs in as it."""
INVESTIGATOR = Person(
    email="investigator@pilothouse", name="Investigator", roles=frozenset({Role.ANALYST})
)
"""Who asks when an alert starts a run: it may ask and nothing else, and nobody signs in as it."""


def require(person: Person, allowed: frozenset[Role], what: str) -> None:
    """Refuses with NOT_ALLOWED whoever holds none of the roles that may do something.

    ``what`` completes "may not …".
    """
    if not person.roles & allowed:
        names = " or ".join(role for role in Role if role in allowed)
        raise refuse(
            Code.NOT_ALLOWED,
            f"{person.email} may not {what}: only {names} may.",
            fix="Ask somebody with that role.",
        )


def roles_now(connection: sa.Connection, person: Person) -> frozenset[Role]:
    """What somebody may do at this moment: of the roles they came with, those that they still hold.

    Inside a write transaction nobody can take a role away between this and what it allows.
    """
    query = sa.select(roles.c.role).where(roles.c.email == person.email)
    return person.roles & {Role(role) for role in connection.execute(query).scalars()}


def require_now(
    connection: sa.Connection, person: Person, allowed: frozenset[Role], what: str
) -> None:
    """Refuses with NOT_ALLOWED whoever does not hold one of the roles any more, or never did.

    ``what`` completes "may not …".
    """
    held = roles_now(connection, person)
    require(person.model_copy(update={"roles": held}), allowed, what)


def add(store: Store, persons: Iterable[Person]) -> None:
    """Write people as they are given: a known e-mail gets the new name and roles."""
    with store.write() as connection:
        for person in persons:
            _write(connection, person)


def add_demo_people(store: Store) -> None:
    """Mara proposes, Ana analyses, Pavel approves, Ada administers and approves.

    Whoever is known already stays as they are: a role that was taken away does not come back.
    """
    known = {person.email for person in list_all(store)}
    add(store, [person for person in DEMO_PEOPLE if person.email not in known])


def list_all(store: Store) -> list[Person]:
    """Everybody, by e-mail."""
    query = (
        sa.select(people.c.email, people.c.name, roles.c.role)
        .join_from(people, roles, isouter=True)
        .order_by(people.c.email)
    )
    held: dict[tuple[str, str], set[Role]] = {}
    with store.read() as connection:
        for email, name, role in connection.execute(query):
            held.setdefault((email, name), set()).update({Role(role)} if role else ())
    return [
        Person(email=email, name=name, roles=frozenset(kept))
        for (email, name), kept in held.items()
    ]


def get(store: Store, email: str) -> Person:
    """One person; refuses with UNKNOWN_KEY and the known names."""
    known = list_all(store)
    for person in known:
        if person.email == email:
            return person
    raise refuse(
        Code.UNKNOWN_KEY,
        f"Nobody here is called '{email}'.",
        span=email,
        fix=f"Known: {', '.join(person.email for person in known) or 'nobody yet'}.",
    )


def _write(connection: sa.Connection, person: Person) -> None:
    known = people.c.email == person.email
    if connection.execute(sa.select(people.c.email).where(known)).first():
        connection.execute(people.update().where(known).values(name=person.name))
    else:
        connection.execute(people.insert().values(email=person.email, name=person.name))
    connection.execute(roles.delete().where(roles.c.email == person.email))
    held = [{"email": person.email, "role": role} for role in sorted(person.roles)]
    if held:
        connection.execute(roles.insert(), held)
