"""The figures as text: a row a method, then every scenario in which the engine was wrong."""

from __future__ import annotations

from evals.causes.matching import MATERIAL
from evals.causes.run import ENGINE, Run
from evals.causes.scoring import Score, Scored, is_material
from evals.causes.worlds.app import STEPS
from evals.causes.worlds.planted import Truth

_HEADINGS = (
    "method",
    "scenarios",
    "precision",
    "recall",
    f"recall (>= {MATERIAL:.0%})",
    "named first",
    "alarms without a cause",
    "effect error p50",
    "p90",
    "CPU s",
)


def table(run: Run) -> str:
    """One row a method; shares with what they are of."""
    rows = [_HEADINGS, *(_row(score) for score in run.scores)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(_HEADINGS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    for absent in run.absent:
        lines.append(f"NOT INSTALLED: {absent.method} is left out. Install it: {absent.install}")
    return "\n".join(lines)


def _row(score: Score) -> tuple[str, ...]:
    return (
        score.method,
        str(score.scenarios),
        _share(score.right, score.named),
        _share(score.found, score.planted),
        _share(score.material_found, score.material),
        _share(score.ranked_first, score.ranked),
        _share(score.alarms, score.without_cause),
        _points(score.effect_error_p50),
        _points(score.effect_error_p90),
        f"{score.cpu_per_question:.2f}",
    )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%} ({part}/{whole})" if whole else "-"


def _points(error: float | None) -> str:
    return "-" if error is None else f"{100 * error:.1f} pp"


def problems(run: Run) -> str:
    """False causes and misses of the engine, by scenario; a miss of a small cause is marked so."""
    return "\n".join(line for result in run.results[ENGINE] for line in _problems(result))


def _problems(result: Scored) -> list[str]:
    wrong = [f"    false: {c.kind} {c.dimension}={c.value}: {c.told}" for c in result.false_causes]
    missed = [f"    missed: {_told(t)}" for t in result.missed]
    if not wrong and not missed:
        return []
    marks = [
        *result.traps,
        *(name for name in ("mid_week", "weak", "small") if getattr(result, name)),
    ]
    return [f"seed {result.seed} ({', '.join(marks) or 'plain'})", *wrong, *missed]


def _told(truth: Truth) -> str:
    where = " and ".join(f"{column}={value}" for column, value in truth.where)
    step = STEPS[truth.step] if truth.step is not None else ""
    size = f"{truth.effect:+.1%}" + ("" if is_material(truth) else ", not material")
    return " ".join(filter(None, (truth.kind, truth.version, where, step, f"({size})")))
