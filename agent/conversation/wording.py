"""Which follow-up a prompt is, by its wording alone; what it names is read elsewhere.

A prompt that no pattern covers as a whole is a prompt of its own.
"""

from __future__ import annotations

import re

from agent.conversation.edit_wording import edits, stripped
from agent.conversation.kinds import (
    Edits,
    FollowUp,
    Like,
    Pick,
    StartOver,
    Submit,
    Undo,
    WhatIf,
    WhyFew,
)

LONGEST = 300
"""Characters: whoever writes more describes something anew."""
_WHY = re.compile(
    r"(?:but )?(?:why|how come)(?: (?:is|are|there|it|this|that|they|we|the audience|only|just))*"
    r"(?: (?:so|this|that|only|just))*\s*(?:few|small|little|low|tiny|[\d,]+)?"
    r"(?: (?:users|people|of them|left|a number))*"
    r"|(?:which|what) (?:clause|condition|requirement|filter|step|part) (?:removes|cuts|drops"
    r"|costs|loses"
    r"|excludes) (?:the )?most(?: of (?:them|the (?:users|people))| users| people)?"
    r"|where do (?:we|they|people|users) (?:lose (?:most|them)|drop out|go|fall out)"
    r"|what (?:makes|keeps) (?:it|the audience) so small",
    re.I,
)
_FEW = re.compile(r"\b(?:few|small|little|low|tiny|only|just|most|lose|drop|fall|go)\b|\d", re.I)
_UNDO = re.compile(
    r"undo(?: (?:that|it|this|the last (?:change|edit|one|step)|my last (?:change|edit)))?"
    r"|take (?:that|it) back|go back(?: one(?: step)?)?|revert(?: (?:that|it|this"
    r"|the last change))?"
    r"|never ?mind(?: that)?|back to (?:the )?(?:previous|last|earlier)(?: (?:one|version|draft))?",
    re.I,
)
_OVER = re.compile(
    r"(?:start|begin)(?: all)? (?:over|again|afresh|anew|from scratch)|(?:forget|scrap|discard"
    r"|drop|throw "
    r"away) (?:it|that|this|the draft|everything|all of it)|reset|new draft|from scratch|clear",
    re.I,
)
_SUBMIT = re.compile(
    r"(?:send|submit|propose|hand|pass|forward|put)(?: (?:it|this|that|the draft|the rule"
    r"|the policy))?"
    r"(?: (?:in|over|on|out|up))?(?: to [a-z]+)?"
    r"(?: (?:for|to) (?:an? |the |your )?(?:approval|approvers?"
    r"|review|reviewers?"
    r"|sign-?off))(?: (?:now|as it is))?"
    r"|(?:submit|propose)(?: (?:it|this|that|the draft))|(?:ask|request"
    r"|get)(?: for)? (?:an? )?(?:approval"
    r"|review|sign-?off)(?: (?:for|of) (?:it|this|that))?",
    re.I,
)
_PICK = re.compile(
    r"(?:(?:option|choice|number|no\.?|the|answer)\s*)*#?(?P<n>[1-4])|(?:the )?(?P<word>first"
    r"|second|third"
    r"|fourth)(?: (?:one|option|choice))?",
    re.I,
)
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_WHAT_IF = re.compile(
    r"(?:and )?(?:what (?:if|would (?:happen|change) if|happens if)|suppose|imagine)\s+(?P<w>.+)",
    re.I,
)
_LIKE = re.compile(
    r"(?:(?:do|use|make|create|build|give me|draft|copy|reuse)\s+)?(?:(?:something|one|it|a rule"
    r"|an audience)"
    r"\s+)?(?:(?:the )?same (?:rule |thing |audience |question )?as|like|similar to|copy(?: of)?"
    r"|reuse"
    r"|start from)\s+(?:the |our |my )?(?P<w>.+?)(?:,?\s+(?:but|only|except|just)\s+(?P<but>.+))?",
    re.I,
)
_IF_VERBS = {
    "excluded": "exclude", "left out": "leave out", "dropped": "drop", "removed": "remove",
    "added": "add", "made it": "make it", "limited it to": "only", "restricted it to": "only",
    "targeted only": "only", "only targeted": "only", "only took": "only", "required": "require",
    "changed": "change", "swapped": "swap", "raised": "raise", "lowered": "lower", "put": "put",
    "also excluded": "exclude", "held out": "hold out", "set": "set", "moved": "move",
    "used": "use", "asked for": "make it", "only asked for": "make it", "included": "also include",
    "also included": "also include", "said": "make it", "needed": "make it", "took": "make it",
    "dropped out": "drop", "looked at": "make it", "had": "make it",
}  # fmt: skip


def read(prompt: str, *, choices: int = 0, pending: bool = True) -> FollowUp | None:
    """The follow-up that a whole prompt is; None when it is a prompt of its own.

    ``choices``: how many answers the last question offered. Without a pending draft only those,
    and what was verified before, can be referred to.
    """
    text = stripped(prompt)
    if not text or len(text) > LONGEST:
        return None
    referring = _picked(text, choices) or _like(text)
    if referring is not None:
        return referring
    if not pending:
        return _alone(text)
    for pattern, said in ((_UNDO, Undo()), (_OVER, StartOver()), (_SUBMIT, Submit())):
        if pattern.fullmatch(text):
            return said
    if _WHY.fullmatch(text) and _FEW.search(text):
        return WhyFew()
    if supposed := _WHAT_IF.fullmatch(text):
        found = edits(_indicative(supposed["w"]))
        return WhatIf(of=found) if found else None
    found = edits(text)
    return Edits(of=found) if found else None


_CHANGING = re.compile(
    r"(?:(?:make|set|change|raise|lower|double|halve) (?:it|that|this|them)\b"
    r"|(?:cap|double|halve|reverse|replace|remove|drop|swap|exclude|limit|restrict)\b"
    r"|the (?:first|second|third|last) one\b)",
    re.I,
)


def is_change(prompt: str) -> bool:
    """Whether a text can only be meant for a draft that is there, read or not."""
    return bool(_CHANGING.match(stripped(prompt)))


def _alone(text: str) -> FollowUp | None:
    """What may be said although nothing is drafted: it is told that there is nothing."""
    for pattern, said in ((_UNDO, Undo()), (_OVER, StartOver()), (_SUBMIT, Submit())):
        if pattern.fullmatch(text):
            return said
    return None


def _picked(text: str, choices: int) -> Pick | None:
    found = _PICK.fullmatch(text) if choices else None
    if found is None:
        return None
    number = int(found["n"]) if found["n"] else _ORDINALS[found["word"].lower()]
    return Pick(number=number) if number <= choices else None


def _like(text: str) -> Like | None:
    found = _LIKE.fullmatch(text)
    if found is None:
        return None
    but = found["but"]
    changes = () if but is None else edits(but) or edits(f"{but} only") or None
    return None if changes is None else Like(words=found["w"].strip(" ,;:.'\""), of=changes)


def _indicative(text: str) -> str:
    """'we excluded Brazil' as 'exclude Brazil', 'the cap were 2' as 'change the cap to 2'."""
    text = re.sub(
        r"^(?:we|i|you|they|it|users|people)\s+(?!(?:were|was|is|are)\b)", "", text, flags=re.I
    )
    for past in sorted(_IF_VERBS, key=len, reverse=True):
        if re.match(rf"{past}\b", text, re.I):
            return _IF_VERBS[past] + text[len(past) :]
    being = re.fullmatch(
        r"(?P<about>.+?)\s+(?:were|was|is|are|would be|became)(?: set)?(?: to)?\s+(?P<w>.+)",
        text,
        re.I,
    )
    if being is None:
        return text
    if being["w"].lower() in ("dropped", "removed", "gone"):
        return f"drop {being['about']}"
    return f"change {being['about']} to {being['w']}"
