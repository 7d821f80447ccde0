"""'Open rate', 'upgrade rate', 'cancellation rate': of the rows, the share of which it is true."""

from __future__ import annotations

from collections.abc import Iterator

from agent.planners.grammar.questions.slots import Named
from agent.planners.grammar.questions.things import Thing
from agent.planners.grammar.questions.world import World
from agent.planners.grammar.words import Text, same_word, stem
from warehouse.catalog import Column

_LONG = 5


def rate_at(text: Text, i: int, world: World) -> list[tuple[Thing, str, Named]]:
    """What a rate at an index may be a share of: rows, the column that decides, its words.

    The name of the column has its value after a colon; without one it must not be empty.
    """
    words = next((n for n in (1, 2, 3) if text.low(i + n) in ("rate", "rates")), None)
    if words is None:
        return []
    said = [text.low(k) for k in range(i, i + words) if text.low(k) not in ("through", "thru")]
    end = i + words + 1
    named = Named(text.words(i, end), end, ())
    found = []
    for name in world.moments:
        verbs = said if len(said) == 1 else _without_noun(said, name, world)
        for column in _columns(verbs, name, world):
            found.append((Thing(i, end, world.rows(name), words=named.words), column, named))
    return found


def _without_noun(said: list[str], entity: str, world: World) -> list[str]:
    """'email open rate' is left to the values; 'ticket close rate' names its rows."""
    one = world.lexicon.catalog.entities[entity]
    values = {word for column in one.columns.values() for word in _words(column)}
    named = any(same_word(said[0], phrase) for phrase in one.phrases)
    return said[1:] if named and said[0] not in values else []


def _words(column: Column) -> Iterator[str]:
    for value, phrases in (column.values or {}).items():
        yield from (word.lower() for word in (value, *phrases))


def _columns(said: list[str], entity: str, world: World) -> Iterator[str]:
    if len(said) != 1:
        return
    word = said[0]
    seen = set()
    for verb, column in world.moments[entity].items():
        if column and _alike(word, verb) and column not in seen:
            seen.add(column)
            yield column
    for name, one in world.lexicon.catalog.entities[entity].columns.items():
        if one.type == "boolean" and any(_alike(word, phrase) for phrase in one.phrases):
            yield f"{name}:true"
        for value, phrases in (one.values or {}).items():
            if any(_alike(word, phrase) for phrase in (value, *phrases)):
                yield f"{name}:{value}"
                break


def _alike(word: str, verb: str) -> bool:
    """'cancellation' and 'cancelled', 'delivery' and 'delivered': one word, in other forms."""
    if same_word(word, verb) or stem(word) == stem(verb):
        return True
    return len(word) > _LONG and len(verb) > _LONG and word[: _LONG + 1] == verb[: _LONG + 1]
