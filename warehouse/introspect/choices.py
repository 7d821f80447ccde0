"""One thing that a draft decided: what, why, how sure, and what else it might have been."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True)
class Choice:
    """A decision of the draft. Whatever is not of high confidence is for a person to confirm."""

    about: str
    """What was decided: ``users``, ``events``, ``customers.email``."""
    value: str
    confidence: Confidence
    reasons: tuple[str, ...]
    alternatives: tuple[str, ...] = ()

    @property
    def to_confirm(self) -> bool:
        """Whether a person should look at it before relying on it."""
        return self.confidence != "high"

    def sentence(self) -> str:
        """The decision with its reasons, as one line."""
        told = f"{self.value} ({self.confidence}): {'; '.join(self.reasons)}."
        if self.alternatives:
            told += f" Or: {', '.join(self.alternatives)}."
        return told


def confidence_of(score: float, runner_up: float = 0.0) -> Confidence:
    """From the weight of the evidence, and how far the next candidate lies behind."""
    if score >= 5 and score - runner_up >= 2:
        return "high"
    return "medium" if score >= 3 and score > runner_up else "low"
