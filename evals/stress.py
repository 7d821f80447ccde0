"""Stress: generated prompts put to a planner, each judged by the users that its rule selects."""

from __future__ import annotations

import time
from collections.abc import Callable

from agent.planners.port import Plan, Planner
from core.errors import PilothouseError
from core.rules import EligibilityRule
from evals.bench import Bench
from evals.cases import Case
from evals.domains import open_bench
from evals.generate import Pair, generate
from evals.graders.grader import Graded, asked, compared, drafted, planned, uncalled_for
from evals.outcomes import Outcome, SuiteReport
from evals.planners import MakePlanner

Progress = Callable[[str], None]
SHOWN = 10
"""So many failing examples are printed."""


def stress(
    domain: str,
    make: MakePlanner,
    *,
    n: int = 2_000,
    seed: int = 7,
    progress: Progress | None = None,
) -> SuiteReport:
    """Generate ``n`` prompts over a domain and grade the planner on them.

    Asking back is never as good here: what is generated has one reading.
    """
    bench = open_bench(domain)
    try:
        planner = make(bench)
        outcomes = []
        for k, pair in enumerate(generate(bench.catalog, bench.as_of, n, seed), 1):
            outcomes.append(_outcome(pair, planner, bench))
            if progress is not None and k % 100 == 0:
                progress(f"{domain}: {k} prompts")
    finally:
        bench.connection.close()
    return SuiteReport(
        suite=f"stress of {domain}", kind="eligibility", planner=planner.name,
        outcomes=tuple(outcomes),
    )  # fmt: skip


def _outcome(pair: Pair, planner: Planner, bench: Bench) -> Outcome:
    case = Case(id=pair.id, prompt=pair.prompt, domain=bench.domain)
    started = time.perf_counter()
    plan = planned(case, planner, bench)
    ms = round((time.perf_counter() - started) * 1000)
    graded = _graded(pair, plan, bench)
    return Outcome(
        id=pair.id,
        prompt=pair.prompt,
        domain=bench.domain,
        verdict=graded.verdict,
        right=graded.verdict == "exact",
        detail=graded.detail,
        expected=pair.condition.model_dump_json(exclude_defaults=True),
        got=drafted(plan),
        extra=graded.extra,
        missing=graded.missing,
        ms=ms,
    )


def _graded(pair: Pair, plan: Plan, bench: Bench) -> Graded:
    rule = plan.draft
    if rule is None:
        return Graded("asked_back", asked(plan))
    if not isinstance(rule, EligibilityRule):
        return uncalled_for(plan)
    try:
        got = bench.audience(rule.members)
    except PilothouseError as error:
        return Graded("failed", f"the draft is refused: {error.refusal}")
    return compared(got, bench.audience(pair.condition))


def examples(report: SuiteReport) -> str:
    """The first prompts that are silently wrong or failed, then the first asked back."""
    wrong = [one for one in report.outcomes if one.verdict in ("silently_wrong", "failed")]
    back = [one for one in report.outcomes if one.verdict == "asked_back"]
    blocks = []
    for title, some in (("Silently wrong or failed", wrong), ("Asked back", back)):
        lines = [f"  {one.id} {one.prompt}\n       {_short(one)}" for one in some[:SHOWN]]
        if lines:
            blocks.append(f"{title}, {len(lines)} of {len(some)}:\n" + "\n".join(lines))
    return "\n".join(blocks)


def _short(outcome: Outcome) -> str:
    return outcome.detail if len(outcome.detail) <= 200 else outcome.detail[:199] + "…"
