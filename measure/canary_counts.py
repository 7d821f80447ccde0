"""What became of a canary's messages and of those of the version before, counted.

Messages and what providers said of them are counted in the control store, where both are on record
as soon as they are applied; goals are counted in the warehouse.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from control.canaries import Canary
from control.delivery_tables import dispatches
from control.receipt_tables import receipts
from control.receipts import OPT_OUTS, Kind
from control.store import Store, utc
from control.tables import outbox
from core.canary import CanaryLimits
from core.lifecycle import IntentState
from measure.canary import Readings, Side
from measure.experiments.goals import goals
from measure.lift import HORIZON_DAYS
from measure.queries import Runner, query, text
from warehouse.catalog import Catalog

SHORTEST_FOLLOW_UP = timedelta(hours=1)

_SENT = [one.value for one in (IntentState.ACCEPTED, IntentState.DELIVERED, IntentState.BOUNCED)]
_TOLD = [IntentState.DELIVERED.value, IntentState.BOUNCED.value]
_FAILED = [one.value for one in (IntentState.REJECTED, IntentState.BOUNCED, IntentState.EXPIRED)]
_HANDED_OVER = sorted({*_SENT, *_FAILED, IntentState.AMBIGUOUS.value})
_COUNTS = ("handed_over", "sent", "errors", "complaints", "unsubscribes")


class _Subject(NamedTuple):
    """Whose messages are counted, and from when on."""

    canary: Canary
    since: datetime

    @property
    def versions(self) -> list[int]:
        """The canary's, and that of the version before where there is one."""
        both = (self.canary.version, self.canary.baseline)
        return [one for one in both if one is not None]


def follow_up(limits: CanaryLimits) -> timedelta:
    """How long a user has to reach the goal: as long as for lift, or half of the watch if that is
    shorter, so that the first users are compared while there is time."""
    half = timedelta(seconds=limits.watch_seconds) / 2
    return min(timedelta(days=HORIZON_DAYS), max(half, SHORTEST_FOLLOW_UP))


def read(
    store: Store,
    runner: Runner,
    catalog: Catalog,
    canary: Canary,
    *,
    as_of: datetime,
    paused: bool = False,
) -> Readings:
    """Both sides since the canary began; ``as_of`` is the end of the events (naive UTC)."""
    subject = _Subject(canary, _since(runner, catalog, canary))
    counted = {version: Counter[str]() for version in subject.versions}
    silent = []
    for row in _messages(store, subject):
        counted[row["policy_version"]].update({name: row[name] for name in _COUNTS})
        if row["policy_version"] == canary.version and row["sent"] and not row["told"]:
            silent.append(row["destination"])
    for version, kind, messages in _unnamed_opt_outs(store, subject):
        counted[version]["complaints" if kind == "complained" else "unsubscribes"] += messages
    for version, users, converted in _conversion(runner, catalog, subject, as_of):
        counted[version].update(users=users, converted=converted)
    sides = {version: Side(version=version, **counts) for version, counts in counted.items()}
    return Readings(
        canary=sides[canary.version],
        baseline=None if canary.baseline is None else sides[canary.baseline],
        silent=tuple(sorted(silent)),
        paused=paused,
        follow_up_seconds=int(follow_up(canary.limits).total_seconds()),
    )


def _since(runner: Runner, catalog: Catalog, canary: Canary) -> datetime:
    """A cycle may decide as of a moment before the approval: the first decision counts then."""
    sql = query("canary_first", policy_key=canary.key, canary=canary.version)
    first = text(sql, catalog)
    found: datetime | None = runner.fetch(first, purpose="when the canary began").rows[0][0]
    return min(canary.started_at, found or canary.started_at)


def _messages(store: Store, subject: _Subject) -> Iterator[dict[str, Any]]:
    """The counts of each version and destination."""
    state, was_dispatched = outbox.c.state, dispatches.c.intent_id.is_not(None)
    # Who was asked to send it and never did has failed; what expired before has not.
    failed = sa.and_(state.in_(_FAILED), sa.or_(state != IntentState.EXPIRED.value, was_dispatched))
    asked = sa.or_(state != IntentState.EXPIRED.value, was_dispatched)
    complained, opted_out = _says("complained"), _says("unsubscribed")
    told = sa.or_(state.in_(_TOLD), complained, opted_out)
    sent = state.in_(_SENT)
    # Who never got it cannot mind it: a provider that drops a message tells of a former no.
    got = sa.and_(sent, state != IntentState.BOUNCED.value)
    query = (
        sa.select(
            outbox.c.policy_version,
            dispatches.c.destination,
            _number(asked).label("handed_over"),
            _number(sent).label("sent"),
            _number(failed).label("errors"),
            _number(sa.and_(got, complained)).label("complaints"),
            _number(sa.and_(got, opted_out)).label("unsubscribes"),
            _number(sa.and_(sent, told)).label("told"),
        )
        .join(dispatches, dispatches.c.intent_id == outbox.c.intent_id, isouter=True)
        .where(_lately(subject, _HANDED_OVER), _theirs(subject))
        .group_by(outbox.c.policy_version, dispatches.c.destination)
    )
    with store.read() as connection:
        yield from (row._asdict() for row in connection.execute(query))


def _unnamed_opt_outs(store: Store, subject: _Subject) -> list[tuple[int, Kind, int]]:
    """Version, kind and messages of opt-outs that name no message, such as a STOP by text message:
    each counts for the last message that its user got by that channel."""
    unnamed = sa.and_(
        receipts.c.intent_id.is_(None),
        receipts.c.kind.in_(OPT_OUTS),
        receipts.c.applied_at.is_not(None),
        receipts.c.user_id == outbox.c.user_id,
        receipts.c.channel == outbox.c.channel,
        receipts.c.at >= dispatches.c.accepted_at,
    )
    latest_first = (dispatches.c.accepted_at.desc(), outbox.c.intent_id)
    place = sa.func.row_number().over(partition_by=receipts.c.key, order_by=latest_first)
    of_message = ("policy_key", "policy_version", "decided_at", "intent_id")
    got = (
        sa.select(*(outbox.c[name] for name in of_message), receipts.c.kind, place.label("place"))
        .join(dispatches, dispatches.c.intent_id == outbox.c.intent_id)
        .join(receipts, unnamed)
        .where(_lately(subject, _SENT))
        .subquery()
    )
    said = sa.exists().where(receipts.c.intent_id == got.c.intent_id, receipts.c.kind == got.c.kind)
    query = (
        sa.select(got.c.policy_version, got.c.kind, sa.func.count(got.c.intent_id.distinct()))
        .where(got.c.place == 1, _theirs(subject, got.c), ~said)
        .group_by(got.c.policy_version, got.c.kind)
    )
    with store.read() as connection:
        return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def _lately(subject: _Subject, states: list[str]) -> sa.ColumnElement[bool]:
    """By the index on both columns: no message is due before it was decided on."""
    return sa.and_(outbox.c.state.in_(states), outbox.c.not_before >= utc(subject.since))


def _theirs(
    subject: _Subject, of: ReadOnlyColumnCollection[str, Any] = outbox.c
) -> sa.ColumnElement[bool]:
    return sa.and_(
        of.policy_key == subject.canary.key,
        of.policy_version.in_(subject.versions),
        of.decided_at >= utc(subject.since),
    )


def _says(kind: Kind) -> sa.ColumnElement[bool]:
    """Whether the destination of a message told this of it, and it was applied."""
    return sa.exists().where(
        receipts.c.intent_id == outbox.c.intent_id,
        receipts.c.destination == dispatches.c.destination,
        receipts.c.kind == kind,
        receipts.c.applied_at.is_not(None),
    )


def _number(true: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((true, 1), else_=0))


def _conversion(
    runner: Runner, catalog: Catalog, subject: _Subject, as_of: datetime
) -> list[tuple[int, int, int]]:
    """Version, users, and how many of them reached the goal; nothing to compare without a
    version before."""
    canary = subject.canary
    if canary.baseline is None:
        return []
    sql = query(
        "canary_conversion",
        policy_key=canary.key,
        canary=canary.version,
        baseline=canary.baseline,
        since=subject.since,
        as_of=as_of,
        follow_up=follow_up(canary.limits),
        goal_event=goals(catalog),
    )
    fetched = runner.fetch(text(sql, catalog), purpose=f"goals reached by version of {canary.key}")
    return [(int(version), users, converted) for version, users, converted in fetched.rows]
