"""``evals``: score the planner on suites of prompts."""

from __future__ import annotations

from pathlib import Path

import click

from ui.cli.session import Output, Session, common


@click.group()
def evals() -> None:
    """Score the planner by what its rules select."""


@evals.command("run")
@click.argument("suite", required=False)
@click.option("--planner", type=click.Choice(["grammar", "openai"]), default="grammar")
@click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@common
def run_command(session: Session, suite: str | None, planner: str, file: Path | None) -> Output:
    """Run SUITE, or all of them; any silently wrong answer fails."""
    from evals.run import as_table, run

    reports = run(suite, planner, file)
    wrong = sum(report.silently_wrong for report in reports)
    return Output(as_table(reports), reports, 1 if wrong else 0)
