"""Changes of a question: the same diagnosis of others, of another time, of another metric."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from agent.conversation.fragments import Fragments
from agent.conversation.kinds import About, Against, Edit, Period
from agent.planners.grammar.meaning import Unclear, refused
from agent.planners.port import DebugQuestion, Segment
from core.artifacts import Choice
from core.errors import Code

_SEGMENTS = ("on {}", "for {}", "in {}", "among {} users", "for {} users", "from {}")
_PERIODS = ("{}", "in {}", "over {}", "in the {}", "over the {}")
_FIX = (
    "Say for whom ('and for Android?'), when ('last month instead') or what about another metric."
)


class Asked(NamedTuple):
    """The question after a change, and the change in words."""

    draft: DebugQuestion
    changes: tuple[str, ...]


def asked(draft: DebugQuestion, edit: Edit, fragments: Fragments) -> Asked:
    """One change made; raises Unclear where it cannot be told which."""
    made = _asked(draft, edit, fragments)
    if made.draft == draft:
        raise refused(
            Code.CONTRADICTION, "That is what was asked already.", fix="Nothing was changed."
        )
    return made


def _asked(draft: DebugQuestion, edit: Edit, fragments: Fragments) -> Asked:
    match edit:
        case About():
            return _about(draft, edit.words, fragments)
        case Period():
            return _when(draft, edit.words, fragments)
        case Against():
            found = _segment(draft, edit.words, fragments)
            if found is None:
                raise _unread(edit.words)
            made = draft.model_copy(update={"control": found})
            return Asked(made, (f"against: {_label(draft.control)} → {found.label}",))
        case _:
            raise refused(
                Code.OUT_OF_SCOPE, "A diagnosis has no such part; it looks at every dimension.",
                fix=_FIX,
            )  # fmt: skip


def _about(draft: DebugQuestion, words: str, fragments: Fragments) -> Asked:
    """Whom, what or when: the one reading that there is."""
    readings: tuple[Callable[[DebugQuestion, str, Fragments], Asked | None], ...] = (
        _of_others, _of_metric, _of_time,
    )  # fmt: skip
    found = [one for read in readings if (one := read(draft, words, fragments)) is not None]
    if not found:
        raise _unread(words)
    if len(found) > 1:
        choices = tuple(
            Choice(
                label=one.changes[0], prompt=f"compare with {words}" if k else f"and for {words}?"
            )
            for k, one in enumerate(found)
        )
        raise Unclear(question=f"What is '{words}' here?", choices=choices)
    return found[0]


def _of_others(draft: DebugQuestion, words: str, fragments: Fragments) -> Asked | None:
    found = _segment(draft, words, fragments)
    if found is None:
        return None
    # Asked of the control itself, the two change places: the comparison is what matters.
    same = draft.control is not None and draft.control.value == found.value
    control = draft.segment if same else draft.control
    made = draft.model_copy(update={"segment": found, "control": control})
    return Asked(made, (f"for: {_label(draft.segment)} → {found.label}",))


def _of_metric(draft: DebugQuestion, words: str, fragments: Fragments) -> Asked | None:
    read = _read(f"Why did {words} drop this week?", fragments)
    if read is None or read.segment is not None or read.metric == draft.metric:
        return None
    made = draft.model_copy(update={"metric": read.metric})
    return Asked(made, (f"metric: {draft.metric} → {read.metric}",))


def _of_time(draft: DebugQuestion, words: str, fragments: Fragments) -> Asked | None:
    for frame in _PERIODS:
        read = _read(f"Why did {draft.metric} drop {frame.format(words)}?", fragments)
        if read is not None and read.segment is None and read.metric == draft.metric:
            made = draft.model_copy(update={"start": read.start, "end": read.end})
            return Asked(made, (f"period: {_days(draft)} → {_days(made)}",))
    return None


def _when(draft: DebugQuestion, words: str, fragments: Fragments) -> Asked:
    found = _of_time(draft, words, fragments)
    if found is None:
        raise refused(
            Code.NOT_UNDERSTOOD, f"I find no period in '{words}'.", words,
            "Say a period such as 'last month' or 'the last 14 days'.",
        )  # fmt: skip
    return found


def _segment(draft: DebugQuestion, words: str, fragments: Fragments) -> Segment | None:
    for frame in _SEGMENTS:
        read = _read(f"Why did {draft.metric} drop {frame.format(words)} this week?", fragments)
        if read is not None and read.segment is not None and read.metric == draft.metric:
            return read.segment
    return None


def _read(prompt: str, fragments: Fragments) -> DebugQuestion | None:
    plan = fragments.plan(prompt)
    return plan.draft if isinstance(plan.draft, DebugQuestion) else None


def _label(segment: Segment | None) -> str:
    return segment.label if segment is not None else "everybody"


def _days(draft: DebugQuestion) -> str:
    return f"{draft.start:%Y-%m-%d} to {draft.end:%Y-%m-%d}"


def _unread(words: str) -> Unclear:
    return refused(
        Code.NOT_UNDERSTOOD, f"I do not know whom, what or when '{words}' means.", words, _FIX
    )
