"""Places and comparisons of messages in any words of ranking, put as 'A is first', 'A over B'.

What stands around a message is read as its place only where every word of it is one of ranking:
'the second slot belongs to A', 'A sits somewhere in the middle', 'our lowest priority is A'.
"""

from __future__ import annotations

from itertools import pairwise

from agent.planners.grammar.mentions import Mention, mention_at
from agent.planners.grammar.order_wording import name, replaced
from agent.planners.grammar.outline_words import ENDS
from agent.planners.grammar.rewording import word
from agent.planners.grammar.words import ARTICLES, Text, Token

_PLACES = {
    **dict.fromkeys(
        "leads heads tops top highest first uppermost main primary foremost hero lead "
        "number-one winner 1st "
        "premier leading".split(), "first",
    ),
    **dict.fromkeys("second secondary runner-up 2nd".split(), "second"),
    **dict.fromkeys("third tertiary 3rd".split(), "third"), "fourth": "fourth", "fifth": "fifth",
    **dict.fromkeys(
        "rear lowest last bottom least final lowermost fallback backup lastly weakest filler "
        "catch-all".split(), "last",
    ),
    **dict.fromkeys("middle medium between".split(), "between"),
}  # fmt: skip
_NOUNS = frozenset(
    "preference precedence everything both priority prio place tier rank choice spot level "
    "slot position step pick message list pile "
    "importance option line thing end top bottom middle seat pole queue stack order ranking row "
    "option candidate resort everything others rest else message's".split()
)
_VERBS = frozenset(
    "put given handled is are be goes go comes come sits sit stands stand belongs belong "
    "ranks rank takes take gets "
    "get has have holds hold occupies occupy deserves deserve lands land stays stay follows put "
    "place leads lead bringing brings up starts wins win fits slots gives matters matter "
    "counts count treat treated "
    "remains remain appears shall should must will can would may opens closes kicks bats".split()
)
_AROUND = frozenset(
    "the a an our my as at in on with of and very absolute its to always then still right "
    "somewhere "
    "simply just clearly please here there two them both these all next by far most what which "
    "that , : = - – — it out we want put up off in-between definitely naturally really also "
    "being down however though obviously whichever one only number no nr plan two three four 1 2 3 "
    "4 b c".split()
)
_SPEECH = frozenset({*_PLACES, *_NOUNS, *_VERBS, *_AROUND})
_OPENS = frozenset(
    {*ENDS, ",", "and", "but", "while", "whereas", "(", ":", "then", "•", "*", "-", ")"}
)
_CLOSES = frozenset({*ENDS, ",", "(", ")", ":", "for", "who", "if", "when", "whenever", "with",
                     "whose", "where", "while", "and", "but", "until", "unless", ""})  # fmt: skip
_EMPTY = frozenset("the a an our my please then and but so next".split())


def placed(text: Text, found: list[Mention]) -> Text:
    """'Second slot: A', 'A sits in the middle', 'what matters most is A': A is first, last, …."""
    for k, mention in enumerate(found):
        low = found[k - 1][1] if k else 0
        high = found[k + 1][0] if k + 1 < len(found) else len(text)
        begin, end = _left(text, mention[0], low), _right(text, mention[1], high)
        aside = _aside(text, mention[1]) if end == mention[1] else None
        if aside is not None:
            moved = _after_aside(text, (begin, *mention[:2]), aside, high)
            if moved is not None:
                return moved
        before = [text.low(i) for i in range(begin, mention[0])]
        after = [text.low(i) for i in range(mention[1], end)]
        place = _place(before, after)
        if place is None or (before + after) == ["is", place]:
            continue
        new = [*name(text, mention), word(text[mention[0]], "is"), word(text[mention[0]], place)]
        return replaced(text, begin, end, new)
    return text


def _aside(text: Text, i: int) -> int | None:
    """Where a parenthesis at an index ends."""
    if text.low(i) != "(":
        return None
    return next((k + 1 for k in range(i, len(text)) if text.low(k) == ")"), None)


def _after_aside(text: Text, named: tuple[int, int, int], aside: int, high: int) -> Text | None:
    """'Put A (who …) at the bottom of the pile': A is last (who …)."""
    begin, start, stop = named
    end = _right(text, aside, high)
    before = [text.low(i) for i in range(begin, start)]
    place = _place(before, [text.low(i) for i in range(aside, end)]) if end > aside else None
    if place is None:
        return None
    said = [*text.tokens[start:stop], word(text[stop], "is"), word(text[stop], place)]
    return replaced(text, begin, end, [*said, *text.tokens[stop:aside]])


def _left(text: Text, start: int, low: int) -> int:
    """Where the words of ranking before a message begin; its start where others stand there."""
    i = start
    while i > low and text.low(i - 1) in _SPEECH and text.low(i - 1) not in _OPENS - {"and", ":"}:
        i -= 1
    while i < start and text.low(i) in ("and", ":", ",", "then"):
        i += 1
    return i if i == 0 or text.low(i - 1) in _OPENS | {"then"} else start


def _right(text: Text, end: int, high: int) -> int:
    """Where the words of ranking after a message end; its end where others follow them."""
    i = end + (text.low(end) == "," and text.low(end + 1) in ("which", "that"))
    if i > end and text.low(i + 1) not in _VERBS:
        return end
    while i < high and text.low(i) in _SPEECH and text.low(i) not in _CLOSES:
        i += 1
    return i if text.low(i) in _CLOSES and mention_at([], i) is None else end


def _place(before: list[str], after: list[str]) -> str | None:
    """The one place that the words tell; None for a bare 'first A', which is one already."""
    said = [*before, *after]
    told = {_PLACES[low] for low in said if low in _PLACES}
    lead = [low for low in before if low not in ARTICLES]
    if lead[-1:] == ["to"] and not told and not after and _PREFERRED & {*before}:
        return "first"
    counted = _counted(said)
    if counted is not None and not told:
        return counted
    if "most" in said and not told and set(said) & {"matters", "matter", "important", "counts"}:
        told = {"first"}
    if told == {"first", "last"} and {"end", "bottom"} & set(said):
        return None
    if len(told) != 1 or "not" in said:
        return None
    rest = [low for low in said if low not in _PLACES and low not in _EMPTY]
    within = set(rest) & (_NOUNS | _VERBS | {":", "="})
    others = set(said) & {"else", "everything", "others", "rest", "both"}
    if not within or (others and told != {"between"}):
        return None
    return told.pop()


_PREFERRED = frozenset("preference precedence priority".split())
_NUMBERED = frozenset("number no nr position place spot slot rank priority prio plan tier".split())
_COUNTS = {
    **dict.fromkeys(("one", "1", "a"), "first"), **dict.fromkeys(("two", "2", "b"), "second"),
    **dict.fromkeys(("three", "3", "c"), "third"), **dict.fromkeys(("four", "4"), "fourth"),
}  # fmt: skip


def _counted(said: list[str]) -> str | None:
    """'number two', 'plan B': the place that a count tells; None where none or several do."""
    found = [
        _COUNTS[low] for before, low in pairwise(said) if before in _NUMBERED and low in _COUNTS
        and (low not in "abc" or before == "plan")
    ]  # fmt: skip
    return found[0] if len(found) == 1 and not {"above", "below", "everything"} & {*said} else None


_ABOVE = frozenset(
    "before over above beats beat ahead outranks outrank precedes precede trumps trump preceding "
    "prior overrules overrides supersedes prevails outweighs higher tops".split()
)
_BELOW = frozenset(
    "after below behind under beneath underneath lower loses lose yields yield follows "
    "following defers subordinate inferior outranked beaten trumped preceded overruled "
    "superseded".split()
)
_TURNING = frozenset("outranked beaten trumped preceded overruled superseded".split())
_LINKING = frozenset(
    "is are be being should must shall will would can may has have had to always only ever given "
    "gets get takes take priority precedence preference comes come goes go placed put ranked rank "
    "ranks sent served shown considered treated than of the a an our right directly "
    "immediately just clearly in by against out from on first importance hierarchy "
    "wait waits queue queues line in standing sits sit stands stand belongs belong wins win "
    "position directly straight "
    "preferred favoured favored chosen picked handled , we want it tier tiers level one "
    "step".split()
)


def related(text: Text, found: list[Mention]) -> Text:
    """'A is to be given priority over B', 'A should always come right after B': A over, after B."""
    for first, second in pairwise(found):
        between = [text.low(i) for i in range(first[1], second[0])]
        keys = [low for low in between if low in _ABOVE | _BELOW]
        if first[2] == second[2] or len(between) < 2 or not compares(between):
            continue
        if between[0] == "," or _parted(between):
            continue
        low = "over" if keys[0] in _ABOVE else "after"
        start = second[0]
        while text.low(start - 1) in ARTICLES:
            start -= 1
        if [one for one in between if one not in ARTICLES] == [low]:
            continue
        return replaced(text, first[1], second[0], [word(text[first[1]], low)])
    return text


def compares(said: list[str]) -> bool:
    """Whether words say nothing but that one message stands over or below another."""
    keys = [low for low in said if low in _ABOVE | _BELOW]
    return len(keys) == 1 and all(low in _LINKING for low in said if low not in keys)


def _parted(between: list[str]) -> bool:
    """'A first, before B': a comma before anything but an article says more than one thing."""
    return "," in between


_BOTH = (
    ("both", "of", "them"), ("both", "of", "these"), ("both", "messages"), ("both",), ("they",
    "both"),
    ("all", "of", "them"), ("all", "others"), ("the", "others"), ("everything", "else"),
    ("the", "other", "two"), ("these", "two"), ("those", "two"), ("the", "rest"), ("all", "the",
    "others"), ("the", "other", "messages"), ("all", "other", "messages"), ("everything",),
)  # fmt: skip


def all_related(text: Text, found: list[Mention]) -> Text:
    """'Both of them lose to A', 'everything else comes after A': A is before all others."""
    for mention in found:
        begin = max((k + 1 for k in range(mention[0]) if text.low(k) in _OPENS), default=0)
        words = next((w for w in sorted(_BOTH, key=len, reverse=True) if text.has(begin, *w)), None)
        if words is None or text.low(mention[1]) not in (*ENDS, "", ",", "and", "but"):
            continue
        between = [text.low(k) for k in range(begin + len(words), mention[0])]
        if not compares(between) or not _are_the_others(words, mention, found, begin):
            continue
        low = "last" if {*between} & _ABOVE else "first"
        new = [*name(text, mention), word(text[begin], "is"), word(text[begin], low)]
        return replaced(text, begin, mention[1], new)
    return text


def _are_the_others(
    words: tuple[str, ...], mention: Mention, found: list[Mention], begin: int
) -> bool:
    """Whether 'both' are the only other two messages, and 'everything else' all others."""
    others = {m[2] for m in found} - {mention[2]}
    before = {m[2] for m in found if m[1] <= begin} - {mention[2]}
    two = {"both", "two"} & {*words}
    return others == before if not two else len(others) == 2 and others == before


_FORMER = {"former": 0, "latter": 1}


def former_and_latter(text: Text, found: list[Mention]) -> Text:
    """'The former goes before the latter': the two messages named last before it."""
    for i in range(1, len(text)):
        if text.low(i) not in _FORMER or text.low(i - 1) != "the":
            continue
        two = _two_before(i, found)
        if two is None:
            continue
        meant = two[_FORMER[text.low(i)]]
        return replaced(text, i - 1, i + 1, name(text, meant))
    return text


def _two_before(i: int, found: list[Mention]) -> tuple[Mention, Mention] | None:
    """The last two different messages before an index, in the order in which they stand."""
    earlier = [m for m in found if m[1] <= i]
    if len(earlier) < 2:
        return None
    keys = {m[2] for m in earlier}
    last = earlier[-1]
    other = next((m for m in reversed(earlier) if m[2] != last[2]), None)
    if other is None:
        return None
    if len(keys) == 2:
        firsts: dict[str, Mention] = {}
        for one in earlier:
            firsts.setdefault(one[2], one)
        one, two = firsts.values()
        return one, two
    return other, last


def tokens_of(text: Text, keys: list[str], found: list[Mention], place: Token) -> list[Token]:
    """The names of several messages, joined by 'and'."""
    tokens: list[Token] = []
    for key in keys:
        mention = next(m for m in found if m[2] == key)
        tokens += [word(place, "and")] if tokens else []
        tokens += name(text, mention)
    return tokens
