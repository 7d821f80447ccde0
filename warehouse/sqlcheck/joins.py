"""The third wall, part three: no query multiplies its tables.

Two tables without a condition between them give every pair of their rows.
Sources of few rows (one aggregated row, written values, a short series) may
stand beside one large table.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from core.errors import Code, Refusal

MAX_QUERIES = 500
"""The engine may write a common table expression out at every use: this many, nested, at most."""


def size_refusals(scopes: list[Scope]) -> tuple[Refusal, ...]:
    """A refusal when expressions that use each other several times multiply into too many."""
    sizes: dict[int, int] = {}
    for scope in scopes:
        sources = [source for _, source in scope.selected_sources.values()]
        inner = [*sources, *scope.subquery_scopes, *scope.set_operation_scopes]
        sizes[id(scope)] = 1 + sum(sizes.get(id(part), 0) for part in inner)
    if max(sizes.values(), default=0) <= MAX_QUERIES:
        return ()
    return (
        Refusal(
            code=Code.SQL_UNBOUNDED,
            message=f"Written out, the query has more than {MAX_QUERIES} queries in it.",
            fix="Use each common table expression fewer times.",
        ),
    )


def join_refusals(scopes: list[Scope]) -> tuple[Refusal, ...]:
    """A refusal for each SELECT whose large sources are not joined by conditions."""
    return tuple(refusal for scope in scopes for refusal in _scope(scope))


def _scope(scope: Scope) -> Iterator[Refusal]:
    select = scope.expression
    if not isinstance(select, exp.Select) or not select.args.get("joins"):
        return
    groups = {name: {name} for name in _large(select, scope)}
    for left, right in _pairs(select):
        if left in groups and right in groups and groups[left] is not groups[right]:
            merged = groups[left] | groups[right]
            groups.update(dict.fromkeys(merged, merged))
    if len({id(group) for group in groups.values()}) > 1:
        apart = sorted({min(group) for group in groups.values()})
        yield Refusal(
            code=Code.SQL_UNBOUNDED,
            message=f"Nothing joins {' and '.join(apart)}: every row would meet every row.",
            span=", ".join(apart),
            fix="Join them with ON or USING over a column of each, such as user_id.",
        )


def _large(select: exp.Select, scope: Scope) -> Iterator[str]:
    from_ = select.args["from_"]
    for holder in (from_, *select.args["joins"]):
        name = holder.this.alias_or_name
        if not _is_small(scope.sources.get(name), scope):
            yield name


def _is_small(source: object, scope: Scope) -> bool:
    if isinstance(source, exp.Table):
        return not isinstance(source.this, exp.Identifier)
    if not isinstance(source, Scope):
        return False
    query = source.expression
    if isinstance(query, exp.Values):
        return True
    if not isinstance(query, exp.Select):
        return False
    limit = query.args.get("limit")
    if limit is not None and limit.expression.to_py() <= 1:
        return True
    if query.args.get("from_") is None:
        return True
    return query.args.get("group") is None and _is_aggregated(query)


def _is_aggregated(query: exp.Select) -> bool:
    """An aggregate of its own outside a window: without GROUP BY it gives one row."""
    return any(
        aggregate.find_ancestor(exp.Window, exp.Select) is query
        for select in query.selects
        for aggregate in select.find_all(exp.AggFunc)
    )


def _pairs(select: exp.Select) -> Iterator[tuple[str, str]]:
    where = select.args.get("where")
    conditions = [join.args["on"] for join in select.args["joins"] if join.args.get("on")]
    for condition in (*conditions, *([where.this] if where else ())):
        yield from _connected(condition)


def _connected(condition: exp.Expr) -> set[tuple[str, str]]:
    """The pairs of tables that this condition ties in every case."""
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        return _connected(condition.left) | _connected(condition.right)
    if isinstance(condition, exp.Or):
        return _connected(condition.left) & _connected(condition.right)
    if not isinstance(condition, (exp.Binary, exp.Between)):
        return set()
    tables = sorted({column.table for column in condition.find_all(exp.Column)})
    return {(left, right) for left in tables for right in tables if left < right}
