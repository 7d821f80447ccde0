"""Lineage of a workspace: from columns and events over traits and rules to what is sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from control import versions
from control.versions import Version
from core.conditions import InAudience, leaves
from core.errors import Code, refuse
from tools.audience import actions_of, conditions_of, required_of
from ui import modelling
from warehouse.catalog import nearest
from warehouse.compile import required
from warehouse.lineage import Edge, Found, Node, edges_of, reached
from warehouse.models.modelset import ModelSet

if TYPE_CHECKING:
    from core.artifacts import Required
    from ui.workspace import Workspace


_FIRST = ("rule", "trait", "audience", "event", "column", "staging", "action", "channel")
"""What a name stands for when several things have it: an action often has its rule's."""


class Lineage(NamedTuple):
    """What flows into one thing, and what it flows into."""

    node: Node
    upstream: tuple[Found, ...]
    downstream: tuple[Found, ...]
    edges: tuple[Edge, ...]
    """Every edge between the nodes of this answer."""


def lineage(workspace: Workspace, name: str) -> Lineage:
    """The lineage of a column (``table.column``), event, model, trait, rule or audience.

    Refuses with UNKNOWN_KEY a name that stands for none of these.
    """
    models = modelling.live_models(workspace.store, workspace.settings)
    edges = (*_of_models(workspace, models), *_of_rules(workspace))
    return _around(edges, _named(workspace, name, {node for edge in edges for node in edge[:2]}))


def of_rule(workspace: Workspace, rule: Version) -> Lineage:
    """The lineage of one rule, without looking at the others: there may be thousands."""
    models = modelling.live_models(workspace.store, workspace.settings)
    edges = (*_of_models(workspace, models), *_of_rules(workspace, [rule]))
    return _around(edges, Node("rule", rule.key))


def _around(edges: tuple[Edge, ...], start: Node) -> Lineage:
    up, down = (reached(edges, start, down=direction) for direction in (False, True))
    inside = {start, *(found.node for found in (*up, *down))}
    between = (edge for edge in edges if edge.source in inside and edge.target in inside)
    return Lineage(start, tuple(up), tuple(down), tuple(dict.fromkeys(between)))


def read_by_rules(workspace: Workspace) -> dict[str, frozenset[Node]]:
    """Key of each rule in force or paused → all that it is made of, however indirectly."""
    models = modelling.live_models(workspace.store, workspace.settings)
    edges = (*_of_models(workspace, models), *_of_rules(workspace))
    return {
        one.key: frozenset(
            found.node for found in reached(edges, Node("rule", one.key), down=False)
        )
        for one in versions.all_current(workspace.store)
    }


def facts_of_rules(workspace: Workspace) -> dict[Node, dict[str, Any]]:
    """What a person wants to know of each rule in a lineage: version, state, decisions so far."""
    decided = workspace.warehouse.fetch(
        "SELECT policy_key, COUNT(*) FROM decisions GROUP BY policy_key"
    )
    decisions = dict(decided.rows)
    return {
        Node("rule", rule.key): {
            "version": rule.version,
            "state": rule.state,
            "decisions": decisions.get(rule.key, 0),
        }
        for rule in versions.all_current(workspace.store)
    }


def _of_models(workspace: Workspace, models: ModelSet) -> tuple[Edge, ...]:
    tables: dict[str, list[str]] = {}
    stored = workspace.warehouse.fetch(
        """
        SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'main' AND table_catalog = CURRENT_DATABASE()
        """
    )
    for table, column in stored.rows:
        tables.setdefault(table, []).append(column)
    return edges_of(models, tables, [*workspace.catalog.events], _event_name(workspace))


def _event_name(workspace: Workspace) -> str:
    events = workspace.catalog.layout.events
    return f"{events.table}.{events.name}"


def _of_rules(workspace: Workspace, rules: Sequence[Version] | None = None) -> Iterator[Edge]:
    audiences = versions.audiences(workspace.store)
    for version in versions.all_current(workspace.store) if rules is None else rules:
        rule = Node("rule", version.key)
        read = required_of(version.artifact, workspace.catalog, audiences)
        yield from _reads(read, rule)
        for condition in conditions_of(version.artifact):
            for leaf in leaves(condition):
                if isinstance(leaf, InAudience) and leaf.key in workspace.catalog.audiences:
                    yield Edge(Node("audience", leaf.key), rule, "reads")
        for action in actions_of(version.artifact):
            sent = Node("action", action.key)
            yield Edge(rule, sent, "sends")
            for channel in action.channels:
                yield Edge(sent, Node("channel", channel), "through")
    for key, audience in workspace.catalog.audiences.items():
        yield from _reads(required(audience.condition, workspace.catalog), Node("audience", key))


def _reads(read: Required, reader: Node) -> Iterator[Edge]:
    yield from (Edge(Node("trait", name), reader, "reads") for name in read.traits)
    yield from (Edge(Node("event", name), reader, "reads") for name in read.events)
    yield from (Edge(Node("column", name), reader, "reads") for name in read.columns)


def _named(workspace: Workspace, name: str, nodes: set[Node]) -> Node:
    exact = [node for node in nodes if node.name == name]
    traits = workspace.catalog.layout.traits.table
    if not exact and name.startswith(f"{traits}."):
        exact = [node for node in nodes if node == Node("trait", name.removeprefix(f"{traits}."))]
    if not exact and (event := workspace.catalog.event_named(name)):
        exact = [Node("event", event)]
    if not exact:
        near = nearest(name, sorted({node.name for node in nodes}))
        raise refuse(
            Code.UNKNOWN_KEY,
            f"'{name}' is no column, event, trait, rule, audience, action or channel in use.",
            span=name,
            fix=f"Did you mean {' or '.join(near)}?" if near else "Write columns as table.column.",
        )
    return min(exact, key=lambda node: _FIRST.index(node.kind))
