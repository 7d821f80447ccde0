"""What a kill switch can be put on in a workspace: rules and journeys, actions, channels, all."""

from __future__ import annotations

from collections.abc import Iterator

from control import versions
from control.kill_switches import Scope
from control.store import Store
from core.errors import Code, refuse
from core.proposal import actions_of
from warehouse.catalog import Catalog


def check_exists(store: Store, catalog: Catalog, scope: Scope, key: str) -> None:
    """Refuses with UNKNOWN_KEY what no switch could ever stop: a slip of the pen stops nothing."""
    known = {
        "policy": _policies,
        "action": _actions,
        "channel": lambda _store, catalog: sorted(catalog.channels),
    }
    if scope == "global":
        return
    names = known[scope](store, catalog)
    if key not in names:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no {scope} '{key}'.",
            span=key,
            fix=f"Known: {', '.join(names) or 'none yet'}.",
        )


def _policies(store: Store, _catalog: Catalog) -> list[str]:
    """Rules and journeys that were ever published."""
    rules, journeys = versions.all_current(store), versions.journeys(store)
    return sorted({one.key for one in rules} | {one.key for one in journeys})


def _actions(store: Store, catalog: Catalog) -> list[str]:
    """What may be on its way by now: older versions of journeys go on to their end."""
    return sorted({*catalog.actions, *_of_rules(store), *_of_journeys(store)})


def _of_rules(store: Store) -> Iterator[str]:
    for one in versions.all_current(store):
        yield from (action.key for action in actions_of(one.artifact))


def _of_journeys(store: Store) -> Iterator[str]:
    for one in versions.running_journeys(store).values():
        yield from (message.action.key for message in one.artifact.messages())
