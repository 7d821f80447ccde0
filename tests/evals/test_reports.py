"""What a run leaves: gates, changes since the last run, and a page of every case."""

from __future__ import annotations

from pathlib import Path

from evals.gates import Gate, Gates, held_up, load_gates
from evals.graders.grader import Verdict
from evals.history import FILE, changes, described, keep, last_run
from evals.outcomes import Outcome, SuiteReport
from evals.page import page
from evals.reading import suite_names
from evals.table import problems, table


def report(*verdicts: Verdict, suite: str = "mine", may_ask: bool = False) -> SuiteReport:
    outcomes = tuple(
        Outcome(
            id=f"c{k}",
            prompt=f"Prompt <{k}>",
            verdict=verdict,
            right=verdict == "exact" or (may_ask and verdict == "asked_back"),
            detail="3 users instead of 4",
            expected="u.country = 'DE'",
            missing=("u7",),
            ms=10 * k,
        )
        for k, verdict in enumerate(verdicts)
    )
    return SuiteReport(suite=suite, kind="eligibility", planner="grammar", outcomes=outcomes)


def test_one_silently_wrong_answer_holds_a_run_up_where_no_gate_says_otherwise():
    gates = Gates(usual=Gate(), suites={"lenient": Gate(silently_wrong_most=0.5)})
    wrong = ("exact", "silently_wrong")

    assert held_up([report("exact", "asked_back"), report(*wrong, suite="lenient")], gates) == []
    assert held_up([report(*wrong)], gates) == ["mine: 50.0% silently wrong, at most 0.0% may be."]


def test_too_few_right_answers_hold_a_run_up():
    gates = Gates(usual=Gate(right_least=0.9))

    assert held_up([report("exact", "asked_back", may_ask=True)], gates) == []
    assert held_up([report("exact", "asked_back")], gates) == [
        "mine: 50.0% right, at least 90.0% must be."
    ]


def test_every_gate_of_the_project_is_of_a_suite_that_there_is():
    assert {*load_gates().suites} <= {*suite_names()}


def test_a_run_says_what_came_out_otherwise_than_in_the_last_one(tmp_path: Path):
    keep(tmp_path, [report("exact", "asked_back", "exact")], last_run(tmp_path))

    found = changes([report("silently_wrong", "exact", "exact")], last_run(tmp_path))

    assert [(one.id, one.better) for one in found] == [("c0", False), ("c1", True)]
    assert "1 worse than in the last run:\n  mine c0: exact → silently_wrong" in described(found)


def test_a_suite_that_did_not_run_keeps_what_it_had(tmp_path: Path):
    keep(tmp_path, [report("exact", suite="old")], last_run(tmp_path))
    keep(tmp_path, [report("exact", suite="new")], last_run(tmp_path))

    assert {*last_run(tmp_path).verdicts["grammar"]} == {"old", "new"}


def test_a_file_of_the_last_run_that_cannot_be_read_counts_as_none(tmp_path: Path):
    (tmp_path / FILE).write_text("[]")

    assert last_run(tmp_path).verdicts == {}


def test_the_page_has_every_case_and_needs_nothing_else():
    html = page([report("exact", "silently_wrong", "asked_back")], [])

    assert html.count("<details") == 3
    assert "Prompt &lt;1&gt;" in html
    assert "u.country = &#x27;DE&#x27;" in html
    assert "http" not in html.replace("<!doctype html>", "")
    assert "light-dark(" in html


def test_the_table_has_a_row_a_suite_and_the_problems_a_line_a_case():
    made = report("exact", "silently_wrong", "asked_back")

    assert "mine" in table([made]).splitlines()[2]
    assert "c1 silently_wrong" in problems([made])
    assert "c2" not in problems([made])
    assert "c2" in problems([made], asked=True)
