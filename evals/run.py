"""Runs suites of cases against a planner and grades them by execution, never by wording."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from agent.guard import guard
from agent.planners.grammar import GrammarPlanner
from agent.planners.port import Plan, Planner, PlanRequest
from core.errors import Code, refuse
from evals.cases import Case, Suite, load_file, load_suite, suite_names
from evals.graders import GRADERS, Bench
from evals.report import Outcome, SuiteReport
from warehouse.catalog import Catalog, load_catalog
from warehouse.demo.generate import AS_OF, generate

USERS = 3_000
_REFERENCE = Path(__file__).parent / "suites" / "reference.sql"

Progress = Callable[[str], None]


def run(
    suite: str | None = None,
    planner: Planner | str = "grammar",
    file: Path | None = None,
    progress: Progress | None = None,
) -> list[SuiteReport]:
    """Run one suite, one file of cases, or every suite of the project.

    Raises a refusal for an unknown suite, a file that holds no cases, or an unknown planner.
    """
    suites = _chosen(suite, file)
    catalog = load_catalog()
    speaker = _planner(planner, catalog)
    with bench(catalog) as data:
        return [_run_suite(one, speaker, data, progress) for one in suites]


def _chosen(suite: str | None, file: Path | None) -> list[Suite]:
    if file is not None:
        return [load_file(file)]
    return [load_suite(name) for name in ([suite] if suite else suite_names())]


def _planner(planner: Planner | str, catalog: Catalog) -> Planner:
    if not isinstance(planner, str):
        return planner
    if planner == "grammar":
        return GrammarPlanner(catalog)
    raise refuse(
        Code.INVALID_ARGUMENT,
        f"The planner '{planner}' must be passed ready-made: it needs an endpoint.",
        span=planner,
        fix="Use the planner 'grammar', or configure a model endpoint.",
    )


@contextmanager
def bench(catalog: Catalog, folder: Path | None = None) -> Iterator[Bench]:
    """A small demo warehouse with the reference shorthands; made once and thrown away."""
    with tempfile.TemporaryDirectory() as made:
        connection = duckdb.connect(str((folder or Path(made)) / "evals.duckdb"))
        try:
            generate(connection, users=USERS)
            as_of = datetime.combine(AS_OF, datetime.min.time())
            data = Bench(connection, catalog, as_of)
            data.prepare(_REFERENCE.read_text())
            yield data
        finally:
            connection.close()


def _run_suite(
    suite: Suite, planner: Planner, data: Bench, progress: Progress | None
) -> SuiteReport:
    outcomes = []
    for case in suite.cases:
        outcomes.append(_run_case(case, suite, planner, data))
        if progress is not None:
            progress(f"{suite.name} {case.id}")
    return SuiteReport(suite=suite.name, planner=planner.name, outcomes=tuple(outcomes))


def _run_case(case: Case, suite: Suite, planner: Planner, data: Bench) -> Outcome:
    started = time.perf_counter()
    plan = _planned(case, planner, data)
    ms = round((time.perf_counter() - started) * 1000)
    verdict, detail = GRADERS[suite.kind](case, plan, data)
    return Outcome(id=case.id, prompt=case.prompt, verdict=verdict, detail=detail, ms=ms)


def _planned(case: Case, planner: Planner, data: Bench) -> Plan:
    """As in the graph: what the guard refuses no planner gets to see."""
    if refusals := guard(case.prompt):
        return Plan(intent="refused", refusals=refusals)
    return planner.plan(PlanRequest(prompt=case.prompt, as_of=data.as_of))
