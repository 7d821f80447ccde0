"""What a query gives back."""

from __future__ import annotations

from typing import Any, NamedTuple


class Rows(NamedTuple):
    """Column names and rows, in the engine's Python types."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    def dicts(self) -> list[dict[str, Any]]:
        """Each row as column → value."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def scalar(self) -> Any:
        """The only value of a one-row, one-column result."""
        ((value,),) = self.rows
        return value
