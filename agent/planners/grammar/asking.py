"""What to say when words are not understood.

A question with options, or a refusal with the nearest names of the catalog.
"""

from __future__ import annotations

from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear, refused
from agent.planners.grammar.quantities import comparison
from agent.planners.grammar.words import Text
from core.errors import Code
from warehouse.catalog import nearest

ACTIVITY = frozenset(
    "active inactive engaged disengaged dormant lapsed churned idle asleep sleeping loyal power "
    "frequent frequently often regularly regular heavy casual recently recent lately stale cold "
    "warm hot interested stuck struggling quiet silent gone away rarely "
    "unengaged reactivated sporadic committed-looking".split()
)
AMOUNT = frozenset(
    "many few several lots multiple some enough repeatedly high low big large small valuable vip "
    "best top heavy expensive cheap premium-ish strong weak good bad long short soon old new "
    "newly young early late longtime veteran fresh happy unhappy dissatisfied satisfied".split()
)
_STOP = frozenset(", . ; : ! ? ( ) \n".split(" ")) | {"and", "or", "but", "who", "\n"}


def not_understood(text: Text, lexicon: Lexicon, i: int, furthest: int) -> Unclear:
    """The question or refusal for the words at an index that nothing could read."""
    start = furthest if furthest > i and furthest < len(text) else i
    start = _first_word(text, start)
    if text.low(start) in ("from", "in") and text[start + 1 : start + 2]:
        start += text[start + 1].text[:1].isupper()
    vague = _vague(text, i, start)
    if vague is not None:
        return Unclear(question=_about_vague(text.low(vague), text[vague].text, lexicon))
    end = start
    while end < len(text) and end - start < 8 and (end == start or text.low(end) not in _STOP):
        end += 1
    words = text.words(start, end)
    return _unknown(text, lexicon, start, end, words)


def _first_word(text: Text, i: int) -> int:
    while i + 1 < len(text) and text[i].kind == "mark":
        i += 1
    return i


def _vague(text: Text, i: int, start: int) -> int | None:
    for k in (*range(start, min(start + 3, len(text))), *range(i, min(start, i + 6))):
        if text.low(k) in ACTIVITY or text.low(k) in AMOUNT:
            return k
    return None


def _about_vague(low: str, said: str, lexicon: Lexicon) -> str:
    examples = _examples(lexicon)
    if low in ACTIVITY:
        return f"What does '{said}' mean here? Say which event and period, for example {examples}."
    return (
        f"What does '{said}' mean here? Say it with a number or a period, for example {examples}."
    )


def _examples(lexicon: Lexicon) -> str:
    catalog = lexicon.catalog
    funnel = next(iter(catalog.funnels.values()), None)
    names = [*(funnel.steps[:2] if funnel else ()), *catalog.events][:2]
    events = [catalog.events[name] for name in names]
    phrases = [
        event.phrases[0] if event.phrases else name
        for event, name in zip(events, names, strict=True)
    ]
    return " or ".join(f"'did {phrase} in the last 14 days'" for phrase in phrases)


def _unknown(text: Text, lexicon: Lexicon, start: int, end: int, words: str) -> Unclear:
    code, what = _kind(text, lexicon, start, end)
    near = _nearest(lexicon, words, what)
    fix = f"Did you mean {_either(near)}?" if near else _known(lexicon, what)
    if code is Code.NOT_UNDERSTOOD:
        return refused(code, f"I do not understand '{words}'.", span=words, fix=fix)
    return refused(code, f"The catalog has no {what} '{words}'.", span=words, fix=fix)


def _kind(text: Text, lexicon: Lexicon, start: int, end: int) -> tuple[Code, str]:
    before = text.low(start - 1)
    for k in range(start, end):
        compared = comparison(text, k + 1)
        known = lexicon.knows(text.low(k)) and text.low(k + 1) != "score"
        if known:
            break
        if k + 1 < end and (compared or text.low(k + 1) in ("score", "is", "level")):
            return Code.UNKNOWN_TRAIT, "trait"
        if "_" in text.low(k):
            return Code.UNKNOWN_EVENT, "event"
    if before in ("from", "in") and start < len(text) and text[start].text[:1].isupper():
        return Code.UNKNOWN_VALUE, "value"
    if before in ("via", "through", "by", "over") and not lexicon.knows(text.low(start)):
        return Code.UNKNOWN_VALUE, "channel"
    if before in ("who", "have", "has", "not", "never", "and", ",") and _past(text.low(start)):
        return Code.UNKNOWN_EVENT, "event"
    return Code.NOT_UNDERSTOOD, "word"


def _past(word: str) -> bool:
    return word.endswith("ed") and len(word) > 3


def _nearest(lexicon: Lexicon, words: str, what: str) -> list[str]:
    kinds = {"event": ("event",), "trait": ("trait",), "value": ("value",), "channel": ("channel",)}
    wanted = kinds.get(what)
    phrases = {
        entry.phrase: entry.sense.name
        for entry in lexicon.entries
        if (wanted is None and entry.sense.kind not in ("person", "metric"))
        or (wanted and entry.sense.kind in wanted)
    }
    found = nearest(words.lower(), [*phrases], limit=6)
    if what in ("event", "trait", "channel"):
        return [*dict.fromkeys(phrases[phrase] for phrase in found)][:3]
    return found[:3]


def _either(names: list[str]) -> str:
    return " or ".join(f"'{name}'" for name in names)


def _known(lexicon: Lexicon, what: str) -> str:
    catalog = lexicon.catalog
    listed = {
        "event": catalog.events, "trait": catalog.traits, "channel": catalog.channels,
    }.get(what)  # fmt: skip
    if not isinstance(listed, dict):
        rows = ", ".join(sorted(catalog.entities)[:4])
        return f"Say it with events, traits, user columns or rows of the catalog ({rows})."
    return f"Known: {', '.join(sorted(listed))}."
