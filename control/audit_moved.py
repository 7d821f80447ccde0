"""Where entries belong whose seal does not fit their number: moved, put in, or edited.

The number is sealed, so whoever reorders or renumbers entries breaks every seal. An entry
that fits its seal under another number was moved from there; pure functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from control.audit_entries import AuditEntry, seal


class Unsealed(NamedTuple):
    """An entry that does not fit its seal, and the hash of the entry before it."""

    entry: AuditEntry
    previous: str


class Places(NamedTuple):
    """What was found out about entries that do not fit their seal, by the number they bear."""

    moved: Mapping[int, int]
    """Number → the number under which the seal fits."""
    strangers: frozenset[int]
    """Numbers that belong to another entry: what stands there was put in."""
    gone: frozenset[int]
    """Numbers of which nobody is left."""


def places(unsealed: Sequence[Unsealed], shift: int) -> Places:
    """Find where entries belong; ``shift``: how far the end of the log is from where it was."""
    moved = {one: to for one, to in _belonging(unsealed, shift) if one != to}
    taken = frozenset(moved.values())
    numbers = {one.entry.seq for one in unsealed}
    strangers = taken - moved.keys()
    return Places(moved, strangers, frozenset((moved.keys() & numbers) - taken))


def _belonging(unsealed: Sequence[Unsealed], shift: int) -> Iterator[tuple[int, int]]:
    """Number → where it belongs: along the links from what stands, or all by one shift."""
    by_link = {one.entry.prev_hash: one.entry for one in unsealed}
    follows = {one.previous: one.entry.seq for one in unsealed}
    for entry in (one.entry for one in unsealed if shift):
        if _fits(entry, entry.seq + shift):
            yield entry.seq, entry.seq + shift
    for previous, number in follows.items():
        while (found := by_link.get(previous)) is not None and _fits(found, number):
            yield found.seq, number
            del by_link[previous]
            previous, number = found.hash, number + 1


def _fits(entry: AuditEntry, number: int) -> bool:
    return seal(entry._replace(seq=number)) == entry.hash
