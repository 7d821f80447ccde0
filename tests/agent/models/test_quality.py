"""How well a small real model reads prompts, alone and as a second reader: ``-m quality``.

Takes a gigabyte and some minutes; `pytest -m quality -s tests/agent/models` prints the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest

from agent.planners.grammar import GrammarPlanner
from agent.planners.openai import OpenAIPlanner
from agent.planners.openai.asking import Example
from agent.planners.port import PlanRequest
from evals.cases import Case
from evals.domains import Benches
from evals.reading import load_suite
from tests.agent.models.conftest import RealServer
from tests.agent.models.scoring import Reader, scored, table
from warehouse.catalog import Catalog, load_catalog

pytestmark = [pytest.mark.models, pytest.mark.quality, pytest.mark.timeout(3_600)]

DOMAIN = "workout_app"
SAMPLE = (("heldout_eligibility", 10), ("heldout2_eligibility", 10), ("heldout3_eligibility", 10))
SHOWN = ("eligibility", "decision")
"""Suites whose prompts, as the grammar reads them, stand for verified artifacts."""


def sampled() -> list[tuple[str, Case]]:
    """Cases spread over the held-out suites, with their kind."""
    found: list[tuple[str, Case]] = []
    for name, wanted in SAMPLE:
        suite = load_suite(name)
        cases = [case for case in suite.cases if case.domain == DOMAIN]
        found += [(suite.kind, case) for case in cases[:: max(1, len(cases) // wanted)][:wanted]]
    return found


class Pool:
    """Examples by how many runs of four characters they share with a prompt."""

    def __init__(self, catalog: Catalog, as_of: datetime) -> None:
        grammar = GrammarPlanner(catalog)
        self.examples = []
        for case in (case for name in SHOWN for case in load_suite(name).cases):
            draft = grammar.plan(PlanRequest(prompt=case.prompt, as_of=as_of)).draft
            if draft is not None and case.domain == DOMAIN:
                self.examples.append(Example(case.prompt, draft))

    def nearest(self, prompt: str, limit: int) -> Sequence[Example]:
        """The examples nearest to a prompt, best first."""
        runs = _runs(prompt)

        def distance(example: Example) -> float:
            theirs = _runs(example.prompt)
            return -len(runs & theirs) / (1 + len(runs | theirs))

        return sorted(self.examples, key=distance)[:limit]


def _runs(text: str) -> set[str]:
    return {text.lower()[k : k + 4] for k in range(len(text) - 3)}


def test_two_readers_are_right_more_often_than_one_and_wrong_no_more_often(
    qwen: RealServer,
) -> None:
    catalog = load_catalog()
    with Benches() as benches:
        bench = benches.of(DOMAIN)
        settings = qwen.settings(timeout_seconds=600, max_reply_tokens=900)
        nearest = Pool(catalog, bench.as_of).nearest
        model = OpenAIPlanner(settings, catalog, GrammarPlanner(catalog), nearest=nearest)
        found = scored(sampled(), Reader(model), bench)
        model.close()

    print(f"\n{table(found)}")
    assert all(one.hybrid == "exact" for one in found if one.agreed)
    assert sum(one.hybrid == "silently_wrong" for one in found) <= sum(
        one.grammar == "silently_wrong" for one in found
    )
