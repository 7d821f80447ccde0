"""What begins afresh in a list: beyond a negation said before it; an object two verbs share."""

from __future__ import annotations

from dataclasses import replace

from agent.planners.grammar.meaning import Item, with_window
from agent.planners.grammar.words import is_past
from core.conditions import Attribute, Condition, EventCount, Op, Related, Trait, leaves

_OWN = 3
"""So many words are a predicate of their own, not one more word after 'not'."""


def afresh(items: list[Item], k: int, sharing: Item) -> bool:
    """Whether an item after 'not A,' or ', and' plainly stands for itself."""
    item = items[k]
    if item.sep not in ("comma", "strong_and", "and"):
        return False
    if sharing.found.stated.lower().startswith("neither") or _other_form(sharing, item):
        return True
    if item.sep == "and" or _about(item.found.condition) & _about(sharing.found.condition):
        return False
    if sharing.determiner:
        return _compares(item.found.condition)
    if sharing.own_verb:
        return item.sep == "strong_and" and _own_predicate(item) and _listed_before(items, sharing)
    return len(item.found.stated.split()) >= _OWN


def _other_form(sharing: Item, item: Item) -> bool:
    """'do not receive the digest and joined in May': 'not' cannot stand before 'joined'."""
    first, second = (one.found.stated.lower().split()[:1] for one in (sharing, item))
    if not first or not second or sharing.determiner or sharing.found.form == "noun":
        return False
    return is_past(second[0]) and not is_past(first[0]) and not first[0].endswith("ing")


def _compares(condition: Condition) -> bool:
    """A value of people: no thing that 'no' could be said of."""
    return isinstance(condition, Attribute | Trait) and not isinstance(condition.value, bool)


def _own_predicate(item: Item) -> bool:
    """'…, and opened the app at least 3 times': with a count or a period of its own."""
    return item.found.counted or item.found.span is not None or _counts(item.found.condition)


def _counts(condition: Condition) -> bool:
    return isinstance(condition, EventCount) and condition.n > 1


def _listed_before(items: list[Item], sharing: Item) -> bool:
    """'who signed up, have not viewed pricing, and …': the commas part whole predicates."""
    at = next((k for k, one in enumerate(items) if one.found is sharing.found), 0)
    return at > 0 and sharing.sep == "comma" and not items[at - 1].negated


def _about(condition: Condition) -> set[str]:
    """What a condition is about: columns, traits, events, rows."""
    found: set[str] = set()
    for leaf in leaves(condition):
        match leaf:
            case Attribute():
                found.add(leaf.column)
            case Trait():
                found.add(leaf.name)
            case EventCount():
                found.add(leaf.event)
            case Related():
                found.add(leaf.entity)
            case _:
                pass
    return found


def at_any_time(item: Item) -> bool:
    """Rows of no period and no state, such as orders or messages: a period may be meant."""
    rows = item.found.condition
    if not isinstance(rows, Related) or item.found.span is not None:
        return False
    return all("stat" not in one.column and one.op in (Op.EQ, Op.IN) for one in rows.where)


def shared_object(items: list[Item], notes: list[str]) -> list[Item]:
    """'shared or rated a title in the last 7 days': one object, one period for both verbs."""
    shared = list(items)
    for k in range(len(items) - 2, -1, -1):
        one, other = shared[k], shared[k + 1]
        span = other.found.span
        if span is None or span.window is None or other.sep not in ("or", "and") or other.lead:
            continue
        if not _bare_verb(one) or other.marked or other.negated != one.negated:
            continue
        if not other.found.counts_events or not _with_object(other, span.stated):
            continue
        condition = with_window(one.found.condition, span.window)
        found = replace(one.found, condition=condition, span=span, notes=())
        shared[k] = replace(one, found=found)
        notes[:] = [note for note in notes if not note.startswith(f"'{one.found.stated}' is count")]
        notes.append(f"'{span.stated}' is taken to hold for '{one.found.stated}' too.")
    return shared


def one_period(items: list[Item], notes: list[str]) -> list[Item]:
    """'did 2 yoga and 2 cardio workouts this week': the week holds for what both verbs share."""
    shared = list(items)
    for k in range(len(items) - 2, -1, -1):
        one, other = shared[k], shared[k + 1]
        span = other.found.span
        if not other.found.one_verb or one.found.span is not None or one.lead is not None:
            continue
        if span is None or span.window is None:
            continue
        windowed = with_window(one.found.condition, span.window)
        shared[k] = replace(one, found=replace(one.found, condition=windowed, span=span))
        notes[:] = [note for note in notes if not note.startswith(f"'{one.found.stated}'")]
        said = span.stated or "The period"
        notes.append(f"'{said}' is taken to hold for '{one.found.stated}' too.")
    return shared


def _bare_verb(item: Item) -> bool:
    """A verb alone, whose object follows the next one."""
    found = item.found
    alone = len(found.stated.split()) == 1 and found.stated.lower().endswith("ed")
    return found.counts_events and found.span is None and item.lead is None and alone


def _with_object(item: Item, period: str) -> bool:
    """Whether the verb is followed by an object before its period."""
    return len(item.found.stated.split()) > 1 + len(period.split()) or (
        period not in item.found.stated and len(item.found.stated.split()) > 1
    )
