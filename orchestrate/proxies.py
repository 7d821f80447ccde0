"""Which conditions of a proposal pick out a protected group without naming it: one query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from sqlglot import exp

from core.association import Cell, cramers_v, lifts
from core.conditions import AnyLeaf, Attribute, Condition, leaves
from core.sending import Association
from orchestrate.counting import DIALECT, Fetches, count_if, is_true
from warehouse.catalog import Catalog
from warehouse.compile import Audiences, expand, select_flags
from warehouse.wording import describe

MOST_LEAVES = 40
"""More conditions than that are not looked at: the first ones are."""
LEAST = 5
"""Values that fewer users have are left out."""


def protected_columns(catalog: Catalog) -> tuple[str, ...]:
    """The columns of users that are protected."""
    columns = catalog.user_columns().items()
    return tuple(name for name, column in columns if column.data_class == "protected")


def associations(
    conditions: Iterable[Condition],
    runner: Fetches,
    catalog: Catalog,
    *,
    as_of: datetime,
    audiences: Audiences | None = None,
) -> tuple[Association, ...]:
    """How strongly each condition goes with each protected column of users, by one query.

    Empty, and no query, where the catalog has no protected column.
    """
    protected = protected_columns(catalog)
    asked = _asked(conditions, catalog, audiences, protected)
    if not protected or not asked:
        return ()
    flags: dict[str, Condition] = {f"l{number}": leaf for number, leaf in enumerate(asked)}
    inner = select_flags(flags, catalog, as_of=as_of, columns=protected)
    parts = [_by_value(column, len(asked)) for column in protected]
    counted = parts[0] if len(parts) == 1 else exp.union(*parts, distinct=False)
    query = counted.with_("flags", as_=inner).sql(dialect=DIALECT, pretty=True)
    rows = runner.fetch(query, purpose="whether a condition stands for a protected attribute").rows
    return tuple(_found(rows, asked, protected, catalog))


def _asked(
    conditions: Iterable[Condition],
    catalog: Catalog,
    audiences: Audiences | None,
    protected: Sequence[str],
) -> list[AnyLeaf]:
    """The distinct leaves that do not name a protected column: those are blocked as it is."""
    found = [
        leaf
        for condition in conditions
        for leaf in leaves(expand(condition, catalog, audiences))
        if not (isinstance(leaf, Attribute) and leaf.column in protected)
    ]
    return [one for place, one in enumerate(found) if one not in found[:place]][:MOST_LEAVES]


def _by_value(column: str, many: int) -> exp.Select:
    """One row a value of a column: the users of it, and how many meet each condition."""
    known = exp.column(column)
    counts = [count_if(f"m{number}", is_true(f"l{number}")) for number in range(many)]
    return (
        exp.select(
            exp.alias_(exp.Literal.string(column), "attribute"),
            exp.alias_(exp.cast(known, "text"), "value"),
            exp.alias_(exp.Count(this=exp.Star()), "users"),
            *counts,
        )
        .from_("flags")
        .where(exp.not_(known.copy().is_(exp.null())))
        .group_by(known.copy())
        .having(exp.Count(this=exp.Star()) >= LEAST)
    )


def _found(
    rows: Sequence[tuple[object, ...]],
    asked: Sequence[AnyLeaf],
    protected: Sequence[str],
    catalog: Catalog,
) -> Iterator[Association]:
    table = catalog.layout.users.table
    for column in protected:
        own = [row for row in rows if row[0] == column]
        for number, leaf in enumerate(asked):
            cells = {str(row[1]): Cell(_whole(row[2]), _whole(row[3 + number])) for row in own}
            if strength := cramers_v(cells):
                yield _association(f"{table}.{column}", describe(leaf, catalog), cells, strength)


def _association(
    attribute: str, condition: str, cells: Mapping[str, Cell], strength: float
) -> Association:
    by_value = lifts(cells)
    most = max(by_value, key=lambda value: by_value[value])
    users = sum(cell.users for cell in cells.values())
    return Association(
        condition=condition,
        attribute=attribute,
        strength=strength,
        users=users,
        most=most,
        lift=by_value[most],
    )


def _whole(value: object) -> int:
    assert isinstance(value, int)
    return value
