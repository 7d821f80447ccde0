"""How people word a change of a draft: patterns over a whole text, each making one kind of change.

Every pattern covers all of the text, so no word of it is passed over: what the groups
hold is read completely later, or asked back. The first pattern that fits is meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from agent.conversation.edit_words import (
    CLAUSE,
    COMPARED,
    MAKE,
    NUMBER,
    PERIOD,
    THE,
    TO,
    and_for,
    bare,
    end_of,
    exchanged,
    gone,
    held_out,
    instead,
    left_out,
    made_into,
    named,
    only,
    side_of,
    through,
)
from agent.conversation.kinds import (
    About,
    Against,
    By,
    Drop,
    Edit,
    HoldOut,
    Period,
    Put,
    Rename,
    Require,
    Swap,
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
Made = Callable[[re.Match[str]], Edit | None]


_EDITS: tuple[tuple[re.Pattern[str], Made], ...] = tuple(
    (re.compile(pattern, re.I | re.S), made)
    for pattern, made in (
        (
            rf"(?:remove|drop|delete|skip|no|without|get rid of|don'?t use)\s+{THE}(?:a )?"
            r"(?:hold-?\s?outs?|control group)",
            lambda m: HoldOut(percent=0),
        ),
        (
            rf"(?:add|use|with|keep|include)?\s*(?:an? |the )?(?:hold-?\s?out|control group)\s*"
            rf"(?:of|at|to|:)?\s*(?P<w>{NUMBER})\s*(?:%|percent)?(?:\s+of\s+\w+)?",
            lambda m: held_out(named(m)),
        ),
        (
            rf"(?:hold out|hold back|add|use|with|keep)\s+(?:an? |the )?(?P<w>{NUMBER})\s*"
            r"(?:%|percent)(?:\s+(?:of\s+\w+(?:\s+as)?\s*)?(?:an? )?(?:hold-?\s?out"
            r"|control group)?)?",
            lambda m: held_out(named(m)),
        ),
        (
            rf"(?P<w>{NUMBER})\s*(?:%|percent)\s*(?:hold-?\s?out)",
            lambda m: held_out(named(m)),
        ),
        (
            r"(?:swap|switch|exchange)\s+(?:the )?(?P<one>.+?)\s+(?:and|with"
            r"|for)\s+(?:the )?(?P<other>.+)",
            lambda m: Swap(one=named(m, "one"), other=named(m, "other")),
        ),
        (
            r"(?:put|move|place|rank|make)\s+(?:the )?(?P<w>.+?)\s+(?:(?:to|at|in) )?(?:the )?"
            r"(?:very )?(?P<place>first|top|front|start|beginning|last|bottom|end)(?: place"
            r"| position)?",
            lambda m: Put(what=named(m), place=end_of(m["place"])),
        ),
        (
            r"(?P<w>.+?)\s+(?:should |must |has to |needs to )?(?:comes?|goes?|go|be)\s+"
            r"(?P<place>first|last|at the end)",
            lambda m: Put(what=named(m), place=end_of(m["place"].split()[-1])),
        ),
        (
            r"(?:put|move|place|rank)\s+(?:the )?(?P<w>.+?)\s+(?:to )?(?P<place>before|above"
            r"|ahead of|over"
            r"|after|below|behind|under)\s+(?:the )?(?P<than>.+)",
            lambda m: Put(what=named(m), place=side_of(m["place"]), than=named(m, "than")),
        ),
        (r"(?:call|name|rename)\s+(?:it|this|that)(?:\s+to|\s+as)?\s+(?P<w>.+)",
         lambda m: Rename(words=named(m))),
        (r"(?:do not|don'?t|no longer|stop)\s+exclud(?:e|ing)\s+(?P<w>.+?)(?: any ?more)?",
         lambda m: Drop(words=named(m))),
        (
            r"(?:also |and |but |additionally )*(?:exclude|leave out|omit|skip|without"
            r"|except(?: for)?"
            r"|excluding|(?:but )?not(?! only)"
            r"|do not include|don'?t include|filter out|take out|keep out)"
            r"\s+(?P<w>.+?)(?: too| as well| also)?",
            lambda m: left_out(named(m)),
        ),
        (
            rf"(?:also |and )*(?:drop|remove|delete|lose|get rid of|ignore|forget"
            rf"|take away)\s+{THE}"
            r"(?P<w>.+?)(?: again| entirely| altogether)?",
            lambda m: gone(named(m)),
        ),
        (
            rf"(?:make|set|change|extend|shorten)\s+{THE}(?P<about>{PERIOD})"
            r"(?P<w>\s+(?!of |for |on ).+)",
            lambda m: Period(words=re.sub(r"^\s*(?:to|be|at)\s+", "", m["w"]).strip()),
        ),
        (
            rf"(?:{MAKE}|have)\s+(?P<about>it|that|this|them){TO}\s+(?P<w>.+?)(?: instead)?",
            made_into,
        ),
        (
            rf"{MAKE}\s+(?:the |our |its )?(?P<about>.+?)(?: from .+?)?\s+(?:to|into|be"
            rf"|=)\s+(?P<w>.+?)"
            r"(?: instead)?",
            made_into,
        ),
        (
            rf"{MAKE}\s+(?:the |our |its )?(?P<about>hold-?\s?out|caps?|cooldown)\s+(?P<w>.+)",
            made_into,
        ),
        (
            rf"(?:make|set)\s+(?:the |our |its )?(?P<about>[a-z][a-z _-]+?)\s+"
            rf"(?P<w>(?:{COMPARED}\s+)?(?:{NUMBER}|once|twice)"
            r"(?:\s+(?:times|days?|weeks?|%|percent))?)",
            made_into,
        ),
        (rf"(?P<w>(?:{COMPARED}\s+)?{NUMBER}.*?),?\s+"
         r"(?:instead of|rather than|not)\s+(?P<about>.+)",
         exchanged),
        (
            r"(?:only|just|restrict (?:it |this )?to|limit (?:it |this )?to|narrow (?:it "
            r"|this )?(?:down )?to"
            r"|target only|only target|only for|only to)\s+(?:for |to |by "
            r"|via )?(?P<w>.+?)(?: only)?",
            lambda m: only(named(m)),
        ),
        (
            r"(?:send (?:it|them) )?(?:send it by|send them by|via|through|over|use|use the"
            r"|send by|switch to)\s+(?P<w>[^,]+?"
            r"(?:(?:,| and| then|, then) [^,]+)*?)(?: only| instead| channel)?",
            lambda m: through(named(m)),
        ),
        (
            r"(?:also |and )*(?:break (?:it|that|this) down|split(?: it| that)?|group(?: it"
            r"| that)?|show it)?"
            r"\s*(?:by|per|for each)\s+(?P<w>.+)",
            lambda m: By(words=named(m)),
        ),
        (
            r"(?:and )?(?:compare(?:d)?(?: it| that| this)? (?:with|to|against)|vs\.?|versus"
            r"|against)\s+(?P<w>.+)",
            lambda m: Against(words=named(m)),
        ),
        (
            r"(?:and )?(?:the )?same(?: thing| question| rule)? (?:but )?for\s+(?P<w>.+)",
            lambda m: About(words=named(m)),
        ),
        (
            r"(?:and|what about|how about|and what about|and how about|but)\s+(?:for |on |in |by )?"
            r"(?P<w>(?!if\b).+?)(?: instead| then)?",
            lambda m: and_for(m[0], named(m)),
        ),
        (
            r"(?:also|additionally)\s+(?P<verb>include|add|allow|let in|target|cover"
            r"|send it to)?\s*"
            r"(?:require (?:that (?:they|users) )?|ask for |they must )?(?P<w>.+)",
            lambda m: Widen(words=named(m)) if m["verb"] else Require(words=named(m)),
        ),
        (r"or(?: also)? (?P<w>.+)",
         lambda m: Widen(words=named(m), sure=True)),
        (
            r"(?:include|add|allow|let in)\s+(?:the )?(?:people|users|those) (?P<w>(?:who|from"
            r"|on|with).+?)"
            r"(?: too| as well| also)?",
            lambda m: Widen(words="users " + named(m), sure=True),
        ),
        (
            r"(?:require|they must(?: also)?(?: have)?|must(?: also)? have|who also"
            r"|who(?! should| gets?\b| qualif| is eligible| are eligible)|with|add (?:the |a )?"
            rf"{CLAUSE}(?: that (?:they|users))?:?)\s+(?P<w>.+?)(?: too| as well| also)?",
            lambda m: Require(words=named(m)),
        ),
        (r"(?:include|add|allow)\s+(?P<w>.+?)(?: too| as well| also)?",
         lambda m: Widen(words=named(m))),
        (r"(?:for|on|in|to)\s+(?P<w>.+?)(?: only| instead)", lambda m: only(named(m))),
        (r"(?P<w>\S+(?: \S+){0,5}?)\s+(?:instead|only)", lambda m: instead(named(m))),
        (r"(?P<w>\S+(?: \S+){0,5}?)\s+(?:too|as well)", lambda m: Widen(words=named(m))),
        (r"no\s+(?P<w>.+)", lambda m: left_out(named(m))),
        (rf"(?P<w>{NUMBER}(?:\s\S+){{0,8}})", lambda m: bare(named(m))),
        (rf"(?P<w>{COMPARED}\s+(?:{NUMBER}|[a-z]+)\b.*)", lambda m: bare(named(m))),
        (
            r"(?P<w>(?:in |over |within |during |for )?(?:the )?(?:last|past) .+|since .+"
            r"|this (?:week|month|day))",
            lambda m: Period(words=named(m)),
        ),
    )
)  # fmt: skip


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
