"""The third wall, part three: no query multiplies its tables.

Two tables without a condition between them give every pair of their rows, and
one that only says which rows differ gives nearly every pair. Sources of few
rows (one aggregated row, written values, a short series) may stand beside one
large table. How many rows a table has is not known here: a table counts as
large, a grouped query as smaller, and the product of what no equality ties
together has an upper bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import NamedTuple

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from core.errors import Code, Refusal
from warehouse.sqlcheck.structure import series_length

MAX_QUERIES = 500
"""The engine may write a common table expression out at every use: this many, nested, at most."""
MAX_PAIRS = 1e9
"""The most rows that sources not tied by equality may give together, by the sizes below."""
MAX_JOINED = 12
"""The most large sources of one SELECT: each equality between many and many multiplies again."""
_TABLE = 1e6
_GROUPED = 1e4
_BY_RANGE = 10
"""How many times fewer rows a comparison other than equality is taken to leave."""

# A side of an equality made of these may be the same for every row: it ties nothing.
_COLLAPSING = (exp.Mul, exp.Mod, exp.IntDiv, exp.Div, exp.Case, exp.If, exp.Predicate)


class _Ties(NamedTuple):
    """The pairs of sources that a condition ties in every case: at all, and by equality."""

    some: frozenset[tuple[str, str]] = frozenset()
    equal: frozenset[tuple[str, str]] = frozenset()

    def __or__(self, other: object) -> _Ties:
        assert isinstance(other, _Ties)
        return _Ties(self.some | other.some, self.equal | other.equal)

    def __and__(self, other: object) -> _Ties:
        assert isinstance(other, _Ties)
        return _Ties(self.some & other.some, self.equal & other.equal)


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
    known: dict[int, float] = {}
    refusals: list[Refusal] = []
    for scope in scopes:
        select = scope.expression
        if isinstance(select, exp.Select) and select.args.get("joins"):
            sizes = _sizes(select, scope, known)
            ties = _tied_by(select)
            refusals.extend(_untied(sizes, ties))
            pairs = _pairs(sizes, ties)
        else:
            pairs = sum(_size(source, known) for source in _parts(scope))
        known[id(scope)] = _kept(select, pairs)
    return tuple(refusals)


def _parts(scope: Scope) -> list[object]:
    """What a scope's rows come from: the halves of a UNION, or its one source."""
    return [
        *scope.set_operation_scopes,
        *(source for _, source in scope.selected_sources.values()),
    ]


def _untied(sizes: dict[str, float], ties: _Ties) -> Iterator[Refusal]:
    large = {name for name, size in sizes.items() if size >= _GROUPED}
    apart = _groups(large, ties.some)
    if len(apart) == 1 or not apart:
        apart = _groups(set(sizes), ties.equal) if _pairs(sizes, ties) > MAX_PAIRS else []
    if len(large) > MAX_JOINED:
        yield Refusal(
            code=Code.SQL_UNBOUNDED,
            message=f"{len(large)} tables are joined; at most {MAX_JOINED} are allowed.",
            fix="Group or filter in common table expressions first.",
        )
    if len(apart) > 1:
        yield _apart(sorted(min(group) for group in apart))


def _pairs(sizes: dict[str, float], ties: _Ties) -> float:
    """About how many rows the sources give together."""
    groups = _groups(set(sizes), ties.equal)
    ranges = len(groups) - len(_groups(set(sizes), ties.some))
    rows = prod(max(sizes[name] for name in group) for group in groups)
    return rows / float(_BY_RANGE**ranges)


def _kept(query: exp.Expr, rows: float) -> float:
    """How many of its rows a query gives, after grouping and its limit."""
    if isinstance(query, exp.Values):
        return len(query.expressions)
    if not isinstance(query, exp.Query):
        return rows
    if isinstance(query, exp.Select):
        if query.args.get("from_") is None or (
            not query.args.get("group") and _is_aggregated(query)
        ):
            return 1
        rows = min(rows, _GROUPED) if query.args.get("group") else rows
    limit = query.args.get("limit")
    return min(rows, int(limit.expression.name)) if limit is not None else rows


def _groups(names: set[str], ties: frozenset[tuple[str, str]]) -> list[set[str]]:
    """Which of the names hang together by these ties."""
    groups = {name: {name} for name in names}
    for left, right in ties:
        if left in groups and right in groups and groups[left] is not groups[right]:
            merged = groups[left] | groups[right]
            groups.update(dict.fromkeys(merged, merged))
    return list({id(group): group for group in groups.values()}.values())


def _sizes(select: exp.Select, scope: Scope, known: dict[int, float]) -> dict[str, float]:
    holders = (select.args["from_"], *select.args["joins"])
    names = [holder.this.alias_or_name for holder in holders]
    return {name: max(_size(scope.sources.get(name), known), 1) for name in names}


def _size(source: object, known: dict[int, float]) -> float:
    """About how many rows a source has, when nothing is known of the data."""
    if isinstance(source, exp.Table) and not isinstance(source.this, exp.Identifier):
        length = series_length(source.this)
        return _TABLE if length is None else length
    return known.get(id(source), _TABLE)


def _is_aggregated(query: exp.Select) -> bool:
    """An aggregate of its own outside a window: without GROUP BY it gives one row."""
    return any(
        aggregate.find_ancestor(exp.Window, exp.Select) is query
        for select in query.selects
        for aggregate in select.find_all(exp.AggFunc)
    )


def _tied_by(select: exp.Select) -> _Ties:
    where = select.args.get("where")
    conditions = [join.args["on"] for join in select.args["joins"] if join.args.get("on")]
    ties = _Ties()
    for condition in (*conditions, *([where.this] if where else ())):
        ties |= _ties(condition)
    return ties


def _ties(condition: exp.Expr) -> _Ties:
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        return _ties(condition.left) | _ties(condition.right)
    if isinstance(condition, exp.Or):
        return _ties(condition.left) & _ties(condition.right)
    if isinstance(condition, exp.NEQ) or not isinstance(condition, (exp.Binary, exp.Between)):
        return _Ties()
    tables = sorted({column.table for column in condition.find_all(exp.Column)})
    pairs = frozenset((left, right) for left in tables for right in tables if left < right)
    return _Ties(pairs, pairs if _is_equality(condition) else frozenset())


def _is_equality(condition: exp.Expr) -> bool:
    """One table's value on one side, another's on the other, neither the same for all rows."""
    if not isinstance(condition, (exp.EQ, exp.NullSafeEQ)):
        return False
    sides = (condition.left.unnest(), condition.right.unnest())
    return all(
        len({column.table for column in side.find_all(exp.Column)}) == 1
        and not any(side.find_all(*_COLLAPSING))
        for side in sides
    )


def _apart(names: list[str]) -> Refusal:
    return Refusal(
        code=Code.SQL_UNBOUNDED,
        message=f"Nothing joins {' and '.join(names)}: every row would meet every row.",
        span=", ".join(names),
        fix="Join them with ON or USING over an equal column of each, such as user_id.",
    )
