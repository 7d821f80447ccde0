"""Generated prompts: many, the same for a seed, every pair of levels, and a planner on some."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest

from core.conditions import leaves
from evals.domains import domain_catalog, domain_names
from evals.generate import generate
from evals.generate.factors import _pairs
from evals.generate.inflect import participle, past, plural
from evals.planners import maker
from evals.stress import examples, stress
from evals.table import table
from warehouse.compile import compile_audience

NOW = datetime(2026, 6, 29)


@pytest.mark.parametrize("domain", domain_names())
def test_two_thousand_different_prompts_are_made_of_any_catalog(domain: str):
    catalog = domain_catalog(domain)

    made = generate(catalog, NOW, 2_000, seed=1)

    assert len({pair.prompt for pair in made}) == 2_000
    kinds = Counter(leaf.kind for pair in made for leaf in leaves(pair.condition))
    assert len(kinds) >= 6, kinds
    assert all(compile_audience(pair.condition, catalog, as_of=NOW) for pair in made[::200])


def test_the_same_seed_makes_the_same_prompts_and_another_one_others():
    catalog = domain_catalog("shop")

    first, again, other = (generate(catalog, NOW, 50, seed=seed) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_the_first_prompts_cover_every_pair_of_levels_that_two_thousand_have():
    made = generate(domain_catalog("projects"), NOW, 2_000, seed=3)

    every = set().union(*(_pairs(pair.row) for pair in made))
    early = set().union(*(_pairs(pair.row) for pair in made[:400]))
    assert len(early) > 0.97 * len(every)


def test_phrases_of_a_catalog_take_the_forms_that_sentences_need():
    assert past("complete a workout") == "completed a workout"
    assert past("buy a subscription") == "bought a subscription"
    assert past("log in") == "logged in"
    assert past("try it") == "tried it"
    assert participle("write a review") == "written a review"
    assert [plural(one) for one in ("trial user", "person", "delivery", "box")] == [
        "trial users",
        "people",
        "deliveries",
        "boxes",
    ]


def test_a_planner_is_scored_on_generated_prompts():
    report = stress("shop", maker("grammar"), n=24, seed=5)

    assert len(report.outcomes) == 24
    assert report.count("exact") >= 12
    assert "stress of shop" in table([report])
    assert examples(report).count("\n  p") == min(10, report.count("asked_back")) + min(
        10, report.count("silently_wrong") + report.count("failed")
    )
