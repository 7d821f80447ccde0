"""A new price: what new customers of the same product pay is not what it was."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from measure.causes.inquiry import Check, Inquiry, Stage, Suspect, percent
from measure.changes import step_change
from measure.compared import Slice
from measure.queries import query, text
from measure.statistics import p_text

LEAST_RISE = 0.03
LEAST_SALES = 5


class Price(NamedTuple):
    """What new customers of a product paid on average, now and before."""

    part: Slice
    plan: str
    now: float
    before: float

    @property
    def factor(self) -> float:
        """The new price over the old one."""
        return self.now / self.before


def price_change(inquiry: Inquiry) -> Stage:
    """Suspects a price that rose in the period while the step that shows it fell."""
    sales = inquiry.catalog.layout.sales
    if sales is None or sales.price is None:
        return Stage(inquiry)
    prices, query_id = _prices(inquiry)
    raised = [p for p in prices if p.part == "segment" and p.factor > 1 + LEAST_RISE]
    if not raised:
        return Stage(inquiry, ruled_out=(_steady(prices),))
    if not inquiry.still_fell:
        told = "; ".join(_told(p) for p in raised)
        sentence = f"Price: {told}, but no fall remains for it to explain."
        return Stage(inquiry, ruled_out=(sentence,))
    step, moved = min(
        (
            (n, step_change(inquiry.cells, n, inquiry.baselines, inquiry.has_control).own)
            for n in range(1, len(inquiry.cells.steps))
        ),
        key=lambda found: found[1].t,
    )
    name = " → ".join(inquiry.cells.steps[step - 1 : step + 1])
    everywhere = inquiry.change.where != "segment"
    first = raised[0]
    suspect = Suspect(
        kind="price_change",
        sentence=(
            f"The price rose: {'; '.join(_told(p) for p in raised)}. Since then {name} fell "
            f"({p_text(moved.p)})" + (f", in {inquiry.control} as well." if everywhere else ".")
        ),
        dimension="price",
        value=f"{first.factor:.3g}",
        effect=inquiry.change.own.change - inquiry.explained,
        confidence="medium",
        evidence=(query_id, inquiry.cells.sql),
        check=Check(
            "Price paid, by product and day",
            "price_change",
            {
                "since": inquiry.span.periods.stretches[min(2, len(inquiry.baselines))].start,
                "until": inquiry.span.periods.current.end,
            },
        ),
    )
    return Stage(replace(inquiry, explained=inquiry.change.own.change), (suspect,))


def _prices(inquiry: Inquiry) -> tuple[list[Price], str]:
    span = inquiry.span
    sql = text(
        query("prices"),
        inquiry.catalog,
        periods=span.periods.table(span.window),
        people=span.compared.people(inquiry.catalog),
    )
    fetched = inquiry.runner.fetch(sql, purpose="what was paid, by product")
    paid: dict[tuple[Slice, str], dict[bool, tuple[int, float]]] = {}
    for period, part, plan, sales, price in fetched.rows:
        by = paid.setdefault((part, plan or "unknown"), {})
        n, total = by.get(period == 0, (0, 0.0))
        by[period == 0] = (n + sales, total + sales * float(price))
    prices = [
        Price(part, plan, by[True][1] / by[True][0], by[False][1] / by[False][0])
        for (part, plan), by in sorted(paid.items())
        if len(by) == 2 and min(by[True][0], by[False][0]) >= LEAST_SALES and by[False][1] > 0
    ]
    return prices, fetched.id


def _told(price: Price) -> str:
    return (
        f"{price.plan} from {price.before:.2f} to {price.now:.2f} "
        f"({percent(price.factor - 1, 0)} more)"
    )


def _steady(prices: list[Price]) -> str:
    told = ", ".join(f"{p.plan} {p.now:.2f}" for p in prices if p.part == "segment")
    return f"Price: unchanged ({told})." if told else "Price: too few sales to compare."
