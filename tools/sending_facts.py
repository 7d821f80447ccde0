"""What guardrail policies need to know of whatever sends, from the workspace and the catalog."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.artifacts import Required
from core.rules import Action
from core.sending import ChannelFacts, Input
from core.settings import PolicySettings, SyncSettings
from orchestrate.audience_counts import Counted
from warehouse.catalog import Catalog
from warehouse.regulations import regulations
from warehouse.template_sources import template_facts


def _no_traits(_traits: Collection[str]) -> tuple[Input, ...]:
    return ()


@dataclass(frozen=True)
class Surroundings:
    """What the settings and the routes of a workspace say, whoever asks."""

    reach_limit_share: float
    policies: PolicySettings = field(default_factory=PolicySettings)
    channels: Mapping[str, ChannelFacts] = field(default_factory=dict)
    syncs: Mapping[str, SyncSettings] = field(default_factory=dict)
    trait_inputs: Callable[[Collection[str]], tuple[Input, ...]] = _no_traits
    """Traits → the source of each that is furthest behind."""


def sending_facts(
    key: str,
    actions: Sequence[Action],
    required: Required,
    data_classes: Mapping[str, str],
    counted: Counted,
    catalog: Catalog,
    surroundings: Surroundings,
) -> dict[str, Any]:
    """The fields of ``core.sending.Sending`` that no query but the count is needed for."""
    return {
        "users_total": counted.users_total,
        "consent_purposes": {
            name: channel.consent_purpose for name, channel in catalog.channels.items()
        },
        "data_classes": dict(data_classes),
        "reach_limit_share": surroundings.reach_limit_share,
        "templates": template_facts(actions, catalog),
        "contact": catalog.defaults.contact_policy,
        "policies": surroundings.policies,
        "channels": dict(surroundings.channels),
        "people": counted.people,
        "countries_known": catalog.layout.users.country is not None,
        "without_zone": counted.without_zone,
        "regulations": regulations(),
        "proxies": declared_proxies(required, data_classes, catalog),
        "rivals": counted.rivals,
        "before": counted.before,
        "commercial_events": (catalog.layout.sales.event,) if catalog.layout.sales else (),
        "syncs": {name: one for name, one in surroundings.syncs.items() if key in one.audiences},
        "personal_columns": {
            name: column.data_class
            for name, column in catalog.user_columns().items()
            if column.data_class != "public"
        },
    }


def tables_read(required: Required, catalog: Catalog) -> set[str]:
    """The tables that conditions read themselves; where traits come from is another question."""
    found = {name.partition(".")[0] for name in required.columns}
    return found | ({catalog.layout.events.table} if required.events else set())


def declared_proxies(
    required: Required, data_classes: Mapping[str, str], catalog: Catalog
) -> dict[str, str]:
    """What is read and declared to stand for something else, and for what."""
    found = {name: catalog.traits[name].proxy_for for name in required.traits}
    for name in data_classes:
        owner, _, column = name.partition(".")
        for section in (catalog.tables, catalog.entities):
            if owner in section and column in section[owner].columns:
                found[name] = section[owner].columns[column].proxy_for or found.get(name)
        if owner in catalog.events and column in catalog.events[owner].properties:
            found[name] = catalog.events[owner].properties[column].proxy_for
    return {name: what for name, what in found.items() if what}
