"""Revenue per user: payments of a week over the people of that week."""

from __future__ import annotations

from datetime import datetime

from sqlglot import exp

from measure.outcomes.asking import Asked, Wanted, people, sales, weekly
from measure.outcomes.result import Figure
from measure.queries import query

NO_SALES = (
    "The catalog names no sales with a price. Say in layout.yaml under 'sales' which table and "
    "columns have them: table, user, time, event and price."
)


def payments(asked: Asked, until: datetime) -> dict[str, exp.Query] | None:
    """The tables ``sales`` and ``payments`` (``user_id, amount, paid_at, renewal``); None: the
    catalog knows of no sales."""
    sold = sales(asked.catalog)
    if sold is None:
        return None
    return {"sales": sold, "payments": query("outcomes/payments", as_of=until)}


def revenue_per_user(asked: Asked, figure: Wanted) -> Figure:
    """By week; the value is that of the seven days up to the moment asked."""
    paid = payments(asked, asked.as_of)
    if paid is None:
        return figure.withheld("currency", asked.as_of, NO_SALES)
    event = figure.metric.event
    since = asked.starts(asked.as_of)[0]
    active = (
        query("outcomes/active", event=event, since=since, until=asked.as_of)
        if event
        else query("outcomes/registered")
    )
    fetched, sql = asked.fetch(
        query("outcomes/revenue"),
        "payments and people of each week",
        **paid,
        people=people(asked.catalog),
        weeks=asked.week_table(asked.as_of),
        active=active,
    )
    weeks = [(int(users), revenue, left or 0) for _, users, revenue, _, left, _ in fetched.rows]
    values = [(revenue or 0.0) / users if users else None for users, revenue, _ in weeks]
    trend = asked.trend(asked.as_of, values, [users for users, _, _ in weeks])
    left_out = sum(left for _, _, left in weeks)
    notes = (bad_amounts(left_out),) if left_out else ()
    if trend[-1].value is None:
        nobody = f"Nobody {_who(event)} in the week up to {asked.as_of:%Y-%m-%d}."
        return figure.withheld(
            "currency",
            asked.as_of,
            asked.few(weeks[-1][0]) or nobody,
            trend=trend,
            sql=(sql,),
            notes=notes,
        )
    return figure.told("currency", asked.as_of, **weekly(trend), sql=(sql,), notes=notes)


def bad_amounts(number: int) -> str:
    """What is said of amounts that are none."""
    return (
        f"{number:,} payments have no usable amount (missing, below 0, infinite or not a number) "
        "and are left out."
    )


def _who(event: str | None) -> str:
    return f"had the event {event}" if event else "had signed up"
