"""The SQL check: the one door through which text becomes a query that may run.

Closed world, and never by running: the text itself, the engine's own syntax
tree, sqlglot's tree, every name against the catalog and the reader's role, and
then the engine's tree once more over the text that will run.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from typing import Literal

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from core.errors import Code, Refusal
from warehouse.catalog import Catalog
from warehouse.sqlcheck.engine_tree import engine_refusals
from warehouse.sqlcheck.growth import growth_refusals
from warehouse.sqlcheck.joins import join_refusals, size_refusals
from warehouse.sqlcheck.names import Names, resolve
from warehouse.sqlcheck.structure import structure_refusals
from warehouse.sqlcheck.text import text_refusals
from warehouse.sqlcheck.world import ClosedWorld, Role, world_of

__all__ = ["CheckedQuery", "Role", "check"]

Dialect = Literal["duckdb"]

_PROOF = object()


@dataclass(frozen=True)
class CheckedQuery:
    """A query that passed the check. Only ``check`` can make one."""

    sql: str
    """Canonical text: every name qualified, no comments, a limit at the end."""
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    """Each base column that is read, also only to filter, as ``table.column``."""
    row_limit: int
    dialect: Dialect
    proof: InitVar[object]

    def __post_init__(self, proof: object) -> None:
        if proof is not _PROOF:
            raise TypeError("a CheckedQuery comes from warehouse.sqlcheck.check only")


def check(
    sql: str,
    catalog: Catalog,
    *,
    role: Role,
    dialect: Dialect = "duckdb",
    row_limit: int = 10_000,
) -> CheckedQuery | tuple[Refusal, ...]:
    """Check one query for one role: the query that may run, or every reason found against it.

    ``row_limit`` bounds the rows; a smaller limit of the query's own stays.
    """
    refusals = text_refusals(sql, role)
    if refusals:
        return refusals
    try:
        return _checked(sql, world_of(catalog), role, dialect, row_limit)
    except Exception as error:  # noqa: BLE001 - a check that breaks must refuse: fail closed
        return (_unreadable(error),)


def _checked(
    sql: str, world: ClosedWorld, role: Role, dialect: Dialect, row_limit: int
) -> CheckedQuery | tuple[Refusal, ...]:
    refusals = engine_refusals(sql, world)
    if _cannot_go_on(refusals):
        return refusals
    tree = _parsed(sql)
    if isinstance(tree, Refusal):
        return _distinct((*refusals, tree))
    said = {refusal.code for refusal in refusals}
    nodes = list(tree.walk())
    shape = structure_refusals(tree, nodes, world, role)
    refusals += tuple(refusal for refusal in shape if refusal.code not in said)
    if refusals or not isinstance(tree, exp.Query):
        return _distinct(refusals)
    names = resolve(tree, nodes, world, role)
    if names.refusals:
        return _distinct(tuple(names.refusals))
    refusals = ()
    if role != "system":
        # Our own compiled SQL states its joins and how often it uses what; people's must prove it.
        refusals = size_refusals(names.scopes) + join_refusals(names.scopes)
        refusals += growth_refusals(nodes, names.scopes)
    limit = _bounded(names.tree, row_limit)
    text = names.tree.sql(dialect, copy=False, comments=False)
    return (
        refusals
        or engine_refusals(text, world, frozenset(names.written))
        or _query(names, text, limit)
    )


def _query(names: Names, text: str, limit: int) -> CheckedQuery:
    return CheckedQuery(
        sql=text,
        tables=tuple(sorted(names.tables)),
        columns=tuple(sorted(names.columns)),
        row_limit=limit,
        dialect="duckdb",
        proof=_PROOF,
    )


def _parsed(sql: str) -> exp.Expr | Refusal:
    try:
        statements = [tree for tree in sqlglot.parse(sql, dialect="duckdb") if tree is not None]
    except SqlglotError as error:
        return _unreadable(error)
    if len(statements) != 1:
        return Refusal(
            code=Code.SQL_NOT_ONE_STATEMENT,
            message=f"There must be exactly one statement; this text has {len(statements)}.",
            fix="Send one SELECT at a time.",
        )
    tree = statements[0]
    return tree.this if isinstance(tree, exp.Subquery) and tree.is_wrapper else tree


def _bounded(tree: exp.Query, row_limit: int) -> int:
    """Put the smaller of the query's own limit and ours at its end, and say which."""
    own = tree.args.get("limit")
    rows = min(int(own.expression.to_py()), row_limit) if own else row_limit
    tree.set("limit", exp.Limit(expression=exp.Literal.number(rows)))
    return rows


def _cannot_go_on(refusals: tuple[Refusal, ...]) -> bool:
    codes = {Code.SQL_UNPARSABLE, Code.SQL_NOT_A_QUERY, Code.SQL_NOT_ONE_STATEMENT}
    return any(refusal.code in codes for refusal in refusals)


def _distinct(refusals: tuple[Refusal, ...]) -> tuple[Refusal, ...]:
    """What is found twice is said once."""
    by_subject = {(r.code, (r.span or r.message).lower()): r for r in reversed(refusals)}
    return tuple(reversed(by_subject.values()))


def _unreadable(error: Exception) -> Refusal:
    what = str(error).splitlines()[0] if str(error) else type(error).__name__
    return Refusal(
        code=Code.SQL_UNPARSABLE,
        message=f"The query cannot be read with certainty: {what[:300]}",
        fix="Write it more plainly, with a table name before each column.",
    )
