"""Changes of a question about numbers: of others, of another time, split, more or fewer groups."""

from __future__ import annotations

from typing import NamedTuple

from agent.conversation.fragments import Fragments
from agent.conversation.kinds import About, Amount, By, Edit, Exclude, Period, Require
from agent.conversation.parts import exchange
from agent.conversation.places import stated
from agent.planners.grammar.meaning import Unclear, refused
from agent.planners.port import CountQuestion
from core.conditions import And, Attribute, Condition, EventCount, Op, clauses, leaves
from core.errors import Code
from core.questions import Count, Dimension, MetricQuestion, Rows, Stretch
from warehouse.wording import describe

_PERIODS = ("{}", "in {}", "in the {}", "over the {}")
_FIX = "Say of whom ('only Android'), when ('last month instead') or split by what ('by country')."


class Measured(NamedTuple):
    """The question after a change, and the change in words."""

    draft: MetricQuestion
    changes: tuple[str, ...]


def measured(draft: MetricQuestion, edit: Edit, fragments: Fragments) -> Measured:
    """One change made; raises Unclear where it cannot be told which."""
    match edit:
        case About():
            return _of_others(draft, fragments.people(edit.words).condition, fragments)
        case Require():
            read = fragments.people(edit.words, "also require {}")
            return _and(draft, read.condition, fragments)
        case Exclude():
            return _and(draft, fragments.left_out(edit.words).condition, fragments)
        case Period():
            return _when(draft, edit.words, fragments)
        case By():
            return split(draft, edit.words, fragments)
        case Amount() if draft.limit is not None and not edit.about:
            return _first(draft, edit.words)
        case _:
            raise refused(Code.OUT_OF_SCOPE, "A question about numbers has no such part.", fix=_FIX)


def counting(draft: CountQuestion) -> MetricQuestion:
    """How many users, as a question that can be split."""
    parts = [
        part for one in (draft.population, draft.condition) for part in clauses(one)
        if part != And()
    ]  # fmt: skip
    who = parts[0] if len(parts) == 1 else And(of=tuple(parts))
    return MetricQuestion(measure=Count(rows=Rows(of="users")), who=who)


def split(draft: MetricQuestion, words: str, fragments: Fragments) -> Measured:
    """The same, for each value of something; time and one column at most stand together."""
    event = next(iter(fragments.catalog.events))
    read = fragments.plan(f"How many users did {event} by {words}?").draft
    if not isinstance(read, MetricQuestion) or len(read.by) != 1:
        raise _unread(words, "what to split by", "Name a column such as country, or day, week.")
    new = read.by[0]
    if new.kind == "time" and _counts_users(draft):
        raise refused(
            Code.AMBIGUOUS, f"Users by {_named(new)}: of what they did, or of when they came?",
            words, "Ask the whole question, such as 'How many users viewed pricing per week?'.",
        )  # fmt: skip
    kept = tuple(one for one in draft.by if (one.kind == "time") != (new.kind == "time"))[:1]
    made = MetricQuestion.model_validate(dict(draft) | {"by": (*kept, new)})
    return Measured(made, (f"by {_named(new)}",))


def _of_others(draft: MetricQuestion, new: Condition, fragments: Fragments) -> Measured:
    """In the place of what was said of the same column, else asked as well."""
    old = [one for one in clauses(draft.who) if _same_column(one, new)]
    if len(old) != 1:
        return _and(draft, new, fragments)
    parts = tuple(new if one == old[0] else one for one in clauses(draft.who))
    words = [describe(one, fragments.catalog) for one in (old[0], new)]
    return Measured(_who(draft, parts), (" → ".join(words),))


def _same_column(one: Condition, other: Condition) -> bool:
    both = isinstance(one, Attribute) and isinstance(other, Attribute)
    listed = (Op.EQ, Op.IN)
    return (
        both
        and isinstance(one, Attribute)
        and isinstance(other, Attribute)
        and one.column == other.column
        and one.op in listed
        and other.op in listed
    )


def _and(draft: MetricQuestion, new: Condition, fragments: Fragments) -> Measured:
    parts = tuple(dict.fromkeys((*clauses(draft.who), *clauses(new))))
    parts = tuple(one for one in parts if one != And())
    return Measured(_who(draft, parts), (f"added: {describe(new, fragments.catalog)}",))


def _who(draft: MetricQuestion, parts: tuple[Condition, ...]) -> MetricQuestion:
    who = parts[0] if len(parts) == 1 else And(of=parts)
    return MetricQuestion.model_validate(dict(draft) | {"who": who})


def _when(draft: MetricQuestion, words: str, fragments: Fragments) -> Measured:
    """Another period; what it was compared with goes, for that was another one's."""
    if _counts_users(draft):
        return _in_window(draft, words, fragments)
    event = next(iter(fragments.catalog.events))
    for frame in _PERIODS:
        read = fragments.plan(f"How many {event} per day {frame.format(words)}?").draft
        if isinstance(read, MetricQuestion) and read.period is not None:
            made = draft.model_copy(update={"period": read.period, "before": None})
            return Measured(made, (f"{_said(draft.period)} → {_said(read.period)}",))
    raise _unread(words, "which period", "Say a period such as 'last month'.")


def _counts_users(draft: MetricQuestion) -> bool:
    return isinstance(draft.measure, Count) and draft.measure.rows.of == "users"


def _in_window(draft: MetricQuestion, words: str, fragments: Fragments) -> Measured:
    """Of users it is what they did that has a period, not the users."""
    counted = [one for one in leaves(draft.who) if isinstance(one, EventCount)]
    if len(counted) != 1:
        raise _unread(words, "of what", "Ask the whole question anew.")
    window, _notes = fragments.window(words)
    new = counted[0].model_copy(update={"window": window})
    who = exchange(counted[0], new)(draft.who)
    said = [describe(one, fragments.catalog) for one in (counted[0], new)]
    made = MetricQuestion.model_validate(dict(draft) | {"who": who})
    return Measured(made, (" → ".join(said),))


def _first(draft: MetricQuestion, words: str) -> Measured:
    said = stated(words)
    if said is None or said.n < 1 or said.n != int(said.n):
        raise _unread(words, "how many", "Say a number, such as 'make it 10'.")
    made = MetricQuestion.model_validate(dict(draft) | {"limit": int(said.n)})
    return Measured(made, (f"the first {draft.limit} → the first {int(said.n)}",))


def _said(period: Stretch | None) -> str:
    return period.words if period is not None else "all time"


def _named(dimension: Dimension) -> str:
    return (dimension.grain or dimension.name).replace("_", " ")


def _unread(words: str, what: str, fix: str) -> Unclear:
    return refused(Code.NOT_UNDERSTOOD, f"I do not know {what} '{words}' means.", words, fix)
