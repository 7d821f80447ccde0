"""Runs suites of cases against a planner and grades them by execution, never by wording."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from agent.planners.port import Planner
from core.errors import PilothouseError
from evals.bench import Bench
from evals.cases import Case, Suite
from evals.domains import Benches
from evals.graders import GRADERS
from evals.graders.grader import Graded, drafted
from evals.outcomes import Outcome, SuiteReport
from evals.planners import MakePlanner, maker
from evals.reading import load_file, load_suite, require_references, suite_names

Progress = Callable[[str], None]


def run(
    suite: str | None = None,
    make: MakePlanner | None = None,
    file: Path | None = None,
    progress: Progress | None = None,
) -> list[SuiteReport]:
    """Run one suite, one file of cases, or every suite of the project; the grammar without a maker.

    Raises a refusal for an unknown suite, and a file that holds no cases or SQL that does not run.
    """
    suites, make = _chosen(suite, file), make or maker("grammar")
    speakers: dict[str, Planner] = {}
    with Benches() as benches:
        return [_run_suite(one, make, speakers, benches, progress) for one in suites]


def _chosen(suite: str | None, file: Path | None) -> list[Suite]:
    if file is not None:
        return [load_file(file)]
    return [load_suite(name) for name in ([suite] if suite else suite_names())]


def _run_suite(
    suite: Suite,
    make: MakePlanner,
    speakers: dict[str, Planner],
    benches: Benches,
    progress: Progress | None,
) -> SuiteReport:
    if suite.file:
        require_references(suite, _faults(suite, benches))
    outcomes = []
    for case in suite.cases:
        bench = benches.of(case.domain)
        if case.domain not in speakers:
            speakers[case.domain] = make(bench)
        outcomes.append(run_case(case, suite.kind, speakers[case.domain], bench))
        if progress is not None:
            progress(f"{suite.name} {case.id}")
    names = [*dict.fromkeys(speaker.name for speaker in speakers.values())]
    return SuiteReport(
        suite=suite.name, kind=suite.kind, planner=" ".join(names), outcomes=tuple(outcomes)
    )


def _faults(suite: Suite, benches: Benches) -> list[tuple[Case, str]]:
    """Cases whose hand-written SQL does not run, with the engine's reason."""
    faults = []
    for case in suite.cases:
        bench = benches.of(case.domain)
        try:
            for where in case.conditions:
                bench.meant(where)
            for query in case.queries:
                bench.selected(query)
        except duckdb.Error as error:
            faults.append((case, str(error).splitlines()[0]))
    return faults


def run_case(case: Case, kind: str, planner: Planner, bench: Bench) -> Outcome:
    """Plan one case and grade it; what cannot be graded has failed, with the reason."""
    grader = GRADERS[kind]
    started = time.perf_counter()
    plan = grader.plan(case, planner, bench)
    ms = round((time.perf_counter() - started) * 1000)
    try:
        graded = grader.grade(case, plan, bench)
    except duckdb.Error as error:
        graded = Graded("failed", f"the SQL fails: {str(error).splitlines()[0]}")
    except PilothouseError as error:
        graded = Graded("failed", f"the draft is refused: {error.refusal}")
    return Outcome(
        id=case.id,
        prompt=case.prompt,
        domain=case.domain,
        verdict=graded.verdict,
        right=graded.verdict == "exact" or (graded.verdict == "asked_back" and case.may_ask),
        detail=graded.detail,
        expected=case.expected,
        got=drafted(plan),
        extra=graded.extra,
        missing=graded.missing,
        ms=ms,
    )
