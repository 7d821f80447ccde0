"""Published rules, read: what is in force, what was, and what each version said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, NamedTuple

import sqlalchemy as sa
from pydantic import Field, TypeAdapter

from control.store import Store
from control.tables import versions
from core.conditions import And, Condition
from core.errors import Code, refuse
from core.rules import DecisionPolicy, EligibilityRule

ARTIFACT: TypeAdapter[EligibilityRule | DecisionPolicy] = TypeAdapter(
    Annotated[EligibilityRule | DecisionPolicy, Field(discriminator="kind")]
)


class Version(NamedTuple):
    """One immutable version of a rule. ``state`` is live, paused or superseded."""

    key: str
    version: int
    kind: str
    artifact: EligibilityRule | DecisionPolicy
    content_hash: str
    change_request_id: str | None
    state: str
    published_at: datetime
    published_by: str


def live(store: Store) -> list[Version]:
    """Every rule in force, by key; paused ones are not."""
    return _select(store, versions.c.state == "live")


def all_current(store: Store) -> list[Version]:
    """The newest version of every key, live or paused, by key."""
    return _select(store, versions.c.state != "superseded")


def current(store: Store, key: str) -> Version | None:
    """The version of a key that is live or paused, if there is one."""
    found = _select(store, versions.c.key == key, versions.c.state != "superseded")
    return found[0] if found else None


def version(store: Store, key: str, number: int) -> Version:
    """One version; refuses with UNKNOWN_KEY."""
    found = _select(store, versions.c.key == key, versions.c.version == number)
    if not found:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no version {number} of '{key}'.",
            span=key,
            fix="List its versions with 'pilothouse rules history'.",
        )
    return found[0]


def history(store: Store, key: str) -> list[Version]:
    """Every version of a key, newest first; refuses with UNKNOWN_KEY when there is none."""
    found = _select(store, versions.c.key == key)
    if not found:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"No rule '{key}' was ever published.",
            span=key,
            fix="List the rules with 'pilothouse rules list'.",
        )
    return found[::-1]


def audiences(store: Store) -> Callable[[str, int | None], Condition | None]:
    """Resolves the audience of a published rule: population and condition, of a version or current.

    Reads the store once; gives None for a key or version that was never published.
    """
    rules = {
        (found.key, found.version): found.artifact
        for found in _select(store, versions.c.kind == "eligibility_rule")
    }
    newest = {key: max(v for k, v in rules if k == key) for key, _ in rules}

    def resolve(key: str, number: int | None) -> Condition | None:
        rule = rules.get((key, newest.get(key, 0) if number is None else number))
        if not isinstance(rule, EligibilityRule):
            return None
        return And(of=(rule.population, rule.condition))

    return resolve


def read_version(row: sa.Row[tuple[object, ...]]) -> Version:
    """A row of the versions table as a Version."""
    fields = row._asdict()
    artifact = ARTIFACT.validate_python(fields.pop("content"))
    return Version(artifact=artifact, **fields)


def _select(store: Store, *conditions: sa.ColumnElement[bool]) -> list[Version]:
    query = sa.select(versions).where(*conditions).order_by(versions.c.key, versions.c.version)
    with store.read() as connection:
        return [read_version(row) for row in connection.execute(query)]
