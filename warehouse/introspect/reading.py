"""Count what is in a foreign warehouse: one pass a table, few passes a column, read-only."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sqlglot import exp

from core.errors import Code, PilothouseError, refuse
from warehouse.engines.duckdb import DIALECT, DuckDBWarehouse
from warehouse.introspect.facts import ColumnFacts, TableFacts
from warehouse.views import SOURCE

URL = "duckdb:///"
SAMPLE_ROWS = 5_000
FEW_VALUES = 25
MOST_TABLES = 200
PATTERNS = {
    "email": r"^[^@\s]+@[^@\s]+\.[^@\s.]+$",
    "phone": r"^\+?[0-9][0-9 ()./-]{6,18}[0-9]$",
    "iban": r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$",
    "card": r"^[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{1,7}$",
    "ip": r"^[0-9]{1,3}(\.[0-9]{1,3}){3}$",
    "json": r"^\s*\{.*\}\s*$",
    "moment": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}.*)?$",
    "version": r"^v?[0-9]+(\.[0-9]+){1,3}$",
    "zone": r"^(Africa|America|Asia|Atlantic|Australia|Europe|Pacific|Etc)/[A-Za-z_/]+$",
    "word": r"^[\w .&+-]{1,40}$",
}


def open_source(url: str, folder: Path) -> tuple[DuckDBWarehouse, Path]:
    """The warehouse of a URL, opened read-only; a relative path starts at ``folder``.

    Refuses other engines, a missing file, a held one, and one that is no database.
    """
    if not url.startswith(URL):
        engine = url.split(":", 1)[0] or url
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"Tables of '{engine}' cannot be introspected yet.",
            span=url,
            fix="Give a DuckDB file as duckdb:///path/to/file.duckdb; "
            "bring other data in with 'pilothouse import'.",
        )
    path = (folder / url.removeprefix(URL)).resolve()
    if not path.is_file():
        raise refuse(
            Code.WAREHOUSE_MISSING,
            f"There is no DuckDB file at {path}.",
            span=url,
            fix="Check the path; an absolute one has four slashes: duckdb:////data/shop.duckdb.",
        )
    try:
        # Beside it a database in memory, where the views of the draft are tried.
        memory = Path(":memory:")
        return DuckDBWarehouse(memory, must_exist=False, attached={SOURCE: path}), path
    except PilothouseError as error:
        if error.refusal.code != Code.WAREHOUSE_LOCKED:
            raise
        raise refuse(
            Code.WAREHOUSE_LOCKED,
            error.refusal.message,
            span=url,
            fix="Wait until it is done with the file, or give a copy of the file.",
        ) from error


def read_tables(source: DuckDBWarehouse) -> dict[str, TableFacts]:
    """Every table and view with rows, counted; refuses a warehouse without any."""
    found = source.fetch(
        """
        SELECT table_schema, table_name, column_name, data_type
        FROM information_schema.columns
        WHERE table_catalog = $source
            AND table_schema NOT IN ('information_schema', 'pg_catalog')
        ORDER BY table_schema, table_name, ordinal_position
        """,
        {"source": SOURCE},
    ).rows
    named: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, data_type in found:
        named.setdefault((schema, table), {})[column] = data_type
    if len(named) > MOST_TABLES:
        raise _unfit(f"The warehouse has {len(named)} tables; at most {MOST_TABLES} are drafted.")
    keys = _declared_keys(source)
    tables = [_table(source, where, types, keys.get(where, ())) for where, types in named.items()]
    read = {table.label: table for table in tables if table.rows}
    if not read:
        raise _unfit("The warehouse has no table with rows.")
    return read


def _unfit(message: str) -> PilothouseError:
    fix = "Give a warehouse with a table of users and at least one of what they did."
    return refuse(Code.WAREHOUSE_MISSING, message, span="--from-warehouse", fix=fix)


def _declared_keys(source: DuckDBWarehouse) -> dict[tuple[str, str], tuple[str, ...]]:
    found = source.fetch(
        """
        SELECT schema_name, table_name, constraint_column_names[1]
        FROM duckdb_constraints()
        WHERE constraint_type = 'PRIMARY KEY' AND LEN(constraint_column_names) = 1
            AND database_name = $source
        """,
        {"source": SOURCE},
    ).rows
    return {(schema, table): (column,) for schema, table, column in found}


def relation(table: TableFacts) -> exp.Table:
    """A table of the source, quoted as it is written."""
    return exp.table_(table.name, db=table.schema, catalog=SOURCE, quoted=True)


def quoted(name: str, table: str | None = None) -> exp.Column:
    """A column, quoted as it is written."""
    return exp.column(name, table=table, quoted=True)


def _table(
    source: DuckDBWarehouse, where: tuple[str, str], types: dict[str, str], keys: tuple[str, ...]
) -> TableFacts:
    empty = TableFacts(*where, 0, {}, keys)
    columns = [ColumnFacts(name, _kind(kind), 0, 0, 0) for name, kind in types.items()]
    counts: list[exp.Expr] = [exp.Count(this=exp.Star())]
    for column in columns:
        value = quoted(column.name)
        counts += [exp.Count(this=value), exp.func("APPROX_COUNT_DISTINCT", value.copy())]
        ordered = column.is_number or column.type.startswith(("TIMESTAMP", "DATE"))
        ends = (exp.Min, exp.Max) if ordered else ()
        counts += [end(this=value.copy()) for end in ends] or [exp.null(), exp.null()]
    query = exp.select(*counts).from_(relation(empty))
    (row,) = source.fetch(query.sql(DIALECT)).rows
    counted = []
    for place, column in enumerate(columns):
        present, distinct, least, most = row[1 + 4 * place : 5 + 4 * place]
        counted.append(
            replace(column, rows=row[0], present=present, distinct=distinct, least=least, most=most)
        )
    table = replace(empty, rows=row[0])
    detailed = [_detailed(source, table, column) for column in counted] if table.rows else []
    return replace(table, columns={column.name: column for column in detailed})


def _kind(declared: str) -> str:
    return declared if declared.endswith("]") else declared.split("(")[0]


def _detailed(source: DuckDBWarehouse, table: TableFacts, column: ColumnFacts) -> ColumnFacts:
    """Exact distinct counts for candidates of a key, values where few, patterns of texts."""
    value = quoted(column.name)
    if column.distinct > 0.9 * column.rows and not column.is_nested:
        exact = exp.select(exp.Count(this=exp.Distinct(expressions=[value]))).from_(relation(table))
        column = replace(column, distinct=source.fetch(exact.sql(DIALECT)).scalar())
    few = column.distinct <= 1.2 * FEW_VALUES and not column.type.startswith("TIMESTAMP")
    if few and not column.is_nested and not column.is_list:
        column = replace(column, values=_values(source, table, column))
    return _patterned(source, table, column) if column.is_text else column


def _values(source: DuckDBWarehouse, table: TableFacts, column: ColumnFacts) -> tuple[str, ...]:
    value = exp.cast(quoted(column.name), "text")
    query = (
        exp.select(exp.alias_(value, "value"))
        .from_(relation(table))
        .where(quoted(column.name).is_(exp.null()).not_())
        .group_by(exp.Literal.number(1))
        .order_by("COUNT(*) DESC, 1")
        .limit(FEW_VALUES + 1)
    )
    found = tuple(row[0] for row in source.fetch(query.sql(DIALECT)).rows)
    return found if len(found) <= FEW_VALUES else ()


def _patterned(source: DuckDBWarehouse, table: TableFacts, column: ColumnFacts) -> ColumnFacts:
    value = exp.alias_(exp.cast(quoted(column.name), "text"), "value")
    present = quoted(column.name).is_(exp.null()).not_()
    sample = exp.select(value).from_(relation(table)).where(present).limit(SAMPLE_ROWS)
    text = exp.column("value")
    shares = [
        exp.func("AVG", exp.cast(exp.func("REGEXP_MATCHES", text, exp.Literal.string(p)), "int"))
        for p in PATTERNS.values()
    ]
    length = exp.func("AVG", exp.func("LENGTH", text))
    query = exp.select(*shares, length).from_(sample.subquery("sampled"))
    (row,) = source.fetch(query.sql(DIALECT)).rows
    matched = {name: share or 0.0 for name, share in zip(PATTERNS, row, strict=False)}
    return replace(column, patterns=matched, average_length=row[-1] or 0.0)
