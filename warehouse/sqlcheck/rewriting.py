"""The third wall, part five: small rewritings that change no answer.

They let honest queries pass that the check would read too strictly, and keep the
headings of the result as the person wrote them.
"""

from __future__ import annotations

from sqlglot import exp

_DIALECT = "duckdb"
_CLOCK: dict[type[exp.Expr], str] = {
    exp.CurrentDate: "today",
    exp.CurrentTimestamp: "now",
    exp.Localtimestamp: "current_localtimestamp",
}


def name_headings(tree: exp.Query) -> None:
    """An output that has no name gets its own text as one, not a number."""
    taken = {select.alias_or_name for select in tree.selects}
    selects = tree.selects
    holder = selects[0].parent
    if isinstance(holder, exp.Select):
        holder.set("expressions", [_named(select, taken) for select in selects])


def _named(select: exp.Expr, taken: set[str]) -> exp.Expr:
    if select.alias or isinstance(select, (exp.Column, exp.Star)):
        return select
    heading = select.sql(_DIALECT).lower()[:60]
    if heading in taken:
        return select
    taken.add(heading)
    return exp.alias_(select, heading, quoted=True, copy=False)


def drop_stars_in_exists(nodes: list[exp.Expr]) -> None:
    """EXISTS (SELECT * ...) reads no column: it must not be refused for those it names."""
    for exists in nodes:
        query = exists.this if isinstance(exists, exp.Exists) else None
        if isinstance(query, exp.Select) and query.selects == [exp.Star()]:
            query.set("expressions", [exp.Literal.number(1)])


def call_the_clock(nodes: list[exp.Expr]) -> None:
    """CURRENT_DATE is a column to the engine's parser where one has that name; today() is not."""
    for word in nodes:
        if type(word) in _CLOCK and not word.this:
            word.replace(exp.Anonymous(this=_CLOCK[type(word)]))


def keep_headings(tree: exp.Query, headings: list[str]) -> None:
    """Names are compared in lower case; what people called the result's columns stays."""
    if len(headings) != len(tree.selects):
        return
    for select, heading in zip(tree.selects, headings, strict=True):
        if isinstance(select, exp.Alias) and select.alias == heading.lower() != heading:
            select.set("alias", exp.to_identifier(heading, quoted=True))
