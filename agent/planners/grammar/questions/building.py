"""One typed question from the slots: the measure, its groups, its periods, its order."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import NamedTuple

from agent.planners.grammar.meaning import Unclear
from agent.planners.grammar.questions.columns import Columns
from agent.planners.grammar.questions.measures import Measures
from agent.planners.grammar.questions.numbers import Measured
from agent.planners.grammar.questions.periods import Periods
from agent.planners.grammar.questions.slots import Asked
from core.questions import Dimension, Grain, MetricQuestion, Ratio, Stretch

_HOURLY, _DAILY, _WEEKLY = timedelta(days=2), timedelta(days=62), timedelta(days=366)
TREND = timedelta(days=30)


class When(NamedTuple):
    """The period of a question, and the one it is compared with."""

    period: Stretch | None
    before: Stretch | None
    notes: list[str]


def build(asked: Asked, columns: Columns, periods: Periods) -> tuple[MetricQuestion, list[str]]:
    """The question and what was taken for granted; raises Unclear where it is not clear."""
    if asked.questions:
        raise Unclear(question=asked.questions[0])
    measured = Measures(asked, columns).measured()
    when = _when(asked, periods)
    grain, when = _grain(asked, when, periods.as_of)
    _check_time(asked, measured, grain, when)
    by = [*measured.frame.by]
    if grain is not None:
        by.insert(0, Dimension(kind="time", grain=grain))
    _check_order(asked, by, grain)
    question = MetricQuestion(
        measure=measured.measure, who=measured.frame.users, by=tuple(by), period=when.period,
        before=when.before, order=asked.order if by else None,
        limit=asked.limit if asked.order else None,
    )  # fmt: skip
    notes = [*asked.notes, *measured.frame.notes, *when.notes, *_about_time(grain, when, periods)]
    return question, [*dict.fromkeys(notes)]


# periods


def _when(asked: Asked, periods: Periods) -> When:
    named = asked.periods
    if not named:
        return When(None, None, [])
    if len(named) > 2:
        raise Unclear(question="Which two periods are compared? Name two.")
    if len(named) == 1:
        return _one_period(asked, periods)
    if not (asked.versus or asked.compares or any(one.relative for one in named)):
        words = " and ".join(f"'{one.words}'" for one in named)
        raise Unclear(question=f"Two periods are named, {words}: compare them ('versus'), or one?")
    return _two_periods(asked, periods)


def _one_period(asked: Asked, periods: Periods) -> When:
    said = asked.periods[0]
    compared = asked.versus and not any(one.joined == "versus" for one in asked.values)
    if said.relative or compared:
        if said.unit is None or (said.back == 0 and not said.relative):
            raise Unclear(question=f"What is compared with '{said.words}'? Name both periods.")
        back = 0 if said.relative else said.back - 1
        now = said.__class__(said.start, said.end, f"this {said.unit}", said.unit, back)
        asked.periods = [now, said]
        return _two_periods(asked, periods)
    stretch, notes = periods.stretch(said, [said])
    return When(stretch, None, notes)


def _two_periods(asked: Asked, periods: Periods) -> When:
    fixed = [one for one in asked.periods if not one.relative]
    moved = [one for one in asked.periods if one.relative]
    if not fixed:
        raise Unclear(question="Before which period? Name both.")
    stretches = [periods.stretch(one, fixed) for one in fixed]
    notes = [note for _, told in stretches for note in told]
    found = [stretch for stretch, _ in stretches if stretch is not None]
    if moved and len(found) == 1:
        earlier = periods.preceding(fixed[0], found[0], moved[0].words)
        found += [earlier] if earlier is not None else []
    if len(found) != 2 or found[0].start == found[1].start:
        raise Unclear(question="Which two periods are compared? Name them with dates.")
    before, now = sorted(found, key=lambda one: one.start or datetime.min)
    if before.end > (now.start or datetime.min):
        raise Unclear(question="The two periods overlap: which two are compared?")
    length = [one.end - (one.start or one.end) for one in (now, before)]
    if length[0] != length[1]:
        notes.append("The two periods are not equally long.")
    return When(now, before, notes)


# time as a group


def _grain(asked: Asked, when: When, as_of: datetime) -> tuple[Grain | None, When]:
    if asked.grain is not None or not asked.trend:
        return asked.grain, when
    if when.period is None or when.period.start is None:
        midnight = datetime.combine(as_of.date(), time.min)
        period = Stretch(words="the last 30 days", start=midnight - TREND, end=midnight)
        note = "No period was named: the trend is of the last 30 days."
        return "day", When(period, when.before, [*when.notes, note])
    length = when.period.end - when.period.start
    steps: tuple[tuple[timedelta, Grain], ...] = (
        (_HOURLY, "hour"), (_DAILY, "day"), (_WEEKLY, "week"),
    )  # fmt: skip
    grain: Grain = next((grain for most, grain in steps if length <= most), "month")
    return grain, When(when.period, when.before, [*when.notes, f"The trend is shown per {grain}."])


def _check_time(asked: Asked, measured: Measured, grain: Grain | None, when: When) -> None:
    if measured.timed or (grain is None and when.period is None):
        return
    what = f"per {grain}" if grain else f"in '{when.period.words if when.period else ''}'"
    if isinstance(measured.measure, Ratio):
        raise Unclear(question=f"What happened {what}? Say it of the users, in the same clause.")
    raise Unclear(
        question=f"Users {what}: by what? Say what they did, or 'signed up', for example."
    )


def _check_order(asked: Asked, by: list[Dimension], grain: Grain | None) -> None:
    if asked.order is None:
        return
    if grain is not None and asked.limit is not None and len(by) > 1:
        raise Unclear(
            question=f"The first {asked.limit} of each {grain}, or over all of it? Ask for one "
            f"period, or without 'per {grain}'."
        )
    if asked.limit is not None and len(by) > 1:
        raise Unclear(question=f"The first {asked.limit} of which? Split by one thing only.")
    if not by:
        raise Unclear(question="The highest of what? Say 'which …', or 'top 5 …'.")


def _about_time(grain: Grain | None, when: When, periods: Periods) -> list[str]:
    notes = []
    if grain is not None and when.period is None:
        notes.append(f"Everything up to {periods.as_of:%Y-%m-%d %H:%M} (UTC) is shown.")
    if grain is None:
        return notes
    end = when.period.end if when.period is not None else periods.as_of
    if end != _floor(end, grain) and end >= periods.as_of:
        notes.append(f"The last {grain} is not over: as of {periods.as_of:%Y-%m-%d %H:%M}.")
    start = when.period.start if when.period is not None else None
    if start is not None and start != _floor(start, grain):
        notes.append(f"The first {grain} is not whole: it begins at {start:%Y-%m-%d %H:%M}.")
    return notes


def _floor(moment: datetime, grain: Grain) -> datetime:
    midnight = datetime.combine(moment.date(), time.min)
    match grain:
        case "hour":
            return moment.replace(minute=0, second=0, microsecond=0)
        case "day":
            return midnight
        case "week":
            return midnight - timedelta(days=midnight.weekday())
        case "month":
            return midnight.replace(day=1)
