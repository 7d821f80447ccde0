"""The Diagnoses page: who sees which, what one says, its checks, its files, its way to a rule."""

from __future__ import annotations

import json
import time
from itertools import pairwise

import pytest
from streamlit.testing.v1 import AppTest

from control import membership, runs
from control.runs import Thread
from core.artifacts import AskResult, DebugReport
from core.diagnoses import Headline
from core.errors import Code, PilothouseError
from tests.ui import answers
from tests.ui.conftest import Asked, Visit, existing, shown
from tests.ui.decided_console import Look
from tests.ui.demo_desk import DemoWorkspace, ReplayWorker
from ui.console.desk import Desk
from ui.console.diagnosed import ITSELF, Diagnosed, queries
from ui.console.view import diagnosis as words
from ui.console.view.bridge import bridge
from ui.console.view.diagnosis_file import as_json, as_markdown
from ui.console.view.forest import steps_forest, ticks
from ui.console.view.measures import measures, moved
from ui.workspace import Workspace

PAGE = "diagnoses.py"
WARM_CPU_SECONDS = 0.15
HOSTILE = "Why <script>alert(1)</script> ![x](https://evil/x) :red-badge[ok]?"
OLD, MARAS, ALERTED = "d-old", "d-mara", "d-alert"


@pytest.fixture(scope="module")
def real(asked: Asked) -> AskResult:
    """What the engine answers about the demo's incident."""
    return AskResult.model_validate(asked.documents["debug"])


@pytest.fixture(scope="module")
def report(real: AskResult) -> DebugReport:
    assert isinstance(real.artifact, DebugReport)
    return real.artifact


@pytest.fixture(scope="module")
def diagnoses(decided_workspace: Workspace, real: AskResult) -> Workspace:
    """Three answers are kept: Ana's of an older version, Mara's, and one that an alert asked."""
    _keep(decided_workspace, OLD, "ana@demo", HOSTILE, answers.DEBUG)
    _keep(decided_workspace, MARAS, "mara@demo", "Why did conversion drop on iOS?", real)
    _keep(decided_workspace, ALERTED, ITSELF, "Why did data drift?", real)
    return decided_workspace


def _keep(workspace: Workspace, run_id: str, who: str, prompt: str, result: AskResult) -> None:
    store, now = workspace.store, workspace.now()
    runs.open_thread(store, Thread(run_id, who, "1", prompt, now))
    runs.create(store, run_id, thread_id=run_id, person=who, prompt=prompt, now=now)
    document = result.model_dump(mode="json")
    runs.finish(store, run_id, state="finished", result=document, now=now)


def _book(workspace: Workspace, email: str, tmp: DemoWorkspace) -> Diagnosed:
    return Diagnosed(Desk(workspace, ReplayWorker(tmp)), workspace.person(email))


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> DemoWorkspace:
    return DemoWorkspace(tmp_path_factory.mktemp("elsewhere"))


def _listed(page: AppTest) -> set[str]:
    keys = [button.key or "" for button in page.button]
    return {key.removeprefix("diagnosis_") for key in keys if key.startswith("diagnosis_")}


def _said(page: AppTest) -> str:
    return shown(page).replace("\\", "")


# Who sees which


def test_an_analyst_sees_everybodys_and_a_marketer_their_own_and_those_of_alerts(
    look: Look, diagnoses: Workspace
) -> None:
    assert _listed(look(PAGE, "ana@demo")) >= {OLD, MARAS, ALERTED}
    assert _listed(look(PAGE, "mara@demo")) == {MARAS, ALERTED}


def test_an_address_of_somebody_elses_opens_nothing_for_a_marketer(
    look: Look, diagnoses: Workspace
) -> None:
    page = look(PAGE, "mara@demo", d=OLD)

    assert "There is no diagnosis 'd-old' that you may see" in _said(page)
    assert not page.metric


def test_a_role_taken_away_while_the_page_is_open_runs_no_check(
    diagnoses: Workspace, elsewhere: DemoWorkspace, report: DebugReport
) -> None:
    sql = report.causes[0].next_check.sql
    book = _book(diagnoses, "mara@demo", elsewhere)
    believed = book.viewer.model_copy(update={"roles": diagnoses.person("ana@demo").roles})

    for viewer in (book.viewer, believed):
        with pytest.raises(PilothouseError) as refused:
            Diagnosed(book.office, viewer).run_check(MARAS, sql)
        assert refused.value.refusal.code is Code.NOT_ALLOWED


def test_a_check_runs_only_if_the_diagnosis_offers_it_and_everybody_may_be_counted(
    diagnoses: Workspace, elsewhere: DemoWorkspace, report: DebugReport
) -> None:
    book = _book(diagnoses, "ana@demo", elsewhere)
    with pytest.raises(PilothouseError, match="no such check"):
        book.run_check(MARAS, "SELECT email FROM dim_users")

    ada, now = diagnoses.person("ada@demo"), diagnoses.now()
    membership.limit(diagnoses.store, "ana@demo", {"country": ("DE",)}, by=ada, now=now)
    try:
        assert not book.may_check
        with pytest.raises(PilothouseError, match="run checks over all users"):
            book.run_check(MARAS, report.causes[0].next_check.sql)
    finally:
        membership.limit(diagnoses.store, "ana@demo", {}, by=ada, now=now)


def test_a_run_that_is_not_done_or_is_no_diagnosis_says_so_to_whoever_asked(
    look: Look, diagnoses: Workspace
) -> None:
    store, now = diagnoses.store, diagnoses.now()
    runs.open_thread(store, Thread("d-wait", "ana@demo", "1", "Why?", now))
    runs.create(store, "d-wait", thread_id="d-wait", person="ana@demo", prompt="Why?", now=now)
    _keep(diagnoses, "d-rule", "ana@demo", "A rule", answers.CLARIFY)

    assert "still being worked out" in _said(look(PAGE, "ana@demo", d="d-wait"))
    assert "This question has no diagnosis" in _said(look(PAGE, "ana@demo", d="d-rule"))
    assert "There is no diagnosis" in _said(look(PAGE, "pavel@demo", d="d-rule"))


def test_an_answer_that_cannot_be_read_any_more_does_not_take_the_list_away(
    look: Look, diagnoses: Workspace
) -> None:
    store, now = diagnoses.store, diagnoses.now()
    broken = {"artifact": {"kind": "debug_report"}, "answer": "of another version"}
    runs.open_thread(store, Thread("d-broken", "ana@demo", "1", "Why?", now))
    runs.create(store, "d-broken", thread_id="d-broken", person="ana@demo", prompt="Why?", now=now)
    runs.finish(store, "d-broken", state="finished", result=broken, now=now)

    page = look(PAGE, "ana@demo")

    assert "This question has no diagnosis: of another version" in _said(page)
    assert _listed(page) >= {OLD, MARAS, ALERTED}


# What one says


@pytest.mark.parametrize("email", ["ana@demo", "pavel@demo", "ada@demo", "mara@demo"])
def test_one_diagnosis_goes_from_the_verdict_to_what_to_do(
    look: Look, diagnoses: Workspace, email: str
) -> None:
    page = look(PAGE, email, d=ALERTED)

    told = _said(page)
    for part in (
        "fell from",
        "Where people drop out",
        "Where it changed",
        "What makes up the change",
        "Likely causes, ranked",
        "Messages people saw",
        "Ruled out",
        "Can we trust the data?",
        "Draft a rule from this",
        "Pilothouse, after an alert",
    ):
        assert part in told, part
    may_check = email in ("ana@demo", "ada@demo")
    assert any(button.label.startswith("Run ") for button in page.button) == may_check


def test_an_older_answer_says_in_words_what_was_not_kept_then(
    look: Look, diagnoses: Workspace
) -> None:
    page = look(PAGE, "ana@demo", d=OLD)

    told = _said(page)
    assert "Ask the question again to see it" in told
    assert "There is too little data to say" in told
    assert "Messages people saw" in told
    assert "![x](https" not in shown(page)


def test_the_way_to_a_rule_fills_in_the_prompt_and_asks_nothing(
    look: Look, diagnoses: Workspace
) -> None:
    before = len(runs.list_runs(diagnoses.store, limit=500))
    page = look(PAGE, "ana@demo", d=MARAS)

    page.button(key="draft_rule").click().run()

    assert not page.exception
    assert page.title[0].value.startswith("What should happen next")
    assert "checkout_started in the last" in page.chat_input(key="prompt").proto.value
    assert len(runs.list_runs(diagnoses.store, limit=500)) == before


def test_the_list_teaches_where_nobody_asked_yet(visit: Visit, office: Desk) -> None:
    page = visit("ana@demo")
    page.switch_page("../pages/diagnoses.py").run()

    assert "Nobody has asked why yet" in _said(page)
    page.button(key="ask_why").click().run()
    assert [run.person for run in runs.list_runs(office.workspace.store)] == ["ana@demo"]


def test_a_warm_click_on_a_diagnosis_is_cheap(look: Look, diagnoses: Workspace) -> None:
    page = look(PAGE, "ana@demo", d=MARAS)
    spent = []
    for _ in range(3):
        began = time.process_time()
        page.run()
        spent.append(time.process_time() - began)

    assert min(spent) < WARM_CPU_SECONDS


@pytest.mark.slow
def test_a_check_that_an_analyst_runs_gives_the_rows_that_came_with_the_answer(
    diagnoses: Workspace, elsewhere: DemoWorkspace, report: DebugReport
) -> None:
    ran = report.causes[0].checks[0]

    rows = _book(diagnoses, "ana@demo", elsewhere).run_check(MARAS, ran.sql)

    assert tuple(rows.columns) == ran.columns
    assert len(rows.rows) == ran.row_count


# Words and numbers


def test_the_parts_of_the_bridge_lead_from_what_was_expected_to_what_is(
    report: DebugReport,
) -> None:
    chart = existing(bridge(report))
    bars = chart.spec["data"]["values"]
    steps = bars[1:-1]

    assert steps[0]["start"] == pytest.approx(bars[0]["end"])
    assert steps[-1]["end"] == pytest.approx(bars[-1]["end"], abs=5e-5)
    for one, then in pairwise(steps):
        assert one["end"] == pytest.approx(then["start"])


def test_the_forest_has_the_segment_and_its_control_and_tells_their_difference_in_words(
    report: DebugReport,
) -> None:
    rows = steps_forest(report.deltas).spec["data"]["values"]

    assert {row["who"] for row in rows} == {"iOS", "Android"}
    assert {row["shape"] for row in rows if row["who"] == "Android"} == {"square"}
    assert any("iOS moved" in sentence for sentence in words.apart(report))


@pytest.mark.parametrize("ends", [(-0.6, 0.2), (0.0, 0.001), (-2.0, 30.0), (0.0, 0.0)])
def test_places_on_the_scale_are_few_and_hold_no_change(ends: tuple[float, float]) -> None:
    shown_at = ticks(*ends)

    assert 0.0 in shown_at
    assert len(shown_at) <= 5


def test_the_first_numbers_agree_with_the_rows_they_come_from(report: DebugReport) -> None:
    found = {one.label: one for one in measures(report)}

    assert {"iOS conversion", "Android conversion", "Conversions lost", "iOS people"} == set(found)
    assert found["iOS conversion"].alarms
    assert not found["Android conversion"].alarms
    current = [row for row in report.funnel if row.period == "current" and row.segment == "iOS"]
    assert found["iOS people"].value == f"{current[0].entered:,}"


@pytest.mark.parametrize("found", ["drop", "rise", "none", "unknown"])
def test_every_verdict_has_a_sentence(report: DebugReport, found: str) -> None:
    headline = existing(report.headline)
    other = Headline.model_validate(headline.model_dump() | {"moved": found})
    changed = report.model_copy(update={"headline": other})

    said = words.headline(changed)

    assert moved(changed) == found
    assert said.endswith(".")
    assert words.MOVED[found].label
    assert (words.rule_prompt(changed) is None) == (found != "drop")


def test_what_is_left_over_is_told_as_a_share_or_as_something_that_worked_against(
    report: DebugReport,
) -> None:
    change = existing(report.headline).change
    for rest, expected in ((0.0, "whole change"), (change * 0.3, "30%"), (-change, "against")):
        assert expected in words.left_over(report.model_copy(update={"unexplained": rest}))


def test_the_files_hold_what_the_page_says_and_obey_nothing(
    real: AskResult, report: DebugReport
) -> None:
    text = as_markdown(HOSTILE, report, real.sql)
    document = json.loads(as_json(HOSTILE, report, real.sql))

    assert "<script>" not in text.replace("\\<", "")
    assert words.reasons(report)[0].share in text
    assert all(query.id in text for query in real.sql)
    assert DebugReport.model_validate(document["report"]) == report
    assert queries(report)
