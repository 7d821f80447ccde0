"""What is left out because it was said before: 'watched comedy but never crime'."""

from __future__ import annotations

from agent.planners.grammar.columns import column_noun
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Found, Item, Sep
from agent.planners.grammar.times import Times
from agent.planners.grammar.values import Values
from agent.planners.grammar.words import ARTICLES, Text
from core.conditions import EventCount

_NOT = ("not", "never", "no", "neither", "nor")
_LEADS = frozenset("with by via using from in of to for on through about any".split())
_ENDS = frozenset(", . ; ! ? ) and or but who that \n".split(" ")) | {"", "\n"}


class Ellipsis:
    """Reads predicates that repeat an event with another value and without its words."""

    def __init__(self, text: Text, lexicon: Lexicon, times: Times, values: Values) -> None:
        self.text = text
        self.lexicon = lexicon
        self.times = times
        self.values = values

    def at(self, i: int, sep: Sep, before: Item) -> Item | None:
        """The event of the item before, with the value that stands at an index."""
        said = before.found.condition
        if not isinstance(said, EventCount) or not said.where or before.negated:
            return None
        position, negated = i, False
        while self.text.low(position) in (*_NOT, *_LEADS, *ARTICLES):
            negated = negated or self.text.low(position) in _NOT
            position += 1
        listed = self.values.listed(position, f"event:{said.event}")
        if listed is None or listed.column not in {one.column for one in said.where}:
            return None
        if sep not in ("but", "and", "strong_and", "comma", "rel") or not (negated or position > i):
            return None
        properties = self.lexicon.catalog.events[said.event].properties
        end = column_noun(self.text, listed.end, listed.column, properties[listed.column])
        span = self.times.span(end)
        end = span.end if span is not None else end
        if self.text.low(end) not in _ENDS:
            return None
        window = span.window if span is not None else None
        condition = EventCount(event=said.event, where=(listed.filter(),), window=window)
        stated = self.text.words(i, end)
        note = f"'{stated}' is read as {said.event} with {' or '.join(listed.values)}."
        found = Found(
            end, condition, form="verb", notes=(note,), span=span, counts_events=True,
            stated=stated,
        )  # fmt: skip
        if span is None and before.found.span is not None:
            found = found.asking(
                f"Does '{before.found.span.stated}' hold for '{stated}' as well? "
                "Say the period with each, or 'ever'."
            )
        return Item(found, sep, negated, True, own_verb=True)
