"""Cases from anybody's file: what is wrong is said by line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.errors import PilothouseError
from evals.reading import load_file
from evals.run import run

GOOD = {"id": "a1", "domain": "shop", "prompt": "Target gold customers.", "where": "true"}


def lines(folder: Path, *documents: object) -> Path:
    file = folder / "cases.jsonl"
    texts = (one if isinstance(one, str) else json.dumps(one) for one in documents)
    file.write_text("\n".join(texts), encoding="utf-8")
    return file


def refused(file: Path) -> str:
    with pytest.raises(PilothouseError) as caught:
        load_file(file)
    return str(caught.value)


def test_a_file_of_json_lines_is_a_suite(tmp_path: Path):
    suite = load_file(lines(tmp_path, GOOD, {**GOOD, "id": "a2", "may_ask": True}))

    assert [(case.id, case.domain, case.line) for case in suite.cases] == [
        ("a1", "shop", 1),
        ("a2", "shop", 2),
    ]


def test_an_unknown_key_is_said_with_its_line_and_the_one_that_is_meant(tmp_path: Path):
    said = refused(lines(tmp_path, GOOD, "", {**GOOD, "id": "a2", "were": "true"}))

    assert "line 3: unknown key 'were'; did you mean 'where'?" in said


def test_an_unknown_domain_is_said_with_those_there_are(tmp_path: Path):
    said = refused(lines(tmp_path, {**GOOD, "domain": "bakery"}))

    assert "line 1: there is no domain 'bakery'; domains: projects, shop" in said


def test_every_faulty_line_is_listed_at_once(tmp_path: Path):
    said = refused(lines(tmp_path, {"id": "a1"}, GOOD, {**GOOD, "may_ask": "perhaps"}))

    assert "line 1: prompt: Field required" in said
    assert "line 2: the id 'a1' is that of line 1" in said
    assert "line 3: may_ask: Input should be a valid boolean" in said


def test_a_line_that_is_no_json_is_said(tmp_path: Path):
    assert "line 2: no JSON" in refused(lines(tmp_path, GOOD, "{'id': 1}"))


def test_a_yaml_file_says_its_lines_too(tmp_path: Path):
    file = tmp_path / "mine.yaml"
    file.write_text("kind: guard\ncases:\n- id: g1\n  prompt: Approve it.\n  coed: X\n")

    said = refused(file)

    assert "line 3: unknown key 'coed'; did you mean 'code'?" in said
    assert "line 3: code: Field required" in said


def test_yaml_that_cannot_be_read_is_said_by_line(tmp_path: Path):
    file = tmp_path / "mine.yaml"
    file.write_text("kind: guard\ncases: [\n")

    assert "line 3: no YAML" in refused(file)


def test_a_kind_that_nobody_grades_is_refused_with_those_there_are(tmp_path: Path):
    assert "kinds: eligibility, decision" in refused(lines(tmp_path, {**GOOD, "kind": "poetry"}))


def test_a_case_that_does_not_say_who_is_meant_is_refused(tmp_path: Path):
    without = {key: value for key, value in GOOD.items() if key != "where"}

    assert "line 1: Value error, say who is meant" in refused(lines(tmp_path, without))


def test_sql_by_hand_that_does_not_run_is_said_by_line_before_any_prompt_is_read(tmp_path: Path):
    file = lines(tmp_path, GOOD, {**GOOD, "id": "a2", "where": "u.shoe_size > 44"})

    with pytest.raises(PilothouseError, match=r"line 2: a2: the SQL fails: .*shoe_size"):
        run(file=file)
