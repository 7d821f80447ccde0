"""How many: numbers in digits and words, and the comparisons around them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from agent.planners.grammar.money import CURRENCIES, currency
from agent.planners.grammar.words import Text
from core.conditions import Op

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMBER_WORDS = {word: float(n) for n, word in enumerate(_UNITS)} | {
    word: float(10 * n) for n, word in enumerate(_TENS, start=2)
}
TIMES_WORDS = {"once": 1.0, "twice": 2.0, "thrice": 3.0}
_SETS = {
    ("half", "a", "dozen"): 6.0, ("a", "couple", "of"): 2.0, ("a", "couple"): 2.0,
    ("a", "pair", "of"): 2.0, ("a", "dozen"): 12.0, ("a", "hundred"): 100.0,
    ("couple", "of"): 2.0,
}  # fmt: skip
_SCALES = {"thousand": 1_000, "million": 1_000_000, "k": 1_000}
_VAGUE = (
    ("a", "few"), ("few",), ("a", "handful", "of"), ("several",), ("many",), ("multiple",),
    ("lots", "of"), ("a", "lot", "of"), ("plenty", "of"), ("some",), ("a", "number", "of"),
    ("numerous",),
)  # fmt: skip
_CLOSING = frozenset({"", ".", ",", ";", "!", "?", ")", "and", "but", "or", "\n"})
_ROUGH = ("about", "around", "roughly", "approximately", "almost", "nearly")

_BEFORE: dict[str, Op] = {
    "no fewer than": Op.GE, "no less than": Op.GE, "not less than": Op.GE,
    "not fewer than": Op.GE, "at the very least": Op.GE, "at least": Op.GE,
    "at a minimum": Op.GE, "at minimum": Op.GE, "a minimum of": Op.GE, "minimum of": Op.GE,
    "minimum": Op.GE, "upwards of": Op.GE, ">=": Op.GE, "≥": Op.GE, "> =": Op.GE, "min": Op.GE,
    "min .": Op.GE, "max .": Op.LE,
    "no more than": Op.LE, "not more than": Op.LE, "no greater than": Op.LE,
    "no longer than": Op.LE, "no higher than": Op.LE, "not exceeding": Op.LE, "at most": Op.LE,
    "at the most": Op.LE, "up to": Op.LE, "a maximum of": Op.LE, "maximum of": Op.LE,
    "maximum": Op.LE, "<=": Op.LE, "≤": Op.LE, "max": Op.LE,
    "no lower than": Op.GE, "no shorter than": Op.GE,
    "more than": Op.GT, "greater than": Op.GT, "higher than": Op.GT, "larger than": Op.GT,
    "longer than": Op.GT, "bigger than": Op.GT, "in excess of": Op.GT, "north of": Op.GT,
    "better than": Op.GT, "over": Op.GT, "above": Op.GT, "exceeding": Op.GT, "exceeds": Op.GT,
    "exceeded": Op.GT, ">": Op.GT, "beyond": Op.GT,
    "fewer than": Op.LT, "less than": Op.LT, "lower than": Op.LT, "smaller than": Op.LT,
    "shorter than": Op.LT, "worse than": Op.LT, "under": Op.LT, "below": Op.LT, "<": Op.LT,
    "no older than": Op.LE, "not below": Op.GE, "not under": Op.GE, "not above": Op.LE,
    "not over": Op.LE, "greater or equal to": Op.GE, "greater than or equal to": Op.GE,
    "less than or equal to": Op.LE, "starting from": Op.GE, "starting at": Op.GE,
    "not exceed": Op.LE, "exceed": Op.GT, "not surpass": Op.LE, "surpassing": Op.GT,
    "not to exceed": Op.LE, "at or above": Op.GE, "at or below": Op.LE, "at or over": Op.GE,
    "at or under": Op.LE, "greater than or equal": Op.GE, "less than or equal": Op.LE,
    "as many as": Op.LE, "no fewer then": Op.GE, "more then": Op.GT, "less then": Op.LT,
    "fewer then": Op.LT, "strictly more than": Op.GT, "strictly less than": Op.LT,
    "strictly above": Op.GT, "strictly below": Op.LT, "not fewer": Op.GE,
    "nothing under": Op.GE, "nothing below": Op.GE,
    "exactly": Op.EQ, "precisely": Op.EQ, "equal to": Op.EQ, "equals": Op.EQ, "=": Op.EQ,
    "==": Op.EQ, "just": Op.EQ, "only": Op.EQ,
}  # fmt: skip
_AFTER: dict[str, Op] = {
    "or more": Op.GE, "or above": Op.GE, "or higher": Op.GE, "or greater": Op.GE,
    "or over": Op.GE, "or better": Op.GE, "or up": Op.GE, "and more": Op.GE, "upwards": Op.GE,
    "and higher": Op.GE, "and below": Op.LE, "and under": Op.LE, "or smaller": Op.LE,
    "or bigger": Op.GE, "or larger": Op.GE,  "or longer": Op.GE, "plus": Op.GE, "+": Op.GE,
    "and up": Op.GE, "and above": Op.GE, "and over": Op.GE, "at least": Op.GE,
    "minimum": Op.GE, "at minimum": Op.GE, "or fewer": Op.LE, "or less": Op.LE,
    "or lower": Op.LE, "or below": Op.LE, "or under": Op.LE, "or shorter": Op.LE,
    "at most": Op.LE, "maximum": Op.LE, "max": Op.LE, "tops": Op.LE, "exactly": Op.EQ,
}  # fmt: skip


def _by_first_word(said: dict[str, Op]) -> dict[str, list[tuple[tuple[str, ...], Op]]]:
    """The comparisons by their first word, the longest first."""
    found: dict[str, list[tuple[tuple[str, ...], Op]]] = {}
    for words, op in sorted(said.items(), key=lambda pair: -len(pair[0].split())):
        split = tuple(words.split())
        found.setdefault(split[0], []).append((split, op))
    return found


_BEFORE_BY_FIRST = _by_first_word(_BEFORE)
_AFTER_BY_FIRST = _by_first_word(_AFTER)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A comparison with a number. ``bare``: the prompt compared with nothing."""

    end: int
    op: Op
    n: float
    high: float | None = None
    """Upper end, included, of 'between n and high'."""
    bare: bool = False
    times: bool = False
    """Said as a frequency: twice, 3 times."""
    vague: str | None = None
    """The words, where they name no number."""
    ends: tuple[tuple[Op, float], tuple[Op, float]] | None = None
    """Both ends as said ('more than 2 and less than 6'); n and high are their whole numbers."""
    stated: str = ""
    currency: str | None = None
    """The code of the currency said with it."""

    def bounds(self) -> tuple[tuple[Op, float], ...]:
        """The comparisons as said; a number compared with nothing is that number."""
        if self.ends is not None:
            return self.ends
        low = (Op.EQ if self.bare else self.op, self.n)
        return (low,) if self.high is None else (low, (Op.LE, self.high))

    @property
    def whole(self) -> bool:
        """Whether every bound is an integer."""
        return self.n == int(self.n) and (self.high is None or self.high == int(self.high))


def number(text: Text, i: int) -> tuple[float, int] | None:
    """The number at an index and where it ends."""
    for words, value in _SETS.items():
        if text.has(i, *words):
            return value, i + len(words)
    if text.low(i) in CURRENCIES and (text[i].kind == "mark" or _digits(text, i + 1)):
        return _digits(text, i + 1)
    found = _digits(text, i) or _number_in_words(text, i)
    if found is not None and text.low(found[1]) in CURRENCIES:
        return found[0], found[1] + 1
    return found


def _digits(text: Text, i: int) -> tuple[float, int] | None:
    if i >= len(text) or text[i].kind != "number":
        return None
    value = float(text[i].value)
    scale = _SCALES.get(text.low(i + 1))
    return (value * scale, i + 2) if scale else (value, i + 1)


def _number_in_words(text: Text, i: int) -> tuple[float, int] | None:
    value = NUMBER_WORDS.get(text.low(i))
    if value is None:
        return None
    unit = NUMBER_WORDS.get(text.low(i + 1), 0.0)
    if value >= 20 and 0 < unit < 10:
        value, i = value + unit, i + 1
    scale = 100 if text.has(i + 1, "hundred") else _SCALES.get(text.low(i + 1))
    return (value * scale, i + 2) if scale else (value, i + 1)


def comparison(text: Text, i: int) -> tuple[Op, int] | None:
    """The comparison words before a number, and where they end."""
    for words, op in _BEFORE_BY_FIRST.get(text.low(i), ()):
        if text.has(i, *words):
            return op, i + len(words)
    return None


def quantity(text: Text, i: int) -> Quantity | None:
    """The quantity at an index: a comparison with a number, a frequency, or vague words."""
    place = ("quantity", i)
    if place not in text.seen:
        text.seen[place] = _quantity(text, i)
    found: Quantity | None = text.seen[place]
    return found


def _quantity(text: Text, i: int) -> Quantity | None:
    found = (
        _vague(text, i)
        or _between(text, i)
        or _both_ends(text, i)
        or _one_or_next(text, i)
        or _compared(text, i)
        or _frequency(text, i, None)
    )
    if found is None:
        return None
    return replace(found, stated=text.words(i, found.end), currency=currency(text, i, found.end))


def _vague(text: Text, i: int) -> Quantity | None:
    rough = number(text, i + 1) if text.low(i) in _ROUGH else None
    if rough is not None:
        end = rough[1]
        return _with_times(text, Quantity(end, Op.GE, 1, vague=text.words(i, end)))
    compared = comparison(text, i)
    start = compared[1] if compared else i
    for words in _VAGUE:
        if text.has(start, *words):
            end = start + len(words)
            return _with_times(text, Quantity(end, Op.GE, 1, vague=text.words(i, end)))
    return None


def _with_times(text: Text, found: Quantity) -> Quantity:
    if text.low(found.end) in ("times", "time", "occasions", "occasion"):
        return replace(found, end=found.end + 1, times=True)
    return found


def _between(text: Text, i: int) -> Quantity | None:
    start, joins = (i + 1, ("and", "to", "-")) if text.has(i, "between") else (i, ("to", "-", "–"))
    if text.has(i, "from"):
        start = i + 1
    low = number(text, start)
    if low is None or text.low(low[1]) not in joins:
        return None
    high = number(text, low[1] + 1)
    if high is None:
        return None
    return _with_times(text, Quantity(high[1], Op.GE, low[0], high=high[0]))


def _one_or_next(text: Text, i: int) -> Quantity | None:
    """'once or twice', 'two or three': either of two numbers in a row."""
    low = _counting(text, i)
    high = _counting(text, low[1] + 1) if low and text.has(low[1], "or") else None
    if low is None or high is None or high[0] != low[0] + 1:
        return None
    made = Quantity(
        high[1], Op.GE, low[0], high=high[0], times=text.low(high[1] - 1) in TIMES_WORDS
    )
    return made if made.times else _with_times(text, made)


def _counting(text: Text, i: int) -> tuple[float, int] | None:
    times = TIMES_WORDS.get(text.low(i))
    return (times, i + 1) if times is not None else number(text, i)


def _both_ends(text: Text, i: int) -> Quantity | None:
    """'more than 2 and less than 6': two comparisons of one count."""
    if comparison(text, i) is None:
        return None
    low = _compared(text, i)
    if low is None or text.low(low.end) not in ("and", "but") or not comparison(text, low.end + 1):
        return None
    high = _compared(text, low.end + 1)
    if high is None or low.op not in (Op.GE, Op.GT) or high.op not in (Op.LE, Op.LT):
        return None
    first = low.n + (low.op is Op.GT)
    last = high.n - (high.op is Op.LT)
    return Quantity(
        high.end,
        Op.GE,
        first,
        high=last,
        times=high.times,
        ends=((low.op, low.n), (high.op, high.n)),
    )


def _compared(text: Text, i: int) -> Quantity | None:
    compared = comparison(text, i)
    start = compared[1] if compared else i
    if text.has(start, "a", "total", "of") or text.has(start, "total", "of"):
        start += 3 if text.has(start, "a") else 2
    if compared and text.low(start) in TIMES_WORDS:
        return _frequency(text, start, compared[0])
    found = number(text, start)
    if found is None:
        return None
    value, end = found
    op = compared[0] if compared else None
    if op is None:
        op, end = _after(text, end)
    made = _with_times(text, Quantity(end, op or Op.GE, value, bare=op is None))
    if made.times and made.bare:
        op, end = _after(text, made.end)
        made = replace(made, op=op or Op.GE, end=end, bare=op is None)
    return made


def _after(text: Text, i: int) -> tuple[Op | None, int]:
    for words, op in _AFTER_BY_FIRST.get(text.low(i), ()):
        if text.has(i, *words):
            return op, i + len(words)
    return None, i


def trailing_comparison(text: Text, i: int) -> tuple[Op, int] | None:
    """The comparison words after a counted thing: '3 workouts or more', 'one order only'."""
    if text.low(i) == "only" and text.low(i + 1) in _CLOSING:
        return Op.EQ, i + 1
    op, end = _after(text, i)
    return (op, end) if op else None


def _frequency(text: Text, i: int, op: Op | None) -> Quantity | None:
    value = TIMES_WORDS.get(text.low(i))
    if value is None:
        return None
    end = i + 1
    if op is None:
        op, end = _after(text, end)
    if op is None and text.has(end, "only"):
        op, end = Op.EQ, end + 1
    return Quantity(end, op or Op.GE, value, bare=op is None, times=True)
