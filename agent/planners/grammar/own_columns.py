"""The columns and traits of a user by their senses, and conditions on them."""

from __future__ import annotations

from agent.planners.grammar.lexicon import Sense
from core.conditions import Attribute, Condition, Op, Trait, Value
from warehouse.catalog import Catalog, Column


class OwnColumns:
    """Looks up what a sense of a user's own value is in the catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def column(self, sense: Sense) -> Column | None:
        """The column, or the trait as a column; None where it is no single value of the user."""
        if sense.kind == "trait":
            trait = self.catalog.traits[sense.name]
            return Column(description=trait.description, type=trait.type, values=trait.values)
        if sense.owner == "":
            return self.catalog.user_columns()[sense.name]
        name = sense.owner.removeprefix("entity:")
        entity = self.catalog.entities.get(name) if sense.owner.startswith("entity:") else None
        return entity.columns[sense.name] if entity and entity.cardinality == "one" else None

    def described(self, sense: Sense) -> Column:
        """The column of a sense that was read, with its description."""
        column = self.column(sense)
        assert column is not None
        return column

    def leaf(self, sense: Sense, op: Op, value: Value) -> Condition:
        """The condition that compares the value with another."""
        if sense.kind == "trait":
            return Trait(name=sense.name, op=op, value=value)
        prefix = f"{sense.owner.removeprefix('entity:')}." if sense.owner else ""
        return Attribute(column=prefix + sense.name, op=op, value=value)


def own_entities(catalog: Catalog) -> tuple[str, ...]:
    """The to-one entities that say more of the user: not the latest of several rows."""
    several = {one.table for one in catalog.entities.values() if one.cardinality == "many"}
    return tuple(
        f"entity:{name}"
        for name, one in catalog.entities.items()
        if one.cardinality == "one" and one.table not in several
    )
