"""What a prompt says that binds or closes and limits nobody: 'on top of that', ', nobody else'.

Each step leaves out the words at one place; nothing here knows a catalog but by its lexicon.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.spans import UNITS
from agent.planners.grammar.words import Text, Token

Step = Callable[[Text, int, Lexicon], "tuple[list[Token], int] | None"]

_ENDS = frozenset({"", ".", ",", ";", "!", "?", "\n", ")"})
_JOINS = frozenset({"and", "but", ",", ";", "or"})
_MORE = (
    ("on", "top", "of", "that"), ("on", "top"), ("in", "addition"),
    ("in", "addition", "to", "that"), ("besides", "that"), ("beyond", "that"),
    ("apart", "from", "that"), ("at", "the", "same", "time"),
    ("as", "a", "second", "condition"), ("additionally",), ("moreover",), ("furthermore",),
    ("what", "is", "more"), ("of", "course"), ("by", "the", "way"), ("in", "fact"), ("however",),
    ("importantly",), ("crucially",), ("obviously",), ("naturally",), ("basically",),
    ("actually",), ("simply",), ("really",), ("honestly",), ("frankly",), ("say",), ("well",),
    ("like",), ("you", "know"), ("i", "mean"), ("i", "think"), ("i", "guess"), ("please",),
    ("nevertheless",), ("nonetheless",), ("conversely",), ("equally",), ("again",),
)  # fmt: skip
"""After a connector or a mark they only bind what follows to what was said."""
_NOBODY = (("nobody", "else"), ("no", "one", "else"), ("none", "else"), ("no", "others"),
           ("nothing", "else"), ("that", "is", "it"), ("that", "is", "all"), ("full", "stop"),
           ("period",), ("end", "of", "story"), ("done",))  # fmt: skip
_TIMES = (("this", "time"), ("this", "time", "around"), ("this", "round"), ("for", "once"),
          ("as", "such"), ("as", "of", "today"), ("as", "of", "now"), ("as", "it", "stands"),
          ("at", "the", "time", "of", "sending"), ("at", "present"), ("to", "be", "clear"),
          ("if", "you", "like"), ("if", "that", "helps"), ("or", "so", "i", "think"))  # fmt: skip
_ASKED = frozenset("when how where which whether if what why who".split())
_HOLDING = frozenset(
    "all both of these them the those two three four five conditions criteria requirements points "
    "must have has should need needs to be are is hold apply met true fulfilled satisfied required "
    "at same time together simultaneously please above".split()
)
_ASIDE = 12


def _no_matter(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """', no matter when', 'regardless of whether it was solved': said to limit nothing."""
    start = i + (text.low(i) == ",")
    for words in (("no", "matter"), ("regardless", "of"), ("irrespective", "of"), ("whether",)):
        if not text.has(start, *words):
            continue
        if words == ("whether",) and not _or_not(text, start):
            continue
        if words != ("whether",) and text.low(start + len(words)) not in _ASKED:
            continue
        end = next((k for k in range(start, len(text)) if text.low(k) in _ENDS), len(text))
        if end - start > 12 or any(text.low(k) in ("but", "who") for k in range(start, end)):
            return None
        return [], end + (text.low(end) == "," and text.low(i) == "," and not _joined(text, end))
    return None


def _or_not(text: Text, i: int) -> bool:
    """'whether or not it was closed', 'whether it was closed or not'."""
    end = next((k for k in range(i, len(text)) if text.low(k) in _ENDS), len(text))
    return text.has(i + 1, "or", "not") or text.has(end - 2, "or", "not")


def _joined(text: Text, comma: int) -> bool:
    return text.low(comma + 1) in ("and", "but", "or")


def _more(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """', and on top of that …', 'who basically …': what only binds."""
    words = next((one for one in sorted(_MORE, key=len, reverse=True) if text.has(i, *one)), None)
    if words is None or any(lexicon.knows(one) for one in words if len(one) > 4):
        return None
    before = text.low(i - 1)
    told = before in _JOINS | {"", ".", "\n", "!", "?", "who", "that", "have", "has", "so", "("}
    if not told or (before in ("", ".") and words[0] in ("like", "say", "well", "please")):
        return None
    if words == ("like",) and before not in (",", "who"):
        return None
    if words == ("on", "top") and text.low(i + 2) == "of":
        return None
    end = i + len(words)
    return [], end + (text.low(end) == ",")


def _nobody_else(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """', nobody else', '. That's it.': closes the description."""
    start = i
    while text.low(start) in (",", "and", "but", "-", "–"):
        start += 1
    words = next((one for one in _NOBODY if text.has(start, *one)), None)
    if words is None or i == 0 or (start == i and text.low(i - 1) not in _ENDS - {""}):
        return None
    end = start + len(words)
    return ([], end) if text.low(end) in _ENDS else None


def _this_time(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    words = next((one for one in sorted(_TIMES, key=len, reverse=True) if text.has(i, *one)), None)
    if words is None or i == 0 or text.low(i + len(words)) not in _ENDS:
        return None
    return [], i + len(words)


def _ever_told(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'… two tickets. Ever, not only recently.': all of the past, where no period was named."""
    if text.low(i - 1) not in (".", "?", "!", ";"):
        return None
    k = next((i + len(w) for w in (("ever",), ("all", "time"), ("in", "total"), ("overall",))
              if text.has(i, *w)), None)  # fmt: skip
    if k is None:
        return None
    for words in ((",", "not", "only", "recently"), (",", "not", "just", "recently"),
                  (",", "not", "only", "lately"), (",", "not", "just", "lately")):  # fmt: skip
        k += len(words) if text.has(k, *words) else 0
    timed = any(unit(text.low(n)) for n in range(i))
    return ([], k) if text.low(k) in _ENDS and not timed else None


def unit(low: str) -> bool:
    """Whether a word is a unit of time, in the singular or plural."""
    return low in UNITS or low.removesuffix("s") in UNITS


def _indifferent(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'- kids profile or not, does not matter', ', the platform is irrelevant': limits nothing."""
    if text.low(i) not in (",", "-", "–", "—", ".", ";") or i == 0:
        return None
    stop = next((k for k in range(i + 1, len(text)) if text.low(k) in (".", ";", "!", "\n")),
                len(text))  # fmt: skip
    for words in (("does", "not", "matter"), ("do", "not", "matter"), ("is", "irrelevant"),
                  ("are", "irrelevant"), ("i", "do", "not", "mind"), ("we", "do", "not", "mind"),
                  ("i", "do", "not", "care"), ("we", "do", "not", "care")):  # fmt: skip
        if text.has(stop - len(words), *words) and stop - i <= _ASIDE:
            inside = {text.low(k) for k in range(i + 1, stop)}
            return None if inside & {"but", "and", "who", "if"} else ([], stop)
    return None


def _all_hold(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'All three must hold.', 'Both conditions have to be met.': as sentences do anyway."""
    if text.low(i) not in ("all", "both") or text.low(i - 1) not in (".", ";", "!", "\n"):
        return None
    if any(one.low in ("or", "either") for one in text.tokens):
        return None
    end = next((k for k in range(i, len(text)) if text.low(k) in _ENDS), len(text))
    said = {text.low(k) for k in range(i, end)}
    holding = said & {"hold", "apply", "met", "true", "fulfilled", "satisfied", "required", "meet"}
    return ([], end) if holding and not said - _HOLDING else None


def _inclusive(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'between 5 and 15 (inclusive)': as between is read anyway."""
    k = i + (text.low(i) in ("(", ","))
    while text.low(k) in ("both", "ends", "bounds", "all"):
        k += 1
    if text.low(k) not in ("inclusive", "included", "inclusively") or i == 0:
        return None
    bracket = text.low(i) == "("
    if bracket != (text.low(k + 1) == ")") or (text.low(k) == "included" and k < i + 1 + bracket):
        return None
    begun = next((n for n in range(i - 1, -1, -1) if text.low(n) in _ENDS - {","}), -1)
    ranged = any(text.low(n) in ("between", "from") for n in range(begun + 1, i))
    end = k + 1 + bracket
    return ([], end + (text.low(i) == "," and text.low(end) == ",")) if ranged else None


STEPS: tuple[Step, ...] = (
    _all_hold, _indifferent, _no_matter, _nobody_else, _this_time, _ever_told, _more,
    _inclusive,
)  # fmt: skip
"""Each knows one kind of them."""
