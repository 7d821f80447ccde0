"""Training a score: from what the warehouse knew at past moments to a model file to propose."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse
from warehouse.models.modelset import ModelSet
from warehouse.training.fit import SEED, Metrics, fit
from warehouse.training.registry import Registered, register
from warehouse.training.rows import collect
from warehouse.training.scores import score_named
from warehouse.training.writing import model_text, sha256


class Trained(NamedTuple):
    """A score that was trained and not yet proposed."""

    name: str
    text: str
    """The model file. It becomes live only through a change request."""
    metrics: Metrics
    registered: Registered


def train(
    warehouse: DuckDBWarehouse, catalog: Catalog, models: ModelSet, name: str, *, now: datetime
) -> Trained:
    """Train a score on all that was known by ``now`` (naive UTC) and note it in the registry.

    Nothing is made live. The same warehouse gives the same text, byte for byte.
    Refuses with UNKNOWN_KEY, TOO_LITTLE_DATA and AUDIT_FAILED.
    """
    score = score_named(name)
    with warehouse.cursor() as cursor:
        data = collect(cursor, catalog, models, score, now)
    fitted = fit(data, score)
    text = model_text(score, data, fitted)
    row = Registered(
        model_id=name,
        version=0,
        kind="logistic",
        inputs={score.model: models.fingerprints[score.model]},
        metrics=_plain(fitted.metrics),
        artifact_sha256=sha256(text),
        snapshot_sha256=data.snapshot,
        seed=SEED,
        trained_with=fitted.trained_with,
        stage="draft",
        trained_at=now,
    )
    with warehouse.transaction() as cursor:
        noted = register(cursor, row)
    return Trained(name, text, fitted.metrics, noted)


def _plain(metrics: Metrics) -> dict[str, Any]:
    return metrics._asdict() | {"calibration": [band._asdict() for band in metrics.calibration]}
