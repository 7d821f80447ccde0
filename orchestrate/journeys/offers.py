"""Messages that journeys have due, as candidates of a decision cycle like any other.

A version of a journey is a policy of the cycle, ``key@version``, whose population is whoever has
a message due: consent, caps, quiet hours, kill switches, holdouts and ghosts hold as everywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import duckdb

from control import journeys, versions
from control.journeys import Row
from control.kill_switches import Killed
from control.store import Store
from control.versions import JourneyVersion
from core.journey_steps import Message
from core.journeys import Journey
from core.rules import Action, StopCondition
from orchestrate.journeys import runs
from orchestrate.journeys.relations import has_due
from orchestrate.journeys.statements import insert, run
from orchestrate.plan import PlannedEntry, PlannedPolicy

STEP, KEY, VERSION, ENTERED, RUN = (
    journeys.COLUMNS.index(one)
    for one in ("step", "journey_key", "version", "entered_at", "run_id")
)


class Due(NamedTuple):
    """The runs whose message asks for its turn, and the policies that this makes."""

    rows: tuple[Row, ...]
    policies: tuple[PlannedPolicy, ...]
    versions: dict[str, JourneyVersion]

    @property
    def fingerprint(self) -> str:
        """The same for the same messages of the same runs."""
        told = sorted(f"{row[0]}/{row[STEP]}" for row in self.rows)
        return hashlib.sha256("\n".join(told).encode()).hexdigest()


def due(store: Store, as_of: datetime) -> Due:
    """Every message that a live journey has due at a moment; held by paused ones is none."""
    rows = [row for chunk in journeys.due(store, as_of) for row in chunk]
    return waiting(rows, versions.running_journeys(store))


def waiting(rows: Sequence[Row], running: dict[str, JourneyVersion]) -> Due:
    """Runs whose message asks for its turn, with the policies that this makes; runs of versions
    that are not running have to wait."""
    rows = [row for row in rows if _policy_key(row) in running]
    named = sorted({_policy_key(row) for row in rows})
    return Due(tuple(rows), tuple(planned_version(running[name]) for name in named), running)


def offer(cursor: duckdb.DuckDBPyConnection, due: Due, as_of: datetime) -> None:
    """Write down what is offered to the cycle of a moment: of two runs of a user that have the
    same message due the older one, the other waits for the next cycle."""
    if not due.rows:
        return
    run(cursor, "tables")
    runs.add(cursor, due.rows)
    actions = [
        (one.key, one.version, message.key, message.action.key)
        for one in due.versions.values()
        for message in one.artifact.messages()
    ]
    cursor.execute(
        "CREATE OR REPLACE TEMP TABLE jr_actions "
        "(journey_key VARCHAR, version INTEGER, step VARCHAR, action_key VARCHAR)"
    )
    insert(cursor, "jr_actions", actions)
    run(cursor, "offer", as_of=as_of)


def offered_to(
    cursor: duckdb.DuckDBPyConnection,
    store: Store,
    cycle_id: str,
    user_id: str,
    as_of: datetime,
) -> Due:
    """What the cycle of a moment was offered of one user's runs; what is due, if there was none.

    Of the policies only the actions that are offered. Writes what is due into the cursor's
    transaction, which is not to be committed.
    """
    running = versions.running_journeys(store)
    run(cursor, "offered", cycle_id=cycle_id, user_id=user_id, as_of=as_of)
    offered = {(policy, action) for policy, action in cursor.fetchall() if policy in running}
    if not offered:
        rows = _due_of(store, running, user_id, as_of)
        insert(cursor, "journey_offers", rows)
        offered = {(row[1], row[2]) for row in rows}
    named = sorted({policy for policy, _ in offered})
    policies = tuple(_only(planned_version(running[name]), offered) for name in named)
    return Due((), policies, running)


def _due_of(
    store: Store, running: dict[str, JourneyVersion], user_id: str, as_of: datetime
) -> list[tuple[datetime, str, str, str, str, str, str]]:
    """Rows of what is offered; of two runs with the same message due the older one's."""
    found = {}
    rows = [row for chunk in journeys.due(store, as_of, user=user_id) for row in chunk]
    for row in sorted(rows, key=lambda row: (str(row[ENTERED]), str(row[RUN])), reverse=True):
        version = running.get(_policy_key(row))
        step = version.artifact.step(str(row[STEP])) if version else None
        if isinstance(step, Message):
            place = (_policy_key(row), step.action.key)
            run_id, key = str(row[RUN]), step.key
            found[place] = (as_of, *place, user_id, run_id, key, f"{run_id}/{key}")
    return [*found.values()]


def _only(policy: PlannedPolicy, offered: set[tuple[str, str]]) -> PlannedPolicy:
    entries = (one for one in policy.entries if (policy.key, one.action.key) in offered)
    return policy._replace(entries=tuple(entries))


def killed_too(killed: Killed, due: Due) -> Killed:
    """The switches, with those on a journey's key stopping every version of it."""
    stopped = [one for one in killed.switches if one.scope == "policy"]
    more = [
        one._replace(key=policy.key)
        for one in stopped
        for policy in due.policies
        if policy.key.partition("@")[0] == one.key
    ]
    return Killed((*killed.switches, *more))


def _policy_key(row: Row) -> str:
    return f"{row[KEY]}@{row[VERSION]}"


def planned_version(version: JourneyVersion) -> PlannedPolicy:
    """A version as a policy of the cycle, whose population is whoever has a message due."""
    key, journey = f"{version.key}@{version.version}", version.artifact
    stops = tuple(
        StopCondition(key=one.key, name=one.name, when=one.when)
        for one in journey.stops
        if one.when
    )
    entries = tuple(
        PlannedEntry(
            tier=journey.tier,
            position=position,
            action=action,
            eligibility=has_due(key, action.key),
            applicability=None,
            score=None,
            suppressions=(),
            stop_conditions=stops,
        )
        for position, action in enumerate(actions_of(journey), start=1)
    )
    return PlannedPolicy(
        key=key,
        version=version.version,
        is_rule=False,
        population=has_due(key),
        entries=entries,
        # Keyed runs of one user may have different messages due in the same cycle.
        k=len(entries),
        cooldown_seconds=0,
        holdout=journey.holdout,
        max_staleness_seconds={},
        repeats=True,
    )


def actions_of(journey: Journey) -> tuple[Action, ...]:
    """What a journey may send, each once."""
    return tuple({one.action.key: one.action for one in journey.messages()}.values())
