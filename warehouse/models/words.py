"""What a catalog says of traits, so that prompts and rules can name them."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

from warehouse.catalog import Catalog, with_traits_table
from warehouse.models.model import Model
from warehouse.models.modelset import ModelSet


def words_of(models: ModelSet, catalog: Catalog) -> dict[str, Any]:
    """The traits that a catalog lacks as a section of its traits.yaml: drafted, to be edited."""
    unnamed = (model for model in models.traits if model.name not in catalog.traits)
    return {model.name: _entry(model) for model in unnamed}


def listing_only(catalog: Catalog, built: AbstractSet[str]) -> Catalog:
    """The catalog with those of its traits that are built, and with their table."""
    traits = {name: trait for name, trait in catalog.traits.items() if name in built}
    tables = {**catalog.tables}
    tables.pop(catalog.layout.traits.table, None)
    return with_traits_table(catalog.model_copy(update={"traits": traits, "tables": tables}))


def _entry(model: Model) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "type": model.type,
        "owner": model.owner,
        "description": model.meaning,
        "phrases": [_spoken(model.name)],
        "freshness_slo_seconds": model.freshness,
    }
    if model.values:
        entry["values"] = {value: [_spoken(value)] for value in model.values}
    return entry


def _spoken(name: str) -> str:
    return name.replace("_", " ")
