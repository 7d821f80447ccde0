"""A small world with journeys and a clock that tests move."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from control import journeys
from control.people import get
from control.tables import outbox
from core.conditions import Attribute
from core.journey_steps import Exit, Handoff, Message, Trigger, Wait
from core.journeys import AnyStep, EventEntry, Journey
from core.rules import Action
from orchestrate import approvals, change_requests, rulebook
from orchestrate.cycle import CycleReport, run_cycle
from orchestrate.journeys.tick import TickReport, tick
from tests.orchestrate.world import NOW, World

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)

DONE = Exit(key="done")
VIEWED = EventEntry(trigger=Trigger(event="pricing_viewed"))
LONDON = Attribute(column="timezone", value="Europe/London")


def action(key: str, *channels: str, **more: Any) -> Action:
    """A service message, so that tests ask for consent only where they are about it."""
    given = {"message_class": "service", "channels": channels or ("push",)}
    return Action(key=key, name=key, **(given | more))


def says(key: str, to: str, *channels: str, **more: Any) -> Message:
    """A message step that sends an action of its own key."""
    held = {"if_held_back": more.pop("if_held_back")} if "if_held_back" in more else {}
    return Message(key=key, action=action(f"{key}_action", *channels, **more), next=to, **held)


def journey(*steps: AnyStep, **more: Any) -> Journey:
    """Entered by viewing pricing, unless told otherwise; ``done`` is its exit."""
    given: dict[str, Any] = {"key": "trip", "name": "Trip", "entry": VIEWED}
    return Journey(**(given | {"steps": (*steps, DONE)} | more))


class Stage:
    """The world with a clock: things happen, time passes, and every so often there is a tick."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.now = NOW

    def publish(self, what: Journey) -> None:
        """Propose as Mara, approve as Pavel, publish; looked at once, as a server would."""
        store = self.world.store
        request = change_requests.submit(
            store, artifact=what, author="mara@demo", prompt="", now=self.now
        )
        pavel = get(store, "pavel@demo")
        approvals.decide(store, request.id, person=pavel, verdict="approve", now=self.now)
        rulebook.publish(store, request.id, now=self.now)

    def did(self, user: str, event: str, *, at: datetime | None = None, **properties: Any) -> None:
        """The user does something now, or did it then and it is known only now."""
        row = {"event_time": at or self.now, "received_at": self.now, "properties": properties}
        self.world.insert("fct_events", user_id=user, event_name=event, **row)

    def wait(self, **span: float) -> datetime:
        """Time passes, and nobody looks."""
        self.now += timedelta(**span)
        return self.now

    def tick(self) -> TickReport:
        """One look at every journey."""
        world = self.world
        return tick(world.store, world.warehouse, world.catalog, as_of=self.now)

    def round(self) -> None:
        """What a server does: look, decide on what is due, deliver, look again."""
        if self.tick().due:
            self.decide()
            self.tick()
        if self.deliver():
            self.tick()

    def decide(self) -> CycleReport:
        """A cycle that decides on nothing but what journeys have due."""
        world = self.world
        return run_cycle(
            world.store, world.warehouse, world.catalog, as_of=self.now, only_journeys=True
        )

    def later(self, **span: float) -> None:
        """Time passes, then a round."""
        self.wait(**span)
        self.round()

    def deliver(self) -> int:
        """What is due in the outbox reaches its user at once; gives how many did."""
        due = sa.and_(outbox.c.state == "pending", outbox.c.not_before <= self.now)
        with self.world.store.write() as connection:
            rows = [row._mapping for row in connection.execute(outbox.select().where(due))]
            gone = outbox.update().where(due).values(state="delivered", updated_at=self.now)
            connection.execute(gone)
        for row in rows:
            names = ("user_id", "channel", "action_key", "policy_key", "decision_id")
            given = {name: row[name] for name in names} | {"message_id": row["intent_id"]}
            given |= {"sent_at": self.now, "delivered_at": self.now}
            self.world.insert("fct_messages", **given)
        return len(rows)

    def opened(self, user: str, action_key: str) -> None:
        """The user opens what they got."""
        self.world.warehouse.execute(
            "UPDATE fct_messages SET opened_at = $at "
            "WHERE user_id = $user AND action_key = $action",
            {"at": self.now, "user": user, "action": action_key},
        )

    def failed(self, user: str, action_key: str) -> None:
        """The message comes back."""
        self.world.warehouse.execute(
            "UPDATE fct_messages SET failed_reason = 'bounced', delivered_at = NULL "
            "WHERE user_id = $user AND action_key = $action",
            {"user": user, "action": action_key},
        )

    def sent(self, user: str | None = None) -> list[str]:
        """The actions that went out, in order."""
        rows = self.world.rows("SELECT user_id, action_key FROM fct_messages ORDER BY sent_at, 2")
        return [action for who, action in rows if user in (None, who)]

    def runs(self, key: str = "trip") -> list[dict[str, Any]]:
        """Every run, first entered first."""
        found = journeys.listed(self.world.store, key, user=None, limit=1000)
        return sorted(found, key=lambda run: (run["entered_at"], run["user_id"], run["entry_key"]))

    def run(self, user: str, key: str = "trip") -> dict[str, Any]:
        """The newest run of a user."""
        return journeys.listed(self.world.store, key, user=user, limit=1)[0]

    def where(self, user: str) -> str:
        """The step a user is at, or why the run ended."""
        found = self.run(user)
        return str(found["exit_reason"] or found["step"])


def push_then_email(**more: Any) -> Journey:
    """Push, then e-mail if it was not opened in 24 hours."""
    on = {"opened": "done", "timeout": "email", "failed": "email", "unreachable": "email"}
    return journey(
        says("push", "opened", "push"),
        Handoff(key="opened", outcomes=on, timeout_seconds=86_400),
        says("email", "done", "email"),
        **more,
    )


def next_workout(**more: Any) -> Journey:
    """In-app on the next workout completed within 7 days, else drop."""
    return journey(
        Wait(
            key="workout",
            seconds=7 * 86_400,
            event=Trigger(event="workout_completed"),
            next="in_app",
            on_timeout="dropped",
        ),
        says("in_app", "done", "in_app"),
        Exit(key="dropped", reason="dropped"),
        **more,
    )
