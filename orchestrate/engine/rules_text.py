"""The rules of a cycle as a document and back: with the state, all that a replay needs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_core import to_jsonable_python

from control.kill_switches import Killed, KillSwitch, Scope
from core.rules import ContactPolicy
from orchestrate.engine.candidates import Rules
from orchestrate.engine.zones import Zones
from orchestrate.plan import PlannedPolicy


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")

    as_of: datetime
    policies: tuple[PlannedPolicy, ...]
    contact: ContactPolicy
    purposes: dict[str, str | None]
    killed: tuple[tuple[Scope, str], ...]
    stale: tuple[str, ...]
    zones: tuple[str, ...]


def rules_document(rules: Rules, zones: Zones, stale: Collection[str]) -> dict[str, Any]:
    """What is kept of a cycle's rules, as plain data."""
    policies = [
        policy._asdict() | {"entries": [entry._asdict() for entry in policy.entries]}
        for policy in rules.policies
    ]
    told: dict[str, Any] = to_jsonable_python(
        {
            "as_of": rules.as_of,
            "policies": policies,
            "contact": rules.contact,
            "purposes": rules.purposes,
            "killed": [(switch.scope, switch.key) for switch in rules.killed.switches],
            "stale": sorted(stale),
            "zones": zones.names,
        }
    )
    return told


def rules_of(document: dict[str, Any]) -> tuple[Rules, tuple[str, ...], tuple[str, ...]]:
    """The rules, the policies on old data and the zones of a kept document."""
    kept = _Document.model_validate(document)
    switches = tuple(KillSwitch(scope, key, "", "", kept.as_of) for scope, key in kept.killed)
    rules = Rules(kept.as_of, kept.policies, kept.contact, kept.purposes, Killed(switches))
    return rules, kept.stale, kept.zones
