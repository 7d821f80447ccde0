"""Where messages of the catalog are named in a prompt."""

from __future__ import annotations

from agent.planners.grammar.frame import Frame
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.words import ARTICLES, Text

Mention = tuple[int, int, str]
"""Where a message of the catalog is named: its first token, the one after it, its key."""

_OF_PEOPLE = frozenset("who they not never have has had with to an until already".split())

_TO_MESSAGES = frozenset(
    "priority order preference lose loses yield yields way second next over back".split()
)
"""'loses to support', 'gives way to support': before 'to' a message, not what people did."""


def mentions(text: Text, lexicon: Lexicon) -> list[Mention]:
    """Every place where a message is named, from the first to the last."""
    frame = Frame(text, lexicon)
    found: list[Mention] = []
    i = 0
    while i < len(text):
        named = frame.action(i)
        if named is not None and text.low(i) != "," and not _in_clause(text, i):
            found.append((i, named.end, named.action.key))
            i = named.end
        else:
            i += 1
    return found


def mention_at(found: list[Mention], i: int) -> Mention | None:
    """The message that is named at an index, if one is."""
    return next((m for m in found if m[0] <= i < m[1]), None)


def _in_clause(text: Text, i: int) -> bool:
    """'users who upgrade': what people did is no message."""
    before = text.low(i - 1)
    if before == "to" and text.low(i - 2) in _TO_MESSAGES:
        return False
    if before == "with" and text.low(i - 2) in (",", "go", "goes", "starts", "start"):
        return False  # 'A first, with B last', 'go with A'
    return before in _OF_PEOPLE and not (before == "until" and text.low(i) in ARTICLES)
