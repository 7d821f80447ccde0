"""A change request beyond a verdict: fixed, drafted anew, withdrawn, replayed, sampled."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from control import requests
from control.requests import ChangeRequest
from control.tables import change_requests as table
from core.lifecycle import State
from core.rules import DecisionPolicy, EligibilityRule, Entry
from tests.ui import answers
from tests.ui.conftest import Visit, proposed, shown
from tests.ui.decided_console import Look, decided, looking
from ui.console.desk import Desk
from ui.console.replays import Job
from ui.proposing import propose_rule
from ui.workspace import Workspace

PAGE = "approvals.py"
CPU_SECONDS = 0.4
REPLAY_SECONDS = 120


@pytest.fixture(scope="module")
def workspace(
    demo_workspace: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workspace]:
    """A workspace that these tests may change."""
    folder = tmp_path_factory.mktemp("revising") / "workspace"
    shutil.copytree(demo_workspace, folder)
    with decided(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def look_at(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Look:
    """A page of it, as somebody."""
    return looking(workspace, tmp_path_factory.mktemp("worker"))


def asked(workspace: Workspace, key: str, workouts: int = 3, **more: object) -> ChangeRequest:
    """A rule that Mara sends for approval."""
    action = answers.NUDGE.model_copy(update={"key": key})
    condition = answers.RULE.condition.model_copy(
        update={
            "of": (
                answers.RULE.condition.of[0].model_copy(update={"n": workouts}),
                *answers.RULE.condition.of[1:],
            )
        }
    )
    named = {"key": key, "name": key.title(), "action": action, "condition": condition}
    rule = EligibilityRule.model_validate(
        answers.RULE.model_copy(update=named | more).model_dump(mode="json")
    )
    return propose_rule(workspace, rule, author=workspace.person("mara@demo"), reason="More.")


def said(page: AppTest) -> str:
    tables = [str(cell) for one in page.table for row in one.value.values for cell in row]
    return "\n".join([shown(page), *tables]).replace("\\", "")


def keys(page: AppTest) -> set[str | None]:
    return {button.key for button in page.button}


def test_a_known_fix_makes_a_request_of_its_own_at_one_click(
    workspace: Workspace, look_at: Look
) -> None:
    before = asked(workspace, "fixable", holdout=None)
    fix = f"fix_{before.id}_measurable"
    assert fix not in keys(look_at(PAGE, "pavel@demo", request=before.id))

    page = look_at(PAGE, "ana@demo", request=before.id)
    page.button(key=fix).click().run()
    assert not page.exception

    made = requests.get(workspace.store, page.query_params["request"])
    assert made.id != before.id
    assert made.rule.holdout is not None
    assert "measurable" not in {one.policy for one in made.findings}
    assert requests.get(workspace.store, before.id).state is State.WITHDRAWN
    assert {"ana@demo", "mara@demo"} <= {*made.authors}
    assert f"{made.id} takes the place of {before.id}" in said(page)


def test_what_went_live_in_between_blocks_approval_until_it_is_drafted_anew(
    workspace: Workspace, look_at: Look
) -> None:
    late = asked(workspace, "moving", workouts=3)
    first = asked(workspace, "moving", workouts=5)
    workspace.decide(first.id, workspace.person("pavel@demo"), "approve")

    page = look_at(PAGE, "pavel@demo", request=late.id)
    assert "version 1 is live now. **It cannot be approved**" in said(page)
    page.button(key="approve").click().run()
    assert requests.get(workspace.store, late.id).state is State.IN_REVIEW
    assert f"rebase_{late.id}" not in keys(page)

    author = look_at(PAGE, "mara@demo", request=late.id)
    author.button(key=f"rebase_{late.id}").click().run()
    assert not author.exception
    # Both changed the same place: no machine chooses between them.
    assert requests.get(workspace.store, late.id).state is State.IN_REVIEW
    assert "Next:" in said(author)


def test_an_author_takes_a_request_back(workspace: Workspace, look_at: Look) -> None:
    request = asked(workspace, "regretted", workouts=2)
    assert f"withdraw_{request.id}" not in keys(look_at(PAGE, "ana@demo", request=request.id))

    page = look_at(PAGE, "mara@demo", request=request.id)
    page.button(key=f"withdraw_{request.id}").click().run()

    assert requests.get(workspace.store, request.id).state is State.WITHDRAWN
    assert f"{request.id} is withdrawn." in said(page)


@pytest.mark.slow
def test_the_last_28_days_are_replayed_aside_with_lift_and_its_source(
    workspace: Workspace, look_at: Look
) -> None:
    request = asked(workspace, "replayed")
    page = look_at(PAGE, "pavel@demo", request=request.id)
    assert "Had it been live for the last 28 days" in said(page)

    page.button(key=f"replay_{request.id}").click().run()
    give_up = time.monotonic() + REPLAY_SECONDS
    while "What to expect" not in said(page) and time.monotonic() < give_up:
        time.sleep(3)
        page.run()

    assert not page.exception
    assert "it would have sent" in said(page)
    assert "No basis: this action was never measured against a holdout." in said(page)
    metrics = {one.label: one.value for one in page.metric}
    assert {"People reached", "Messages", "Stopped by caps"} <= metrics.keys()


def test_a_stopped_replay_goes_no_further() -> None:
    job = Job()
    job.tell(3, 28)
    assert (job.done, job.days) == (3, 28)

    job.stop()

    with pytest.raises(Exception, match="Somebody stopped the replay"):
        job.tell(4, 28)


def test_another_sample_names_other_people(workspace: Workspace, look_at: Look) -> None:
    request = asked(workspace, "sampled", workouts=1)
    page = look_at(PAGE, "pavel@demo", request=request.id)

    def users() -> set[str]:
        (table,) = [one.value for one in page.table if "Result" in one.value]
        return {*table["User"]}

    page.button(key=f"sample_{request.id}").click().run()
    first = users()
    assert page.button(key=f"sample_{request.id}").label == "Another sample"
    assert len(first) == 6
    page.button(key=f"sample_{request.id}").click().run()

    assert users() != first


def test_a_user_is_checked_against_one_message_of_a_policy(
    workspace: Workspace, look_at: Look
) -> None:
    entry = Entry(tier=1, action=answers.NUDGE, eligibility=answers.RULE.condition)
    policy = DecisionPolicy(
        key="ordered", name="Ordered", entries=(entry,), holdout=answers.RULE.holdout
    )
    mara = workspace.person("mara@demo")
    request = propose_rule(workspace, policy, author=mara, reason="In order.")
    user = workspace.warehouse.fetch(
        "SELECT user_id FROM dim_users WHERE merged_into IS NULL ORDER BY user_id LIMIT 1"
    ).scalar()

    page = look_at(PAGE, "pavel@demo", request=request.id)
    page.text_input(key=f"user_{request.id}").set_value(str(user))
    page.button(key=f"check_{request.id}").click().run()

    assert not page.exception
    assert str(user) in said(page)
    assert "For whom this message is. Another one that comes first may still win." in said(page)


def test_a_thousand_requests_are_found_a_page_at_a_time_and_quickly(
    visit: Visit, office: Desk
) -> None:
    first = proposed(office)
    store = office.workspace.store
    with store.engine.begin() as connection:
        row = dict(connection.execute(table.select()).mappings().one())
        rows = [
            row | {"id": f"CR-{number}", "name": f"Wish {number}", "content_hash": f"{number:064}"}
            for number in range(2, 1_001)
        ]
        connection.execute(table.insert(), rows)
    page = visit("pavel@demo")
    assert "1,000 waiting for approval" in " ".join(str(one.value) for one in page.markdown)

    begun = time.process_time()
    page.run()
    assert time.process_time() - begun < CPU_SECONDS

    listed = [key for key in keys(page) if str(key).startswith("request_")]
    assert len(listed) == 25
    assert f"request_{first}" in listed
    page.text_input(key="inbox_words").set_value("wish 77").run()
    assert "11 of 1,000" in said(page)
    page.selectbox(key="inbox_author").set_value("mara@demo").run()
    assert "request_CR-77" in keys(page)
