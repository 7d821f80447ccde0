"""Analyst questions: what is counted or measured, split by what, when, against what.

``reader`` takes a prompt word by word into slots (``slots``) by the steps of ``framing``,
``ranking``, ``grouping``, ``measuring`` and ``limiting``, with ``things`` for rows,
``columns`` for groups and numbers, ``periods`` for time; ``resolving``,
``measures`` and ``building`` make one typed question of the slots. Nothing here
knows SQL.
"""

from __future__ import annotations

from datetime import datetime

from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.questions.building import build
from agent.planners.grammar.questions.comparing import taken_out
from agent.planners.grammar.questions.cues import asks_more, is_question
from agent.planners.grammar.questions.periods import Periods
from agent.planners.grammar.questions.reader import read
from agent.planners.grammar.questions.scan import Scan
from agent.planners.grammar.questions.things import Things
from agent.planners.grammar.questions.unknown import NothingNamed
from agent.planners.grammar.questions.world import world_of
from agent.planners.grammar.times import Times
from agent.planners.grammar.words import Text
from core.questions import MetricQuestion

__all__ = ["NothingNamed", "asks_more", "is_question", "names_rows", "read_question"]


def names_rows(text: Text, lexicon: Lexicon) -> bool:
    """Whether a text begins with things in the plural: 'workouts in Germany last week'."""
    thing = Things(text, lexicon, world_of(lexicon)).at(0)
    if thing is None or thing.rows.of == "users":
        return False
    return any(text.low(k).endswith("s") and len(text.low(k)) > 3 for k in range(thing.end))


def read_question(
    text: Text, lexicon: Lexicon, as_of: datetime
) -> tuple[MetricQuestion, list[str]]:
    """The question of a text and what was taken for granted; raises Unclear."""
    whole = Periods(text, Times(text, lexicon, as_of), as_of)
    rest, said, compared = taken_out(text, whole)
    scan = Scan(rest, lexicon, as_of)
    read(scan)
    scan.asked.periods.extend(said)
    scan.asked.versus = scan.asked.versus or compared
    return build(scan.asked, scan.columns, scan.periods)
