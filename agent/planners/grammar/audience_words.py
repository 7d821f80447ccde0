"""The phrases of named audiences without their noun: 'trial' users, 'on a trial'."""

from __future__ import annotations

from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.words import ARTICLES, tokenise


def audience_words(lexicon: Lexicon) -> list[tuple[tuple[str, ...], str, str]]:
    """An audience's phrase without its noun: 'trial' before users, 'on a trial' after are."""
    people = {
        entry.words[0]
        for entry in lexicon.entries
        if entry.sense.kind == "person" and len(entry.words) == 1
    }
    found: set[tuple[tuple[str, ...], str, str]] = set()
    for key, audience in lexicon.catalog.audiences.items():
        for phrase in (*audience.phrases, key.replace("_", " ")):
            words = tuple(token.low for token in tokenise(phrase).tokens)
            if words[-1].rstrip("s") in people and len(words) > 1:
                found.add((words[:-1], key, "adjective"))
                found.add((words[:-1], key, "predicate"))
            elif words[0] in people and len(words) > 1:
                found.add((words[1:], key, "predicate"))
                found.add((tuple(w for w in words[1:] if w not in ARTICLES), key, "predicate"))
                found.add(((*words[1:2], "their", *words[2:][-1:]), key, "predicate"))
            else:
                found.add((words, key, "adjective"))
    return sorted(found, key=lambda one: -len(one[0]))
