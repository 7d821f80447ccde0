"""What an effect asks of everybody beside the rules: sides, clauses, values, holdouts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from core.conditions import Attribute, Condition, Filter, Op, Or, Related, Trait
from core.pursuit import NOBODY
from core.rules import Holdout
from orchestrate.effects.naming import Sides
from orchestrate.effects.sides import Side
from orchestrate.reach import held_out
from warehouse.catalog import Catalog
from warehouse.catalog import Column as CatalogColumn

BEFORE, AFTER, KEPT_OUT, GOT_IT = "fx_before", "fx_after", "fx_kept_out", "fx_got_it"
MOST_VALUES = 24
"""A column with more is no small domain."""


class Asked(NamedTuple):
    """The two sides, and every condition that is asked, by the name of its flag."""

    before: Side
    after: Side
    dimensions: tuple[str, ...]
    """Columns and states by which people are told apart."""
    flags: Mapping[str, Condition]
    named: tuple[str, ...] = ()
    """Keys of the rules that name the proposal's audience."""

    def clauses(self, side: str) -> tuple[tuple[str, ...], ...]:
        """The flags of each route's clauses."""
        routes = (self.before if side == BEFORE else self.after).routes
        return tuple(
            tuple(_clause(side, number, place) for place in range(len(route.clauses)))
            for number, route in enumerate(routes)
        )

    def values(self, dimension: str) -> dict[str, str]:
        """Each value of a dimension with its flag."""
        start = _value(dimension, "")
        return {name[len(start) :]: name for name in self.flags if name.startswith(start)}


def asked_of(
    before: Side,
    after: Side,
    kept_out: Holdout | None,
    catalog: Catalog,
    named: Sides | None = None,
) -> Asked:
    """What to ask for the effect of a rule that keeps a holdout back.

    ``named``: the rules that name its audience, as they are and as they would be.
    """
    flags = {BEFORE: before.member, AFTER: after.member}
    for side, routes in ((BEFORE, before.routes), (AFTER, after.routes)):
        for number, route in enumerate(routes):
            for place, clause in enumerate(route.clauses):
                flags[_clause(side, number, place)] = clause
    dimensions = dict(_dimensions(catalog))
    for name, values in dimensions.items():
        flags |= {_value(name, value): is_it for value, is_it in values.items()}
    everywhere = catalog.defaults.contact_policy.global_holdout
    flags[KEPT_OUT] = Or(of=(held_out(kept_out), held_out(everywhere)))
    flags[GOT_IT] = _got(after, catalog)
    for key, sides in (named or {}).items():
        flags |= {
            named_flag(side, key): one for side, one in zip((BEFORE, AFTER), sides, strict=True)
        }
    return Asked(before, after, tuple(dimensions), flags, tuple(named or ()))


def named_flag(side: str, key: str) -> str:
    """The flag of whom a rule is for that names the audience."""
    return f"{side} of {key}"


def _dimensions(catalog: Catalog) -> Iterator[tuple[str, dict[str, Condition]]]:
    """Columns of users and traits with a closed, small set of values that are nobody's secret."""
    for name, column in catalog.user_columns().items():
        if column.data_class == "public" and _is_small(column):
            yield name, {v: Attribute(column=name, value=v) for v in column.values or ()}
    columns = catalog.tables[catalog.layout.traits.table].columns if catalog.traits else {}
    for name, trait in catalog.traits.items():
        data_class = columns[name].data_class if name in columns else "public"
        if data_class == "public" and trait.values and len(trait.values) <= MOST_VALUES:
            yield name, {v: Trait(name=name, value=v) for v in trait.values}


def _is_small(column: CatalogColumn) -> bool:
    return column.type == "string" and 0 < len(column.values or ()) <= MOST_VALUES


def _got(after: Side, catalog: Catalog) -> Condition:
    """Whether one of its messages was sent to a user in the past."""
    keys = tuple(sorted({one.action for one in after.routes if one.action is not None}))
    message = catalog.entities.get("message")
    if not keys or message is None or "action_key" not in message.columns:
        return NOBODY
    return Related(entity="message", where=(Filter(column="action_key", op=Op.IN, value=keys),))


def _clause(side: str, number: int, place: int) -> str:
    return f"{side}_{number}_{place}"


def _value(dimension: str, value: str) -> str:
    return f"fx_by {dimension}={value}"
