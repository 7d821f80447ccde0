"""The rules of a cycle as a document and back: with the state, all that a replay needs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from control.kill_switches import Killed, KillSwitch
from core.conditions import Condition
from core.rules import Action, ContactPolicy, Experiment, Holdout, StopCondition, Suppression
from orchestrate.engine.candidates import Rules
from orchestrate.engine.zones import Zones
from orchestrate.plan import PlannedEntry, PlannedPolicy


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tier: int
    position: int
    action: Action
    eligibility: Condition
    applicability: Condition | None
    score: str | None
    suppressions: tuple[Suppression, ...]
    stop_conditions: tuple[StopCondition, ...]
    experiment: Experiment | None


class _Policy(BaseModel):
    model_config = ConfigDict(extra="forbid")

    key: str
    version: int
    is_rule: bool
    population: Condition
    entries: tuple[_Entry, ...]
    k: int
    cooldown_seconds: int
    holdout: Holdout | None
    max_staleness_seconds: dict[str, int]
    repeats: bool
    never_again: bool


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")

    as_of: datetime
    policies: tuple[_Policy, ...]
    contact: ContactPolicy
    purposes: dict[str, str | None]
    killed: tuple[tuple[str, str], ...]
    stale: tuple[str, ...]
    zones: tuple[str, ...]


_DOCUMENT = TypeAdapter(_Document)


def rules_document(rules: Rules, zones: Zones, stale: Collection[str]) -> dict[str, Any]:
    """What is kept of a cycle's rules, as plain data."""
    policies = [
        policy._asdict() | {"entries": [entry._asdict() for entry in policy.entries]}
        for policy in rules.policies
    ]
    document = _Document.model_validate(
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
    told: dict[str, Any] = _DOCUMENT.dump_python(document, mode="json")
    return told


def rules_of(document: dict[str, Any]) -> tuple[Rules, tuple[str, ...], tuple[str, ...]]:
    """The rules, the policies on old data and the zones of a kept document."""
    kept = _DOCUMENT.validate_python(document)
    policies = tuple(
        PlannedPolicy(
            **{name: getattr(policy, name) for name in PlannedPolicy._fields if name != "entries"},
            entries=tuple(
                PlannedEntry(**{name: getattr(entry, name) for name in PlannedEntry._fields})
                for entry in policy.entries
            ),
        )
        for policy in kept.policies
    )
    switches = tuple(
        KillSwitch(scope=scope, key=key, reason="", by="", at=kept.as_of)  # type: ignore[arg-type]
        for scope, key in kept.killed
    )
    rules = Rules(kept.as_of, policies, kept.contact, kept.purposes, Killed(switches))
    return rules, kept.stale, kept.zones
