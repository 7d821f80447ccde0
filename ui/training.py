"""Scores and clocks of a workspace: training, the leakage audit, late facts, freshness."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
from sqlglot import exp

from core.errors import Code, refuse
from orchestrate.hindsight import DecisionHindsight, decisions_in_hindsight
from ui.modelling import live_models
from warehouse.clocks.freshness import Freshness, freshness
from warehouse.clocks.late import Hindsight, hindsight
from warehouse.clocks.leakage import Leak, audit_features, audit_sql, audit_values
from warehouse.models.model import read_model
from warehouse.models.modelset import ModelSet, models_of
from warehouse.training.registry import Registered, registered, settle
from warehouse.training.train import Trained, train

if TYPE_CHECKING:
    from ui.workspace import Workspace

FEATURES = "features"
_NEEDED = frozenset({"user_id", "at", "known_at"})
_READERS = {".csv": "read_csv", ".parquet": "read_parquet"}
_AUDITED_BACK = timedelta(days=21)
"""How long before the end of the data a model is audited: what came later must be there to leak."""


def models_of_workspace(workspace: Workspace) -> ModelSet:
    """The models that are in force."""
    return live_models(workspace.store, workspace.settings)


def train_score(workspace: Workspace, name: str) -> Trained:
    """Train a score on all that the workspace knows; nothing becomes live."""
    models = models_of_workspace(workspace)
    return train(workspace.warehouse, workspace.catalog, models, name, now=workspace.as_of())


def audit_file(workspace: Workspace, file: Path) -> tuple[Leak, ...]:
    """The leaks of a model (``.sql``) or of a feature table (``.csv``, ``.parquet``).

    Refuses with INVALID_FILE what is neither, and with MODEL_INVALID a model that is none.
    """
    if file.suffix == ".sql":
        return _audit_model(workspace, file)
    if file.suffix in _READERS:
        return _audit_table(workspace, file)
    raise refuse(
        Code.INVALID_FILE,
        f"{file.name} is neither a model nor a table of features.",
        span=str(file),
        fix="Give a model as .sql, or features as .csv or .parquet.",
    )


def what_late_facts_change(
    workspace: Workspace, at: datetime
) -> tuple[Hindsight, DecisionHindsight]:
    """Which values and decisions of a moment would have been others, had late facts been there."""
    models, catalog = models_of_workspace(workspace), workspace.catalog
    with workspace.warehouse.cursor() as cursor:
        values = hindsight(cursor, catalog, at, models)
    decided = decisions_in_hindsight(
        workspace.store, workspace.warehouse, catalog, at=at, models=models
    )
    return values, decided


def how_fresh(workspace: Workspace, now: datetime | None = None) -> tuple[Freshness, ...]:
    """Every trait against its promise, at the workspace's moment or another."""
    with workspace.warehouse.cursor() as cursor:
        return freshness(cursor, models_of_workspace(workspace), now or workspace.as_of())


def scores(workspace: Workspace, name: str | None = None) -> list[Registered]:
    """The trained scores with their stages as of now, the newest first."""
    live: Mapping[str, str] = models_of_workspace(workspace).files
    with workspace.warehouse.transaction() as cursor:
        settle(cursor, live)
        return registered(cursor, name)


def _audit_model(workspace: Workspace, file: Path) -> tuple[Leak, ...]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(file, error) from error
    name = read_model(text, file.name).name
    live = models_of_workspace(workspace)
    models = models_of(live.files | {name: text}, live.sources)
    model = models.by_name[name]
    found = audit_sql(model, models.sources)
    if model.kind != "trait":
        return found
    at = workspace.as_of() - _AUDITED_BACK
    with workspace.warehouse.cursor() as cursor:
        return found + audit_values(cursor, workspace.catalog, models, (model.name,), at)


def _audit_table(workspace: Workspace, file: Path) -> tuple[Leak, ...]:
    rows = exp.select("*").from_(exp.func(_READERS[file.suffix], exp.Literal.string(str(file))))
    with workspace.warehouse.cursor() as cursor:
        try:
            cursor.execute(f"CREATE TEMP TABLE {FEATURES} AS {rows.sql('duckdb')}")
        except duckdb.Error as error:
            raise _unreadable(file, error) from error
        described = cursor.execute(f"DESCRIBE {FEATURES}").fetchall()
        columns = frozenset(name for name, *_ in described)
        if missing := sorted(_NEEDED - columns):
            raise refuse(
                Code.INVALID_FILE,
                f"{file.name} lacks {', '.join(missing)}.",
                span=str(file),
                fix="Give user_id, at (the moment of the label) and known_at; event_at and "
                "label_from too, where you have them.",
            )
        return audit_features(cursor, FEATURES, columns)


def _unreadable(file: Path, error: Exception) -> Exception:
    return refuse(
        Code.INVALID_FILE,
        f"{file.name} cannot be read: {str(error).splitlines()[0]}.",
        span=str(file),
        fix="Check the path and the format.",
    )
