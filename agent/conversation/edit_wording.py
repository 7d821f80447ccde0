"""How people word a change of a draft: patterns over a whole text, each making one kind of change.

Every pattern covers all of the text, so no word of it is passed over: what the groups
hold is read completely later, or asked back. The first pattern that fits is meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from agent.conversation.kinds import (
    About,
    Against,
    Amount,
    By,
    CapIs,
    Drop,
    Edit,
    Exclude,
    HoldOut,
    Period,
    Put,
    Rename,
    Require,
    Swap,
    Through,
    Widen,
)  # fmt: skip

_LEAD = re.compile(
    r"^(?:(?:please|pls|ok(?:ay)?|now|then|so|hmm+|well|actually|sorry|great|thanks|good|nice"
    r"|no(?=\s*[,.;:-])|yes"
    r"|and then|can you|could you|would you|let'?s|looks good|i(?:'d| would) like to|i want to"
    r"|we should|you should|just)\b[\s,.!:;–—-]*)+",
    re.I,
)
_TAIL = re.compile(
    r"[\s,]*(?:\b(?:please|pls|thanks|thank you|for now)\b[\s.!?]*)+$|[\s.!?]+$", re.I
)
_THE = r"(?:the |our |its |this |that |these |those )?"
_TO = r"(?: to| at(?! least| most)| be| =|:)?"
_NUMBER = r"\d[\d.,]*"
_CLAUSE = (
    r"(?:conditions?|clauses?|requirements?|filters?|criteri(?:on|a)|restrictions?|limits?|parts?"
    r"|bits?|exclusions?|suppressions?|stop conditions?|entry|entries|steps?)"
)
_PERIOD = r"(?:windows?|time ?windows?|periods?|time ?frames?|look-?backs?|date ranges?|ranges?)"
_COMPARED = (
    r"(?:at least|at most|more than|less than|fewer than|exactly|no more than|no fewer than|up to"
    r"|over|under|above|below|only|just)"
)
_MAKE = (
    r"(?:make|set|change|raise|lower|increase|decrease|reduce|bump|move|cut|extend|shorten|update)"
)

Made = Callable[[re.Match[str]], Edit | None]


def _words(match: re.Match[str], name: str = "w") -> str:
    return (match[name] or "").strip(" ,;:.'\"")


def _made_into(match: re.Match[str]) -> Edit | None:
    """'change the window to 14 days', 'set workouts to 5', 'make the holdout 20 %'."""
    about, words = _words(match, "about"), _words(match)
    if re.fullmatch(r"(?:it|that|this|them)", about, re.I):
        return _bare(words)
    if re.search(r"\bhold-?\s?outs?\b|\bcontrol group\b", about, re.I):
        return _held_out(words)
    if re.search(r"\bcaps?\b", about, re.I):
        return _cap(words)
    if re.fullmatch(r"channels?", about, re.I):
        return Through(words=words)
    if re.fullmatch(r"(?:name|title)", about, re.I):
        return Rename(words=words)
    period = re.fullmatch(
        rf"(?:(?P<before>.*?)\s*\b)?{_PERIOD}(?:\s+(?:of|for|on)\s+(?P<after>.+))?", about, re.I
    )
    if period:
        named = (period["before"] or "") + " " + (period["after"] or "")
        return Period(words=words, about=re.sub(r"\b(?:time|the)\b", "", named).strip())
    return Amount(words=words, about=about)


def _bare(words: str) -> Edit | None:
    """'make it …': a number, a period, a share, or who it is for."""
    if re.fullmatch(
        rf"(?:{_COMPARED}\s+)?{_NUMBER}\s*(?:%|percent)(?:\s+hold-?\s?out)?", words, re.I
    ):
        return _held_out(words)
    if re.match(
        r"(?:in|over|within|during|for)?\s*(?:the )?(?:last|past|this)\b|since\b", words, re.I
    ):
        return Period(words=words)
    counted = re.match(rf"(?:{_COMPARED}\s+)?(?:{_NUMBER}|[a-z]+)\b", words, re.I)
    only = re.match(r"only\s+(?:for\s+)?(?P<w>[a-z].*)|for\s+(?P<v>.+)", words, re.I)
    if only and not re.match(rf"(?:only\s+)?{_NUMBER}", words, re.I):
        return About(words=only["w"] or only["v"])
    return Amount(words=words) if counted else None


def _held_out(words: str) -> Edit | None:
    share = re.fullmatch(rf"(?P<n>{_NUMBER})\s*(?:%|percent)?.{{0,20}}", words, re.I)
    if share is None or float(share["n"].replace(",", "")) > 100:
        return None
    return HoldOut(percent=float(share["n"].replace(",", "")))


def _cap(words: str) -> Edit | None:
    counted = re.match(r"(?P<n>\d+)\b(?:\s+(?:messages?|a week|per week|weekly))*$", words, re.I)
    return CapIs(n=int(counted["n"])) if counted else None


def _exchanged(match: re.Match[str]) -> Edit | None:
    """'5 instead of 3', 'change 3 workouts to 5': the number that stands there says which."""
    return Amount(words=_words(match), about=_words(match, "about"))


_EDITS: tuple[tuple[re.Pattern[str], Made], ...] = tuple(
    (re.compile(pattern, re.I | re.S), made)
    for pattern, made in (
        (
            rf"(?:remove|drop|delete|skip|no|without|get rid of|don'?t use)\s+{_THE}(?:a )?"
            r"(?:hold-?\s?outs?|control group)",
            lambda m: HoldOut(percent=0),
        ),
        (
            rf"(?:add|use|with|keep|include)?\s*(?:an? |the )?(?:hold-?\s?out|control group)\s*"
            rf"(?:of|at|to|:)?\s*(?P<w>{_NUMBER})\s*(?:%|percent)?(?:\s+of\s+\w+)?",
            lambda m: _held_out(_words(m)),
        ),
        (
            rf"(?:hold out|hold back|add|use|with|keep)\s+(?:an? |the )?(?P<w>{_NUMBER})\s*"
            r"(?:%|percent)(?:\s+(?:of\s+\w+(?:\s+as)?\s*)?(?:an? )?(?:hold-?\s?out"
            r"|control group)?)?",
            lambda m: _held_out(_words(m)),
        ),
        (
            rf"(?P<w>{_NUMBER})\s*(?:%|percent)\s*(?:hold-?\s?out)",
            lambda m: _held_out(_words(m)),
        ),
        (
            r"(?:swap|switch|exchange)\s+(?:the )?(?P<one>.+?)\s+(?:and|with"
            r"|for)\s+(?:the )?(?P<other>.+)",
            lambda m: Swap(one=_words(m, "one"), other=_words(m, "other")),
        ),
        (
            r"(?:put|move|place|rank|make)\s+(?:the )?(?P<w>.+?)\s+(?:(?:to|at|in) )?(?:the )?"
            r"(?:very )?(?P<place>first|top|front|start|beginning|last|bottom|end)(?: place"
            r"| position)?",
            lambda m: Put(what=_words(m), place=_end(m["place"])),
        ),
        (
            r"(?P<w>.+?)\s+(?:should |must |has to |needs to )?(?:comes?|goes?|go|be)\s+"
            r"(?P<place>first|last|at the end)",
            lambda m: Put(what=_words(m), place=_end(m["place"].split()[-1])),
        ),
        (
            r"(?:put|move|place|rank)\s+(?:the )?(?P<w>.+?)\s+(?:to )?(?P<place>before|above"
            r"|ahead of|over"
            r"|after|below|behind|under)\s+(?:the )?(?P<than>.+)",
            lambda m: Put(what=_words(m), place=_side(m["place"]), than=_words(m, "than")),
        ),
        (r"(?:call|name|rename)\s+(?:it|this|that)(?:\s+to|\s+as)?\s+(?P<w>.+)",
         lambda m: Rename(words=_words(m))),
        (r"(?:do not|don'?t|no longer|stop)\s+exclud(?:e|ing)\s+(?P<w>.+?)(?: any ?more)?",
         lambda m: Drop(words=_words(m))),
        (
            r"(?:also |and |but |additionally )*(?:exclude|leave out|omit|skip|without"
            r"|except(?: for)?"
            r"|excluding|not|but not|do not include|don'?t include|filter out|take out|keep out)"
            r"\s+(?P<w>.+?)(?: too| as well| also)?",
            lambda m: _left_out(_words(m)),
        ),
        (
            rf"(?:also |and )*(?:drop|remove|delete|lose|get rid of|ignore|forget"
            rf"|take away)\s+{_THE}"
            r"(?P<w>.+?)(?: again| entirely| altogether)?",
            lambda m: Drop(words=_words(m)),
        ),
        (
            rf"(?:make|set|change|extend|shorten)\s+{_THE}(?P<about>{_PERIOD})"
            r"(?P<w>\s+(?!of |for |on ).+)",
            lambda m: Period(words=re.sub(r"^\s*(?:to|be|at)\s+", "", m["w"]).strip()),
        ),
        (
            rf"(?:{_MAKE}|have)\s+(?P<about>it|that|this|them){_TO}\s+(?P<w>.+?)(?: instead)?",
            _made_into,
        ),
        (
            rf"{_MAKE}\s+(?:the |our |its )?(?P<about>.+?)(?: from .+?)?\s+(?:to|into|be"
            rf"|=)\s+(?P<w>.+?)"
            r"(?: instead)?",
            _made_into,
        ),
        (
            rf"{_MAKE}\s+(?:the |our |its )?(?P<about>hold-?\s?out|caps?|cooldown)\s+(?P<w>.+)",
            _made_into,
        ),
        (
            rf"(?:make|set)\s+(?:the |our |its )?(?P<about>[a-z][a-z _-]+?)\s+"
            rf"(?P<w>(?:{_COMPARED}\s+)?(?:{_NUMBER}|once|twice)"
            r"(?:\s+(?:times|days?|weeks?|%|percent))?)",
            _made_into,
        ),
        (rf"(?P<w>(?:{_COMPARED}\s+)?{_NUMBER}.*?),?\s+"
         r"(?:instead of|rather than|not)\s+(?P<about>.+)",
         _exchanged),
        (
            r"(?:only|just|restrict (?:it |this )?to|limit (?:it |this )?to|narrow (?:it "
            r"|this )?(?:down )?to"
            r"|target only|only target|only for|only to)\s+(?:for |to |by "
            r"|via )?(?P<w>.+?)(?: only)?",
            lambda m: _only(_words(m)),
        ),
        (
            r"(?:send (?:it|them) )?(?:send it by|send them by|via|through|over|use|use the"
            r"|send by|switch to)\s+(?P<w>[^,]+?"
            r"(?:(?:,| and| then|, then) [^,]+)*?)(?: only| instead| channel)?",
            lambda m: _through(_words(m)),
        ),
        (
            r"(?:also |and )*(?:break (?:it|that|this) down|split(?: it| that)?|group(?: it"
            r"| that)?|show it)?"
            r"\s*(?:by|per|for each)\s+(?P<w>.+)",
            lambda m: By(words=_words(m)),
        ),
        (
            r"(?:and )?(?:compare(?:d)?(?: it| that| this)? (?:with|to|against)|vs\.?|versus"
            r"|against)\s+(?P<w>.+)",
            lambda m: Against(words=_words(m)),
        ),
        (
            r"(?:and )?(?:the )?same(?: thing| question| rule)? (?:but )?for\s+(?P<w>.+)",
            lambda m: About(words=_words(m)),
        ),
        (
            r"(?:and|what about|how about|and what about|and how about|but)\s+(?:for |on |in |by )?"
            r"(?P<w>(?!if\b).+?)(?: instead| then)?",
            lambda m: _and(m[0], _words(m)),
        ),
        (
            r"(?:also|additionally)\s+(?P<verb>include|add|allow|let in|target|cover"
            r"|send it to)?\s*"
            r"(?:require (?:that (?:they|users) )?|ask for |they must )?(?P<w>.+)",
            lambda m: Widen(words=_words(m)) if m["verb"] else Require(words=_words(m)),
        ),
        (r"or(?: also)? (?P<w>.+)",
         lambda m: Widen(words=_words(m), sure=True)),
        (
            r"(?:include|add|allow|let in)\s+(?:the )?(?:people|users|those) (?P<w>(?:who|from"
            r"|on|with).+?)"
            r"(?: too| as well| also)?",
            lambda m: Widen(words="users " + _words(m), sure=True),
        ),
        (
            r"(?:require|they must(?: also)?(?: have)?|must(?: also)? have|who also"
            r"|who(?! should| gets?\b| qualif| is eligible| are eligible)|with|add (?:the |a )?"
            rf"{_CLAUSE}(?: that (?:they|users))?:?)\s+(?P<w>.+?)(?: too| as well| also)?",
            lambda m: Require(words=_words(m)),
        ),
        (r"(?:include|add|allow)\s+(?P<w>.+?)(?: too| as well| also)?",
         lambda m: Widen(words=_words(m))),
        (r"(?:for|on|in|to)\s+(?P<w>.+?)(?: only| instead)", lambda m: _only(_words(m))),
        (r"(?P<w>\S+(?: \S+){0,5}?)\s+(?:instead|only)", lambda m: _instead(_words(m))),
        (r"no\s+(?P<w>.+)", lambda m: _left_out(_words(m))),
        (rf"(?P<w>{_NUMBER}(?:\s\S+){{0,8}})", lambda m: _bare(_words(m))),
        (rf"(?P<w>{_COMPARED}\s+(?:{_NUMBER}|[a-z]+)\b.*)", lambda m: _bare(_words(m))),
        (
            r"(?P<w>(?:in |over |within |during |for )?(?:the )?(?:last|past) .+|since .+"
            r"|this (?:week|month|day))",
            lambda m: Period(words=_words(m)),
        ),
    )
)  # fmt: skip


def _end(word: str) -> str:
    return "first" if word.lower() in ("first", "top", "front", "start", "beginning") else "last"


def _side(word: str) -> str:
    return "before" if word.lower() in ("before", "above", "ahead of", "over") else "after"


def _left_out(words: str) -> Edit:
    """'without the pricing condition' drops a condition; 'without Brazil' leaves people out."""
    named = re.fullmatch(rf"(?:the |a |any )?(?P<w>.+?)\s+{_CLAUSE}", words, re.I)
    return Drop(words=words) if named else Exclude(words=words)


def _in_time(words: str) -> bool:
    return bool(re.match(r"(?:the )?(?:last|past|this)\b", words, re.I))


def _through(words: str) -> Edit:
    return Period(words=words) if _in_time(words) else Through(words=words)


def _only(words: str) -> Edit:
    if _in_time(words):
        return Period(words=words)
    return _bare(words) or About(words=words) if re.match(_NUMBER, words) else About(words=words)


def _instead(words: str) -> Edit:
    counted = re.match(rf"(?:{_COMPARED}\s+)?{_NUMBER}\b", words, re.I)
    return Amount(words=words) if counted else _only(words)


def _and(said: str, words: str) -> Edit | None:
    """'and for Android?' asks the same of others; 'and viewed pricing' asks more of the same."""
    if re.match(r"(?:and|but)\s+(?!(?:what|how) about|for |on |in )", said, re.I):
        return Require(words=words)
    return _only(words)


_SPLIT = re.compile(
    r"(?:\s*[,;]\s*(?:and |then |also |but )*|\s+(?:and|then|but)\s+(?:also |then )?)"
    r"(?=(?:exclude|leave out|drop|remove|make it|change the|set the|add a|swap|put|only"
    r"|limit it|hold out"
    r"|use|raise|lower|call it|rename|require)\b)",
    re.I,
)


def stripped(prompt: str) -> str:
    """A text without the words around what is asked: please, then, instead of nothing."""
    text = re.sub(r"\s+", " ", prompt.replace("’", "'")).strip()
    text = _TAIL.sub("", text)
    return _LEAD.sub("", text).strip() or text


_OWN = re.compile(
    r"(?:create|define|build|draft|write|generate|set ?up|give me|show|prioriti[sz]e|rank|decide"
    r"|who should"
    r"|how many|count|target(?! only)|send (?!it\b|them\b|to\b|by\b|for\b)|e-?mail|message|nudge"
    r"|notify"
    r"|invite|i (?:want|need))\b",
    re.I,
)
"""How a prompt of its own begins."""


def edits(text: str) -> tuple[Edit, ...]:
    """The changes of a text, each part read whole; empty when it is none."""
    if _OWN.match(text) and not re.match(
        r"rank .+ (?:first|last|before|after|above|below)\b", text, re.I
    ):
        return ()
    parts = _SPLIT.split(text)
    if len(parts) > 1:
        several = [_edit(part) for part in parts]
        if all(several):
            return tuple(one for one in several if one is not None)
    one = _edit(text)
    return (one,) if one is not None else ()


def _edit(text: str) -> Edit | None:
    said = stripped(text)
    for pattern, made in _EDITS:
        match = pattern.fullmatch(said)
        if match is not None and (found := made(match)) is not None:
            return found
    return None
