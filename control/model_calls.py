"""What was spent on a model, and the budget that no call may go beyond.

A call is entered with what it may cost at most before it is made, and with what
it cost once its answer is there: however many threads and processes ask at the
same time, together they stay within the budget. What a process that died had
reserved stays spent.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from control.model_call_tables import model_calls
from control.store import Store, utc
from core.conditions import Frozen
from core.settings import ModelBudget


class Cost(Frozen):
    """Tokens, and US dollars."""

    tokens: int = 0
    usd: float = 0.0


class Exceeded(Exception):
    """A call could go beyond a budget: which one, in words, and what was spent of it."""

    def __init__(self, what: str, spent: str) -> None:
        super().__init__(f"the budget of {what} is used up: {spent}")
        self.what = what
        self.spent = spent


def reserve(
    store: Store, budget: ModelBudget, *, thread: str, model: str, most: Cost, now: datetime
) -> int:
    """Enter a call with what it may cost at most; its number. Raises Exceeded without entering."""
    moment = utc(now)
    with store.write() as connection:
        today = _spent(connection, model_calls.c.called_at >= _midnight(moment))
        here = _spent(connection, model_calls.c.thread_id == thread) if thread else Cost()
        _require_within(budget.tokens_per_day, budget.usd_per_day, today, most, "today")
        _require_within(
            budget.tokens_per_thread, budget.usd_per_thread, here, most, "this conversation"
        )
        row = {"thread_id": thread, "model": model, "called_at": moment, "is_reserved": True}
        entered = connection.execute(model_calls.insert().values(row | most.model_dump()))
        number = entered.inserted_primary_key
        assert number is not None
        return int(number[0])


def settle(store: Store, call: int, cost: Cost) -> None:
    """Enter what a call did cost; nothing when it was never answered."""
    this = sa.update(model_calls).where(model_calls.c.id == call)
    with store.write() as connection:
        connection.execute(this.values(**cost.model_dump(), is_reserved=False))


def spent_since(store: Store, start: datetime) -> Cost:
    """What was spent on models since a moment, reserved calls included."""
    with store.read() as connection:
        return _spent(connection, model_calls.c.called_at >= utc(start))


def _spent(connection: sa.Connection, where: sa.ColumnElement[bool]) -> Cost:
    sums = (sa.func.sum(model_calls.c.tokens), sa.func.sum(model_calls.c.usd))
    tokens, usd = connection.execute(sa.select(*sums).where(where)).one()
    return Cost(tokens=int(tokens or 0), usd=float(usd or 0.0))


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _require_within(
    tokens: int | None, usd: float | None, spent: Cost, most: Cost, what: str
) -> None:
    if tokens is not None and spent.tokens + most.tokens > tokens:
        raise Exceeded(f"{tokens:,} tokens for {what}", f"{spent.tokens:,}")
    if usd is not None and spent.usd + most.usd > usd:
        raise Exceeded(f"${usd:g} for {what}", f"${spent.usd:.4f}")
