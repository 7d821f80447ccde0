"""Which event a message is for."""

from __future__ import annotations

from sqlglot import exp

from core.errors import Code, refuse
from warehouse.catalog import Catalog


def goals(catalog: Catalog, goal_event: str | None = None) -> exp.Expr:
    """Which event counts for a decision ``d``: the one named, or the goal of its action.

    Refuses with UNKNOWN_EVENT.
    """
    if goal_event is not None:
        known = catalog.event_named(goal_event)
        if known is None:
            raise refuse(Code.UNKNOWN_EVENT, f"The catalog has no event '{goal_event}'.")
        return exp.Literal.string(known)
    found = exp.Case()
    for action in catalog.actions.values():
        if action.goal_event is not None:
            is_it = exp.column("action_key", "d").eq(exp.Literal.string(action.key))
            found = found.when(is_it, exp.Literal.string(action.goal_event))
    return found if found.args.get("ifs") else exp.null()
