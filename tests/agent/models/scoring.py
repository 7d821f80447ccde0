"""The same cases read by the grammar, by a model and by both, scored by what they select.

The model reads each case once: what it read is then scored alone and as the
second reader, so that the three are compared on the same readings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple

from agent.planners.grammar import GrammarPlanner
from agent.planners.hybrid import HybridPlanner
from agent.planners.measuring import Overlap
from agent.planners.openai import OpenAIPlanner
from agent.planners.openai.failures import ModelFailed
from agent.planners.openai.spending import Spent
from agent.planners.port import Plan, Planner, PlanRequest
from core.conditions import Condition
from core.errors import PilothouseError
from evals.bench import Bench
from evals.cases import Case
from evals.run import run_case


class Said(NamedTuple):
    """How one case came out with each planner; ``offered``: a choice of the hybrid is exact."""

    case: str
    grammar: str
    model: str
    hybrid: str
    offered: bool
    agreed: bool


class Reader:
    """A model's readings: each prompt is read once, then given again."""

    name: Literal["openai"] = "openai"

    def __init__(self, model: OpenAIPlanner) -> None:
        self.model = model
        self.settings = model.settings
        self.readings: dict[str, Plan | ModelFailed] = {}
        self.usage = model.usage
        self.close = model.close

    def read(self, request: PlanRequest, spent: Spent) -> Plan:
        """The model's own reading. Raises ModelFailed when there is none."""
        if request.prompt not in self.readings:
            try:
                self.readings[request.prompt] = self.model.read(request, spent)
            except ModelFailed as failed:
                self.readings[request.prompt] = failed
        found = self.readings[request.prompt]
        if isinstance(found, ModelFailed):
            raise found
        return found

    def plan(self, request: PlanRequest) -> Plan:
        """The reading alone; nothing where the model gave none."""
        try:
            return self.read(request, Spent())
        except ModelFailed:
            return Plan(intent="refused")

    def better(self, request: PlanRequest, readings: tuple[str, str], spent: Spent) -> int | None:
        """No second look: only the first readings are scored."""
        return None


def scored(cases: Iterable[tuple[str, Case]], model: Reader, bench: Bench) -> list[Said]:
    """Every case, given with its kind, read in three ways."""
    grammar = GrammarPlanner(bench.catalog)
    hybrid = HybridPlanner(grammar, model, bench.catalog, overlap_on(bench))  # type: ignore[arg-type]
    found = []
    for kind, case in cases:
        verdicts = [run_case(case, kind, one, bench).verdict for one in (grammar, model, hybrid)]
        both = hybrid.plan(PlanRequest(prompt=case.prompt, as_of=bench.as_of))
        picked = (Picked(grammar, choice.prompt) for choice in both.choices)
        offered = any(run_case(case, kind, one, bench).verdict == "exact" for one in picked)
        agreed = "The grammar and the model read it the same." in both.assumptions
        found.append(Said(case.id, *verdicts, offered=offered, agreed=agreed))
    return found


class Picked:
    """The person who picked a choice: its words are read in place of the prompt."""

    name: Literal["grammar"] = "grammar"

    def __init__(self, reader: Planner, words: str) -> None:
        self.reader = reader
        self.words = words

    def plan(self, request: PlanRequest) -> Plan:
        """What the picked words mean."""
        return self.reader.plan(request.model_copy(update={"prompt": self.words}))


def overlap_on(bench: Bench):  # type: ignore[no-untyped-def]
    """The overlap of two conditions on the users of a bench."""

    def overlap(one: Condition, other: Condition, _as_of: datetime) -> Overlap | None:
        try:
            first, second = bench.audience(one), bench.audience(other)
        except PilothouseError:
            return None
        return Overlap(one=len(first), other=len(second), both=len(first & second))

    return overlap


def table(found: list[Said]) -> str:
    """The three readings side by side: exact, asked back, silently wrong, of so many."""
    lines = [f"{'':10} exact  asked back  silently wrong  other  of {len(found)}"]
    for name in ("grammar", "model", "hybrid"):
        counts = Counter(getattr(one, name) for one in found)
        known = ("exact", "asked_back", "silently_wrong")
        other = sum(n for verdict, n in counts.items() if verdict not in known)
        numbers = "".join(f"{counts[verdict]:>12}" for verdict in known)
        lines.append(f"{name:10}{numbers}{other:>9}")
    agreed = [one for one in found if one.agreed]
    right = sum(one.hybrid == "exact" for one in agreed)
    after = sum(one.hybrid == "exact" or one.offered for one in found)
    lines.append(f"agreed on {len(agreed)}, right on {right}")
    lines.append(f"hybrid exact at once or in a choice that it offers: {after}")
    return "\n".join(lines)
