"""Tokens with which programs get in: named, scoped, expiring, and known by their hash only.

A token never does more than its owner may do at the moment it is shown: who lost a role has taken
it from their tokens too. No scope approves anything: that is done by people who signed in.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa

from control.audit import Act, append
from control.people import Person, get
from control.store import Store, utc
from control.tables import roles
from control.token_tables import token_terms, tokens
from core.errors import Code, refuse
from core.lifecycle import Role

PREFIX = "pil_"
"""What a token begins with, so that scanners for leaked secrets know one."""
SHOWN = len(PREFIX) + 6
"""Letters of a secret that are kept, to look it up and to tell tokens apart."""
DEFAULT_DAYS, MOST_DAYS = 90, 365
NOTED_EVERY = timedelta(hours=1)
"""How often the use of a token, or of one that works no more, is written down at most."""


class TokenScope(StrEnum):
    """What a token may be used for."""

    DECIDE = "decide"
    """Ask what to do for a user now: ``POST /v1/decide``."""
    READ = "read"
    """Give commands that only look, seeing what its owner sees of people masked."""
    PROPOSE = "propose"
    """Give commands as a marketer or an analyst, as far as its owner is one."""
    ADMINISTER = "administer"
    """Give commands as an admin, as long as its owner is one."""


OWNERS: dict[TokenScope, frozenset[Role]] = {
    TokenScope.DECIDE: frozenset({Role.ADMIN}),
    TokenScope.READ: frozenset(Role),
    TokenScope.PROPOSE: frozenset({Role.MARKETER, Role.ANALYST}),
    TokenScope.ADMINISTER: frozenset({Role.ADMIN}),
}
"""Who may make a token of a scope; without any of these roles the scope does nothing any more."""
ACTS_AS: dict[TokenScope, frozenset[Role]] = {
    TokenScope.DECIDE: frozenset(),
    TokenScope.READ: frozenset(),
    TokenScope.PROPOSE: frozenset({Role.MARKETER, Role.ANALYST}),
    TokenScope.ADMINISTER: frozenset({Role.ADMIN}),
}
"""The roles in which a command is given with it, of those that its owner holds."""


class Token(NamedTuple):
    """A token without its secret."""

    name: str
    scopes: frozenset[TokenScope]
    created_by: str
    created_at: datetime
    revoked_at: datetime | None
    expires_at: datetime
    last_used_at: datetime | None = None
    prefix: str | None = None


def create(
    store: Store,
    name: str,
    scopes: frozenset[TokenScope],
    *,
    who: str,
    now: datetime,
    days: int = DEFAULT_DAYS,
) -> str:
    """Make a token and give its secret, which is kept nowhere.

    Refuses with NOT_ALLOWED a scope that is not for its owner's roles, and with INVALID_ARGUMENT a
    name that is taken and a time that is too long.
    """
    if not 1 <= days <= MOST_DAYS:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"A token is good for 1 to {MOST_DAYS} days, not {days}.",
            span=str(days),
            fix="Make a new one when it ends.",
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    may = sorted(scope.value for scope in scopes)
    row = {"name": name, "sha256": _hash(secret), "scopes": may, "created_by": who}
    ends = utc(now) + timedelta(days=days)
    with store.write() as connection:
        _may_make(connection, who, scopes)
        _free(connection, name)
        connection.execute(tokens.insert().values(row | {"created_at": utc(now)}))
        terms = {"name": name, "prefix": secret[:SHOWN], "expires_at": ends}
        connection.execute(token_terms.insert().values(terms))
        note = f"{', '.join(may)} until {ends:%Y-%m-%d}"
        append(connection, Act(now, who, "token_created", name, note=note))
    return secret


def revoke(store: Store, name: str, *, who: str, now: datetime) -> None:
    """Nobody gets in with it from here on; refuses a name nobody has, and who neither made it nor
    is an admin."""
    with store.write() as connection:
        works = sa.and_(tokens.c.name == name, tokens.c.revoked_at.is_(None))
        found = connection.execute(sa.select(tokens.c.created_by).where(works)).scalar()
        if found is None:
            raise refuse(
                Code.INVALID_ARGUMENT,
                f"There is no token named '{name}' that works.",
                span=name,
                fix="List them with 'pilothouse tokens list'.",
            )
        if found != who and Role.ADMIN not in _roles(connection, who):
            raise refuse(
                Code.NOT_ALLOWED,
                f"{who} may not revoke a token of {found}: only they and an admin may.",
                span=name,
                fix="Ask an admin.",
            )
        _end(connection, name, who, now)


def revoke_all(connection: sa.Connection, owner: str, *, who: str, now: datetime) -> list[str]:
    """End every token of somebody inside the caller's write; gives their names."""
    query = sa.select(tokens.c.name).where(
        tokens.c.created_by == owner, tokens.c.revoked_at.is_(None)
    )
    names = sorted(connection.execute(query).scalars())
    for name in names:
        _end(connection, name, who, now)
    return names


def list_all(store: Store) -> list[Token]:
    """Every token, by name, revoked ones too."""
    with store.read() as connection:
        return [_token(row) for row in connection.execute(_query().order_by(tokens.c.name))]


def allowed(store: Store, secret: str, scope: TokenScope, *, now: datetime) -> Token | None:
    """The token with this secret, when it works, has the scope, and its owner may still have it.

    That a token which was revoked or has ended is shown once more goes on record.
    """
    token = _working(store, secret, now)
    if token is None:
        return None
    with store.read() as connection:
        held = _roles(connection, token.created_by)
    return token if scope in token.scopes and OWNERS[scope] & held else None


def person_of(store: Store, secret: str, *, now: datetime) -> Person | None:
    """Its owner in the roles that the token gives; None for a token that gives no commands."""
    token = _working(store, secret, now)
    if token is None:
        return None
    owner = get(store, token.created_by)
    scopes = {one for one in token.scopes - {TokenScope.DECIDE} if OWNERS[one] & owner.roles}
    if not scopes:
        return None
    given = frozenset[Role]().union(*(ACTS_AS[one] for one in scopes))
    return owner.model_copy(update={"roles": owner.roles & given})


def _working(store: Store, secret: str, now: datetime) -> Token | None:
    """The token with this secret while it works; its use, or its misuse, is written down."""
    digest = _hash(secret)
    with store.read() as connection:
        rows = connection.execute(_query().where(_looks_like(secret))).all()
    found = [row for row in rows if secrets.compare_digest(str(row.sha256), digest)]
    if not found:
        return None
    token = _token(found[0])
    works = token.revoked_at is None and utc(now) < token.expires_at
    _note_use(store, token, found[0], now, works=works)
    return token if works else None


def _looks_like(secret: str) -> sa.ColumnElement[bool]:
    """Tokens that may have this secret: those that begin like it, and old ones."""
    return sa.or_(token_terms.c.prefix == secret[:SHOWN], token_terms.c.prefix.is_(None))


def _note_use(
    store: Store, token: Token, row: sa.Row[tuple[object, ...]], now: datetime, *, works: bool
) -> None:
    column = "last_used_at" if works else "last_refused_at"
    last = getattr(row, column)
    if last is not None and utc(now) - last < NOTED_EVERY:
        return
    this = token_terms.c.name == token.name
    with store.write() as connection:
        if connection.execute(sa.select(token_terms.c.name).where(this)).first() is None:
            terms = {"name": token.name, "prefix": None, "expires_at": token.expires_at}
            connection.execute(token_terms.insert().values(terms))
        connection.execute(token_terms.update().where(this).values({column: utc(now)}))
        if not works:
            why = "it was revoked" if token.revoked_at else "it has ended"
            act = Act(now, token.created_by, "token_refused", token.name, note=why)
            append(connection, act)


def _may_make(connection: sa.Connection, who: str, scopes: frozenset[TokenScope]) -> None:
    held = _roles(connection, who)
    for scope in sorted(scopes):
        if not held & OWNERS[scope]:
            names = " or ".join(role for role in Role if role in OWNERS[scope])
            raise refuse(
                Code.NOT_ALLOWED,
                f"{who} may not make a token of the scope '{scope}': only {names} may.",
                span=scope.value,
                fix="Ask somebody with that role for a token.",
            )


def _free(connection: sa.Connection, name: str) -> None:
    taken = sa.select(tokens.c.name).where(tokens.c.name == name)
    if connection.execute(taken).first():
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"There is already a token named '{name}'; names are not used again.",
            span=name,
            fix="Choose another name.",
        )


def _end(connection: sa.Connection, name: str, who: str, now: datetime) -> None:
    this = tokens.c.name == name
    connection.execute(tokens.update().where(this).values(revoked_at=utc(now)))
    append(connection, Act(now, who, "token_revoked", name))


def _roles(connection: sa.Connection, email: str) -> frozenset[Role]:
    query = sa.select(roles.c.role).where(roles.c.email == email)
    return frozenset(Role(role) for role in connection.execute(query).scalars())


def _query() -> sa.Select[tuple[object, ...]]:
    terms = [column for column in token_terms.c if column.name != "name"]
    joined = tokens.outerjoin(token_terms, token_terms.c.name == tokens.c.name)
    return sa.select(*tokens.c, *terms).select_from(joined)


def _hash(secret: str) -> str:
    # A random secret of 256 bits needs no salt and no slow hash.
    return hashlib.sha256(secret.encode()).hexdigest()


def _token(row: sa.Row[tuple[object, ...]]) -> Token:
    ends = row.expires_at or row.created_at + timedelta(days=MOST_DAYS)
    return Token(
        row.name,
        frozenset(TokenScope(one) for one in row.scopes),
        row.created_by,
        row.created_at,
        row.revoked_at,
        ends,
        row.last_used_at,
        row.prefix,
    )
