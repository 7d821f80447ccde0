"""Headings of a decision prompt: 'Priority:', 'Population: …', 'Suppress', 'Stop conditions'."""

from __future__ import annotations

from agent.planners.grammar.mentions import Mention
from agent.planners.grammar.order_wording import mark, replaced
from agent.planners.grammar.outline_words import ENDS
from agent.planners.grammar.rewording import word
from agent.planners.grammar.words import Text

_POPULATION = (
    ("population",), ("audience",), ("target", "audience"), ("target", "group"), ("targets",),
    ("who",), ("for", "whom"), ("scope",), ("applies", "to"), ("base",), ("universe",),
    ("target", "population"), ("group",), ("users",), ("customers",), ("people",), ("segment",),
    ("viewers",), ("members",), ("for", "who"), ("target",), ("eligible", "users"), ("about",),
    ("base", "audience"), ("whole", "policy"), ("valid", "for"), ("only", "for"),
)  # fmt: skip
ORDER = (
    ("priority",), ("priorities",), ("order",), ("ranking",), ("order", "of", "priority"),
    ("precedence",), ("messages",), ("entries",), ("tiers",), ("hierarchy",), ("rank",),
    ("priority", "order"), ("order", "of", "messages"), ("sequence",), ("policy",), ("decision",),
    ("the", "order"), ("message", "order"), ("priority", "list"), ("candidates",), ("cascade",),
    ("order", "of", "precedence"), ("priorities", "are"), ("send",), ("next", "best", "action"),
    ("actions",), ("order", "of", "importance"), ("logic",), ("waterfall",), ("decision", "order"),
    ("message", "priority"), ("message", "priorities"), ("the", "rest"), ("rules",),
)  # fmt: skip
"""A heading before the messages in their order."""
_MARKS = (":", "-", "–", "—", "=")


def populations(text: Text, found: list[Mention]) -> Text:
    """'Population: trial users.' is 'For trial users.'; a line of its own names the next one."""
    for i in range(len(text)):
        if i > 0 and text.low(i - 1) not in (*ENDS, "*", "#", "-", "|"):
            continue
        for words in _POPULATION:
            k = i + len(words)
            if not text.has(i, *words) or text.low(k) not in (*_MARKS, "\n"):
                continue
            k += text.low(k) in _MARKS
            while text.low(k) in ("\n", "-", "*", "for", "only"):
                k += 1
            end = next((j for j in range(k, len(text)) if text.low(j) in ENDS), len(text))
            named = any(k <= m[0] < end for m in found)
            if named or end == k:
                continue
            new = [word(text[i], "for"), *text.tokens[k:end]]
            return replaced(text, i, end, [*new, mark(text[i], ".")])
    return text


def heading(text: Text, i: int, end: int) -> int | None:
    """Where a heading of the order ends that stands at an index; None for anything else."""
    for words in sorted(ORDER, key=len, reverse=True):
        k = i + len(words)
        if text.has(i, *words) and (text.low(k) in _MARKS or k >= end):
            return k + (k < end)
    return None
