"""Debug prompts: which metric, where, against what, when."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Literal

from agent.planners.grammar.asking import not_understood
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear
from agent.planners.grammar.times import Span, Times
from agent.planners.grammar.values import Values
from agent.planners.grammar.words import Text
from agent.planners.port import DebugQuestion, Plan, Segment
from core.conditions import Absolute, Calendar, Rolling

Direction = Literal["drop", "rise", "change"]

_DROP = frozenset(
    "drop dropped drops dropping fall fell falling fallen decline declined declining decrease "
    "decreased dip dipped down lower worse tank tanked plunge plunged slump "
    "slumped lose lost losing "
    "fewer dips tanking plunging slumping slipping plummeted plummeting dipping crashing "
    "worst "
    "cratered crater crashed crash slid slipped sank collapse collapsed worsened weaker shrink "
    "shrank softened behind lagging lag underperform underperforming declines decreasing".split()
)
_RISE = frozenset(
    "rises jumps gains gain gained "
    "rise rose risen rising increase increased jump jumped spike spiked up grew grow grown improve "
    "improved higher better surge surged climbed climb increasing".split()
)
_CHANGE = frozenset("change changed differ different move moved shift shifted".split())
_DIRECTIONS: tuple[tuple[frozenset[str], Direction], ...] = (
    (_DROP, "drop"),
    (_RISE, "rise"),
    (_CHANGE, "change"),
)
_FILLERS = frozenset(
    "why get gets did do does is are was were has have had been being the a an "
    "our of in on for at by to from and "
    "or with please can could you tell me us explain investigate diagnose debug what happened "
    "caused cause causes causing driving drove behind summarize summarise summary list show give "
    "find out figure look into dig compare comparing comparison compared funnel funnels step "
    "steps stage stages message messages messaging exposure exposures reach between across each "
    "likely probable possible reasons reason root main top most drivers driver factors users user "
    "people customers side so much suddenly sharply there any it its that this which who broken "
    "per as well also both rates rate numbers number metric metrics overall then next checks check "
    "suggest recommend and/or breakdown break what's went wrong data analysis analyse analyze "
    "delta deltas differences difference against versus vs v relative than over see seen seeing "
    "we i think seem seems appear appears significantly app platform platforms device devices "
    "period where how long start started starting got bit lot go gone went going need want know "
    "understand help identify highlight include including contact sends send sent "
    "come behind converting explains explain "
    "communications communication campaign campaigns marketing share".split()
)


class DebugReader:
    """Reads a debug prompt; every word is part of the question or a declared filler."""

    def __init__(self, text: Text, lexicon: Lexicon, as_of: datetime) -> None:
        self.text = text
        self.lexicon = lexicon
        self.as_of = as_of
        self.times = Times(text, lexicon, as_of)
        self.values = Values(text, lexicon, self.times)
        self.metrics: list[str] = []
        self.segments: list[Segment] = []
        self.spans: list[Span] = []
        self.directions: list[Direction] = []

    def read(self) -> None:
        """Consume the whole text; raises Unclear at the first unknown words."""
        i = 0
        while i < len(self.text):
            end = self._span(i) or self._metric(i) or self._segment(i) or self._word(i)
            if end is None:
                raise not_understood(self.text, self.lexicon, i, i)
            i = end

    def _span(self, i: int) -> int | None:
        span = self.times.span(i)
        if span is None or span.kind not in ("window", "ever") or span.window is None:
            return None
        self.spans.append(span)
        return span.end

    def _metric(self, i: int) -> int | None:
        match = self.lexicon.longest("metric", self.text, i)
        if match is None:
            return None
        if match.sense.name not in self.metrics:
            self.metrics.append(match.sense.name)
        return match.end

    def _segment(self, i: int) -> int | None:
        found = self.values.senses(i, "")
        if not found:
            return None
        sense, end = found[0]
        label = self.text.words(i, end)
        segment = Segment(label=label, column=sense.name, value=str(sense.value))
        if all((s.column, s.value) != (segment.column, segment.value) for s in self.segments):
            self.segments.append(segment)
        return end

    def _word(self, i: int) -> int | None:
        low = self.text.low(i)
        for words, direction in _DIRECTIONS:
            if low in words and not (
                low == "behind" and self.text.low(i - 1) in ("is", "s", "what")
            ):
                self.directions.append(direction)
                return i + 1
        if low in _FILLERS or self.text[i].kind == "mark":
            return i + 1
        if self.text[i].kind == "number" and self.text.low(i + 1) == "percent":
            return i + 2
        return None


def plan_debug(text: Text, lexicon: Lexicon, as_of: datetime, notes: list[str]) -> Plan:
    """The debug question of a text; raises Unclear where something is missing or doubtful."""
    reader = DebugReader(text, lexicon, as_of)
    reader.read()
    notes = [*notes]
    metric = _one_metric(reader, notes)
    segment, control = _segments(reader, notes)
    start, end = _period(reader, as_of, notes)
    draft = DebugQuestion(
        metric=metric, segment=segment, control=control, direction=_direction(reader),
        start=start, end=end,
    )  # fmt: skip
    return Plan(intent="debug", draft=draft, assumptions=tuple(notes))


def _one_metric(reader: DebugReader, notes: list[str]) -> str:
    known = reader.lexicon.catalog.metrics
    if len(reader.metrics) == 1:
        return reader.metrics[0]
    names = ", ".join(sorted(known))
    if reader.metrics:
        raise Unclear(question=f"Which metric: {', '.join(reader.metrics)}? One at a time.")
    raise Unclear(question=f"Which metric do you mean? The catalog has: {names}.")


def _segments(reader: DebugReader, notes: list[str]) -> tuple[Segment | None, Segment | None]:
    found = reader.segments
    if not found:
        notes.append("No segment was named: all users are looked at.")
        return None, None
    columns = {segment.column for segment in found}
    if len(columns) > 1 or len(found) > 2:
        labels = ", ".join(segment.label for segment in found)
        raise Unclear(question=f"Which one against which: {labels}? Name two values of one column.")
    if len(found) == 2:
        return found[0], found[1]
    control = _other_value(reader, found[0])
    if control is not None:
        notes.append(f"{found[0].label} is compared with {control.label}: no control was named.")
    return found[0], control


def _other_value(reader: DebugReader, segment: Segment) -> Segment | None:
    column = reader.lexicon.catalog.user_columns()[segment.column]
    values = column.values or {}
    if len(values) > 4:
        return None
    other = next((value for value in values if value != segment.value), None)
    if other is None:
        return None
    label = (values[other] or (other,))[0]
    return Segment(label=label, column=segment.column, value=other)


def _direction(reader: DebugReader) -> Direction:
    named = dict.fromkeys(direction for direction in reader.directions if direction != "change")
    if len(named) > 1 and len(reader.segments) < 2:
        raise Unclear(question="Did it rise or fall in that period? Name one of the two.")
    if len(named) > 1:
        return reader.directions[0]
    return next(iter(named), "change" if reader.directions else "drop")


def _period(reader: DebugReader, as_of: datetime, notes: list[str]) -> tuple[datetime, datetime]:
    midnight = datetime.combine(as_of.date(), time.min)
    if not reader.spans:
        notes.append(
            _said(
                midnight - timedelta(days=7), midnight, "No period was named: the last 7 full days"
            )
        )
        return midnight - timedelta(days=7), midnight
    if len({span.window for span in reader.spans}) > 1:
        return _two_periods(reader, midnight, as_of, notes)
    span = reader.spans[0]
    start, end = _bounds(span, midnight, as_of)
    notes.append(_said(start, end, f"'{reader.text.words(_start_of(reader, span), span.end)}'"))
    return start, end


def _two_periods(
    reader: DebugReader, midnight: datetime, as_of: datetime, notes: list[str]
) -> tuple[datetime, datetime]:
    """'this week vs last week': the later one, when the earlier is the one right before it."""
    bounds = sorted({_bounds(span, midnight, as_of) for span in reader.spans})
    if (
        len(bounds) == 2
        and bounds[0][1] <= bounds[1][0]
        and bounds[0][1] - bounds[0][0] == bounds[1][1] - bounds[1][0]
    ):
        notes.append(_said(*bounds[1], "The current period"))
        return bounds[1]
    raise Unclear(
        question="Which period do you mean? Name one; it is compared with the one before."
    )


def _start_of(reader: DebugReader, span: Span) -> int:
    return next(i for i in range(len(reader.text)) if reader.times.span(i) == span)


def _bounds(span: Span, midnight: datetime, as_of: datetime) -> tuple[datetime, datetime]:
    window = span.window
    if isinstance(window, Rolling):
        base = midnight if window.seconds >= 86_400 else as_of
        return base - timedelta(seconds=window.seconds), base
    if isinstance(window, Calendar):
        return _calendar(window, midnight)
    if isinstance(window, Absolute):
        start = window.start or midnight - timedelta(days=7)
        return start, min(window.end or midnight, midnight)
    raise Unclear(question="Say the period as 'this week', 'in the last 14 days' or with dates.")


def _calendar(window: Calendar, midnight: datetime) -> tuple[datetime, datetime]:
    if window.unit == "day":
        start = midnight - timedelta(days=window.periods_back)
        return start, start + timedelta(days=1)
    if window.unit == "week":
        start = midnight - timedelta(days=7 + 7 * window.periods_back)
        return start, start + timedelta(days=7)
    first = midnight.replace(day=1)
    if window.periods_back == 0:
        return first, midnight
    return (first - timedelta(days=1)).replace(day=1), first


def _said(start: datetime, end: datetime, what: str) -> str:
    return f"{what}: {start:%Y-%m-%d} up to {end:%Y-%m-%d} (UTC), compared with the period before."
