"""The traits of a warehouse that was just filled: every shipped model, built from nothing."""

from __future__ import annotations

from datetime import datetime

import duckdb

from warehouse.models.build import build, reset, show
from warehouse.models.modelset import ModelSet, load_models
from warehouse.models.states import touched_are_done
from warehouse.transactions import all_or_nothing


def build_traits(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    """Replace ``traits`` with every trait as of a moment (naive UTC); all or nothing."""
    with all_or_nothing(connection):
        write_traits(connection, as_of)


def write_traits(
    connection: duckdb.DuckDBPyConnection, as_of: datetime, models: ModelSet | None = None
) -> None:
    """Like ``build_traits``, inside the caller's transaction. Builds of other data are gone."""
    reset(connection)
    wanted = models or load_models()
    made = build(connection, wanted, as_of=as_of, built_at=as_of, full=True)
    show(connection, made.build.number)
    touched_are_done(connection, wanted)
