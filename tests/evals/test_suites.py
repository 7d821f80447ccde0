"""The suites: what they hold, how they are graded, and that nothing is silently wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import PilothouseError
from evals.reading import load_file, load_suite, suite_names
from evals.run import run
from evals.table import table


def test_sixty_paraphrases_of_the_rule_prompts_have_a_reference():
    cases = [case for name in ("eligibility", "decision") for case in load_suite(name).cases]

    assert len(cases) >= 60
    assert all(case.conditions or case.queries for case in cases)


def test_every_suite_has_unique_ids():
    ids = [case.id for name in suite_names() for case in load_suite(name).cases]

    assert len(set(ids)) == len(ids)


def test_a_suite_that_does_not_exist_is_refused_with_the_names():
    with pytest.raises(PilothouseError, match="eligibility"):
        load_suite("nonsense")


def test_a_file_that_holds_no_cases_is_refused(tmp_path: Path):
    file = tmp_path / "cases.yaml"
    file.write_text("kind: poetry\n")

    with pytest.raises(PilothouseError, match="no suite of cases"):
        load_file(file)


@pytest.mark.slow
def test_no_suite_is_silently_wrong():
    reports = run()

    assert [report.suite for report in reports if report.count("silently_wrong")] == []
    share = {report.suite: report.right_share for report in reports}
    assert share["eligibility"] >= 0.8
    assert share["decision"] >= 0.8
    assert "silently wrong" in table(reports)


@pytest.mark.slow
def test_a_wrong_reference_is_reported_as_silently_wrong(tmp_path: Path):
    file = tmp_path / "cases.jsonl"
    prompt = "Target users who viewed pricing."
    case = {"id": "w1", "prompt": prompt, "where": "u.device_os = 'ios'"}
    file.write_text(json.dumps({"kind": "eligibility", **case}))

    (report,) = run(file=file)

    assert report.count("silently_wrong") == 1
    assert report.outcomes[0].verdict == "silently_wrong"
