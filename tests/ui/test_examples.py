"""The prompts that a workspace offers to begin with are prompts that it answers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from agent.planners.grammar import GrammarPlanner
from agent.planners.port import PlanRequest
from tests.warehouse.introspect.shapes import LOG_OF_MILLISECONDS, STAR, make
from ui.examples import DEMO, examples_of
from warehouse.catalog import Catalog, load_catalog
from warehouse.introspect import draft_catalog, write_draft

SHOP = Path(__file__).resolve().parents[2] / "examples" / "shop" / "catalog"
KINDS = ("decision", "eligibility", "debug")


def intents(catalog: Catalog) -> tuple[str | None, ...]:
    """What the planner takes each example for; None where there is no example."""
    planner = GrammarPlanner(catalog)
    return tuple(
        planner.plan(PlanRequest(prompt=prompt, as_of=datetime(2026, 9, 13))).intent
        if prompt
        else None
        for prompt in examples_of(catalog)
    )


def test_the_demo_offers_what_it_is_made_to_show() -> None:
    assert examples_of(load_catalog()) == DEMO
    assert intents(load_catalog()) == KINDS


def test_a_shop_offers_prompts_in_its_own_words() -> None:
    catalog = load_catalog(SHOP)

    assert intents(catalog) == KINDS
    assert "workout" not in " ".join(prompt or "" for prompt in examples_of(catalog))


@pytest.mark.parametrize("shape", [LOG_OF_MILLISECONDS, STAR], ids=["log", "star"])
def test_a_draft_offers_only_what_it_can_answer(tmp_path: Path, shape: str) -> None:
    write_draft(draft_catalog(make(tmp_path, shape), tmp_path), tmp_path / "catalog")

    found = intents(load_catalog(tmp_path / "catalog"))

    assert all(intent in (kind, None) for intent, kind in zip(found, KINDS, strict=True))
