"""Words of English that the grammar itself uses; none of them is a slip of a catalog word."""

from __future__ import annotations

from agent.planners.grammar.asking import _ACTIVITY, _AMOUNT
from agent.planners.grammar.clauses import _AUXILIARIES, EXCLUDERS, RELATIVES
from agent.planners.grammar.frame import FILLERS, MESSAGE_NOUNS
from agent.planners.grammar.quantities import NUMBER_WORDS
from agent.planners.grammar.times import MONTHS, UNITS, WEEKDAYS

COMMON = frozenset(
    {
        *FILLERS, *MESSAGE_NOUNS, *RELATIVES, *_AUXILIARIES, *NUMBER_WORDS, *MONTHS, *UNITS,
        *WEEKDAYS, *_ACTIVITY, *_AMOUNT, *(word for words in EXCLUDERS for word in words),
        "without", "during", "within", "before", "priority", "suppress", "between", "exactly",
        "inactive", "active", "conversion", "yesterday", "holdout", "control", "either",
        "neither", "prioritise", "prioritize", "suppressions", "conditions", "finally",
        "reactive", "deactivated", "restarted", "uncompleted", "unsaved",
    }
)  # fmt: skip
