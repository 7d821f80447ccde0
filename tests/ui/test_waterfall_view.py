"""A message's way as people read it: what is not known is not said to be nothing."""

from __future__ import annotations

from typing import Any

from ui.console.view.waterfall import rows

WON: dict[str, Any] = {"reason_code": "SELECTED", "stage": "won", "sentence": "It was chosen."}


def test_a_rule_that_asks_nothing_says_so() -> None:
    read = {row.check: row.read for row in rows(WON | {"clauses": []})}

    assert read["**Eligible**"] == "Everyone in the rule"
    assert read["**Consent**"] == "Needs none"


def test_a_gate_whose_clauses_nobody_knows_does_not_say_that_it_asks_nothing() -> None:
    assert {row.read for row in rows(WON | {"clauses": None})} == {""}
