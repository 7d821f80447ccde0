"""Resolution: from identifiers, links and rule rows to whose each identifier is.

A pure function of what events show and of what people ruled: the order of
arrival changes nothing, and a part is resolved exactly as the whole would be.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import numpy as np
from numpy.typing import NDArray

from warehouse.handed import handed
from warehouse.identity.fusion import Fused, Ints, components, fuse
from warehouse.identity.ownership import NOBODY, Owned, own
from warehouse.identity.part import Part, columns, read_part
from warehouse.identity.settings import IdentitySettings
from warehouse.identity.statements import Cursor, run


def resolve(cursor: Cursor, settings: IdentitySettings) -> None:
    """Work out ``new_map`` and ``new_conflicts`` for the scope that was laid out."""
    run(cursor, "rulings")
    part = read_part(cursor)
    fused, owned = solve(part, settings.user_ids_per_person)
    arrays = _named(part, fused, owned, _canonical(cursor, part, fused.group), settings)
    with ExitStack() as lent:
        for name, columns_of in arrays.items():
            lent.enter_context(handed(cursor, f"handed_{name}", columns_of))
        run(cursor, "keep")
    limits = settings.model_dump(include={"ids_per_person", "user_ids_per_person"})
    run(cursor, "resolved", **limits)
    run(cursor, "windows", gaps=settings.gaps)
    run(cursor, "conflicts", **limits)


def solve(part: Part, user_limit: int) -> tuple[Fused, Owned]:
    """Fuse what is explicitly one, then attach everything else."""
    is_user = np.zeros(len(part.places.ids), dtype=bool)
    is_user[part.users] = True
    fused = fuse(len(is_user), part.strong, part.blocks, is_user, user_limit)
    return fused, own(fused.group, part.users, part.evidence, part.blocks)


def _canonical(cursor: Cursor, part: Part, group: Ints) -> Ints:
    """For each group the node id of the user id that stands for the person; -1 for none."""
    canonical = np.full(len(group), NOBODY, dtype=np.int64)
    heads = group[part.users]
    canonical[heads] = part.places.ids[part.users]
    several = part.users[np.bincount(heads, minlength=len(group))[heads] > 1]
    with handed(cursor, "fused_users", {"node_id": part.places.ids[several]}):
        (ids,) = columns(run(cursor, "eldest_last"))
    # Of several assignments to one place the last one stays.
    canonical[group[part.places.of(ids)]] = ids
    return canonical


def _named(
    part: Part, fused: Fused, owned: Owned, canonical: Ints, settings: IdentitySettings
) -> dict[str, dict[str, NDArray[Any]]]:
    """What was found, by node id."""
    ids = part.places.ids
    has_owner = owned.owner != NOBODY
    sizes = np.bincount(owned.owner[has_owner], minlength=len(ids))
    crowded = has_owner & (sizes[owned.owner] > settings.ids_per_person)
    emails, row = _named_in(owned.claims.email, part.evidence.emails.links.a, fused.group)
    claims = owned.claims.where(row)
    devices, row = _named_in(owned.ambiguous.a, part.evidence.captures.links.a, fused.group)
    ambiguous = owned.ambiguous.b[row]
    return {
        "found": {
            "node_id": ids,
            "owner_id": np.where(has_owner, canonical[owned.owner], NOBODY),
            "reason": owned.reason,
            "crowded": crowded,
            "component": _components(part),
        },
        "shared": {"node_id": ids[owned.shared]},
        "claims": {
            "email_id": ids[emails],
            "owner_id": canonical[claims.owner],
            "starts": claims.start,
            "ends": claims.end,
            "disputed": claims.disputed,
        },
        "ambiguous": {
            "device_id": ids[devices],
            "owner_id": canonical[ambiguous],
        },
        "refused": {
            "a": ids[part.strong.a[fused.refused]],
            "b": ids[part.strong.b[fused.refused]],
        },
    }


def _named_in(groups: Ints, nodes: Ints, group: Ints) -> tuple[Ints, Ints]:
    """Those of some nodes that are in each group: the nodes, and the row of the group.

    A rule may have merged an address with a device: whichever of them stands for the
    group depends on which was seen first, and only one of them is meant.
    """
    nodes = np.unique(nodes)
    nodes = nodes[np.argsort(group[nodes], kind="stable")]
    low = np.searchsorted(group[nodes], groups, "left")
    count = np.searchsorted(group[nodes], groups, "right") - low
    row = np.repeat(np.arange(len(count)), count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + low[row]
    return nodes[place], row


def _components(part: Part) -> Ints:
    """For each node the smallest id of its component: one that grows keeps its name."""
    ids = part.places.ids
    labels = components(len(ids), part.links)
    head = np.zeros(len(ids), dtype=np.int64)
    # Of several assignments to one place the last one stays.
    head[labels[::-1]] = ids[::-1]
    return head[labels]
