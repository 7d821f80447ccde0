"""Which identifiers are one by an explicit act: aliases and merge rules, within limits and blocks.

Numbers only: nodes are places in an array. Components come from scipy; only a
component that is too large or holds a blocked pair is put together link by link.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.signedinteger]
"""Places of nodes, numbers of nodes, microseconds."""
Flags = NDArray[np.bool_]


class Pairs(NamedTuple):
    """Two arrays of equal length: the ends of links, or of pairs that must stay apart."""

    a: Ints
    b: Ints

    def where(self, chosen: Flags | Ints) -> Pairs:
        """Some of them."""
        return Pairs(self.a[chosen], self.b[chosen])


class Fused(NamedTuple):
    """For each node the node that stands for its group, and the links that a limit refused."""

    group: Ints
    refused: list[int]
    """Places in the list of links."""


def components(size: int, links: Pairs) -> Ints:
    """For each of ``size`` nodes the number of its connected component."""
    ones = np.ones(len(links.a), dtype=np.int8)
    graph = coo_array((ones, (links.a, links.b)), shape=(size, size))
    _, labels = connected_components(graph, directed=False)
    return labels


def fuse(size: int, links: Pairs, blocks: Pairs, is_user: Flags, limit: int) -> Fused:
    """Join what the links join, first links first; never a blocked pair, nor too many users."""
    group = np.arange(size, dtype=np.int32)
    kept = np.flatnonzero(~_among(links, blocks))
    links = links.where(kept)
    if not len(kept):
        return Fused(group, [])
    nodes, places = np.unique(np.concatenate(links), return_inverse=True)
    ends = Pairs(*np.split(places, 2))
    labels = components(len(nodes), ends)
    group[nodes] = _heads(labels, nodes)[labels]
    doubtful = np.bincount(labels, weights=is_user[nodes]) > limit
    doubtful |= np.isin(_heads(labels, nodes), _torn(group, blocks))
    group[nodes[doubtful[labels]]] = nodes[doubtful[labels]]
    slow = np.flatnonzero(doubtful[labels[ends.a]])
    refused = _one_by_one(group, links.where(slow), blocks, is_user, limit)
    return Fused(group, [int(kept[slow[place]]) for place in refused])


def _among(links: Pairs, blocks: Pairs) -> Flags:
    """Which links join exactly a blocked pair."""
    pairs = {frozenset(pair) for pair in zip(*map(np.ndarray.tolist, blocks), strict=True)}
    if not pairs:
        return np.zeros(len(links.a), dtype=bool)
    ends = zip(*map(np.ndarray.tolist, links), strict=True)
    return np.array([frozenset(pair) in pairs for pair in ends], dtype=bool)


def _heads(labels: Ints, nodes: Ints) -> Ints:
    """The first node of each component."""
    heads = np.full(labels.max() + 1, nodes.max(), dtype=np.int32)
    np.minimum.at(heads, labels, nodes)
    return heads


def _torn(group: Ints, blocks: Pairs) -> Ints:
    """The groups that hold both ends of a block."""
    ends = group[blocks.a], group[blocks.b]
    return ends[0][(ends[0] == ends[1]) & (blocks.a != blocks.b)]


def _one_by_one(group: Ints, links: Pairs, blocks: Pairs, is_user: Flags, limit: int) -> list[int]:
    """Join link by link, in place; gives the places of those that a limit refused."""
    members: dict[int, set[int]] = {}
    foes: dict[int, set[int]] = {}
    for one, other in zip(*map(np.ndarray.tolist, blocks), strict=True):
        foes.setdefault(one, set()).add(other)
        foes.setdefault(other, set()).add(one)
    refused = []
    for place, ends in enumerate(zip(*map(np.ndarray.tolist, links), strict=True)):
        head, joining = sorted(int(group[end]) for end in ends)
        if head == joining:
            continue
        mine, theirs = members.get(head, {head}), members.get(joining, {joining})
        if theirs & set().union(*(foes.get(node, set()) for node in mine)):
            continue
        both = mine | theirs
        if is_user[list(both)].sum() > limit:
            refused.append(place)
            continue
        members[head] = both
        group[list(theirs)] = head
    return refused
