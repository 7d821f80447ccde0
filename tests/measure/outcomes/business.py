"""A small business: users, sales, spend, messages and decisions, told in sentences."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from sqlglot import exp

from measure.outcomes.asking import Asked, Wanted
from measure.outcomes.defaults import asked_for
from tests.measure.small_world import AS_OF, CATALOG, SmallWorld
from warehouse.catalog import Catalog
from warehouse.runner import CheckedRunner

DAY = timedelta(days=1)


def ago(days: float) -> datetime:
    """So long before the moment that everything is asked of."""
    return AS_OF - days * DAY


class Business(SmallWorld):
    """The catalog's tables, filled by what happened; days count back from the moment asked."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        super().__init__(folder)

    def clear(self) -> None:
        """Nothing has happened."""
        for table in CATALOG.tables:
            self.warehouse.execute(exp.delete(table).sql("duckdb"))

    def asked(self, *, catalog: Catalog = CATALOG, weeks: int = 4, smallest: int = 0) -> Asked:
        """A question at the moment."""
        return Asked(CheckedRunner(self.warehouse, catalog), catalog, AS_OF, weeks, smallest)

    def signs_up(self, user: str, days: float, source: str = "google") -> None:
        """Somebody comes."""
        self._insert(
            "dim_users", user_id=user, signup_at=ago(days), utm_source=source, device_os="ios"
        )

    def does(self, user: str, event: str, days: float) -> None:
        """Something happens."""
        self.event(user, event, ago(days))

    def buys(
        self,
        user: str,
        days: float,
        price: float = 10.0,
        plan: str | None = None,
        until: float | None = None,
    ) -> None:
        """A sale; of a plan that renews while it runs."""
        ended = None if until is None else ago(until)
        self._insert(
            "fct_subscriptions",
            user_id=user, status="active", plan=plan, price=price, started_at=ago(days),
            ended_at=ended,
        )  # fmt: skip

    def spends(self, days: int, amount: float, source: str = "google") -> None:
        """Money for a source on one day."""
        self._insert(
            "fct_spend", day=ago(days).date(), utm_source=source, country="DE", spend=amount
        )

    def messages(
        self, user: str, days: float, *, policy: str | None = "nudge", channel: str = "push"
    ) -> None:
        """A message that was delivered."""
        at = ago(days)
        self._insert(
            "fct_messages",
            message_id=f"{user}{days}{policy}", user_id=user, channel=channel, policy_key=policy,
            action_key="upgrade_nudge", sent_at=at, delivered_at=at, campaign="spring",
        )  # fmt: skip

    def decides(
        self, user: str, days: float, *, policy: str = "nudge", channel: str = "push",
        held_out: bool = False, version: int = 1, reason: str | None = None,
    ) -> None:  # fmt: skip
        """A decision: selected, held out, or stopped for a reason."""
        outcome = "suppressed" if reason else "held_out" if held_out else "selected"
        code = reason or ("HELD_OUT_POLICY" if held_out else "SELECTED")
        self._insert(
            "decisions",
            decision_id=f"{user}{days}{policy}", cycle_id="c", user_id=user, decided_at=ago(days),
            policy_key=policy, policy_version=version, action_key="upgrade_nudge", channel=channel,
            outcome=outcome, reason_code=code, ghost=held_out,
        )  # fmt: skip

    def _insert(self, table: str, **row: object) -> None:
        names, places = ", ".join(row), ", ".join(f"${name}" for name in row)
        self.warehouse.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", row)


def figure(catalog: Catalog, kind: str) -> Wanted:
    """The figure of a kind that a catalog has, or its default."""
    return next(one for one in asked_for(catalog) if one.metric.kind == kind)
