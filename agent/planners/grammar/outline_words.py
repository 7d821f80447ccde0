"""The closed lists of words that order messages, suppress and stop them."""

from __future__ import annotations

import re
from typing import Literal

NUMBERS = {"first": 1, "firstly": 1, "second": 2, "secondly": 2, "third": 3, "thirdly": 3,
            "fourth": 4, "fourthly": 4, "fifth": 5}  # fmt: skip
THEN = frozenset("then next finally lastly otherwise else afterwards".split())
NOTHING = frozenset("nothing no none message messages send get gets them do at all they".split())
"""'Otherwise nothing' is no entry."""
THEN_PHRASES = (
    ("falling", "back", "to"),
    ("fall", "back", "to"),
    ("falls", "back", "to"),
    ("with", "a", "fallback", "to"),
    ("failing", "which"),
    ("failing", "this"),
    ("failing", "those"),
    ("failing", "it"),
    ("or", "failing", "that"),
    ("or", "failing", "this"),
    ("otherwise", "if", "not"),
    ("only", "after", "that"),
    ("only", "after", "those"),
    ("of", "the", "rest", ","),
    ("in", "all", "remaining", "cases"),
    ("in", "the", "remaining", "cases"),
    ("in", "every", "other", "case"),
    ("in", "other", "cases"),
    ("for", "the", "remaining", "users"),
    ("in", "all", "others"),
    ("if", "neither", "of", "the", "two", "applies"),
    ("as", "the", "last", "resort"),
    ("as", "the", "fallback"),
    ("as", "a", "backup"),
    ("as", "plan", "b"),
    ("plan", "b", ":"),
    ("backup", ":"),
    ("only", "if", "not"),
    ("of", "those", "left", ","),
    ("among", "the", "rest", ","),
    ("from", "the", "rest", ","),
    ("of", "the", "others", ","),
    ("for", "all", "others", ","),
    ("subsequently",),
    ("thereafter",),
    ("afterward",),
    ("next", "up"),
    ("next", "in", "line"),
    ("at", "the", "end"),
    ("in", "the", "end"),
    ("and", "after", "that"),
    ("and", "only", "after", "that"),
    ("down", "from", "there"),
    ("then", "comes"),
    ("else", "if", "not"),
    ("if", "not", "that", "either"),
    ("if", "not", "that", "either", ":"),
    ("in", "second", "place"),
    ("in", "third", "place"),
    ("after", "those"),
    ("after", "this"),
    ("after", "which"),
    ("if", "none", "of", "these", "applies"),
    ("if", "neither", "applies"),
    ("only", "then"),
    ("and", "only", "then"),
    ("after", "that"),
    ("followed", "by"),
    ("failing", "that"),
    ("if", "not", ","),
    ("if", "neither", ","),
    ("if", "none", ","),
    ("if", "neither", "is", "the", "case"),
    ("if", "neither", "applies"),
    ("if", "this", "does", "not", "apply"),
    ("if", "that", "does", "not", "apply"),
    ("if", "it", "does", "not", "apply"),
    ("if", "they", "do", "not", "qualify"),
    ("if", "the", "user", "is", "not", "eligible"),
    ("if", "they", "are", "not", "eligible"),
    ("if", "not", "eligible"),
    ("if", "this", "is", "not", "the", "case"),
    ("if", "that", "is", "not", "the", "case"),
    ("if", "not", "applicable"),
    ("as", "a", "last", "resort"),
    ("last", "resort", ":"),
    ("as", "a", "fallback"),
    ("as", "a", "fall", "back"),
    ("fallback", ":"),
    ("default", ":"),
    ("by", "default"),
    ("in", "all", "other", "cases"),
    ("in", "any", "other", "case"),
    ("or", "else"),
    ("after", "it"),
)
OVER: tuple[tuple[str, ...], ...] = tuple(sorted((
    ("takes", "precedence", "over"), ("take", "precedence", "over"), ("comes", "before"),
    ("come", "before"), ("comes", "ahead", "of"), ("ahead", "of"), ("goes", "before"),
    ("go", "before"), ("wins", "over"), ("win", "over"), ("has", "priority", "over"),
    ("have", "priority", "over"), ("goes", "ahead", "of"), ("come", "ahead", "of"),
    ("takes", "priority", "over"), ("take", "priority", "over"), ("has", "precedence", "over"),
    ("have", "precedence", "over"), ("gets", "priority", "over"), ("should", "beat",),
    ("beats",), ("beat",), ("wins", "against"), ("trumps",), ("trump",), ("outranks",),
    ("outrank",), ("over",), ("before",), ("above",), (">",), ("→",), ("->",), ("tops",),
    ("overrides",), ("overrule",), ("overrules",), ("supersedes",), ("precedes",), ("precede",),
    ("rather", "than"), ("instead", "of"), ("in", "preference", "to"), ("to",),
    ("is", "more", "important", "than"), ("are", "more", "important", "than"),
    ("matters", "more", "than"), ("matter", "more", "than"), ("ranks", "above"),
    ("rank", "above"), ("ranks", "higher", "than"), ("is", "higher", "than"), ("prevails", "over"),
    ("more", "important", "than"), ("is", "preferred", "to"), ("preferred", "over"), ("wins", "vs"),
    ("should", "come", "before"), ("should", "go", "before"), ("is", "ranked", "above"),
    ("win", "against"), ("to", "win", "against"), ("to", "win", "over"), ("to", "beat"),
    ("to", "come", "before"), ("to", "go", "before"), ("should", "win", "against"),
    ("should", "win", "over"), ("should", "outrank"), ("should", "trump"), ("defeats",),
    ("should", "precede"), ("should", "come", "ahead", "of"), ("should", "go", "ahead", "of"),
    ("should", "have", "priority", "over"), ("should", "take", "priority", "over"),
    ("is", "ahead", "of"), ("are", "ahead", "of"), ("outweighs",), ("outweigh",),
), key=len, reverse=True))  # fmt: skip
"""What stands before one of these goes before what follows."""
UNDER: tuple[tuple[str, ...], ...] = tuple(sorted((
    ("comes", "after"), ("come", "after"), ("goes", "after"), ("after",), ("below",), ("behind",),
    ("ranks", "below"), ("rank", "below"), ("loses", "to"), ("lose", "to"), ("yields", "to"),
    ("yield", "to"), ("gives", "way", "to"), ("give", "way", "to"), ("is", "less", "important",
    "than"), ("are", "less", "important", "than"), ("only", "after"), ("is", "lower", "than"),
    ("<",), ("is", "beaten", "by"), ("follows",), ("comes", "behind"), ("goes", "behind"),
    ("is", "outranked", "by"), ("is", "trumped", "by"), ("less", "important", "than"),
    ("lose", "against"), ("loses", "against"), ("should", "lose", "to"), ("to", "lose", "to"),
    ("should", "lose", "against"), ("should", "come", "after"), ("should", "go", "after"),
    ("should", "yield", "to"), ("should", "follow"), ("ranks", "behind"), ("ranks", "after"),
    ("should", "give", "way", "to"), ("are", "outranked", "by"), ("defers", "to"),
    ("makes", "way", "for"), ("make", "way", "for"), ("is", "behind"), ("is", "below"),
    ("stands", "back", "for"), ("are", "beaten", "by"), ("are", "trumped", "by"),
), key=len, reverse=True))  # fmt: skip
"""What stands before one of these goes after what follows."""
LISTED: tuple[tuple[str, ...], ...] = (
    (",", "and", "then"), (",", "then"), ("and", "then"), (",", "and", "finally"),
    (",", "and", "lastly"), (",", "finally"), (",", "and"), (",", "or"), (",",), ("and",),
    ("or",), ("/",), (";",), (":",),
)  # fmt: skip
SKIPPED = frozenset("the a an any our send by to of with then which".split())
COMPARED = frozenset(
    "over before of above beats beat trumps trump outranks outrank than tops overrides overrules "
    "supersedes precedes against >".split()
)
COMPARING = frozenset(
    "lose loses beat beats yield yields outrank outranks trump trumps precede precedes prevail "
    "prevails overrule overrules behind ahead supersede supersedes defer defers win wins".split()
)
"""What stands before a message and is none of these says nothing of its place."""
EVERYTHING = (
    ("everything",), ("everything", "else"), ("anything", "else"), ("anything",), ("all", "else"),
    ("all", "others"), ("all", "other"), ("the", "others"), ("the", "rest"), ("both",),
    ("everybody", "else"), ("all", "the", "others"), ("any", "other"), ("the", "other"),
    ("either",), ("all", "of", "them"), ("all",),
)  # fmt: skip
TAKES_PRIORITY = (
    ("takes", "priority"), ("take", "priority"), ("has", "priority"), ("have", "priority"),
    ("takes", "precedence"), ("take", "precedence"), ("has", "precedence"),
)  # fmt: skip
ENDS = frozenset({".", ";", "\n", "!", "?"})
"""Where a sentence ends."""
NAMED_SHORT = frozenset(
    "alert reminder nudge offer tips tip notice help request messaging follow-up email "
    "message campaign digest invite invitation warning update newsletter survey coupon".split()
)
"""Nouns that a message may be called by alone: 'the alert'."""
OR_CUE = re.compile(r"\b(in (this|that|the following|that exact) order|order of)\b", re.I)
ORDER_WORDS = frozenset(
    "prioritise prioritize priority priorities rank order put decide prioritising prioritizing "
    "handle sequence give".split()
) - {"handle", "give"}
ORDER_CUE = re.compile(
    r"\b(order|prios?|priorit\w+|rank\w*|sequence|first|firstly|next best|importance)\b",
    re.IGNORECASE,
)
_HELD: tuple[tuple[str, ...], ...] = (
    ("suppress",), ("suppressing",), ("hold", "back"), ("hold", "off", "on"), ("hold", "off"),
    ("withhold",), ("pause",), ("mute",), ("block",), ("do", "not", "send"), ("never", "send"),
    ("do", "not", "show"), ("no",), ("do", "not", "message"), ("never", "message"), ("silence",),
    ("do", "not", "contact"), ("avoid", "sending"), ("skip",), ("avoid",), ("snooze",),
    ("never", "show"), ("never", "contact"), ("do", "not", "bother"), ("do", "not", "email"),
    ("do", "not", "nudge"), ("do", "not", "give"), ("do", "not", "use"), ("freeze",),
    ("hold", "everything", "back"), ("hold", "all", "messages", "back"), ("hold", "it", "back"),
    ("send", "nothing"), ("send", "no"), ("do", "not", "send", "out"),
    ("keep", "quiet"), ("silence",), ("put", "on", "hold"), ("withhold",),
    ("do", "not", "offer"), ("never", "nudge"), ("never", "offer"), ("never", "give"),
    ("hold",), ("leave", "them", "in", "peace"), ("leave", "them", "alone"), ("spare", "them"),
    ("leave", "them", "out"), ("send", "them", "nothing"), ("say", "nothing"), ("stay", "silent"),
    ("stay", "quiet"), ("nothing", "is", "sent"), ("nothing", "goes", "out"), ("keep", "silent"),
    ("nothing", "should", "be", "sent"), ("no", "message", "goes", "out"), ("do", "nothing"),
    ("no", "message", "is", "sent"), ("no", "messages", "go", "out"), ("nothing", "for"),
    ("no", "messages", "are", "sent"), ("keep", "back"), ("hold", "on", "to"), ("do", "not", "run"),
    ("no", "longer", "send"), ("do", "not", "push"), ("do", "not", "reach", "out"),
)  # fmt: skip
_UNSENT = (
    "send show message contact bother email nudge give offer push disturb annoy ping text target "
    "approach pester mail notify reach write talk fire trigger deliver use run hit spam touch "
    "address reach_out send_out send_them show_them give_them push_out".split()
)
SUPPRESS: tuple[tuple[str, ...], ...] = (
    *_HELD,
    *((*no, *verb.split("_")) for no in (("never",), ("not",), ("do", "not"), ("please", "not"))
      for verb in _UNSENT),
    ("never", "ever", "send"), ("hold", "fire"), ("hold", "fire", "on"), ("park",), ("put", "off"),
    ("disable",), ("switch", "off"), ("turn", "off"), ("no", "message", "of", "any", "kind"),
    ("keep", "quiet", "with"), ("no", "messages", "whatsoever"), ("put", "on", "ice"),
    ("refrain", "from", "sending"), ("refrain", "from"), ("wait", "with"), ("delay",),
    ("postpone",), ("keep", "everything", "back"), ("say", "nothing", "to"), ("send", "nothing",
    "to"), ("send", "nothing", "at", "all"), ("no", "sends"), ("no", "sending"),
)  # fmt: skip
STOP = (("stop", "sending"), ("stop", "messaging"), ("stop",), ("exit",), ("end",), ("cease",),
         ("quit",), ("abort",), ("drop",), ("remove",), ("stops",), ("kill",), ("pull",),
         ("cancel",), ("call", "off"), ("discontinue",), ("finish",), ("terminate",),
         ("halt",), ("no", "more"),
         ("end", "the"), ("stop", "the"), ("take", "down"), ("retire",))  # fmt: skip
WHEN = frozenset("for to while when if until from who with once unless as after within during "
                 "till whenever in on before whose without".split())  # fmt: skip
"""A suppression says when: without any of these a sentence only names messages."""
LABELS: tuple[tuple[tuple[str, ...], Literal["suppression", "stop"]], ...] = (
    (("suppressions",), "suppression"), (("suppression",), "suppression"),
    (("suppress",), "suppression"), (("suppress", "if"), "suppression"),
    (("hold", "back"), "suppression"), (("exclusions",), "suppression"),
    (("suppression", "rules"), "suppression"), (("suppression", "rule"), "suppression"),
    (("do", "not", "send"), "suppression"), (("mute",), "suppression"),
    (("pause",), "suppression"), (("pauses",), "suppression"), (("hold",), "suppression"),
    (("holds",), "suppression"), (("do", "not", "send", "if"), "suppression"),
    (("guardrails",), "suppression"), (("never", "send"), "suppression"),
    (("suppress", "when"), "suppression"), (("suppress", "while"), "suppression"),
    (("blocked",), "suppression"), (("quiet",), "suppression"), (("not", "sent"), "suppression"),
    (("suppressed",), "suppression"), (("hold", "back", "if"), "suppression"),
    (("never",), "suppression"), (("never", "if"), "suppression"), (("not", "if"), "suppression"),
    (("except",), "suppression"), (("excluded",), "suppression"), (("mute", "if"), "suppression"),
    (("suppression", "conditions"), "suppression"),
    (("pause", "if"), "suppression"), (("pause", "while"), "suppression"),
    (("hold", "if"), "suppression"), (("hold", "while"), "suppression"),
    (("suppressed", "if"), "suppression"), (("suppressed", "while"), "suppression"),
    (("stop", "rule"), "stop"), (("ended", "by"), "stop"), (("ends", "once"), "stop"),
    (("ends", "if"), "stop"), (("ends", "with"), "stop"), (("termination",), "stop"),
    (("exit", "condition"), "stop"), (("exit", "rule"), "stop"),
    (("ends",), "stop"), (("end",), "stop"), (("end", "conditions"), "stop"),
    (("exit", "rules"), "stop"), (("exit", "when"), "stop"), (("exit", "if"), "stop"),
    (("stopping", "rules"), "stop"), (("ends", "when"), "stop"), (("stop", "criteria"), "stop"),
    (("stop", "once"), "stop"), (("exit", "once"), "stop"), (("stopping", "conditions"), "stop"),
    (("stop", "conditions"), "stop"), (("stop", "condition"), "stop"), (("stop",), "stop"),
    (("stops",), "stop"), (("stop", "rules"), "stop"), (("exit", "conditions"), "stop"),
    (("exit",), "stop"), (("exit", "criteria"), "stop"), (("stop", "when"), "stop"),
    (("stop", "if"), "stop"), (("exits",), "stop"),
)  # fmt: skip
"""A heading before suppressions or stop conditions."""
