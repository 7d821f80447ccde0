"""The last word on a channel, out of all that users said under any of their ids."""

from __future__ import annotations

import numpy as np
import pytest

from orchestrate.engine.consent import last_words
from orchestrate.engine.state import DENIED, GRANTED, UNKNOWN

GRANT, DENY, NOT_TOLD = 0, 2, 3
"""What the query adds to four times the moment of a word."""


def at(moment: int, word: int) -> int:
    return 4 * moment + word


@pytest.mark.parametrize(
    ("own", "former", "meant"),
    [
        ([], [], UNKNOWN),
        ([at(1, GRANT)], [], GRANTED),
        ([at(1, GRANT), at(2, DENY)], [], DENIED),
        ([at(2, GRANT), at(1, DENY)], [], GRANTED),
        ([at(1, GRANT), at(1, DENY)], [], DENIED),
        ([at(1, GRANT), at(1, NOT_TOLD)], [], UNKNOWN),
        ([at(-5, GRANT)], [], GRANTED),
        ([], [at(1, GRANT)], UNKNOWN),
        ([], [at(1, DENY)], DENIED),
        ([at(1, GRANT)], [at(2, DENY)], DENIED),
        ([at(1, DENY)], [at(2, GRANT)], DENIED),
        ([at(1, GRANT)], [at(2, GRANT)], GRANTED),
        ([at(3, GRANT)], [at(2, DENY)], GRANTED),
    ],
)
def test_the_latest_word_counts_and_a_former_id_gives_no_consent(
    own: list[int], former: list[int], meant: int
) -> None:
    words = np.array([*own, *former], np.int64)
    places = np.full(words.size, 1, np.int64)
    theirs = np.arange(words.size) < len(own)

    told = last_words(places, theirs, words, 3)

    assert told.tolist() == [UNKNOWN, meant, UNKNOWN]
