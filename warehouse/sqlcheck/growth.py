"""The third wall, part four: no value grows without bounds.

A text put beside itself, and that beside itself again, doubles at every step;
replacing one letter by twenty does worse. How wide each value may become is
added up from the columns to the result, through every derived query.
"""

from __future__ import annotations

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from core.errors import Code, Refusal

MAX_WIDTH = 10_000_000
"""The widest value in characters that a query may make."""
_COLUMN = 100
_GATHERED = 1_000
"""How many values an aggregate that keeps them all is taken to hold."""

_JOINED = (exp.DPipe, exp.Concat, exp.ConcatWs, exp.Array, exp.Tuple, exp.Anonymous)
_REPLACING = (exp.Replace, exp.RegexpReplace)
_GATHERING = (exp.ArrayAgg, exp.GroupConcat)
_GROWING = (*_JOINED, *_REPLACING, *_GATHERING)

Widths = dict[int, float]
Outputs = dict[int, dict[str, float]]


def growth_refusals(nodes: list[exp.Expr], scopes: list[Scope]) -> tuple[Refusal, ...]:
    """A refusal when a value of the query could become wider than any text a person reads.

    ``nodes`` are those of the whole query as written: most queries put nothing together.
    """
    if not any(isinstance(node, _GROWING) for node in nodes):
        return ()
    outputs: Outputs = {}
    queries: Widths = {}
    for scope in scopes:
        query = scope.expression
        widths = _widths(scope, outputs, queries)
        outputs[id(scope)] = _named(scope, widths, outputs)
        queries[id(query)] = max(outputs[id(scope)].values(), default=_COLUMN)
        if max(widths.values(), default=0) > MAX_WIDTH:
            return (_too_wide(),)
    return ()


def _named(scope: Scope, widths: Widths, outputs: Outputs) -> dict[str, float]:
    """The width of each output of a query; a UNION's are the widest of its halves."""
    query = scope.expression
    if isinstance(query, exp.SetOperation):
        halves = [list(outputs[id(half)].values()) for half in scope.set_operation_scopes]
        widest = [max(pair) for pair in zip(*halves, strict=False)]
        return dict(zip(query.named_selects, widest, strict=False))
    if not isinstance(query, exp.Select):
        return {}
    return {one.alias_or_name: widths.get(id(one), _COLUMN) for one in query.selects}


def _widths(scope: Scope, outputs: Outputs, queries: Widths) -> Widths:
    """The width of every node of one query, without those of the queries inside it."""
    widths: Widths = {}
    for node in reversed(list(scope.walk())):
        if isinstance(node, exp.Column):
            widths[id(node)] = _column(node, scope, outputs)
        elif isinstance(node, exp.Literal):
            widths[id(node)] = len(node.name)
        else:
            inner = [widths.get(id(part), 1) for part in node.iter_expressions()]
            inner += [queries[id(part)] for part in (node, node.this) if id(part) in queries]
            widths[id(node)] = _combined(node, inner, widths)
    return widths


def _combined(node: exp.Expr, inner: list[float], widths: Widths) -> float:
    if isinstance(node, _JOINED):
        return sum(inner)
    if isinstance(node, _GATHERING):
        return max(inner, default=1) * _GATHERED
    if isinstance(node, _REPLACING):
        return max(1.0, widths.get(id(node.this), _COLUMN)) * _factor(node, widths)
    return max(inner, default=1)


def _factor(node: exp.Expr, widths: Widths) -> float:
    """How many characters may come for one: a pattern may also match the empty text."""
    new = node.args.get("replacement")
    width = widths.get(id(new), 0) if new is not None else 0
    old = node.expression
    if isinstance(node, exp.Replace) and isinstance(old, exp.Literal) and old.name:
        return max(1.0, width / len(old.name))
    return 1 + width


def _column(column: exp.Column, scope: Scope | None, outputs: Outputs) -> float:
    while scope is not None:
        source = scope.sources.get(column.table)
        if isinstance(source, Scope):
            return outputs.get(id(source), {}).get(column.name, _COLUMN)
        if source is not None:
            return _COLUMN
        scope = scope.parent
    return _COLUMN


def _too_wide() -> Refusal:
    return Refusal(
        code=Code.SQL_UNBOUNDED,
        message="A value of the query grows at every step: it could fill the memory.",
        fix="Put texts together once, and replace by texts that are no longer.",
    )
