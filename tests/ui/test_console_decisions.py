"""The Decisions page: why a user gets something or not, what would change it, for whose eyes."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from control import membership, people
from core.lifecycle import Role
from core.masking import HIDDEN
from tests.ui.conftest import shown
from tests.ui.decided_console import Look
from ui.workspace import Workspace

PAGE = "decisions.py"
EVERYBODY = ("mara@demo", "ana@demo", "pavel@demo", "ada@demo")
WARM_CPU_SECONDS = 0.15


def _said(page: AppTest) -> str:
    tables = [str(cell) for table in page.table for column in table.value.values for cell in column]
    return "\n".join([shown(page), *tables]).replace("\\", "")


def _user(workspace: Workspace, outcome: str) -> tuple[str, str]:
    query = (
        "SELECT user_id, decision_id FROM decisions WHERE outcome = $outcome "
        "AND cycle_id IN (SELECT cycle_id FROM cycles) ORDER BY user_id, decision_id LIMIT 1"
    )
    ((user, decision),) = workspace.warehouse.fetch(query, {"outcome": outcome}).rows
    return str(user), str(decision)


@pytest.fixture
def winner(decided_workspace: Workspace) -> tuple[str, str]:
    return _user(decided_workspace, "selected")


@pytest.fixture
def limited(decided_workspace: Workspace) -> Iterator[str]:
    """Ana sees users of one country only: somebody of another one."""
    store, now = decided_workspace.store, decided_workspace.now()
    ada = decided_workspace.person("ada@demo")
    membership.limit(store, "ana@demo", {"country": ("DE",)}, by=ada, now=now)
    query = "SELECT MIN(user_id) FROM dim_users WHERE country = 'US' AND merged_into IS NULL"
    yield str(decided_workspace.warehouse.fetch(query).scalar())
    membership.limit(store, "ana@demo", {}, by=ada, now=now)


@pytest.mark.parametrize("email", EVERYBODY)
def test_everybody_may_look_somebody_up_and_a_marketer_sees_no_value(
    look: Look, winner: tuple[str, str], email: str
) -> None:
    page = look(PAGE, email, user=winner[0])

    told = _said(page)
    assert "Every message, the furthest first" in told
    assert "Would be sent" in told
    assert "Handed over for sending" in told
    assert (HIDDEN in told) == (email == "mara@demo")
    assert ("(read: " in told) == (email != "mara@demo")


def test_a_role_given_to_a_marketer_opens_the_values_at_the_next_click(
    look: Look, decided_workspace: Workspace, winner: tuple[str, str]
) -> None:
    page = look(PAGE, "mara@demo", user=winner[0])
    mara = decided_workspace.person("mara@demo")

    people.add(
        decided_workspace.store,
        [mara.model_copy(update={"roles": mara.roles | {Role.ANALYST}})],
    )
    told = _said(page.run())
    people.add(decided_workspace.store, [mara])

    assert HIDDEN not in told


def test_without_a_user_the_page_says_what_to_do_and_offers_some(look: Look) -> None:
    page = look(PAGE, "ana@demo")

    page.button(key="example_selected").click().run()

    assert not page.exception
    assert page.query_params["user"]
    assert "Gets " in _said(page)


def test_a_typed_user_becomes_the_address(look: Look, winner: tuple[str, str]) -> None:
    page = look(PAGE, "ana@demo")

    page.text_input(key="decisions_user").set_value(f"  {winner[0]} ").run()

    assert page.query_params["user"] == winner[0]
    assert winner[0] in _said(page)


@pytest.mark.parametrize("user", ["nobody", "<b>x</b>", ":red[x] [y](z)", "\u202eabc", "🦊" * 200])
def test_an_unknown_user_is_refused_in_words_whatever_was_typed(look: Look, user: str) -> None:
    page = look(PAGE, "pavel@demo", user=user)

    assert "Code UNKNOWN_USER" in _said(page)
    assert "There is no user" in _said(page)


def test_somebody_outside_of_ones_limit_is_not_shown(look: Look, limited: str) -> None:
    page = look(PAGE, "ana@demo", user=limited)

    told = _said(page)
    assert "You may not see this user" in told
    assert "Would be sent" not in told


def test_a_decision_is_replayed_from_its_record_and_told_gate_by_gate(
    look: Look, winner: tuple[str, str]
) -> None:
    user, decision = winner

    told = _said(look(PAGE, "ana@demo", user=user, decision=decision))

    assert "Decided once more from its own record alone" in told
    assert "comes out **the same**" in told
    assert "What came of it" in told


def test_a_decision_on_somebody_else_is_not_opened(
    look: Look, decided_workspace: Workspace, winner: tuple[str, str]
) -> None:
    other, decision = _user(decided_workspace, "suppressed")
    assert other != winner[0]

    told = _said(look(PAGE, "ana@demo", user=winner[0], decision=decision))

    assert "There is no decision" in told


def test_a_warm_look_costs_little(look: Look, winner: tuple[str, str]) -> None:
    page = look(PAGE, "ana@demo", user=winner[0])
    page.run()

    spent = []
    for _ in range(3):
        before = time.process_time()
        page.run()
        spent.append(time.process_time() - before)

    assert min(spent) < WARM_CPU_SECONDS
