"""A refusal says what is wrong, where, and what to do next."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from core.errors import Code, PilothouseError, Refusal, refuse


def test_a_refusal_reads_as_one_line_with_place_and_next_step() -> None:
    refusal = Refusal(
        code=Code.UNKNOWN_EVENT, message="No such event.", span="swim", fix="Use workout_completed."
    )

    assert str(refusal) == "No such event. (at: swim) Use workout_completed."
    assert str(refusal.model_copy(update={"span": None, "fix": None})) == "No such event."


def test_an_exception_carries_its_refusal_to_the_boundary() -> None:
    error = refuse(Code.UNKNOWN_KEY, "No such rule.", span="x", fix="List them.")

    assert isinstance(error, PilothouseError)
    assert error.refusal.code is Code.UNKNOWN_KEY
    assert str(error) == str(error.refusal)


def test_codes_are_stable_words_that_scripts_may_match_on() -> None:
    assert all(code.value == code.name for code in Code)
    with pytest.raises(ValidationError):
        Refusal(code="MADE_UP", message="x")
