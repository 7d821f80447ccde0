"""Graders, one module a kind: judged by running both sides, never by wording.

A new kind is a module with its case and its grader, and one line here.
"""

from __future__ import annotations

from typing import Any

from evals.graders import (
    clarify,
    debug,
    decision,
    eligibility,
    followup,
    guard,
    injection,
    question,
)
from evals.graders.grader import Grader

GRADERS: dict[str, Grader[Any]] = {
    "eligibility": eligibility.GRADER,
    "decision": decision.GRADER,
    "debug": debug.GRADER,
    "clarify": clarify.GRADER,
    "guard": guard.GRADER,
    "question": question.GRADER,
    "followup": followup.GRADER,
    "injection": injection.GRADER,
}
"""Kind of a suite → its grader; one line each."""
