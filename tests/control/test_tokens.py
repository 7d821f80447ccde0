"""Programs get in with a token of the right scope, until it is revoked."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from control import tokens
from control.audit import entries, verify
from control.store import Store
from control.tokens import TokenScope
from core.errors import PilothouseError

NOON = datetime(2026, 6, 29, 12)
DECIDE = frozenset({TokenScope.DECIDE})


def test_a_secret_lets_in_and_anything_else_does_not(store: Store) -> None:
    secret = tokens.create(store, "app", DECIDE, who="ada@demo", now=NOON)
    scopeless = tokens.create(store, "old", frozenset(), who="ada@demo", now=NOON)

    found = tokens.allowed(store, secret, TokenScope.DECIDE)

    assert found is not None
    assert found.name == "app"
    assert tokens.allowed(store, secret + "x", TokenScope.DECIDE) is None
    assert tokens.allowed(store, "", TokenScope.DECIDE) is None
    assert tokens.allowed(store, scopeless, TokenScope.DECIDE) is None


def test_a_revoked_token_lets_nobody_in_and_its_name_is_not_used_again(store: Store) -> None:
    secret = tokens.create(store, "app", DECIDE, who="ada@demo", now=NOON)

    tokens.revoke(store, "app", who="ada@demo", now=NOON)

    assert tokens.allowed(store, secret, TokenScope.DECIDE) is None
    for again in (
        lambda: tokens.revoke(store, "app", who="ada@demo", now=NOON),
        lambda: tokens.create(store, "app", DECIDE, who="ada@demo", now=NOON),
    ):
        with pytest.raises(PilothouseError, match="token named 'app'"):
            again()


def test_making_and_revoking_are_in_the_audit_log_and_the_secret_is_nowhere(
    store: Store, tmp_path: Path
) -> None:
    secret = tokens.create(store, "app", DECIDE, who="ada@demo", now=NOON)
    tokens.revoke(store, "app", who="ada@demo", now=NOON)

    told = [(one.who, one.what, one.subject) for one in entries(store)]
    assert told == [
        ("ada@demo", "token_created", "app"),
        ("ada@demo", "token_revoked", "app"),
    ]
    assert verify(store) is None
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files or store.engine.dialect.name == "postgresql"
    assert not any(secret.encode() in path.read_bytes() for path in files)
