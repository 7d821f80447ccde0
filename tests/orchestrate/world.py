"""A workout app small enough to write out: a few users, each exactly as a test says."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from control.people import get
from control.store import Store
from core.conditions import Condition, EventCount, Filter, Related
from core.rules import ContactPolicy, DecisionPolicy, EligibilityRule, Entry, Holdout
from orchestrate import approvals, change_requests, cycle, rulebook
from warehouse.catalog import Catalog, load_catalog
from warehouse.engines.duckdb import DuckDBWarehouse

NOW = datetime(2026, 3, 2, 12)
"""A Monday at noon UTC."""

SCHEMA = """
CREATE TABLE dim_users (
    user_id VARCHAR, device_os VARCHAR, utm_source VARCHAR, country VARCHAR,
    marketing_opt_in BOOLEAN, timezone VARCHAR, email VARCHAR, signup_at TIMESTAMP,
    app_version VARCHAR, merged_into VARCHAR
);
CREATE TABLE fct_events (
    event_time TIMESTAMP, user_id VARCHAR, event_name VARCHAR, properties JSON,
    message_id VARCHAR, anonymous_id VARCHAR, received_at TIMESTAMP, device_os VARCHAR,
    app_version VARCHAR
);
CREATE TABLE fct_subscriptions (
    user_id VARCHAR, status VARCHAR, trial_start TIMESTAMP, trial_end TIMESTAMP,
    is_upgrade BOOLEAN, plan VARCHAR, price DOUBLE, started_at TIMESTAMP, ended_at TIMESTAMP
);
CREATE TABLE fct_support (
    user_id VARCHAR, ticket_reason VARCHAR, created_at TIMESTAMP, csat_score INTEGER,
    ticket_id VARCHAR, status VARCHAR, closed_at TIMESTAMP
);
CREATE TABLE fct_messages (
    message_id VARCHAR, user_id VARCHAR, channel VARCHAR, action_key VARCHAR,
    policy_key VARCHAR, decision_id VARCHAR, campaign VARCHAR, sent_at TIMESTAMP,
    delivered_at TIMESTAMP, opened_at TIMESTAMP, clicked_at TIMESTAMP, failed_reason VARCHAR
);
CREATE TABLE fct_consent (
    user_id VARCHAR, purpose VARCHAR, channel VARCHAR, status VARCHAR,
    effective_at TIMESTAMP, observed_at TIMESTAMP, source VARCHAR
);
CREATE TABLE traits (
    user_id VARCHAR, activation_state VARCHAR, momentum_score DOUBLE, upgrade_intent DOUBLE,
    support_risk DOUBLE, preferred_workout_type VARCHAR, lifecycle_stage VARCHAR,
    churn_risk DOUBLE, ltv DOUBLE
);
CREATE TABLE meta (key VARCHAR, value VARCHAR);
"""


class World:
    """A warehouse, a control store and a catalog, with verbs to fill them."""

    def __init__(self, folder: Path, store: Store, *, is_new: bool = True) -> None:
        self.store = store
        self.mailbox = folder / "mailbox"
        self.warehouse = DuckDBWarehouse(folder / "warehouse.duckdb", must_exist=False, threads=1)
        if is_new:
            self.warehouse.execute(SCHEMA)
            self.insert("meta", key="as_of", value=NOW.isoformat())
        built_in = load_catalog()
        # Each test asks for the contact limits that it is about.
        self.catalog: Catalog = built_in
        self.contact()

    def insert(self, table: str, **values: Any) -> None:
        """One row; columns that are not named are NULL."""
        names, marks = ", ".join(values), ", ".join(f"${name}" for name in values)
        self.warehouse.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)

    def user(self, user_id: str, *, consent: str | None = "granted", **more: Any) -> str:
        """A user of London who agreed to push and e-mail unless told otherwise."""
        given = {"timezone": "Europe/London", "email": f"{user_id}@example.com"}
        score = more.pop("upgrade_intent", None)
        self.insert("dim_users", user_id=user_id, device_os="ios", **(given | more))
        self.insert("traits", user_id=user_id, upgrade_intent=score)
        for channel in ("push", "email") if consent else ():
            self.consent(user_id, channel, consent)
        return user_id

    def consent(self, user_id: str, channel: str, status: str, days_ago: int = 30) -> None:
        """What the user said about a channel."""
        at = NOW - timedelta(days=days_ago)
        row = {"purpose": "marketing", "channel": channel, "status": status, "effective_at": at}
        self.insert("fct_consent", user_id=user_id, observed_at=at, **row)

    def did(self, user_id: str, event: str, *, days_ago: float = 1, times: int = 1) -> None:
        """Events of the user."""
        for _ in range(times):
            at = NOW - timedelta(days=days_ago)
            self.insert("fct_events", event_time=at, user_id=user_id, event_name=event)

    def ticket(self, user_id: str) -> None:
        """An open ticket."""
        at = NOW - timedelta(days=1)
        self.insert("fct_support", user_id=user_id, created_at=at, ticket_id="t", status="open")

    def message(self, user_id: str, action: str = "win_back", *, days_ago: float = 1) -> None:
        """A message that the user got and did not open."""
        at = NOW - timedelta(days=days_ago)
        row = {"channel": "push", "action_key": action, "sent_at": at, "delivered_at": at}
        self.insert("fct_messages", message_id=f"m{days_ago}", user_id=user_id, **row)

    def contact(self, **limits: Any) -> None:
        """Replace the workspace's contact policy; without arguments nothing is limited."""
        contact = ContactPolicy(key="default", **limits)
        defaults = self.catalog.defaults.model_copy(update={"contact_policy": contact})
        self.catalog = self.catalog.model_copy(update={"defaults": defaults})

    def publish(self, artifact: DecisionPolicy | EligibilityRule) -> str:
        """Propose as Mara, approve as Pavel, publish. Gives the change request's id."""
        request = change_requests.submit(
            self.store, artifact=artifact, author="mara@demo", prompt="", now=NOW
        )
        pavel = get(self.store, "pavel@demo")
        approvals.decide(self.store, request.id, person=pavel, verdict="approve", now=NOW)
        rulebook.publish(self.store, request.id, now=NOW)
        return request.id

    def cycle(self, at: datetime = NOW, *, dry_run: bool = False) -> cycle.CycleReport:
        """Decide for everybody."""
        return cycle.run_cycle(self.store, self.warehouse, self.catalog, as_of=at, dry_run=dry_run)

    def reasons(self, policy: str = "next_best") -> dict[tuple[str, str], str]:
        """(user, action) → reason code, of the latest cycle."""
        rows = self.warehouse.fetch(
            "SELECT r.user_id, r.action_key, r.reason_code FROM decision_records r "
            "JOIN cycles c ON c.cycle_id = r.cycle_id "
            "WHERE r.policy_key = $policy ORDER BY c.decided_at",
            {"policy": policy},
        )
        return {(user, action): reason for user, action, reason in rows.rows}

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Whatever a test wants to count."""
        return self.warehouse.fetch(sql).rows


HAS_TICKET = Related(entity="ticket", where=(Filter(column="status", value="open"),))
TRAINED = EventCount(event="workout_completed")
LOOKED = EventCount(event="pricing_viewed")


def policy(catalog: Catalog, **more: Any) -> DecisionPolicy:
    """Support first, then a second workout, then an upgrade: the policy most tests use."""
    actions = catalog.actions
    entries = (
        Entry(tier=1, action=actions["support_follow_up"], eligibility=HAS_TICKET),
        Entry(tier=2, action=actions["second_workout_help"], eligibility=TRAINED),
        Entry(tier=3, action=actions["upgrade_nudge"], eligibility=LOOKED),
    )
    return DecisionPolicy(**({"key": "next_best", "name": "Next best", "entries": entries} | more))


def single(catalog: Catalog, *, eligibility: Condition = LOOKED, **more: Any) -> DecisionPolicy:
    """A policy of one entry: an upgrade nudge for those who viewed pricing."""
    entry = Entry(tier=1, action=catalog.actions["upgrade_nudge"], eligibility=eligibility)
    return policy(catalog, entries=(entry,), **more)


EVERYBODY_HELD_OUT = Holdout(share=1.0, salt="all")


def looker(world: World, user: str = "u1", **more: Any) -> str:
    """A user who looked at prices, for whom the upgrade nudge is; gives the id."""
    world.user(user, **more)
    world.did(user, "pricing_viewed")
    return user


def upgrade(world: World, user: str = "u1") -> str:
    """The reason code of the upgrade nudge for a user."""
    return world.reasons()[user, "upgrade_nudge"]
