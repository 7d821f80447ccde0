"""Words of English that the grammar itself uses; none of them is a slip of a catalog word."""

from __future__ import annotations

from agent.planners.grammar.asking import ACTIVITY, AMOUNT
from agent.planners.grammar.clauses import AUXILIARIES
from agent.planners.grammar.dates import MONTHS, WEEKDAYS
from agent.planners.grammar.debug_words import DEBUG_WORDS
from agent.planners.grammar.exclusions import EXCLUDERS
from agent.planners.grammar.frame_words import FILLERS, MESSAGE_NOUNS
from agent.planners.grammar.quantities import NUMBER_WORDS
from agent.planners.grammar.separators import RELATIVES
from agent.planners.grammar.spans import UNITS
from agent.planners.grammar.times import PAST

COMMON = frozenset(
    {
        *DEBUG_WORDS, *FILLERS, *MESSAGE_NOUNS, *RELATIVES, *AUXILIARIES, *NUMBER_WORDS, *MONTHS,
        *UNITS,
        *WEEKDAYS, *PAST, *ACTIVITY, *AMOUNT, *(word for words in EXCLUDERS for word in words),
        "without", "during", "within", "before", "priority", "suppress", "between", "exactly",
        "inactive", "active", "conversion", "yesterday", "holdout", "control", "either",
        "neither", "prioritise", "prioritize", "suppressions", "conditions", "finally",
        "contract", "contracts", "contracted", "contracting", "starter", "starters", "converter",
        "finnish", "remainder", "remained", "checker", "clocked", "priming", "express", "applied",
        "launcher", "process", "proceed", "leading", "fields", "thorough", "accents", "closers",
        "converged",
        "filled", "filling", "converging", "complexes", "reacting", "organized", "handler",
        "greater",
        "stated", "stared", "starred", "competed", "competing", "compete", "competes", "committee",
        "county", "viewer", "viewers", "massage", "contest", "context", "content", "consent",
        "reactive", "deactivated", "restarted", "uncompleted", "unsaved",
    }
)  # fmt: skip
