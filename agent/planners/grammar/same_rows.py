"""What is said of rows that were named before: 'opened none of them', 'none of them open'."""

from __future__ import annotations

from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Found, Item, Sep
from agent.planners.grammar.quantities import quantity
from agent.planners.grammar.values import Values
from agent.planners.grammar.words import ARTICLES, Text
from core.conditions import Filter, Op, Related

_ENDS = frozenset(", . ; ! ? ) and or but who that \n".split(" ")) | {"", "\n"}
_HELPING = frozenset("have has had did do does were was".split())
_NOT = frozenset({"not", "never"})
_OF_THEM = (
    ("of", "whom"),
    ("of", "them"),
    ("of", "these"),
    ("of", "those"),
    ("of", "which"),
    ("of", "it"),
)
_BE = frozenset("is are was were has have been being still currently now".split())
_ONE = frozenset({"any", "one", "either"})
_SINGLE = (("a", "single", "one"), ("even", "one"), ("at", "least", "one"))


class SameRows:
    """Reads what is said of the rows of the predicate before."""

    def __init__(self, text: Text, lexicon: Lexicon, values: Values) -> None:
        self.text = text
        self.lexicon = lexicon
        self.values = values

    def at(self, i: int, sep: Sep, said: Related) -> Item | None:
        """The same rows, those of them with a moment or a value."""
        return self._happened(i, sep, said) or self._of_value(i, sep, said)

    def _happened(self, i: int, sep: Sep, said: Related) -> Item | None:
        """'received 3 emails but opened none of them', '… and did not open any'."""
        start, negated = i, False
        while self.text.low(start) in (*_HELPING, *_NOT, "who", "they", "even", "ever"):
            negated = negated or self.text.low(start) in _NOT
            start += 1
        owner = f"entity:{said.entity}"
        columns = self.lexicon.catalog.entities[said.entity].columns
        for match in self.lexicon.at("column", self.text, start):
            column = columns.get(match.sense.name)
            if column is None or match.sense.owner != owner or column.type != "timestamp":
                continue
            filters = (*said.where, Filter(column=match.sense.name, op=Op.IS_NOT_NULL))
            read = self._number(match.end, said, negated=negated)
            if read is not None:
                op, n, end = read
                base = Related(entity=said.entity, where=filters, op=op, n=n)
                return self._item(i, end, sep, base)
        return None

    def _number(self, i: int, said: Related, *, negated: bool) -> tuple[Op, int, int] | None:
        """How many of them: none, any, fewer than 2; 'it' where one was named."""
        low = self.text.low(i)
        pronoun = low == "it" or (low == "them" and negated)
        if pronoun or low == "none":
            end = self._of_them(i + 1)
            none = negated != (low == "none")
            return (Op.EQ, 0, end) if none else (Op.GE, 1, end) if low == "it" else None
        words = next((w for w in _SINGLE if self.text.has(i, *w)), None)
        if words is not None or low in _ONE:
            after = i + (len(words) if words else 1)
            end = self._of_them(after)
            if low == "one" and end == after:
                return None  # 'clicked one': one of these, or any message at all
            return (Op.EQ, 0, end) if negated else (Op.GE, 1, end)
        found = quantity(self.text, i)
        if found is None or found.vague or found.times or found.high is not None or negated:
            return None
        end = self._of_them(found.end)
        return (found.op, int(found.n), end) if end > found.end else None

    def _of_them(self, i: int) -> int:
        words = next((w for w in _OF_THEM if self.text.has(i, *w)), None)
        return i + len(words) if words else i

    def _of_value(self, i: int, sep: Sep, said: Related) -> Item | None:
        """'more than one ticket, none of them open', '3 orders, of which one was returned'."""
        lead = self._of_them(i)
        none = self.text.low(lead) == "none"
        count = None if none else quantity(self.text, lead)
        if not none and (count is None or count.vague or count.times or count.high is not None):
            return None
        end = lead + 1 if count is None else count.end
        after = self._of_them(end)
        if not none and lead == i and after == end:
            return None
        begun = after
        while self.text.low(after) in _BE or (after > begun and self.text.low(after) in ARTICLES):
            after += 1
        listed = self.values.listed(after, f"entity:{said.entity}")
        if listed is None or any(one.column == listed.column for one in said.where):
            return None
        op, n = (Op.EQ, 0) if count is None else (Op.GE if count.bare else count.op, int(count.n))
        base = Related(entity=said.entity, where=(*said.where, listed.filter()), op=op, n=n)
        return self._item(i, listed.end, sep, base)

    def _item(self, i: int, end: int, sep: Sep, condition: Related) -> Item | None:
        if self.text.low(end) not in _ENDS:
            return None
        stated = self.text.words(i, end)
        note = f"'{stated}' is said of the {condition.entity} rows that were named before it."
        found = Found(
            end, condition, form="verb", notes=(note,), stated=stated, counted=True,
        )  # fmt: skip
        return Item(found, sep, False, True, own_verb=True)
