"""Keys, and which column refers to which table: by name, and by what the values say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlglot import exp

from warehouse.engines.duckdb import DIALECT, DuckDBWarehouse
from warehouse.introspect.facts import ColumnFacts, TableFacts
from warehouse.introspect.reading import quoted, relation
from warehouse.introspect.words import noun, parts, singular

_KEY_WORDS = frozenset({"id", "key", "uuid", "guid", "code", "no", "nr", "number", "pk", "sk"})
LEAST_CONTAINED = 0.9
SAMPLED = 50_000


class Link(NamedTuple):
    """A column whose values are keys of another table."""

    table: str
    column: str
    to: str
    key: str
    contained: float
    """Share of its distinct values that the other table has."""
    named: bool
    """Whether its name says so too."""

    def reason(self) -> str:
        """The evidence in words."""
        told = f"{100 * self.contained:.0f} % of {self.table}.{self.column} are in {self.to}"
        return f"{told}, and its name says so" if self.named else told


def key_of(table: TableFacts) -> ColumnFacts | None:
    """The column that identifies a row: declared, or unique and named or placed like a key."""
    for name in table.declared_keys:
        return table.columns[name]
    unique = [c for c in table.columns.values() if c.is_unique and (c.is_text or c.is_whole)]
    ranked = sorted(unique, key=lambda c: -key_likeness(table, c))
    return ranked[0] if ranked and key_likeness(table, ranked[0]) > 0 else None


def key_likeness(table: TableFacts, column: ColumnFacts) -> int:
    """How much a column's name and place are those of a key."""
    words = parts(column.name)
    score = 3 if words[-1] in _KEY_WORDS else 0
    score += 2 if set(words) & set(parts(noun(table.name))) else 0
    score += 1 if next(iter(table.columns)) == column.name else 0
    score += 2 if words in (("id",), ("key",)) else 0
    return score - (5 if column.patterns.get("email", 0) > 0.5 else 0)


def find_links(source: DuckDBWarehouse, tables: dict[str, TableFacts]) -> tuple[Link, ...]:
    """Every column that holds another table's keys, found by set containment in SQL."""
    keys = {label: key for label, table in tables.items() if (key := key_of(table))}
    return tuple(
        link
        for label, table in tables.items()
        for column in table.columns.values()
        for link in _links_of(source, tables, table, column, keys)
        # A table's own key refers elsewhere only where its name says so: one row a user.
        if link.named or column.name != getattr(keys.get(label), "name", None)
    )


def _links_of(
    source: DuckDBWarehouse,
    tables: dict[str, TableFacts],
    table: TableFacts,
    column: ColumnFacts,
    keys: dict[str, ColumnFacts],
) -> Iterator[Link]:
    for other, key in keys.items():
        if other == table.label or not _may_refer(column, key):
            continue
        named = _is_named_for(column, tables[other], key)
        # Small whole numbers lie in every table of running numbers: only a name tells.
        if not named and (column.is_whole or column.distinct < 30):
            continue
        contained = _contained(source, table, column, tables[other], key)
        if contained >= LEAST_CONTAINED:
            yield Link(table.label, column.name, other, key.name, contained, named)


def _may_refer(column: ColumnFacts, key: ColumnFacts) -> bool:
    same_kind = (column.is_text and key.is_text) or (column.is_whole and key.is_whole)
    return same_kind and column.present > 0 and column.distinct <= 1.2 * key.distinct


def _is_named_for(column: ColumnFacts, table: TableFacts, key: ColumnFacts) -> bool:
    words, key_words = parts(column.name), parts(key.name)
    if words == key_words:
        return key_words not in (("id",), ("key",))
    own = {singular(word) for word in parts(noun(table.name))}
    return bool(own & {singular(word) for word in words}) and words[-1] in _KEY_WORDS | own


def _contained(
    source: DuckDBWarehouse,
    table: TableFacts,
    column: ColumnFacts,
    other: TableFacts,
    key: ColumnFacts,
) -> float:
    child, parent = quoted(column.name), quoted(key.name)
    values = (
        exp.select(exp.alias_(child, "value"))
        .distinct()
        .from_(relation(table))
        .where(child.copy().is_(exp.null()).not_())
        .limit(SAMPLED)
    )
    known = exp.select(parent).from_(relation(other))
    found = exp.In(this=exp.column("value"), query=known.subquery())
    hit = exp.func("AVG", exp.Case().when(found, exp.Literal.number(1)).else_(0))
    share = source.fetch(exp.select(hit).from_(values.subquery("c")).sql(DIALECT)).scalar()
    return float(share or 0.0)
