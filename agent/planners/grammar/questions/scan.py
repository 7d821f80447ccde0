"""A question on its way: its text, everything that reads parts of it, and what it said so far."""

from __future__ import annotations

from datetime import datetime

from agent.planners.grammar.clauses import Clauses
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.questions.columns import Columns
from agent.planners.grammar.questions.filters import RowFilters
from agent.planners.grammar.questions.periods import Periods
from agent.planners.grammar.questions.slots import Asked
from agent.planners.grammar.questions.things import Things
from agent.planners.grammar.questions.world import world_of
from agent.planners.grammar.words import Text


class Scan:
    """One text with its readers; ``asked`` fills as it is read."""

    def __init__(self, text: Text, lexicon: Lexicon, as_of: datetime) -> None:
        self.text = text
        self.lexicon = lexicon
        self.world = world_of(lexicon)
        self.clauses = Clauses(text, lexicon, as_of)
        self.periods = Periods(text, self.clauses.times, as_of)
        self.things = Things(text, lexicon, self.world)
        self.columns = Columns(text, self.world)
        self.filters = RowFilters(text, self.clauses, self.columns)
        self.asked = Asked()

    def has(self, i: int, lists: tuple[tuple[str, ...], ...]) -> int | None:
        """Where the longest of some phrases at an index ends."""
        ends = [i + len(words) for words in lists if self.text.has(i, *words)]
        return max(ends, default=None)
