"""The third wall, part two: what every name means, and whether this role may read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers
from sqlglot.optimizer.qualify_columns import qualify_columns, quote_identifiers
from sqlglot.optimizer.qualify_tables import qualify_tables
from sqlglot.optimizer.scope import Scope, traverse_scope

from core.errors import Code, Refusal
from warehouse.catalog import unknown_name
from warehouse.sqlcheck.rewriting import (
    call_the_clock,
    drop_stars_in_exists,
    keep_headings,
    name_headings,
)
from warehouse.sqlcheck.structure import is_listed
from warehouse.sqlcheck.world import READABLE, SCHEMA, ClosedWorld, Role

_DIALECT = "duckdb"


@dataclass
class Names:
    """What a query reads, once all its names are known."""

    tree: exp.Query
    scopes: list[Scope]
    tables: set[str] = field(default_factory=set)
    columns: set[str] = field(default_factory=set)
    refusals: list[Refusal] = field(default_factory=list)
    written: set[tuple[str, ...]] = field(default_factory=set)
    """Every column as the generated text will write it: (name,) or (table, name)."""


def resolve(tree: exp.Query, nodes: list[exp.Expr], world: ClosedWorld, role: Role) -> Names:
    """Qualify every table and column of the tree in place and say what may not be read.

    ``nodes`` are all nodes of the tree, walked once for every part of the check.
    Raises sqlglot's OptimizeError or SchemaError for a name it cannot place.
    """
    name_headings(tree)
    headings = [select.alias_or_name for select in tree.selects]
    drop_stars_in_exists(nodes)
    call_the_clock(nodes)
    tree = normalize_identifiers(tree, dialect=_DIALECT)
    tree = qualify_tables(tree, db=SCHEMA, dialect=_DIALECT)
    names = Names(tree, [])
    _read_tables(names, world)
    if names.refusals:
        return names
    pivoted = any(isinstance(node, exp.Pivot) for node in nodes)
    names.tree = qualify_columns(tree, world.schema, dialect=_DIALECT)
    if pivoted:
        # sqlglot forgets the columns a PIVOT groups by; the engine's own star has them all,
        # and the pivoted query inside only has columns that were checked.
        names.tree.set("expressions", [exp.Star()])
    names.scopes = list(traverse_scope(names.tree))
    _Columns(names, world, role).read()
    keep_headings(names.tree, headings)
    quote_identifiers(names.tree, dialect=_DIALECT, identify=True)
    return names


def _read_tables(names: Names, world: ClosedWorld) -> None:
    """A table with a schema is a base table; without one it is a common table expression."""
    for table in names.tree.find_all(exp.Table):
        if not table.db or not isinstance(table.this, exp.Identifier):
            continue
        if table.catalog not in {"", "warehouse"} or table.db != SCHEMA:
            names.refusals.append(_forbidden_table(table))
        elif table.name not in world.tables:
            refusal = unknown_name(Code.UNKNOWN_TABLE, "table", table.name, list(world.tables))
            names.refusals.append(refusal)
        else:
            table.set("catalog", None)
            names.tables.add(table.name)


@dataclass
class _Columns:
    """Looks up every column in the scope that holds it."""

    names: Names
    world: ClosedWorld
    role: Role
    seen: set[int] = field(default_factory=set)

    def read(self) -> None:
        for scope in self.names.scopes:
            for column in list(scope.find_all(exp.Column)):
                self.names.refusals.extend(self._column(column, scope))
                self.seen.add(id(column))
        pivoted = any(scope.pivots for scope in self.names.scopes)
        for node in self.names.tree.walk():
            if isinstance(node, exp.Column):
                self._write(node, pivoted)
            elif isinstance(node, exp.Star) and not isinstance(node.parent, exp.Count):
                self._star(node, pivoted)
            elif not is_listed(node):
                # Qualifying turns a table's name in an expression into its whole row.
                self.names.refusals.append(_whole_row(node))
        self.names.refusals = list(dict.fromkeys(self.names.refusals))

    def _write(self, column: exp.Column, pivoted: bool) -> None:
        """A column that no scope holds is refused; a PIVOT drops the names of tables."""
        if id(column) not in self.seen:
            self.names.refusals.append(_unplaced(column))
        table, name = column.table.lower(), column.name.lower()
        self.names.written.add((table, name) if table else (name,))
        if pivoted:
            self.names.written.add((name,))

    def _star(self, star: exp.Star, pivoted: bool) -> None:
        """A star that could not be written out may stand for any column; only a PIVOT keeps one."""
        if pivoted and star.parent is self.names.tree:
            self.names.written.add(("*",))
        else:
            self.names.refusals.append(_whole_row(star))

    def _column(self, column: exp.Column, scope: Scope) -> Iterator[Refusal]:
        if not column.table:
            yield from self._bare(column, scope)
            return
        source = _source(column.table, scope)
        if isinstance(source, Scope):
            yield from self._derived(column, source)
        elif not isinstance(source, exp.Table):
            yield _unplaced(column)
        elif isinstance(source.this, exp.Identifier):
            yield from self._base(column, source.name)
        elif column.name not in _series_columns(source):
            yield _unplaced(column)

    def _base(self, column: exp.Column, table: str) -> Iterator[Refusal]:
        known = self.world.tables[table]
        found = known.get(column.name)
        if found is None:
            yield unknown_name(Code.UNKNOWN_COLUMN, "column", column.name, list(known))
            return
        self.names.columns.add(f"{table}.{column.name}")
        if found.data_class not in READABLE[self.role]:
            yield _not_readable(f"{table}.{column.name}", found.data_class, self.role)
        elif found.type == "json" and self.role != "system" and not _is_read_by_key(column):
            yield _whole_json(f"{table}.{column.name}")

    def _derived(self, column: exp.Column, source: Scope) -> Iterator[Refusal]:
        known = _outputs(source)
        if known is not None and column.name not in known:
            yield unknown_name(Code.UNKNOWN_COLUMN, "column", column.name, sorted(known))

    def _bare(self, column: exp.Column, scope: Scope) -> Iterator[Refusal]:
        # The engine reads a bare ORDER BY item as the output of that name, but reads the
        # same name inside an expression as a column: only the first is certain.
        query = scope.expression
        outputs = query.named_selects if isinstance(query, exp.Query) else []
        is_output = column.name in outputs and _sorts(column, query)
        if is_output and isinstance(column.parent, exp.Ordered):
            return
        known = self._visible(scope)
        if not is_output:
            yield unknown_name(Code.UNKNOWN_COLUMN, "column", column.name, sorted(known))
        elif isinstance(query, exp.Select):
            yield from self._settle(column, query, known)

    def _settle(self, column: exp.Column, query: exp.Select, known: set[str]) -> Iterator[Refusal]:
        """Write the output's own expression in place of its name, unless that may change it."""
        output = next(one for one in query.selects if one.alias_or_name == column.name).unalias()
        same = isinstance(output, exp.Column) and output.name == column.name
        if column.name in known and not same:
            yield _ambiguous(column)
            return
        value = output.copy()
        self.seen.update(id(part) for part in value.find_all(exp.Column))
        column.replace(exp.paren(value, copy=False))

    def _visible(self, scope: Scope | None) -> set[str]:
        """Every column name that the engine could see from here, outer queries included."""
        names: set[str] = set()
        while scope is not None:
            for source in scope.sources.values():
                names |= self._names_of(source)
            scope = scope.parent
        return names

    def _names_of(self, source: object) -> set[str]:
        if isinstance(source, Scope):
            return _outputs(source) or set()
        if isinstance(source, exp.Table):
            return set(self.world.tables.get(source.name, {}))
        return set()


def _series_columns(series: exp.Table) -> set[str]:
    """What a series calls its one column: the name it was given, else that of the function."""
    named = {column.name for column in series.args["alias"].columns}
    return named or {"range", "generate_series"}


def _source(name: str, scope: Scope | None) -> Scope | exp.Table | None:
    """What a table name means: a subquery sees the sources of the queries around it."""
    while scope is not None:
        source = scope.sources.get(name)
        if isinstance(source, (Scope, exp.Table)):
            return source
        scope = scope.parent
    return None


def _sorts(column: exp.Column, query: exp.Expr) -> bool:
    """Whether it stands in the query's own ORDER BY or DISTINCT ON, where outputs have names."""
    clause = column.find_ancestor(exp.Order, exp.Distinct, exp.Window, exp.Query)
    return isinstance(clause, (exp.Order, exp.Distinct)) and clause.parent is query


def _outputs(source: Scope) -> set[str] | None:
    expression = source.expression
    if isinstance(expression, exp.Query):
        return set(expression.named_selects)
    return None


def _is_read_by_key(column: exp.Column) -> bool:
    parent = column.parent
    while isinstance(parent, exp.Paren):
        parent = parent.parent
    return isinstance(parent, (exp.JSONExtract, exp.JSONExtractScalar))


def _forbidden_table(table: exp.Table) -> Refusal:
    name = ".".join(part.name for part in table.parts)
    return Refusal(
        code=Code.SQL_FORBIDDEN_TABLE,
        message=f"The table {name} lies outside the catalog.",
        span=name,
        fix=f"Use the tables of the schema {SCHEMA} that the catalog lists.",
    )


def _not_readable(name: str, data_class: str, role: Role) -> Refusal:
    return Refusal(
        code=Code.SQL_FORBIDDEN_COLUMN,
        message=f"The column {name} is {data_class}; the role {role} may not read it.",
        span=name,
        fix="Leave it out, also from filters, joins and sorting.",
    )


def _whole_json(name: str) -> Refusal:
    return Refusal(
        code=Code.SQL_FORBIDDEN_COLUMN,
        message=f"The column {name} may only be read one property at a time.",
        span=name,
        fix=f"Write {name.split('.')[1]} ->> '$.name' with a property of the catalog.",
    )


def _ambiguous(column: exp.Column) -> Refusal:
    return Refusal(
        code=Code.SQL_FORBIDDEN_COLUMN,
        message=f"The name {column.name} may mean an output or a column here.",
        span=column.sql(_DIALECT),
        fix="Give the output another name, or write the table before the column.",
    )


def _whole_row(node: exp.Expr) -> Refusal:
    return Refusal(
        code=Code.SQL_FORBIDDEN_COLUMN,
        message=f"{node.name or type(node).__name__} stands for a whole row, not for one column.",
        span=node.sql(_DIALECT)[:200],
        fix="Name the columns.",
    )


def _unplaced(column: exp.Column) -> Refusal:
    return Refusal(
        code=Code.UNKNOWN_COLUMN,
        message=f"No table of the query has the column {column.sql(_DIALECT)}.",
        span=column.sql(_DIALECT),
        fix="Write the table before the column, with a column the catalog lists.",
    )
