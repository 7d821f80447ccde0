"""The conditions of a candidate, clause by clause, each with what it read for one user."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from core.conditions import And, Or
from core.masking import HIDDEN
from orchestrate.evidence import Seen
from orchestrate.plan import PlannedEntry
from warehouse.catalog import Catalog
from warehouse.compile import reads_public
from warehouse.wording import describe

Part = Literal["population", "consent", "eligibility", "applicability", "suppression"]


_READ = frozenset({"value_read", "value"})
"""Where a document of ``explain`` says what was read."""


class _Asked(NamedTuple):
    """A part of a candidate: the flag of its condition, and what it has to be."""

    part: Part
    flag: str
    wanted: bool


PARTS: tuple[_Asked, ...] = (
    _Asked("population", "population", True),
    _Asked("consent", "consented", True),
    _Asked("eligibility", "eligible", True),
    _Asked("applicability", "applicable", True),
    _Asked("suppression", "suppressed", False),
    _Asked("suppression", "stopped", False),
)


def clauses_document(
    seen: Mapping[str, Seen], entry: PlannedEntry, catalog: Catalog
) -> list[dict[str, Any]]:
    """``part, clause, holds, wanted, reads`` of every clause of an entry, in the engine's order.

    Clauses of one part must all be as ``wanted``, but for consent, of which one is enough.
    """
    found = []
    for asked in PARTS:
        whole = seen.get(asked.flag) or seen.get(f"{asked.flag}_{entry.position}")
        for clause in _clauses(whole, asked) if whole else ():
            found.append(
                {
                    "part": asked.part,
                    "clause": describe(clause.condition, catalog),
                    "holds": clause.truth,
                    "wanted": asked.wanted,
                    "reads": [_read(leaf, catalog) for leaf in clause.leaves()],
                }
            )
    return found


def _clauses(whole: Seen, asked: _Asked) -> Iterator[Seen]:
    """What is joined at the top; an empty one asks nothing."""
    splits = And if asked.wanted and asked.part != "consent" else Or
    if isinstance(whole.condition, splits):
        yield from whole.parts
    elif whole.parts or not isinstance(whole.condition, And):
        yield whole


def _read(leaf: Seen, catalog: Catalog) -> dict[str, Any]:
    is_public = leaf.value is None or reads_public(leaf.condition, catalog)
    return {
        "what": describe(leaf.condition, catalog),
        "value": leaf.value if is_public else HIDDEN,
        "holds": leaf.truth,
    }


def unread(document: Any) -> Any:
    """A document of ``explain`` for somebody who may know what holds for a user and not why: each
    value that was read is hidden."""
    if isinstance(document, list):
        return [unread(one) for one in document]
    if not isinstance(document, dict):
        return document
    return {
        name: HIDDEN if name in _READ and one is not None else unread(one)
        for name, one in document.items()
    }


def otherwise(leaf: Seen, catalog: Catalog, *, values: bool) -> str:
    """What a leaf would have to be, and with ``values`` what it was."""
    words = describe(leaf.condition, catalog)
    expected = words if leaf.truth is not True else f"not: {words}"
    if not values:
        return expected
    return f"{expected} (read: {'nothing' if leaf.value is None else leaf.value})"
