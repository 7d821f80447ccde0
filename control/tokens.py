"""Tokens with which programs call the HTTP API: named, scoped, and known by their hash only."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import sqlalchemy as sa

from control.audit import Act, append
from control.store import Store, utc
from control.token_tables import tokens
from core.errors import Code, refuse

PREFIX = "pil_"
"""What a token begins with, so that scanners for leaked secrets know one."""


class TokenScope(StrEnum):
    """What a token may be used for."""

    DECIDE = "decide"
    """Ask what to do for a user now: ``POST /v1/decide``."""


class Token(NamedTuple):
    """A token without its secret."""

    name: str
    scopes: frozenset[TokenScope]
    created_by: str
    created_at: datetime
    revoked_at: datetime | None


def create(
    store: Store, name: str, scopes: frozenset[TokenScope], *, who: str, now: datetime
) -> str:
    """Make a token and give its secret, which is kept nowhere; refuses a name that is taken."""
    secret = PREFIX + secrets.token_urlsafe(32)
    may = sorted(scope.value for scope in scopes)
    row = {
        "name": name,
        "sha256": _hash(secret),
        "scopes": may,
        "created_by": who,
        "created_at": utc(now),
    }
    with store.write() as connection:
        taken = sa.select(tokens.c.name).where(tokens.c.name == name)
        if connection.execute(taken).first():
            raise refuse(
                Code.INVALID_ARGUMENT,
                f"There is already a token named '{name}'; names are not used again.",
                span=name,
                fix="Choose another name.",
            )
        connection.execute(tokens.insert().values(row))
        append(connection, Act(now, who, "token_created", name, note=", ".join(may)))
    return secret


def revoke(store: Store, name: str, *, who: str, now: datetime) -> None:
    """Nobody gets in with it from here on; refuses a name nobody has."""
    with store.write() as connection:
        changed = connection.execute(
            tokens.update()
            .where(tokens.c.name == name, tokens.c.revoked_at.is_(None))
            .values(revoked_at=utc(now))
        ).rowcount
        if not changed:
            raise refuse(
                Code.INVALID_ARGUMENT,
                f"There is no token named '{name}' that works.",
                span=name,
                fix="List them with 'pilothouse tokens list'.",
            )
        append(connection, Act(now, who, "token_revoked", name))


def list_all(store: Store) -> list[Token]:
    """Every token, by name, revoked ones too."""
    with store.read() as connection:
        return [_token(row) for row in connection.execute(sa.select(tokens).order_by("name"))]


def allowed(store: Store, secret: str, scope: TokenScope) -> Token | None:
    """The token with this secret, when it works and has the scope."""
    query = sa.select(tokens).where(tokens.c.sha256 == _hash(secret), tokens.c.revoked_at.is_(None))
    with store.read() as connection:
        row = connection.execute(query).first()
    token = _token(row) if row else None
    return token if token and scope in token.scopes else None


def _hash(secret: str) -> str:
    # A random secret of 256 bits needs no salt and no slow hash.
    return hashlib.sha256(secret.encode()).hexdigest()


def _token(row: sa.Row[tuple[object, ...]]) -> Token:
    scopes = frozenset(TokenScope(one) for one in row.scopes)
    return Token(row.name, scopes, row.created_by, row.created_at, row.revoked_at)
