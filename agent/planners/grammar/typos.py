"""Slips of the finger in long words: read as the only catalog word so near, and said so.

Two letters swapped and a letter doubled or halved always count. One letter changed, left out
or put in often makes another English word (consent, content), so it counts in long words only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from rapidfuzz.distance.Levenshtein import distance

from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.negatives import apart
from agent.planners.grammar.vocabulary import COMMON
from agent.planners.grammar.words import Text, stem

SHORTEST = 6
LONG = 7
_SHORT = 5
_DOUBLE = re.compile(r"(.)\1")


def mend(text: Text, lexicon: Lexicon) -> tuple[Text, list[str]]:
    """The text with near-certain slips put right, and a sentence for each."""
    notes: list[str] = []
    tokens = []
    seen = {word: _nearest(word, lexicon) for word in {t.low for t in text if t.kind == "word"}}
    for token in text.tokens:
        nearest = seen.get(token.low) if token.kind == "word" else None
        if nearest is None:
            tokens.append(token)
            continue
        notes.append(f"'{token.text}' is read as '{nearest}'.")
        tokens.append(replace(token, text=nearest, low=nearest))
    return apart(Text(text.source, tokens), lexicon), notes


def _dropped_e(word: str, form: str) -> bool:
    """'opend', 'viewd': the e before the d was left out."""
    return word.endswith("d") and len(word) >= _SHORT and word[:-1] + "ed" == form


def _changed(word: str, form: str) -> bool:
    long = min(len(word), len(form)) >= LONG
    return long and word[0] == form[0] and distance(word, form) == 1


def _swapped(word: str, form: str) -> bool:
    if len(word) == len(form):
        differ = [k for k in range(len(word)) if word[k] != form[k]]
        swapped = len(differ) == 2 and differ[1] == differ[0] + 1
        return swapped and sorted(word) == sorted(form)
    return abs(len(word) - len(form)) == 1 and _DOUBLE.sub(r"\1", word) == _DOUBLE.sub(r"\1", form)


def _nearest(word: str, lexicon: Lexicon) -> str | None:
    if word.startswith("un") and lexicon.knows(word[2:]):
        return None
    if word in _SLIPS and not lexicon.knows(word):
        return _SLIPS[word]
    if len(word) < _SHORT or not word.isalpha() or word in COMMON or lexicon.knows(word):
        return None
    if any(_dropped_e(word, f"{verb}ed") for verb in lexicon.verbs):
        return f"{word[:-1]}ed"
    if len(word) < SHORTEST:
        return None
    if any(stem(word) == stem(known) for known in COMMON if known[:3] == word[:3]):
        return None
    near = {form for form in _forms(lexicon.vocabulary, _ENDINGS) if _swapped(word, form)}
    near |= {form for form in _forms(lexicon.vocabulary, _PLURAL) if _changed(word, form)}
    near |= {form for form in _forms(lexicon.verbs, _ENDINGS) if _changed(word, form)}
    stems = {stem(form) for form in near}
    return min(near, key=len) if len(stems) == 1 else None


_SLIPS = {
    "teh": "the", "hte": "the", "adn": "and", "nad": "and", "wich": "which", "whcih": "which",
    "whic": "which", "thier": "their", "wiht": "with", "wtih": "with", "witout": "without",
    "withot": "without", "whithout": "without", "exlude": "exclude", "exlcude": "exclude",
    "excude": "exclude", "exluding": "excluding", "exlcuding": "excluding", "exept": "except",
    "excpet": "except", "execpt": "except", "untill": "until", "fewr": "fewer", "mroe": "more",
    "laest": "least", "lsat": "last", "dyas": "days", "weeeks": "weeks", "moths": "months",
    "mnths": "months", "monts": "months", "tehy": "they", "thye": "they", "hvae": "have",
    "ahve": "have", "nto": "not", "neve": "never", "nver": "never", "bewteen": "between",
    "betwen": "between", "targt": "target", "usrs": "users", "uesrs": "users", "useres": "users",
    "recieve": "receive", "recieved": "received", "recived": "received", "recieves": "receives",
}  # fmt: skip
"""Slips in words that no catalog has: each has one reading."""
_PLURAL = ("", "s")
_ENDINGS = ("", "s", "d", "ed", "ing")


def _forms(words: frozenset[str], endings: tuple[str, ...]) -> Iterator[str]:
    return (word + ending for word in words if len(word) >= SHORTEST - 1 for ending in endings)
