"""The last run: kept beside the workspace's other files, so that a change shows by case."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pydantic import Field, ValidationError

from core.conditions import Frozen
from evals.graders.grader import Verdict
from evals.outcomes import SuiteReport

FILE = "evals-last.json"
_GRADE: dict[Verdict, int] = {"exact": 3, "asked_back": 2, "failed": 1, "silently_wrong": 0}
"""The higher the better."""


class Kept(Frozen):
    """Verdicts of earlier runs: planner → suite → case → verdict."""

    verdicts: dict[str, dict[str, dict[str, Verdict]]] = Field(default_factory=dict)


class Change(NamedTuple):
    """A case that came out otherwise than in the last run."""

    suite: str
    id: str
    before: Verdict
    after: Verdict

    @property
    def better(self) -> bool:
        """Whether it is an improvement."""
        return _GRADE[self.after] > _GRADE[self.before]


def last_run(folder: Path) -> Kept:
    """What the folder's last run left; nothing where there was none or it cannot be read."""
    file = folder / FILE
    if not file.is_file():
        return Kept()
    try:
        return Kept.model_validate_json(file.read_bytes())
    except ValidationError:
        return Kept()


def keep(folder: Path, reports: list[SuiteReport], before: Kept) -> None:
    """Leave the verdicts for the next run; suites that did not run keep what they had."""
    verdicts = {planner: dict(suites) for planner, suites in before.verdicts.items()}
    for report in reports:
        cases = {outcome.id: outcome.verdict for outcome in report.outcomes}
        verdicts.setdefault(report.planner, {})[report.suite] = cases
    text = Kept(verdicts=verdicts).model_dump_json(indent=1)
    (folder / FILE).write_text(text, encoding="utf-8")


def changes(reports: list[SuiteReport], before: Kept) -> list[Change]:
    """Every case that both runs have and that came out differently, in the order of the run."""
    return [
        Change(report.suite, outcome.id, was, outcome.verdict)
        for report in reports
        for outcome in report.outcomes
        if (was := _verdict(before, report, outcome.id)) not in (None, outcome.verdict)
        and was is not None
    ]


def described(found: list[Change]) -> str:
    """The changes as text, regressions first; empty when there are none."""
    worse = [one for one in found if not one.better]
    better = [one for one in found if one.better]
    blocks = []
    for title, some in (("worse than in the last run", worse), ("better", better)):
        lines = [f"  {one.suite} {one.id}: {one.before} → {one.after}" for one in some]
        if lines:
            blocks.append(f"{len(some)} {title}:\n" + "\n".join(lines))
    return "\n".join(blocks)


def _verdict(before: Kept, report: SuiteReport, case: str) -> Verdict | None:
    return before.verdicts.get(report.planner, {}).get(report.suite, {}).get(case)
