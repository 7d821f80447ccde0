"""SQL for an engine: the few things that engines do not say alike.

Queries are built as DuckDB means them. sqlglot translates most of it; what it
does not is written another way here, with the same meaning.
"""

from __future__ import annotations

from sqlglot import exp

DIALECT = "duckdb"
_DIGITS = r"[0-9]+(_[0-9]+)*"
_DECIMAL = rf"({_DIGITS}[.]?({_DIGITS})?|[.]{_DIGITS})([eE][+-]?[0-9]{{1,2}})?"
_NUMBER = rf"^\s*[+]?-?({_DECIMAL}|inf(inity)?|nan)\s*$"


def written(query: exp.Expr, dialect: str = DIALECT, *, pretty: bool = True) -> str:
    """The text of a query for an engine."""
    if dialect == "postgres":
        query = query.transform(_for_postgres)
    return query.sql(dialect=dialect, pretty=pretty)


def _for_postgres(node: exp.Expr) -> exp.Expr:
    """PostgreSQL has no cast that gives NULL, and rounds no number with a fraction to places."""
    if isinstance(node, exp.TryCast) and node.to.is_type("double"):
        return _number(node.this)
    if isinstance(node, exp.Round) and isinstance(node.args.get("decimals"), exp.Literal):
        return _rounded(node.this, int(node.args["decimals"].name))
    return node


def _number(text: exp.Expr) -> exp.Expr:
    bare = exp.func("REPLACE", text.copy(), exp.Literal.string("_"), exp.Literal.string(""))
    looks = exp.RegexpILike(this=text, expression=exp.Literal.string(_NUMBER))
    return exp.Case().when(looks, exp.cast(bare, "double"), copy=False)


def _rounded(number: exp.Expr, places: int) -> exp.Expr:
    """Half away from zero, as DuckDB does: on a copy as a decimal other numbers would be halves."""
    scale = exp.Literal.number(10**places)
    sized = exp.Mul(this=exp.func("ABS", number.copy()), expression=scale)
    whole = exp.func("FLOOR", exp.Add(this=sized, expression=exp.Literal.number("0.5")))
    signed = exp.Mul(this=exp.func("SIGN", number.copy()), expression=whole)
    return exp.paren(exp.Div(this=signed, expression=scale.copy()))
