"""Questions how far a negation or an 'or' reaches, each with its answers."""

from __future__ import annotations

from agent.planners.grammar.doubt import Answer, Doubt
from agent.planners.grammar.meaning import Item


def scope_of(sharing: Item, item: Item) -> str:
    """The question whether a negation reaches a later item, with both answers."""
    said = item.found.stated
    question = (
        f"Does the negation before '{sharing.found.stated}' hold for '{said}' too? "
        "Repeat 'not', 'no' or 'never' if it does, or say 'but' before what is wanted."
    )
    verb = "who" if item.found.form == "verb" else "who are"
    return Doubt.of(
        question,
        Answer(f"'{said}' is wanted", said, f"{verb} {said}"),
        Answer(f"'{said}' is not wanted either", said, f"not {said}"),
    )


def grouping(words: list[str], source: str) -> str:
    """The question how 'and' and 'or' group, with both ways."""
    said = "; ".join(f"'{one}'" for one in words if one)
    question = (
        f"How do 'and' and 'or' group here: {said}? "
        "Say 'either … or …' around the alternatives, or use brackets."
    )
    return Doubt.of(question, *_bracketed(words, source))


def _bracketed(words: list[str], source: str) -> tuple[Answer, ...]:
    """Three in a row, the first two or the last two in brackets."""
    places: list[int] = []
    for one in words:
        places.append(source.find(one, places[-1] + 1 if places else 0) if one else -1)
    if len(words) != 3 or min(places) < 0:
        return ()
    ends = [place + len(one) for place, one in zip(places, words, strict=True)]
    whole = source[places[0] : ends[2]]
    first = source[places[0] : ends[1]]
    last = source[places[1] : ends[2]]
    return (
        Answer(f"({first}) …", whole, f"({first}){source[ends[1] : ends[2]]}"),
        Answer(f"… ({last})", whole, f"{source[places[0] : places[1]]}({last})"),
    )
