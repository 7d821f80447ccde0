"""Whom somebody sees who is limited to some users: the query, built once for every way to look."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlglot import exp

from warehouse.catalog import Catalog

Limits = Mapping[str, tuple[str, ...]]
"""Column of users → the values of those whom somebody sees."""


def visible_users(
    catalog: Catalog, limits: Limits, users: Collection[str] | None = None
) -> exp.Select:
    """One column ``user_id``: everybody within the limits, or those of some users."""
    layout = catalog.layout.users
    query = exp.select(exp.column(layout.key).as_("user_id")).from_(layout.table)
    wanted = dict(limits) if users is None else {**limits, layout.key: tuple(sorted(users))}
    for column, values in wanted.items():
        query = query.where(exp.column(column).isin(*(exp.Literal.string(one) for one in values)))
    return query
