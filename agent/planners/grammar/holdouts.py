"""How many are held out: 'hold out 20 %', 'with a 10 percent control group', 'no holdout'."""

from __future__ import annotations

from agent.planners.grammar.frame_words import HOLDOUT_WORDS
from agent.planners.grammar.quantities import number
from agent.planners.grammar.words import Text


def holdout(text: Text, i: int) -> tuple[float, int] | None:
    """'hold out 20 %', 'with a 10 percent control group', 'no holdout'."""
    if text.low(i) not in HOLDOUT_WORDS and number(text, i) is None:
        return None
    end, share, said = i, None, False
    none = False
    while end < len(text):
        low = text.low(end)
        found = _share(text, end + (said and low in (":", "=", "–"))) if share is None else None
        if found is not None:
            share, end = found
            continue
        if low not in HOLDOUT_WORDS:
            break
        said = said or low in ("holdout", "holdouts") or _held(text, end)
        kept = text.low(i) in ("keep", "leave", "hold", "set", "put") and share is not None
        said = said or (kept and low in ("out", "aside", "back"))
        none = none or (low in ("no", "without", "zero"))
        end += 1
        if (
            said
            and (share is not None or none)
            and low in ("holdout", "holdouts", "group", "out", "back")
        ):
            if text.low(end) == "group":
                end += 1
            if share is not None or none:
                break
    if not said or (share is None and not none) or (share is not None and not 0 <= share < 1):
        return None
    end = _trim(text, end)
    return (share if share is not None else 0.0), end


_FRACTIONS = {"half": 0.5, "third": 1 / 3, "quarter": 0.25, "fifth": 0.2, "tenth": 0.1}


def _share(text: Text, i: int) -> tuple[float, int] | None:
    """'20 %', 'a fifth': a share of people and where it ends."""
    found = number(text, i) if text.low(i) not in ("a", "an") else None
    if found is not None and text.low(found[1]) in ("percent", "%"):
        return found[0] / 100, found[1] + 1
    return _fraction(text, i)


def _fraction(text: Text, i: int) -> tuple[float, int] | None:
    """'a fifth (20 %)': a share in words; beside another one that says the same."""
    share = _FRACTIONS.get(text.low(i + 1)) if text.low(i) in ("a", "one") else None
    if share is None:
        return None
    end = i + 2
    again = number(text, end + 1) if text.low(end) == "(" else None
    if again is not None and text.low(again[1]) in ("percent", "%"):
        if abs(again[0] / 100 - share) > 0.01 or text.low(again[1] + 1) != ")":
            return None
        return again[0] / 100, again[1] + 2
    return round(share, 4), end


def _held(text: Text, i: int) -> bool:
    pair = (text.low(i), text.low(i + 1))
    return pair in (
        ("hold", "out"),
        ("hold", "back"),
        ("holding", "out"),
        ("holding", "back"),
        ("held", "out"),
        ("held", "back"),
        ("control", "group"),
        ("set", "aside"),
    )


def _trim(text: Text, end: int) -> int:
    while text.low(end - 1) in (
        "and",
        "with",
        "for",
        "a",
        "an",
        "the",
        "no",
        "without",
        "to",
        "we",
    ):
        end -= 1
    return end
