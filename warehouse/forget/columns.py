"""Which columns may know somebody: found in the warehouse itself, not in a list of tables.

A column identifies when the catalog says that its kind of name does, or when
such a name is one that identity uses. Every other text may still mention people.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import duckdb

from warehouse.catalog import Catalog

IDENTIFIERS = frozenset(
    "user_id anonymous_id previous_id device_id merged_into email phone person person_id "
    "canonical_id".split()
)
"""Names of columns that hold an identifier and nothing else, wherever they stand."""
IDENTITY = "identity_"
"""Every text of these tables may be an identifier."""
_TEXTS = ("VARCHAR", "JSON")
_SQL = Path(__file__).parent / "sql" / "columns.sql"


class Known(NamedTuple):
    """A table and what in it may know somebody."""

    schema: str
    table: str
    identifying: tuple[str, ...]
    """A row with an identifier here is a row about its person."""
    texts: tuple[str, ...]
    """Text that may mention somebody."""
    nested: tuple[str, ...]
    """Lists and objects of texts, which can only be looked at as a whole."""
    columns: frozenset[str]
    """Every column."""

    @property
    def name(self) -> str:
        """As receipts call it."""
        return self.table if self.schema == "main" else f"{self.schema}.{self.table}"


def known_tables(cursor: duckdb.DuckDBPyConnection, catalog: Catalog) -> list[Known]:
    """Every table of the warehouse, in every schema, that has any text."""
    found = cursor.execute(_SQL.read_text(encoding="utf-8")).fetchall()
    tables: dict[tuple[str, str], dict[str, str]] = {}
    for schema, table, column, kind in found:
        tables.setdefault((schema, table), {})[column] = kind
    identifying = _identifying(catalog)
    known = [
        _known(schema, table, columns, identifying) for (schema, table), columns in tables.items()
    ]
    return [one for one in known if one.identifying or one.texts or one.nested]


def _identifying(catalog: Catalog) -> frozenset[str]:
    """Names that identify: keys of users wherever they stand, and personal columns of users."""
    layout = catalog.layout
    keys = {layout.users.key, layout.events.user, layout.traits.user, layout.consent.user}
    personal = {
        name for name, column in catalog.user_columns().items() if column.data_class != "public"
    }
    return IDENTIFIERS | keys | personal


def _known(schema: str, table: str, columns: dict[str, str], identifying: frozenset[str]) -> Known:
    texts = [name for name, kind in columns.items() if kind in _TEXTS]
    plain = [name for name in texts if columns[name] == "VARCHAR"]
    ours = [name for name in plain if name in identifying or table.startswith(IDENTITY)]
    nested = [name for name, kind in columns.items() if kind not in _TEXTS and "VARCHAR" in kind]
    rest = [name for name in texts if name not in ours]
    return Known(schema, table, tuple(ours), tuple(rest), tuple(nested), frozenset(columns))
