"""Who works here: added, granted, limited and removed by an admin, never by oneself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa

from control import membership, people, tokens
from control.audit import entries
from control.people import Person
from control.sights import sight_of
from control.store import Store
from control.tables import roles
from control.tokens import TokenScope
from core.errors import Code, PilothouseError
from core.lifecycle import Role
from core.masking import Sight

NOW = datetime(2026, 6, 29, 12)
EVE = "eve@team.example"


def person(store: Store, email: str) -> Person:
    return people.get(store, email)


def refused(act: Callable[[], object]) -> PilothouseError:
    with pytest.raises(PilothouseError) as caught:
        act()
    return caught.value


def test_an_admin_adds_somebody_and_gives_them_a_role(store: Store) -> None:
    ada = person(store, "ada@demo")
    membership.add(store, " Eve@Team.example ", "Eve", by=ada, now=NOW)
    assert person(store, EVE).roles == frozenset()

    membership.grant(store, EVE, Role.MARKETER, by=ada, now=NOW)

    assert person(store, EVE).roles == {Role.MARKETER}
    told = [(one.who, one.what, one.subject, one.note) for one in entries(store)]
    assert told == [
        ("ada@demo", "add person", EVE, "Eve"),
        ("ada@demo", "grant role", EVE, "marketer"),
    ]


@pytest.mark.parametrize("email", ["mara@demo", "ana@demo", "pavel@demo"])
def test_nobody_but_an_admin_changes_who_may_do_what(store: Store, email: str) -> None:
    by = person(store, email)
    acts: list[Callable[[], object]] = [
        lambda: membership.add(store, EVE, "Eve", by=by, now=NOW),
        lambda: membership.grant(store, "mara@demo", Role.ADMIN, by=by, now=NOW),
        lambda: membership.revoke(store, "ada@demo", Role.APPROVER, by=by, now=NOW),
        lambda: membership.remove(store, "ana@demo", by=by, now=NOW),
        lambda: membership.show_personal(store, "ana@demo", True, by=by, now=NOW),
        lambda: membership.limit(store, "ana@demo", {}, by=by, now=NOW),
        lambda: membership.unbind(store, "ana@demo", by=by, now=NOW),
    ]
    before = people.list_all(store)

    assert {refused(act).refusal.code for act in acts} == {Code.NOT_ALLOWED}
    assert people.list_all(store) == before
    assert entries(store) == []


def test_nobody_gives_themselves_a_role_or_sight_whatever_address_they_write(store: Store) -> None:
    ada = person(store, "ada@demo")

    for email in ("ada@demo", "ADA@demo "):
        for act in (
            lambda email=email: membership.grant(store, email, Role.MARKETER, by=ada, now=NOW),
            lambda email=email: membership.show_personal(store, email, True, by=ada, now=NOW),
            lambda email=email: membership.limit(store, email, {}, by=ada, now=NOW),
        ):
            assert refused(act).refusal.code is Code.NOT_ALLOWED
    assert person(store, "ada@demo") == ada


def test_nobody_gets_a_second_account_under_another_spelling(store: Store) -> None:
    ada = person(store, "ada@demo")
    membership.add(store, EVE, "Eve", by=ada, now=NOW)

    again = refused(lambda: membership.add(store, "eve+2@team.example", "Eve", by=ada, now=NOW))

    assert again.refusal.code is Code.INVALID_ARGUMENT


def test_the_last_admin_stays_one(store: Store) -> None:
    ada = person(store, "ada@demo")

    for act in (
        lambda: membership.revoke(store, "ada@demo", Role.ADMIN, by=ada, now=NOW),
        lambda: membership.remove(store, "ada@demo", by=ada, now=NOW),
    ):
        assert "last admin" in refused(act).refusal.message

    membership.grant(store, "pavel@demo", Role.ADMIN, by=ada, now=NOW)
    membership.revoke(store, "ada@demo", Role.ADMIN, by=ada, now=NOW)
    assert Role.ADMIN not in person(store, "ada@demo").roles


def test_an_admin_who_lost_the_role_grants_nothing_with_what_they_were_let_in_with(
    store: Store,
) -> None:
    ada = person(store, "ada@demo")
    membership.grant(store, "pavel@demo", Role.ADMIN, by=ada, now=NOW)
    membership.revoke(store, "ada@demo", Role.ADMIN, by=person(store, "pavel@demo"), now=NOW)

    act = refused(lambda: membership.grant(store, "mara@demo", Role.ADMIN, by=ada, now=NOW))

    assert act.refusal.code is Code.NOT_ALLOWED


def test_whoever_leaves_loses_everything_but_their_name(store: Store) -> None:
    ada = person(store, "ada@demo")
    membership.show_personal(store, "mara@demo", True, by=ada, now=NOW)
    secret = tokens.create(store, "mine", frozenset({TokenScope.PROPOSE}), who="mara@demo", now=NOW)

    membership.remove(store, "mara@demo", by=ada, now=NOW)

    mara = person(store, "mara@demo")
    assert (mara.name, mara.roles) == ("Mara", frozenset())
    assert sight_of(store, mara) == Sight()
    assert tokens.person_of(store, secret, now=NOW) is None
    gone = next(one for one in membership.members(store) if one.email == "mara@demo")
    assert gone.left == NOW
    act = refused(lambda: membership.grant(store, "mara@demo", Role.ADMIN, by=ada, now=NOW))
    assert "has left" in act.refusal.message

    membership.add(store, "mara@demo", "Mara", by=ada, now=NOW)
    assert person(store, "mara@demo").roles == frozenset()


def test_the_first_admin_is_added_only_while_there_is_none(store: Store) -> None:
    assert refused(lambda: membership.add_first(store, EVE, "Eve", now=NOW))
    with store.write() as connection:
        connection.execute(roles.delete().where(roles.c.role == sa.literal("admin")))

    membership.add_first(store, EVE, "Eve", now=NOW)

    assert person(store, EVE).roles == {Role.ADMIN}


# Who sees what


def test_only_admins_and_whom_they_let_see_personal_data_do(store: Store) -> None:
    ada = person(store, "ada@demo")
    assert sight_of(store, ada).clear
    assert not any(sight_of(store, person(store, f"{one}@demo")).clear for one in ("mara", "ana"))

    membership.show_personal(store, "ana@demo", True, by=ada, now=NOW)
    assert sight_of(store, person(store, "ana@demo")).clear

    membership.show_personal(store, "ana@demo", False, by=ada, now=NOW)
    assert not sight_of(store, person(store, "ana@demo")).clear


def test_a_limit_to_some_users_is_kept_until_it_is_lifted(store: Store) -> None:
    ada = person(store, "ada@demo")
    membership.limit(store, "ana@demo", {"country": ["DE", "AT"]}, by=ada, now=NOW)
    membership.show_personal(store, "ana@demo", True, by=ada, now=NOW)
    ana = person(store, "ana@demo")
    assert sight_of(store, ana) == Sight(clear=True, limits={"country": ("AT", "DE")})

    membership.limit(store, "ana@demo", {}, by=ada, now=NOW)

    assert sight_of(store, ana) == Sight(clear=True, limits={})
