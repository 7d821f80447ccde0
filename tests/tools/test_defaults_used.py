"""What the workspace's defaults are said to have filled in."""

from __future__ import annotations

from core.conditions import EventCount
from core.rules import EligibilityRule, Holdout
from tools.audience import defaults_used
from warehouse.catalog import load_catalog

CATALOG = load_catalog()
LEFT_OPEN = "10 % are held out to measure lift: no holdout was named."
ASKED_FOR = "10 % are held out to measure lift: as asked."


def _said(assumption: str) -> tuple[str, ...]:
    rule = EligibilityRule(
        key="nudge",
        name="Nudge",
        condition=EventCount(event="pricing_viewed"),
        action=CATALOG.actions["upgrade_nudge"],
        holdout=Holdout(share=0.1, salt="nudge"),
        assumptions=(assumption,),
    )
    return defaults_used(rule, CATALOG)


def test_a_holdout_that_the_prompt_left_open_is_a_default() -> None:
    assert LEFT_OPEN in _said(LEFT_OPEN)


def test_a_holdout_that_the_prompt_asked_for_is_no_default() -> None:
    assert not any("held out" in sentence for sentence in _said(ASKED_FOR))
