"""Send what is due: lease, ask again, hand over, and tell the warehouse.

Every step may be repeated after a crash. A destination takes an intent once,
the warehouse keeps a message once, and an intent is closed only after both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlglot import exp

from control import kill_switches, versions
from control.store import Store
from control.tables import mailbox
from core.lifecycle import IntentState
from core.rules import Action
from deliver import outbox
from deliver.destinations.mailbox import Mailbox
from deliver.messages import Destination, Message
from deliver.outbox import Intent, Settled
from deliver.recheck import Rulebook, recheck
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse

BATCH = 1_000
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
    waiting: int
    """Intents whose quiet hours have not ended."""


def deliver(
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    *,
    mailbox_folder: Path,
    now: datetime,
    worker: str = "worker",
) -> DeliveryReport:
    """Send everything that is due at ``now`` (naive UTC) into the local mailbox."""
    destination = Mailbox(store, mailbox_folder)
    sent: list[Intent] = []
    reasons: Counter[str] = Counter()
    _tell_warehouse(store, warehouse, now)
    while batch := outbox.lease(store, worker=worker, now=now, limit=BATCH):
        went, stopped = _send_batch(batch, store, warehouse, catalog, destination, now, worker)
        sent += went
        reasons.update(stopped)
        _tell_warehouse(store, warehouse, now)
    return DeliveryReport(
        delivered=len(sent),
        stopped=reasons.total(),
        by_reason=dict(sorted(reasons.items())),
        by_channel=dict(sorted(Counter(one.channel for one in sent).items())),
        by_trace=dict(Counter(one.trace_id for one in sent)),
        waiting=outbox.not_yet_due(store, now=now),
    )


def _send_batch(
    batch: list[Intent],
    store: Store,
    warehouse: DuckDBWarehouse,
    catalog: Catalog,
    destination: Destination,
    now: datetime,
    worker: str,
) -> tuple[list[Intent], list[str]]:
    live = {version.key: version for version in versions.live(store)}
    rulebook = Rulebook(
        live,
        kill_switches.active(store),
        versions.audiences(store),
        versions.running_journeys(store),
    )
    stopped = recheck(batch, rulebook, warehouse, catalog, now=now)
    going = [one for one in batch if one.intent_id not in stopped]
    messages, unreachable = _compose(going, rulebook, warehouse, catalog)
    stopped |= dict.fromkeys(unreachable, "UNREACHABLE")
    receipts = destination.send(messages, now=now)
    stopped |= {one.intent_id: "PROVIDER_REJECTED" for one in receipts if one.outcome == "rejected"}
    settled = [_settled(one, stopped.get(one.intent_id)) for one in batch]
    outbox.settle(store, settled, worker=worker, now=now)
    return [one for one in batch if one.intent_id not in stopped], list(stopped.values())


def _settled(intent: Intent, reason: str | None) -> Settled:
    ends = {
        None: IntentState.ACCEPTED,
        "EXPIRED": IntentState.EXPIRED,
        "PROVIDER_REJECTED": IntentState.REJECTED,
    }
    return Settled(intent.intent_id, ends.get(reason, IntentState.CANCELLED), reason)


def _compose(
    intents: list[Intent], rulebook: Rulebook, warehouse: DuckDBWarehouse, catalog: Catalog
) -> tuple[list[Message], list[str]]:
    """The messages, and the ids of intents whose user has no address on the channel any more."""
    addresses = _addresses(intents, warehouse, catalog)
    messages, unreachable = [], []
    for intent in intents:
        action, address = rulebook.action(intent), addresses.get((intent.channel, intent.user_id))
        if action is None or address is None:
            unreachable.append(intent.intent_id)
        else:
            messages.append(_message(intent, action, address))
    return messages, unreachable


def _message(intent: Intent, action: Action, address: str) -> Message:
    subject, _, body = action.template.partition("\n")
    return Message(
        intent_id=intent.intent_id,
        decision_id=intent.decision_id,
        trace_id=intent.trace_id,
        user_id=intent.user_id,
        channel=intent.channel,
        address=address,
        subject=subject or action.name,
        body=body or action.name,
    )


def _addresses(
    intents: list[Intent], warehouse: DuckDBWarehouse, catalog: Catalog
) -> dict[tuple[str, str], str]:
    """(channel, user) → address. A channel without an address column reaches the user by id."""
    found: dict[tuple[str, str], str] = {}
    for channel in sorted({one.channel for one in intents}):
        users = sorted({one.user_id for one in intents if one.channel == channel})
        column = catalog.channels[channel].address
        if column is None:
            known = {user: f"{user}@{channel}.pilothouse.example" for user in users}
        else:
            known = _column(warehouse, catalog, column, users)
        found |= {(channel, user): address for user, address in known.items()}
    return found


def _column(
    warehouse: DuckDBWarehouse, catalog: Catalog, column: str, users: list[str]
) -> dict[str, str]:
    layout = catalog.layout.users
    query = (
        exp.select(exp.column(layout.key), exp.column(column))
        .from_(layout.table)
        .where(exp.column(column).is_(exp.null()).not_())
        .where(exp.func("list_contains", exp.Placeholder(this="users"), exp.column(layout.key)))
    )
    rows = warehouse.fetch(query.sql("duckdb"), {"users": users}).rows
    return {str(user): str(address) for user, address in rows}


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
