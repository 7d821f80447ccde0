"""Builds the ``traits`` table from one SQL file per trait.

A file says in its header what the trait is; what it reads is derived from its SQL.
All traits are built in one statement, so a failing model leaves the old table.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Literal

import duckdb
import sqlglot
from pydantic import BaseModel, ConfigDict, Field
from sqlglot import exp

MODELS = Path(__file__).parent / "traits"

SOURCES = frozenset({"dim_users", "fct_events", "fct_subscriptions", "fct_support", "fct_messages"})
"""The tables a trait may read, besides other traits."""


class TraitModel(BaseModel):
    """One trait: its header and its SQL, ``user_id`` and the value for every canonical user."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    grain: Literal["user_id"]
    type: Literal["string", "number"]
    values: tuple[str, ...] = ()
    """The closed set of values of a state. Empty: open."""
    owner: str
    freshness: int = Field(gt=0)
    """How old its newest source row may be, in seconds."""
    meaning: str
    sql: str

    @property
    def reads(self) -> frozenset[str]:
        """The tables and other traits that the SQL reads."""
        tree = sqlglot.parse_one(self.sql, dialect="duckdb")
        own = {cte.alias for cte in tree.find_all(exp.CTE)}
        return frozenset(table.name for table in tree.find_all(exp.Table)) - own


class ModelError(Exception):
    """A trait file that cannot be built: a fault of ours, never of the person asking."""


def load_models(folder: Path = MODELS) -> tuple[TraitModel, ...]:
    """Every trait of a folder, each after the traits it reads."""
    models = {path.stem: _load(path) for path in sorted(folder.glob("*.sql"))}
    reads = {name: model.reads for name, model in models.items()}
    for name, tables in reads.items():
        if strange := tables - SOURCES - models.keys():
            raise ModelError(f"{name} reads {', '.join(sorted(strange))}, which no trait may read")
    try:
        order = TopologicalSorter({n: sorted(t & models.keys()) for n, t in reads.items()})
        return tuple(models[name] for name in order.static_order())
    except CycleError as error:
        raise ModelError(f"traits read each other in a circle: {error.args[1]}") from error


def _load(path: Path) -> TraitModel:
    text = path.read_text(encoding="utf-8")
    header: dict[str, object] = {"sql": text}
    for line in text.splitlines():
        if not line.startswith("-- "):
            break
        key, _, value = line.removeprefix("-- ").partition(": ")
        header[key] = tuple(value.split(", ")) if key == "values" else value
    model = TraitModel.model_validate(header)
    if model.name != path.stem:
        raise ModelError(f"{path.name} says its name is {model.name}")
    return model


def build_traits(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    """Replace ``traits`` with every trait as of a moment (naive UTC); all or nothing."""
    connection.execute("BEGIN TRANSACTION")
    try:
        write_traits(connection, as_of)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def write_traits(
    connection: duckdb.DuckDBPyConnection, as_of: datetime, folder: Path = MODELS
) -> None:
    """Like ``build_traits``, inside the caller's transaction."""
    connection.execute(_statement(folder), {"as_of": as_of})
    _check_grain(connection)


@cache
def _statement(folder: Path) -> str:
    """One CREATE TABLE with a common table expression per trait."""
    models = load_models(folder)
    columns = [exp.column(model.name, table=model.name) for model in _shown(models)]
    query = (
        exp.select(exp.column("user_id", table="u"), *columns)
        .from_("dim_users AS u")
        .where("u.merged_into IS NULL")
        .order_by("u.user_id")
    )
    for model in models:
        query = query.with_(model.name, as_=sqlglot.parse_one(model.sql, dialect="duckdb"))
        query = query.join(model.name, on=f"{model.name}.user_id = u.user_id", join_type="left")
    create = exp.Create(this=exp.to_table("traits"), kind="TABLE", replace=True, expression=query)
    return create.sql(dialect="duckdb", comments=False)


# The order of the columns: as people list them, then what was added.
_ORDER = (
    "activation_state",
    "momentum_score",
    "upgrade_intent",
    "support_risk",
    "preferred_workout_type",
    "lifecycle_stage",
    "churn_risk",
    "ltv",
)


def _shown(models: tuple[TraitModel, ...]) -> list[TraitModel]:
    place = {name: number for number, name in enumerate(_ORDER)}
    return sorted(models, key=lambda model: (place.get(model.name, len(place)), model.name))


def _check_grain(connection: duckdb.DuckDBPyConnection) -> None:
    row = connection.execute("SELECT count(*) - count(DISTINCT user_id) FROM traits").fetchone()
    if row != (0,):
        raise ModelError("a trait gives some users more than one value")
