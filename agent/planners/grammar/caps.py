"""Contact caps are the workspace's, not a prompt's: a prompt that sets one is refused.

'At most one message each' sets none: a policy gives a user one message anyway.
"""

from __future__ import annotations

import re

from agent.planners.grammar.meaning import refused
from agent.planners.grammar.words import Text
from core.errors import Code

_CAP = re.compile(
    r"\b(messag\w*|sends?|contact|e-?mail|notify|nudge|push|text)\b[^.\n]*"
    r"\b(once|twice|\w+ times) (a|per|each|every) (hour|day|week|month)\b|"
    r"\b(at most|no more than|not more than|max(imum)?( of)?|up to|limit(ed)? "
    r"to|cap(ped)? at|only)\s+"
    r"(?!(one|1)\s+messages?\s+(each\b(?!\s+\w)|per\s+(user|person|head|customer|viewer|member)\b"
    r"(?!\s+(a|an|per|each|every|in|within)\b)))"
    r"\w+\s+(marketing\s+)?(messages?|emails?|push(es)?|sends?|notifications?|times?|touches)\s+"
    r"(a|an|per|each|every)\b|"
    r"\b(gets?|receives?|sends?|hears?|contact(ed)?|messaged?)\b[^.\n]{0,30}"
    r"\b(at most|more than|max(imum)?|up to|only)\s+\w+\s+(a|an|per|each|every)\s+"
    r"(hour|day|week|month)\b|\b(daily|weekly) (cap|limit)\b|\bfrequency cap\b",
    re.IGNORECASE,
)


def refuse_cap(text: Text) -> None:
    """Caps belong to the workspace's contact policy; raises a refusal that says so."""
    found = _CAP.search(text.source)
    if found:
        raise refused(
            Code.OUT_OF_SCOPE,
            "How often a user may be contacted is set in the contact policy, not in a prompt.",
            span=found[0],
            fix="Leave it out: the workspace's caps hold for every rule. An admin can change them.",
        )
