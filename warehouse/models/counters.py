"""Counters that roll on: what a model's SQL must look like, and what is read from it.

The SQL of the model stays the definition. It is one aggregate per counter over the
rows of one table, so the difference between two moments follows from it: what
happened in between is added, what left a window is taken away.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Literal, NamedTuple

from sqlglot import exp

from warehouse.models.headers import at, invalid
from warehouse.models.model import AS_OF, Model

_UNITS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86_400, "WEEK": 604_800}
_ROW_WISE = frozenset({"kind", "expressions", "from_", "where", "with_"})


ROWS = "_rows"
"""A counter of every row that is counted at all, kept beside the model's own: it shows whether
rows went missing."""


class Counter(NamedTuple):
    """One aggregate: over all time, or over a window that ends at the moment."""

    name: str
    how: Literal["add", "max", "min"]
    aggregate: exp.Expr
    """COUNT, SUM, MAX or MIN, without its filter."""
    where: exp.Expr | None
    """Which rows it counts, apart from its window."""
    window: timedelta | None
    type: exp.DataType | None = None
    """What the model casts it to: sums of the parts stay as narrow as the whole."""


class Shape(NamedTuple):
    """A model whose rows can be carried from one moment to the next."""

    model: Model
    key: str
    counters: tuple[Counter, ...]
    table: str
    time: str
    arrival: str

    @property
    def windows(self) -> tuple[timedelta, ...]:
        """The different lengths, shortest first."""
        return tuple(sorted({one.window for one in self.counters if one.window}))


def shape_of(model: Model) -> Shape:
    """The shape of an incremental model; refuses with MODEL_INVALID what cannot roll on."""
    tree = model.tree
    if len(model.incremental) != 2 or len(model.grain) != 1:
        raise _not_so(model, tree, "its header does not name a time and an arrival column")
    time, arrival = model.incremental
    for select in (tree, *tree.find_all(exp.Select)):
        _check_select(model, select, root=select is tree)
    tables = {table.name for table in tree.find_all(exp.Table)} & model.reads
    if len(tables) != 1:
        raise _not_so(model, tree, "it does not read exactly one table")
    every_row = Counter(ROWS, "add", exp.Count(this=exp.Star(), big_int=True), None, None)
    counters = (*(_counter(model, one, time) for one in tree.selects[1:]), every_row)
    shape = Shape(model, model.grain[0], counters, tables.pop(), time, arrival)
    _check_moment(shape)
    return shape


def upper_bound(tree: exp.Query, time: str) -> exp.Expr | None:
    """The condition ``time < $as_of``: the one place where the moment bounds the rows."""
    for found in tree.find_all(exp.LT):
        if found.left.name == time and _is_moment(found.right):
            return found
    return None


def _check_select(model: Model, select: exp.Expr, *, root: bool) -> None:
    allowed = _ROW_WISE | {"group"} if root else _ROW_WISE
    if not isinstance(select, exp.Select) or any(
        value for key, value in select.args.items() if key not in allowed
    ):
        raise _not_so(model, select, "a part of it is more than columns and rows of one table")
    if not root and select.find(exp.AggFunc, exp.Window):
        raise _not_so(model, select, "it aggregates before it counts")
    if root:
        group = select.args.get("group")
        keys = [one.name for one in group.expressions] if group else []
        if keys != [*model.grain] or select.selects[0].alias_or_name != model.grain[0]:
            raise _not_so(model, select, f"it is not grouped by {model.grain[0]}, its first column")
        first = select.selects[0].unalias()
        if not isinstance(first, exp.Column) or first.name != model.grain[0]:
            raise _not_so(model, select, f"its table has no column {model.grain[0]} of that name")


def _counter(model: Model, select: exp.Expr, time: str) -> Counter:
    node, name = select.unalias(), select.alias_or_name
    kind = node.to if isinstance(node, exp.Cast) else None
    node = node.this if isinstance(node, exp.Cast) else node
    zeroed = isinstance(node, exp.Coalesce)
    node = node.this if zeroed else node
    where: list[exp.Expr] = []
    if isinstance(node, exp.Filter):
        condition = node.expression.this
        where = [*condition.flatten()] if isinstance(condition, exp.And) else [condition]
        node = node.this
    windows = [found for one in where if (found := _window(one, time)) is not None]
    rows = [one for one in where if _window(one, time) is None]
    how = _how(model, node, zeroed=zeroed, windows=len(windows))
    where_rows = exp.and_(*rows) if rows else None
    return Counter(name, how, node, where_rows, windows[0] if windows else None, kind)


def _how(
    model: Model, node: exp.Expr, *, zeroed: bool, windows: int
) -> Literal["add", "max", "min"]:
    if windows > 1:
        raise _not_so(model, node, "a counter has two windows")
    if isinstance(node, exp.Count) and not node.find(exp.Distinct):
        return "add"
    if isinstance(node, exp.Sum) and zeroed and not node.find(exp.Distinct):
        return "add"
    if isinstance(node, exp.Max | exp.Min) and not windows and not zeroed:
        return "max" if isinstance(node, exp.Max) else "min"
    raise _not_so(
        model,
        node,
        f"{node.sql('duckdb')[:60]} is no COUNT, no COALESCE(SUM(…), 0) and no MAX or MIN "
        "over all time",
    )


def _window(condition: exp.Expr, time: str) -> timedelta | None:
    """The length of ``time >= $as_of - INTERVAL 'n' UNIT``; None when it is something else."""
    if not isinstance(condition, exp.GTE) or condition.left.name != time:
        return None
    bound = condition.right
    if not isinstance(bound, exp.Sub) or not _is_moment(bound.left):
        return None
    interval = bound.right
    if not isinstance(interval, exp.Interval) or interval.unit is None:
        return None
    unit = interval.unit.name.upper()
    if unit not in _UNITS or not interval.this.name.isdecimal():
        return None
    return timedelta(seconds=int(interval.this.name) * _UNITS[unit])


def _is_moment(node: exp.Expr) -> bool:
    return isinstance(node, exp.Placeholder) and node.name == AS_OF


def _check_moment(shape: Shape) -> None:
    """The moment stands in the upper bound and in windows, nowhere else."""
    tree = shape.model.tree
    used = len([*tree.find_all(exp.Placeholder)])
    windows = len([one for one in shape.counters if one.window])
    if upper_bound(tree, shape.time) is None or used != windows + 1:
        raise _not_so(
            shape.model,
            tree,
            f"$as_of stands elsewhere than in '{shape.time} < $as_of' and in the windows "
            f"'{shape.time} >= $as_of - INTERVAL …' of its filters",
        )


def _not_so(model: Model, node: exp.Expr, why: str) -> Exception:
    return invalid(
        f"{model.name} cannot be carried from day to day: {why}.",
        at(model.file, model.line_of(node)),
        "Change it, or take the line 'incremental' out of its header: then it is built anew.",
    )


def integers_only(types: Iterable[tuple[str, str]], shape: Shape) -> None:
    """Refuses counters that add anything but integers: other sums depend on their order."""
    added = {one.name for one in shape.counters if one.how == "add"}
    for name, kind in types:
        if name in added and kind not in {"BIGINT", "HUGEINT", "INTEGER"}:
            raise _not_so(shape.model, shape.model.tree, f"{name} adds values of type {kind}")
