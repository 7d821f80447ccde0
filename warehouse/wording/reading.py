"""Conditions read back from their own words: the inverse of ``describe``."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from core.conditions import EVERYONE, And, Condition, Not, Or, WhenUnknown
from core.errors import Code, PilothouseError, refuse
from warehouse.catalog import Catalog, nearest
from warehouse.wording.known import Known
from warehouse.wording.read_leaves import Leaves
from warehouse.wording.read_parts import Parts, Read
from warehouse.wording.tokens import Tokens
from warehouse.wording.writing import UNKNOWN

_UNKNOWN = {words: one for one, words in UNKNOWN.items()}


def read_condition(text: str, catalog: Catalog) -> Condition:
    """The condition that ``describe`` would put in these words.

    Raises a refusal that points at the words where no reading goes on.
    """
    tokens = Tokens(text)
    known = Known(catalog)
    tree = _Tree(tokens, known)
    try:
        for condition, end in tree.alternatives(0):
            if end == len(tokens):
                return condition
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise refuse(
            Code.NOT_UNDERSTOOD,
            f"The condition cannot be: {message}.",
            span=text,
            fix="Correct the value.",
        ) from error
    except RecursionError as error:
        raise refuse(
            Code.NOT_UNDERSTOOD,
            "The brackets of this condition are nested too deep to be read.",
            span=text[:80],
            fix="Use fewer brackets, or name a part of it as an audience.",
        ) from error
    raise _stuck(tokens, known)


def _stuck(tokens: Tokens, known: Known) -> PilothouseError:
    span = " ".join(tokens.rest(tokens.furthest).split()[:6]) or tokens.text[-40:]
    near = nearest(span, [*known.subjects, *known.events, *known.nouns])
    said = f" Near it: {', '.join(near)}." if near else ""
    return refuse(
        Code.NOT_UNDERSTOOD,
        f"I cannot read this condition at '{span}'.",
        span=span,
        fix=f"Write it as explanations do: 'workout completed at least 3 times'.{said}",
    )


class _Tree:
    """Reads by trying each form at an index; a form yields each way in which it can be read."""

    def __init__(self, tokens: Tokens, known: Known) -> None:
        self.tokens = tokens
        self.leaves = Leaves(Parts(tokens, known))

    def alternatives(self, i: int) -> Read:
        """All joined by 'and', or all by 'or': where both stand side by side, brackets must say."""
        yield from self._joined(i, "and", And)
        yield from self._joined(i, "or", Or)

    def _joined(self, i: int, word: str, node: type[And] | type[Or]) -> Read:
        """Parts with a word between them; one part alone is itself."""
        for first, end in self._part(i):
            yield from self._more([first], end, word, node)

    def _more(self, parts: list[Condition], end: int, word: str, node: type[And | Or]) -> Read:
        behind = self.tokens.after(end, word)
        if behind is not None:
            for one, then in self._part(behind):
                yield from self._more([*parts, one], then, word, node)
        yield (node(of=tuple(parts)) if len(parts) > 1 else parts[0]), end

    def _part(self, i: int) -> Read:
        t = self.tokens
        if (end := t.after(i, "everyone")) is not None:
            yield EVERYONE, end
        if (end := t.after(i, "not (")) is not None:
            for inner, then in self.alternatives(end):
                if (close := t.after(then, ")")) is not None:
                    yield Not(of=inner), close
        if (end := t.after(i, "(")) is not None:
            for inner, then in self.alternatives(end):
                if (close := t.after(then, ")")) is not None:
                    yield inner, close
        for leaf, end in self.leaves.at(i):
            yield from self._with_unknown(leaf, end)

    def _with_unknown(self, leaf: Any, end: int) -> Read:
        for words, one in _UNKNOWN.items():
            if (close := self.tokens.after(end, f"( {words} )")) is not None:
                yield leaf.model_copy(update={"when_unknown": WhenUnknown(one)}), close
        yield leaf, end
