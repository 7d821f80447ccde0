"""The third wall, part one: the shape of the query as sqlglot reads it.

Listed node types and functions only, constant limits and series, constant
JSON keys. Names are not looked up here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import NamedTuple

from sqlglot import exp

from core.errors import Code, Refusal
from warehouse.sqlcheck.allowed import FUNCTIONS, SERIES, SQLGLOT_NODES
from warehouse.sqlcheck.engine_tree import forbidden_function
from warehouse.sqlcheck.world import ClosedWorld, Role

MAX_LIMIT = 10_000_000
MAX_SERIES = 100_000

_JOIN_KINDS = frozenset({"", "INNER", "OUTER", "CROSS", "SEMI", "ANTI"})
_STAR_PARENTS = (exp.Select, exp.Count, exp.Column)
_JSON_KEY = re.compile(r"\A(?:\$\.)?([A-Za-z_][A-Za-z0-9_]*)\Z")


class _Question(NamedTuple):
    world: ClosedWorld
    role: Role


def structure_refusals(
    tree: exp.Expr, nodes: list[exp.Expr], world: ClosedWorld, role: Role
) -> tuple[Refusal, ...]:
    """What in this tree of these nodes is not allowed, whatever its names mean."""
    if not isinstance(tree, (exp.Select, exp.SetOperation)):
        return (_not_a_query(tree),)
    question = _Question(world, role)
    found = (refusal for node in nodes for refusal in _node(node, question))
    return tuple(dict.fromkeys(found))


def _node(node: exp.Expr, question: _Question) -> Iterator[Refusal]:
    if not is_listed(node):
        yield _unlisted(node)
        return
    if isinstance(node, exp.Anonymous) and node.name.lower() not in FUNCTIONS | SERIES:
        yield forbidden_function(node.name.lower())
    rule = _RULES.get(type(node))
    if rule is not None:
        yield from rule(node, question)


def is_listed(node: exp.Expr) -> bool:
    """Whether queries may hold this type of node at all."""
    return type(node).__name__ in SQLGLOT_NODES


def _select(node: exp.Expr, _: _Question) -> Iterator[Refusal]:
    for forbidden in ("into", "locks", "sample", "kind", "hint", "operation_modifiers"):
        if node.args.get(forbidden):
            yield _construct(f"SELECT {forbidden.upper()}", node)


def _with(node: exp.Expr, _: _Question) -> Iterator[Refusal]:
    if node.args.get("recursive"):
        yield _construct("WITH RECURSIVE", node)


def _join(node: exp.Expr, _: _Question) -> Iterator[Refusal]:
    if node.args.get("method") or node.args.get("kind", "").upper() not in _JOIN_KINDS:
        yield _construct(f"{node.args.get('method') or node.args.get('kind')} JOIN", node)


def _table(node: exp.Expr, _: _Question) -> Iterator[Refusal]:
    named = isinstance(node.this, exp.Identifier)
    alias = node.args.get("alias")
    if named and alias is not None and alias.columns:
        yield _construct("column names for a table", node)
    if named and node.args.get("pivots"):
        yield _construct("PIVOT of a table", node)
    if not named and not _is_series(node.this):
        yield _construct("this table function", node)
    if node.args.get("when") or node.args.get("version") or node.args.get("ordinality"):
        yield _construct("this table clause", node)


def _pivot(node: exp.Expr, _: _Question) -> Iterator[Refusal]:
    root = node.root()
    outermost = isinstance(node.parent, exp.Subquery) and node.parent.parent_select is root
    only_star = isinstance(root, exp.Select) and root.selects == [exp.Star()]
    if node.args.get("unpivot") or not outermost or not only_star or root.args.get("joins"):
        yield _construct("PIVOT, except as SELECT * FROM (query) PIVOT (...)", node)


def _star(node: exp.Expr, _: _Question) -> Iterator[Refusal]:
    if not isinstance(node.parent, _STAR_PARENTS) or node.args.get("rename"):
        yield _construct("* here", node.parent or node)


def _bracket(node: exp.Expr, _: _Question) -> Iterator[Refusal]:
    if not all(isinstance(index, exp.Literal) and index.is_int for index in node.expressions):
        yield _construct("[] with a key", node)


def _limit(node: exp.Expr, _: _Question) -> Iterator[Refusal]:
    value = node.expression
    rows = int(value.this) if isinstance(value, exp.Literal) and value.is_int else None
    if rows is None or rows > MAX_LIMIT or node.args.get("limit_options"):
        yield _unbounded(
            f"{type(node).__name__.upper()} must be a whole number of at most {MAX_LIMIT:,}.", node
        )


def _series(node: exp.Expr, _: _Question) -> Iterator[Refusal]:
    if not isinstance(node.parent, exp.Table):
        yield _construct("a series outside FROM", node)
        return
    length = series_length(node)
    if length is None or length > MAX_SERIES:
        yield _unbounded(f"A series needs constant bounds and at most {MAX_SERIES:,} values.", node)


def _anonymous(node: exp.Expr, question: _Question) -> Iterator[Refusal]:
    if _is_series(node):
        yield from _series(node, question)


def _json(node: exp.Expr, question: _Question) -> Iterator[Refusal]:
    key = json_key(node)
    if key is None:
        yield Refusal(
            code=Code.SQL_FORBIDDEN_COLUMN,
            message="A property must be read by one constant name.",
            span=node.sql("duckdb"),
            fix="Write properties ->> '$.name' with a property of the catalog.",
        )
    elif not question.world.json_key_is_readable(key, question.role):
        known = ", ".join(sorted(question.world.json_keys)) or "none"
        yield Refusal(
            code=Code.SQL_FORBIDDEN_COLUMN,
            message=f"The property {key} may not be read.",
            span=node.sql("duckdb"),
            fix=f"Properties in the catalog: {known}.",
        )


_RULES: dict[type[exp.Expr], Callable[[exp.Expr, _Question], Iterator[Refusal]]] = {
    exp.Select: _select,
    exp.With: _with,
    exp.Join: _join,
    exp.Table: _table,
    exp.Pivot: _pivot,
    exp.Star: _star,
    exp.Bracket: _bracket,
    exp.Limit: _limit,
    exp.Offset: _limit,
    exp.GenerateSeries: _series,
    exp.Anonymous: _anonymous,
    exp.JSONExtract: _json,
    exp.JSONExtractScalar: _json,
}


def json_key(node: exp.Expr) -> str | None:
    """The one constant key that a JSON accessor reads, or None when it cannot be proved."""
    path = node.args.get("expression")
    if node.args.get("expressions"):
        return None
    if isinstance(path, exp.JSONPath):
        parts = [part for part in path.expressions if not isinstance(part, exp.JSONPathRoot)]
        one = parts[0] if len(parts) == 1 else None
        text = one.this if isinstance(one, exp.JSONPathKey) else None
    else:
        text = path.this if isinstance(path, exp.Literal) and path.is_string else None
    found = _JSON_KEY.match(text) if isinstance(text, str) else None
    return found[1] if found else None


def _is_series(node: exp.Expr) -> bool:
    named = isinstance(node, exp.Anonymous) and node.name.lower() in SERIES
    return named or isinstance(node, exp.GenerateSeries)


def series_length(node: exp.Expr) -> float | None:
    """How many values a series has; None when its bounds are no constants."""
    arguments = (
        list(node.expressions)
        if isinstance(node, exp.Anonymous)
        else [node.args[key] for key in ("start", "end", "step") if node.args.get(key)]
    )
    values = [_constant(argument) for argument in arguments]
    if None in values or not values:
        return None
    if len(values) == 1:
        values = [0, *values]
    start, end, step = (*values, 1)[:3]
    if isinstance(start, datetime) and isinstance(end, datetime) and isinstance(step, float):
        return abs((end - start).total_seconds() / step) if step else None
    if isinstance(start, int) and isinstance(end, int) and isinstance(step, int):
        return abs((end - start) / step) if step else None
    return None


_SECONDS = {"second": 1.0, "minute": 60.0, "hour": 3_600.0, "day": 86_400.0, "week": 604_800.0}
_SECONDS |= {"month": 28 * 86_400.0, "quarter": 90 * 86_400.0, "year": 365 * 86_400.0}


def _constant(node: exp.Expr) -> int | float | datetime | None:
    """A literal's value: integers, instants, and intervals as seconds."""
    if isinstance(node, exp.Neg):
        inner = _constant(node.this)
        return -inner if isinstance(inner, (int, float)) else None
    if isinstance(node, exp.Literal) and node.is_int:
        return int(node.this)
    if isinstance(node, exp.Cast) and isinstance(node.this, exp.Literal):
        try:
            return datetime.combine(date.fromisoformat(node.this.name[:10]), datetime.min.time())
        except ValueError:
            return None
    if isinstance(node, exp.Interval) and isinstance(node.this, exp.Literal):
        unit = _SECONDS.get(str(node.args.get("unit") or "").lower().rstrip("s"))
        amount = re.fullmatch(r"\d{1,6}", node.this.name)
        return unit * int(amount[0]) if unit and amount else None
    return None


def _not_a_query(tree: exp.Expr) -> Refusal:
    return Refusal(
        code=Code.SQL_NOT_A_QUERY,
        message="Only queries may run: the statement is not a SELECT.",
        span=type(tree).__name__.upper(),
        fix="Write one SELECT that reads tables of the catalog.",
    )


def _unlisted(node: exp.Expr) -> Refusal:
    if isinstance(node, exp.Func):
        return forbidden_function(node.sql_name().lower())
    return _construct(type(node).__name__, node)


def _construct(what: str, node: exp.Expr) -> Refusal:
    return Refusal(
        code=Code.SQL_FORBIDDEN_NODE,
        message=f"Queries may not use this construct: {what}.",
        span=node.sql("duckdb")[:200],
        fix="Use plain SELECT, JOIN, GROUP BY, window functions and common table expressions.",
    )


def _unbounded(message: str, node: exp.Expr) -> Refusal:
    return Refusal(
        code=Code.SQL_UNBOUNDED,
        message=message,
        span=node.sql("duckdb")[:200],
        fix="Write smaller constants.",
    )
