"""Whoever signs in with an identity provider is the person they first proved to be, for good."""

from __future__ import annotations

from datetime import datetime

import pytest

from control import membership, people, sign_in
from control.audit import entries
from control.sign_in import Claims
from control.store import Store
from core.errors import PilothouseError

NOW = datetime(2026, 6, 29, 12)
MARA = Claims("mara@demo", "https://id.example", "1", verified=True)


def test_the_first_sign_in_binds_the_account_to_the_person(store: Store) -> None:
    assert sign_in.recognised(store, MARA, now=NOW) == "mara@demo"
    assert sign_in.recognised(store, MARA, now=NOW) == "mara@demo"

    assert [(one.what, one.subject) for one in entries(store)] == [("bind sign-in", "mara@demo")]


def test_an_account_stays_its_person_when_its_address_changes(store: Store) -> None:
    sign_in.recognised(store, MARA, now=NOW)

    for email in ("mara.new@demo", "ada@demo"):
        renamed = MARA._replace(email=email, verified=False)
        assert sign_in.recognised(store, renamed, now=NOW) == "mara@demo"


@pytest.mark.parametrize(
    "other",
    [
        MARA._replace(subject="2"),
        MARA._replace(issuer="https://other.example"),
        MARA._replace(subject="2", email=" MARA@demo "),
    ],
)
def test_an_address_given_to_somebody_else_takes_over_nothing(store: Store, other: Claims) -> None:
    sign_in.recognised(store, MARA, now=NOW)

    with pytest.raises(PilothouseError, match="another account"):
        sign_in.recognised(store, other, now=NOW)


@pytest.mark.parametrize(
    "claims",
    [
        MARA._replace(verified=False),
        MARA._replace(issuer=None),
        MARA._replace(subject=None),
        MARA._replace(subject=""),
    ],
)
def test_whoever_proves_nothing_is_nobody(store: Store, claims: Claims) -> None:
    with pytest.raises(PilothouseError):
        sign_in.recognised(store, claims, now=NOW)

    assert entries(store) == []


def test_whoever_is_not_known_is_bound_to_nothing(store: Store) -> None:
    eve = Claims("eve@team.example", "https://id.example", "9", verified=True)

    assert sign_in.recognised(store, eve, now=NOW) == "eve@team.example"

    ada = people.get(store, "ada@demo")
    membership.add(store, "eve@team.example", "Eve", by=ada, now=NOW)
    assert not any(one.signed_in for one in membership.members(store))
    sign_in.recognised(store, eve, now=NOW)
    (bound,) = (one.email for one in membership.members(store) if one.signed_in)
    assert bound == "eve@team.example"


def test_an_admin_lets_a_new_account_in(store: Store) -> None:
    sign_in.recognised(store, MARA, now=NOW)
    again = MARA._replace(issuer="https://new.example")

    membership.unbind(store, "mara@demo", by=people.get(store, "ada@demo"), now=NOW)

    assert sign_in.recognised(store, again, now=NOW) == "mara@demo"
    with pytest.raises(PilothouseError, match="another account"):
        sign_in.recognised(store, MARA, now=NOW)
