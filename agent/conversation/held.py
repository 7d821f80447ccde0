"""What a thread holds: its drafts, the newest last, and the choices of its last question."""

from __future__ import annotations

from agent.planners.port import Drafted
from core.artifacts import Choice
from core.conditions import Frozen

MOST = 20
"""Drafts that a thread keeps; older ones cannot be brought back by 'undo'."""
LONGEST_PROMPT = 4_000


class Kept(Frozen):
    """A draft, and everything that was said to get it. No draft: it was set aside."""

    draft: Drafted | None
    prompt: str

    def then(self, prompt: str) -> str:
        """What was said, with one more follow-up, as approvers read it."""
        return f"{self.prompt}\n{prompt}".strip()[-LONGEST_PROMPT:]


class Conversation(Frozen):
    """Where a thread stands."""

    drafts: tuple[Kept, ...] = ()
    choices: tuple[Choice, ...] = ()

    @property
    def pending(self) -> Kept | None:
        """The draft that follow-ups are about."""
        last = self.drafts[-1] if self.drafts else None
        return last if last is not None and last.draft is not None else None

    def with_draft(self, kept: Kept) -> Conversation:
        """One more draft; the question before it is answered."""
        return Conversation(drafts=(*self.drafts, kept)[-MOST:])

    def undone(self) -> Conversation:
        """As it was before the last draft."""
        return Conversation(drafts=self.drafts[:-1])

    def asking(self, choices: tuple[Choice, ...]) -> Conversation:
        """Waiting for one of these choices; none: for nothing."""
        return Conversation(drafts=self.drafts, choices=choices)


NOTHING = Conversation()
