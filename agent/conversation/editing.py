"""Changes of a draft: each makes a new draft and says what is different. Nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from agent.conversation import amounts, ordering
from agent.conversation.fragments import MOST_CHOICES, Fragments
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
    changed,
    clauses_in,
    content,
    exchange,
    names_of,
    or_also,
    refers,
    without,
)
from agent.planners.defaults import holdout_of
from agent.planners.grammar.meaning import Unclear, refused
from agent.planners.port import CountQuestion
from core.artifacts import Choice
from core.conditions import EVERYONE, Attribute, Condition, Not, Op, Scalar, clauses, leaves
from core.errors import Code
from core.rules import DecisionPolicy, EligibilityRule
from warehouse.wording import describe

_PERIOD_WORDS = re.compile(
    r"^(?:time )?(?:window|period|time ?frame|time limit|date range)s?\b", re.I
)
_CLAUSE_WORDS = re.compile(r"\b(?:conditions?|clauses?|requirements?|filters?|criteri\w+)\b", re.I)
_HOLDOUT_NOTE = "are held out"
NO_HOLDOUT_NOTE = "Nobody is held out"


class Edited(NamedTuple):
    """The draft after a change, and the change in words."""

    draft: Conditional
    changes: tuple[str, ...]


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
            return _dropped(draft, edit.words, fragments)
        case Amount() if _is_cooldown(draft, edit):
            return _cooled(draft, edit)
        case Amount():
            return _made(amounts.amount(draft, edit.words, edit.about, fragments), draft, fragments)
        case Period():
            return _made(amounts.period(draft, edit.words, edit.about, fragments), draft, fragments)
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
            raise _not_for(
                draft, "split or compared", "Ask 'How many users … by country?' instead."
            )
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
    return Edited(_noted(and_also(draft, condition), notes), (said,))


def _widened(draft: Conditional, edit: Widen, fragments: Fragments) -> Edited:
    read = fragments.people(edit.words, "also include {}")
    widened = _one_more_value(draft, read.condition, fragments)
    if widened is not None:
        return widened
    if isinstance(draft, DecisionPolicy):
        raise _not_for(draft, "widened", "Say which entry is for whom in a new priority order.")
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
    return Edited(_noted(or_also(draft, read.condition), read.notes), (said,))


def _one_more_value(draft: Conditional, new: Condition, fragments: Fragments) -> Edited | None:
    """'also include Android' where it was iOS only: a list of both."""
    old = _same_column(draft, new)
    if old is None or not isinstance(new, Attribute):
        return None
    values = tuple(dict.fromkeys((*_listed(old), *_listed(new))))
    listed = Attribute(column=old.column, op=Op.IN, value=values, when_unknown=old.when_unknown)
    return _exchanged(draft, old, listed, fragments)


def _about(draft: Conditional, edit: About, fragments: Fragments) -> Edited:
    """'only iOS': in the place of what was said of the same column, else asked as well."""
    read = fragments.people(edit.words)
    old = _same_column(draft, read.condition)
    if old is not None and old != read.condition:
        found = _exchanged(draft, old, read.condition, fragments)
        return Edited(_noted(found.draft, read.notes), found.changes)
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


def _exchanged(draft: Conditional, old: Condition, new: Condition, fragments: Fragments) -> Edited:
    words = [describe(one, fragments.catalog) for one in (old, new)]
    made = _without_notes(changed(draft, exchange(old, new)), old, fragments)
    return Edited(made, (" → ".join(words),))


def _made(made: amounts.Made, before: Conditional, fragments: Fragments) -> Edited:
    if made.draft == before:
        raise refused(
            Code.CONTRADICTION,
            f"It is that already: {describe(made.old, fragments.catalog)}.",
            fix="Nothing was changed.",
        )
    words = [describe(one, fragments.catalog) for one in (made.old, made.new)]
    draft = _without_notes(made.draft, made.old, fragments)
    return Edited(_noted(draft, made.notes), (" → ".join(words),))


def _dropped(draft: Conditional, words: str, fragments: Fragments) -> Edited:
    if _PERIOD_WORDS.match(words):
        about = re.sub(r"^(?:of|for|on)\s+", "", _PERIOD_WORDS.sub("", words).strip())
        return _made(amounts.no_period(draft, about, fragments), draft, fragments)
    if isinstance(draft, DecisionPolicy):
        gone = _held_gone(draft, words, fragments) or _entry_gone(draft, words, fragments)
        if gone is not None:
            return gone
    if (fewer := _value_gone(draft, words, fragments)) is not None:
        return fewer
    found = _clauses_called(draft, words, fragments)
    if not found:
        raise _no_clause(draft, words, fragments)
    if len(found) > 1:
        choices = tuple(
            Choice(label=f"Without: {text}", prompt=f"drop {text}")
            for text in (describe(one, fragments.catalog) for one in found[:MOST_CHOICES])
        )
        raise Unclear(question=f"Which condition is '{words}'?", choices=choices)
    return _clause_gone(draft, found[0], fragments)


def _clauses_called(draft: Conditional, words: str, fragments: Fragments) -> list[Condition]:
    """The requirements that words name, once each: by number, word for word, or by what"
    " they say."""
    each = [*dict.fromkeys(one.condition for one in clauses_in(draft) if one.condition != EVERYONE)]
    exact = [one for one in each if describe(one, fragments.catalog) == words]
    if exact:
        return exact
    number = re.fullmatch(r"(?:the )?(?:condition|clause|number|no\.?)\s*(\d)", words, re.I)
    if number and int(number[1]) <= len(each):
        return [each[int(number[1]) - 1]]
    return [one for one in each if refers(words, names_of(one, fragments.catalog))]


def _clause_gone(draft: Conditional, clause: Condition, fragments: Fragments) -> Edited:
    places = [one.where for one in clauses_in(draft) if one.condition == clause]
    if len(places) > 1 and isinstance(draft, DecisionPolicy):
        raise Unclear(
            question=f"'{describe(clause, fragments.catalog)}' holds for {', '.join(places)}. "
            "Ask for the priority order anew and say for which it is dropped."
        )
    made = changed(draft, without(clause))
    if _asks_nobody(made):
        raise refused(
            Code.EMPTY_CONDITION,
            "It is the last condition: the rule would be for everybody.",
            describe(clause, fragments.catalog),
            "Say who is meant instead, such as 'only iOS', or start over with 'all users'.",
        )
    said = f"dropped: {describe(clause, fragments.catalog)}"
    return Edited(_without_notes(made, clause, fragments), (said,))


def _asks_nobody(draft: Conditional) -> bool:
    """Whether a rule, or an entry of an order, would be for everybody."""
    if isinstance(draft, DecisionPolicy):
        return any(one.eligibility == EVERYONE for one in draft.entries)
    everybody = not any(part.condition != EVERYONE for part in clauses_in(draft))
    return everybody and not isinstance(draft, CountQuestion)


def _held_gone(policy: DecisionPolicy, words: str, fragments: Fragments) -> Edited | None:
    """A suppression or a stop condition, by its name or by what it says."""
    named: Callable[..., bool] = lambda one: refers(  # noqa: E731
        words,
        frozenset(content(one.name))
        | (names_of(one.when, fragments.catalog) if one.when else frozenset()),
    )
    only = re.search(r"\b(suppressions?|stop conditions?)\b", words, re.I)
    held = [one for one in policy.suppressions if named(one)]
    stops = [one for one in policy.stop_conditions if named(one)]
    kind = only[1].lower() if only else ""
    if kind and not content(words):
        return _all_gone(policy, kind)
    found = [
        *([] if kind.startswith("stop") else held),
        *([] if kind.startswith("supp") else stops),
    ]
    if not found or (not kind and len(found) > 1):
        return None
    if len({one.name for one in found}) > 1:
        names = ", ".join(f"'{one.name}'" for one in found)
        raise Unclear(question=f"Which of these is dropped: {names}? Say its name.")
    keys = {one.key for one in found}
    made = DecisionPolicy.model_validate(
        dict(policy)
        | {
            "suppressions": tuple(one for one in policy.suppressions if one.key not in keys),
            "stop_conditions": tuple(one for one in policy.stop_conditions if one.key not in keys),
        }
    )
    return Edited(made, (f"dropped: {found[0].name}",))


def _all_gone(policy: DecisionPolicy, kind: str) -> Edited:
    """'drop the suppressions': every one of them."""
    field = "stop_conditions" if kind.startswith("stop") else "suppressions"
    names = ", ".join(f"'{one.name}'" for one in getattr(policy, field)) or "none"
    made = DecisionPolicy.model_validate(dict(policy) | {field: ()})
    return Edited(made, (f"dropped: {names}",))


def _value_gone(draft: Conditional, words: str, fragments: Fragments) -> Edited | None:
    """'drop Brazil' of a list of countries: the others stay."""
    for clause in clauses_in(draft):
        leaf = clause.condition.of if isinstance(clause.condition, Not) else clause.condition
        if not isinstance(leaf, Attribute) or not isinstance(leaf.value, tuple):
            continue
        gone = [value for value in leaf.value if _is_called(leaf, value, words, fragments)]
        kept = tuple(value for value in leaf.value if value not in gone)
        if gone and kept:
            one = {"op": Op.EQ if leaf.op is Op.IN else Op.NE, "value": kept[0]}
            fewer = leaf.model_copy(update={"value": kept} if len(kept) > 1 else one)
            return _exchanged(draft, leaf, fewer, fragments)
    return None


def _is_called(leaf: Attribute, value: Scalar, words: str, fragments: Fragments) -> bool:
    """Whether words name one value of a list, and not the column, which is all of it."""
    of_column = names_of(Attribute(column=leaf.column, op=Op.IS_NOT_NULL), fragments.catalog)
    alone = Attribute(column=leaf.column, value=value)
    return refers(words, names_of(alone, fragments.catalog)) and not refers(words, of_column)


def _entry_gone(policy: DecisionPolicy, words: str, fragments: Fragments) -> Edited | None:
    """An entry by its name, unless a condition is named, or neither is."""
    if _CLAUSE_WORDS.search(words):
        return None
    called = ordering.entries_called(policy, words, fragments.catalog)
    if not called and _clauses_called(policy, words, fragments):
        return None
    place = ordering.entry_called(policy, words, fragments.catalog)
    name = policy.entries[place].action.name
    made = ordering.dropped(policy, place)
    return Edited(made, (f"dropped: {name}; the order is {ordering.order(made)}",))


def _no_clause(draft: Conditional, words: str, fragments: Fragments) -> Unclear:
    each = [describe(one.condition, fragments.catalog) for one in clauses_in(draft)]
    listed = "; ".join(f"'{one}'" for one in dict.fromkeys(each) if one != "everyone")
    return refused(
        Code.NOT_UNDERSTOOD, f"The draft has no condition '{words}'.", words,
        f"Its conditions: {listed}.",
    )  # fmt: skip


def _held_out(draft: Conditional, percent: float, fragments: Fragments) -> Edited:
    if isinstance(draft, CountQuestion):
        raise _not_for(draft, "held out", "Ask for a rule first.")
    before = draft.holdout.share * 100 if draft.holdout else 0
    holdout, note = holdout_of(percent / 100, draft.key, fragments.catalog)
    kept = [
        one for one in draft.assumptions if _HOLDOUT_NOTE not in one and NO_HOLDOUT_NOTE not in one
    ]
    made = draft.model_copy(update={"holdout": holdout, "assumptions": (*kept, note)})
    return Edited(made, (f"holdout: {before:g} % → {percent:g} %",))


def _through(draft: Conditional, edit: Through, fragments: Fragments) -> Edited:
    if not isinstance(draft, EligibilityRule) or draft.action is None:
        raise _not_for(
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
        raise _not_for(draft, "named", "Ask for a rule first.")
    name = words[:60]
    return Edited(draft.model_copy(update={"name": name}), (f"name: {draft.name} → {name}",))


def _reordered(draft: Conditional, edit: Swap | Put, fragments: Fragments) -> Edited:
    if not isinstance(draft, DecisionPolicy):
        raise _not_for(draft, "put in another order", "Only a priority order has entries.")
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
    said = amounts.stated(edit.words)
    seconds = amounts.seconds_of(said) if said is not None else None
    if not isinstance(draft, DecisionPolicy) or seconds is None:
        raise refused(
            Code.NOT_UNDERSTOOD, f"'{edit.words}' is no length of time.", edit.words,
            "Say a number of days, such as '7 days'.",
        )  # fmt: skip
    before = f"{draft.cooldown_seconds // 86_400} days"
    made = draft.model_copy(update={"cooldown_seconds": seconds})
    return Edited(made, (f"cooldown: {before} → {edit.words}",))


def _noted(draft: Conditional, notes: tuple[str, ...]) -> Conditional:
    if isinstance(draft, CountQuestion) or not notes:
        return draft
    said = tuple(dict.fromkeys((*draft.assumptions, *notes)))
    return draft.model_copy(update={"assumptions": said})


def _without_notes(draft: Conditional, gone: Condition, fragments: Fragments) -> Conditional:
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


def _not_for(draft: Conditional, what: str, fix: str) -> Unclear:
    kinds = {
        "eligibility_rule": "A rule", "decision_policy": "A priority order",
        "count_question": "A question",
    }  # fmt: skip
    return refused(Code.OUT_OF_SCOPE, f"{kinds[draft.kind]} cannot be {what}.", fix=fix)
