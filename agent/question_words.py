"""The sentence that answers an analyst's question: every number in it is a cell of the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from core.conditions import EVERYONE, And, Condition, Filter, Op
from core.questions import Aggregate, Count, MetricQuestion, MetricRate, Ratio, Rows
from warehouse.catalog import Catalog
from warehouse.questions import Column, columns_of
from warehouse.wording import COMPARED, describe

Row = Sequence[Any]
UNKNOWN = "unknown"
_FUNCTIONS = {"sum": "total", "avg": "average", "min": "lowest", "max": "highest"}


def answer_lines(question: MetricQuestion, rows: Sequence[Row], catalog: Catalog) -> Iterator[str]:
    """The sentence, then what must be known of it: nothing found, unknown groups, no divisor."""
    columns = columns_of(question)
    what, when = subject(question, catalog), _when(question)
    if not rows or _nothing(rows, columns):
        yield f"Nothing was found: no {what}{when}."
        return
    place = _place(columns)
    if question.before is not None and not question.by:
        yield _compared(question, rows[0], columns, what)
    elif not question.by:
        yield _single(question, rows[0], columns, what, when)
    elif columns[0].kind == "time" or (len(question.by) > 1 and columns[1].kind == "time"):
        yield _over_time(rows, columns, place, what, when)
    else:
        yield _ranked(question, rows, columns, place, f"{what}{when}")
    yield from _to_know(question, rows, columns, place)


def shown_cells(question: MetricQuestion, rows: Sequence[Row]) -> list[str]:
    """Every cell as the sentence writes it: 0.2226 as 22.3 %."""
    columns = columns_of(question)
    return [
        _shown(cell, column, columns)
        for row in rows
        for cell, column in zip(row, columns, strict=True)
    ] + [str(len(rows))]


def subject(question: MetricQuestion, catalog: Catalog) -> str:
    """What is counted or measured, of whom, in words."""
    words = _measure(question, catalog)
    if question.who == EVERYONE:
        return words
    return f"{words} ({describe(question.who, catalog)})"


def _measure(question: MetricQuestion, catalog: Catalog) -> str:
    match question.measure:
        case Count() as count:
            return _counted(count, catalog)
        case Aggregate() as number:
            function = _FUNCTIONS.get(number.function, number.function)
            named = number.column.replace("_", " ")
            return f"{function} {named} of {_rows(number.rows, catalog)}"
        case MetricRate() as rate:
            return rate.metric.replace("_", " ")
        case Ratio(share=True) as ratio:
            return f"share of {_counted(ratio.whole, catalog)} that are {_part(ratio, catalog)}"
        case Ratio() as ratio:
            part = ratio.part
            top = (
                _measure(question.model_copy(update={"measure": part}), catalog)
                if isinstance(part, Aggregate)
                else _counted(part, catalog)
            )
            return f"{top} for each of the {_counted(ratio.whole, catalog)}"


def _part(ratio: Ratio, catalog: Catalog) -> str:
    rows = ratio.part.rows
    if rows.who != EVERYONE:
        return describe(_beyond(rows.who, ratio.whole.rows.who), catalog)
    added = tuple(one for one in rows.where if one not in ratio.whole.rows.where)
    return _filters(added) if added else _rows(rows, catalog)


def _beyond(part: Condition, whole: Condition) -> Condition:
    parts = part.of if isinstance(part, And) else (part,)
    known = whole.of if isinstance(whole, And) else (whole,)
    rest = tuple(one for one in parts if one not in known)
    return rest[0] if len(rest) == 1 else And(of=rest)


def _counted(count: Count, catalog: Catalog) -> str:
    words = _rows(count.rows, catalog)
    return f"users with {words}" if count.users and count.rows.of != "users" else words


def _rows(rows: Rows, catalog: Catalog) -> str:
    name = rows.name.replace("_", " ")
    match rows.of:
        case "users":
            words = "users who signed up" if rows.time else "users"
        case "event":
            words = f"'{name}' events"
        case _:
            words = _plural(name)
    if rows.time and rows.of != "users":
        words = f"{words} by {rows.time.replace('_', ' ')}"
    if rows.where:
        words = f"{words} ({_filters(rows.where)})"
    return words if rows.who == EVERYONE else f"{words} of {describe(rows.who, catalog)}"


def _plural(name: str) -> str:
    if name.endswith("s"):
        return name
    return f"{name[:-1]}ies" if name.endswith("y") and name[-2:-1] not in "aeiou" else f"{name}s"


def _filters(where: tuple[Filter, ...]) -> str:
    return " and ".join(_filter(one) for one in where)


def _filter(one: Filter) -> str:
    name = one.column.replace("_", " ")
    if one.op in (Op.IS_NULL, Op.IS_NOT_NULL):
        return f"{name} is {'known' if one.op is Op.IS_NOT_NULL else 'missing'}"
    value = " or ".join(map(str, one.value)) if isinstance(one.value, tuple) else one.value
    return f"{name} {COMPARED[one.op]} {value}"


def _when(question: MetricQuestion) -> str:
    return f", {question.period.words}" if question.period else ""


def _place(columns: tuple[Column, ...]) -> int:
    return next(k for k, one in enumerate(columns) if one.kind in ("number", "share"))


def _nothing(rows: Sequence[Row], columns: tuple[Column, ...]) -> bool:
    """A single row that counts or measures nothing at all."""
    numbers = [
        cell
        for cell, column in zip(rows[0], columns, strict=True)
        if column.kind not in ("time", "group", "relative", "change")
    ]
    return len(rows) == 1 and len(numbers) == len(columns) and all(not cell for cell in numbers)


def _single(
    question: MetricQuestion, row: Row, columns: tuple[Column, ...], what: str, when: str
) -> str:
    value = _shown(row[_place(columns)], columns[_place(columns)], columns)
    if isinstance(question.measure, Count):
        return f"**{_upper(value)}** {what}{when}."
    base = ""
    if columns[0].kind == "base":
        part, whole = (_shown(row[k], columns[k], columns) for k in (0, 1))
        base = f" ({part} of {whole})"
    return f"{_upper(what)}{when}: **{value}**{base}."


def _compared(question: MetricQuestion, row: Row, columns: tuple[Column, ...], what: str) -> str:
    shown = {
        column.kind: _shown(cell, column, columns)
        for cell, column in zip(row, columns, strict=True)
    }
    now = shown.get("number") or shown["share"]
    relative = (
        f", {shown['relative']}" if isinstance(row[-1], int | float) and "relative" in shown else ""
    )
    periods = [f"({one.words})" if one else "" for one in (question.period, question.before)]
    return (
        f"{_upper(what)}: **{now}** {periods[0]} against {shown['before']} "
        f"{periods[1]}: {shown['change']}{relative}."
    )


def _over_time(
    rows: Sequence[Row], columns: tuple[Column, ...], place: int, what: str, when: str
) -> str:
    time = next(k for k, one in enumerate(columns) if one.kind == "time")
    known = [row for row in rows if isinstance(row[place], int | float)]
    if not known:
        return f"{_upper(what)}{when}: no value in any row that could be told."
    top = max(known, key=lambda row: row[place])
    low = min(known, key=lambda row: row[place])
    told = [
        f"{word} {_shown(row[place], columns[place], columns)} ({_groups(row, columns)})"
        for word, row in (("highest", top), ("lowest", low))
    ]
    each = columns[time].name
    return f"{_upper(what)} per {each}{when}: {', '.join(told)}."


def _ranked(
    question: MetricQuestion,
    rows: Sequence[Row],
    columns: tuple[Column, ...],
    place: int,
    what: str,
) -> str:
    told = [
        f"{_groups(row, columns)} {_shown(row[place], columns[place], columns)}" for row in rows[:3]
    ]
    first = f"**{told[0]}**" if told else ""
    more = f", then {', '.join(told[1:])}" if told[1:] else ""
    lead = "lowest" if question.order == "asc" else "highest"
    told_of = " of those told" if any(isinstance(row[place], str) for row in rows) else ""
    label = f", {lead}{told_of} first" if len(rows) > 1 else ""
    return f"{_upper(what)}{label}: {first}{more}."


def _groups(row: Row, columns: tuple[Column, ...]) -> str:
    return ", ".join(
        _shown(cell, column, columns)
        for cell, column in zip(row, columns, strict=True)
        if column.kind in ("time", "group")
    )


def _to_know(
    question: MetricQuestion, rows: Sequence[Row], columns: tuple[Column, ...], place: int
) -> Iterator[str]:
    groups = [k for k, column in enumerate(columns) if column.kind == "group"]
    missing = dict.fromkeys(columns[k].name for row in rows for k in groups if row[k] is None)
    for name in missing:
        yield f"- '{UNKNOWN}': the {name.replace('_', ' ')} is not known."
    if any(row[place] is None for row in rows):
        name = columns[place].name.replace("_", " ")
        divides = isinstance(question.measure, MetricRate | Ratio)
        done = "divide by" if divides else "measure"
        yield f"- Where no {name} is shown there was nothing to {done}."
    if columns[-1].kind == "relative" and any(row[-1] is None for row in rows):
        yield "- Where there was nothing before, the change is no percentage."


def _shown(cell: Any, column: Column, columns: tuple[Column, ...]) -> str:
    if cell is None:
        return UNKNOWN if column.kind in ("group", "time") else "none"
    if isinstance(cell, str) and column.kind not in ("time", "group"):
        return cell.replace("<", "fewer than ")
    if column.kind == "time":
        text = str(cell).replace("T", " ")
        return text[:7] if column.name == "month" else text[:16]
    if column.kind == "group":
        return (
            {True: "yes", False: "no"}.get(cell, str(cell)) if isinstance(cell, bool) else str(cell)
        )
    of_shares = any(one.kind == "share" for one in columns)
    percent = column.kind in ("share", "relative") or (
        of_shares and column.kind in ("before", "change")
    )
    signed = "+" if column.kind in ("change", "relative") and cell > 0 else ""
    if percent:
        unit = "percentage points" if column.kind == "change" else "%"
        return f"{signed}{100 * cell:,.1f} {unit}"
    if isinstance(cell, int) or float(cell).is_integer():
        return f"{signed}{int(cell):,}"
    return f"{signed}{cell:,.2f}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
