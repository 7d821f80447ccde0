"""A rule told as the one who sends: 'a rule that emails users who …' is a rule to email them."""

from __future__ import annotations

from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.rewording import word
from agent.planners.grammar.words import ARTICLES, Text, Token

_SENDERS = frozenset(
    "rule rules audience campaign segment journey flow automation trigger policy eligibility "
    "criteria criterion condition conditions".split()
)
_MODALS = frozenset("should will must shall can may would does do did is".split())
_ALL = frozenset("all every everyone everybody anyone anybody those them people".split())
_DIRECT = 5
"""So many words stand at most between the verb and the people whom it reaches."""


def rule_sends(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'rule that emails users', 'campaign which pushes people', 'rule emailing users'.

    Negated ('a rule that does not email gold customers') it says who is left out.
    """
    if text.low(i - 1) not in _SENDERS:
        return None
    relative = text.low(i) in ("that", "which")
    k = i + (relative or text.low(i) == "for")
    modal = relative and text.low(k) in _MODALS
    k += modal
    negated = modal and text.low(k) in ("not", "never")
    k += negated
    endings = ("",) if modal else ("s", "es") if relative else ("ing",)
    said = _channels(text, k, lexicon, endings)
    if said is None or not _reaches(text, said[1], lexicon):
        return None
    verbs, end = said
    if negated:
        return [word(text[i], "excluding")], end
    return [word(text[i], "to"), *verbs], end


def _channels(
    text: Text, k: int, lexicon: Lexicon, endings: tuple[str, ...]
) -> tuple[list[Token], int] | None:
    """'emails', 'emails and pushes', each in its base form."""
    first = _verb(text, k, lexicon, endings)
    if first is None:
        return None
    verbs = [first]
    while text.low(k + 1) in ("and", "or"):
        more = _verb(text, k + 2, lexicon, endings)
        if more is None:
            break
        verbs += [text[k + 1], more]
        k += 2
    return verbs, k + 1


def _verb(text: Text, k: int, lexicon: Lexicon, endings: tuple[str, ...]) -> Token | None:
    low = text.low(k)
    for ending in endings:
        base = low.removesuffix(ending)
        if not low.endswith(ending) or (ending and base == low):
            continue
        token = word(text[k], base) if k < len(text) else None
        match = token and lexicon.longest("channel", Text(text.source, [token]), 0)
        if match and match.entry.words == (base,):
            return token
    return None


def _reaches(text: Text, k: int, lexicon: Lexicon) -> bool:
    """Whether people follow, or what is sent to them."""
    if text.low(k) in _ALL or text.low(k) in ARTICLES:
        return True
    for n in range(k, k + _DIRECT):
        if text.low(n) in ("who", "that", "which", ",", ".", ""):
            return False
        if any(lexicon.longest(kind, text, n) for kind in ("person", "audience")):
            return True
    return False
