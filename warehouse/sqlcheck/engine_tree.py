"""The second wall: the engine's own parser says what it would run.

DuckDB turns the text into its syntax tree without running or binding it. One
statement, listed nodes, listed functions, tables of the catalog: whatever else
the tree holds is refused, also where another parser would not have seen it.
"""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Iterator
from typing import Any

import duckdb

from core.errors import Code, Refusal
from warehouse.catalog import unknown_name
from warehouse.sqlcheck import allowed
from warehouse.sqlcheck.world import SCHEMA, ClosedWorld

Node = dict[str, Any]
ColumnNames = frozenset[tuple[str, ...]]
"""Columns as they are written: (name,) or (table, name), lower case."""

_CATALOGS = frozenset({"", "warehouse"})
_LOCK = threading.Lock()
_THREAD = threading.local()


@functools.cache
def _empty() -> duckdb.DuckDBPyConnection:
    """An empty database of its own that may touch nothing; it only ever parses."""
    return duckdb.connect(
        ":memory:",
        config={
            "threads": "1",
            "memory_limit": "256MB",
            "enable_external_access": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "python_enable_replacements": "false",
        },
    )


def _parser() -> duckdb.DuckDBPyConnection:
    """This thread's own connection to it."""
    parser: duckdb.DuckDBPyConnection | None = getattr(_THREAD, "parser", None)
    if parser is None:
        with _LOCK:
            parser = _THREAD.parser = _empty().cursor()
        # Only the one statement below ever runs here, and it looks nothing up.
        parser.execute("PRAGMA disable_optimizer")
    return parser


def _serialized(sql: str) -> Node:
    row = _parser().execute("SELECT json_serialize_sql($1)", [sql]).fetchone()
    tree: Node = json.loads(row[0]) if row else {}
    return tree


def engine_refusals(
    sql: str, world: ClosedWorld, columns: ColumnNames | None = None
) -> tuple[Refusal, ...]:
    """Why the engine's reading of this text is not allowed; empty when it is.

    With ``columns`` the text is ours, qualified: every table has its schema, so that a bare
    name can only be a common table expression, and the engine must see no other columns.
    """
    tree = _serialized(sql)
    if tree.get("error", True):
        return (_parse_refusal(tree),)
    statements = tree["statements"]
    if len(statements) != 1:
        return (_not_one_statement(len(statements)),)
    if statements[0].get("named_param_map"):
        return (_parameter(),)
    walk = _Walk(world, columns)
    return tuple(dict.fromkeys(walk.query(statements[0]["node"])))


class _Walk:
    """One pass over the tree that carries which common table expressions are in scope."""

    def __init__(self, world: ClosedWorld, columns: ColumnNames | None) -> None:
        self.world = world
        self.columns = columns
        self.values: set[int] = set()
        """The stars that the engine itself puts before written values."""

    def query(self, root: Node) -> Iterator[Refusal]:
        waiting: list[tuple[Any, frozenset[str]]] = [(root, frozenset())]
        while waiting:
            node, ctes = waiting.pop()
            if isinstance(node, dict):
                if node.get("cte_map"):
                    ctes |= {entry["key"].lower() for entry in node["cte_map"].get("map", ())}
                kind = node.get("type")
                if "class" in node:
                    yield from self._expression(node, str(node["class"]), str(kind))
                elif isinstance(kind, str):
                    yield from self._structure(node, kind, ctes)
            children = list(node.values() if isinstance(node, dict) else node)
            # The last one put in comes out first: this keeps the order of the text.
            children.reverse()
            waiting += [(one, ctes) for one in children if isinstance(one, (dict, list))]

    def _expression(self, node: Node, group: str, kind: str) -> Iterator[Refusal]:
        if group not in allowed.ENGINE_CLASSES:
            # The engine reads a lone -> as a lambda.
            yield _forbidden_node("-> (write ->> instead)" if group == "LAMBDA" else group)
        elif group == "OPERATOR" and kind not in allowed.ENGINE_OPERATORS:
            yield _forbidden_node(kind)
        elif group == "COLUMN_REF":
            yield from self._column(node)
        elif group in {"FUNCTION", "WINDOW"}:
            yield from _function(node)
        elif group == "STAR":
            yield from self._star(node)
        elif group == "TYPE" and node.get("type_name", "").lower() not in allowed.TYPES:
            yield _forbidden_node(f"type {node.get('type_name')}")

    def _column(self, node: Node) -> Iterator[Refusal]:
        name = tuple(part.lower() for part in node["column_names"])
        if self.columns is not None and name not in self.columns:
            yield _disputed_column(".".join(name))

    def _star(self, node: Node) -> Iterator[Refusal]:
        if node.get("columns") or node.get("expr") or node.get("rename_list"):
            yield _forbidden_node("COLUMNS")
        elif (
            self.columns is not None and ("*",) not in self.columns and id(node) not in self.values
        ):
            # Every star of the text that runs was written out, but the one over a PIVOT.
            yield _forbidden_node("*")

    def _structure(self, node: Node, kind: str, ctes: frozenset[str]) -> Iterator[Refusal]:
        if kind not in allowed.ENGINE_NODES:
            yield _forbidden_node(kind)
        elif kind == "SELECT_NODE" and node["from_table"]["type"] == "EXPRESSION_LIST":
            self.values.update(map(id, node["select_list"]))
        elif kind == "BASE_TABLE":
            yield from self._table(node, ctes)
        elif kind == "JOIN" and node["ref_type"] not in allowed.ENGINE_JOINS:
            yield _forbidden_node(f"{node['ref_type']} JOIN")
        elif kind == "PIVOT" and node["source"]["type"] != "SUBQUERY":
            yield _forbidden_node("PIVOT of a table")
        elif kind == "LIMIT_MODIFIER":
            yield from _limit(node)
        if node.get("sample"):
            yield _forbidden_node("SAMPLE")

    def _table(self, node: Node, ctes: frozenset[str]) -> Iterator[Refusal]:
        catalog, schema = node["catalog_name"].lower(), node["schema_name"].lower()
        name = node["table_name"]
        bare = not catalog and not schema
        if node.get("at_clause"):
            yield _forbidden_node("AT")
        if bare and name.lower() in ctes:
            return
        if (
            schema not in {"", SCHEMA}
            or catalog not in _CATALOGS
            or (bare and self.columns is not None)
        ):
            yield _forbidden_table(".".join(filter(None, (catalog, schema, name))))
        elif name.lower() not in self.world.tables:
            yield unknown_name(Code.UNKNOWN_TABLE, "table", name, list(self.world.tables))


def _function(node: Node) -> Iterator[Refusal]:
    name = str(node["function_name"]).lower()
    if name not in allowed.CALLABLE or len(node["qualified_name"]["path"]) > 1:
        yield forbidden_function(name)
    if any(argument.get("name") for argument in node.get("arguments", ())):
        yield _forbidden_node("named argument")


def _limit(node: Node) -> Iterator[Refusal]:
    if node.get("limit_type") != "ROW_COUNT":
        yield Refusal(
            code=Code.SQL_UNBOUNDED,
            message="LIMIT must be a number of rows.",
            fix="Write LIMIT followed by a whole number.",
        )


def _parse_refusal(tree: Node) -> Refusal:
    message = str(tree.get("error_message", "it cannot be parsed")).splitlines()[0]
    if tree.get("error_type") == "not implemented":
        return Refusal(
            code=Code.SQL_NOT_A_QUERY,
            message="Only queries may run: the statement is not a SELECT.",
            fix="Write one SELECT that reads tables of the catalog.",
        )
    return Refusal(
        code=Code.SQL_UNPARSABLE,
        message=f"The engine cannot parse the query: {message}.",
        fix="Correct the syntax; the dialect is DuckDB's.",
    )


def _not_one_statement(count: int) -> Refusal:
    return Refusal(
        code=Code.SQL_NOT_ONE_STATEMENT,
        message=f"There must be exactly one statement; this text has {count}.",
        fix="Send one SELECT at a time.",
    )


def _parameter() -> Refusal:
    return Refusal(
        code=Code.SQL_FORBIDDEN_NODE,
        message="The query has a placeholder that nothing fills.",
        fix="Write the value into the query.",
    )


def _forbidden_node(what: str) -> Refusal:
    words = what.replace("_", " ").lower()
    return Refusal(
        code=Code.SQL_FORBIDDEN_NODE,
        message=f"Queries may not use this construct: {words}.",
        span=what,
        fix="Use plain SELECT, JOIN, GROUP BY, window functions and common table expressions.",
    )


def _forbidden_table(name: str) -> Refusal:
    return Refusal(
        code=Code.SQL_FORBIDDEN_TABLE,
        message=f"The table {name} lies outside the catalog.",
        span=name,
        fix=f"Use the tables of the schema {SCHEMA} that the catalog lists.",
    )


def _disputed_column(name: str) -> Refusal:
    return Refusal(
        code=Code.SQL_FORBIDDEN_COLUMN,
        message=f"The engine and the check read the name {name} differently.",
        span=name,
        fix="Write the query more plainly, with a table name before each column.",
    )


def forbidden_function(name: str) -> Refusal:
    """The refusal for a function that is not listed."""
    return Refusal(
        code=Code.SQL_FORBIDDEN_FUNCTION,
        message=f"Queries may not call {name}().",
        span=name,
        fix="Use the usual aggregate, window, text, number and date functions.",
    )
