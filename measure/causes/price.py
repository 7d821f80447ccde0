"""A new price: what new customers of the same product pay is not what it was, for all or for some.

A price in another currency, or with a tax that was not there, is one for the users of a country.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from measure.causes.inquiry import Check, Ground, Inquiry, Ruled, Stage, Suspect
from measure.causes.rate_scan import falls_of, guilty_of
from measure.compared import Slice, carried
from measure.layout import dimensions
from measure.queries import query, text
from measure.statistics import student_p

LEAST_MOVE = 0.03
LEAST_SALES = 5
LEAST_STEP_T = 2.0
"""Standard errors by which a step must have moved for a price to be the reason."""


class Sold(NamedTuple):
    """Sales of a product to one kind of user."""

    period: int
    part: Slice
    plan: str
    values: tuple[str, ...]
    sales: int
    paid: float


class Price(NamedTuple):
    """What new customers of a product paid on average, now and before."""

    plan: str
    now: float
    before: float

    @property
    def factor(self) -> float:
        """The new price over the old one."""
        return self.now / self.before

    def moved(self, sign: int) -> bool:
        """Whether it moved so that it may have moved sales: people buy less of what costs more."""
        return (1 - self.factor) * sign > LEAST_MOVE


class Place(NamedTuple):
    """Whose price it is: a value of a dimension."""

    dimension: str
    value: str


def price_change(inquiry: Inquiry) -> Stage:
    """Suspects a price that rose while the step that shows it fell, or the other way round."""
    sales = inquiry.catalog.layout.sales
    if sales is None or sales.price is None:
        return Stage(inquiry, tests=0)
    sold, query_id = _sold(inquiry)
    prices = _prices(sold, "segment")
    place = _only(inquiry, sold)
    if place is not None:
        return _for_some(inquiry, place, sold, query_id)
    moved = [p for p in prices if p.moved(inquiry.sign)]
    if not moved:
        ruled = Ruled("price_change", _steady(prices, inquiry, query_id), (query_id,))
        return Stage(inquiry, ruled_out=(ruled,))
    return _for_all(inquiry, moved, sold, query_id)


def _for_all(inquiry: Inquiry, moved: list[Price], sold: list[Sold], query_id: str) -> Stage:
    told = "; ".join(_told(p, inquiry, query_id) for p in moved)
    steps = {n: inquiry.step(n) for n in range(1, len(inquiry.cells.steps))}
    fell = [n for n in steps if steps[n].own.t * inquiry.sign > LEAST_STEP_T]
    if not inquiry.still_moved or not fell:
        sentence = f"Price: {told}, but no move remains for it to explain."
        return Stage(inquiry, ruled_out=(Ruled("price_change", sentence, (query_id,)),))
    worst = max(fell, key=lambda n: steps[n].own.t * inquiry.sign)
    own = steps[worst].own
    elsewhere = inquiry.change.where != "segment" and inquiry.has_control
    cells, say = inquiry.cells.sql, inquiry.figures
    p = say.p(student_p(own.t, own.degrees), cells)
    rose = "rose" if inquiry.sign < 0 else "fell"
    suspect = Suspect(
        kind="price_change",
        sentence=(
            f"The price {rose}: {told}. Since then {inquiry.step_name(worst)} {inquiry.grew} ({p})"
            + (f", in {inquiry.control} as well." if elsewhere else ".")
        ),
        dimension="price",
        value=f"{moved[0].factor:.3g}",
        effect=sum(steps[n].log_rate for n in fell),
        confidence="medium",
        evidence=(query_id, cells),
        checks=(_check(inquiry),),
        error=own.error,
        grounds=tuple(_control_paid(inquiry, moved, sold, query_id)),
    )
    explained = inquiry.having_explained(suspect.effect).having_located(fell)
    return Stage(explained, (suspect,))


def _for_some(inquiry: Inquiry, place: Place, sold: list[Sold], query_id: str) -> Stage:
    """A price of some users only: the reason when a step moved for just these."""
    prices = [p for p in _prices(sold, "segment", _is(inquiry, place)) if p.moved(inquiry.sign)]
    told = "; ".join(_told(p, inquiry, query_id) for p in prices)
    say, cells = inquiry.figures, inquiry.cells.sql
    whom = f"{place.dimension} {say.name(place.value, query_id)}"
    falls = falls_of(inquiry)
    same = [f for f in guilty_of(falls, inquiry.sign) if (f.dimension, f.value) == place]
    if not same:
        sentence = f"Price: for {whom} {told}, but no step moved for these users."
        return Stage(inquiry, ruled_out=(Ruled("price_change", sentence, (query_id,)),))
    first = max(same, key=lambda f: abs(f.z))
    rose = "rose" if inquiry.sign < 0 else "fell"
    suspect = Suspect(
        kind="price_change",
        sentence=(
            f"The price {rose} for {inquiry.segment} users with {whom}: {told}. There "
            f"{inquiry.step_name(first.step)} is {say.percent(first.now.rate, cells)} where "
            f"{say.percent(first.expected, cells)} would be expected from all others."
        ),
        dimension=place.dimension,
        value=place.value,
        effect=sum(f.effect for f in same),
        confidence="medium",
        evidence=(query_id, cells),
        checks=(_check(inquiry),),
        error=sum(f.error**2 for f in same) ** 0.5,
        grounds=(_others_pay(inquiry, place, sold, query_id),),
    )
    explained = inquiry.having_explained(suspect.effect).having_named(*place)
    explained = explained.having_located(f.step for f in same)
    return Stage(explained, (suspect,), tests=len(falls))


def _check(inquiry: Inquiry) -> Check:
    current = inquiry.span.periods.current
    return Check(
        "Price paid, by product and day",
        "price_change",
        {
            "since": inquiry.periods_back(2),
            "until": min(current.end, current.known_by),
        },
    )


def _only(inquiry: Inquiry, sold: list[Sold]) -> Place | None:
    """The one value for which a price moved, when that of all others did not."""
    found: list[tuple[float, Place]] = []
    for n, dimension in enumerate(dimensions(inquiry.catalog)):
        for value in sorted({s.values[n] for s in sold}):
            place = Place(dimension, value)
            inside = _is(inquiry, place)
            own = [p for p in _prices(sold, "segment", inside) if p.moved(inquiry.sign)]
            rest = _prices(sold, "segment", _is_not(inquiry, place))
            if own and rest and not any(p.moved(inquiry.sign) for p in rest):
                found.append((max(abs(p.factor - 1) for p in own), place))
    return max(found, default=(0.0, None))[1]


def _is(inquiry: Inquiry, place: Place) -> Callable[[Sold], bool]:
    n = dimensions(inquiry.catalog).index(place.dimension)
    return lambda sold: sold.values[n] == place.value


def _is_not(inquiry: Inquiry, place: Place) -> Callable[[Sold], bool]:
    n = dimensions(inquiry.catalog).index(place.dimension)
    return lambda sold: sold.values[n] != place.value


def _sold(inquiry: Inquiry) -> tuple[list[Sold], str]:
    span = inquiry.span
    sql = text(
        query("prices", dimensions=carried(inquiry.catalog, "u")),
        inquiry.catalog,
        periods=span.periods.table(span.window),
        people=span.compared.people(inquiry.catalog),
    )
    fetched = inquiry.runner.fetch(sql, purpose="what was paid, by product")
    rows = [
        Sold(
            period, part, plan or "unknown", tuple(v or "unknown" for v in values), sales,
            float(paid),
        )
        for period, part, plan, *values, sales, paid in fetched.rows
    ]  # fmt: skip
    return rows, fetched.id


def _prices(
    sold: list[Sold], part: Slice, among: Callable[[Sold], bool] = lambda _: True
) -> list[Price]:
    """The products that sold enough, now and before."""
    sums: dict[tuple[str, bool], tuple[int, float]] = {}
    for one in sold:
        if one.part == part and among(one):
            sales, paid = sums.get((one.plan, one.period == 0), (0, 0.0))
            sums[one.plan, one.period == 0] = (sales + one.sales, paid + one.paid)
    return list(_averages(sums))


def _averages(sums: dict[tuple[str, bool], tuple[int, float]]) -> Iterator[Price]:
    for plan in sorted({plan for plan, _ in sums}):
        (now, paid), (before, was) = (sums.get((plan, k), (0, 0.0)) for k in (True, False))
        if min(now, before) >= LEAST_SALES and was > 0:
            yield Price(plan, paid / now, was / before)


def _control_paid(
    inquiry: Inquiry, moved: list[Price], sold: list[Sold], query_id: str
) -> Iterator[Ground]:
    """Whether the control pays as before, and moved or not."""
    plans = {p.plan for p in moved}
    for price in _prices(sold, "control"):
        if price.plan in plans:
            steady = abs(price.factor - 1) <= LEAST_MOVE
            name = inquiry.figures.name(price.plan, query_id)
            told = f"{name} as before" if steady else _told(price, inquiry, query_id)
            agrees = steady == (inquiry.change.where == "segment")
            sentence = f"{inquiry.control} pays for {told}."
            yield Ground(sentence, (query_id,), "for" if agrees else "against")


def _others_pay(inquiry: Inquiry, place: Place, sold: list[Sold], query_id: str) -> Ground:
    rest = _prices(sold, "segment", _is_not(inquiry, place))
    told = ", ".join(_told(p, inquiry, query_id) for p in rest)
    return Ground(f"All others pay for {told}.", (query_id,))


def _told(price: Price, inquiry: Inquiry, query_id: str) -> str:
    say = inquiry.figures
    more = say.percent(abs(price.factor - 1), query_id, digits=0)
    return (
        f"{say.name(price.plan, query_id)} from {say.number(price.before, query_id)} to "
        f"{say.number(price.now, query_id)} ({more} {'more' if price.factor > 1 else 'less'})"
    )


def _steady(prices: list[Price], inquiry: Inquiry, query_id: str) -> str:
    say = inquiry.figures
    each = (f"{say.name(p.plan, query_id)} {say.number(p.now, query_id)}" for p in prices)
    told = ", ".join(each)
    return f"Price: unchanged ({told})." if told else "Price: too few sales to compare."
