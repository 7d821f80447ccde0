"""The suites: what they hold, how they are graded, and that nothing is silently wrong."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from core.errors import PilothouseError
from evals.domains import Benches, domain_names
from evals.reading import load_file, load_suite
from evals.run import run


def test_sixty_paraphrases_of_the_rule_prompts_have_a_reference():
    cases = [case for name in ("eligibility", "decision") for case in load_suite(name).cases]

    assert len(cases) >= 60
    assert all(case.conditions or case.queries for case in cases)


def test_prompts_of_somebody_who_has_not_seen_the_parser_are_over_every_domain():
    cases = load_suite("blind_eligibility").cases

    assert Counter(case.domain for case in cases) == dict.fromkeys(domain_names(), 40)
    assert len(load_suite("blind_debug").cases) == 40


def test_the_sql_by_hand_of_the_blind_prompts_finds_some_and_not_everybody(benches: Benches):
    sizes = {
        case.id: len(benches.of(case.domain).meant(where))
        for case in load_suite("blind_eligibility").cases
        for where in case.conditions
    }

    assert [case for case, size in sizes.items() if not 3 <= size <= 2_600] == []


def test_a_suite_that_does_not_exist_is_refused_with_the_names():
    with pytest.raises(PilothouseError, match="eligibility"):
        load_suite("nonsense")


def test_a_file_that_holds_no_cases_is_refused(tmp_path: Path):
    file = tmp_path / "cases.yaml"
    file.write_text("kind: poetry\n")

    with pytest.raises(PilothouseError, match="no suite of cases"):
        load_file(file)


def test_a_wrong_reference_is_reported_as_silently_wrong(tmp_path: Path):
    file = tmp_path / "cases.jsonl"
    prompt = "Target users who viewed pricing."
    case = {"id": "w1", "prompt": prompt, "where": "u.device_os = 'ios'"}
    file.write_text(json.dumps({"kind": "eligibility", **case}))

    (report,) = run(file=file)

    assert report.count("silently_wrong") == 1
    assert report.outcomes[0].verdict == "silently_wrong"
