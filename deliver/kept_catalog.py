"""The catalog that messages leave by: what was approved counts, whatever was read from files."""

from __future__ import annotations

from control import versions
from control.store import Store
from core.data_changes import FileChange
from warehouse.catalog import Catalog
from warehouse.catalog_parts import CATALOG_PARTS, kept_over


def catalog_in_force(store: Store, catalog: Catalog) -> Catalog:
    """The catalog with every part that is kept as it was approved last; itself if it says that."""
    kept = {
        found.kind: found.artifact.content
        for found in versions.live_data(store)
        if isinstance(found.artifact, FileChange) and found.kind in CATALOG_PARTS
    }
    wanted = kept_over(catalog, kept) if kept else catalog
    unchanged = all(part.read(wanted) == part.read(catalog) for part in CATALOG_PARTS.values())
    return catalog if unchanged else wanted
