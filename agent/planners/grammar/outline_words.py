"""The closed lists of words that order messages, suppress and stop them."""

from __future__ import annotations

import re

NUMBERS = {"first": 1, "firstly": 1, "second": 2, "secondly": 2, "third": 3, "thirdly": 3,
            "fourth": 4, "fourthly": 4, "fifth": 5}  # fmt: skip
THEN = frozenset("then next finally lastly otherwise else afterwards".split())
THEN_PHRASES = (("after", "that"), ("followed", "by"), ("failing", "that"), ("if", "not", ","))
OVER = (
    ("takes", "precedence", "over"), ("take", "precedence", "over"), ("comes", "before"),
    ("come", "before"), ("comes", "ahead", "of"), ("ahead", "of"), ("goes", "before"),
    ("go", "before"), ("wins", "over"), ("has", "priority", "over"), ("have", "priority", "over"),
    ("takes", "priority", "over"), ("take", "priority", "over"), ("beats",), ("beat",),
    ("trumps",), ("outranks",), ("over",), ("before",), ("above",), (">",), ("→",), ("->",),
    (",", "and", "then"), (",", "then"), ("and", "then"), (",", "and", "finally"),
    (",", "and", "lastly"), (",", "finally"), (",", "and"), (",",), ("and",), ("/",), (";",),
)  # fmt: skip
ORDER_WORDS = frozenset(
    "prioritise prioritize priority priorities rank order put decide prioritising prioritizing "
    "handle sequence give".split()
) - {"handle", "give"}
ORDER_CUE = re.compile(
    r"\b(order|priorit\w+|rank\w*|sequence|first|firstly|next best|importance)\b", re.IGNORECASE
)
SUPPRESS = (
    ("suppress",), ("suppressing",), ("hold", "back"), ("hold", "off", "on"), ("hold", "off"),
    ("withhold",), ("pause",), ("mute",), ("block",), ("do", "not", "send"), ("never", "send"),
    ("do", "not", "show"), ("no",), ("do", "not", "message"), ("never", "message"), ("silence",),
    ("do", "not", "contact"), ("avoid", "sending"), ("skip",),
)  # fmt: skip
STOP = (("stop", "sending"), ("stop", "messaging"), ("stop",), ("exit",), ("end",), ("cease",),
         ("quit",), ("abort",), ("drop",), ("remove",), ("stops",))  # fmt: skip
WHEN = frozenset("for to while when if until from who with once unless as".split())
"""A suppression says when: without any of these a sentence only names messages."""
