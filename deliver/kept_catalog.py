"""The catalog that messages leave by: what was approved counts, whatever was read from files."""

from __future__ import annotations

from control import versions
from control.store import Store
from core.data_changes import FileChange
from warehouse.catalog import Catalog
from warehouse.catalog_parts import CATALOG_PARTS, says, with_part


def catalog_in_force(store: Store, catalog: Catalog) -> Catalog:
    """The catalog with every part that is kept as it was approved last; itself if it says that."""
    for found in versions.live_data(store):
        change = found.artifact
        if found.kind not in CATALOG_PARTS or not isinstance(change, FileChange):
            continue
        if not says(catalog, found.kind, change.content):
            catalog = with_part(catalog, found.kind, change.content)
    return catalog
