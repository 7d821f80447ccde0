"""What else may have been meant where something was taken for granted: each reading at one click.

A reading is asked for as any change of the draft is: in words that a follow-up may say, or as
conditions set by hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agent.conversation.amending import Amended, Amendment, Rule, audiences_of
from agent.conversation.parts import exchange
from core.conditions import Calendar, Condition, EventCount, Op, Rolling, clauses
from core.rules import DecisionPolicy
from warehouse.catalog import Catalog
from warehouse.wording import describe
from warehouse.wording.names import key_words

MOST = 6
DAY = 86_400
_USUAL = Rolling(seconds=30 * DAY)
"""The window that is asked for most where none was given."""
_ROLLING = {"day": Rolling(seconds=DAY), "week": Rolling(seconds=7 * DAY), "month": _USUAL}
_NO_WINDOW, _AT_LEAST, _UNIT = "counted over all time", "means at least", "current calendar"
_NO_HOLDOUT, _NO_CHANNEL = "no holdout was named", "no channel was named"


class Reading(NamedTuple):
    """One other way to take what was assumed."""

    label: str
    asks: str | Amendment


def other_readings(rule: Rule, assumptions: Sequence[str], catalog: Catalog) -> tuple[Reading, ...]:
    """The likely other readings of what a draft takes for granted; of the conditions first."""
    said = " ".join(assumptions)
    found = [*_of_conditions(rule, said, catalog)]
    if _NO_HOLDOUT in said:
        found.append(Reading("Hold nobody out", "no holdout"))
    if _NO_CHANNEL in said:
        found += _of_channels(rule)
    return tuple({one.label: one for one in found}.values())[:MOST]


def _of_conditions(rule: Rule, said: str, catalog: Catalog) -> Iterator[Reading]:
    for place, condition in audiences_of(rule).items():
        for clause in clauses(condition):
            for other in _others(clause, said):
                after = exchange(clause, other)(condition)
                change = Amended(place=place, before=condition, after=after)
                yield Reading(describe(other, catalog), Amendment(of=(change,)))


def _others(clause: Condition, said: str) -> Iterator[Condition]:
    """What a count of events may mean besides: in a window, exactly so many, up to this moment."""
    if not isinstance(clause, EventCount):
        return
    if clause.window is None and _NO_WINDOW in said:
        yield clause.model_copy(update={"window": _USUAL})
    if clause.op is Op.GE and clause.n > 1 and f"{_AT_LEAST} {clause.n}" in said:
        yield clause.model_copy(update={"op": Op.EQ})
    unit = clause.window if isinstance(clause.window, Calendar) else None
    if unit is not None and unit.periods_back == 0 and _UNIT in said:
        yield clause.model_copy(update={"window": _ROLLING[unit.unit]})


def _of_channels(rule: Rule) -> Iterator[Reading]:
    """One of the channels that were taken, alone."""
    if isinstance(rule, DecisionPolicy) or rule.action is None or len(rule.action.channels) < 2:
        return
    for channel in rule.action.channels:
        words = key_words(channel)
        yield Reading(f"By {words} only", f"by {words} only")
