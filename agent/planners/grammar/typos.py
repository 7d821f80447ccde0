"""One-letter slips in long words: read as the only catalog word so near, and said so."""

from __future__ import annotations

from dataclasses import replace

from rapidfuzz.distance import OSA

from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.vocabulary import COMMON
from agent.planners.grammar.words import Text, stem

SHORTEST = 6


def mend(text: Text, lexicon: Lexicon) -> tuple[Text, list[str]]:
    """The text with near-certain slips put right, and a sentence for each."""
    notes: list[str] = []
    tokens = []
    for token in text.tokens:
        nearest = _nearest(token.low, lexicon) if token.kind == "word" else None
        if nearest is None:
            tokens.append(token)
            continue
        notes.append(f"'{token.text}' is read as '{nearest}'.")
        tokens.append(replace(token, text=nearest, low=nearest))
    return Text(text.source, tokens), notes


def _nearest(word: str, lexicon: Lexicon) -> str | None:
    if len(word) < SHORTEST or not word.isalpha() or word in COMMON or lexicon.knows(word):
        return None
    if any(stem(word) == stem(known) for known in COMMON if known[:3] == word[:3]):
        return None
    near = {
        form
        for known in lexicon.vocabulary
        for form in (known, known + "s", known + "d", known + "ed", known + "ing")
        if len(known) >= SHORTEST - 1 and OSA.distance(word, form, score_cutoff=1) <= 1
    }
    stems = {stem(form) for form in near}
    return min(near, key=len) if len(stems) == 1 else None
