"""Other verbs for what the catalog calls an event: 'made it through onboarding', 'got a coupon'.

A verb is read as another of its kind only where the catalog has no reading of its own there, the
verb's object is named as the catalog names it, and just one event can be meant. It is said so.
"""

from __future__ import annotations

from datetime import datetime

from agent.planners.grammar.event_phrases import EventPhrases
from agent.planners.grammar.lexicon import Kind, Lexicon
from agent.planners.grammar.rewording import past, word
from agent.planners.grammar.times import Times
from agent.planners.grammar.values import Values
from agent.planners.grammar.words import Text, Token, is_past, same_word

_KINDS = (
    ("complete", "finish", "do", "wrap up", "get through", "make it through", "go through",
     "knock out", "conclude", "accomplish", "pass", "get done with", "be through"),
    ("view", "see", "look at", "visit", "check", "check out", "open", "browse", "land on",
     "have a look at", "take a look at", "stop by", "come to", "go to", "hit", "inspect"),
    ("start", "begin", "kick off", "launch", "initiate", "open", "enter", "get into"),
    ("create", "make", "set up", "start", "build", "add", "put up"),
    ("buy", "purchase", "order", "get", "pick up", "take out", "sign up for", "place", "make",
     "grab"),
    ("use", "redeem", "apply", "cash in", "spend"),
    ("watch", "play", "stream", "view", "see", "start"),
    ("save", "bookmark", "store", "keep", "add", "put"),
    ("share", "recommend", "pass on", "forward"),
    ("invite", "bring in", "bring on", "add", "bring", "send an invite to"),
    ("upload", "add", "attach", "put up"),
    ("cancel", "end", "terminate", "quit", "stop", "drop"),
    ("attend", "join", "come to", "go to", "take part in", "sit in on", "participate in", "visit"),
    ("contact", "reach out to", "write to", "get in touch with", "message", "call", "open", "file",
     "raise", "submit", "send"),
    ("write", "leave", "post", "submit", "give", "publish", "add"),
    ("connect", "hook up", "set up", "link", "integrate", "add", "install", "plug in"),
    ("export", "download", "pull", "save"),
    ("download", "save", "get", "pull"),
    ("rate", "give a rating to", "score", "review"),
    ("hit", "reach", "run into", "bump into", "get to", "meet"),
    ("fail", "break", "get declined", "not go through"),
    ("search", "look", "hunt"),
)  # fmt: skip
_BY_FIRST: dict[str, list[tuple[tuple[str, ...], int]]] = {}
for _kind, _verbs in enumerate(_KINDS):
    for _verb in _verbs:
        _words = tuple(_verb.split())
        _BY_FIRST.setdefault(_words[0], []).append((_words, _kind))
_FIRSTS = tuple(_BY_FIRST)
_READ: tuple[Kind, ...] = ("column", "audience", "action", "trait", "value")
_TELLING = frozenset(
    "who have has had not never did and or but also already they yet without recently do does "
    "then , ever that whoever least most once twice times".split()
)
"""What may stand before a verb that tells what people did."""


def said_otherwise(text: Text, lexicon: Lexicon, as_of: datetime) -> tuple[Text, list[str]]:
    """The text with such verbs in the catalog's own words, and a note for each."""
    notes: list[str] = []
    tokens: list[Token] = []
    rest = 0
    for i in range(len(text)):
        if i < rest:
            continue
        found = _otherwise(text, i, lexicon, as_of) if text[i].kind == "word" else None
        if found is None:
            tokens.append(text[i])
            continue
        verb, rest, event = found
        tokens += [word(text[i], one) for one in verb]
        notes.append(f"'{text.words(i, rest)}' is read as {event}.")
    return (Text(text.source, tokens) if notes else text), notes


def _otherwise(
    text: Text, i: int, lexicon: Lexicon, as_of: datetime
) -> tuple[list[str], int, str] | None:
    if i == 0 or text.low(i - 1) not in _TELLING:
        return None
    said = _said(text, i)
    if not said or _of_people(text, i, lexicon):
        return None
    own = _events(text, i, lexicon, as_of)
    end = max(stop for stop, _ in said)
    found: list[tuple[int, str, list[str]]] = []
    for kind in {kind for stop, kind in said if stop == end}:
        for verb in _KINDS[kind]:
            told = _told(text.low(i), verb.split())
            other = Text(text.source, [*(word(text[i], one) for one in told), *text.tokens[end:]])
            read = _events(other, 0, lexicon, as_of)
            found += [(end + stop - len(told), event, told) for event, stop in read.items()
                      if stop > len(told)]  # fmt: skip
    longest = max((stop for stop, _, _ in found), default=0)
    meant = {event: told for stop, event, told in found if stop == longest}
    if len(meant) != 1 or longest <= max(own.values(), default=0):
        return None
    event, told = next(iter(meant.items()))
    return (told, end, event) if not own or event in own else None


def _of_people(text: Text, i: int, lexicon: Lexicon) -> bool:
    """Whether the words say something of people themselves: 'spent', 'joined'."""
    found = (match.sense.owner for kind in _READ for match in lexicon.at(kind, text, i))
    return any(not owner.startswith(("entity:", "event:")) for owner in found)


def _said(text: Text, i: int) -> list[tuple[int, int]]:
    """The verbs of a kind at an index: where each ends, and its kind."""
    low = text.low(i)
    firsts = [first for first in _FIRSTS if first == low or same_word(first, low)]
    return [
        (i + len(words), kind)
        for first in firsts for words, kind in _BY_FIRST[first]
        if all(text.low(i + k) == one for k, one in enumerate(words) if k)
    ]  # fmt: skip


def _told(low: str, verb: list[str]) -> list[str]:
    """A verb in the form of the one that was said: past, going on, or plain."""
    first, rest = verb[0], verb[1:]
    if low.endswith("ing"):
        base = first[:-1] if first.endswith("e") and not first.endswith("ee") else first
        return [f"{base}ing", *rest]
    return [past(first) if is_past(low) else first, *rest]


def _events(text: Text, i: int, lexicon: Lexicon, as_of: datetime) -> dict[str, int]:
    """The events that are read at an index, and how far each reaches."""
    times = Times(text, lexicon, as_of)
    phrases = EventPhrases(text, lexicon, times, Values(text, lexicon, times))
    found: dict[str, int] = {}
    for one in phrases.at(i):
        found[one.event] = max(one.end, found.get(one.event, 0))
    return found
