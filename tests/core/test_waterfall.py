"""The gates on the way of a message: every reason has its gate, and none is skipped."""

from __future__ import annotations

import pytest

from core.reasons import REASONS
from core.waterfall import GATES, came_to, waterfall

STOPPING = [reason.code for reason in REASONS if reason.stage != "won"]


@pytest.mark.parametrize("code", STOPPING)
def test_a_reason_stops_a_message_at_exactly_one_gate(code: str) -> None:
    standings = [one.standing for one in waterfall(code)]

    place = standings.index("stopped")
    assert code in GATES[place].codes
    assert standings == ["passed"] * place + ["stopped"] + ["unasked"] * (len(GATES) - place - 1)
    assert came_to(code) == place


def test_what_was_selected_passed_every_gate() -> None:
    assert {one.standing for one in waterfall("SELECTED")} == {"passed"}
    assert came_to("SELECTED") == len(GATES)


def test_whoever_was_held_out_would_have_passed_the_rest() -> None:
    told = {one.gate: one.standing for one in waterfall("HELD_OUT_POLICY", ghost=True)}

    assert told["winner"] == "passed"
    assert told["holdout"] == "stopped"
    assert (told["cap"], told["quiet_hours"], told["sent"]) == ("ghost",) * 3
