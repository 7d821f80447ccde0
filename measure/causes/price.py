"""A new price: what new customers of the same product pay is not what it was."""

from __future__ import annotations

from typing import NamedTuple

from measure.causes.inquiry import Check, Ground, Inquiry, Ruled, Stage, Suspect
from measure.compared import Slice
from measure.queries import query, text
from measure.statistics import student_p

LEAST_MOVE = 0.03
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
    """Suspects a price that rose while the step that shows it fell, or the other way round."""
    sales = inquiry.catalog.layout.sales
    if sales is None or sales.price is None:
        return Stage(inquiry)
    prices, query_id = _prices(inquiry)
    # People buy less of what costs more.
    moved = [
        p for p in prices
        if p.part == "segment" and (1 - p.factor) * inquiry.sign > LEAST_MOVE
    ]  # fmt: skip
    if not moved:
        ruled = Ruled("price_change", _steady(prices, inquiry, query_id), (query_id,))
        return Stage(inquiry, ruled_out=(ruled,))
    told = "; ".join(_told(p, inquiry, query_id) for p in moved)
    if not inquiry.still_moved:
        sentence = f"Price: {told}, but no move remains for it to explain."
        return Stage(inquiry, ruled_out=(Ruled("price_change", sentence, (query_id,)),))
    effect = inquiry.unexplained
    return Stage(
        inquiry.having_explained(effect), (_suspect(inquiry, moved, prices, (told, query_id)),)
    )


def _suspect(
    inquiry: Inquiry, moved: list[Price], prices: list[Price], found: tuple[str, str]
) -> Suspect:
    told, query_id = found
    say, sign, cells = inquiry.figures, inquiry.sign, inquiry.cells.sql
    steps = {n: inquiry.step(n).own for n in range(1, len(inquiry.cells.steps))}
    step = min(steps, key=lambda n: -sign * steps[n].t)
    p = student_p(steps[step].t, steps[step].degrees)
    name, first, current = inquiry.step_name(step), moved[0], inquiry.span.periods.current
    elsewhere = inquiry.change.where != "segment"
    rose = "rose" if sign < 0 else "fell"
    return Suspect(
        kind="price_change",
        sentence=(
            f"The price {rose}: {told}. Since then {name} {inquiry.grew} "
            f"({say.p(p, cells)})" + (f", in {inquiry.control} as well." if elsewhere else ".")
        ),
        dimension="price",
        value=f"{first.factor:.3g}",
        effect=inquiry.unexplained,
        confidence="medium",
        evidence=(query_id, cells),
        checks=(
            Check(
                "Price paid, by product and day",
                "price_change",
                {"since": inquiry.periods_back(2), "until": current.known_by},
            ),
        ),
        error=inquiry.change.own.error,
        grounds=tuple(_control_paid(inquiry, moved, prices, query_id)),
    )


def _control_paid(
    inquiry: Inquiry, moved: list[Price], prices: list[Price], query_id: str
) -> list[Ground]:
    """Whether the control pays as before, and moved or not."""
    plans = {p.plan for p in moved}
    grounds = []
    for price in prices:
        if price.part == "control" and price.plan in plans:
            name = inquiry.figures.name(price.plan, query_id)
            steady = abs(price.factor - 1) <= LEAST_MOVE
            told = _told(price, inquiry, query_id) if not steady else f"{name} as before"
            agrees = steady == (inquiry.change.where == "segment")
            sentence = f"{inquiry.control} pays for {told}."
            grounds.append(Ground(sentence, (query_id,), "for" if agrees else "against"))
    return grounds


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


def _told(price: Price, inquiry: Inquiry, query_id: str) -> str:
    say = inquiry.figures
    more = say.percent(abs(price.factor - 1), query_id, digits=0)
    return (
        f"{say.name(price.plan, query_id)} from {say.number(price.before, query_id)} to "
        f"{say.number(price.now, query_id)} ({more} {'more' if price.factor > 1 else 'less'})"
    )


def _steady(prices: list[Price], inquiry: Inquiry, query_id: str) -> str:
    own = [p for p in prices if p.part == "segment"]
    say = inquiry.figures
    each = (f"{say.name(p.plan, query_id)} {say.number(p.now, query_id)}" for p in own)
    told = ", ".join(each)
    return f"Price: unchanged ({told})." if told else "Price: too few sales to compare."
