"""Lists of conditions after a head: 'any of the following: …', 'all of these: …'."""

from __future__ import annotations

from collections.abc import Callable

from agent.planners.grammar.logic import combine
from agent.planners.grammar.meaning import Found, Item, Sep, all_of, any_of, negate
from agent.planners.grammar.words import Text
from core.conditions import Condition

Read = Callable[[int, Sep], Item | None]

_ANY = (
    ("any", "of", "the", "following"), ("any", "of", "these"), ("one", "of", "the", "following"),
    ("one", "of", "these"), ("at", "least", "one", "of", "the", "following"),
    ("at", "least", "one", "of", "these"), ("one", "or", "more", "of", "the", "following"),
    ("any", "one", "of", "the", "following"), ("either", "of", "the", "following"),
    ("any", "of", "following"), ("either", "of", "these"),
)  # fmt: skip
_ALL = (
    ("all", "of", "the", "following"), ("all", "of", "these"), ("each", "of", "the", "following"),
    ("both", "of", "the", "following"), ("both", "of", "these"), ("all", "the", "following"),
    ("every", "one", "of", "the", "following"),
)  # fmt: skip
_NONE = (("none", "of", "the", "following"), ("none", "of", "these"))
_NOUNS = frozenset("condition conditions criteria things statements is are apply applies true hold "
                   "holds must".split())  # fmt: skip
_BETWEEN = frozenset(", ; \n - • * – and or ) (".split(" ")) | {"\n"}


def head(text: Text, i: int) -> tuple[str, int] | None:
    """Which list begins at an index, and where its first condition stands."""
    for kind, phrases in (("any", _ANY), ("all", _ALL), ("none", _NONE)):
        for words in phrases:
            if text.has(i, *words):
                end = i + len(words)
                while text.low(end) in _NOUNS or text.low(end) in (":", "-", "\n", "–", "•", "*"):
                    end += 1
                return kind, _numbered(text, end)
    return None


def _numbered(text: Text, i: int) -> int:
    """Past '1)' or '(a)' before a condition."""
    i += text.low(i) == "("
    token = text.low(i)
    short = token.isdigit() or (len(token) == 1 and token.isalpha())
    return i + 2 if short and text.low(i + 1) in (")", ".") else i


def listed(text: Text, i: int, sep: Sep, read: Read) -> Item | None:
    """The list at an index as one predicate."""
    begun = head(text, i)
    if begun is None:
        return None
    kind, position = begun
    parts: list[Condition] = []
    notes: list[str] = []
    questions: list[str] = []
    end = position
    while (item := read(position, "first")) is not None:
        one = combine([item], text)
        parts.append(one.condition)
        notes.extend(one.notes)
        questions.extend(one.questions)
        end = position = one.end
        while text.low(position) in _BETWEEN:
            position += 1
        position = _numbered(text, position)
        if position == end:
            break
    if len(parts) < 2:
        return None
    found = Found(end, _joined(kind, parts), notes=tuple(notes), questions=tuple(questions),
                  stated=text.words(i, end))  # fmt: skip
    return Item(found, sep, False, True, own_verb=True)


def _joined(kind: str, parts: list[Condition]) -> Condition:
    if kind == "any":
        return any_of(parts)
    return all_of([negate(part) for part in parts] if kind == "none" else parts)
