"""The prompt files: checked on load, versioned, in the words of the vocabulary."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from prompts import load, names
from prompts.library import FOLDER, parse

LOCK: dict[str, dict[str, str]] = json.loads((FOLDER / "lock.json").read_text(encoding="utf-8"))
SNAPSHOT = Path(__file__).parent / "plan_rendered.txt"
EXAMPLE = {
    "vocabulary": "# events\n- workout_completed: A workout was completed.",
    "as_of": "2026-03-31 00:00",
    "grounding": "- event workout_completed",
    "examples": "- none",
    "pending": "- none: it stands alone",
    "feedback": "- none: this is the first draft",
    "prompt": "Who completed 3 workouts for $5?",
}
FILE = """---
name: greet
version: 2
inputs: [who]
output: Text
note: Says hello.
---
## system
You greet.
## user
Hello $who
"""


@pytest.mark.parametrize("name", names())
def test_a_prompt_changes_only_with_its_version(name: str) -> None:
    prompt = load(name)

    assert LOCK[name].get(str(prompt.version)) == prompt.sha256, (
        f"{name}.md changed: raise its version and add its hash to prompts/lock.json"
    )
    assert max(int(version) for version in LOCK[name]) == prompt.version


def test_every_locked_prompt_exists() -> None:
    assert sorted(LOCK) == [*names()]


def test_the_rendered_prompt_reads_as_reviewed() -> None:
    rendered = load("plan").render(**EXAMPLE)

    assert f"{rendered.system}\n=====\n{rendered.user}\n" == SNAPSHOT.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", names())
def test_prompts_use_the_words_of_the_vocabulary(name: str) -> None:
    text = (FOLDER / f"{name}.md").read_text(encoding="utf-8").lower()

    assert re.findall(r"\bcohorts?\b|\bcampaigns?\b|\bdraft rules?\b|\bcustomers?\b", text) == []
    # In a debug report a segment is a slice; nowhere else may the word stand.
    debug = re.sub(r"- debug_question:.*?\n- ", "- ", text, flags=re.DOTALL)
    assert re.findall(r"\bsegment", debug) == []


def test_a_prompt_is_rendered_with_what_it_is_given() -> None:
    rendered = parse(FILE).render(who="$who <<< you")

    assert (rendered.system, rendered.user) == ("You greet.", "Hello $who <<< you")


@pytest.mark.parametrize(
    ("inputs", "words"),
    [({}, r"greet@2 .*needs \['who'\]"), ({"who": "a", "why": "b"}, r"declares no \['why'\]")],
)
def test_missing_and_undeclared_inputs_are_errors(inputs: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse(FILE).render(**inputs)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("note: Says hello.", "note: Says hello.\nmodel: large", "Extra inputs are not permitted"),
        ("version: 2", "version: 0", "greater than or equal to 1"),
        ("version: 2\n", "", "Field required"),
        ("inputs: [who]", "inputs: []", "undeclared"),
        ("inputs: [who]", "inputs: [who, why]", "never uses"),
        ("## user\n", "", "front matter"),
        ("---\nname", "name", "front matter"),
    ],
)
def test_a_prompt_file_that_is_not_as_declared_is_an_error(
    before: str, after: str, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        parse(FILE.replace(before, after))


def test_an_unknown_prompt_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match="known: compare, plan, retry, shape"):
        load("plann")


def test_the_stamp_names_version_and_hash() -> None:
    prompt = parse(FILE)

    assert prompt.stamp == f"greet@2 sha256:{prompt.sha256[:12]}"
