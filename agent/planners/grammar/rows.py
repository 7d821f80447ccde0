"""What a related row that was read means: its count, its status, its time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Found, all_of
from agent.planners.grammar.quantities import Quantity
from agent.planners.grammar.spans import in_year
from agent.planners.grammar.times import Span, Times
from agent.planners.grammar.words import Text, is_past
from core.conditions import Absolute, AsOf, Calendar, Condition, Filter, Op, Related, Rolling
from warehouse.catalog import Catalog, Entity


@dataclass
class Row:
    """A related row while it is being read."""

    entity: str
    start: int
    end: int
    count: Quantity | None = None
    filters: list[Filter] = field(default_factory=list)
    span: Span | None = None
    moment: str | None = None
    """The timestamp that a span is about."""
    aged: bool = False
    """Its span says how old the row itself is."""
    led: bool = False
    """Its span was said before its predicate: 'in the last 90 days they did not order'."""
    no: bool = False
    article: bool = False
    marked: bool = False
    stated_by_verb: bool = False
    """Its status was told as what people did: 'returned an order'."""
    both: str = ""
    """Values joined by 'and', as they were said."""
    notes: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)


class RowMeaning:
    """Turns rows that were read into conditions, with what must be said or asked."""

    def __init__(self, text: Text, lexicon: Lexicon, times: Times) -> None:
        self.text = text
        self.lexicon = lexicon
        self.times = times
        self.entities = lexicon.catalog.entities

    def found(self, row: Row, negated: bool) -> Found:
        """The condition of a row; ``negated``: a negation stands before it."""
        stated = self.text.words(row.start, row.end)
        row.filters.extend(self._time_filters(row, stated, negated or row.no))
        self._now(row, stated)
        condition = self._each(row, _counted(row), negated)
        if row.count is not None and row.count.vague:
            row.questions.append(f"How many is '{row.count.vague}' in '{stated}'? Give a number.")
        self._about_status(row, stated)
        return Found(
            end=row.end, condition=condition, form="noun", negated=row.no,
            notes=tuple(row.notes), questions=tuple(row.questions), stated=stated,
            bare_verb=not (row.marked or row.count), told=row.moment or "",
            counted=row.count is not None, span=row.span if row.led else None,
        )  # fmt: skip

    def _each(self, row: Row, condition: Condition, negated: bool) -> Condition:
        """'both a debit and a credit card' is one of each; without 'both' it is asked."""
        said = {self.text.low(row.start - 1), self.text.low(row.start)}
        listed = next((one for one in row.filters if isinstance(one.value, tuple)), None)
        if not row.both or listed is None or not isinstance(condition, Related):
            return condition
        if "both" in said:
            others = tuple(one for one in row.filters if one is not listed)
            values = listed.value if isinstance(listed.value, tuple) else ()
            each = [listed.model_copy(update={"op": Op.EQ, "value": one}) for one in values]
            parts: list[Condition] = [
                condition.model_copy(update={"where": (one, *others)}) for one in each
            ]
            return all_of(parts)
        if not (negated or row.no) and (row.count is None or row.count.n <= 1):
            row.questions.append(
                f"Does '{row.both}' mean each of them, or any? Say 'both … and …' for each, "
                "'or' for any."
            )
        return condition

    def _now(self, row: Row, stated: str) -> bool:
        """'no subscription', 'on the annual plan': the status that makes a named audience."""
        status = current_status(self.lexicon.catalog, row.entity)
        open_ = row.count is None and row.span is None and row.moment is None
        said = {self.text.low(k) for k in (row.start - 2, row.start - 1, row.start)}
        if status is None or not open_ or said & {"any", "had", "ever", "never"}:
            return False
        if row.no and self.text.low(row.start - 1) == "still":
            return False  # 'signed up in May and still no subscription': none so far
        if any(one.column == status.column for one in row.filters):
            return False
        row.filters.append(status)
        row.notes.append(f"'{stated}' means a {row.entity} that is {status.value} now.")
        return True

    def _about_status(self, row: Row, stated: str) -> None:
        entity = self.entities[row.entity]
        named = {one.column for one in row.filters}
        status = entity.columns.get("status")
        if status is not None and status.values and "status" not in named and row.span is None:
            listed = ", ".join(status.values)
            row.notes.append(
                f"'{stated}' counts every {row.entity}, whatever its status ({listed})."
            )
            if (
                named
                and row.moment is None
                and row.count is None
                and all(isinstance(one.value, str) for one in row.filters)
            ):
                first = next(iter(status.values))
                options = " or ".join(f"only '{value}' ones" for value in [*status.values][:2])
                row.questions.append(
                    f"Which {row.entity} does '{stated}' mean: {options}, or any? "
                    f"For example, say '{first} {stated.removeprefix('a ').removeprefix('an ')}'."
                )

    def _past(self, row: Row) -> bool:
        """'a card that expired in May' tells of the past."""
        said = self.text.words(row.start, row.end).lower().split()
        told = any(is_past(word) and word.endswith("ed") for word in said)
        return told or bool({"was", "were"} & {*said})

    def _changes(self, row: Row) -> bool:
        """Whether a filter reads what changes over time: when it was so is not known."""
        columns = self.entities[row.entity].columns
        changing = {name for name, column in columns.items() if column.expression or name in STATES}
        return any(one.column in changing for one in row.filters)

    def _time_filters(self, row: Row, stated: str, negative: bool) -> list[Filter]:
        entity = self.entities[row.entity]
        first = _first_timestamp(entity)
        moment = row.moment or first
        span = row.span
        if span is None or span.kind == "ever":
            needs = row.moment is not None and row.moment != first
            return [Filter(column=row.moment, op=Op.IS_NOT_NULL)] if needs else []
        if moment is not None and not self._past(row):
            span = coming(moment, span, span.stated, self.times.as_of)
        row.notes.extend(span.notes)
        if span.doubt:
            row.questions.append(span.doubt)
        changed = row.stated_by_verb or (not row.aged and self._changes(row))
        if moment is None or (row.moment is None and changed):
            row.questions.append(
                f"What happened '{span.stated}' in '{stated}'? Say it with a verb, such as opened."
            )
            return []
        up_to_now = span.kind == "window" and isinstance(span.window, Rolling | Calendar)
        if up_to_now and looks_ahead(moment) and not self._past(row):
            row.questions.append(
                f"Is '{span.stated}' in '{stated}' still to come? Say 'in the next N days', or "
                "give dates."
            )
        if span.kind == "bare" and span.op is None and looks_ahead(moment):
            span = replace(span, kind="next")
            row.notes.append(f"'{stated}' looks ahead from now.")
        if span.kind == "bare" and not negative:
            row.questions.append(
                f"Is '{span.stated}' in '{stated}' the time up to now? Say 'in the last …' if so."
            )
        filters = span_filters(moment, self.times.on_dates(span))
        if filters is None:
            row.questions.append(
                f"Say the time in '{stated}' as 'in the last N days' or with a date."
            )
            return []
        return filters


SOON = timedelta(days=120)
"""A date so near that 'ends before June 1' is of the coming one."""
STATES = frozenset({"status", "state", "stage", "phase"})
"""What columns that change over time are called."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_AHEAD = frozenset("end ends expiry expires expire renewal renews due deadline next".split())


def looks_ahead(column: str) -> bool:
    """Whether a timestamp is told of as still to come: 'trial_ends_at', 'due_at'."""
    return bool(_AHEAD & {*column.split("_")})


def coming(column: str, span: Span, said: str, as_of: datetime) -> Span:
    """'renewal in July' is the coming July, where the month (or its day) has no year."""
    window = span.window
    if not looks_ahead(column) or not isinstance(window, Absolute):
        return span
    edge = window.start or window.end
    if edge is None or edge > as_of or (window.end is not None and window.end > as_of):
        return span
    if str(edge.year) in said or not any(month in said.lower() for month in _MONTHS):
        return span
    if window.start is None or window.end is None:
        following = in_year(edge, edge.year + 1)
        if window.start is None and following - as_of <= SOON:
            note = f"'{said}' is before {following:%Y-%m-%d}, still to come."
            return replace(span, window=Absolute(end=following), notes=(note,))
        return replace(span, doubt=f"Which year is meant by '{said}'? Say it with the date.")
    start, after = (in_year(one, one.year + 1) for one in (window.start, window.end))
    note = f"'{said}' is from {start:%Y-%m-%d} and before {after:%Y-%m-%d}, still to come."
    return replace(span, window=Absolute(start=start, end=after), notes=(note,))


def current_status(catalog: Catalog, entity: str) -> Filter | None:
    """The one status that a named audience of the catalog asks of an entity's rows."""
    for audience in catalog.audiences.values():
        one = audience.condition
        if isinstance(one, Related) and one.entity == entity and len(one.where) == 1:
            return one.where[0] if (one.op, one.n) == (Op.GE, 1) else None
    return None


def _first_timestamp(entity: Entity) -> str | None:
    """The timestamp that says when the row came to be: the one its visibility reads."""
    stamps = [name for name, column in entity.columns.items() if column.type == "timestamp"]
    return next((name for name in stamps if entity.visible.strip() == f"{name} < as_of"), None)


def span_filters(column: str, span: Span) -> list[Filter] | None:
    """The filters that keep a timestamp within a span; None where it cannot be said."""
    if span.kind == "ago":
        op = {Op.GE: Op.LE, Op.GT: Op.LT, Op.LE: Op.GE, Op.LT: Op.GT}.get(span.op or Op.EQ)
        value = AsOf(as_of_offset_seconds=-span.seconds)
        if span.until is not None and op is not None:
            upper = {Op.LE: Op.GE, Op.LT: Op.GT}.get(op)
            earliest = AsOf(as_of_offset_seconds=-span.until)
            return [
                Filter(column=column, op=op, value=value),
                Filter(column=column, op=upper or Op.GE, value=earliest),
            ]
        return [Filter(column=column, op=op, value=value)] if op else None
    if span.kind == "next":
        return [
            Filter(column=column, op=Op.GE, value=AsOf()),
            Filter(column=column, op=Op.LT, value=AsOf(as_of_offset_seconds=span.seconds)),
        ]
    window = span.window
    if isinstance(window, Rolling):
        return [
            Filter(column=column, op=Op.GE, value=AsOf(as_of_offset_seconds=-window.seconds)),
            Filter(column=column, op=Op.LT, value=AsOf()),
        ]
    if isinstance(window, Absolute):
        ends = ((Op.GE, window.start), (Op.LT, window.end))
        return [Filter(column=column, op=op, value=end.isoformat()) for op, end in ends if end]
    return None


def _counted(row: Row) -> Condition:
    base = Related(entity=row.entity, where=tuple(row.filters))
    count = row.count
    if count is None:
        return base
    if count.high is not None:
        low = base.model_copy(update={"n": int(count.n)})
        return all_of([low, base.model_copy(update={"op": Op.LE, "n": int(count.high)})])
    return base.model_copy(update={"op": count.op, "n": int(count.n)})
