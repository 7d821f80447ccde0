"""What is known of a foreign table before anybody says what it means: counts, never guesses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

TEXT = ("VARCHAR", "UUID", "ENUM")
WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
         "UBIGINT", "UHUGEINT")  # fmt: skip
BROKEN = ("FLOAT", "DOUBLE", "DECIMAL")
NESTED = ("STRUCT", "MAP", "JSON", "UNION")


@dataclass(frozen=True)
class ColumnFacts:
    """One column as it was counted. Shares are of the rows that have a value."""

    name: str
    type: str
    """The engine's name of the type, without parameters: ``DECIMAL``, ``TIMESTAMP``."""
    rows: int
    present: int
    distinct: int
    """Exact for candidates of a key, approximate otherwise."""
    least: Any = None
    most: Any = None
    values: tuple[str, ...] = ()
    """Every value, the most frequent first, where there are few."""
    patterns: dict[str, float] = field(default_factory=dict)
    """Pattern → share of the sampled values that match it."""
    average_length: float = 0.0

    @property
    def missing(self) -> float:
        """The share of rows without a value."""
        return 1 - self.present / self.rows if self.rows else 0.0

    @property
    def is_unique(self) -> bool:
        """Whether every row has a value of its own."""
        return self.rows > 0 and self.present == self.rows == self.distinct

    @property
    def is_text(self) -> bool:
        """Whether it holds characters."""
        return self.type.startswith(TEXT)

    @property
    def is_whole(self) -> bool:
        """Whether it holds whole numbers."""
        return self.type in WHOLE

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers of any kind."""
        return self.is_whole or self.type.startswith(BROKEN)

    @property
    def is_nested(self) -> bool:
        """Whether it holds JSON or other nested values."""
        return self.type.startswith(NESTED) or self.patterns.get("json", 0) > 0.9

    @property
    def is_list(self) -> bool:
        """Whether it holds lists."""
        return self.type.endswith("]")


@dataclass(frozen=True)
class TableFacts:
    """One table of the source with its columns in order."""

    schema: str
    name: str
    rows: int
    columns: dict[str, ColumnFacts]
    declared_keys: tuple[str, ...] = ()
    """Single columns that the table itself declares as its primary key."""

    @property
    def label(self) -> str:
        """How a person names it: with its schema where that is not the usual one."""
        return self.name if self.schema == "main" else f"{self.schema}.{self.name}"
