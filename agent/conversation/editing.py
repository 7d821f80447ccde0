"""Changes of a draft: each makes a new draft and says what is different. Nothing is guessed."""

from __future__ import annotations

from agent.conversation import amounts, ordering, places
from agent.conversation.changes import Edited, exchanged, made_known, not_for, noted
from agent.conversation.dropping import dropped
from agent.conversation.fragments import Fragments
from agent.conversation.kinds import (
    About,
    Against,
    Amount,
    By,
    CapIs,
    Drop,
    Edit,
    Exclude,
    HoldOut,
    Period,
    Put,
    Rename,
    Require,
    Swap,
    Through,
    Widen,
)  # fmt: skip
from agent.conversation.parts import (
    Conditional,
    and_also,
    clauses_in,
    or_also,
)
from agent.planners.defaults import holdout_of
from agent.planners.grammar.meaning import Unclear, refused
from agent.planners.port import CountQuestion
from core.artifacts import Choice
from core.conditions import Attribute, Condition, Op, clauses
from core.errors import Code
from core.rules import DecisionPolicy, EligibilityRule
from warehouse.wording import describe

_HOLDOUT_NOTE = "are held out"
_NO_HOLDOUT_NOTE = "Nobody is held out"


def edited(draft: Conditional, edit: Edit, fragments: Fragments) -> Edited:  # noqa: C901 - one case a kind
    """One change made; raises Unclear where it cannot be told which."""
    match edit:
        case Exclude():
            return _excluded(draft, edit, fragments)
        case Require():
            read = fragments.people(edit.words, "also require {}")
            return _added(draft, read.condition, read.notes, fragments)
        case Widen():
            return _widened(draft, edit, fragments)
        case About():
            return _about(draft, edit, fragments)
        case Drop():
            return dropped(draft, edit.words, fragments)
        case Amount() if _is_cooldown(draft, edit):
            return _cooled(draft, edit)
        case Amount():
            return made_known(
                amounts.amount(draft, edit.words, edit.about, fragments), draft, fragments
            )
        case Period():
            return made_known(
                amounts.period(draft, edit.words, edit.about, fragments), draft, fragments
            )
        case HoldOut():
            return _held_out(draft, edit.percent, fragments)
        case Through():
            return _through(draft, edit, fragments)
        case Rename():
            return _renamed(draft, edit.words)
        case Swap() | Put():
            return _reordered(draft, edit, fragments)
        case By() if isinstance(draft, EligibilityRule) and draft.action is not None:
            return _through(draft, Through(words=edit.words), fragments)
        case By() | Against():
            raise not_for(draft, "split or compared", "Ask 'How many users … by country?' instead.")
        case CapIs():
            raise refused(
                Code.OUT_OF_SCOPE,
                "How many messages a user may get is a limit of the workspace, not of this draft.",
                fix="Ask 'what if the cap were …?' to see what it would do; an admin proposes "
                "another contact policy.",
            )


def _excluded(draft: Conditional, edit: Exclude, fragments: Fragments) -> Edited:
    read = fragments.left_out(edit.words)
    return _added(draft, read.condition, read.notes, fragments)


def _added(
    draft: Conditional, condition: Condition, notes: tuple[str, ...], fragments: Fragments
) -> Edited:
    parts = clauses(condition)
    known = {one.condition for one in clauses_in(draft) if one.where == "everybody"}
    if all(part in known for part in parts):
        raise refused(
            Code.CONTRADICTION,
            f"The draft says so already: {describe(condition, fragments.catalog)}.",
            fix="Nothing was changed.",
        )
    said = f"added: {describe(condition, fragments.catalog)}"
    return Edited(noted(and_also(draft, condition), notes), (said,))


def _widened(draft: Conditional, edit: Widen, fragments: Fragments) -> Edited:
    read = fragments.people(edit.words, "also include {}")
    widened = _one_more_value(draft, read.condition, fragments)
    if widened is not None:
        return widened
    if isinstance(draft, DecisionPolicy):
        raise not_for(draft, "widened", "Say which entry is for whom in a new priority order.")
    if not edit.sure:
        words = describe(read.condition, fragments.catalog)
        raise Unclear(
            question=f"Does '{edit.words}' let more people in, or is it asked of everybody too?",
            choices=(
                Choice(label=f"More people: or {words}", prompt=f"or {read.said}"),
                Choice(label=f"Fewer people: and {words}", prompt=f"also require {edit.words}"),
            ),
        )
    said = f"let in as well: {describe(read.condition, fragments.catalog)}"
    return Edited(noted(or_also(draft, read.condition), read.notes), (said,))


def _one_more_value(draft: Conditional, new: Condition, fragments: Fragments) -> Edited | None:
    """'also include Android' where it was iOS only: a list of both."""
    old = _same_column(draft, new)
    if old is None or not isinstance(new, Attribute):
        return None
    values = tuple(dict.fromkeys((*_listed(old), *_listed(new))))
    listed = Attribute(column=old.column, op=Op.IN, value=values, when_unknown=old.when_unknown)
    return exchanged(draft, old, listed, fragments)


def _about(draft: Conditional, edit: About, fragments: Fragments) -> Edited:
    """'only iOS': in the place of what was said of the same column, else asked as well."""
    read = fragments.people(edit.words)
    old = _same_column(draft, read.condition)
    if old is not None and old != read.condition:
        found = exchanged(draft, old, read.condition, fragments)
        return Edited(noted(found.draft, read.notes), found.changes)
    return _added(draft, read.condition, read.notes, fragments)


def _same_column(draft: Conditional, new: Condition) -> Attribute | None:
    """The one requirement on everybody that lists values of the same column."""
    if not isinstance(new, Attribute) or new.op not in (Op.EQ, Op.IN):
        return None
    found = [
        one.condition
        for one in clauses_in(draft)
        if isinstance(one.condition, Attribute)
        and one.where == "everybody"
        and one.condition.column == new.column
        and one.condition.op in (Op.EQ, Op.IN)
    ]
    return found[0] if len(found) == 1 else None


def _listed(leaf: Attribute) -> tuple[bool | int | float | str, ...]:
    if isinstance(leaf.value, tuple):
        return leaf.value
    return (leaf.value,) if isinstance(leaf.value, bool | int | float | str) else ()


def _held_out(draft: Conditional, percent: float, fragments: Fragments) -> Edited:
    if isinstance(draft, CountQuestion):
        raise not_for(draft, "held out", "Ask for a rule first.")
    before = draft.holdout.share * 100 if draft.holdout else 0
    if before == percent:
        raise refused(
            Code.CONTRADICTION, f"{percent:g} % are held out already.", fix="Nothing was changed."
        )
    holdout, note = holdout_of(percent / 100, draft.key, fragments.catalog)
    kept = [
        one for one in draft.assumptions if _HOLDOUT_NOTE not in one and _NO_HOLDOUT_NOTE not in one
    ]
    made = draft.model_copy(update={"holdout": holdout, "assumptions": (*kept, note)})
    return Edited(made, (f"holdout: {before:g} % → {percent:g} %",))


def _through(draft: Conditional, edit: Through, fragments: Fragments) -> Edited:
    if not isinstance(draft, EligibilityRule) or draft.action is None:
        raise not_for(
            draft, "sent by something else", "It is the message of a rule that has channels."
        )
    channels = fragments.channels(edit.words)
    if channels == draft.action.channels:
        raise refused(
            Code.CONTRADICTION, f"It goes out by {' then '.join(channels)} already.",
            fix="Nothing was changed.",
        )  # fmt: skip
    before = " then ".join(draft.action.channels)
    action = draft.action.model_copy(update={"channels": channels})
    kept = tuple(one for one in draft.assumptions if "no channel was named" not in one)
    made = draft.model_copy(update={"action": action, "assumptions": kept})
    return Edited(made, (f"channels: {before} → {' then '.join(channels)}",))


def _renamed(draft: Conditional, words: str) -> Edited:
    if isinstance(draft, CountQuestion):
        raise not_for(draft, "named", "Ask for a rule first.")
    name = words[:60]
    return Edited(draft.model_copy(update={"name": name}), (f"name: {draft.name} → {name}",))


def _reordered(draft: Conditional, edit: Swap | Put, fragments: Fragments) -> Edited:
    if not isinstance(draft, DecisionPolicy):
        raise not_for(draft, "put in another order", "Only a priority order has entries.")
    catalog = fragments.catalog
    if isinstance(edit, Swap):
        one = ordering.entry_called(draft, edit.one, catalog)
        other = ordering.entry_called(draft, edit.other, catalog)
        made = ordering.swapped(draft, one, other)
    else:
        what = ordering.entry_called(draft, edit.what, catalog)
        made = ordering.moved(draft, what, _place(draft, edit, what, fragments))
    if made == draft:
        raise refused(
            Code.CONTRADICTION, f"That is the order already: {ordering.order(draft)}.",
            fix="Nothing was changed.",
        )  # fmt: skip
    return Edited(made, (f"order: {ordering.order(draft)} → {ordering.order(made)}",))


def _place(draft: DecisionPolicy, edit: Put, what: int, fragments: Fragments) -> int:
    if edit.place in ("first", "last"):
        return 0 if edit.place == "first" else len(draft.entries) - 1
    than = ordering.entry_called(draft, edit.than, fragments.catalog)
    place = than - (what < than)
    return place if edit.place == "before" else place + 1


def _is_cooldown(draft: Conditional, edit: Amount) -> bool:
    return isinstance(draft, DecisionPolicy) and "cooldown" in edit.about.lower()


def _cooled(draft: Conditional, edit: Amount) -> Edited:
    said = places.stated(edit.words)
    seconds = places.seconds_of(said) if said is not None else None
    if not isinstance(draft, DecisionPolicy) or seconds is None:
        raise refused(
            Code.NOT_UNDERSTOOD, f"'{edit.words}' is no length of time.", edit.words,
            "Say a number of days, such as '7 days'.",
        )  # fmt: skip
    before = f"{draft.cooldown_seconds // 86_400} days"
    made = draft.model_copy(update={"cooldown_seconds": seconds})
    return Edited(made, (f"cooldown: {before} → {edit.words}",))
