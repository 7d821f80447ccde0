"""Which events count: filters on their properties, decided when an event comes as far as can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core.conditions import AsOf, Filter
from core.event_memory import Held, Properties
from core.kinds import property_value
from core.lookups import filter_test


def has_moments(where: tuple[Filter, ...]) -> bool:
    """Whether a filter compares with the moment of decision, which moves on."""
    return any(isinstance(one.value, AsOf) for one in where)


def meets_when_it_comes(
    where: tuple[Filter, ...], kinds: Mapping[str, str]
) -> Callable[[Properties], Held | None]:
    """Whether an event counts, decided when it comes as far as that can be."""
    fixed = [
        (one.column, kinds[one.column], filter_test(one, kinds[one.column]))
        for one in where
        if not isinstance(one.value, AsOf)
    ]
    moving = [(one.column, kinds[one.column]) for one in where if isinstance(one.value, AsOf)]

    def meets(properties: Properties) -> Held | None:
        for column, kind, test in fixed:
            if not test(property_value(properties.get(column), kind)):
                return None
        held = tuple(property_value(properties.get(column), kind) for column, kind in moving)
        # A missing moment is neither before nor after any other.
        return None if None in held else tuple(int(one) for one in held if one is not None)

    return meets


def meets_at(
    where: tuple[Filter, ...], kinds: Mapping[str, str]
) -> Callable[[Held, int], bool] | None:
    """Whether the held properties of an event count at a moment; None when nothing is held."""
    tests = [filter_test(one, kinds[one.column]) for one in where if isinstance(one.value, AsOf)]
    if not tests:
        return None
    return lambda held, now: all(test(one - now) for test, one in zip(tests, held, strict=True))
