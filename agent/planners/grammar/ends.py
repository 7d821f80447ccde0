"""From when on something ends a message that is for those who did not do it for a while."""

from __future__ import annotations

from collections.abc import Iterator

from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import negate
from agent.planners.grammar.policy_defaults import Item
from core.conditions import (
    Condition,
    EventAge,
    EventCount,
    InAudience,
    Op,
    Related,
    Rolling,
    Window,
    leaves,
)
from warehouse.catalog import Catalog

_LATER = (Op.GE, Op.GT)


def since_eligible(item: Item, when: Condition, lexicon: Lexicon) -> Condition:
    """'Stop the win-back when they work out', for whom did not in 30 days: in these 30 days.

    The same where one is said of events and the other of the rows that they make.
    """
    catalog = lexicon.catalog
    if not _at_any_time(when, catalog):
        return when
    for leaf in _meant(item.eligibility, catalog):
        if not _same(leaf, when, lexicon) or not _idle(leaf, catalog):
            continue
        if isinstance(leaf, Related):
            return negate(leaf)
        window = _window(leaf)
        if isinstance(when, EventCount) and window is not None:
            return when.model_copy(update={"window": window})
        event = getattr(leaf, "event", None)
        if window is not None and event is not None and not getattr(when, "where", ()):
            return EventCount(event=event, window=window)
    return when


def _meant(condition: Condition, catalog: Catalog) -> Iterator[Condition]:
    """The leaves of a condition, those of the audiences that it names included."""
    for leaf in leaves(condition):
        audience = catalog.audiences.get(leaf.key) if isinstance(leaf, InAudience) else None
        if audience is None:
            yield leaf
        else:
            yield from _meant(audience.condition, catalog)


def _at_any_time(when: Condition, catalog: Catalog) -> bool:
    """Something that happened at least once, in no period of its own."""
    if isinstance(when, EventCount):
        return when.window is None and when.op is Op.GE and when.n == 1
    once = isinstance(when, Related) and when.op is Op.GE and when.n == 1
    return once and not _bounded(when, catalog) and not getattr(when, "where", ())


def _idle(leaf: Condition, catalog: Catalog) -> bool:
    """Whether a leaf says that something did not happen in a period."""
    if isinstance(leaf, EventAge):
        return leaf.which == "last" and leaf.op in _LATER
    none = isinstance(leaf, EventCount | Related) and (leaf.op, leaf.n) in (
        (Op.EQ, 0), (Op.LT, 1),
    )  # fmt: skip
    return none and (_bounded(leaf, catalog) or _window(leaf) is not None)


def _bounded(leaf: Condition, catalog: Catalog) -> bool:
    """Whether rows are counted from some moment on."""
    if not isinstance(leaf, Related):
        return False
    columns = catalog.entities[leaf.entity].columns
    times = {name for name, column in columns.items() if column.type == "timestamp"}
    return any(one.column in times and one.op in _LATER for one in leaf.where)


def _window(leaf: Condition) -> Window | None:
    if isinstance(leaf, EventCount):
        return leaf.window
    return Rolling(seconds=leaf.seconds) if isinstance(leaf, EventAge) else None


def _same(leaf: Condition, when: Condition, lexicon: Lexicon) -> bool:
    """Whether both are about the same event, the same rows, or an event and its rows."""
    told = _named(leaf), _named(when)
    if None in told:
        return False
    if told[0] == told[1]:
        return True
    kinds = {kind: name for one in told if one is not None for kind, name in [one]}
    if {*kinds} != {"event", "rows"}:
        return False
    nouns = {kinds["rows"], *lexicon.catalog.entities[kinds["rows"]].phrases}
    phrases = lexicon.catalog.events[kinds["event"]].phrases
    return any(
        phrase.split()[-1] == noun and len(phrase.split()) <= _SHORT
        for phrase in phrases
        for noun in nouns
    )


_SHORT = 3
"""'place an order': a verb, an article and what it makes."""


def _named(leaf: Condition) -> tuple[str, str] | None:
    if isinstance(leaf, EventCount | EventAge):
        return "event", leaf.event
    return ("rows", leaf.entity) if isinstance(leaf, Related) else None
