"""Gates: what a suite's outcomes must hold for the run to pass, as data."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import Field

from core.conditions import Frozen
from evals.outcomes import SuiteReport

FILE = Path(__file__).parent / "gates.yaml"


class Gate(Frozen):
    """Bounds on shares of a suite's cases."""

    silently_wrong_most: float = Field(default=0.0, ge=0, le=1)
    right_least: float = Field(default=0.0, ge=0, le=1)


class Gates(Frozen):
    """The usual bounds, and those of suites with their own."""

    usual: Gate
    suites: dict[str, Gate] = Field(default_factory=dict)


def load_gates(file: Path = FILE) -> Gates:
    """The gates of the project."""
    return Gates.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))


def held_up(reports: list[SuiteReport], gates: Gates) -> list[str]:
    """Why the run does not pass, a sentence a bound that is broken; empty when it passes."""
    return [why for report in reports for why in _broken(report, gates)]


def _broken(report: SuiteReport, gates: Gates) -> list[str]:
    gate = gates.suites.get(report.suite, gates.usual)
    wrong, right = report.share("silently_wrong"), report.right_share
    broken = []
    if wrong > gate.silently_wrong_most:
        allowed = f"at most {gate.silently_wrong_most:.1%} may be"
        broken.append(f"{report.suite}: {wrong:.1%} silently wrong, {allowed}.")
    if right < gate.right_least:
        broken.append(
            f"{report.suite}: {right:.1%} right, at least {gate.right_least:.1%} must be."
        )
    return broken
