"""``evals``: score a planner on suites of prompts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ui.cli.session import Listing, Output, Session, common

if TYPE_CHECKING:
    from agent.planners.port import Planner
    from warehouse.catalog import Catalog


@click.group(cls=Listing)
def evals() -> None:
    """Score the planner by what its rules select."""


@evals.command("run")
@click.argument("suite", required=False)
@click.option("--planner", type=click.Choice(["grammar", "openai"]), default="grammar")
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@common
def run_command(session: Session, suite: str | None, planner: str, file: Path | None) -> Output:
    """Run SUITE, or all of them; any silently wrong answer fails."""
    from evals.run import run
    from evals.table import problems, table

    speaker = planner if planner == "grammar" else _model_planner(session)
    reports = run(suite, speaker, file)
    text = "\n\n".join(filter(None, (table(reports), problems(reports))))
    return Output(text, reports, 1 if any(one.count("silently_wrong") for one in reports) else 0)


def _model_planner(session: Session) -> Callable[[Catalog], Planner]:
    from agent.planners.grammar import GrammarPlanner
    from agent.planners.openai import OpenAIPlanner

    settings = session.settings()

    def make(catalog: Catalog) -> Planner:
        fallback = GrammarPlanner(catalog)
        return OpenAIPlanner(settings.model, catalog, fallback=fallback)

    return make
