"""English forms of the catalog's phrases: 'complete a workout' → 'completed a workout'."""

from __future__ import annotations

_PAST = {
    "add": "added", "begin": "began", "buy": "bought", "come": "came", "do": "did", "find": "found",
    "get": "got", "give": "gave", "go": "went", "have": "had", "hit": "hit", "leave": "left",
    "make": "made", "pay": "paid", "put": "put", "read": "read", "run": "ran", "see": "saw",
    "send": "sent", "set": "set", "take": "took", "write": "wrote",
}  # fmt: skip
_PARTICIPLE = {
    "begin": "begun", "come": "come", "do": "done", "give": "given", "go": "gone", "run": "run",
    "see": "seen", "take": "taken", "write": "written",
}  # fmt: skip
_DOUBLED = {"log", "plan", "stop", "cancel", "chat", "skip", "tap", "ship", "shop"}
_VOWELS = "aeiou"
_REGULAR = frozenset(
    "add answer attend book browse cancel check close collect compare complete connect create "
    "download edit enter export fail favour finish follow install invite join launch like listen "
    "load log look move open order place play post purchase rate reach receive redeem refund "
    "register renew rent reply report request return review save search select share sign start "
    "stream submit subscribe sync tap try upgrade upload use view visit watch".split()
)
VERBS = _REGULAR | _PAST.keys()
"""Words that a phrase about an event may begin with."""


def past(phrase: str) -> str:
    """The phrase with its first word, a verb, in the past tense."""
    return _with_verb(phrase, _PAST)


def participle(phrase: str) -> str:
    """The phrase with its first word as the past participle."""
    return _with_verb(phrase, _PAST | _PARTICIPLE)


def plural(noun: str) -> str:
    """The plural of the last word: 'trial user' → 'trial users'."""
    if noun.endswith("person"):
        return noun.removesuffix("person") + "people"
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in _VOWELS:
        return noun[:-1] + "ies"
    return noun + "s"


def _with_verb(phrase: str, irregular: dict[str, str]) -> str:
    verb, _, rest = phrase.partition(" ")
    form = irregular.get(verb) or _regular(verb)
    return f"{form} {rest}".strip()


def _regular(verb: str) -> str:
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return verb[:-1] + "ied"
    if verb in _DOUBLED:
        return verb + verb[-1] + "ed"
    return verb + "ed"
