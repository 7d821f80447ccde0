"""Verbs that ask for a diagnosis, 'State the causes of …', and verbs that lead to a move."""

from __future__ import annotations

from agent.planners.grammar.debug_words import Direction
from agent.planners.grammar.outline_words import ENDS
from agent.planners.grammar.words import Text

_VERBS: tuple[tuple[str, ...], ...] = (
    ("set", "out"), ("lay", "out"), ("spell", "out"), ("point", "out"), ("work", "out"),
    ("find", "out"), ("write", "up"), ("report", "on"), ("state",), ("determine",), ("establish",),
    ("outline",), ("identify",), ("clarify",), ("detail",), ("summarise",), ("summarize",),
    ("report",), ("describe",), ("name",), ("pinpoint",), ("assess",), ("document",), ("present",),
    ("specify",), ("discuss",), ("review",), ("address",), ("comment", "on"),
)  # fmt: skip
_LED = frozenset("please kindly to and then also now must should you could can would".split())
"""Before such a verb inside a sentence: 'could you state why', 'I want you to set out'."""
_ASKED = frozenset(
    "the a an any all each every our its their why what which how where when whether reasons "
    "reason causes cause drivers driver factors factor likely possible probable potential main "
    "key root top underlying in for me us to briefly clearly exactly precisely with".split()
)
"""What stands after such a verb, and not after a name: 'state the causes'."""
_BECOMING = frozenset(
    "became become becomes becoming got get gets getting gotten turned turns turning grew grow "
    "grows grown growing went goes going gone moved made".split()
)
_DEGREES = frozenset(
    "much far a bit lot little slightly somewhat noticeably markedly considerably significantly "
    "clearly even steadily gradually suddenly sharply visibly any".split()
)
_COMPARED: dict[str, Direction] = {
    "lower": "drop", "worse": "drop", "weaker": "drop", "poorer": "drop", "smaller": "drop",
    "softer": "drop", "slower": "drop", "down": "drop", "low": "drop", "bad": "drop",
    "weak": "drop", "poor": "drop", "downward": "drop", "downwards": "drop",
    "higher": "rise", "better": "rise", "stronger": "rise", "bigger": "rise", "larger": "rise",
    "greater": "rise", "healthier": "rise", "up": "rise", "upward": "rise", "upwards": "rise",
}  # fmt: skip


def asks_for(text: Text, i: int) -> int | None:
    """Where a verb of asking ends that stands at an index; None for a name, or anything else."""
    begins = i == 0 or text.low(i - 1) in (*ENDS, ",", "-", "–", "—", "*", "•", '"', "(")
    if not begins and text.low(i - 1) not in _LED:
        return None
    for words in _VERBS:
        end = i + len(words)
        if text.has(i, *words) and text[i].low == words[0] and text.low(end) in _ASKED:
            return end
    return None


def may_ask(text: Text, i: int) -> bool:
    """Whether the word that begins a sentence may be a verb of asking: 'State causes …'."""
    begins = i == 0 or text.low(i - 1) in ENDS
    return begins and any(len(words) == 1 and text.low(i) == words[0] for words in _VERBS)


def becomes(text: Text, i: int) -> tuple[Direction, int] | None:
    """'became lower', 'got a bit worse', 'turned down': how it moved, and the token after it."""
    if text.low(i) not in _BECOMING:
        return None
    k = i + 1
    while text.low(k) in _DEGREES:
        k += 1
    if text.low(k) not in _COMPARED or text.low(k + 1) == "from":  # 'down from last month'
        return None
    return _COMPARED[text.low(k)], k + 1
