"""Sets of users that conditions may speak of while journeys are looked at."""

from __future__ import annotations

from core.conditions import Condition, Filter, Related
from warehouse.catalog import Catalog, Column, Entity

OFFER = "journey_offer"
RUNNER = "journey_runner"
ENTRANT = "journey_entrant"


def with_relations(catalog: Catalog) -> Catalog:
    """The catalog with the messages that are due, and with who is being looked at."""
    names = ("policy_key", "action_key")
    columns = {name: Column(description=name, type="string") for name in names}
    due = "message due"
    made = {
        OFFER: _entity(due, "journey_offers", columns, "offered_at = as_of"),
        RUNNER: _entity("run of a journey", "jr_moving", {}, "TRUE"),
        ENTRANT: _entity("way into a journey", "jr_entering", {}, "TRUE"),
    }
    return catalog.model_copy(update={"entities": {**catalog.entities, **made}})


def has_due(policy_key: str, action_key: str | None = None) -> Condition:
    """Who has a message of a journey's version due at the moment of decision."""
    where = [Filter(column="policy_key", value=policy_key)]
    if action_key is not None:
        where.append(Filter(column="action_key", value=action_key))
    return Related(entity=OFFER, where=tuple(where))


def _entity(described: str, table: str, columns: dict[str, Column], visible: str) -> Entity:
    return Entity(
        description=described,
        phrases=(described,),
        table=table,
        cardinality="many",
        visible=visible,
        columns=columns,
    )
