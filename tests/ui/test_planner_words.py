"""Who drafted an answer, as its caption says."""

from __future__ import annotations

from core.artifacts import Usage
from tests.ui import answers
from ui.console.cards.answer import planner_words

NOTE = "The model at 127.0.0.1:9 was not usable (no connection); the grammar planner answered."


def test_the_grammar_says_that_no_model_was_called() -> None:
    assert "No model was called" in planner_words(answers.ELIGIBILITY)


def test_a_model_that_was_asked_and_did_not_draft_is_not_passed_over() -> None:
    fallen = answers.ELIGIBILITY.model_copy(update={"usage": Usage(fell_back=NOTE)})

    told = planner_words(fallen).replace("\\", "")

    assert NOTE in told
    assert "No model was called" not in told


def test_a_change_in_words_is_read_by_the_grammar_whoever_drafts() -> None:
    changed = answers.ELIGIBILITY.model_copy(update={"planner": "openai", "usage": Usage()})

    assert "built-in grammar" in planner_words(changed)
