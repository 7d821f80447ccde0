"""The part of the identity graph that is resolved, as arrays of places, read from the warehouse."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from warehouse.identity.fusion import Ints, Pairs
from warehouse.identity.ownership import Evidence, Timed
from warehouse.identity.statements import Cursor, run


class Places:
    """Where each node stands in the arrays: by its number, the smallest first."""

    def __init__(self, ids: Ints) -> None:
        size = int(ids.max()) + 1 if len(ids) else 0
        # Numbers without gaps are places already: the common case when everything is resolved.
        self._dense = size == len(ids)
        self.ids = np.arange(size, dtype=np.int64) if self._dense else np.sort(ids)
        self._place = np.zeros(0 if self._dense else size, dtype=np.int32)
        if not self._dense:
            self._place[self.ids] = np.arange(len(ids), dtype=np.int32)

    def of(self, ids: Ints) -> Ints:
        """The places of nodes."""
        return ids.astype(np.int32) if self._dense else self._place[ids]


class Part(NamedTuple):
    """Nodes and links of the scope."""

    places: Places
    users: Ints
    links: Pairs
    """Everything that hangs together, whatever it means."""
    strong: Pairs
    """Aliases and merge rules, in the order in which they count."""
    blocks: Pairs
    evidence: Evidence


def read_part(cursor: Cursor) -> Part:
    """Read the scope that ``scope_*.sql`` and ``rulings.sql`` have laid out."""
    places = Places(columns(cursor.execute("SELECT node_id FROM part_nodes"))[0])

    def pairs(query: Cursor) -> Pairs:
        a, b = columns(query)
        return Pairs(places.of(a), places.of(b))

    def timed(kind: str) -> Timed:
        a, b, first, last = columns(run(cursor, "timed", kind=kind))
        return Timed(Pairs(places.of(a), places.of(b)), first, last)

    signed_in, emails = pairs(run(cursor, "pairs", kind="signed_in")), timed("email")
    evidence = Evidence(
        signed_in=_joined(signed_in, pairs(run(cursor, "aliased_devices"))),
        emails=emails._replace(links=Pairs(emails.links.b, emails.links.a)),
        captures=timed("email_capture"),
        hardware=pairs(run(cursor, "pairs", kind="device")),
    )
    tied = [pairs(run(cursor, "pairs", kind=kind)) for kind in ("alias", "same_value")]
    weak = (emails.links, evidence.captures.links, evidence.hardware)
    every = _joined(signed_in, *weak, *tied, pairs(run(cursor, "ruled", action="merge")))
    users = places.of(columns(run(cursor, "users"))[0])
    strong = pairs(cursor.execute("SELECT a, b FROM strong"))
    return Part(places, users, every, strong, pairs(run(cursor, "ruled", action="block")), evidence)


def columns(cursor: Cursor) -> list[NDArray[Any]]:
    """The columns of a result without NULLs."""
    return [np.asarray(column) for column in cursor.fetchnumpy().values()]


def _joined(*parts: Pairs) -> Pairs:
    filled = [part for part in parts if len(part.a)] or [parts[0]]
    if len(filled) == 1:
        return filled[0]
    a, b = (np.concatenate(ends) for ends in zip(*filled, strict=True))
    return Pairs(a, b)
