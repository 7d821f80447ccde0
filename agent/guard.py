"""Prompts that no planner gets to see: empty or endless ones, ways around approval, orders."""

from __future__ import annotations

import re

from agent.orders import ordered
from core.errors import Code, Refusal

MAX_CHARACTERS = 4_000

ACTS = (
    r"(skip|bypass|avoid|ignore|override|circumvent|disable|no need for|forget about"
    r"|don'?t need|do not need|don'?t ask for|do not ask for)"
)
GATES = (
    r"(approvals?|approvers?|reviews?|reviewers?|sign[- ]?offs?|guardrails?|guard rails?"
    r"|polic(y|ies) checks?|compliance|human in the loop)"
)
ITSELF = r"(it|this|them|that|the rule|the policy|the change|your own|my own|yourself|myself)"
# Whom a rule is about: "skip users who wrote a review" skips no review of ours.
PEOPLE = r"(users?|people|persons?|customers?|members?|everyone|everybody|anyone|those|who)"
# An order to approve, not a word about the one who will: "so that Pavel can approve it".
TOLD = r"(^|[.!?,;:]\s*|\b(and|then|please|just|also|you|to)\s+)"
AT_ONCE = r"(right away|immediately|directly|at once|straight away|without asking)"
BYPASS = (
    r"\bwithout\b[^.!?]{0,25}\b(approvals?|approvers?|sign[- ]?offs?|guardrails?)\b",
    rf"\b{ACTS}\b(?:(?!\b{PEOPLE}\b)[^.!?]){{0,40}}\b{GATES}\b",
    rf"\b(self|auto)[- ]?approve\b\s+{ITSELF}\b",
    rf"{TOLD}approve\s+{ITSELF}\b",
    r"\bapprove\b[^.!?]{0,40}\b(yourself|automatically|on my behalf|on behalf|for me)\b",
    rf"\b(publish|activate|go live|put live|make live)\b[^.!?]{{0,40}}\b{AT_ONCE}\b",
    r"\bignore\b[^.!?]{0,30}\b(previous|prior|all|your|the)\b[^.!?]{0,20}"
    r"\b(instructions?|rules?|prompts?)\b",
    r"\b(mark|set|treat|consider)\b[^.!?]{0,30}\bas\s+(already\s+|pre-?)?(approved|live)\b",
)


def guard(prompt: str) -> tuple[Refusal, ...]:
    """Why a prompt is not worked on at all; empty when it may go to a planner."""
    text = prompt.strip()
    if not text:
        return (
            Refusal(
                code=Code.NOT_UNDERSTOOD,
                message="The prompt is empty.",
                fix="Ask for a rule, a priority order or a diagnosis.",
            ),
        )
    if len(text) > MAX_CHARACTERS:
        return (
            Refusal(
                code=Code.NOT_UNDERSTOOD,
                message=f"The prompt has {len(text):,} characters; at most "
                f"{MAX_CHARACTERS:,} are read.",
                fix="Say in a few sentences who should get what.",
            ),
        )
    for pattern in BYPASS:
        if match := re.search(pattern, text, re.IGNORECASE):
            return (_bypass(match[0]),)
    order = ordered(text)
    return () if order is None else (order,)


def _bypass(words: str) -> Refusal:
    return Refusal(
        code=Code.BYPASS_REQUESTED,
        message="Nothing goes live without another person's approval, whoever asks.",
        span=words,
        fix="Ask for the rule itself; it then waits for an approver.",
    )
