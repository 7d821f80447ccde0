"""What conditions read: traits, events and columns, and how delicate that is."""

from __future__ import annotations

from collections.abc import Iterable

from core.artifacts import Required
from core.conditions import (
    AnyLeaf,
    Attribute,
    Condition,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    Related,
    SinceEvent,
    SinceMoment,
    Trait,
    leaves,
)
from core.masking import SHOWN_CLASSES
from warehouse.catalog import Catalog, Entity
from warehouse.compile.names import Audiences, expand


def required(
    condition: Condition, catalog: Catalog, audiences: Audiences | None = None
) -> Required:
    """The traits, events and ``table.column`` names that a condition reads, sorted."""
    traits: set[str] = set()
    events: set[str] = set()
    columns: set[str] = set()
    for leaf in leaves(expand(condition, catalog, audiences)):
        match leaf:
            case Trait():
                traits.add(leaf.name)
            case Attribute():
                columns |= _attribute_columns(leaf.column, catalog)
            case EventCount() | EventAge():
                events.add(catalog.event_named(leaf.event) or leaf.event)
                columns |= _window_columns(leaf, catalog)
                if isinstance(leaf, EventCount) and isinstance(leaf.window, SinceEvent):
                    events.add(catalog.event_named(leaf.window.event) or leaf.window.event)
            case EventSequence():
                events |= {catalog.event_named(name) or name for name in (leaf.first, leaf.then)}
            case Related():
                columns |= _entity_columns(catalog.entities[leaf.entity], leaf.where)
            case ConsentIs():
                columns.add(f"{catalog.layout.consent.table}.{catalog.layout.consent.status}")
            case _:
                pass
    return Required(
        traits=tuple(sorted(traits)), events=tuple(sorted(events)), columns=tuple(sorted(columns))
    )


def _attribute_columns(name: str, catalog: Catalog) -> set[str]:
    entity_name, dot, column = name.rpartition(".")
    if not dot:
        return {f"{catalog.layout.users.table}.{name}"}
    return {f"{catalog.entities[entity_name].table}.{column}"}


def _window_columns(leaf: EventCount | EventAge, catalog: Catalog) -> set[str]:
    if isinstance(leaf, EventCount) and isinstance(leaf.window, SinceMoment):
        return _attribute_columns(leaf.window.column, catalog)
    return set()


def _entity_columns(entity: Entity, where: tuple[Filter, ...]) -> set[str]:
    return {f"{entity.table}.{one.column}" for one in where}


def data_classes(
    conditions: Iterable[Condition], catalog: Catalog, audiences: Audiences | None = None
) -> dict[str, str]:
    """The class of each ``table.column`` that conditions read, and of what they filter by."""
    found: dict[str, str] = {}
    for condition in conditions:
        for name in required(condition, catalog, audiences).columns:
            table, _, column = name.partition(".")
            if table not in catalog.tables:
                continue  # a table of the engine's own: what is asked of it is classified below
            known = catalog.tables[table].columns.get(column)
            found[name] = known.data_class if known else "public"
        for leaf in leaves(expand(condition, catalog, audiences)):
            found |= _filter_classes(leaf, catalog)
    return found


def reads_public(
    condition: Condition, catalog: Catalog, audiences: Audiences | None = None
) -> bool:
    """Whether everything that a condition reads is public."""
    return set(data_classes([condition], catalog, audiences).values()) <= SHOWN_CLASSES


def _filter_classes(leaf: AnyLeaf, catalog: Catalog) -> dict[str, str]:
    """The class of each property or related column that a leaf filters by."""
    match leaf:
        case EventCount() | EventAge():
            known = catalog.events[catalog.event_named(leaf.event) or leaf.event].properties
            prefix = leaf.event
        case Related():
            known, prefix = catalog.entities[leaf.entity].columns, leaf.entity
        case _:
            return {}
    return {f"{prefix}.{one.column}": known[one.column].data_class for one in leaf.where}
