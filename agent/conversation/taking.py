"""A prompt in its thread: a follow-up of what is pending, or something new in its place."""

from __future__ import annotations

from agent.context import AskContext
from agent.conversation.amending import amended
from agent.conversation.fragments import Fragments
from agent.conversation.held import Conversation, Kept
from agent.conversation.turn import Taken, Turn, follow, name_of
from agent.planners.port import Plan


def following(prompt: str, context: AskContext) -> Taken | None:
    """The follow-up that a prompt is; None when it stands alone."""
    if context.amendment is not None:
        return amended(context.amendment, prompt, context.conversation, fragments_of(context))
    return follow(prompt, context.conversation, fragments_of(context), context.recall)


def fragments_of(context: AskContext) -> Fragments:
    """What reads the parts of a follow-up."""
    return Fragments(context.reader, context.catalog, context.as_of)


def replacing(prompt: str, conversation: Conversation) -> Turn:
    """The turn of a prompt of its own, in whose place it is."""
    pending = conversation.pending
    gone = name_of(pending.draft) if pending is not None else ""
    return Turn(kind="new", prompt=prompt, set_aside=gone)


def after(conversation: Conversation, turn: Turn, plan: Plan | None, status: str) -> Conversation:
    """What the thread holds once a turn is over."""
    draft = plan.draft if plan is not None else None
    done = draft is not None and status in ("answered", "awaiting_approval")
    match turn.kind:
        case "new" | "edit" if done:
            return conversation.with_draft(Kept(draft=draft, prompt=turn.prompt))
        case "undo":
            return conversation.undone()
        case "start_over":
            return conversation.with_draft(Kept(draft=None, prompt=""))
        case _:
            return conversation
