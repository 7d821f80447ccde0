"""A trained score as the text of a trait model: a plain sum through a sigmoid, any engine's SQL."""

from __future__ import annotations

import hashlib
from datetime import datetime

from warehouse.training.fit import SEED, Fitted
from warehouse.training.rows import TrainingSet
from warehouse.training.scores import Score


def model_text(score: Score, data: TrainingSet, fitted: Fitted) -> str:
    """The whole file. The same training set and weights give the same bytes."""
    lines = [*_header(score), "", *_notes(score, data, fitted), *_select(score, fitted)]
    return "\n".join(lines) + "\n"


def sha256(text: str) -> str:
    """The hash of a text's bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def _header(score: Score) -> list[str]:
    return [
        f"-- name: {score.name}",
        "-- grain: user_id",
        "-- type: number",
        f"-- owner: {score.owner}",
        "-- freshness: 86400",
        "-- audit: not_null",
        "-- audit: range 0 .. 1",
        f"-- meaning: {score.meaning}",
    ]


def _notes(score: Score, data: TrainingSet, fitted: Fitted) -> list[str]:
    """What it was learnt from and how good it is, for whoever reads the file."""
    found = fitted.metrics
    slices = data.slices
    return [
        f"-- Made by 'pilothouse model train {score.name}': train again, do not edit the weights.",
        f"-- learnt from: {_days(slices.fit)}",
        f"-- calibrated on: {_days(slices.calibrate)}",
        f"-- measured on: {_days(slices.test)}",
        f"-- labels: sha256 {sha256(score.labels)[:16]}, {score.horizon.days} days ahead",
        f"-- rows: {found.rows} users at those moments, true for {found.positives}",
        f"-- snapshot: sha256 {data.snapshot}",
        f"-- with: {fitted.trained_with}, logistic regression, Platt calibration, seed {SEED}",
        f"-- later slice: AUC {found.auc}, Brier {found.brier} (base rate alone "
        f"{found.brier_of_base_rate}), log loss {found.log_loss}",
    ]


def _days(moments: tuple[datetime, ...]) -> str:
    return ", ".join(f"{moment:%Y-%m-%d}" for moment in moments)


def _select(score: Score, fitted: Fitted) -> list[str]:
    terms = [
        f"            {_signed(fitted.weights[term.name])} * {term.sql} -- {term.name}"
        for term in score.terms
    ]
    return [
        "SELECT",
        "    user_id,",
        f"    CASE WHEN {score.population} THEN CAST(ROUND(1.0 / (1.0 + EXP(-(",
        f"            {fitted.intercept}",
        *terms,
        f"    ))), 3) AS DOUBLE) ELSE CAST(0 AS DOUBLE) END AS {score.name}",
        f"FROM {score.model}",
    ]


def _signed(weight: float) -> str:
    return f"{'-' if weight < 0 else '+'} {abs(weight)}"
