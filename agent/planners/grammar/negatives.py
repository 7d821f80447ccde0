"""Words that say no in front: 'unverified' is read as 'non verified'."""

from __future__ import annotations

from dataclasses import replace

from agent.planners.grammar.lexicon import Kind, Lexicon
from agent.planners.grammar.words import Text, Token

_KINDS: tuple[Kind, ...] = ("value", "column")
_PREFIXES = ("un", "non", "in")


def apart(text: Text, lexicon: Lexicon) -> Text:
    """The text with such words taken apart, where the catalog knows only their second half."""
    tokens: list[Token] = []
    for token in text.tokens:
        rest = _rest(token, text, lexicon)
        if rest is None:
            tokens.append(token)
            continue
        tokens.append(replace(token, text="non", low="non"))
        tokens.append(replace(token, text=rest, low=rest))
    return Text(text.source, tokens)


def _rest(token: Token, text: Text, lexicon: Lexicon) -> str | None:
    if token.kind != "word" or lexicon.knows(token.low):
        return None
    prefix = next((one for one in _PREFIXES if token.low.startswith(one)), None)
    rest = token.low.removeprefix(prefix or "")
    if prefix is None or len(rest) < 4 or not rest.endswith(("ed", "active")):
        return None
    alone = Text(text.source, [replace(token, text=rest, low=rest)])
    found = [match.sense.owner for kind in _KINDS for match in lexicon.at(kind, alone, 0)]
    # 'inactive' is said of people: it is a word of its own where only rows are active.
    return rest if any(prefix == "un" or owner in ("", "trait") for owner in found) else None
