"""What a call cost in tokens: the server's count where it can be right, else one by length."""

from __future__ import annotations

from collections.abc import Iterable

CHARACTERS_A_TOKEN = 4
"""Of English and JSON, about; used where the server counts nothing."""
FEWEST, MOST = 12, 1.5
"""A count is believed from one token in 12 characters to 1.5 tokens a character."""
FRAME = 200
"""Tokens that a chat template may add around messages of any length."""


def estimated(characters: int) -> int:
    """The tokens of a text by its length, rounded up."""
    return -(-characters // CHARACTERS_A_TOKEN)


def estimated_of(texts: Iterable[str]) -> int:
    """The tokens of several texts by their length."""
    return estimated(sum(map(len, texts)))


def believed(count: int | None, characters: int, *, most: int | None = None) -> int | None:
    """A server's count of the tokens of so many characters; None when it cannot be right.

    ``most``: what was allowed, thinking that nobody sees included.
    """
    if count is None or count < characters / FEWEST:
        return None
    limit = characters * MOST + FRAME if most is None else most
    return count if count <= limit else None
