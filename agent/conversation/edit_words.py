"""The words of a change, sorted out: which kind of change 'make it …' or 'only …' is."""

from __future__ import annotations

import re

from agent.conversation.kinds import (
    About,
    Amount,
    CapIs,
    Drop,
    Edit,
    Exclude,
    HoldOut,
    Period,
    Rename,
    Require,
    Through,
)  # fmt: skip

THE = r"(?:the |our |its |this |that |these |those )?"
TO = r"(?: to| at(?! least| most)| be| =|:)?"
NUMBER = r"\d[\d.,]*"
CLAUSE = (
    r"(?:conditions?|clauses?|requirements?|filters?|criteri(?:on|a)|restrictions?|limits?|parts?"
    r"|bits?|exclusions?|suppressions?|stop conditions?|entry|entries|steps?)"
)
PERIOD = r"(?:windows?|time ?windows?|periods?|time ?frames?|look-?backs?|date ranges?|ranges?)"
COMPARED = (
    r"(?:at least|at most|more than|less than|fewer than|exactly|no more than|no fewer than|up to"
    r"|over|under|above|below|only|just)"
)
MAKE = (
    r"(?:make|set|change|raise|lower|increase|decrease|reduce|bump|move|cut|extend|shorten|update)"
)


def named(match: re.Match[str], name: str = "w") -> str:
    """What a group of a pattern holds, without marks around it."""
    return (match[name] or "").strip(" ,;:.'\"")


def made_into(match: re.Match[str]) -> Edit | None:
    """'change the window to 14 days', 'set workouts to 5', 'make the holdout 20 %'."""
    about, words = named(match, "about"), named(match)
    if re.fullmatch(r"(?:it|that|this|them)", about, re.I):
        return bare(words)
    if re.search(r"\bhold-?\s?outs?\b|\bcontrol group\b", about, re.I):
        return held_out(words)
    if re.search(r"\bcaps?\b", about, re.I):
        return cap(words)
    if re.fullmatch(r"channels?", about, re.I):
        return Through(words=words)
    if re.fullmatch(r"(?:name|title)", about, re.I):
        return Rename(words=words)
    period = re.fullmatch(
        rf"(?:(?P<before>.*?)\s*\b)?{PERIOD}(?:\s+(?:of|for|on)\s+(?P<after>.+))?", about, re.I
    )
    if period:
        of = (period["before"] or "") + " " + (period["after"] or "")
        return Period(words=words, about=re.sub(r"\b(?:time|the)\b", "", of).strip())
    return Amount(words=words, about=about)


def bare(words: str) -> Edit | None:
    """'make it …': a number, a period, a share, or who it is for."""
    if re.fullmatch(
        rf"(?:{COMPARED}\s+)?{NUMBER}\s*(?:%|percent)(?:\s+hold-?\s?out)?", words, re.I
    ):
        return held_out(words)
    if re.match(
        r"(?:in|over|within|during|for)?\s*(?:the )?(?:last|past|this)\b|since\b", words, re.I
    ):
        return Period(words=words)
    counted = re.match(rf"(?:{COMPARED}\s+)?(?:{NUMBER}|[a-z]+)\b", words, re.I)
    only = re.match(r"only\s+(?:for\s+)?(?P<w>[a-z].*)|for\s+(?P<v>.+)", words, re.I)
    if only and not re.match(rf"(?:only\s+)?{NUMBER}", words, re.I):
        return About(words=only["w"] or only["v"])
    return Amount(words=words) if counted else None


def held_out(words: str) -> Edit | None:
    """A share that is held out."""
    share = re.fullmatch(rf"(?P<n>{NUMBER})\s*(?:%|percent)?.{{0,20}}", words, re.I)
    if share is None or float(share["n"].replace(",", "")) > 100:
        return None
    return HoldOut(percent=float(share["n"].replace(",", "")))


def cap(words: str) -> Edit | None:
    """So many messages at most."""
    counted = re.match(r"(?P<n>\d+)\b(?:\s+(?:messages?|a week|per week|weekly))*$", words, re.I)
    return CapIs(n=int(counted["n"])) if counted else None


def exchanged(match: re.Match[str]) -> Edit | None:
    """'5 instead of 3', 'change 3 workouts to 5': the number that stands there says which."""
    return Amount(words=named(match), about=named(match, "about"))


def end_of(word: str) -> str:
    """Which end of an order a word names."""
    return "first" if word.lower() in ("first", "top", "front", "start", "beginning") else "last"


def side_of(word: str) -> str:
    """Which side of another entry a word names."""
    return "before" if word.lower() in ("before", "above", "ahead of", "over") else "after"


def left_out(words: str) -> Edit:
    """'without the pricing condition' drops a condition; 'without Brazil' leaves people out."""
    named = re.fullmatch(rf"(?:the |a |any )?(?P<w>.+?)\s+{CLAUSE}", words, re.I)
    return Drop(words=words) if named else Exclude(words=words)


def gone(words: str) -> Edit:
    """'remove users from Brazil' leaves people out; 'remove the pricing condition' drops it."""
    people = re.match(r"(?:users|people|customers|members|everyone|anyone|those)\b", words, re.I)
    return Exclude(words=words) if people else Drop(words=words)


def in_time(words: str) -> bool:
    """Whether words are a period."""
    return bool(re.match(r"(?:the )?(?:last|past|this)\b", words, re.I))


def through(words: str) -> Edit:
    """By other channels; a period begins alike."""
    return Period(words=words) if in_time(words) else Through(words=words)


def only(words: str) -> Edit:
    """For these instead, or in this period, or so often."""
    if in_time(words):
        return Period(words=words)
    return bare(words) or About(words=words) if re.match(NUMBER, words) else About(words=words)


def instead(words: str) -> Edit:
    """'5 workouts instead', 'Android instead'."""
    counted = re.match(rf"(?:{COMPARED}\s+)?{NUMBER}\b", words, re.I)
    return Amount(words=words) if counted else only(words)


def and_for(said: str, words: str) -> Edit | None:
    """'and for Android?' asks the same of others; 'and viewed pricing' asks more of the same."""
    if re.match(r"(?:and|but)\s+(?!(?:what|how) about|for |on |in )", said, re.I):
        return Require(words=words)
    return only(words)
