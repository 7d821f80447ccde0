"""Putting runs under way on another version of their journey: planned with counts, then done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from control import audit, journeys, versions
from control.people import Person, require_now
from control.store import Store, utc
from control.versions import JourneyVersion
from core.errors import Code, refuse
from core.journeys import AnyStep
from core.lifecycle import Role

MAY_MIGRATE = frozenset({Role.APPROVER, Role.ADMIN})


class Moving(NamedTuple):
    """Runs of one version at one step, and where they would go: None where they stay."""

    version: int
    step: str
    to: str | None
    runs: int


class Migration(NamedTuple):
    """What a migration would do, or did."""

    journey_key: str
    to_version: int
    moving: tuple[Moving, ...]

    @property
    def moved(self) -> int:
        """Runs that change their version."""
        return sum(one.runs for one in self.moving if one.to is not None)

    @property
    def stays(self) -> int:
        """Runs whose step the other version does not have."""
        return sum(one.runs for one in self.moving if one.to is None)


def planned_migration(
    store: Store, key: str, to: int, renamed: Mapping[str, str] | None = None
) -> Migration:
    """Where every run under way would go: to the step of the same key and kind, or as ``renamed``
    says (old step → new step). Refuses with UNKNOWN_KEY and with INVALID_ARGUMENT."""
    history = {one.version: one for one in versions.journey_history(store, key)}
    if to not in history:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no version {to} of '{key}'.",
            span=str(to),
            fix=f"Its versions: {', '.join(str(number) for number in sorted(history))}.",
        )
    target = history[to]
    _check(renamed or {}, target)
    moving = []
    for found, version, step, _, runs in journeys.counts(store, active_only=True):
        if found == key and version != to:
            old = history[version].artifact.step(step)
            moving.append(Moving(version, step, _to(old, target, renamed or {}), runs))
    return Migration(key, to, tuple(moving))


def migrate(store: Store, migration: Migration, *, person: Person, now: datetime) -> Migration:
    """Do it, as one act of the audit log; gives what moved: runs that went on since are left."""
    key, to = migration.journey_key, migration.to_version
    with store.write() as connection:
        require_now(connection, person, MAY_MIGRATE, "move runs to another version")
        moving = tuple(
            one
            if one.to is None
            else one._replace(
                runs=journeys.migrate(connection, key, to, [(one.version, one.step, one.to)])
            )
            for one in migration.moving
        )
        done = migration._replace(moving=moving)
        note = f"{done.moved} runs moved, {done.stays} stay"
        act = audit.Act(utc(now), person.email, "migrate", f"{key} version {to}", note=note)
        audit.append(connection, act)
    return done


def _check(renamed: Mapping[str, str], target: JourneyVersion) -> None:
    for new in renamed.values():
        if target.artifact.step(new) is None:
            known = ", ".join(step.key for step in target.artifact.steps)
            raise refuse(
                Code.UNKNOWN_KEY,
                f"Version {target.version} of '{target.key}' has no step '{new}'.",
                span=new,
                fix=f"Its steps: {known}.",
            )


def _to(old: AnyStep | None, target: JourneyVersion, renamed: Mapping[str, str]) -> str | None:
    if old is None:
        return None
    found = target.artifact.step(renamed.get(old.key, old.key))
    return found.key if found is not None and found.kind == old.kind else None
