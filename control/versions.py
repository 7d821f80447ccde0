"""Published versions, read: what is in force, what was, and what each version said.

Rules, journeys and changes of the data layer lie in one table and are read apart:
whoever asks for rules is never given a trait model.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import sqlalchemy as sa
from pydantic import Field, TypeAdapter

from control.canary_tables import canaries
from control.store import Store
from control.tables import versions
from core.conditions import Condition
from core.data_changes import (
    DATA_KINDS,
    ChannelRoutesChange,
    DataChange,
    TrackingPlanChange,
    TraitModelsChange,
)
from core.errors import Code, refuse
from core.journeys import Journey
from core.jumps import JUMP, PopulationJump
from core.rules import DecisionPolicy, EligibilityRule

Rule = EligibilityRule | DecisionPolicy
Governed = Rule | Journey | DataChange | PopulationJump

ARTIFACT: TypeAdapter[Rule] = TypeAdapter(Annotated[Rule, Field(discriminator="kind")])
"""A rule."""
GOVERNED: TypeAdapter[Governed] = TypeAdapter(Annotated[Governed, Field(discriminator="kind")])
"""Whatever goes live by an approval."""

Content = TypeVar("Content", bound=Governed, covariant=True)
Change = TypeVar("Change", TraitModelsChange, TrackingPlanChange, ChannelRoutesChange)


class Versioned(NamedTuple, Generic[Content]):
    """One immutable version. ``state`` is live, paused or superseded."""

    key: str
    version: int
    kind: str
    artifact: Content
    content_hash: str
    change_request_id: str | None
    state: str
    published_at: datetime
    published_by: str


Version = Versioned[Rule]
"""A version of a rule."""
JumpVersion = Versioned[PopulationJump]
"""A population that jumped, accepted by a person."""
JourneyVersion = Versioned[Journey]
"""A version of a journey."""
AnyVersion = Versioned[Governed]
"""A version of whatever goes live by an approval."""


class Trial(NamedTuple):
    """How a version is live for some users only: as a canary."""

    salt: str
    share: float
    baseline: int | None
    """The version that the others get."""


_DATA = versions.c.kind.in_(sorted(DATA_KINDS))
_JOURNEYS = versions.c.kind == "journey"
_JUMPS = versions.c.kind == JUMP
_RULES = sa.not_(sa.or_(_DATA, _JOURNEYS, _JUMPS))


def live(store: Store) -> list[Version]:
    """Every rule in force, by key; paused ones are not."""
    return _rules(store, versions.c.state == "live")


def live_with_trials(store: Store) -> list[tuple[Version, Trial | None]]:
    """Every rule in force, by key, with the canary that runs of it.

    Both are read at one moment: what has just begun as a canary, or just ended, is never taken
    for a version that everybody has.
    """
    return _with_trials(store, versions.c.state == "live")


def all_current(store: Store) -> list[Version]:
    """The newest version of every rule, live or paused, by key."""
    return _rules(store, versions.c.state != "superseded")


def current(store: Store, key: str) -> Version | None:
    """The version of a rule that is live or paused, if there is one."""
    found = _rules(store, versions.c.key == key, versions.c.state != "superseded")
    return found[0] if found else None


def everything(store: Store, keys: Collection[str]) -> list[Version]:
    """Every version of some rules, by key and number."""
    return _rules(store, versions.c.key.in_(sorted(keys)))


def version(store: Store, key: str, number: int) -> Version:
    """One version of a rule; refuses with UNKNOWN_KEY."""
    found = _rules(store, versions.c.key == key, versions.c.version == number)
    if not found:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no version {number} of '{key}'.",
            span=key,
            fix="List its versions with 'pilothouse rules history'.",
        )
    return found[0]


def history(store: Store, key: str) -> list[Version]:
    """Every version of a rule, newest first; refuses with UNKNOWN_KEY when there is none."""
    found = _rules(store, versions.c.key == key)
    if not found:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"No rule '{key}' was ever published.",
            span=key,
            fix="List the rules with 'pilothouse rules list'.",
        )
    return found[::-1]


def journeys(store: Store) -> list[JourneyVersion]:
    """The newest version of every journey, live or paused, by key."""
    return _journeys(store, versions.c.state != "superseded")


def journey_history(store: Store, key: str) -> list[JourneyVersion]:
    """Every version of a journey, newest first; refuses with UNKNOWN_KEY when there is none."""
    found = _journeys(store, versions.c.key == key)
    if not found:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"No journey '{key}' was ever published.",
            span=key,
            fix="List the journeys with 'pilothouse journeys list'.",
        )
    return found[::-1]


def running_journeys(store: Store) -> dict[str, JourneyVersion]:
    """Every version of the journeys that are live now, older ones too, as ``key@version``: runs
    stay with the version that they entered."""
    in_force = {one.key for one in journeys(store) if one.state == "live"}
    every = _journeys(store, versions.c.key.in_(in_force))
    return {f"{one.key}@{one.version}": one for one in every}


def accepted_jump(store: Store) -> JumpVersion | None:
    """The population jump that a person accepted last; None while nobody ever did."""
    found = _rows(store, _JUMPS, versions.c.state == "live")
    return _version(found[0], PopulationJump.model_validate) if found else None


def current_data(store: Store, change: type[Change]) -> Versioned[Change] | None:
    """The live version of a kind of data change; None while what is built in is in force."""
    found = _data(store, change, versions.c.state == "live")
    return found[0] if found else None


def live_data(store: Store) -> list[AnyVersion]:
    """What is live of every kind of data change that was ever published, by key."""
    return [read_version(row) for row in _rows(store, _DATA, versions.c.state == "live")]


def data_history(store: Store, change: type[Change]) -> list[Versioned[Change]]:
    """Every version of a kind of data change, newest first; none while it was never changed."""
    return _data(store, change)[::-1]


def history_of(store: Store, kind: str) -> list[AnyVersion]:
    """Every version of any kind of data change by its name, newest first."""
    return [read_version(row) for row in _rows(store, _DATA, versions.c.kind == kind)][::-1]


def data_version(store: Store, change: type[Change], number: int) -> Versioned[Change]:
    """One version of a kind of data change; refuses with UNKNOWN_KEY."""
    found = _data(store, change, versions.c.version == number)
    if not found:
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no version {number} of the {kind_of(change).replace('_', ' ')}.",
            span=str(number),
            fix="Choose a version from the history.",
        )
    return found[0]


def kind_of(change: type[DataChange]) -> str:
    """The kind of a data change, which is its key."""
    kind: str = change.model_fields["kind"].default
    return kind


def audiences(store: Store) -> Callable[[str, int | None], Condition | None]:
    """Resolves the audience of a published rule: population and condition, of a version or current.

    While a canary runs, the current one is still the version before it. Reads the store once;
    gives None for a key or version that was never published.
    """
    found = _with_trials(store, versions.c.kind == "eligibility_rule")
    rules = {(one.key, one.version): one.artifact for one, _ in found}
    newest: dict[str, int] = {}
    for key, each in rules:
        newest[key] = max(each, newest.get(key, 0))
    newest |= {one.key: trial.baseline for one, trial in found if trial and trial.baseline}

    def resolve(key: str, number: int | None) -> Condition | None:
        rule = rules.get((key, newest.get(key, 0) if number is None else number))
        if not isinstance(rule, EligibilityRule):
            return None
        return rule.members

    return resolve


def read_version(row: sa.Row[tuple[object, ...]]) -> AnyVersion:
    """A row of the versions table, of whatever kind."""
    return _version(row, GOVERNED.validate_python)


def _rules(store: Store, *conditions: sa.ColumnElement[bool]) -> list[Version]:
    return [_version(row, ARTIFACT.validate_python) for row in _rows(store, _RULES, *conditions)]


def _with_trials(
    store: Store, *conditions: sa.ColumnElement[bool]
) -> list[tuple[Version, Trial | None]]:
    runs = sa.and_(
        canaries.c.key == versions.c.key,
        canaries.c.version == versions.c.version,
        canaries.c.state == "running",
    )
    trial = tuple(canaries.c[name] for name in Trial._fields)
    query = sa.select(versions, *trial).join(canaries, runs, isouter=True)
    query = query.where(_RULES, *conditions).order_by(versions.c.key, versions.c.version)
    found: list[tuple[Version, Trial | None]] = []
    with store.read() as connection:
        for row in connection.execute(query):
            fields: dict[str, Any] = dict(zip(row._fields, row, strict=True))
            one = Trial(*(fields.pop(name) for name in Trial._fields))
            artifact = ARTIFACT.validate_python(fields.pop("content"))
            found.append((Versioned(artifact=artifact, **fields), one if one.salt else None))
    return found


def _journeys(store: Store, *conditions: sa.ColumnElement[bool]) -> list[JourneyVersion]:
    found = _rows(store, _JOURNEYS, *conditions)
    return [_version(row, Journey.model_validate) for row in found]


def _data(
    store: Store, change: type[Change], *conditions: sa.ColumnElement[bool]
) -> list[Versioned[Change]]:
    found = _rows(store, versions.c.kind == kind_of(change), *conditions)
    return [_version(row, change.model_validate) for row in found]


def _version(
    row: sa.Row[tuple[object, ...]], read: Callable[[object], Content]
) -> Versioned[Content]:
    fields: dict[str, Any] = dict(zip(row._fields, row, strict=True))
    return Versioned(artifact=read(fields.pop("content")), **fields)


def _rows(store: Store, *conditions: sa.ColumnElement[bool]) -> list[sa.Row[tuple[object, ...]]]:
    query = sa.select(versions).where(*conditions).order_by(versions.c.key, versions.c.version)
    with store.read() as connection:
        return [*connection.execute(query)]
