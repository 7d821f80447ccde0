"""The training set: what was known of every user at past moments, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import duckdb
import sqlglot
from sqlglot import exp

from core.errors import Code, refuse
from warehouse.catalog import Catalog
from warehouse.clocks.history import temporary
from warehouse.clocks.leakage import audit_features, audit_sql
from warehouse.clocks.past import placed_at, see_tables
from warehouse.clocks.tables import Moment
from warehouse.compile.values import moment
from warehouse.models.modelset import ModelSet
from warehouse.training.scores import DIALECT, Score

ROWS = "training_rows"
_CALIBRATE, _TEST = 2, 3
"""How many moments the later slices have."""


class Slices(NamedTuple):
    """Moments by what they are for, earliest first. Between two slices as much time is left out
    as a label looks ahead, so that no slice knows what became of the next one's users."""

    fit: tuple[datetime, ...]
    calibrate: tuple[datetime, ...]
    test: tuple[datetime, ...]

    @property
    def moments(self) -> tuple[datetime, ...]:
        """All of them, in order."""
        return (*self.fit, *self.calibrate, *self.test)


class TrainingSet(NamedTuple):
    """Arrays as long as the set: ``at``, a column a term, ``label`` (1 where it came true)."""

    slices: Slices
    columns: dict[str, Any]
    rows: int
    snapshot: str
    """sha256 of all rows in order: equal sets have equal hashes."""


def collect(
    cursor: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    models: ModelSet,
    score: Score,
    end: datetime,
) -> TrainingSet:
    """The training set of a score from all that was known by ``end`` (naive UTC).

    Refuses with TOO_LITTLE_DATA a warehouse with too few weeks, and with AUDIT_FAILED
    inputs that know what came later. Leaves the cursor standing in the past.
    """
    slices = slices_of(cursor, catalog, score, end)
    _check_sql(models, score)
    _fill_labels(cursor, score, slices.moments)
    for at in slices.moments:
        see_tables(cursor, catalog, Moment(at, at))
        _write(cursor, _known(catalog, models, score, at), first=at == slices.moments[0])
    leaks = audit_features(cursor, ROWS, frozenset({"event_at", "label_from"}))
    if leaks:
        raise refuse(Code.AUDIT_FAILED, leaks[0].message, span=score.name)
    names = [term.name for term in score.terms]
    wanted = exp.select("r.at", *names, "label").from_(exp.to_table(ROWS).as_("r"))
    wanted = wanted.order_by("r.at", "user_id")
    columns = cursor.execute(wanted.sql(DIALECT)).fetchnumpy()
    ((snapshot,),) = cursor.execute(_hash(names)).fetchall()
    return TrainingSet(slices, columns, len(columns["label"]), snapshot)


def slices_of(
    cursor: duckdb.DuckDBPyConnection, catalog: Catalog, score: Score, end: datetime
) -> Slices:
    """The moments to learn from, the last one a horizon before the end."""
    events = catalog.layout.events
    first = exp.select(exp.Min(this=exp.column(events.time))).from_(events.table)
    ((begins,),) = cursor.execute(first.sql(DIALECT)).fetchall()
    last = datetime(end.year, end.month, end.day) - score.horizon
    room = (last - begins - score.history) if begins else -score.step
    count = max(room // score.step + 1, 0)
    left_out = -(-score.horizon // score.step) - 1
    fit = count - _CALIBRATE - _TEST - 2 * left_out
    if fit < _CALIBRATE:
        days = (score.history + score.horizon).days
        days += (_CALIBRATE * 2 + _TEST + 2 * left_out - 1) * score.step.days
        raise refuse(
            Code.TOO_LITTLE_DATA,
            f"{score.name} cannot be trained: it needs {days} days of events.",
            span=score.name,
            fix="Wait until there is more data; the score that is live stays as it is.",
        )
    moments = [last - score.step * back for back in range(count)][::-1]
    tests, calibrations = count - _TEST, count - _TEST - left_out - _CALIBRATE
    return Slices(
        tuple(moments[:fit]),
        tuple(moments[calibrations : calibrations + _CALIBRATE]),
        tuple(moments[tests:]),
    )


def _check_sql(models: ModelSet, score: Score) -> None:
    """Every model behind the inputs bounds what it reads."""
    behind = {score.model}
    for model in reversed(models.models):
        if model.name in behind:
            behind.update(models.parents(model))
            for leak in audit_sql(model):
                raise refuse(
                    Code.AUDIT_FAILED,
                    leak.message,
                    span=model.file,
                    fix="Compare its time with $as_of where the table is read.",
                )


def _fill_labels(
    cursor: duckdb.DuckDBPyConnection, score: Score, moments: tuple[datetime, ...]
) -> None:
    """``labels`` holds who it came true for, by moment: read before the cursor steps back."""
    labels = sqlglot.parse_one(score.labels, dialect=DIALECT)
    assert isinstance(labels, exp.Select)
    came_true = [
        exp.select("user_id", exp.alias_(moment(at), "at", quoted=True)).from_(
            placed_at(labels, at).subquery("came_true")
        )
        for at in moments
    ]
    cursor.execute(temporary("labels", "TABLE", exp.union(*came_true, distinct=False)))


def _known(catalog: Catalog, models: ModelSet, score: Score, at: datetime) -> exp.Select:
    """One row for each user of the score's population: what was known at a moment, on both clocks,
    with the label."""
    this = moment(at)
    came_true = exp.Case().when(exp.column("user_id", "l").is_(exp.null()), "0").else_("1")
    same = exp.column("user_id", "l").eq(exp.column("user_id", "i"))
    columns = [
        exp.column("user_id", "i"),
        exp.alias_(this, "at", quoted=True),
        exp.column("known_at", "c"),
        exp.column("event_at", "c"),
        exp.alias_(this.copy(), "label_from"),
        *(exp.column(term.name, "i") for term in score.terms),
        exp.alias_(came_true, "label"),
    ]
    of_this = exp.and_(same, exp.column("at", "l").eq(this.copy()))
    return (
        exp.select(*columns)
        .from_(placed_at(_inputs(models, score), at).subquery("i"))
        .join(exp.to_table("labels").as_("l"), on=of_this, join_type="left")
        .join(_clocks(catalog).subquery("c"), join_type="cross")
    )


def _inputs(models: ModelSet, score: Score) -> exp.Select:
    """The inputs with all models that they read."""
    query = score.inputs.copy()
    for model in models.models:
        if model.kind == "staging":
            query = query.with_(model.name, as_=model.tree.copy(), copy=False)
    return query


def _clocks(catalog: Catalog) -> exp.Select:
    """The latest of both clocks among the events that the connection sees."""
    events = catalog.layout.events
    happened, arrived = exp.column(events.time), exp.column(events.received or events.time)
    return exp.select(
        exp.alias_(exp.Max(this=arrived), "known_at"),
        exp.alias_(exp.Max(this=happened), "event_at"),
    ).from_(events.table)


def _write(cursor: duckdb.DuckDBPyConnection, rows: exp.Select, *, first: bool) -> None:
    if first:
        cursor.execute(temporary(ROWS, "TABLE", rows))
    else:
        cursor.execute(exp.insert(rows, ROWS).sql(DIALECT))


def _hash(names: list[str]) -> str:
    """All rows as one text in order, hashed."""
    parts = [exp.cast(exp.column(name, "r"), "text") for name in ("at", "user_id", *names, "label")]
    line = exp.func("CONCAT_WS", exp.Literal.string(","), *parts)
    order = [
        exp.Ordered(this=exp.column(name, "r"), nulls_first=False) for name in ("at", "user_id")
    ]
    text = exp.GroupConcat(
        this=exp.Order(this=line, expressions=order), separator=exp.Literal.string(";")
    )
    return exp.select(exp.func("SHA256", text)).from_(exp.to_table(ROWS).as_("r")).sql(DIALECT)
