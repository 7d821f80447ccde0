"""A question with its likeliest answers: what the prompt would say instead."""

from __future__ import annotations

from typing import NamedTuple

from agent.planners.port import Choice


class Answer(NamedTuple):
    """One answer: words of the prompt, and what stands in their place then."""

    label: str
    said: str
    instead: str


class Doubt(str):
    """A question; reads as its text wherever questions are read."""

    answers: tuple[Answer, ...] = ()

    @classmethod
    def of(cls, question: str, *answers: Answer) -> Doubt:
        """The question with its answers, the likeliest first."""
        doubt = cls(question)
        doubt.answers = answers
        return doubt


def choices(question: str, prompt: str) -> tuple[Choice, ...]:
    """The answers of a question as whole prompts; none where it has none."""
    if not isinstance(question, Doubt):
        return ()
    return tuple(
        Choice(label=one.label, prompt=prompt.replace(one.said, one.instead, 1))
        for one in question.answers
        if one.said and one.said in prompt
    )
