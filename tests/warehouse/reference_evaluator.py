"""What a condition means, said a second time: row by row, in plain Python, without any SQL.

Written from the vocabulary, not from the compiler, so that the two can disagree.
True, False or None (unknown) for one user.
"""

from __future__ import annotations

import hashlib
import operator
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.conditions import (
    Absolute,
    And,
    AsOf,
    Attribute,
    Bucket,
    Calendar,
    Condition,
    ConsentIs,
    EventAge,
    EventCount,
    EventSequence,
    Filter,
    InAudience,
    Not,
    Or,
    Related,
    Rolling,
    SinceEvent,
    SinceMoment,
    Trait,
    WhenUnknown,
)
from tests.warehouse.messy_world import Rows

Truth = bool | None
TIMES = {
    "signup_at",
    "trial_start",
    "trial_end",
    "started_at",
    "sent_at",
    "opened_at",
    "created_at",
    "valid_until",
}
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda value, listed: value in listed,
    "not_in": lambda value, listed: value not in listed,
}
ALIASES = {"plan_selected": "checkout_started"}


class Reference:
    """The truth of conditions for the users of some rows at a moment."""

    def __init__(self, rows: Rows, as_of: datetime) -> None:
        self.rows = rows
        self.as_of = as_of
        self._known: dict[tuple[Condition, str], Truth] = {}

    def users(self) -> list[str]:
        """Everybody who counts as a person of their own."""
        return [row["user_id"] for row in self.rows.users if row["merged_into"] is None]

    def truth(self, condition: Condition, user: str, excluding: bool = False) -> Truth:
        """The three-valued truth of a condition; ``excluding`` under an odd number of Not."""
        match condition:
            case And():
                return _all([self.truth(part, user, excluding) for part in condition.of])
            case Or():
                parts = [self.truth(part, user, excluding) for part in condition.of]
                return _not(_all([_not(part) for part in parts]))
            case Not():
                return _not(self.truth(condition.of, user, not excluding))
            case InAudience():
                return self.truth(self._audience(condition.key), user, excluding)
        if (condition, user) not in self._known:
            self._known[condition, user] = self._leaf(condition, user)
        raw = self._known[condition, user]
        rule = condition.when_unknown or (
            WhenUnknown.BLOCK
            if excluding or isinstance(condition, ConsentIs)
            else WhenUnknown.NO_MATCH
        )
        if raw is not None or rule is WhenUnknown.BLOCK:
            return raw
        return rule is WhenUnknown.MATCH

    def _audience(self, key: str) -> Condition:
        active = Related(entity="subscription", where=(Filter(column="status", value="active"),))
        return {
            "trial_users": And(
                of=(
                    Attribute(
                        column="current_subscription.status",
                        value="trialing",
                        when_unknown=WhenUnknown.NO_MATCH,
                    ),
                    Attribute(
                        column="current_subscription.trial_end",
                        op=">",
                        value=AsOf(),
                        when_unknown=WhenUnknown.NO_MATCH,
                    ),
                )
            ),
            "paying_users": active,
            "upgrade_ready": And(
                of=(
                    EventCount(event="pricing_viewed"),
                    active.model_copy(update={"op": "=", "n": 0}),
                )
            ),
        }[key]

    def _leaf(self, leaf: Any, user: str) -> Truth:
        match leaf:
            case Attribute():
                value = self._attribute(leaf.column, user)
                return self._compare(leaf.column, value, leaf.op, leaf.value)
            case Trait():
                found = [row for row in self.rows.traits if row["user_id"] == user]
                value = found[0].get(leaf.name) if found else None
                return self._compare(leaf.name, value, leaf.op, leaf.value)
            case EventCount():
                times = [one["event_time"] for one in self._events(user, leaf.event, leaf.where)]
                inside = [time for time in times if self._in_window(time, leaf.window, user)]
                return COMPARE[leaf.op](len(inside), leaf.n)
            case EventAge():
                times = [one["event_time"] for one in self._events(user, leaf.event, leaf.where)]
                if not times:
                    return None
                moment = min(times) if leaf.which == "first" else max(times)
                return COMPARE[leaf.op](self.as_of - moment, timedelta(seconds=leaf.seconds))
            case EventSequence():
                return self._sequence(leaf, user)
            case Related():
                rows = [row for row in self._related(leaf.entity, user) if self._meets(row, leaf)]
                return COMPARE[leaf.op](len(rows), leaf.n)
            case ConsentIs():
                status = self._consent(leaf, user)
                return None if status is None else status == leaf.status
            case Bucket():
                place = int(hashlib.md5(f"{leaf.salt}:{user}".encode()).hexdigest()[:8], 16)
                high = 2**32 if leaf.high is None else int(leaf.high, 16)
                return int(leaf.low, 16) <= place < high
        raise AssertionError(leaf)

    def _attribute(self, column: str, user: str) -> Any:
        entity, dot, name = column.rpartition(".")
        if not dot:
            return next(row for row in self.rows.users if row["user_id"] == user).get(name)
        assert entity == "current_subscription"
        mine = self._related("subscription", user)
        never = datetime.min
        mine.sort(key=lambda row: (row["trial_start"] or never, row["started_at"] or never))
        return mine[-1].get(name) if mine else None

    def _compare(self, column: str, value: Any, op: str, wanted: Any) -> Truth:
        if value != value:
            value = None
        if op in ("is_null", "is_not_null"):
            return (value is None) == (op == "is_null")
        if value is None:
            return None
        if isinstance(wanted, AsOf):
            wanted = self.as_of + timedelta(seconds=wanted.as_of_offset_seconds)
        elif column.rpartition(".")[2] in TIMES:
            wanted = _moment(wanted)
        return COMPARE[op](value, wanted)

    def _events(self, user: str, name: str, where: tuple[Filter, ...]) -> list[dict[str, Any]]:
        wanted = ALIASES.get(name, name)
        return [
            row
            for row in self.rows.events
            if row["user_id"] == user
            and row["event_name"] == wanted
            and row["event_time"] < self.as_of
            and all(self._property(row["properties"] or {}, one) for one in where)
        ]

    def _property(self, properties: dict[str, Any], one: Filter) -> bool:
        value = properties.get(one.column)
        if one.column == "duration_seconds":
            value = _number(value)
        elif one.column == "valid_until":
            value = _moment(value)
        elif one.column == "live":
            value = value if isinstance(value, bool) else {"true": True, "false": False}.get(value)
        return self._compare(one.column, value, one.op, one.value) is True

    def _in_window(self, time: datetime, window: Any, user: str) -> bool:
        match window:
            case None:
                return True
            case Rolling():
                return time >= self.as_of - timedelta(seconds=window.seconds)
            case Absolute():
                at = time.replace(tzinfo=UTC)
                after = window.start is None or at >= _aware(window.start)
                return after and (window.end is None or at < _aware(window.end))
            case Calendar():
                back = _unit(self.as_of, window) - _unit(time, window)
                return back == window.periods_back
            case SinceEvent():
                times = [one["event_time"] for one in self._events(user, window.event, ())]
                pick = min if window.which == "first" else max
                return bool(times) and time >= pick(times)
            case SinceMoment():
                moment = self._attribute(window.column, user)
                return moment is not None and time >= moment
        raise AssertionError(window)

    def _sequence(self, leaf: EventSequence, user: str) -> bool:
        for one in self._events(user, leaf.first, ()):
            for other in self._events(user, leaf.then, ()):
                gap = (other["event_time"] - one["event_time"]).total_seconds()
                if gap > 0 and (leaf.within_seconds is None or gap <= leaf.within_seconds):
                    return True
        return False

    def _related(self, entity: str, user: str) -> list[dict[str, Any]]:
        if entity == "subscription":
            rows = [
                row
                for row in self.rows.subscriptions
                if (row["trial_start"] or row["started_at"]) < self.as_of
            ]
        elif entity == "ticket":
            rows = [
                self._ticket(row) for row in self.rows.tickets if row["created_at"] < self.as_of
            ]
        else:
            rows = [
                row for row in self.rows.messages if row["sent_at"] and row["sent_at"] < self.as_of
            ]
        return [row for row in rows if row["user_id"] == user]

    def _ticket(self, row: dict[str, Any]) -> dict[str, Any]:
        closed = row.get("closed_at")
        return row | {"status": "open" if closed is None or closed >= self.as_of else "closed"}

    def _meets(self, row: dict[str, Any], leaf: Related) -> bool:
        return all(
            self._compare(one.column, row.get(one.column), one.op, one.value) is True
            for one in leaf.where
        )

    def _consent(self, leaf: ConsentIs, user: str) -> str | None:
        said = [
            row
            for row in self.rows.consent
            if (row["user_id"], row["purpose"], row["channel"])
            == (user, leaf.purpose, leaf.channel)
            and row["effective_at"] <= self.as_of
        ]
        latest = max((row["effective_at"] for row in said), default=None)
        newest = {row["status"] for row in said if row["effective_at"] == latest}
        for status in ("withdrawn", "denied", "granted"):
            if status in newest:
                return status
        return None


def _all(parts: list[Truth]) -> Truth:
    if any(part is False for part in parts):
        return False
    return None if any(part is None for part in parts) else True


def _not(part: Truth) -> Truth:
    return None if part is None else not part


def _number(value: Any) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _unit(moment: datetime, window: Calendar) -> int:
    """The number of the calendar unit that holds a UTC moment, in the window's zone."""
    local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(window.zone)).date()
    match window.unit:
        case "day":
            return local.toordinal()
        case "week":
            return (local.toordinal() - 1) // 7
        case _:
            return local.year * 12 + local.month
