"""A change that was made: the new draft, what is told of it, and which assumptions still hold."""

from __future__ import annotations

import re
from typing import NamedTuple

from agent.conversation import amounts
from agent.conversation.fragments import Fragments
from agent.conversation.parts import (
    Conditional,
    changed,
    content,
    exchange,
    names_of,
)
from agent.planners.grammar.meaning import Unclear, refused
from agent.planners.port import CountQuestion
from core.conditions import Condition, Not, leaves
from core.errors import Code
from warehouse.wording import describe


class Edited(NamedTuple):
    """The draft after a change, and the change in words."""

    draft: Conditional
    changes: tuple[str, ...]


def exchanged(draft: Conditional, old: Condition, new: Condition, fragments: Fragments) -> Edited:
    """One condition in the place of another, told as such."""
    words = [describe(one, fragments.catalog) for one in (old, new)]
    made = without_notes(changed(draft, exchange(old, new)), old, fragments)
    return Edited(made, (" → ".join(words),))


def made_known(made: amounts.Made, before: Conditional, fragments: Fragments) -> Edited:
    """A changed number or period, told as such; refuses what changes nothing."""
    if made.draft == before:
        raise refused(
            Code.CONTRADICTION,
            f"It is that already: {describe(made.old, fragments.catalog)}.",
            fix="Nothing was changed.",
        )
    words = [describe(one, fragments.catalog) for one in (made.old, made.new)]
    draft = without_notes(made.draft, made.old, fragments)
    return Edited(noted(draft, made.notes), (" → ".join(words),))


def noted(draft: Conditional, notes: tuple[str, ...]) -> Conditional:
    """The draft with sentences about how words were taken."""
    if isinstance(draft, CountQuestion) or not notes:
        return draft
    said = tuple(dict.fromkeys((*draft.assumptions, *notes)))
    return draft.model_copy(update={"assumptions": said})


def without_notes(draft: Conditional, gone: Condition, fragments: Fragments) -> Conditional:
    """Without what was assumed of words that are no longer there."""
    if isinstance(draft, CountQuestion):
        return draft
    names = {
        word
        for leaf in leaves(gone.of if isinstance(gone, Not) else gone)
        for word in names_of(leaf, fragments.catalog)
    }
    kept = tuple(one for one in draft.assumptions if not _is_about(one, names))
    return draft.model_copy(update={"assumptions": kept})


def _is_about(assumption: str, names: set[str]) -> bool:
    quoted = re.match(r"'([^']+)'", assumption)
    return bool(quoted) and any(word in names for word in content(quoted[1] if quoted else ""))


def not_for(draft: Conditional, what: str, fix: str) -> Unclear:
    """The refusal of a change that this kind of draft does not know."""
    kinds = {
        "eligibility_rule": "A rule", "decision_policy": "A priority order",
        "count_question": "A question",
    }  # fmt: skip
    return refused(Code.OUT_OF_SCOPE, f"{kinds[draft.kind]} cannot be {what}.", fix=fix)
