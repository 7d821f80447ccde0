"""Names that a prompt gives to a group and explains at once: 'Trailer lovers: those that …'.

The name says nothing that its explanation does not: every word of it that the catalog knows
comes again there. Otherwise it stays, and is read or asked about like all other words.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.planners.grammar.exclusions import EXCLUDERS
from agent.planners.grammar.frame_words import FILLERS
from agent.planners.grammar.lexicon import Kind, Lexicon
from agent.planners.grammar.quantities import quantity
from agent.planners.grammar.rewording import word
from agent.planners.grammar.separators import RELATIVES
from agent.planners.grammar.words import ARTICLES, Text, Token, same_word

_LONGEST = 5
_GLOSS = 12
"""So many words a description has at most that is said again, exactly, after a colon."""
_MEANING = (
    (",", "i.e", "."), ("i.e", "."), (",", "that", "is", ","), (",", "that", "is", ":"),
    (",", "meaning"), ("meaning",), (",", "in", "other", "words", ","), (",", "so"), ("=",),
    (",", "namely"), (",", "ie"), ("-", "i.e", "."), ("–", "i.e", "."),
)  # fmt: skip
_PEOPLE = frozenset(
    "those people users everyone everybody anyone anybody whoever all every the customers".split()
)
_KINDS: tuple[Kind, ...] = ("event", "entity", "column", "value", "trait", "audience")
_WHOLE: tuple[Kind, ...] = ("audience", "value")
_NEVER = frozenset(
    "excluded exclusion exclusions excludes left unless suppressions suppression suppressed block "
    "blocked blacklist stop stops nobody none either any or both must should if when only neither "
    "nor hold holdout holdouts control negative opted but limit limits cap caps remove drop "
    "condition conditions priority first then exception exceptions exempt outside scope wanted "
    "unwanted ineligible disqualified forbidden banned nope non anti bad wrong ignored".split()
) | {one for words in EXCLUDERS for one in words if len(one) > 3}
"""What says that people are left out, or how conditions hold together: never part of a name."""
_SMALL = frozenset("and or of with for in on the a an our we no not".split())


def label(
    text: Text, i: int, lexicon: Lexicon, asks: Callable[[str], bool]
) -> tuple[list[Token], int, str] | None:
    """What stands in place of a name at a sentence's start, where it ends, and the name.

    ``asks``: whether a word only asks for people, so that it may stand before the name.
    """
    start = i
    while asks(text.low(start)) and text.low(start) not in _SMALL - ARTICLES:
        start += 1
    gloss = _gloss(text, i, lexicon)
    if gloss is not None:
        return gloss
    for end in range(start + 1, min(start + _LONGEST, len(text) - 1) + 1):
        opener = _opener(text, end)
        if opener is not None:
            return _explained(text, i, start, end, opener, lexicon)
        if text[end - 1].kind != "word" or text.low(end - 1) in RELATIVES:
            return None
        if text[end].kind != "word" and text.low(end) not in ("-", "(", ",", ":", "=", "–"):
            return None
    return None


def _gloss(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int, str] | None:
    """'people who keep browsing but do not buy: 2 views or more and 0 orders': said exactly."""
    people = next((m.end for k in range(i, i + 3) if k < len(text)
                   for m in lexicon.at("person", text, k)), None)  # fmt: skip
    if people is None or text.low(people) not in RELATIVES:
        return None
    colon = next((k for k in range(people, min(people + _GLOSS, len(text))) if text.low(k) == ":"),
                 None)  # fmt: skip
    if colon is None or sum(one.low == ":" for one in text.tokens) > 1:
        return None
    inside = range(people, colon)
    if any(text[k].kind != "word" or text.low(k) in _NEVER - _SAID_LOOSELY for k in inside):
        return None
    exact = any(quantity(text, k) is not None for k in range(colon + 1, len(text)))
    if not exact or any(quantity(text, k) is not None for k in inside):
        return None
    if not _recurs(text, people + 1, colon, colon + 1, lexicon):
        return None
    said = text.words(i, colon)
    who = [word(text[i], "users"), word(text[i], "with")]
    return who if quantity(text, colon + 1) is not None else who[:1], colon + 1, said


_SAID_LOOSELY = frozenset({"stop", "stops", "with", "take", "want", "need", "keep", "only"})


def _opener(text: Text, i: int) -> tuple[str, ...] | None:
    if text.low(i) in (":", "("):
        return (text.low(i),)
    return next((words for words in _MEANING if text.has(i, *words)), None)


def _explained(
    text: Text, i: int, start: int, end: int, opener: tuple[str, ...], lexicon: Lexicon
) -> tuple[list[Token], int, str] | None:
    if opener == (":",):  # 'Search and no purchase:', though to search may be to ask
        start = next((k for k in range(i, start) if lexicon.knows(text.low(k))), start)
    after = end + len(opener)
    while text.low(after) in (",", ":"):
        after += 1
    if not _names(text, start, end, lexicon) or not _recurs(text, start, end, after, lexicon):
        return None
    said = text.words(start, end)
    if opener == (":",):
        return ([], after, said) if _at_once(text, start, end, lexicon) else None
    who = word(text[start], "users")
    if opener == ("(",):
        return [who, text[end]], end + 1, said
    if text.low(after) in _PEOPLE or lexicon.longest("person", text, after):
        return [], after, said
    lead = "who" if quantity(text, after) is None and text.low(after) not in ARTICLES else "with"
    return [who] if text.low(after) in RELATIVES else [who, word(text[start], lead)], after, said


def _names(text: Text, start: int, end: int, lexicon: Lexicon) -> bool:
    """Whether it is a name: words without a number, one of them at least that says something."""
    if any(quantity(text, k) is not None or text.low(k) in _NEVER for k in range(start, end)):
        return False
    return any(
        text.low(k) not in FILLERS
        and text.low(k) not in _SMALL
        and not lexicon.longest("person", text, k)
        for k in range(start, end)
    )


def _at_once(text: Text, start: int, end: int, lexicon: Lexicon) -> bool:
    """Whether a colon explains a name: at the beginning, the only colon, a name of people.

    A heading later on ('Exceptions: …') may turn round what follows it.
    """
    begins = all(one.kind == "mark" or _idle(one.low) for one in text.tokens[:start])
    alone = sum(one.low == ":" for one in text.tokens) == 1
    return begins and alone


def _idle(low: str) -> bool:
    return low in FILLERS or low in _SMALL


def _recurs(text: Text, start: int, end: int, after: int, lexicon: Lexicon) -> bool:
    """Whether whatever the catalog knows of a name is said again in what explains it."""
    later = range(after, len(text))
    senses = {(m.sense.kind, m.sense.name, m.sense.value)
              for k in later for kind in _KINDS for m in lexicon.at(kind, text, k)}  # fmt: skip
    k = start
    while k < end:
        found = [m for kind in _KINDS for m in lexicon.at(kind, text, k) if m.end <= end]
        again = [m for m in found if (m.sense.kind, m.sense.name, m.sense.value) in senses]
        limits = [m for m in found if m.sense.kind in _WHOLE]
        widest = max((m.end for m in limits), default=k)
        if limits and not any(m in again for m in limits if m.end == widest):
            return False
        said = any(same_word(text.low(k), text.low(other)) for other in later)
        silent = text.low(k) in _SMALL or lexicon.longest("person", text, k) is not None
        if not (again or said or silent) and lexicon.knows(text.low(k)):
            return False
        k = max((m.end for m in again), default=k + 1)
    return True
