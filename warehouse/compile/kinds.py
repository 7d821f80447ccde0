"""The types of a catalog's names, for evaluating conditions without SQL."""

from __future__ import annotations

from core.kinds import Kinds
from warehouse.catalog import Catalog


def kinds(catalog: Catalog) -> Kinds:
    """What each name is, as the online evaluator needs it."""
    columns: dict[str, str] = {name: one.type for name, one in catalog.user_columns().items()}
    for key, entity in catalog.entities.items():
        if entity.cardinality == "one":
            columns |= {f"{key}.{name}": one.type for name, one in entity.columns.items()}
    return Kinds(
        columns=columns,
        traits={name: trait.type for name, trait in catalog.traits.items()},
        properties={
            name: {key: one.type for key, one in event.properties.items()}
            for name, event in catalog.events.items()
        },
        events={
            name: key for key, event in catalog.events.items() for name in (*event.aliases, key)
        },
    )
