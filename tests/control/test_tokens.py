"""Programs get in with a token of the right scope, until it is revoked."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from control import people, tokens
from control.audit import entries, verify
from control.store import Store
from control.token_tables import token_terms
from control.tokens import TokenScope
from core.errors import PilothouseError
from core.lifecycle import Role

NOON = datetime(2026, 6, 29, 12)
DECIDE = frozenset({TokenScope.DECIDE})


def test_a_secret_lets_in_and_anything_else_does_not(store: Store) -> None:
    secret = tokens.create(store, "app", DECIDE, who="ada@demo", now=NOON)
    scopeless = tokens.create(store, "old", frozenset(), who="ada@demo", now=NOON)

    found = tokens.allowed(store, secret, TokenScope.DECIDE, now=NOON)

    assert found is not None
    assert found.name == "app"
    assert tokens.allowed(store, secret + "x", TokenScope.DECIDE, now=NOON) is None
    assert tokens.allowed(store, "", TokenScope.DECIDE, now=NOON) is None
    assert tokens.allowed(store, scopeless, TokenScope.DECIDE, now=NOON) is None


def test_a_revoked_token_lets_nobody_in_and_its_name_is_not_used_again(store: Store) -> None:
    secret = tokens.create(store, "app", DECIDE, who="ada@demo", now=NOON)

    tokens.revoke(store, "app", who="ada@demo", now=NOON)

    assert tokens.allowed(store, secret, TokenScope.DECIDE, now=NOON) is None
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


def test_a_token_ends_by_itself_and_lasts_at_most_a_year(store: Store) -> None:
    secret = tokens.create(store, "app", DECIDE, who="ada@demo", now=NOON, days=30)

    day = timedelta(days=1)
    assert tokens.allowed(store, secret, TokenScope.DECIDE, now=NOON + 29 * day)
    assert tokens.allowed(store, secret, TokenScope.DECIDE, now=NOON + 30 * day) is None
    for days in (0, 366):
        with pytest.raises(PilothouseError, match="1 to 365 days"):
            tokens.create(store, "long", DECIDE, who="ada@demo", now=NOON, days=days)


def test_showing_a_revoked_token_once_more_goes_on_record_and_is_not_repeated(
    store: Store,
) -> None:
    secret = tokens.create(store, "app", DECIDE, who="ada@demo", now=NOON)
    tokens.revoke(store, "app", who="ada@demo", now=NOON)

    for _ in range(3):
        assert tokens.allowed(store, secret, TokenScope.DECIDE, now=NOON) is None

    told = [(one.what, one.subject) for one in entries(store)]
    assert told.count(("token_refused", "app")) == 1


def test_it_is_seen_when_a_token_was_used_last(store: Store) -> None:
    secret = tokens.create(store, "app", DECIDE, who="ada@demo", now=NOON)
    assert tokens.list_all(store)[0].last_used_at is None

    tokens.allowed(store, secret, TokenScope.DECIDE, now=NOON)

    (found,) = tokens.list_all(store)
    assert found.last_used_at == NOON
    assert found.prefix is not None
    assert secret.startswith(found.prefix)
    assert len(found.prefix) < len(secret) / 3


def test_a_token_does_no_more_than_its_owner_may_do_now(store: Store) -> None:
    secret = tokens.create(store, "app", DECIDE, who="ada@demo", now=NOON)
    ada = people.get(store, "ada@demo")
    people.add(store, [ada.model_copy(update={"roles": frozenset({Role.APPROVER})})])

    assert tokens.allowed(store, secret, TokenScope.DECIDE, now=NOON) is None

    people.add(store, [ada])
    assert tokens.allowed(store, secret, TokenScope.DECIDE, now=NOON)


@pytest.mark.parametrize(
    ("scope", "owners"),
    [
        (TokenScope.DECIDE, {"ada"}),
        (TokenScope.READ, {"ada", "ana", "mara", "pavel"}),
        (TokenScope.PROPOSE, {"ana", "mara"}),
        (TokenScope.ADMINISTER, {"ada"}),
    ],
)
def test_a_scope_is_for_those_whose_roles_have_it(
    store: Store, scope: TokenScope, owners: set[str]
) -> None:
    made = set()
    for one in ("ada", "ana", "mara", "pavel"):
        try:
            tokens.create(store, one, frozenset({scope}), who=f"{one}@demo", now=NOON)
        except PilothouseError:
            continue
        made.add(one)

    assert made == owners


def test_a_command_is_given_in_the_roles_of_the_token_and_never_as_an_approver(
    store: Store,
) -> None:
    may = frozenset({TokenScope.ADMINISTER, TokenScope.READ})
    secret = tokens.create(store, "app", may, who="ada@demo", now=NOON)

    found = tokens.person_of(store, secret, now=NOON)

    assert found is not None
    assert (found.email, found.roles) == ("ada@demo", {Role.ADMIN})
    only_decides = tokens.create(store, "sdk", DECIDE, who="ada@demo", now=NOON)
    assert tokens.person_of(store, only_decides, now=NOON) is None


def test_only_its_owner_and_an_admin_revoke_a_token(store: Store) -> None:
    tokens.create(store, "app", frozenset({TokenScope.READ}), who="mara@demo", now=NOON)

    with pytest.raises(PilothouseError, match="may not revoke"):
        tokens.revoke(store, "app", who="ana@demo", now=NOON)

    tokens.revoke(store, "app", who="mara@demo", now=NOON)


def test_a_token_of_an_older_workspace_goes_on_for_a_year(store: Store) -> None:
    secret = tokens.create(store, "app", DECIDE, who="ada@demo", now=NOON)
    with store.write() as connection:
        connection.execute(token_terms.delete())

    assert tokens.allowed(store, secret, TokenScope.DECIDE, now=NOON + timedelta(days=364))
    assert not tokens.allowed(store, secret, TokenScope.DECIDE, now=NOON + timedelta(days=365))
