"""Suppressions by outcome: 'if they ignore 3 messages in 30 days, pause marketing for 60 days'."""

from __future__ import annotations

from typing import Literal

from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.quantities import number
from agent.planners.grammar.rewording import duration
from agent.planners.grammar.spans import UNITS
from agent.planners.grammar.words import Text
from core.rules import OutcomeSuppression

Outcome = Literal["ignored", "failed", "clicked"]

_OUTCOMES: dict[str, Outcome] = {
    "ignore": "ignored", "ignores": "ignored", "ignored": "ignored", "ignoring": "ignored",
    "click": "clicked", "clicks": "clicked", "clicked": "clicked",
    "fail": "failed", "fails": "failed", "failed": "failed", "bounce": "failed",
    "bounced": "failed",
}  # fmt: skip
_BETWEEN = frozenset(
    "messages message emails pushes of them any our the to be delivered times marketing it".split()
)
_TIMES = {"once": 1, "twice": 2, "thrice": 3}


def ignored(text: Text, lexicon: Lexicon, i: int) -> tuple[Outcome, int, int, int] | None:
    """'ignore 3 messages in 30 days': the outcome, how often, within how long, where it ends."""
    k = i
    while text.low(k) in ("they", "users", "user", "a", "who", "have", "has", "if", "when", "after",
                          "someone", "somebody", "once", "the", "an", "whoever", "anyone",
                          "he", "she") or lexicon.is_person(text, k):  # fmt: skip
        k += 1
    outcome = _OUTCOMES.get(text.low(k))
    if outcome is None:
        return None
    k += 1
    while text.low(k) in _BETWEEN and number(text, k) is None:
        k += 1
    found = number(text, k)
    n, k = (_TIMES[text.low(k)], k + 1) if text.low(k) in _TIMES else (found or (0, k))
    while text.low(k) in _BETWEEN:
        k += 1
    if not n or text.low(k) not in ("in", "within", "over", "during"):
        return None
    k += 1
    while text.low(k) in ("the", "last", "past"):
        k += 1
    window, end = seconds(text, k)
    return (outcome, int(n), window, end) if window else None


def seconds(text: Text, i: int) -> tuple[int, int]:
    """How long '30 days' is and where it ends; 0 where no duration stands there."""
    tokens, end = duration(text, i)
    if not tokens:
        return 0, i
    count = number(Text(text.source, tokens), 0)
    unit = tokens[-1].low if tokens[-1].low in UNITS else tokens[-1].low.removesuffix("s")
    return (int(count[0] * UNITS[unit]) if count is not None else UNITS[unit]), end


def pause(said: tuple[Outcome, int, int, int], pause_seconds: int) -> OutcomeSuppression:
    """The suppression that is said."""
    outcome, n, window, _ = said
    return OutcomeSuppression(
        outcome=outcome, n=n, window_seconds=window, pause_seconds=pause_seconds
    )
