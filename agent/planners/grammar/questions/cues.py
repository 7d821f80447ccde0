"""Words that tell a question about numbers from a rule, and from a plain count of users."""

from __future__ import annotations

import re

from agent.planners.grammar.words import Text

_MORE = re.compile(
    r"\b(per|by|each|every|versus|vs|compared?|comparison|top|bottom|trends?|daily|weekly|monthly|"
    r"hourly|over time|share|percentage|percent|proportion|average|median|split|broken down|"
    r"across|against)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^\W*((please|can|could|you|show|give|tell|plot|chart|graph|list|display|i|want|need|would|"
    r"like|to|see|know|me|us|what|what's|whats|is|are|was|were|the|a|of)\W+)*"
    r"(top|bottom|best|worst|average|avg|mean|median|total|sum|share|percentage|percent|"
    r"proportion|fraction|trends?|compare|comparison|daily|weekly|monthly|hourly|number of|"
    r"count of|revenue|breakdown|distribution)\b",
    re.IGNORECASE,
)
_SPLIT = re.compile(
    r"\b(per|by) (hour|day|week|month|country|platform)\b|\b(day by day|week by week|over time)\b"
    r"|\b(highest|lowest|most|fewest|least|best|worst)\b|\brate (by|per|for|on|in|of|last|this)\b"
    r"|\b(per|by|across|each) \w+( \w+)?( (and|by|per) \w+( \w+)?)?\W*$"
    r"|\b(versus|vs|compared (to|with))\b|\brates?\W*$",
    re.IGNORECASE,
)
_GROUPED = re.compile(
    r"\b(per|each|broken down by|split by|grouped by) (hour|day|week|month|\w+)\b|"
    r"\bby (?!(the |a |an )?\d|then\b|now\b|than\b)[a-z]{3,}\b|\b(daily|weekly|monthly|hourly)\b",
    re.IGNORECASE,
)
_RULE = re.compile(
    r"\b(eligib\w*|rules?|target\w*|send\w*|nudge\w*|"
    r"(?<!by )(?<!per )(?<!-)(?<!high )(?<!low )priorit\w*|suppress\w*|exclude\w*|audience|"
    r"should|holdout|stop|offer|reach|qualif\w*|(?<!per )(?<!by )campaign|policy|why|cause\w*|"
    r"explain|diagnose)\b",
    re.IGNORECASE,
)
_PER_USER = re.compile(r"\bper (user|person|customer|member|viewer|account)\b", re.IGNORECASE)
_PEOPLE = re.compile(
    r"\b(who|whose|that|everyone|everybody|anyone|users?|people|customers?|members?)\b",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"\b(who|whose|users|people|customers)\b.*\b(and|or|not|but|without)\b", re.I)

_BOUNDS = re.compile(r"\bat (the )?(very )?(least|most)\b|\bmost recent(ly)?\b", re.IGNORECASE)
"""What compares a count or names the latest row: neither ranks anything."""


def asks_more(text: Text) -> bool:
    """Whether a count is split, compared, ranked or divided."""
    return _MORE.search(text.source) is not None


def is_question(source: str, *, moves: bool, rows: bool = False) -> bool:
    """Whether a prompt without a question word asks for numbers all the same.

    ``moves``: it says that a metric moved or compares it, which asks for a diagnosis, unless it
    is split by something. ``rows``: it begins with rows that can be counted.
    """
    source = _BOUNDS.sub(" ", source)
    if _RULE.search(source):
        return False
    if moves:
        return _GROUPED.search(source) is not None
    if _ASKS.search(source) or (rows and not _PEOPLE.search(source)):
        return True
    split = _SPLIT.search(source) is not None
    grouped = _GROUPED.search(source) is not None and not _PEOPLE.search(_PER_USER.sub("", source))
    return (split or grouped) and not _PLAIN.search(source)
