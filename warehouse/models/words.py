"""What a catalog needs to say of traits so that prompts and rules can name them."""

from __future__ import annotations

from typing import Any

from warehouse.catalog import Catalog
from warehouse.models.model import Model
from warehouse.models.modelset import ModelSet


def words_of(models: ModelSet, catalog: Catalog) -> dict[str, Any]:
    """The traits that a catalog lacks as a section of its traits.yaml: drafted, to be edited."""
    unnamed = (model for model in models.traits if model.name not in catalog.traits)
    return {model.name: _entry(model) for model in unnamed}


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
