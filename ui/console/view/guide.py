"""The guided path in words: six steps from a question to what moved a number. Pure."""

from __future__ import annotations

from typing import NamedTuple

from control.guide import Way

HEADING = "Two-minute tour"


class Step(NamedTuple):
    """One thing to do, where, and whether somebody has done it."""

    title: str
    how: str
    done: bool
    page: str
    """Of the pages that somebody may open, by its address."""
    query: dict[str, str]
    go: str
    """What the button says that leads there."""


def steps(way: Way, approvers: str) -> tuple[Step, ...]:
    """The path in order; ``approvers``: who may decide, as a list of names."""
    run = {"run": way.asked} if way.asked else {}
    request = {"request": way.sent} if way.sent else {}
    return (
        Step(
            "Ask the example",
            "Press “Try this” on the card that builds an audience, or ask in your own words.",
            way.asked is not None,
            "ask",
            {},
            "Go to Ask",
        ),
        Step(
            "Read who is in",
            "The answer says who is in, who is out and why, with the SQL behind it.",
            way.read,
            "ask",
            run,
            "Open the answer",
        ),
        Step(
            "Send it for approval",
            "Press “Send for approval” below the answer. Nothing goes live by that.",
            way.sent is not None,
            "ask",
            run,
            "Open the answer",
        ),
        Step(
            "Decide as somebody else",
            f"Nobody decides on their own work. Sign out, come back as an approver ({approvers}), "
            "read the card and approve it.",
            way.decided,
            "approvals",
            request,
            "Open the request",
        ),
        Step(
            "Look at a decision",
            "Pick one user and see message by message why they get it, or why not.",
            way.looked,
            "decisions",
            {},
            "Go to Decisions",
        ),
        Step(
            "Ask why conversion dropped",
            "Press “Try this” on the card that finds out why: funnels, causes, next checks.",
            way.diagnosed,
            "ask",
            {},
            "Go to Ask",
        ),
    )


def following(path: tuple[Step, ...]) -> Step | None:
    """The first step that nobody has done; None: all are done."""
    return next((one for one in path if not one.done), None)


def summary(path: tuple[Step, ...]) -> str:
    """How far it is, and what comes next, in one line."""
    done = sum(one.done for one in path)
    nearest = following(path)
    if nearest is None:
        return f"{HEADING}: all {len(path)} steps done"
    begins = nearest.title[:1].lower() + nearest.title[1:]
    return f"{HEADING}: {done} of {len(path)} done. Next: {begins}"
