"""What a set of conditions reads, as one query, and what each leaf asks of its column.

Words are fetched as small numbers: the place of a value among those that rules
compare with, 0 for any other; counts no further than rules tell them apart. A
million texts would cost more than all rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlglot import exp

from core.conditions import Condition, Op, WhenUnknown
from core.lookups import leaf_test
from core.moments import micros
from core.program import Program
from core.readings import BucketOf, Reading, RowsOf, Times
from warehouse.catalog import Catalog
from warehouse.compile import Audiences
from warehouse.compile.kinds import kinds
from warehouse.compile.leaves import read_value
from warehouse.compile.queries import expanded
from warehouse.compile.sources import FACTS, Sources

USER = "user_id"
_MANY = 254
"""Counts that are compared with no more than this are fetched as bytes."""


class Asked(NamedTuple):
    """What one leaf asks of its column, in the units of the column."""

    leaf: int
    op: Op | None
    """None: in the half-open range of two constants."""
    constants: tuple[Any, ...]
    when_unknown: WhenUnknown | None


class Plan(NamedTuple):
    """Conditions over numbered leaves, and the query that reads what those read."""

    program: Program
    query: exp.Select
    """One row per canonical user: ``user_id``, ``r<i>`` for reading ``i``, what is carried."""
    counting: exp.Select
    """How many users that will be."""
    asked: tuple[tuple[Asked, ...], ...]
    """Reading → what is asked of it."""
    carried: tuple[Reading, ...]
    """What is fetched as it is, as ``c<i>``, whether a condition reads it or not."""


def plan(
    conditions: Mapping[str, Condition],
    catalog: Catalog,
    *,
    as_of: datetime,
    audiences: Audiences | None = None,
    users: tuple[str, ...] | None = None,
    carried: Sequence[Reading] = (),
) -> Plan:
    """The plan of named conditions, and of values to carry along as they are.

    Raises the first refusal of a condition that cannot be decided.
    """
    program = Program()
    for name, condition in conditions.items():
        program.add(name, expanded(condition, catalog, audiences))
    asked = _asked(program, catalog, micros(as_of))
    words = [_words(one, program.readings[read], catalog) for read, one in enumerate(asked)]
    return Plan(
        program=program,
        query=_query(program, Sources(catalog, as_of, users), asked, words, carried),
        counting=_counting(Sources(catalog, as_of, users)),
        asked=tuple(_in_units(one, known) for one, known in zip(asked, words, strict=True)),
        carried=tuple(carried),
    )


def _asked(program: Program, catalog: Catalog, now: int) -> list[list[Asked]]:
    """Reading → what is asked of it; moments are absolute from here on."""
    types = kinds(catalog)
    found: list[list[Asked]] = [[] for _ in program.readings]
    for number, (leaf, read) in enumerate(zip(program.leaves, program.reads, strict=True)):
        test = leaf_test(leaf, types.of(program.readings[read]))
        constants: tuple[Any, ...] = test.constants
        if test.relative:
            constants = tuple(now + one for one in constants)
        found[read].append(Asked(number, test.op, constants, leaf.when_unknown))
    return found


def _words(asked: list[Asked], read: Reading, catalog: Catalog) -> dict[Any, int] | None:
    """Each constant of a column of words with its number; None for other columns."""
    if isinstance(read, BucketOf):
        return {digits: int(digits, 16) for one in asked for digits in one.constants}
    if kinds(catalog).of(read) not in ("string", "json"):
        return None
    distinct = dict.fromkeys(word for one in asked for word in one.constants)
    return {word: number for number, word in enumerate(distinct, start=1)}


def _in_units(asked: list[Asked], words: dict[Any, int] | None) -> tuple[Asked, ...]:
    if words is None:
        return tuple(asked)
    return tuple(
        one._replace(constants=tuple(words[word] for word in one.constants)) for one in asked
    )


def _query(
    program: Program,
    sources: Sources,
    asked: list[list[Asked]],
    words: list[dict[Any, int] | None],
    carried: Sequence[Reading],
) -> exp.Select:
    columns: list[exp.Expr] = [exp.column(USER, FACTS)]
    for number, read in enumerate(program.readings):
        value = _fetched(read, read_value(read, sources), asked[number], words[number])
        columns.append(exp.alias_(value, f"r{number}", copy=False))
    for number, read in enumerate(carried):
        columns.append(exp.alias_(read_value(read, sources), f"c{number}", copy=False))
    return sources.build().select(*columns, copy=False)


def _counting(sources: Sources) -> exp.Select:
    return sources.build().select(exp.Count(this=exp.Star()), copy=False)


def _fetched(
    read: Reading, value: exp.Expr, asked: list[Asked], words: dict[Any, int] | None
) -> exp.Expr:
    if isinstance(read, BucketOf):
        digits = exp.DPipe(this=exp.Literal.string("0x"), expression=value, safe=True)
        return exp.cast(digits, exp.DType.UINT)
    if words is not None:
        return _numbered(value, words)
    if isinstance(read, Times | RowsOf):
        return _capped(value, max(one.constants[0] for one in asked))
    return value


def _capped(count: exp.Expr, highest: int) -> exp.Expr:
    """A count, or one more than the highest that it is compared with: no test tells them apart."""
    if highest > _MANY:
        return count
    cap = exp.Literal.number(highest + 1)
    return exp.cast(exp.Least(this=count, expressions=[cap]), exp.DType.UTINYINT)


def _numbered(value: exp.Expr, words: dict[Any, int]) -> exp.Expr:
    """The number of a word: a small integer, NULL where the value is missing."""
    case = exp.Case()
    missing = exp.Is(this=value, expression=exp.Null())
    case = case.when(missing, exp.Null(), copy=False)
    for word, number in words.items():
        is_word = exp.EQ(this=value.copy(), expression=exp.Literal.string(str(word)))
        case = case.when(is_word, exp.Literal.number(number), copy=False)
    narrow = exp.DType.UTINYINT if len(words) < 256 else exp.DType.UINT
    return exp.cast(case.else_(exp.Literal.number(0), copy=False), narrow)
