"""How long to wait before the next try: as long as the provider says, else twice as long each time.

Each message waits a little apart from the others. What varies is a hash of intent and attempt, so
that it can be told in advance.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta

from deliver.outbox import Intent
from deliver.wire import Outcome

FIRST_SECONDS, LONGEST_SECONDS = 5.0, 3600.0


def wait(intent: Intent, outcome: Outcome | None = None) -> timedelta:
    """From now until an intent is tried or looked at again."""
    if outcome is not None and outcome.pauses:
        return timedelta(0)  # the destination is paused: it leaves as soon as that ends
    if outcome is not None and outcome.seconds is not None:
        return timedelta(seconds=outcome.seconds)
    return apart(intent.intent_id, intent.attempts)


def apart(intent_id: str, attempts: int) -> timedelta:
    """How long to wait after a number of attempts of which nothing says how long."""
    longest = min(FIRST_SECONDS * 2.0 ** min(attempts, 20), LONGEST_SECONDS)
    digest = hashlib.sha256(f"{intent_id}:{attempts}".encode()).digest()
    return timedelta(seconds=longest * (0.5 + digest[0] / 512))
