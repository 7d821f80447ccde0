"""Numbers of a user: 'churn risk above 0.5', 'more than 100 points', 'high momentum'."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from agent.planners.grammar.columns import share_scale
from agent.planners.grammar.doubt import Answer, Doubt
from agent.planners.grammar.lexicon import Kind, Lexicon, Sense
from agent.planners.grammar.meaning import Found, all_of
from agent.planners.grammar.own_columns import OwnColumns
from agent.planners.grammar.quantities import Quantity, quantity, trailing_comparison
from agent.planners.grammar.words import ARTICLES, Text
from core.conditions import Condition, Op, Trait

_KINDS: tuple[Kind, ...] = ("trait", "column")


class OwnNumbers:
    """Reads comparisons of a user's own numbers in one text."""

    def __init__(self, text: Text, lexicon: Lexicon, columns: OwnColumns) -> None:
        self.text = text
        self.lexicon = lexicon
        self.catalog = lexicon.catalog
        self.columns = columns

    def at(self, i: int) -> Iterator[Found]:
        """'high churn risk', 'more than 50 momentum'."""
        count = quantity(self.text, i)
        if count is not None and not count.vague and not count.times:
            yield from self._counted_trait(i, count)
        start = i
        while self.text.low(start) in (*ARTICLES, "very"):
            start += 1
        if self.text.low(start) in ("high", "low", "strong", "elevated", "poor", "good", "rising"):
            match = self.lexicon.longest("trait", self.text, start + 1)
            if match is not None and self.catalog.traits[match.sense.name].type in (
                "number",
                "integer",
            ):
                yield self._vague(i, match.end, match.sense)

    def after(self, i: int, position: int, sense: Sense, joined: str) -> Found | None:
        """The comparison at a position of the number named before it, joined by a word."""
        if self.text.low(position) in ("high", "low", "strong", "good", "bad"):
            return self._vague(i, position + 1, sense)
        count = quantity(self.text, position)
        if count is None:
            return None
        end = count.end
        found = Found(end, self._bounds(sense, count))
        scale = share_scale(self.columns.described(sense))
        if self.text.low(end) in ("percent", "%"):
            trailing = trailing_comparison(self.text, end + 1) if count.bare else None
            if trailing is not None:
                count = replace(count, op=trailing[0], bare=False)
                found = replace(found, condition=self._bounds(sense, count))
            after = end + 1 if trailing is None else trailing[1]
        if self.text.low(end) in ("percent", "%") and scale is not None:
            end = after
            found = replace(found, condition=self._bounds(sense, count, scale))
        elif self.text.low(end) in ("percent", "%"):
            end = after
            share = count.n / 100
            found = found.asking(
                f"'{self.text.words(i, end)}': is that {count.n:g} or {share:g} on the scale of "
                f"{sense.name}? Say the number without a percent sign."
            )
        stated = self.text.words(i, end)
        if count.vague or (
            count.bare and count.n and joined not in ("is", "=", "equals", "are", "equal", "to")
        ):
            found = found.asking(_which(stated))
        return replace(found, end=end, stated=stated)

    def _vague(self, i: int, end: int, sense: Sense) -> Found:
        stated = self.text.words(i, end)
        found = Found(end, Trait(name=sense.name, op=Op.IS_NOT_NULL), stated=stated)
        return found.asking(
            f"From which value on is '{stated}'? Say for example '{sense.name} above …'."
        )

    def _bounds(self, sense: Sense, count: Quantity, scale: float = 1.0) -> Condition:
        bounds = [(op, round(n * scale, 9)) for op, n in count.bounds()]
        return all_of([self.columns.leaf(sense, op, _plain(n)) for op, n in bounds])

    def _left(self, i: int, sense: Sense) -> bool:
        """'10 euros of credit left': what there is, where nothing says how much of it is used."""
        if self.text.low(i) not in ("left", "remaining"):
            return False
        columns = self.catalog.user_columns() if sense.owner == "" else {}
        entity = self.catalog.entities.get(sense.owner.removeprefix("entity:"))
        named = (*columns, *(entity.columns if entity else ()), *self.catalog.traits)
        return not any(one.startswith(f"{sense.name}_") for one in named)

    def _counted_trait(self, i: int, count: Quantity) -> Iterator[Found]:
        """'more than 100 points', 'at least 5 seats': the number stands before its name."""
        for kind in _KINDS:
            of = self.text.low(count.end) == "of"
            for match in self.lexicon.at(kind, self.text, count.end + of):
                column = self.columns.column(match.sense)
                if column is None or column.type not in ("number", "integer"):
                    continue
                trailing = trailing_comparison(self.text, match.end) if count.bare else None
                if trailing is not None:
                    count = replace(count, op=trailing[0], bare=False)
                end = match.end if trailing is None else trailing[1]
                end += self._left(end, match.sense)
                stated = self.text.words(i, end)
                found = Found(end, self._bounds(match.sense, count), stated=stated)
                if count.bare and count.n and column.type == "integer" and not match.sense.owner:
                    yield replace(found, notes=(f"'{stated}' means exactly that many.",))
                    continue
                exact = _which(stated)
                yield found.asking(exact) if count.bare and count.n else found


def _which(stated: str) -> Doubt:
    """Whether a number without a comparison is exact."""
    number = next((word for word in stated.split() if word[:1].isdigit()), "")
    answers = [
        Answer(f"{how.capitalize()} {number}", stated, stated.replace(number, f"{how} {number}", 1))
        for how in ("exactly", "at least", "at most")
        if number
    ]
    return Doubt.of(f"Does '{stated}' mean exactly that, at least or at most?", *answers)


def _plain(n: float) -> int | float:
    return int(n) if n == int(n) else n
