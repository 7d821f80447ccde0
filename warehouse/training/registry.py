"""The registry of trained scores: a row each, in the warehouse they were learnt from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from warehouse.training.writing import sha256

_SQL = Path(__file__).parent / "sql"


class Registered(NamedTuple):
    """One trained score."""

    model_id: str
    version: int
    kind: str
    inputs: dict[str, str]
    """Each model it reads, with the fingerprint of that model when it was trained."""
    metrics: dict[str, Any]
    artifact_sha256: str
    """Of the model file's text."""
    snapshot_sha256: str
    """Of the training set."""
    seed: int
    trained_with: str
    """The library, with its version."""
    stage: str
    """draft, live or retired."""
    trained_at: datetime


def register(connection: duckdb.DuckDBPyConnection, row: Registered) -> Registered:
    """Add a trained score as the next version; one with the same text is there already."""
    _ready(connection)
    for known in registered(connection, row.model_id):
        if known.artifact_sha256 == row.artifact_sha256:
            return known
    ((version,),) = connection.execute(
        "SELECT COALESCE(MAX(version), 0) + 1 FROM model_registry WHERE model_id = $id",
        {"id": row.model_id},
    ).fetchall()
    new = row._replace(version=version)
    texts = {"inputs": json.dumps(new.inputs), "metrics": json.dumps(new.metrics)}
    connection.execute(_read("register"), new._asdict() | texts)
    return new


def registered(
    connection: duckdb.DuckDBPyConnection, model_id: str | None = None
) -> list[Registered]:
    """Every trained score, or one's versions, the newest first."""
    _ready(connection)
    rows = connection.execute(_read("registered"), {"model_id": model_id}).fetchall()
    return [
        Registered(model_id, version, kind, json.loads(inputs), json.loads(metrics), *rest)
        for model_id, version, kind, inputs, metrics, *rest in rows
    ]


def settle(connection: duckdb.DuckDBPyConnection, live: Mapping[str, str]) -> None:
    """Let the stages say what is live. ``live``: model → the text that is."""
    _ready(connection)
    hashes = sorted(sha256(text) for text in live.values())
    connection.execute(_read("settle"), {"live": hashes})


def _ready(connection: duckdb.DuckDBPyConnection) -> None:
    """The table is there, also where it was made when a column of it had another name."""
    connection.execute(_read("registry"))
    columns = connection.execute("DESCRIBE model_registry").fetchall()
    if any(name == "library" for name, *_ in columns):
        connection.execute("ALTER TABLE model_registry RENAME COLUMN library TO trained_with")


def _read(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
