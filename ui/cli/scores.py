"""``evals``: score a planner on suites of prompts or prompts made for stress, and the diagnosis of
causes on made-up worlds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ui.cli.session import Listing, Output, Session, common

if TYPE_CHECKING:
    from evals.history import Change
    from evals.outcomes import SuiteReport
    from evals.planners import MakePlanner

PLANNERS = click.Choice(["grammar", "openai", "hybrid"])


@click.group(cls=Listing)
def evals() -> None:
    """Score the planner by what its rules select."""


@evals.command("run")
@click.argument("suite", required=False)
@click.option("--planner", type=PLANNERS, default="grammar", show_default=True)
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Cases of your own: YAML, or JSON Lines with a case a line.",
)
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write every case, with what was expected, to one HTML file.",
)
@click.option("--asked", is_flag=True, help="List the cases that were asked back needlessly too.")
@common
def run_command(
    session: Session,
    suite: str | None,
    planner: str,
    file: Path | None,
    html: Path | None,
    asked: bool,
) -> Output:
    """Run SUITE, or all of them; fails where a suite breaks its gate."""
    from evals.gates import held_up, load_gates
    from evals.history import described
    from evals.run import run
    from evals.table import problems, table

    reports = run(suite, _maker(session, planner), file)
    broken = held_up(reports, load_gates())
    changed = _since_last_run(session, reports)
    if html is not None:
        _write(session.folder / html, reports, changed)
    told = (table(reports), problems(reports, asked=asked), described(changed), "\n".join(broken))
    return Output("\n\n".join(filter(None, told)), reports, 1 if broken else 0)


@evals.command("stress")
@click.option("--domain", help="Only one of the domains; all of them if left out.")
@click.option("--n", type=click.IntRange(1, 100_000), default=2_000, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--planner", type=PLANNERS, default="grammar", show_default=True)
@common
def stress_command(session: Session, domain: str | None, n: int, seed: int, planner: str) -> Output:
    """Make N prompts with their artifacts from a catalog; any silently wrong answer fails."""
    from evals.domains import domain_names
    from evals.stress import examples, stress
    from evals.table import table

    make = _maker(session, planner)
    names = [domain] if domain else domain_names()
    reports = [stress(name, make, n=n, seed=seed, progress=session.say) for name in names]
    text = "\n\n".join(filter(None, (table(reports), *map(examples, reports))))
    return Output(text, reports, 1 if any(one.count("silently_wrong") for one in reports) else 0)


@evals.command("causes")
@click.option(
    "--seeds",
    default="small",
    show_default=True,
    help="Which worlds: A-B, or small, dev, held-out or fresh.",
)
@click.option("--no-baselines", is_flag=True, help="Leave out the simpler methods.")
@common
def causes_command(session: Session, seeds: str, no_baselines: bool) -> Output:
    """Score how well a diagnosis names what was planted in made-up worlds, beside other methods."""
    from evals.causes.gates import broken, load_bounds
    from evals.causes.run import run
    from evals.causes.seeds import seeds_of
    from evals.causes.table import problems, table

    done = run(seeds_of(seeds), baselines=not no_baselines, progress=session.say)
    bounds = load_bounds(seeds)
    held_up = broken(done.scores[0], bounds) if bounds else []
    told = (table(done), problems(done), "\n".join(held_up))
    text = "\n\n".join(filter(None, told))
    return Output(text, done.document(seeds), 1 if held_up else 0)


def _since_last_run(session: Session, reports: list[SuiteReport]) -> list[Change]:
    """What came out otherwise than in the workspace's last run, which this one replaces."""
    from evals.history import changes, keep, last_run

    folder = session.settings().workspace
    before = last_run(folder)
    if folder.is_dir():
        keep(folder, reports, before)
    return changes(reports, before)


def _write(file: Path, reports: list[SuiteReport], changed: list[Change]) -> None:
    from core.errors import Code, refuse
    from evals.page import page

    try:
        file.write_text(page(reports, changed), encoding="utf-8")
    except OSError as error:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"The report cannot be written to {file}: {error.strerror}.",
            span=str(file),
            fix="Name a file in a folder that exists.",
        ) from error


def _maker(session: Session, planner: str) -> MakePlanner:
    from evals.planners import maker

    return maker(planner, session.settings().model)
