"""Whose each identifier is: devices by who signed in on them, then what is known through them.

Numbers only, a handful of passes over arrays: strong evidence first, weak
evidence only for what strong evidence leaves open, and never a link between
two people. What belongs to several is left for windows of time, or for review.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np

from warehouse.identity.claims import Claims, claims_of, several
from warehouse.identity.fusion import Flags, Ints, Pairs

NOBODY = -1


class Reason(IntEnum):
    """Why an identifier is somebody's."""

    NONE = 0
    FUSED = 1
    """A user id, or what an alias or a merge rule ties to one."""
    SINGLE_OWNER_DEVICE = 2
    EMAIL = 3
    EMAIL_CAPTURE = 4
    SAME_DEVICE = 5


class Timed(NamedTuple):
    """Links with the first and the last time that they were seen (microseconds)."""

    links: Pairs
    first: Ints
    last: Ints


class Evidence(NamedTuple):
    """What events show together, as places in one array of nodes."""

    signed_in: Pairs
    """Devices, and the users who signed in on them."""
    emails: Timed
    """Addresses, and the users who gave them."""
    captures: Timed
    """Devices, and the addresses given on them while nobody was signed in."""
    hardware: Pairs
    """Hardware, and the devices or users seen on it."""


class Owned(NamedTuple):
    """For each node the group that it belongs to, or nobody; why; and what stays open."""

    owner: Ints
    reason: Ints
    shared: Flags
    """Devices on which several people signed in."""
    claims: Claims
    ambiguous: Pairs
    """Devices, and the groups that the addresses given on them point at."""


class Attachments:
    """Groups and whose they are, while evidence is gone through. Arrays are by group."""

    def __init__(self, group: Ints, users: Ints, blocks: Pairs) -> None:
        self.group = group
        self.owner = np.full(len(group), NOBODY, dtype=group.dtype)
        self.owner[group[users]] = group[users]
        self.reason = np.zeros(len(group), dtype=np.int8)
        self.reason[group[users]] = Reason.FUSED
        ends = group[blocks.a].astype(np.int64), group[blocks.b].astype(np.int64)
        self._apart = np.concatenate([self._pair(*ends), self._pair(ends[1], ends[0])])

    def attach(self, links: Pairs, reason: Reason) -> Flags:
        """Give what nobody owns to the owner of what it is linked to; gives what has several."""
        held, owner = self.candidates(links)
        return self.settle(held, owner, reason)

    def candidates(self, links: Pairs) -> Pairs:
        """Groups that nobody owns yet, and who may own them."""
        held, owner = self.group[links.a], self.owner[self.group[links.b]]
        fitting = (self.owner[held] == NOBODY) & (owner != NOBODY)
        held, owner = held[fitting], owner[fitting]
        return Pairs(held, owner).where(~self.apart(held, owner))

    def settle(self, held: Ints, owner: Ints, reason: Reason) -> Flags:
        """Give groups to their only candidate; gives the groups that have several."""
        contested = several(len(self.group), held, owner)
        sole = ~contested[held]
        self.owner[held[sole]] = owner[sole]
        self.reason[held[sole]] = reason
        return contested

    def apart(self, held: Ints, owner: Ints) -> Flags:
        """Which pairs of groups a person ruled to be apart."""
        if not len(self._apart):
            return np.zeros(len(held), dtype=bool)
        return np.isin(self._pair(held, owner), self._apart)

    def _pair(self, one: Ints, other: Ints) -> Ints:
        return one.astype(np.int64) * len(self.group) + other


def own(group: Ints, users: Ints, evidence: Evidence, blocks: Pairs) -> Owned:
    """Attach every node to a group that holds a user. In a block, ``a`` was seen first."""
    found = Attachments(group, users, blocks)
    shared = found.attach(evidence.signed_in, Reason.SINGLE_OWNER_DEVICE)
    _own_hardware(found, evidence.hardware, shared)
    claims = _own_emails(found, evidence.emails)
    ambiguous = _own_captures(found, evidence.captures, claims, shared)
    closed = shared.copy()
    closed[ambiguous.a] = True
    hardware, seen_on_it = evidence.hardware
    left = ~closed[group[seen_on_it]]
    found.attach(Pairs(seen_on_it[left], hardware[left]), Reason.SAME_DEVICE)
    owner = _torn_from(found.owner[group], users, blocks)
    return Owned(owner, found.reason[group], shared[group], claims, ambiguous)


def _own_hardware(found: Attachments, hardware: Pairs, shared: Flags) -> None:
    """Hardware is its users', unless one device on it is shared."""
    held = found.group[hardware.a]
    common = np.zeros(len(found.group), dtype=bool)
    common[held[shared[found.group[hardware.b]]]] = True
    found.attach(hardware.where(~common[held]), Reason.SAME_DEVICE)


def _own_emails(found: Attachments, emails: Timed) -> Claims:
    held, owner = found.group[emails.links.a], found.owner[found.group[emails.links.b]]
    fitting = (found.owner[held] == NOBODY) & (owner != NOBODY)
    fitting &= ~found.apart(held, owner)
    held, owner = held[fitting], owner[fitting]
    found.settle(held, owner, Reason.EMAIL)
    return claims_of(len(found.group), held, owner, emails.first[fitting], emails.last[fitting])


def _own_captures(found: Attachments, captures: Timed, claims: Claims, shared: Flags) -> Pairs:
    """A device is whose address was given on it; gives those whose address is several people's."""
    free = ~shared[found.group[captures.links.a]]
    links, moment = captures.links.where(free), captures.first[free]
    plain = found.candidates(links)
    device, owner = _claimants(found.group[links.a], found.group[links.b], moment, claims, found)
    held = np.concatenate([plain.a, device])
    owners = np.concatenate([plain.b, owner])
    contested = found.settle(held, owners, Reason.EMAIL_CAPTURE)
    return Pairs(held, owners).where(contested[held])


def _claimants(
    device: Ints, email: Ints, moment: Ints, claims: Claims, found: Attachments
) -> Pairs:
    """Whom addresses of several people point at: who claimed it at that moment, or else all."""
    claims = claims.where(np.flatnonzero(found.owner[claims.email] == NOBODY))
    order = np.argsort(claims.email, kind="stable")
    claims = claims.where(order)
    low = np.searchsorted(claims.email, email, "left")
    count = np.searchsorted(claims.email, email, "right") - low
    row = np.repeat(np.arange(len(device)), count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + low[row]
    then = (claims.start[place] <= moment[row]) & (moment[row] < claims.end[place])
    then &= ~claims.disputed[place]
    known = np.zeros(len(device), dtype=bool)
    known[row[then]] = True
    chosen = then | ~known[row]
    held, owner = device[row[chosen]], claims.owner[place[chosen]]
    fitting = (found.owner[held] == NOBODY) & ~found.apart(held, owner)
    return Pairs(held[fitting], owner[fitting])


def _torn_from(owner: Ints, users: Ints, blocks: Pairs) -> Ints:
    """Of a blocked pair that evidence has brought to one person, the later one goes."""
    is_user = np.isin(np.concatenate(blocks), users).reshape(2, -1)
    for a, b, b_is_user in zip(blocks.a, blocks.b, is_user[1], strict=True):
        if owner[a] == owner[b]:
            owner[a if b_is_user else b] = NOBODY
    return owner
