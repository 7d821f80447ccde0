"""How predicates in a row combine; asks where English is ambiguous.

And, or, a negation or a window that several share.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from agent.planners.grammar.afresh import afresh, at_any_time, one_period, shared_object
from agent.planners.grammar.doubt import Answer, Doubt
from agent.planners.grammar.meaning import Found, Item, all_of, any_of, negate, with_window
from agent.planners.grammar.reach import grouping, scope_of
from agent.planners.grammar.times import Span
from agent.planners.grammar.words import Text
from core.conditions import And, Condition, EventCount, Or, Related, leaves


@dataclass
class _Unit:
    """One or several predicates that act as one."""

    condition: Condition
    sep: str
    words: str


def combine(items: list[Item], text: Text) -> Found:
    """One condition out of a sequence of predicates, with what must be said or asked."""
    notes = [note for item in items for note in item.found.notes]
    questions = [question for item in items for question in item.found.questions]
    items = _under_one_negation(items, notes)
    items = one_period(shared_object(items, notes), notes)
    questions.extend(shared_window(items))
    questions.extend(_elliptic(items))
    items = led_items(items, notes, questions, text)
    seps = _resolved(items)
    units = _units(items, seps, questions)
    condition = _joined(units, questions, text.source)
    end = items[-1].found.end
    return Found(end, condition, notes=tuple(notes), questions=tuple(questions))


def _under_one_negation(items: list[Item], notes: list[str]) -> list[Item]:
    """'have not done A or B in the last 14 days': the period at the end holds for both."""
    shared = list(items)
    for k, first in enumerate(items):
        run = [k]
        while run[-1] + 1 < len(items) and _goes_on(items[run[-1] + 1]):
            run.append(run[-1] + 1)
        span = items[run[-1]].found.span
        if not (first.negated and len(run) > 1 and span is not None and span.window is not None):
            continue
        if not all(items[m].found.counts_events and items[m].found.span is None for m in run[:-1]):
            continue
        for m in run[:-1]:
            found = shared[m].found
            windowed = with_window(found.condition, span.window)
            shared[m] = replace(shared[m], found=replace(found, condition=windowed, span=span))
            notes[:] = [_without_window(note, found) for note in notes]
        notes.append(f"'{span.stated}' is taken to hold for everything after the negation.")
    return shared


def _goes_on(item: Item) -> bool:
    """Joined by 'or' with nothing of its own before it: the negation reaches it."""
    plain = not item.negated and not item.own_verb and item.lead is None
    bare = not item.marked or item.article
    return item.sep in ("or", "comma") and plain and bare and item.found.counts_events


def led_items(items: list[Item], notes: list[str], questions: list[str], text: Text) -> list[Item]:
    """A window said first holds for the predicates after it; one that none took is asked."""
    lead = None
    idle: Span | None = None
    done: list[Item] = []
    for item in items:
        if item.sep == "sentence":
            lead = None
        if item.lead is not None:
            questions.extend(_asks_idle(idle))
            lead = idle = item.lead
            notes.extend(item.lead.notes)
        found = item.found
        if lead is not None and not item.lead and at_any_time(item):
            questions.append(_asks_lead(found, lead))
            idle = None
        if lead is not None and _takes(found):
            if item.sep == "but" and not item.lead:
                questions.extend(_still_led(found, lead, text))
            if lead.window is not None:
                found = replace(found, condition=with_window(found.condition, lead.window))
            notes[:] = [_without_window(note, found) for note in notes]
            idle = None
        if found.span is not None and found.span is lead:
            idle = None
        done.append(replace(item, found=found))
    questions.extend(_asks_idle(idle))
    return done


def _takes(found: Found) -> bool:
    """Counts of events in no period of their own, one alone or all those of a group."""
    if found.span is not None:
        return False
    group = isinstance(found.condition, And | Or) and all(
        isinstance(leaf, EventCount) and leaf.window is None for leaf in leaves(found.condition)
    )
    return found.counts_events or group


def _asks_idle(lead: Span | None) -> list[str]:
    """A period that no condition took."""
    if lead is None or lead.window is None:
        return []
    said = f"'{lead.stated}'" if lead.stated else "the period named first"
    return [f"What happened {said}? Say the period right after what it holds for."]


def _still_led(found: Found, lead: Span, text: Text) -> list[str]:
    """'In the last 5 days they viewed the cart but never ordered': in these 5 days, or ever?"""
    if "never" not in (text.low(k) for k in range(found.start - 3, found.start)):
        return []
    return [_asks_lead(found, lead)]


def _asks_lead(found: Found, lead: Span) -> str:
    period = f"'{lead.stated}'" if lead.stated else "the period named first"
    question = (
        f"Does {period} hold for '{found.stated}' too? Say the period with each, "
        "or 'ever' where none is meant."
    )
    said = found.stated
    both = Answer("It does", said, f"{said} {lead.stated}")
    return Doubt.of(question, both, Answer("Not ever", said, f"{said} ever"))


def _without_window(note: str, found: Found) -> str:
    told = found.stated and note.startswith(f"'{found.stated}'")
    if told or note in found.notes:
        return note.replace(", counted over all time: no window was given", "").replace(
            "is counted over all time: no window was given", "is counted in the period named first"
        )
    return note


def shared_window(items: list[Item]) -> list[str]:
    """A window after 'A and B' may hold for B alone or for both: ask."""
    asked = _carried_window(items)
    run: list[Item] = []
    for k, item in enumerate(items):
        if item.sep in ("but", "rel", "sentence", "strong_and", "strong_or") and not _listing(
            items, k
        ):
            run = []
        if not item.found.counts_events or (item.marked and item.sep != "first"):
            run = [item] if item.found.counts_events else []
            continue
        run.append(item)
        last = k + 1 == len(items) or not items[k + 1].found.counts_events or items[k + 1].marked
        span = item.found.span
        if len(run) > 1 and last and span is not None and span.window is not None:
            bare = [one for one in run[:-1] if one.found.span is None and one.lead is None]
            if bare and len(bare) == len(run) - 1:
                first = bare[0].found.stated
                question = (
                    f"Does '{span.stated}' hold for '{item.found.stated}' only, or for "
                    f"'{first}' as well? Say the period with each, or say it first."
                )
                both = Answer("For both", first, f"{first} {span.stated}")
                one = Answer(f"For '{item.found.stated}' only", first, f"{first} ever")
                asked.append(Doubt.of(question, both, one))
    return asked


def _carried_window(items: list[Item]) -> list[str]:
    """'5 sessions this week and 2 workouts': the week may hold for the workouts too."""
    for one, other in pairwise(items):
        span = one.found.span
        joined = other.sep in ("and", "comma", "or", "strong_and")
        windowed = one.found.counts_events and span is not None and span.window is not None
        if (
            windowed
            and joined
            and other.found.nominal
            and other.found.span is None
            and not other.lead
        ):
            return (
                [
                    f"Does '{span.stated}' hold for '{other.found.stated}' too? "
                    f"Say the period with each, "
                    "or 'ever' where none is meant."
                ]
                if span
                else []
            )
    return []


def _elliptic(items: list[Item]) -> list[str]:
    """'opened an email but not a push': was the push not opened, or not received?"""
    return [
        f"What of '{other.found.stated}': does the verb of '{one.found.stated}' hold for it, and "
        "its period? Say a verb and a period with each."
        for one, other in pairwise(items)
        if one.found.told
        and not other.found.told
        and not other.own_verb
        and _rows_of(one) & _rows_of(other)
    ]


def _rows_of(item: Item) -> set[str]:
    return {leaf.entity for leaf in leaves(item.found.condition) if isinstance(leaf, Related)}


def _listing(items: list[Item], k: int) -> bool:
    """Whether 'A, B, and C' is one list: the comma before 'and' separates nothing more."""
    return any(item.sep == "comma" for item in items[1:k])


def _resolved(items: list[Item]) -> list[str]:
    """A comma means what the next connector in the list means."""
    seps = [str(item.sep) for item in items]
    pending = "and"
    for k in range(len(seps) - 1, 0, -1):
        if seps[k] == "comma":
            seps[k] = f"comma_{pending}"
        elif seps[k] in ("or", "strong_or"):
            pending = "or"
        else:
            pending = "and"
    return seps


def _units(items: list[Item], seps: list[str], questions: list[str]) -> list[_Unit]:
    units: list[_Unit] = []
    sharing: Item | None = None
    for k, (item, sep) in enumerate(zip(items, seps, strict=True)):
        condition = item.found.condition
        is_or = sep in ("or", "strong_or", "comma_or")
        fresh = item.negated or sep in ("first", "but", "rel", "sentence")
        reached = is_or and (
            item.determiner or (item.article and sharing is not None and not sharing.determiner)
        )
        fresh = fresh or (item.marked and not reached)
        if sharing is not None and sharing.determiner and item.found.counted and not is_or:
            fresh = True  # 'no cancelled orders and 4 delivered ones'
        if sharing is not None and not is_or and afresh(items, k, sharing):
            fresh = True
        if not fresh and sharing is not None:
            if is_or and _alike(sharing, item):
                units[-1].condition = all_of([units[-1].condition, negate(condition)])
                units[-1].words += f" or {item.found.stated}"
                continue
            if is_or or _alike(sharing, item):
                questions.append(scope_of(sharing, item))
        if (
            sharing is not None
            and is_or
            and item.marked
            and not item.negated
            and not reached
            and _alike(sharing, item)
            and sep != "strong_or"
            and not _own_subject(item)
        ):
            questions.append(scope_of(sharing, item))
        if item.negated and is_or and sharing is not None and item.determiner:
            questions.append(scope_of(sharing, item))
        sharing = item if item.negated else (None if fresh else sharing)
        shown = negate(condition) if item.negated else condition
        units.append(_Unit(shown, sep, item.found.stated))
    return units


def _own_subject(item: Item) -> bool:
    return item.sep in ("rel", "strong_or")


def _alike(one: Item, other: Item) -> bool:
    return one.found.form == other.found.form


def _joined(units: list[_Unit], questions: list[str], source: str) -> Condition:
    parts = _sentences(units)
    if len(parts) > 1:
        return all_of([_joined(part, questions, source) for part in parts])
    kinds = {_kind(unit.sep) for unit in units[1:]}
    conditions = [unit.condition for unit in units]
    if kinds <= {"and"}:
        return all_of(conditions)
    if kinds == {"or"}:
        return any_of(conditions)
    return _mixed(units, questions, source)


def _sentences(units: list[_Unit]) -> list[list[_Unit]]:
    """What each sentence says; each holds beside the others, however it is joined within."""
    parts: list[list[_Unit]] = [[]]
    for unit in units:
        if unit.sep == "sentence" and parts[-1]:
            parts.append([])
        parts[-1].append(unit)
    return parts


def _kind(sep: str) -> str:
    return "or" if sep in ("or", "strong_or", "comma_or") else "and"


_STRONG = {"strong_and", "strong_or", "but", "rel", "sentence"}


def _mixed(units: list[_Unit], questions: list[str], source: str) -> Condition:
    """Strong separators cut first; what is between two cuts must be all and, or all or."""
    strong = {_kind(unit.sep) for unit in units[1:] if unit.sep in _STRONG}
    groups: list[list[_Unit]] = [[units[0]]]
    for unit in units[1:]:
        if unit.sep in _STRONG:
            groups.append([unit])
        else:
            groups[-1].append(unit)
    parts: list[Condition] = []
    for group in groups:
        kinds = {_kind(unit.sep) for unit in group[1:]}
        if len(kinds) > 1:
            questions.append(grouping([unit.words for unit in group], source))
        join = any_of if kinds == {"or"} else all_of
        parts.append(join([unit.condition for unit in group]))
    if len(strong) > 1 or any(unit.sep == "comma_or" for unit in units):
        questions.append(grouping([unit.words for unit in units], source))
    return any_of(parts) if strong == {"or"} else all_of(parts)
