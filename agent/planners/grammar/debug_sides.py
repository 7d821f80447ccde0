"""The values of columns and the periods that a debug prompt sets side by side."""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.planners.grammar.debug_calendar import Period
from agent.planners.grammar.debug_words import AS_CONTROL, Direction
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear
from agent.planners.grammar.values import Values
from agent.planners.grammar.words import ARTICLES, Text
from agent.planners.port import Segment
from warehouse.catalog import Column


@dataclass(frozen=True, slots=True)
class Side:
    """A value of a column, and whether it is what the other is compared with."""

    segment: Segment
    against: bool
    clause: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A period, whether it is what the other is compared with, and where it stands."""

    period: Period
    against: bool
    start: int


@dataclass
class Clause:
    """What one clause says besides names: where it moved, or that it did not."""

    moves: list[Direction] = field(default_factory=list)
    steady: int | None = None
    """The token that says that nothing moved."""
    subordinate: bool = False
    asked: bool = False
    """It is what the prompt asks about: 'why did …'."""


class Sides:
    """Finds values of users' columns in one text."""

    def __init__(self, text: Text, lexicon: Lexicon, values: Values) -> None:
        self.text = text
        self.lexicon = lexicon
        self.values = values

    def at(self, i: int) -> tuple[Segment, int] | None:
        """The value at an index, alone or after its column's name, and the token after it."""
        return self._alone(i) or self._named(i)

    def as_control(self, i: int) -> int:
        """'Android as the control', 'Android is the baseline': the token after it."""
        k = i
        while self.text.low(k) == "," or self.lexicon.is_person(self.text, k):
            k += 1
        if self.text.low(k) not in ("as", "is", "are", "being", "was", "="):
            return i
        k += 1 + (self.text.low(k + 1) in (*ARTICLES, "my", "our"))
        if self.text.low(k) not in AS_CONTROL:
            return i
        return k + 1 + (self.text.low(k + 1) == "group")

    def _alone(self, i: int) -> tuple[Segment, int] | None:
        found = self.values.senses(i, "")
        columns = {sense.name for sense, _ in found}
        if len(columns) > 1:
            said = self.text.words(i, found[0][1])
            raise Unclear(
                question=f"Which column does '{said}' mean: {' or '.join(sorted(columns))}?"
            )
        if found:
            sense, end = found[0]
            label = self.text.words(i, end)
            return Segment(label=label, column=sense.name, value=str(sense.value)), end
        return None

    def _named(self, i: int) -> tuple[Segment, int] | None:
        """'loyalty tier gold', 'platform = web': a value after the name of its column."""
        match = self.lexicon.longest("column", self.text, i, "")
        column = self._users().get(match.sense.name) if match is not None else None
        if match is None or column is None or not column.values:
            return None
        start = match.end
        while self.text.low(start) in ("is", "=", "==", ":", "of", "equals", "was"):
            start += 1
        listed = self.values.named(start, "", match.sense.name, column)
        if listed is None or len(listed.values) > 1:
            return None
        label = self.text.words(start, listed.end)
        return Segment(label=label, column=match.sense.name, value=listed.values[0]), listed.end

    def _users(self) -> dict[str, Column]:
        return self.lexicon.catalog.user_columns()

    def column(self, i: int) -> int | None:
        """'by country', 'per platform': a diagnosis goes through every dimension anyway."""
        match = self.lexicon.longest("column", self.text, i, "")
        column = self._users().get(match.sense.name) if match is not None else None
        led = self.text.low(i - 1) in ("by", "per", "each", "across", "every", "which", "all")
        return match.end if match is not None and column and column.values and led else None

    def noun(self, i: int, segment: Segment) -> int | None:
        """'gold tier', 'mobile devices': the column's name after its value."""
        column = segment.column
        words = {word for phrase in (column, *self._users()[column].phrases)
                 for word in phrase.lower().replace("_", " ").split()}  # fmt: skip
        low = self.text.low(i)
        return i + 1 if low and (low in words or low.removesuffix("s") in words) else None
