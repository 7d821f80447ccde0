"""Who is let into the console: by account, with a role, and nobody without either."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from control import membership, people
from control.people import Person
from core.lifecycle import Role
from tests.ui.conftest import Visit, existing, shown
from ui.app import SCRIPT
from ui.console.desk import Desk
from ui.console.shell import PLACES
from ui.identity import VOUCHED_FOR, claims_of

ACCOUNT = {
    "is_logged_in": True,
    "email": "mara@demo",
    "email_verified": True,
    "iss": "https://id.example",
    "sub": "1",
}


@pytest.fixture
def team(office: Desk) -> Desk:
    """A desk of a team with an identity provider of its own."""
    settings = office.workspace.settings.model_copy(update={"identity": "oidc"})
    office.workspace.settings = settings  # type: ignore[misc]
    return office


def opened(**claims: Any) -> AppTest:
    page = AppTest.from_file(str(SCRIPT), default_timeout=30)
    page.user = ACCOUNT | claims
    return page.run()


def test_an_account_with_a_role_is_let_in(team: Desk) -> None:
    assert opened().session_state["person"].email == "mara@demo"


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"email_verified": False}, "not checked"),
        ({"email_verified": None}, "not checked"),
        ({"sub": ""}, "which account"),
        ({"iss": ""}, "which account"),
    ],
)
def test_an_account_that_proves_nothing_is_told_so_and_whom_to_ask(
    team: Desk, claims: dict[str, Any], told: str
) -> None:
    page = opened(**claims)

    assert told in shown(page)
    assert "Ask an admin of this workspace (Ada)" in shown(page)
    assert [button.label for button in page.button] == ["Sign out"]


def test_an_address_that_was_given_to_somebody_else_opens_nothing(team: Desk) -> None:
    opened()

    page = opened(sub="2")

    assert "another account" in shown(page).replace("\\", "")
    assert "person" not in page.session_state


def test_whoever_was_removed_sees_the_door_at_the_next_click(team: Desk) -> None:
    page = opened()
    ada = people.get(team.workspace.store, "ada@demo")

    membership.remove(team.workspace.store, "mara@demo", by=ada, now=team.now())

    assert "You have no role here yet" in shown(page.run())
    assert existing(team.person("mara@demo")).name == "Mara"


def test_a_provider_that_says_nothing_of_addresses_has_to_be_vouched_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    silent = {key: value for key, value in ACCOUNT.items() if key != "email_verified"}
    assert not claims_of(silent).verified

    monkeypatch.setenv(VOUCHED_FOR, "1")
    assert claims_of(silent).verified
    assert not claims_of(silent | {"email_verified": False}).verified
    assert claims_of(silent | {"email_verified": "true"}).verified


@pytest.mark.parametrize("email", [None, "eve@elsewhere.example"])
def test_no_page_opens_by_its_address_without_a_role(visit: Visit, email: str | None) -> None:
    page = visit(email)

    assert {button.label for button in page.button} <= {"Sign in", "Sign out"}
    for place in PLACES:
        with pytest.raises(ValueError, match="Could not find a navigation page"):
            page.switch_page(f"../pages/{place.file}")


@pytest.mark.parametrize("role", Role)
def test_a_role_opens_its_own_pages_and_no_other(visit: Visit, office: Desk, role: Role) -> None:
    rosa = Person(email="rosa@demo", name="Rosa", roles=frozenset({role}))
    people.add(office.workspace.store, [rosa])

    page = visit("rosa@demo")

    mine = {place.url for place in PLACES if role in place.roles}
    assert set(page.session_state["pages"]) == mine
