"""Analyst questions: what is counted or measured, split by what, when, against what.

``reader`` takes a prompt word by word into slots (``slots``), with ``things`` for
rows, ``columns`` for groups and numbers, ``periods`` for time; ``resolving``,
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
from agent.planners.grammar.questions.reader import QuestionReader
from agent.planners.grammar.questions.unknown import NothingNamed
from agent.planners.grammar.times import Times
from agent.planners.grammar.words import Text
from core.questions import MetricQuestion

__all__ = ["NothingNamed", "asks_more", "is_question", "read_question"]


def read_question(
    text: Text, lexicon: Lexicon, as_of: datetime
) -> tuple[MetricQuestion, list[str]]:
    """The question of a text and what was taken for granted; raises Unclear."""
    whole = Periods(text, Times(text, lexicon, as_of), as_of)
    rest, said, compared = taken_out(text, whole)
    reader = QuestionReader(rest, lexicon, as_of)
    asked = reader.read()
    asked.periods.extend(said)
    asked.versus = asked.versus or compared
    return build(asked, reader.columns, reader.periods)
