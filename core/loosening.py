"""Which changes allow more contact than is allowed today, or measure less of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

CONTACT = "contact_policy"
"""The kind of a change of how much contact is too much."""
_TIGHTER_UP = frozenset({"share", "window_seconds", "min_gap_seconds"})
_NO_LIMIT = frozenset({"key", "kind", "name", "salt"})


class Place(NamedTuple):
    """One place of what is proposed; None where there is nothing."""

    path: str
    live: Any
    proposed: Any

    @property
    def inside(self) -> str:
        """What it is a part of."""
        return self.path.rpartition(".")[0]

    @property
    def last(self) -> str:
        """Its own name."""
        return self.path.rpartition(".")[2]


def loosened(kind: str, places: Sequence[Place]) -> tuple[str, ...]:
    """What becomes looser, as parts of a sentence: a smaller holdout of anything, and of the
    contact policy whatever does not clearly limit more.

    ``places``: all of them, those that stay as they are too.
    """
    found = _limits(places) if kind == CONTACT else _holdouts(places)
    return tuple(dict.fromkeys(found))


def _holdouts(places: Sequence[Place]) -> Iterator[str]:
    for one in places:
        # What is not live yet has no holdout that could become smaller.
        is_live = one.path.endswith("holdout.share") and one.live is not None
        if is_live and (one.proposed or 0) < one.live:
            yield "it makes a holdout smaller"


def _limits(places: Sequence[Place]) -> Iterator[str]:
    there = {one.inside for one in places if one.live is not None}
    for one in places:
        if one.live == one.proposed or one.last in _NO_LIMIT or one.inside not in there:
            continue
        if not _is_tighter(one):
            what = "the global holdout" if "holdout" in one.path else "the limits on contact"
            yield f"it may loosen {what}"


def _is_tighter(one: Place) -> bool:
    if one.proposed is None:
        return False
    if one.last == "n":
        return one.live is None or bool(one.proposed < one.live)
    return one.last in _TIGHTER_UP and one.live is not None and bool(one.proposed > one.live)
