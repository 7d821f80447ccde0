"""One entry of the audit log for what one delivery run sent: counts, and a hash of which."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from control.audit import Act, append
from control.store import Store
from deliver.outbox import Intent

WHO = "pilothouse"


def enter(store: Store, sent: Sequence[Intent], *, now: datetime) -> None:
    """Enter a run that sent something. ``after_hash`` is of the intents' ids, a line each, in
    order: whoever has the ids can check that these left, and no others."""
    if not sent:
        return
    ids = sorted(one.intent_id for one in sent)
    digest = hashlib.sha256("\n".join(ids).encode()).hexdigest()
    counts = Counter(f"{one.policy_key} by {one.channel}" for one in sent)
    note = ", ".join(f"{name}: {count:,}" for name, count in sorted(counts.items()))
    act = Act(now, WHO, "send", f"{len(ids)} messages", after_hash=digest, note=note)
    with store.write() as connection:
        append(connection, act)
