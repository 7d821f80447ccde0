"""The demo's two canaries: one does well, and people complain about the other.

That they complain is planted; what becomes of it is the product's own work.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import NamedTuple

import sqlalchemy as sa

from control import receipts, versions
from control.canaries import running
from control.receipts import Batch, Fact
from control.tables import outbox
from core.canary import CanaryAsk, CanaryLimits
from deliver.destinations.mailbox import MAILBOX
from deliver.receipts.applying import apply
from orchestrate import change_requests
from tools.propose import dependencies
from ui import canaries, data_changes
from ui.canaries import Looked
from ui.workspace import Workspace

ASKED = CanaryAsk(share=0.25, limits=CanaryLimits(min_messages=20, watch_seconds=0))
COMPLAINS = 8
"""One of so many who got the bad version."""
MORNING = timedelta(hours=8)
REQUESTS = 7
"""So many are enough to tell: the rest of the messages stays in the outbox."""


class Plan(NamedTuple):
    """Whose new words go out to some users first, and who asks for it and allows it."""

    good: str
    bad: str
    author: str
    approver: str


class Played(NamedTuple):
    """What two canaries came to, and how many messages were delivered for that."""

    delivered: int
    looked: list[Looked]


def play_canaries(workspace: Workspace, plan: Plan, at: datetime) -> Played:
    """Let two canaries begin, and send what a cycle at a moment (naive UTC) decides."""
    for key in (plan.good, plan.bad):
        _approve(workspace, key, plan)
    workspace.run_cycle(as_of=at)
    asked, morning = count(), at + MORNING
    sent = workspace.deliver(now=morning, stopping=lambda: next(asked) >= REQUESTS)
    said = tuple(_complaints(workspace, plan.bad, morning))
    receipts.keep(workspace.store, [Batch(MAILBOX, said)], now=morning)
    apply(workspace.store, workspace.warehouse, workspace.catalog, now=morning)
    return Played(sent.delivered, canaries.once(workspace))


def _approve(workspace: Workspace, key: str, plan: Plan) -> None:
    live = versions.live(workspace.store)
    (before,) = (one.artifact for one in live if one.key == key)
    changed = before.model_copy(update={"name": f"{before.name}, in other words"})
    rests_on = dependencies(changed, workspace.catalog, live, data_changes.fingerprints(workspace))
    request = change_requests.submit(
        workspace.store,
        artifact=changed,
        author=plan.author,
        prompt="Say it in other words.",
        dependencies=rests_on,
        now=workspace.now(),
    )
    workspace.decide(request.id, workspace.person(plan.approver), "approve", canary=ASKED)


def _complaints(workspace: Workspace, key: str, at: datetime) -> Iterator[Fact]:
    """Somebody complains about every so many of the messages of a canary."""
    canary = running(workspace.store)[key]
    theirs = (outbox.c.policy_key == key, outbox.c.policy_version == canary.version)
    query = sa.select(outbox.c.intent_id).where(*theirs, outbox.c.state == "delivered")
    with workspace.store.read() as connection:
        sent = connection.execute(query.order_by(outbox.c.intent_id)).scalars().all()
    for intent in sent[::COMPLAINS]:
        yield Fact("complained", at, told_by=intent, intent_id=intent)
