"""What the engine says about models before they run: names, types, and in which file a fault is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

import duckdb
from sqlglot import exp

from core.errors import PilothouseError
from warehouse.models.assemble import model_query
from warehouse.models.headers import at, invalid
from warehouse.models.model import Model
from warehouse.models.modelset import ModelSet
from warehouse.models.sources import USER

_TYPES = {
    "string": ("VARCHAR",),
    "number": ("DOUBLE", "FLOAT", "DECIMAL"),
    "integer": ("BIGINT", "INTEGER", "HUGEINT", "SMALLINT"),
    "boolean": ("BOOLEAN",),
    "timestamp": ("TIMESTAMP",),
}
_FAULTS = (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError)


def bind(
    cursor: duckdb.DuckDBPyConnection, models: ModelSet, as_of: datetime, names: Iterable[str]
) -> None:
    """Let the engine look up every name of these models, without running them.

    Refuses with MODEL_INVALID, naming the file and as near as is known the line.
    """
    for model in models.models:
        if model.name in {*names}:
            types = _columns(cursor, models, model, as_of)
            _check_types(model, types)


@contextmanager
def explained(
    cursor: duckdb.DuckDBPyConnection, models: ModelSet, as_of: datetime
) -> Iterator[None]:
    """A fault of the engine while it runs models becomes a refusal that names the model."""
    try:
        yield
    except _FAULTS as error:
        for model in models.models:
            # In a cursor of its own: the caller's transaction is already lost.
            with cursor.cursor() as other:
                _columns(other, models, model, as_of)
        raise _refusal(None, error) from error


def _columns(
    cursor: duckdb.DuckDBPyConnection, models: ModelSet, model: Model, as_of: datetime
) -> dict[str, str]:
    query = model_query(models, model.name, {}).limit(0)
    given = {"as_of": as_of} if query.find(exp.Placeholder) else {}
    try:
        cursor.execute(query.sql("duckdb", comments=False), given)
    except _FAULTS as error:
        raise _refusal(model, error) from error
    return {column[0]: str(column[1]) for column in cursor.description or ()}


def _check_types(model: Model, types: dict[str, str]) -> None:
    if model.kind != "trait":
        return
    for name, wanted in ((USER, ("VARCHAR",)), (model.name, _TYPES[model.type])):
        if not types[name].startswith(wanted):
            raise invalid(
                f"{model.name}: the column {name} is {types[name]}, not {model.type}."
                if name != USER
                else f"{model.name}: the column {USER} is {types[name]}, not text.",
                at(model.file, _line_with(model, name)),
                "Add a CAST, or correct the type in the header.",
            )


def _refusal(model: Model | None, error: Exception) -> PilothouseError:
    text = str(error)
    what = re.sub(r"^\w+ Error: ", "", text.splitlines()[0]).rstrip("!.")
    near = re.search(r"(?:Candidate bindings|Did you mean)[: ]+(.*)", text)
    fix = f"Near: {near[1].strip()}" if near else "Correct the SQL near that line."
    if model is None:
        return invalid(f"The models cannot be built: {what}.", "models", fix)
    named = re.search(r'"([A-Za-z_][A-Za-z0-9_]*)"|name (\w+)', what)
    word = (named[1] or named[2]) if named else model.name
    return invalid(f"{model.name}: {what}.", at(model.file, _line_with(model, word)), fix)


def _line_with(model: Model, word: str) -> int:
    for number, line in enumerate(model.text.splitlines(), start=1):
        if not line.startswith("--") and re.search(rf"\b{re.escape(word)}\b", line):
            return number
    return 1
