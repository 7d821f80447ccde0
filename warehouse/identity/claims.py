"""Who gave which e-mail address, from when to when.

An address is somebody's until they give another one. Two people may have the
same address one after the other; at the same time they dispute it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from warehouse.identity.fusion import Flags, Ints

STILL: int = np.iinfo(np.int64).max
"""The end of a claim that has not ended."""


class Claims(NamedTuple):
    """One row per address and claimant, from ``start`` to before ``end`` (microseconds).

    An address with one claim that has not ended is not among them.
    """

    email: Ints
    owner: Ints
    start: Ints
    end: Ints
    disputed: Flags
    """Whether somebody else claims the address at the same time."""

    def where(self, chosen: Flags | Ints) -> Claims:
        """Some of them."""
        numbers = (self.email[chosen], self.owner[chosen], self.start[chosen], self.end[chosen])
        return Claims(*numbers, self.disputed[chosen])


def several(size: int, keys: Ints, values: Ints) -> Flags:
    """For each of ``size`` keys whether it occurs with more than one value."""
    one = np.empty(size, dtype=values.dtype)
    one[keys] = values
    flags = np.zeros(size, dtype=bool)
    flags[keys[one[keys] != values]] = True
    return flags


def claims_of(size: int, email: Ints, owner: Ints, first: Ints, last: Ints) -> Claims:
    """The claims of sightings: each an address, its owner, and when it was first and last given."""
    of_several, with_several = several(size, email, owner), several(size, owner, email)
    chosen = np.flatnonzero(of_several[email] | with_several[owner])
    email, owner, first, last = _once_each(
        email[chosen], owner[chosen], first[chosen], last[chosen]
    )
    end = _ends(owner, first, last)
    disputed = np.isin(email, _disputed(email, first, end))
    return Claims(email, owner, first, end, disputed)


def _once_each(email: Ints, owner: Ints, first: Ints, last: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """One row per owner and address, in order of owner and first time."""
    if not len(email):
        return email, owner, first, last
    order = np.lexsort((email, owner))
    email, owner, first, last = email[order], owner[order], first[order], last[order]
    starts = np.flatnonzero(_changes(owner) | _changes(email))
    email, owner = email[starts], owner[starts]
    first, last = np.minimum.reduceat(first, starts), np.maximum.reduceat(last, starts)
    order = np.lexsort((first, owner))
    return email[order], owner[order], first[order], last[order]


def _changes(column: Ints | Ints) -> Flags:
    """Where a value differs from the one before; the first one does."""
    return np.append(True, column[1:] != column[:-1]) if len(column) else np.zeros(0, dtype=bool)


def _ends(owner: Ints, first: Ints, last: Ints) -> Ints:
    """The address given last goes on; another ends when it was last given and a newer one came."""
    if not len(owner):
        return last
    owners = np.flatnonzero(_changes(owner))
    latest = np.repeat(np.maximum.reduceat(last, owners), np.diff(np.append(owners, len(owner))))
    runs = np.flatnonzero(_changes(owner) | _changes(first))
    following = np.repeat(np.append(runs[1:], -1), np.diff(np.append(runs, len(owner))))
    newer = np.where(owner[following] == owner, first[following], 0)
    newer[following == -1] = 0
    return np.where(last == latest, STILL, np.maximum(last + 1, newer))


def _disputed(email: Ints, start: Ints, end: Ints) -> Ints:
    """Addresses with claims that overlap."""
    order = np.lexsort((start, email))
    email, start, end = email[order], start[order], end[order]
    # If any two overlap, so do two neighbours in order of their start.
    overlaps = (email[1:] == email[:-1]) & (start[1:] < end[:-1])
    return email[1:][overlaps]
