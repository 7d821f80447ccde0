"""Column lineage: which column of a table or event a trait is made of, and what it goes into.

Derived from the SQL of the models by sqlglot, never written down. A column is used
for a *value* when it is part of what a column of a model says, and for *rows* when it
only decides which rows count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import Node as Traced
from sqlglot.lineage import lineage as trace
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope

from warehouse.models.headers import at, invalid
from warehouse.models.model import DIALECT, Model
from warehouse.models.modelset import ModelSet

Kind = Literal["column", "event", "staging", "trait", "rule", "audience", "action", "channel"]
How = Literal["value", "rows", "reads", "sends", "through"]


class Node(NamedTuple):
    """Something that values flow through. A staging node is ``model.column``."""

    kind: Kind
    name: str


class Edge(NamedTuple):
    """What flows into what."""

    source: Node
    target: Node
    how: How


class Found(NamedTuple):
    """A node that was reached, and how far away it is."""

    node: Node
    steps: int


def edges_of(
    models: ModelSet, tables: Mapping[str, Iterable[str]], events: Collection[str], event_name: str
) -> tuple[Edge, ...]:
    """Every edge from columns and events through staging models to traits.

    ``tables``: canonical table → its columns. ``event_name``: the column that holds the name
    of an event, as ``table.column``. Refuses with MODEL_INVALID a column that no table has.
    """
    schema = {table: dict.fromkeys(columns, "VARCHAR") for table, columns in tables.items()}
    found = [
        Edge(Node("column", event_name), Node("event", one), "value") for one in sorted(events)
    ]
    for model in models.models:
        tree = _qualified(model, schema)
        schema[model.name] = dict.fromkeys(model.columns, "VARCHAR")
        found += _edges_of(model, tree, models, events, event_name)
    return tuple(dict.fromkeys(found))


def reached(edges: Iterable[Edge], start: Node, *, down: bool) -> list[Found]:
    """Everything downstream or upstream of a node, nearest first."""
    following: dict[Node, list[Node]] = {}
    for edge in edges:
        one, other = (edge.source, edge.target) if down else (edge.target, edge.source)
        following.setdefault(one, []).append(other)
    steps = {start: 0}
    queue = [start]
    for node in queue:
        for after in following.get(node, ()):
            if after not in steps:
                steps[after] = steps[node] + 1
                queue.append(after)
    return [Found(node, steps[node]) for node in queue[1:]]


def node_of(model: Model, column: str) -> Node:
    """The node of a column of a model."""
    if model.kind == "trait":
        return Node("trait", model.name)
    return Node("staging", f"{model.name}.{column}")


def _qualified(model: Model, schema: Mapping[str, Mapping[str, str]]) -> exp.Query:
    """The SQL with every column given its table; placeholders stand for a moment."""
    tree = model.tree.transform(
        lambda node: (
            exp.cast(exp.Literal.string("2000-01-01"), "TIMESTAMP")
            if isinstance(node, exp.Placeholder)
            else node
        )
    )
    try:
        qualified = qualify(tree, schema=dict(schema), dialect=DIALECT, quote_identifiers=False)
    except SqlglotError as error:
        raise invalid(
            f"{model.name}: {str(error).splitlines()[0]}.",
            at(model.file, 1),
            "Correct the name, or describe the column in the catalog.",
        ) from error
    assert isinstance(qualified, exp.Query)
    return qualified


def _edges_of(
    model: Model, tree: exp.Query, models: ModelSet, events: Collection[str], event_name: str
) -> Iterator[Edge]:
    scope = build_scope(tree)
    every = {_node(models, *pair) for pair in _deciding(tree, models)}
    for column in model.columns:
        if column in model.grain:
            continue
        target = node_of(model, column)
        traced = trace(column, tree, {}, scope=scope, dialect=DIALECT, copy=False)
        used = {_node(models, *leaf) for leaf in _leaves(traced)}
        named = {one for one in _texts(traced) if one in events}
        if named:
            used.discard(Node("column", event_name))
        yield from (Edge(Node("event", one), target, "value") for one in sorted(named))
        yield from (Edge(one, target, "value") for one in sorted(used))
        rows = every - used - ({Node("column", event_name)} if named else set())
        yield from (Edge(one, target, "rows") for one in sorted(rows))


def _node(models: ModelSet, table: str, column: str) -> Node:
    model = models.by_name.get(table)
    return node_of(model, column) if model else Node("column", f"{table}.{column}")


def _deciding(tree: exp.Query, models: ModelSet) -> Iterator[tuple[str, str]]:
    """The columns of tables and models that decide which rows count, keys left out."""
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    for select in tree.find_all(exp.Select):
        joins = select.args.get("joins") or []
        tables = [one for one in (select.args["from_"].this, *(join.this for join in joins))
                  if isinstance(one, exp.Table) and one.name not in own]  # fmt: skip
        sources = {one.alias_or_name: one.name for one in tables}
        clauses = [select.args.get(clause) for clause in ("where", "having", "qualify", "group")]
        clauses += [join.args.get("on") for join in joins]
        for column in (c for one in clauses if one for c in one.find_all(exp.Column)):
            table = sources.get(column.table)
            if table and not _is_key(models, table, column.name):
                yield table, column.name


def _is_key(models: ModelSet, table: str, column: str) -> bool:
    model = models.by_name.get(table)
    return column in (model.grain if model else ("user_id", models.sources.key))


def _leaves(traced: Traced) -> Iterator[tuple[str, str]]:
    for node in traced.walk():
        if isinstance(node.source, exp.Table) and not node.downstream:
            column = node.name.rpartition(".")[2]
            yield node.source.name, column


def _texts(traced: Traced) -> Iterator[str]:
    """The texts in quotes of what a column is made of."""
    for node in traced.walk():
        for literal in node.expression.find_all(exp.Literal):
            if literal.is_string:
                yield literal.name
