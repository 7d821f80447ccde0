"""The editor of conditions on the Ask page, over the real worker: what it sets is what the graph
checks, simulates and sends."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from control import people, requests, runs
from core.artifacts import AskResult
from core.conditions import And, Attribute, EventCount, Not, Rolling, clauses
from core.rules import DecisionPolicy, EligibilityRule
from tests.ui.command_line import DECISION, ELIGIBILITY
from tests.ui.conftest import shown
from ui.app import SCRIPT
from ui.console.desk import Desk, open_desk
from ui.environment import load_settings
from ui.worker import Worker
from ui.workspace import open_workspace

SECONDS = 60.0


class Asking:
    """Somebody on the Ask page, in a conversation of their own."""

    def __init__(self, office: Desk) -> None:
        self.office = office
        self.store = office.workspace.store

    def ask(self, prompt: str) -> AppTest:
        """The page with the answer to a prompt."""
        run_id = self.office.start(prompt, people.get(self.store, "mara@demo"), None)
        self.result(run_id)
        return self.page(run_id)

    def page(self, run_id: str) -> AppTest:
        """The page of a run, anew."""
        open_desk(self.office)
        page = AppTest.from_file(str(SCRIPT), default_timeout=60)
        page.user = {"is_logged_in": True, "email": "mara@demo"}
        page.query_params["run"] = run_id
        page.run()
        assert not page.exception
        return page

    def result(self, run_id: str) -> AskResult:
        """The answer of a run, once it is there."""
        ends = time.monotonic() + SECONDS
        while (run := runs.get(self.store, run_id)).state in ("queued", "running"):
            assert time.monotonic() < ends
            time.sleep(0.02)
        return AskResult.model_validate(run.result)


@pytest.fixture(scope="module")
def asking(demo_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    folder = tmp_path_factory.mktemp("editor") / "workspace"
    shutil.copytree(demo_workspace, folder)
    workspace = open_workspace(load_settings({"workspace": str(folder)}))
    worker = Worker(workspace)
    yield Asking(Desk(workspace, worker))
    worker.close()
    workspace.close()


@pytest.fixture(scope="module")
def draft(asking: Asking) -> str:
    """The run of a draft that is looked at and left as it is."""
    return run_of(asking.ask(ELIGIBILITY))


def opened(page: AppTest) -> AppTest:
    page.button(key=f"edit_{run_of(page)}").click().run()
    assert not page.exception
    return page


def run_of(page: AppTest) -> str:
    return page.query_params["run"]


def widget(page: AppTest, kind: str, ending: str, at: int = 0) -> str:
    """The key of a widget of a row: the n-th of its kind that ends so."""
    found = [one.key for one in page.get(kind) if (one.key or "").endswith(ending)]
    return found[at]


def apply(page: AppTest, asking: Asking) -> AskResult:
    """Press Apply and give the answer of the turn that this makes."""
    before = run_of(page)
    page.button(key=f"apply_{before}").click().run()
    assert not page.exception
    assert run_of(page) != before
    return asking.result(run_of(page))


def rule_of(result: AskResult) -> EligibilityRule:
    assert isinstance(result.artifact, EligibilityRule)
    return result.artifact


def test_a_clause_is_changed_negated_added_and_removed_and_the_rule_sent(asking: Asking) -> None:
    page = opened(asking.ask(ELIGIBILITY))
    before = asking.result(run_of(page))
    assert page.button(key=f"apply_{run_of(page)}").disabled

    page.number_input(key=widget(page, "number_input", "_n")).set_value(5).run()
    when = widget(page, "selectbox", "_when")
    page.selectbox(key=when).set_value("in the last").run()
    page.number_input(key=widget(page, "number_input", "_many")).set_value(14).run()
    page.button(key=_named(page, "Remove", 1)).click().run()
    page.button(key=_named(page, "Add a condition", -1)).click().run()
    page.selectbox(key=widget(page, "selectbox", "_about", -1)).set_value("attribute:country").run()
    page.checkbox(key=widget(page, "checkbox", "_not", -1)).check().run()
    result = apply(page, asking)

    assert result.status == "answered"
    condition = rule_of(result).condition
    workouts, tickets, country = clauses(condition)
    window = Rolling(seconds=14 * 86_400)
    assert workouts == EventCount(event="workout_completed", n=5, window=window)
    assert tickets == clauses(rule_of(before).condition)[2]
    assert isinstance(country, Not)
    assert isinstance(country.of, Attribute)
    assert result.preview
    assert before.preview
    assert result.preview.audience_size != before.preview.audience_size
    assert "SELECT" in result.sql[0].text

    answered = asking.page(run_of(page))
    assert "Conditions set by hand" in shown(answered)
    answered.button(key=f"send_{run_of(page)}").click().run()
    sent = requests.list_all(asking.store)[0]
    assert sent.rule == rule_of(result)
    assert f"edit_{run_of(page)}" not in {one.key for one in answered.button}


def _named(page: AppTest, label: str, at: int) -> str:
    return str([one.key for one in page.button if one.label == label][at])


def test_what_cannot_be_is_told_beside_its_row_and_is_not_handed_over(
    asking: Asking, draft: str
) -> None:
    page = opened(asking.page(draft))
    count = widget(page, "number_input", "_n")

    page.number_input(key=count).set_value(-3).run()
    assert "-3 is too few here: give 0 or more" in shown(page).replace("\\", "")
    assert page.button(key=f"apply_{run_of(page)}").disabled

    page.number_input(key=count).set_value(10**10).run()
    assert "more than is ever counted" in shown(page).replace("\\", "")
    # What else the row says is not lost meanwhile.
    assert [one for one in page.selectbox if (one.key or "").endswith("_when")]

    page.number_input(key=count).set_value(4).run()
    assert not page.button(key=f"apply_{run_of(page)}").disabled


def test_conditions_that_exclude_each_other_are_told_before_they_are_handed_over(
    asking: Asking, draft: str
) -> None:
    page = opened(asking.page(draft))

    page.button(key=_named(page, "Add a condition", -1)).click().run()
    page.selectbox(key=widget(page, "selectbox", "_about", -1)).set_value(
        "event:workout_completed"
    ).run()
    page.selectbox(key=widget(page, "selectbox", "_how", -1)).set_value("<").run()

    assert "Code CONTRADICTION" in shown(page).replace("\\", "")
    assert page.button(key=f"apply_{run_of(page)}").disabled


def test_an_entry_of_a_policy_is_changed_in_a_group_of_its_own(asking: Asking) -> None:
    page = opened(asking.ask(DECISION))
    places = page.selectbox(key=f"whose_{run_of(page)}")
    assert places.options[0] == "Who is considered"

    places.set_value(_first_entry(asking, page)).run()
    page.button(key=_named(page, "Add a group", -1)).click().run()
    result = apply(page, asking)

    assert isinstance(result.artifact, DecisionPolicy)
    assert result.status == "answered", result.refusals
    assert isinstance(result.artifact.entries[0].eligibility, And)


def _first_entry(asking: Asking, page: AppTest) -> str:
    policy = asking.result(run_of(page)).artifact
    assert isinstance(policy, DecisionPolicy)
    return f"entry:{policy.entries[0].action.key}"


def test_a_draft_that_another_window_changed_is_not_written_over(asking: Asking) -> None:
    page = opened(asking.ask(ELIGIBILITY))
    run = runs.get(asking.store, run_of(page))
    page.number_input(key=widget(page, "number_input", "_n")).set_value(5).run()
    theirs = asking.office.start(
        "make it 7 workouts", people.get(asking.store, "mara@demo"), run.thread_id
    )
    asking.result(theirs)

    page.run()

    assert "what you set here was not applied" in shown(page)
    assert f"edit_{theirs}" in {one.key for one in page.button}


def test_cancelling_changes_nothing(asking: Asking, draft: str) -> None:
    page = opened(asking.page(draft))
    run_id = run_of(page)
    page.number_input(key=widget(page, "number_input", "_n")).set_value(5).run()

    page.button(key=f"cancel_{run_id}").click().run()

    assert run_of(page) == run_id
    assert len(runs.list_runs(asking.store, runs.get(asking.store, run_id).thread_id)) == 1
    assert f"edit_{run_id}" in {one.key for one in page.button}


def test_a_draft_is_looked_at_for_one_person_and_beside_the_version_in_force(
    asking: Asking,
) -> None:
    page = asking.ask("Send the upgrade nudge to users who viewed pricing and are on iOS.")
    run = runs.get(asking.store, run_of(page))
    sent = asking.office.send_for_approval(run.id, people.get(asking.store, "mara@demo"))
    assert sent.change_request
    request = requests.get(asking.store, sent.change_request.id)
    pavel = people.get(asking.store, "pavel@demo")
    asking.office.decide(request, pavel, "approve", "")
    page.chat_input(key="prompt").set_value("Android instead").run()
    asking.result(run_of(page))
    run_id = run_of(page)
    page.run()

    page.text_input(key=f"user_ask_{run_id}").set_value("u0000042")
    page.button(key=f"check_ask_{run_id}").click().run()
    judged = page.table[-1].value
    assert [*judged.columns] == ["Condition", "Has", "Holds"]
    assert [one.replace("\\", "") for one in judged["Condition"]] == [
        "pricing viewed at least once",
        "device os is android",
    ]
    page.button(key=f"compare_{run_id}").click().run()

    assert "Beside what is live" in shown(page)
    figures = {one.label: one.value for one in page.metric}
    assert int(figures["Enter"].replace(",", "").lstrip("+")) > 0
    assert int(figures["Leave"].replace(",", "").lstrip("−")) > 0


def test_what_was_assumed_is_read_otherwise_at_one_click(asking: Asking) -> None:
    page = asking.ask(ELIGIBILITY)
    before = run_of(page)
    labels = {one.label.replace("\\", ""): one.key for one in page.button}

    page.button(key=labels["Workout completed exactly 3 times"]).click().run()

    assert run_of(page) != before
    answer = asking.result(run_of(page)).answer
    assert "at least 3 times → workout completed exactly 3 times" in answer
