"""The bounds that the engine must hold on the seeds of every run, as data."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import Field

from core.conditions import Frozen
from evals.causes.scoring import Score

FILE = Path(__file__).parent / "gates.yaml"


class Bounds(Frozen):
    """Bounds on figures; one that is None holds nothing."""

    precision_least: float | None = Field(default=None, ge=0, le=1)
    recall_material_least: float | None = Field(default=None, ge=0, le=1)
    first_least: float | None = Field(default=None, ge=0, le=1)
    alarms_most: float | None = Field(default=None, ge=0, le=1)
    effect_error_most: float | None = Field(default=None, ge=0)
    """The median, in relative fractions."""


def load_bounds(seeds: str, file: Path = FILE) -> Bounds | None:
    """The bounds of a named range of seeds; None where it has none."""
    named: dict[str, object] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return Bounds.model_validate(named[seeds]) if seeds in named else None


def broken(score: Score, bounds: Bounds) -> list[str]:
    """Which bounds the engine does not hold, a sentence each."""
    least = {
        "precision": (score.precision, bounds.precision_least),
        "recall of material causes": (score.recall_material, bounds.recall_material_least),
        "the largest cause named first": (score.first, bounds.first_least),
    }
    most = {
        "alarms without a cause": (score.alarm_share, bounds.alarms_most),
        "median error of the effect": (score.effect_error_p50, bounds.effect_error_most),
    }
    told = []
    for name, (figure, bound) in least.items():
        if bound is not None and (figure is None or figure < bound):
            told.append(f"causes: {name}: {_told(figure)}, at least {bound:.1%} is needed.")
    for name, (figure, bound) in most.items():
        if bound is not None and (figure is None or figure > bound):
            told.append(f"causes: {name}: {_told(figure)}, at most {bound:.1%} is allowed.")
    return told


def _told(figure: float | None) -> str:
    return "nothing to measure" if figure is None else f"{figure:.1%}"
