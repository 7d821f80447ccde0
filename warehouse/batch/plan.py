"""What a set of conditions reads, as one query, and how each column is to be understood.

Words are fetched as small numbers: the place of a value among those that rules
compare with, 0 for any other. A million texts would cost more than all rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlglot import exp

from core.conditions import AnyLeaf, Attribute, Bucket, Condition, ConsentIs, EventAge, Trait
from core.program import Program
from warehouse.catalog import Catalog
from warehouse.compile import Audiences
from warehouse.compile.leaves import data_type, read_value
from warehouse.compile.queries import expanded
from warehouse.compile.sources import FACTS, Sources

USER = "user_id"


class Plan(NamedTuple):
    """Conditions over numbered leaves, and the query that reads what those read."""

    program: Program
    query: exp.Select
    """One row per canonical user: ``user_id``, then ``r<i>`` for reading ``i``."""
    counting: exp.Select
    """How many users that will be."""
    words: dict[int, dict[object, int]]
    """Reading → value → the number that stands for it; 0 stands for every other value."""
    moments: frozenset[int]
    """Readings that are moments."""
    dates: frozenset[int]
    """Those of them that are dates."""
    as_of: datetime


def plan(
    asked: Mapping[str, Condition],
    catalog: Catalog,
    *,
    as_of: datetime,
    audiences: Audiences | None = None,
    users: tuple[str, ...] | None = None,
) -> Plan:
    """The plan of named conditions. Raises the first refusal of one that cannot be decided."""
    made = Program()
    for name, condition in asked.items():
        made.add(name, expanded(condition, catalog, audiences))
    kinds = _kinds(made, catalog)
    words = _words(made, kinds)
    return Plan(
        program=made,
        query=_query(made, Sources(catalog, as_of, users), kinds, words),
        counting=_counting(catalog, as_of, users),
        words=words,
        moments=frozenset(n for n, kind in kinds.items() if kind in ("timestamp", "date")),
        dates=frozenset(n for n, kind in kinds.items() if kind == "date"),
        as_of=as_of,
    )


def _kinds(made: Program, catalog: Catalog) -> dict[int, str]:
    """Reading → the type of its values."""
    return {read: _kind(leaf, catalog) for leaf, read in zip(made.leaves, made.reads, strict=True)}


def _kind(leaf: AnyLeaf, catalog: Catalog) -> str:
    match leaf:
        case Attribute() | Trait():
            return data_type(leaf, catalog)
        case EventAge():
            return "timestamp"
        case ConsentIs():
            return "string"
        case Bucket():
            return "bucket"
        case _:
            return "integer"


def _words(made: Program, kinds: dict[int, str]) -> dict[int, dict[object, int]]:
    found: dict[int, dict[object, int]] = {
        read: {} for read, kind in kinds.items() if kind in ("string", "json")
    }
    for leaf, read in zip(made.leaves, made.reads, strict=True):
        if read in found:
            for word in _compared(leaf):
                found[read].setdefault(word, len(found[read]) + 1)
    return found


def _compared(leaf: AnyLeaf) -> tuple[object, ...]:
    if isinstance(leaf, ConsentIs):
        return (leaf.status,)
    value = leaf.value if isinstance(leaf, Attribute | Trait) else None
    return value if isinstance(value, tuple) else () if value is None else (value,)


def _query(
    made: Program, sources: Sources, kinds: dict[int, str], words: dict[int, dict[object, int]]
) -> exp.Select:
    columns: list[exp.Expr] = [exp.column(USER, FACTS)]
    for number, read in enumerate(made.readings):
        value = read_value(read, sources)
        fetched = _fetched(value, kinds[number], words.get(number))
        columns.append(exp.alias_(fetched, f"r{number}", copy=False))
    return sources.build().select(*columns, copy=False)


def _counting(catalog: Catalog, as_of: datetime, users: tuple[str, ...] | None) -> exp.Select:
    return Sources(catalog, as_of, users).build().select(exp.Count(this=exp.Star()), copy=False)


def _fetched(value: exp.Expr, kind: str, words: dict[object, int] | None) -> exp.Expr:
    if words is not None:
        return _numbered(value, words)
    if kind == "date":
        return exp.cast(value, "timestamp")
    if kind == "bucket":
        digits = exp.DPipe(this=exp.Literal.string("0x"), expression=value, safe=True)
        return exp.cast(digits, exp.DType.UINT)
    return value


def _numbered(value: exp.Expr, words: dict[object, int]) -> exp.Expr:
    """The number of a word: a small integer, NULL where the value is missing."""
    case = exp.Case()
    missing = exp.Is(this=value, expression=exp.Null())
    case = case.when(missing, exp.Null(), copy=False)
    for word, number in words.items():
        is_word = exp.EQ(this=value.copy(), expression=exp.Literal.string(str(word)))
        case = case.when(is_word, exp.Literal.number(number), copy=False)
    narrow = exp.DType.UTINYINT if len(words) < 256 else exp.DType.UINT
    return exp.cast(case.else_(exp.Literal.number(0), copy=False), narrow)
