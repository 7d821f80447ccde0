"""Send what is due: lease, ask again, hand over, and tell the warehouse.

Every step may be repeated after a crash. A destination takes an intent once,
the warehouse keeps a message once, and an intent is closed only after both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from control import kill_switches, versions
from control.store import Store
from control.tables import mailbox
from core.lifecycle import IntentState
from deliver import outbox
from deliver.composing import compose
from deliver.destinations.mailbox import Mailbox
from deliver.duplicates import same_address
from deliver.messages import Destination, Message
from deliver.outbox import Intent, Settled
from deliver.quiet_hours import Waiting, count_later, in_quiet_hours
from deliver.recheck import Rulebook, recheck
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse

BATCH = 1_000
MOST_BATCHES = 20
ENDS = {
    None: IntentState.ACCEPTED,
    "EXPIRED": IntentState.EXPIRED,
    "QUIET_HOURS": IntentState.EXPIRED,
    "PROVIDER_REJECTED": IntentState.REJECTED,
}
"""Why an intent ends → the state it ends in; cancelled for every other reason."""
_SENT = Path(__file__).parent / "sql" / "sent.sql"


class DeliveryReport(BaseModel):
    """What one delivery run did, in intents."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delivered: int
    stopped: int
    by_reason: dict[str, int]
    """Reason code → how many were stopped right before sending."""
    by_channel: dict[str, int]
    by_trace: dict[str, int]
    """Trace id of the cycle → messages delivered."""
    put_off: int
    """Intents that came up in quiet hours, and wait for their end after all."""
    waiting: int
    """Intents whose quiet hours have not ended."""
    has_more: bool = False
    """Whether there may be more to send at once."""

    def then(self, later: DeliveryReport) -> DeliveryReport:
        """Both runs as one."""
        return DeliveryReport(
            delivered=self.delivered + later.delivered,
            stopped=self.stopped + later.stopped,
            by_reason=_sums(self.by_reason, later.by_reason),
            by_channel=_sums(self.by_channel, later.by_channel),
            by_trace=_sums(self.by_trace, later.by_trace),
            put_off=self.put_off + later.put_off,
            waiting=later.waiting,
            has_more=later.has_more,
        )


def deliver(
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    *,
    mailbox_folder: Path,
    now: datetime,
    worker: str = "worker",
) -> DeliveryReport:
    """Send what is due at ``now`` (naive UTC) into the local mailbox, up to a number of batches.

    Whoever has more to send asks again with the moment that it is by then: ``now`` is what
    quiet hours and expiry are judged by.
    """
    run = _Run(store, warehouse, catalog, Mailbox(store, mailbox_folder), now, worker)
    batches: list[_Batch] = []
    _tell_warehouse(store, warehouse, now)
    while len(batches) < MOST_BATCHES:
        intents = outbox.lease(store, worker=worker, now=now, limit=BATCH)
        if not intents:
            break
        batches.append(_send_batch(run, intents))
        _tell_warehouse(store, warehouse, now)
    sent = [intent for batch in batches for intent in batch.sent]
    reasons = Counter(reason for batch in batches for reason in batch.stopped.values())
    return DeliveryReport(
        delivered=len(sent),
        stopped=reasons.total(),
        by_reason=dict(sorted(reasons.items())),
        by_channel=dict(sorted(Counter(one.channel for one in sent).items())),
        by_trace=dict(Counter(one.trace_id for one in sent)),
        put_off=sum(batch.put_off for batch in batches),
        waiting=outbox.not_yet_due(store, now=now),
        has_more=len(batches) == MOST_BATCHES,
    )


class _Run(NamedTuple):
    """What one delivery run works with."""

    store: Store
    warehouse: DuckDBWarehouse
    catalog: Catalog
    destination: Destination
    now: datetime
    worker: str


class _Batch(NamedTuple):
    """What became of one batch of intents."""

    sent: list[Intent]
    stopped: dict[str, str]
    """Intent id → reason code."""
    put_off: int


def _send_batch(run: _Run, batch: list[Intent]) -> _Batch:
    rulebook = _rulebook(run.store)
    # Whoever died between handing over and writing it down left it there: it is not sent again,
    # and what happened since cannot stop it any more.
    gone = run.destination.holds([one.intent_id for one in batch if one.attempts])
    here = [one for one in batch if one.intent_id not in gone]
    stopped = recheck(here, rulebook, run.warehouse, run.catalog, now=run.now)
    here = [one for one in here if one.intent_id not in stopped]
    waiting = in_quiet_hours(here, rulebook, run.warehouse, run.catalog, now=run.now)
    _put_off(run, here, waiting)
    stopped |= waiting.stopped
    here = [one for one in here if one.intent_id not in {*stopped, *waiting.until}]
    again = same_address(here, rulebook, run.warehouse, run.catalog, now=run.now)
    stopped |= dict.fromkeys(again, "DUPLICATE_INTENT")
    here = [one for one in here if one.intent_id not in again]
    messages, unreachable = compose(here, rulebook, run.warehouse, run.catalog)
    stopped |= dict.fromkeys(unreachable, "UNREACHABLE")
    accepted, rejected = _hand_over(run, messages)
    stopped |= dict.fromkeys(rejected, "PROVIDER_REJECTED")
    sent = [one for one in batch if one.intent_id in gone | accepted]
    settled = [_settled(one) for one in (*((s.intent_id, None) for s in sent), *stopped.items())]
    outbox.settle(run.store, settled, worker=run.worker, now=run.now)
    return _Batch(sent, stopped, len(waiting.until))


def _rulebook(store: Store) -> Rulebook:
    live = {version.key: version for version in versions.live(store)}
    return Rulebook(
        live,
        kill_switches.active(store),
        versions.audiences(store),
        versions.running_journeys(store),
    )


def _put_off(run: _Run, intents: list[Intent], waiting: Waiting) -> None:
    """Back to waiting, until quiet hours are over; it was no attempt.

    The caps come first: a crash in between leaves a claim that runs out, and is looked at again.
    """
    count_later(run.warehouse, intents, waiting)
    outbox.put_off(run.store, waiting.until, worker=run.worker, now=run.now)


def _hand_over(run: _Run, messages: list[Message]) -> tuple[frozenset[str], frozenset[str]]:
    """The ids that the destination took and those that it rejected; lost leases are in neither."""
    ids = [one.intent_id for one in messages]
    ours = outbox.submit(run.store, ids, worker=run.worker, now=run.now)
    letters = [one for one in messages if one.intent_id in ours]
    receipts = run.destination.send(letters, now=run.now)
    rejected = frozenset(one.intent_id for one in receipts if one.outcome == "rejected")
    return ours - rejected, rejected


def _sums(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return dict(sorted((Counter(one) + Counter(other)).items()))


def _settled(end: tuple[str, str | None]) -> Settled:
    intent_id, reason = end
    return Settled(intent_id, ENDS.get(reason, IntentState.CANCELLED), reason)


def _tell_warehouse(store: Store, warehouse: DuckDBWarehouse, now: datetime) -> None:
    """Write every accepted message to the warehouse, then close its intent."""
    intents = outbox.accepted(store)
    if not intents:
        return
    sent_at = _sent_at(store, [one.intent_id for one in intents])
    with warehouse.transaction() as cursor:
        given = {
            "message_ids": [one.intent_id for one in intents],
            "user_ids": [one.user_id for one in intents],
            "channels": [one.channel for one in intents],
            "action_keys": [one.action_key for one in intents],
            "policy_keys": [one.policy_key for one in intents],
            "decision_ids": [one.decision_id for one in intents],
            "sent_ats": [sent_at[one.intent_id] for one in intents],
        }
        cursor.execute(_SENT.read_text(encoding="utf-8"), given)
    outbox.mark_delivered(store, [one.intent_id for one in intents], now=now)


def _sent_at(store: Store, ids: Sequence[str]) -> dict[str, datetime]:
    query = sa.select(mailbox.c.intent_id, mailbox.c.sent_at).where(mailbox.c.intent_id.in_(ids))
    with store.read() as connection:
        return {row.intent_id: row.sent_at for row in connection.execute(query)}
