"""What became of the messages that were decided for a user: where each is, and what keeps it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from control.store import Store
from control.tables import outbox
from core.reasons import BY_CODE
from warehouse.engines.duckdb import DuckDBWarehouse

MOST = 20
_COLUMNS = (
    "policy_key", "policy_version", "action_key", "channel", "decided_at", "state", "reason",
    "not_before", "expires_at",
)  # fmt: skip


def outgoing(
    store: Store,
    warehouse: DuckDBWarehouse,
    user_id: str,
    *,
    policy: str | None = None,
    until: datetime,
) -> list[dict[str, Any]]:
    """The newest messages that were decided for a user up to a moment, as they stand now."""
    query = (
        "SELECT intent_id FROM intents WHERE user_id = $user AND decided_at <= $until "
        "AND COALESCE($policy, split_part(policy_key, '@', 1)) = split_part(policy_key, '@', 1) "
        "ORDER BY decided_at DESC, intent_id LIMIT $most"
    )
    given = {"user": user_id, "until": until, "policy": policy, "most": MOST}
    ids = [intent for (intent,) in warehouse.fetch(query, given).rows]
    columns = [outbox.c[name] for name in _COLUMNS]
    found = sa.select(*columns).where(outbox.c.intent_id.in_(ids))
    with store.read() as connection:
        rows = connection.execute(found.order_by(outbox.c.decided_at.desc(), outbox.c.intent_id))
        return [_line(row) for row in rows]


def _line(row: Any) -> dict[str, Any]:
    reason = BY_CODE.get(row.reason or "")
    return {
        "policy": row.policy_key,
        "version": row.policy_version,
        "action": row.action_key,
        "channel": row.channel,
        "decided_at": row.decided_at.isoformat(),
        "state": row.state,
        "reason_code": reason.code if reason else None,
        "sentence": reason.sentence if reason else None,
        "not_before": row.not_before.isoformat(),
        "expires_at": row.expires_at.isoformat(),
    }
