"""The Staging page: what is tried, what it came to, and who may let it go live."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from control import people, staging, versions
from control.tables import outbox
from core.lifecycle import Role
from orchestrate import rulebook
from tests.ui.command_line import DECISION, ELIGIBILITY, CommandLine
from tests.ui.conftest import shown
from tests.ui.demo_desk import DemoWorkspace, ReplayWorker
from ui.app import SCRIPT
from ui.console.desk import Desk, open_desk
from ui.environment import load_settings
from ui.staging import remove
from ui.workspace import Workspace, open_workspace

RULE = "upgrade_nudge"
Look = Callable[[str], AppTest]
WARM_CPU_SECONDS = 0.15


@pytest.fixture
def workspace(cli: CommandLine) -> Iterator[Workspace]:
    """A policy is live and decided; a rule that nobody approved is tried beside it."""
    policy = cli.json("ask", DECISION)["change_request"]["id"]
    cli.json("approvals", "approve", policy, "--as", "pavel@demo")
    cli.json("cycle", "run")
    cli.json("ask", ELIGIBILITY)
    cli.json("staging", "add", "CR-2")
    opened = open_workspace(load_settings({"workspace": str(cli.workspace)}))
    yield opened
    opened.close()


@pytest.fixture
def look(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Look:
    """The page as somebody sees it."""
    worker = ReplayWorker(DemoWorkspace(tmp_path_factory.mktemp("worker")))
    open_desk(Desk(workspace, worker))

    def looked(email: str) -> AppTest:
        page = AppTest.from_file(str(SCRIPT), default_timeout=30)
        page.user = {"is_logged_in": True, "email": email}
        return page.run().switch_page("../pages/staging.py").run()

    return looked


def _press(page: AppTest, key: str) -> AppTest:
    found = page.button(key=key).click().run()
    assert not found.exception
    return found


def _buttons(page: AppTest) -> set[str]:
    return {str(button.key) for button in page.button if button.key}


CHANGES = {"promote_all", "decide_staging", "stage", f"remove_{RULE}"}


@pytest.mark.parametrize("email", ["mara@demo", "ana@demo"])
def test_who_proposes_or_asks_sees_everything_and_changes_nothing(look: Look, email: str) -> None:
    page = look(email)

    assert not page.exception
    assert "On trial" in shown(page) or page.get("badge")
    assert "An approver or an admin stages and promotes." in shown(page)
    assert not CHANGES & _buttons(page)


@pytest.mark.parametrize("email", ["pavel@demo", "ada@demo"])
def test_an_approver_and_an_admin_may_stage_and_promote(look: Look, email: str) -> None:
    page = look(email)

    assert not page.exception
    assert _buttons(page) >= CHANGES
    assert page.button(key="promote_all").disabled


def test_the_engine_refuses_whoever_lacks_the_role_whatever_the_page_offers(
    look: Look, workspace: Workspace
) -> None:
    page = look("pavel@demo")
    pavel = workspace.person("pavel@demo")
    people.add(workspace.store, [pavel.model_copy(update={"roles": frozenset({Role.MARKETER})})])

    told = shown(_press(page, f"remove_{RULE}"))

    assert "approver" in told
    assert [one.key for one in staging.everything(workspace.store)] == [RULE]


def test_the_card_of_what_was_approved_in_staging_leads_to_where_it_is_promoted(
    look: Look, workspace: Workspace
) -> None:
    workspace.decide("CR-2", workspace.person("pavel@demo"), "approve")
    page = look("pavel@demo")
    page.query_params["request"] = "CR-2"
    page.switch_page("../pages/approvals.py").run()
    assert [title.value for title in page.title] != ["Staging"]

    page = _press(page, "open_staging")

    assert [title.value for title in page.title] == ["Staging"]
    assert f"promote_{RULE}" in _buttons(page)


def test_staging_decides_beside_live_and_the_difference_is_shown(
    look: Look, workspace: Workspace
) -> None:
    page = look("pavel@demo")
    assert "Staging has not decided yet." in shown(page)

    page = _press(page, "decide_staging")

    told = shown(page)
    assert "Who would get something else" in told
    gained = {metric.label: metric.value for metric in page.metric}
    assert int(gained["Gain a message"].replace(",", "")) > 0
    assert int(gained["Written"].replace(",", "")) > 0
    assert "Upgrade nudge" in str(page.table[0].value)
    with workspace.store.read() as connection:
        sent = connection.execute(outbox.select().where(outbox.c.policy_key == RULE)).all()
    assert sent == []


def test_results_from_before_a_change_say_so(look: Look, workspace: Workspace) -> None:
    page = _press(look("pavel@demo"), "decide_staging")
    assert "changed since" not in shown(page)

    (live,) = versions.live(workspace.store)
    rulebook.pause(
        workspace.store, live.key, person=workspace.person("ada@demo"), now=workspace.now()
    )

    assert "changed since" in shown(page.run())


def test_an_approved_rule_is_promoted_and_taken_back(look: Look, workspace: Workspace) -> None:
    workspace.decide("CR-2", workspace.person("ada@demo"), "approve")

    page = _press(look("pavel@demo"), f"promote_{RULE}")

    assert versions.current(workspace.store, RULE) is not None
    assert "went live for the first time" in shown(page)
    assert "Nothing is tried at the moment." in shown(page)
    page = _press(page, "take_back")
    found = versions.current(workspace.store, RULE)
    assert found is not None
    assert found.state == "paused"
    assert "Taken back by Pavel" in shown(page)


def test_what_is_taken_out_may_be_tried_again(look: Look, workspace: Workspace) -> None:
    page = _press(look("ada@demo"), f"remove_{RULE}")
    assert staging.everything(workspace.store) == []

    page.selectbox(key="stage_target").select("CR-2").run()
    _press(page, "stage")

    assert [one.key for one in staging.everything(workspace.store)] == [RULE]


def test_what_somebody_else_did_meanwhile_is_told_and_breaks_nothing(
    look: Look, workspace: Workspace
) -> None:
    page = look("pavel@demo")
    remove(workspace, RULE, workspace.person("ada@demo"))

    told = shown(_press(page, f"remove_{RULE}")).replace("\\", "")

    assert "Nothing is in staging." in told
    assert "Next: Put a change request there" in told


def test_a_warm_page_costs_little(look: Look) -> None:
    page = _press(look("pavel@demo"), "decide_staging")
    page.run()

    before = time.process_time()
    for _ in range(5):
        page.run()
    spent = (time.process_time() - before) / 5

    assert spent < WARM_CPU_SECONDS, spent
