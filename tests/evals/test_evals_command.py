"""``pilothouse evals``: what it prints, keeps and exits with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ui.command_line import Done, give

GERMANY = {
    "id": "a1",
    "domain": "shop",
    "prompt": "Target customers in Germany.",
    "where": "u.country = 'DE'",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "workspace").mkdir()
    return tmp_path


def scored(folder: Path, *cases: object, more: tuple[str, ...] = ()) -> Done:
    file = folder / "cases.jsonl"
    file.write_text("\n".join(json.dumps(case) for case in cases))
    workspace = str(folder / "workspace")
    return give("--workspace", workspace, "evals", "run", "--file", str(file), *more)


def test_cases_of_anybody_are_scored_compared_and_written_to_a_page(folder: Path):
    first = scored(folder, GERMANY)
    page = folder / "report.html"
    wrong = scored(folder, {**GERMANY, "where": "u.country = 'AT'"}, more=("--html", str(page)))

    assert (first.status, wrong.status) == (0, 1)
    assert "cases a1: exact → silently_wrong" in wrong.out
    assert "cases: 100.0% silently wrong, at most 0.0% may be." in wrong.out
    assert "Target customers in Germany." in page.read_text()


def test_the_outcomes_are_one_json_document(folder: Path):
    (report,) = scored(folder, GERMANY, more=("--json",)).document

    assert report["suite"] == "cases"
    assert report["outcomes"][0]["verdict"] == "exact"
    assert report["outcomes"][0]["right"] is True


def test_a_faulty_file_is_refused_by_line(folder: Path):
    done = scored(folder, GERMANY, {**GERMANY, "id": "a2", "wher": "true"})

    assert done.status == 1
    assert "line 2: unknown key 'wher'; did you mean 'where'?" in done.err


def test_a_page_that_cannot_be_written_is_refused(folder: Path):
    done = scored(folder, GERMANY, more=("--html", str(folder / "no" / "report.html")))

    assert done.status == 1
    assert "cannot be written" in done.err


def test_a_planner_that_needs_a_model_is_refused_where_none_is_configured(folder: Path):
    done = scored(folder, GERMANY, more=("--planner", "hybrid"))

    assert done.status == 1
    assert "needs a model" in done.err


def test_generated_prompts_are_scored_from_the_command_line(folder: Path):
    workspace = str(folder / "workspace")

    done = give("--workspace", workspace, "evals", "stress", "--domain", "shop", "--n", "3")

    assert "stress of shop" in done.out
