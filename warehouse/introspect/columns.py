"""What a foreign column becomes: its safe name, its type, the SQL that reads it, its values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from sqlglot import exp

from warehouse.catalog import DataClass, DataType
from warehouse.introspect.choices import Choice, Confidence
from warehouse.introspect.classes import delicacy_of
from warehouse.introspect.facts import ColumnFacts, TableFacts
from warehouse.introspect.reading import quoted
from warehouse.introspect.words import parts, safe

_TIME_WORDS = frozenset(
    """
    at time ts timestamp date day created updated since until when epoch ms occurred started ended
    datum zeit zeitpunkt tag erstellt angelegt fecha heure jour
    """.split()
)
_FLAG_WORDS = frozenset(
    """
    is has opt optin optout flag consent newsletter subscribed active enabled verified deleted
    wants allows accepts accepted agreed einwilligung zustimmung aktiv
    """.split()
)
_YES = {"y": "n", "yes": "no", "true": "false", "t": "f", "ja": "nein", "j": "n", "1": "0"}


class Reading(NamedTuple):
    """A type and the SQL that gives it, with how sure that is."""

    type: DataType
    value: exp.Expr
    confidence: Confidence = "high"
    reason: str = ""


@dataclass(frozen=True)
class MappedColumn:
    """A column of a view."""

    name: str
    facts: ColumnFacts
    type: DataType
    value: exp.Expr
    data_class: DataClass
    choices: tuple[Choice, ...] = ()

    @property
    def values(self) -> tuple[str, ...] | None:
        """The closed set of values, where it is one."""
        if self.type != "string" or not self.facts.values or self.data_class != "public":
            return None
        repeated = self.facts.present > 5 * len(self.facts.values)
        short = all(len(value) <= 40 for value in self.facts.values)
        return tuple(sorted(self.facts.values)) if repeated and short else None

    @property
    def is_time(self) -> bool:
        """Whether it says when."""
        return self.type in ("timestamp", "date")


def map_columns(
    table: TableFacts, keys: frozenset[str], reserved: frozenset[str], *, is_users: bool
) -> dict[str, MappedColumn]:
    """Safe name → column, for every column that a view can carry; ``keys`` become texts."""
    mapped: dict[str, MappedColumn] = {}
    for column in table.columns.values():
        if column.type == "BLOB" or column.present == 0:
            continue
        name = safe(column.name, reserved)
        while name in mapped:
            name = f"{name}_2"
        reading = _key(column) if column.name in keys else read_as(column)
        mapped[name] = _mapped(table, name, column, reading, is_users)
    return mapped


def _mapped(
    table: TableFacts, name: str, column: ColumnFacts, reading: Reading, is_users: bool
) -> MappedColumn:
    about = f"{table.label}.{column.name}"
    delicacy = delicacy_of(column, is_users)
    choices = []
    if reading.reason:
        choices.append(Choice(about, reading.type, reading.confidence, (reading.reason,)))
    if delicacy.data_class != "public":
        choices.append(Choice(about, delicacy.data_class, delicacy.confidence, (delicacy.reason,)))
    return MappedColumn(
        name, column, reading.type, reading.value, delicacy.data_class, tuple(choices)
    )


def _key(column: ColumnFacts) -> Reading:
    return Reading("string", exp.cast(quoted(column.name), "text"))


def read_as(column: ColumnFacts) -> Reading:
    """The type of a column and how to read it, from its type, name and values."""
    value = quoted(column.name)
    if column.type == "TIMESTAMP WITH TIME ZONE":
        zone = exp.AtTimeZone(this=value, zone=exp.Literal.string("UTC"))
        return Reading("timestamp", zone)
    if column.type.startswith("TIMESTAMP"):
        return Reading("timestamp", value)
    if column.type == "DATE":
        return Reading("date", value)
    if column.type == "BOOLEAN":
        return Reading("boolean", value)
    if column.is_nested or column.is_list:
        as_json = column.type in ("JSON", "VARCHAR")
        text = exp.TryCast(this=value, to=exp.DataType.build("json"))
        return Reading(
            "json", text if as_json else exp.Anonymous(this="to_json", expressions=[value])
        )
    return _flag(column) or _moment(column) or _plain(column)


def _plain(column: ColumnFacts) -> Reading:
    value = quoted(column.name)
    if column.is_whole:
        return Reading("integer", value)
    if column.is_number:
        return Reading("number", value)
    return Reading("string", value if column.type == "VARCHAR" else exp.cast(value, "text"))


def _flag(column: ColumnFacts) -> Reading | None:
    """Y and N, yes and no, 0 and 1: a yes-or-no where the name asks one."""
    if len(column.values) != 2 or not set(parts(column.name)) & _FLAG_WORDS:
        return None
    low = {value.lower(): value for value in column.values}
    for yes, no in _YES.items():
        if set(low) == {yes, no}:
            equal = exp.cast(quoted(column.name), "text").eq(exp.Literal.string(low[yes]))
            return Reading("boolean", equal, "medium", f"its values are {low[yes]} and {low[no]}")
    return None


def _moment(column: ColumnFacts) -> Reading | None:
    value = quoted(column.name)
    if column.is_text and column.patterns.get("moment", 0.0) > 0.95:
        return Reading(
            "timestamp",
            exp.TryCast(this=value, to=exp.DataType.build("timestamp")),
            "medium",
            "its texts look like times and are taken for UTC",
        )
    if not column.is_whole or not isinstance(column.least, int | Decimal):
        return None
    words = set(parts(column.name))
    if not words & _TIME_WORDS:
        return None
    return _epoch(value, int(column.least), int(column.most))


def _epoch(value: exp.Expr, least: int, most: int) -> Reading | None:
    scales = (("milliseconds", 10**12, 1_000), ("seconds", 10**9, 1_000_000))
    for unit, start, factor in scales:
        if start <= least and most < 4 * start:
            micros = exp.Mul(this=value, expression=exp.Literal.number(factor))
            moment = exp.Anonymous(this="make_timestamp", expressions=[micros])
            return Reading("timestamp", moment, "medium", f"its numbers are {unit} since 1970")
    if least >= 19_000_101 and most <= 21_001_231:
        day = exp.Anonymous(
            this="strptime", expressions=[exp.cast(value, "text"), exp.Literal.string("%Y%m%d")]
        )
        return Reading("date", exp.cast(day, "date"), "medium", "its numbers are days, as 20260131")
    return None
