"""One turn of a conversation: what a follow-up makes of the pending draft."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from agent.conversation.editing import edited
from agent.conversation.fragments import MOST_CHOICES, Fragments
from agent.conversation.held import Conversation, Kept
from agent.conversation.inquiring import asked
from agent.conversation.kinds import (
    By,
    CapIs,
    Edit,
    Edits,
    FollowUp,
    Like,
    Pick,
    StartOver,
    Submit,
    Undo,
    WhatIf,
    WhyFew,
)
from agent.conversation.measuring import counting, measured, split
from agent.conversation.parts import as_conditional
from agent.conversation.plans import asked_back, planned
from agent.conversation.wording import is_change, read
from agent.planners.grammar.meaning import Unclear, refused
from agent.planners.port import CountQuestion, DebugQuestion, Drafted, Plan
from core.artifacts import Choice
from core.conditions import Frozen
from core.errors import Code
from core.questions import MetricQuestion
from core.rules import DecisionPolicy, EligibilityRule

TurnKind = Literal["new", "edit", "what_if", "why_few", "undo", "start_over", "submit"]
RULES = (EligibilityRule, DecisionPolicy)


class Recalled(NamedTuple):
    """Something verified before: what it is, and the sentence that says where it comes from."""

    draft: Drafted
    prompt: str
    said: str
    key: str
    """What it is asked for by, where words may mean several."""


Recall = Callable[[str], Sequence[Recalled]]
"""What words like 'last month's nudge' refer to: the nearest of what was verified."""


class Turn(Frozen):
    """What a prompt was taken for, and what it changes."""

    kind: TurnKind
    changes: tuple[str, ...] = ()
    """In words, to be told."""
    other: Drafted | None = None
    """What the draft is compared with: as it was before an edit, or as it would be."""
    cap: int | None = None
    """What if a user got at most so many messages."""
    prompt: str = ""
    """Everything that was said to get the draft."""
    set_aside: str = ""
    """The name of the draft in whose place a new one is."""


class Taken(NamedTuple):
    """A follow-up as it was taken, with the plan that it makes."""

    turn: Turn
    plan: Plan


def follow(
    prompt: str, conversation: Conversation, fragments: Fragments, recall: Recall
) -> Taken | None:
    """What a follow-up makes; None for a prompt of its own."""
    pending = conversation.pending
    said = read(prompt, pending=pending is not None)
    if isinstance(said, Pick):
        return None
    if said is None:
        lost = pending is not None and is_change(prompt)
        return Taken(Turn(kind="edit"), asked_back(_no_change(prompt))) if lost else None
    try:
        return _taken(said, prompt, conversation, fragments, recall)
    except Unclear as unclear:
        may_stand_alone = not (isinstance(said, Like) or is_change(prompt))
        # Perhaps it reads as a prompt of its own, every word of it.
        if _is_lost(unclear) and may_stand_alone and fragments.plan(prompt).draft is not None:
            return None
        return Taken(Turn(kind="edit"), asked_back(unclear))


def _is_lost(unclear: Unclear) -> bool:
    return unclear.refusal is not None and unclear.refusal.code is Code.NOT_UNDERSTOOD


def _no_change(prompt: str) -> Unclear:
    return refused(
        Code.NOT_UNDERSTOOD,
        "I do not know this change of the draft.",
        prompt[:80],
        "Say one change at a time, such as 'make it 5 workouts', 'also exclude …', 'only …' or "
        "'drop the … condition'.",
    )


def picked(prompt: str, conversation: Conversation) -> str:
    """The prompt of the choice that a reply names, by number or word for word; else the reply."""
    for choice in conversation.choices:
        if prompt.strip().casefold() == choice.label.casefold():
            return choice.prompt
    said = read(prompt, choices=len(conversation.choices), pending=False)
    return conversation.choices[said.number - 1].prompt if isinstance(said, Pick) else prompt


def _taken(
    said: FollowUp,
    prompt: str,
    conversation: Conversation,
    fragments: Fragments,
    recall: Recall,
) -> Taken:
    match said:
        case Undo():
            return _undone(conversation)
        case StartOver():
            return _over(conversation)
        case Like():
            return _recalled(said, prompt, fragments, recall)
    kept = _pending(conversation)
    match said:
        case Edits():
            draft, changes = _changed(kept, said.of, fragments)
            turn = Turn(kind="edit", changes=changes, other=kept.draft, prompt=kept.then(prompt))
            return Taken(turn, planned(draft))
        case WhatIf():
            return _supposed(kept, said, fragments)
        case WhyFew():
            return Taken(Turn(kind="why_few", prompt=kept.prompt), planned(_counted(kept)))
        case Submit():
            return _submitted(kept)
        case _:
            raise AssertionError("a choice is looked up before it is taken")


def _pending(conversation: Conversation) -> Kept:
    if conversation.pending is None:
        raise refused(
            Code.NOT_UNDERSTOOD, "There is no draft here to do this with.",
            fix="Ask for a rule, a priority order or a diagnosis first.",
        )  # fmt: skip
    return conversation.pending


def _changed(
    kept: Kept, edits: Sequence[Edit], fragments: Fragments
) -> tuple[Drafted, tuple[str, ...]]:
    draft = kept.draft
    changes: tuple[str, ...] = ()
    for edit in edits:
        draft, told = _one_change(draft, edit, fragments)
        changes = (*changes, *told)
    assert draft is not None
    return draft, changes


def _one_change(
    draft: Drafted | None, edit: Edit, fragments: Fragments
) -> tuple[Drafted, tuple[str, ...]]:
    if isinstance(draft, DebugQuestion):
        return asked(draft, edit, fragments)
    if isinstance(draft, MetricQuestion):
        return measured(draft, edit, fragments)
    if isinstance(draft, CountQuestion) and isinstance(edit, By):
        return split(counting(draft), edit.words, fragments)
    conditional = as_conditional(draft)
    if conditional is None:
        raise refused(
            Code.OUT_OF_SCOPE, "This answer has no conditions that could be changed.",
            fix="Ask the whole question anew.",
        )  # fmt: skip
    return edited(conditional, edit, fragments)


def _supposed(kept: Kept, said: WhatIf, fragments: Fragments) -> Taken:
    """The draft as it is, with what it would be beside it."""
    caps = [one.n for one in said.of if isinstance(one, CapIs)]
    rest = [one for one in said.of if not isinstance(one, CapIs)]
    draft = _counted(kept)
    if caps and isinstance(draft, CountQuestion):
        raise refused(
            Code.OUT_OF_SCOPE, "A number of users does not depend on how much they are sent.",
            fix="Ask for a rule first.",
        )  # fmt: skip
    other, changes = _changed(kept, rest, fragments) if rest else (draft, ())
    cap = caps[0] if caps else None
    if cap is not None:
        changes = (*changes, f"at most {cap} messages by the contact policy")
    turn = Turn(kind="what_if", changes=changes, other=other, cap=cap, prompt=kept.prompt)
    return Taken(turn, planned(draft))


def _counted(kept: Kept) -> Drafted:
    """The pending draft, where it has an audience."""
    if as_conditional(kept.draft) is None or kept.draft is None:
        raise refused(
            Code.OUT_OF_SCOPE, "A diagnosis has no audience that could be small or large.",
            fix="Ask 'why did … drop?' of something else, or for a rule.",
        )  # fmt: skip
    return kept.draft


def _submitted(kept: Kept) -> Taken:
    if not isinstance(kept.draft, RULES):
        raise refused(
            Code.OUT_OF_SCOPE, "Only a rule or a priority order goes to the approvers.",
            fix="Ask for one first.",
        )  # fmt: skip
    return Taken(Turn(kind="submit", prompt=kept.prompt), planned(kept.draft))


def _undone(conversation: Conversation) -> Taken:
    if not conversation.drafts:
        raise refused(
            Code.NOT_UNDERSTOOD, "There is nothing to undo here.", fix="Ask for something first."
        )
    before, now = conversation.undone(), conversation.pending
    if before.pending is None or before.pending.draft is None:
        question = "Nothing is drafted any more. What should I draft instead?"
        return Taken(Turn(kind="undo"), Plan(intent="clarify", questions=(question,)))
    turn = Turn(kind="undo", other=now.draft if now else None, prompt=before.pending.prompt)
    return Taken(turn, planned(before.pending.draft))


def _over(conversation: Conversation) -> Taken:
    gone = name_of(conversation.pending.draft) if conversation.pending else ""
    told = f"'{gone}' is set aside; 'undo' brings it back. " if gone else ""
    question = f"{told}What should I draft instead?"
    return Taken(Turn(kind="start_over"), Plan(intent="clarify", questions=(question,)))


def _recalled(said: Like, prompt: str, fragments: Fragments, recall: Recall) -> Taken:
    found = recall(said.words)
    if not found:
        raise refused(
            Code.UNKNOWN_KEY,
            f"Nothing that people approved or marked as right is called '{said.words}', or what "
            "it stands on has changed since.",
            said.words,
            "Say in full who should get what.",
        )
    if len(found) > 1:
        choices = tuple(
            Choice(label=one.said, prompt=f"same as {one.key}") for one in found[:MOST_CHOICES]
        )
        raise Unclear(question=f"Which one is '{said.words}'?", choices=choices)
    first = found[0]
    kept = Kept(draft=first.draft, prompt=first.prompt)
    draft, changes = _changed(kept, said.of, fragments) if said.of else (first.draft, ())
    turn = Turn(
        kind="edit",
        changes=(first.said, *changes),
        other=first.draft if said.of else None,
        prompt=kept.then(prompt),
    )
    return Taken(turn, planned(draft))


def name_of(draft: Drafted | None) -> str:
    """What people call a draft."""
    if isinstance(draft, RULES):
        return draft.name
    return "the question before" if draft is not None else ""
