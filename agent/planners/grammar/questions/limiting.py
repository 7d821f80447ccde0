"""Of whom and of which rows: people, what they did, values."""

from __future__ import annotations

from agent.planners.grammar.logic import combine
from agent.planners.grammar.meaning import negate
from agent.planners.grammar.questions import phrases
from agent.planners.grammar.questions.scan import Scan
from agent.planners.grammar.questions.slots import ValuesSaid
from agent.planners.grammar.words import same_word


def people(scan: Scan, i: int) -> int | None:
    """Users, and what is said of them right after."""
    people = scan.clauses.people(i)
    if people is None or _signup(scan, i, people.end):
        return None
    for part in people.parts:
        scan.asked.people.append(negate(part.condition) if part.negated else part.condition)
        scan.asked.notes.extend(part.notes)
        scan.asked.questions.extend(part.questions)
    scan.asked.users = True
    scan.asked.users_first = scan.asked.counting and not scan.asked.things
    return _predicates(scan, people.end)


def _signup(scan: Scan, i: int, end: int) -> bool:
    thing = scan.things.at(i)
    return thing is not None and thing.rows.of == "users" and thing.end >= end


def _predicates(scan: Scan, i: int) -> int:
    """What follows the noun; a second one without a connector is the main verb."""
    start = i + 1 if scan.text.low(i) in ("have", "has", "had", "did", "do") else i
    for _ in range(2):
        items, end = scan.clauses.sequence(start, marked=True)
        if not items or _grouped(scan, start):
            return start if scan.asked.predicates else i
        found = combine(items, scan.text)
        scan.asked.predicates.append(found.condition)
        scan.asked.notes.extend(found.notes)
        scan.asked.questions.extend(found.questions)
        start = i = end
    return start


def _grouped(scan: Scan, i: int) -> bool:
    """'by country', 'on iOS vs Android', 'in each …' say how to split, not who is meant."""
    end = scan.has(i, phrases.GROUPERS)
    if end is not None and scan.columns.named(end) is not None:
        return True
    start = i + 1 if scan.text.low(i) in phrases.PREPOSITIONS else i
    values = scan.columns.values(start)
    return values is not None and values.joined == "versus"


def predicate(scan: Scan, i: int) -> int | None:
    """'… who have an open ticket', after what is counted."""
    if not scan.asked.users or scan.text.low(i) not in ("who", "whose", "with", "without"):
        return None
    end = _predicates(scan, i)
    return end if end > i else None


def row_filter(scan: Scan, i: int) -> int | None:
    """What is said of the rows that were named."""
    if not scan.asked.things:
        return None
    thing = scan.asked.things[-1]
    found = scan.filters.at(i, thing)
    if found is None:
        return None
    filters, end = found
    thing.after.extend(filters)
    return end


def values(scan: Scan, i: int) -> int | None:
    """Values of a column, joined, compared or excluded."""
    excluded = scan.has(i, phrases.EXCEPT)
    start = excluded or i
    while scan.text.low(start) in phrases.PREPOSITIONS or scan.text.low(start) == "the":
        start += 1
    said = scan.columns.values(start)
    if said is None:
        return None
    scan.asked.values.append(
        ValuesSaid(said.words, said.end, said.senses, said.joined, excluded is not None)
    )
    return _column_word(scan, said)


def _column_word(scan: Scan, said: ValuesSaid) -> int:
    """'iOS devices', 'the German market': the column's own word may follow its value."""
    named = scan.columns.named(said.end)
    if not scan.asked.things and scan.things.at(said.end) is not None:
        return said.end
    of_column = named is not None and any(sense in said.senses for sense in named.senses)
    return named.end if named is not None and of_column else said.end


def verb_again(scan: Scan, i: int) -> int | None:
    """'how many workouts did iOS users complete': the verb of the event that was named."""
    thing = scan.asked.things[-1] if scan.asked.things and scan.asked.users else None
    if thing is None or thing.rows.of != "event":
        return None
    low = scan.text.low(i)
    entries = scan.lexicon.entries
    words = {
        word
        for entry in entries
        if entry.sense.kind == "event" and entry.sense.name == thing.rows.name
        for word in entry.words
    }
    return i + 1 if low and any(same_word(low, word) for word in words) else None
