"""The truth of many conditions for every user, a chunk of users at a time, with all reasons.

What each distinct leaf reads is fetched once, each leaf is compared once, and
conditions are combined as sets of bits: a thousand rules cost little more
than ten. The meaning is that of ``warehouse.compile.compile_flags``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import duckdb
import numpy as np
import numpy.typing as npt

from core.conditions import EVERYONE, AnyLeaf, Condition
from core.program import Node
from core.readings import Reading
from warehouse.batch.bits import Bits, nobody
from warehouse.batch.columns import Chunk, Column, chunks
from warehouse.batch.logic import Truth, truth, unknown
from warehouse.batch.plan import Plan, plan
from warehouse.batch.truths import leaf_truths
from warehouse.catalog import Catalog
from warehouse.compile import Audiences

POPULATION = ""
"""The name under which ``flags`` gives the population."""
CHUNK = 1_000_000
"""Users at a time: about 125 KB a leaf and a condition, 8 MB a number that is read."""
BLOCK = 1 << 18
"""Users whose values and bits stay in the processor's cache while every rule looks at them."""


class LeafBits(NamedTuple):
    """Every distinct leaf of all conditions: the whole truth of a chunk, in a bit or two a user."""

    leaves: tuple[AnyLeaf, ...]
    """In an order that depends only on the conditions; ``when_unknown`` is filled in."""
    true: tuple[Bits, ...]
    """Leaf → who it is true for, what unknown counts as included."""
    unknown: dict[int, Bits]
    """Leaf → who it is unknown for; leaves without an entry are known for everybody."""
    trees: dict[str, Node]
    """Name → the condition over the numbers of its leaves."""


class Flags(NamedTuple):
    """One chunk of users. ``true`` and ``unknown`` hold packed bits, little bit order, in the
    order of ``users``; who is in neither is false."""

    users: npt.NDArray[np.object_]
    true: dict[str, Bits]
    unknown: dict[str, Bits]
    leaves: LeafBits
    carried: dict[Reading, Column]
    """What was asked to be carried along; moments as microseconds."""


def flags(
    cursor: duckdb.DuckDBPyConnection,
    asked: Mapping[str, Condition],
    catalog: Catalog,
    *,
    as_of: datetime,
    population: Condition = EVERYONE,
    audiences: Audiences | None = None,
    users: tuple[str, ...] | None = None,
    chunk: int = CHUNK,
) -> Iterator[Flags]:
    """The truth of every asked condition, and of the population under ``POPULATION``, for every
    canonical user whether in the population or not; with ``users`` only for those.

    Policies with populations of their own share one pass by asking for those as conditions.
    Users come in the order in which the warehouse holds them, which is the same within a pass
    only. The cursor may be used between chunks. Raises the first refusal of a condition that
    the catalog cannot decide.
    """
    named = {**asked, POPULATION: population}
    planned = plan(named, catalog, as_of=as_of, audiences=audiences, users=users)
    for part in chunks(cursor, planned, chunk):
        yield evaluate(planned, part)


def evaluate(planned: Plan, part: Chunk) -> Flags:
    """The truth of every condition of a plan for one chunk of users."""
    size, program = part.users.size, planned.program
    leaves, named = _Kept(len(program.leaves), size), _Kept(len(program.trees), size)
    for start in range(0, max(size, 1), BLOCK):
        stop = min(start + BLOCK, size)
        columns = [column.part(start, stop) for column in part.columns]
        truths = leaf_truths(planned, columns, stop - start)
        leaves.put(start, stop, truths)
        trees = program.trees.values()
        named.put(start, stop, [truth(tree, truths, stop - start) for tree in trees])
    # Most conditions are known for everybody; they share one set that nobody is in.
    none = nobody(size)
    return Flags(
        users=part.users,
        true=dict(zip(program.trees, named.true, strict=True)),
        unknown={name: named.unknown.get(n, none) for n, name in enumerate(program.trees)},
        leaves=LeafBits(tuple(program.leaves), tuple(leaves.true), leaves.unknown, program.trees),
        carried=dict(zip(planned.carried, part.carried, strict=True)),
    )


class _Kept:
    """The sets of a chunk, put together from those of its blocks."""

    def __init__(self, many: int, users: int) -> None:
        self.true = np.empty((many, (users + 7) // 8), dtype=np.uint8)
        self.unknown: dict[int, Bits] = {}
        self._users = users

    def put(self, start: int, stop: int, truths: Sequence[Truth]) -> None:
        """Keep the truths of one block; which of them may be unknown is the same in each."""
        place = slice(start // 8, (stop + 7) // 8)
        for number, one in enumerate(truths):
            self.true[number, place] = one.true
            bits = unknown(one, stop - start)
            if bits is not None:
                whole = self.unknown.setdefault(number, nobody(self._users))
                whole[place] = bits
