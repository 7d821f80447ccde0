"""The lineage of a rule as a picture and as rows: from columns over events and traits to what is
sent by which channel."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ui.console.view.text import listing, number
from ui.lineage import Lineage
from warehouse.lineage import Edge, How, Node

MOST_DRAWN = 40
"""A picture of more things cannot be read; the rows name all of them."""
_ORDER = ("column", "event", "staging", "trait", "audience", "rule", "action", "channel")
_HOW: dict[How, str] = {
    "value": "is part of",
    "rows": "decides which rows count for",
    "reads": "is read by",
    "sends": "sends",
    "through": "goes through",
}
_SAFE = re.compile(r"[^A-Za-z0-9_. ]")


class Picture(NamedTuple):
    """A Mermaid diagram, what it shows in one line, and how many things it leaves out."""

    diagram: str
    alt: str
    left_out: int


class Step(NamedTuple):
    """One thing and what it flows into, in words."""

    kind: str
    name: str
    goes: str


def picture(found: Lineage) -> Picture:
    """The things nearest to the rule, from left to right as data flows."""
    near = sorted((*found.upstream, *found.downstream), key=lambda one: one.steps)
    drawn = [found.node, *(one.node for one in near[: MOST_DRAWN - 1])]
    ids = {node: f"n{place}" for place, node in enumerate(drawn)}
    lines = ["flowchart LR"]
    lines += [f'    {ids[node]}["{node.kind}: {_shown(node.name)}"]' for node in drawn]
    arrows = (one for one in found.edges if one.source in ids and one.target in ids)
    lines += [f"    {ids[one.source]} --> {ids[one.target]}" for one in arrows]
    lines.append(f"    style {ids[found.node]} stroke-width:3px")
    counts = [
        f"{number(many)} {kind}{'' if many == 1 else 's'}"
        for kind in _ORDER
        if kind != "rule" and (many := sum(one.node.kind == kind for one in near))
    ]
    alt = f"Lineage of the rule {found.node.name}: {listing(counts) or 'it reads nothing'}"
    return Picture("\n".join(lines), alt, len(near) + 1 - len(drawn))


def steps(found: Lineage) -> tuple[Step, ...]:
    """Every thing that flows into another, in the order of the flow."""
    by_source: dict[Node, list[Edge]] = {}
    for edge in found.edges:
        by_source.setdefault(edge.source, []).append(edge)
    sources = sorted(by_source, key=lambda node: (_ORDER.index(node.kind), node.name))
    return tuple(Step(node.kind, node.name, _goes(by_source[node])) for node in sources)


def _goes(edges: Sequence[Edge]) -> str:
    by_how: dict[How, list[str]] = {}
    for edge in edges:
        by_how.setdefault(edge.how, []).append(f"{edge.target.kind} {edge.target.name}")
    return "; ".join(f"{_HOW[how]} {listing(sorted(names))}" for how, names in by_how.items())


def _shown(name: str) -> str:
    """A name inside of a diagram: what could be read as Mermaid or HTML is written as its code."""
    return _SAFE.sub(lambda match: f"#{ord(match.group())};", name)
