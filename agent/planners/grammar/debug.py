"""Debug prompts: which metric, where, against what, when."""

from __future__ import annotations

from datetime import datetime, timedelta

from agent.planners.grammar.debug_calendar import Period
from agent.planners.grammar.debug_reader import DebugReader
from agent.planners.grammar.debug_sides import Side, Stretch
from agent.planners.grammar.debug_wording import Asked
from agent.planners.grammar.debug_words import Direction
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear
from agent.planners.grammar.remarks import without_remarks
from agent.planners.grammar.words import Text
from agent.planners.port import DebugQuestion, Plan, Segment

_FEW = 4
"""A column of so few values has an obvious other one."""
_STEPS_FORWARD = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}


def plan_debug(text: Text, lexicon: Lexicon, as_of: datetime, notes: list[str]) -> Plan:
    """The debug question of a text; raises Unclear where something is missing or doubtful."""
    notes = [*notes]
    reader = _read(text, lexicon, as_of, notes)
    start, end = _period(reader, notes)
    asked = Asked(lexicon.catalog, start, end)
    asked.direction = _direction(reader, asked)
    asked.metric = _one_metric(reader, asked)
    notes += [f"'{said}' is read as {asked.metric}." for said in reader.names.shortened]
    asked.segment, asked.control = _segments(reader, asked, notes)
    draft = DebugQuestion(
        metric=asked.metric, segment=asked.segment, control=asked.control,
        direction=asked.direction, start=start, end=end,
    )  # fmt: skip
    return Plan(intent="debug", draft=draft, assumptions=tuple(notes))


def _read(text: Text, lexicon: Lexicon, as_of: datetime, notes: list[str]) -> DebugReader:
    """What a text says; without its remarks where one of them cannot be read."""
    reader = DebugReader(text, lexicon, as_of)
    try:
        reader.read()
    except Unclear:
        alone, remarks = without_remarks(text, lexicon)
        if len(alone) == len(text):
            raise
        reader = DebugReader(alone, lexicon, as_of)
        reader.read()
        notes.extend(remarks)
    return reader


def _one_metric(reader: DebugReader, asked: Asked) -> str:
    known = frozenset(reader.lexicon.catalog.metrics)
    if not reader.metrics:
        raise Unclear(
            question=f"Which metric do you mean? The catalog has: {', '.join(sorted(known))}.",
            choices=asked.of_metrics(known),
        )
    meant = frozenset.intersection(*reader.metrics)
    if len(meant) == 1:
        return next(iter(meant))
    named = meant or frozenset.union(*reader.metrics)
    raise Unclear(
        question=f"Which metric: {', '.join(sorted(named))}? One at a time.",
        choices=asked.of_metrics(named),
    )


def _direction(reader: DebugReader, asked: Asked) -> Direction:
    main = [clause for clause in reader.clauses if not clause.subordinate and clause.steady is None]
    moves = [move for clause in main for move in clause.moves]
    moves = moves or [move for clause in reader.clauses for move in clause.moves]
    named = list(dict.fromkeys(move for move in moves if move != "change"))
    apart = _apart(reader) if len(named) > 1 else None
    if apart is not None:
        reader.comparing = True
        return apart
    if len(named) > 1:
        raise Unclear(
            question="Did it rise or fall in that period? Name one of the two.",
        )
    return named[0] if named else ("change" if moves else "drop")


def _apart(reader: DebugReader) -> Direction | None:
    """'Why did it fall on iOS and rise on Android': how the first of two sides moved."""
    told = [reader.clauses[side.clause].moves for side in reader.sides]
    each = len(told) == 2 and all(len(moves) == 1 for moves in told)
    asked = reader.clauses[reader.sides[0].clause].asked if each else False
    return told[0][0] if each and asked else None


def _segments(
    reader: DebugReader, asked: Asked, notes: list[str]
) -> tuple[Segment | None, Segment | None]:
    sides = _settled(reader)
    if not sides:
        _no_steadiness(reader)
        notes.append("No segment was named: all users are looked at.")
        return None, None
    columns = {side.segment.column for side in sides}
    if len(columns) > 1 or len(sides) > 2:
        labels = ", ".join(side.segment.label for side in sides)
        raise Unclear(
            question=f"Which one against which: {labels}? Name two values of one column.",
            choices=asked.of_segments([side.segment for side in sides]),
        )
    first = [side.segment for side in sides if not side.against]
    other = [side.segment for side in sides if side.against]
    if len(first) == 2 and not reader.comparing:
        raise Unclear(
            question=f"Is {first[0].label} compared with {first[1].label}, or are both looked at "
            "together? One diagnosis looks at one value.",
            choices=asked.of_sides(first[0], first[1]),
        )
    if len(first) == 2:
        return first[0], first[1]
    if len(other) == 2 or not first:
        raise Unclear(question=f"What is compared with {other[0].label}? Name the other value.")
    if other:
        return first[0], other[0]
    _no_steadiness(reader)
    if reader.others:
        return first[0], _only_other(reader, first[0], asked)
    return first[0], _other_value(reader, first[0], notes)


def _only_other(reader: DebugReader, segment: Segment, asked: Asked) -> Segment:
    """'the other platform', where there is one other; which one is asked where there are more."""
    values = reader.lexicon.catalog.user_columns()[segment.column].values or {}
    others = [
        Segment(label=(words or (value,))[0], column=segment.column, value=value)
        for value, words in values.items() if value != segment.value
    ]  # fmt: skip
    if len(others) == 1:
        return others[0]
    raise Unclear(
        question=f"Which one is '{reader.others}'? One value is compared with one: "
        f"{', '.join(other.label for other in others)}.",
        choices=tuple(asked.of_sides(segment, other)[0] for other in others[:4]),
    )


def _settled(reader: DebugReader) -> list[Side]:
    """The sides, where the one that is said not to have moved is what the other is against."""
    below = [_below(reader, side) for side in reader.sides]
    if all(below) or not any(below):
        return reader.sides
    return [
        Side(side.segment, side.against or low, side.clause)
        for side, low in zip(reader.sides, below, strict=True)
    ]


def _below(reader: DebugReader, side: Side) -> bool:
    clause = reader.clauses[side.clause]
    return clause.subordinate or clause.steady is not None


def _no_steadiness(reader: DebugReader) -> None:
    """'stayed flat' says nothing that one side alone could be asked about."""
    for clause in reader.clauses:
        if clause.steady is not None:
            said = reader.text.words(clause.steady, clause.steady + 1)
            raise Unclear(
                question=f"What stayed as it was: '{said}'? Say what moved, and against which "
                "value it is compared."
            )


def _other_value(reader: DebugReader, segment: Segment, notes: list[str]) -> Segment | None:
    values = reader.lexicon.catalog.user_columns()[segment.column].values or {}
    other = next((value for value in values if value != segment.value), None)
    if len(values) > _FEW or other is None:
        return None
    label = (values[other] or (other,))[0]
    notes.append(f"{segment.label} is compared with {label}: no control was named.")
    return Segment(label=label, column=segment.column, value=other)


def _period(reader: DebugReader, notes: list[str]) -> tuple[datetime, datetime]:
    midnight = reader.periods.midnight
    if not reader.stretches:
        days = max(reader.before, default=0) or 7
        start = midnight - timedelta(days=days)
        unnamed = f"No period was named: the last {days} full days"
        notes.append(_said(start, midnight, unnamed))
        return start, midnight
    now = _current(reader)
    start, end = now.period.start, now.period.end
    if any(days and not _as_long(days, end - start) for days in reader.before):
        raise Unclear(
            question=f"It is compared with the {(end - start).days} days right before. "
            "Leave the other period out, or name a period of its length."
        )
    notes.append(_said(start, end, f"'{reader.text.words(now.start, now.period.stop)}'"))
    return start, end


def _as_long(days: int, length: timedelta) -> bool:
    return abs(length.days - days) <= (3 if days >= 28 else 0)


def _current(reader: DebugReader) -> Stretch:
    """The period that is asked about, where the others are what it is compared with."""
    unique = list({(s.period.start, s.period.end): s for s in reader.stretches}.values())
    plain = [stretch for stretch in unique if not stretch.against]
    against = [stretch for stretch in unique if stretch.against]
    if len(unique) == 1:
        return unique[0] if plain else _next(reader, against[0])
    later, earlier = max(unique, key=_starts), min(unique, key=_starts)
    told = later in plain or not plain
    if len(unique) == 2 and told and earlier.period.end == later.period.start:
        return later
    raise Unclear(
        question="Which period do you mean? Name one; it is compared with the one right before."
    )


def _starts(stretch: Stretch) -> datetime:
    return stretch.period.start


def _next(reader: DebugReader, stretch: Stretch) -> Stretch:
    """'against last month': this month, up to now."""
    period = stretch.period
    first = period.end
    days = _STEPS_FORWARD.get(period.unit)
    last = min(first + timedelta(days=days or 0), reader.periods.midnight)
    if days is None or first >= last or (last - first).days > (last - period.start).days:
        said = reader.text.words(stretch.start, period.stop)
        raise Unclear(question=f"Which period is compared with '{said}'? Name it as well.")
    following = Period(first, last, period.stop, period.unit)
    return Stretch(following, False, stretch.start)


def _said(start: datetime, end: datetime, what: str) -> str:
    return f"{what}: {start:%Y-%m-%d} up to {end:%Y-%m-%d} (UTC), compared with the period before."
