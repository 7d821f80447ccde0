"""Messages of staging: checked as before any sending, then written as letters, and never sent.

This is the one place that handles them. It knows no destination and is given none: all it can
do with a message is to write it into a folder of this machine. The live outbox, from which
destinations are served, refuses what staging decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from deliver.composing import compose
from deliver.destinations.mailbox import write_letters
from deliver.messages import Message
from deliver.outbox import Intent
from deliver.recheck import Rulebook, recheck
from warehouse.catalog import Catalog
from warehouse.engines.duckdb import DuckDBWarehouse

BATCH = 1_000
MARK = "[staging] "
"""How the subject of every letter begins."""
_SQL = Path(__file__).parent / "sql"


class StagedLetters(BaseModel):
    """What became of messages of staging."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    written: int
    stopped: int
    by_reason: dict[str, int]
    """Reason code → how many would have been stopped right before sending."""
    waiting: int
    """Messages whose quiet hours have not ended."""


def write_staged(
    warehouse: DuckDBWarehouse,
    side: DuckDBWarehouse,
    catalog: Catalog,
    rulebook: Rulebook,
    *,
    folder: Path,
    now: datetime,
) -> StagedLetters:
    """Write the messages of staging that are due at ``now`` (naive UTC) as files into a folder.

    ``side`` is the warehouse as staging writes to it; consent, addresses and conditions are read
    from ``warehouse``. ``rulebook``: the rules that staging decides with.
    """
    written, reasons = 0, Counter[str]()
    while intents := _due(side, now):
        stopped = recheck(intents, rulebook, warehouse, catalog, now=now)
        going = [one for one in intents if one.intent_id not in stopped]
        messages, unsaid = compose(going, rulebook, warehouse, catalog)
        stopped |= unsaid
        _, receipts = write_letters([_marked(one) for one in messages], folder, now=now)
        rejected = [one.intent_id for one in receipts if one.outcome == "rejected"]
        stopped |= dict.fromkeys(rejected, "PROVIDER_REJECTED")
        _note(side, intents, stopped, now)
        written += len(intents) - len(stopped)
        reasons.update(stopped.values())
    ((waiting,),) = side.fetch(_sql("staged_waiting"), {"now": now}).rows
    by_reason = dict(sorted(reasons.items()))
    return StagedLetters(
        written=written, stopped=reasons.total(), by_reason=by_reason, waiting=waiting
    )


def _due(side: DuckDBWarehouse, now: datetime) -> list[Intent]:
    rows = side.fetch(_sql("staged_due"), {"now": now, "most": BATCH}).rows
    return [Intent(*row) for row in rows]


def _note(
    side: DuckDBWarehouse, intents: Sequence[Intent], stopped: dict[str, str], now: datetime
) -> None:
    ids = [one.intent_id for one in intents]
    given = {"intent_ids": ids, "reasons": [stopped.get(one) for one in ids], "now": now}
    with side.transaction() as cursor:
        cursor.execute(_sql("staged_done"), given)


def _marked(message: Message) -> Message:
    return message._replace(subject=f"{MARK}{message.subject}")


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")
