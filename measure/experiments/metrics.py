"""Which metrics a read-out compares: the goal first, then what the catalog lists."""

from __future__ import annotations

from measure.experiments.measured import GOAL, Compared, compared
from warehouse.catalog import Catalog


def of_catalog(catalog: Catalog, names: tuple[str, ...] = ()) -> tuple[Compared, ...]:
    """The metrics named, in their order; all of them where none is, guards last."""
    listed = catalog.readout_metrics
    chosen = names or tuple(sorted(listed, key=lambda name: listed[name].guard))
    guards = () if not names else tuple(n for n in listed if listed[n].guard and n not in names)
    return tuple(compared(name, listed[name]) for name in (*chosen, *guards))


def with_goal(catalog: Catalog, name: str) -> tuple[Compared, ...]:
    """The goal of each unit's own message, then all that the catalog lists."""
    return (Compared(GOAL, name, "reached", None), *of_catalog(catalog))
