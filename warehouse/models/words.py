"""What a catalog says of traits, so that prompts and rules can name them."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any

import yaml

from core.errors import Code, refuse
from warehouse.catalog import Catalog, with_traits_table
from warehouse.models.model import Model
from warehouse.models.modelset import ModelSet


def words_of(models: ModelSet, catalog: Catalog) -> dict[str, Any]:
    """The traits that a catalog lacks as a section of its traits.yaml: drafted, to be edited."""
    unnamed = (model for model in models.traits if model.name not in catalog.traits)
    return {model.name: _entry(model) for model in unnamed}


def spelled(words: Mapping[str, Any]) -> str:
    """These words as lines of a traits.yaml."""
    return yaml.safe_dump(dict(words), sort_keys=False, allow_unicode=True, width=120).rstrip()


def listed_after(text: str, words: Mapping[str, Any], file: str) -> str:
    """A traits.yaml with these words after its own; its comments and layout stay.

    Refuses with INVALID_FILE one that lines cannot be added to.
    """
    try:
        own = yaml.safe_load(text)
        # A drafted file without a trait is a comment and an empty mapping.
        longer = f"{text.rstrip()}\n{spelled(words)}\n" if own else f"{spelled(words)}\n"
        yaml.safe_load(longer)
    except yaml.YAMLError as error:
        raise refuse(
            Code.INVALID_FILE,
            f"{file} cannot be added to: it is not a list of one trait after the other.",
            span=file,
            fix="Add the lines yourself: 'pilothouse model words' writes them.",
        ) from error
    return longer


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
