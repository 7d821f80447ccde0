"""Places said before or after a message, put as 'A is first', 'A is between', 'A is last'."""

from __future__ import annotations

from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.mentions import Mention
from agent.planners.grammar.order_wording import mark, name, replaced
from agent.planners.grammar.outline_words import ENDS
from agent.planners.grammar.rewording import word
from agent.planners.grammar.words import ARTICLES, Text, Token

_PLACES = {
    **dict.fromkeys(("top", "highest", "first", "uppermost", "main", "primary", "utmost"), "first"),
    **dict.fromkeys(("most", "absolute", "foremost"), "first"),
    **dict.fromkeys(("second", "secondary"), "second"),
    **dict.fromkeys(("third", "tertiary"), "third"), "fourth": "fourth", "fifth": "fifth",
    **dict.fromkeys(("lowest", "last", "bottom", "least", "final", "lowermost"), "last"),
    **dict.fromkeys(("middle", "medium", "between"), "between"),
}  # fmt: skip
_KINDS = frozenset(
    "priority prio place tier rank choice spot level slot position step pick one message of all "
    "most list importance important option in line thing them".split()
)
_LINKS = frozenset("is are goes go to belongs comes should be must will : = - – — for".split())
_HAVING = frozenset(
    "has have gets get takes take deserves holds occupies comes come is are".split()
)
_BEFORE = frozenset("the a our as at in on with of and very absolute its".split())
_STARTS = frozenset({*ENDS, ",", "and", "with", "but", ":", "while", "then", "(", "-", "•", "*"})


def place_first(text: Text, found: list[Mention]) -> Text:
    """'Top priority is A', 'the lowest: A', 'second place goes to A': A is first, last, second."""
    for mention in found:
        k = mention[0]
        while text.low(k - 1) in ARTICLES:
            k -= 1
        link = k
        while text.low(link - 1) in _LINKS and link > 0:
            link -= 1
        noun = link
        while text.low(noun - 1) in _KINDS and text.low(noun - 1) not in _PLACES and noun > 0:
            noun -= 1
        place = _PLACES.get(text.low(noun - 1)) if noun > 0 else None
        if place is None or (link == k and noun == link):
            continue
        start = noun - 1
        while start > 0 and text.low(start - 1) in _BEFORE - {"and", "with"}:
            start -= 1
        if start > 0 and text.low(start - 1) not in _STARTS:
            continue
        new = [*name(text, mention), word(text[k], "is"), word(text[k], place)]
        return replaced(text, start, mention[1], new)
    return text


def place_after(text: Text, found: list[Mention]) -> Text:
    """'A has top priority', 'A takes second place', 'A has priority': A is first, second."""
    for mention in found:
        k = mention[1]
        while text.low(k) in ("should", "must", "always", "will"):
            k += 1
        if text.low(k) not in _HAVING:
            continue
        k += 1
        while text.low(k) in _BEFORE:
            k += 1
        place = _PLACES.get(text.low(k))
        end = k + (place is not None)
        while text.low(end) in ("priority", "prio", "place", "spot", "rank", "position", "slot"):
            end += 1
        alone = place is None and text.low(k) in ("priority", "precedence")
        if alone:
            place, end = "first", k + 1
        nouns = end > k + (not alone)
        if place is None or not nouns or text.low(end) not in _CLOSING:
            continue
        new = [word(text[k], "is"), word(text[k], place)]
        return replaced(text, mention[1], end, new)
    return text


_CLOSING = frozenset({*ENDS, ",", "and", "but", "while", "for", "if", "when", "(", ")", "", "with"})


def back_seat(text: Text, found: list[Mention]) -> Text:
    """'A takes a back seat to B', 'A comes second to B', 'A is second to B': A after B."""
    shapes = (
        ("takes", "a", "back", "seat", "to"), ("take", "a", "back", "seat", "to"),
        ("plays", "second", "fiddle", "to"), ("comes", "second", "to"), ("is", "second", "to"),
        ("comes", "in", "second", "to"), ("has", "to", "wait", "for"), ("steps", "back", "for"),
        ("steps", "aside", "for"), ("step", "aside", "for"), ("has", "to", "give", "way", "to"),
        ("must", "give", "way", "to"), ("cedes", "to"), ("bows", "to"), ("comes", "only", "after"),
        ("goes", "only", "after"), ("only", "comes", "after"), ("must", "come", "after"),
        ("has", "to", "come", "after"), ("is", "subordinate", "to"), ("is", "secondary", "to"),
        ("is", "inferior", "to"), ("must", "not", "come", "before"), ("must", "yield", "to"),
        ("ranks", "lower", "than"), ("rank", "lower", "than"), ("is", "ranked", "below"),
        ("is", "placed", "below"), ("stands", "below"), ("is", "under"), ("ranks", "under"),
    )  # fmt: skip
    ups = (
        ("must", "come", "before"), ("has", "to", "come", "before"), ("must", "beat"),
        ("has", "to", "beat"), ("must", "precede"), ("edges", "out"), ("bests",), ("has", "the",
        "edge", "over"), ("is", "favoured", "over"), ("is", "favored", "over"), ("is", "chosen",
        "over"), ("is", "placed", "above"), ("stands", "above"), ("is", "worth", "more", "than"),
        ("always", "beats"), ("should", "always", "beat"), ("shall", "beat"), ("will", "beat"),
        ("is", "placed", "before"), ("is", "given", "priority", "over"), ("wins", "out", "over"),
        ("is", "preferred", "over"), ("must", "go", "before"), ("should", "rank", "above"),
        ("is", "handled", "before"), ("always", "comes", "before"), ("always", "goes", "before"),
        ("should", "be", "sent", "before"), ("is", "sent", "before"), ("is", "above"),
        ("should", "always", "come", "before"), ("rank", "higher", "than"), ("go", "above"),
        ("should", "get", "priority", "over"), ("deserves", "priority", "over"),
    )  # fmt: skip
    for mention in found:
        for group, low in ((shapes, "after"), (ups, "over")):
            for words in group:
                if text.has(mention[1], *words):
                    end = mention[1] + len(words)
                    return replaced(text, mention[1], end, [word(text[mention[1]], low)])
    return text


def both_apply(text: Text, found: list[Mention]) -> Text:
    """'If both apply, send A', 'A and B compete: A wins', 'between A and B, A wins': A over B."""
    begin = 0
    for end in (k for k in range(len(text) + 1) if k == len(text) or text.low(k) in ENDS | {":"}):
        ruled = _ruled(text, begin, end, found)
        if ruled is not None:
            return ruled
        begin = end + 1
    return text


_RIVALRY = frozenset("well both several compete competes conflict clash collide tie between "
                     "versus vs against overlap two multiple either".split())  # fmt: skip
_NEUTRAL = _RIVALRY | frozenset(
    "if when whenever should where in case of the event a an user users someone somebody they "
    "customer customers viewer viewers member members people person could would can may might get "
    "gets receive be is are due for eligible qualify qualifies qualified apply applies match "
    "matches and or at same time once more than one them these our let us for to each other with "
    "messages message case cases there choosing deciding choice decision decide choose up come "
    "comes down , ' be as is are would could".split()
)


def _ruled(text: Text, begin: int, end: int, found: list[Mention]) -> Text | None:
    """The rule of one clause about two messages, with the winner that follows it."""
    comma = next((k for k in range(begin, end) if text.low(k) == ","), end)
    third = [m[0] for m in found if begin <= m[0] < end][2:3]
    for cut in dict.fromkeys((comma, *(_before(text, one) for one in third), end)):
        said = range(begin, cut)
        named = [m for m in found if begin <= m[0] < cut]
        free = [k for k in said if not any(m[0] <= k < m[1] for m in named)]
        lows = {text.low(k) for k in free if text[k].kind == "word" or text.low(k) == ","}
        if not lows & _RIVALRY or not lows <= _NEUTRAL or len({m[2] for m in named}) not in (0, 2):
            continue
        after = cut + 1
        while text.low(after) in ("then", "the", "a", "please", ",", "send", "choose", "pick",
                                  "prefer", "give", "always", "use", "only", "\n", "it", "is", ":",
                                  "they", "get", "should", "go", "with", "for", "take",
                                  "we", "deliver", "keep"):  # fmt: skip
            after += 1
        winner = next((m for m in found if m[0] <= after < m[1]), None)
        if winner is None or _compared(text, winner, found):
            if named or winner is None:
                continue
            return replaced(text, begin, cut + 1, [])
        if not named:
            continue
        if winner[2] not in {m[2] for m in named}:
            continue
        loser = next(m for m in named if m[2] != winner[2])
        stop = winner[1]
        while text.low(stop) in ("should", "wins", "win", "is", "goes", "comes", "first", "takes",
                                 "precedence", "priority", "has", "must", "always", "out", "be",
                                 "sent", "the", "one", "to", "send", "only", "delivered",
                                 "given", "shown", "out", "preferred"):  # fmt: skip
            stop += 1
        new = [*name(text, loser), word(text[winner[0]], "after"), *name(text, winner)]
        return replaced(text, begin, stop, new)
    return None


def _before(text: Text, i: int) -> int:
    """The cut before a message, so that what stands after it begins with the message."""
    while text.low(i - 1) in ARTICLES:
        i -= 1
    return i - 1


def _compared(text: Text, mention: Mention, found: list[Mention]) -> bool:
    """Whether the same clause names another message after it: 'A takes precedence over B'."""
    end = next((k for k in range(mention[1], len(text)) if text.low(k) in ENDS | {","}), len(text))
    return any(mention[1] <= m[0] < end for m in found)


def in_which_case(text: Text, found: list[Mention]) -> Text:
    """'A to …, unless C, in which case B': if C, B; otherwise A to …."""
    for i in range(len(text) - 3):
        if not text.has(i, "in", "which", "case"):
            continue
        begin = max((k + 1 for k in range(i) if text.low(k) in ENDS), default=0)
        end = next((k for k in range(i, len(text)) if text.low(k) in ENDS), len(text))
        led = next((k for k in range(begin, i) if text.low(k) in ("unless", "except")), None)
        before = any(begin <= m[0] < (led or begin) for m in found)
        after = any(i <= m[0] < end for m in found)
        if led is None or not before or not after:
            continue
        start = led + 1 + (text.low(led + 1) in ("if", "when", "for"))
        first, second = led, i
        while text.low(first - 1) in (",", "but"):
            first -= 1
        while text.low(second - 1) == ",":
            second -= 1
        shared, lone = _whose(text, begin, first, found)
        new = [
            *shared, word(text[led], "if"), *text.tokens[start:second], mark(text[i], ","),
            *text.tokens[i + 3 : end], mark(text[i], ","), word(text[i], "otherwise"), *lone,
        ]  # fmt: skip
        return replaced(text, begin, end, new)
    return text


def _whose(
    text: Text, begin: int, end: int, found: list[Mention]
) -> tuple[list[Token], list[Token]]:
    """The people of 'A to users who …', said of what follows too, and the message without them."""
    named = next(m for m in found if begin <= m[0] < end)
    rest = [word(text[begin], low) for low in ("for", "all", "users")]
    lead = named[0]
    while text.low(lead - 1) in (*ARTICLES, "get", "gets", "receive", "receives"):
        lead -= 1
    to = next((k for k in range(named[1], end) if text.low(k) in ("to", "for")), None)
    if to is not None and to - named[1] <= _NEAR:
        people = text.tokens[to + 1 : end]
    else:
        people = text.tokens[begin + (text.low(begin) in ("give", "send", "show")) : lead]
    if not people:
        return [], text.tokens[begin:end]
    said = [word(text[begin], "for"), *people, mark(text[begin], ".")]
    return said, [*name(text, named), *rest]


_NEAR = 2


def of_all(text: Text, found: list[Mention], lexicon: Lexicon) -> Text:
    """'Subscribers get A if they …, otherwise B if they …': for subscribers, A if they …."""
    begin = 0
    for end in (k for k in range(len(text) + 1) if k == len(text) or text.low(k) in ENDS):
        named = [m for m in found if begin <= m[0] < end]
        gets = next(
            (k for k in range(begin, end) if text.low(k) in ("get", "gets", "receive")), end
        )
        people = {text.low(k) for k in range(begin, gets)}
        then = next((k for k in range(gets, end) if text.low(k) in ("otherwise", "else")), end)
        theirs = [
            any(text.low(k) == "they" for k in part)
            for part in (range(gets, then), range(then, end))
        ]
        others = any(lexicon.is_person(text, k) for k in range(gets, end))
        plain = people and not people & _RELATIVE and gets > begin
        bare = len(named) == 2 and named[1][0] in (then + 1, then + 2) and named[1][1] >= end - 2
        shared = all(theirs) or (bare and then < end and _conditional(text, named[0][1], then))
        if len(named) > 1 and plain and shared and not others and named[0][0] > gets:
            cut = gets - (text.low(gets - 1) in ("should", "must", "can", "will", "may"))
            new = [word(text[begin], "for"), *text.tokens[begin:cut], mark(text[gets], ",")]
            return replaced(text, begin, gets + 1, new)
        begin = end + 1
    return text


def _conditional(text: Text, begin: int, end: int) -> bool:
    """'A if …': what the first message alone is given for."""
    return text.low(begin) in ("if", "when", "where", "provided")


_RELATIVE = frozenset("who with whose that which without for if when while among".split())


def the_rest(text: Text, found: list[Mention]) -> Text:
    """'…, everyone else B', 'all others get B', 'the rest: B': otherwise B for everyone else."""
    for i in range(len(text) - 2):
        if i > 0 and text.low(i - 1) not in {*ENDS, ",", "and", "but"}:
            continue
        for words in _OTHERS:
            if not text.has(i, *words):
                continue
            k = i + len(words)
            while text.low(k) in _GIVEN:
                k += 1
            mention = next((m for m in found if m[0] <= k < m[1]), None)
            if mention is None or i == 0:
                continue
            said = [word(text[i], low) for low in ("for", "everyone", "else")]
            closes = text.low(mention[1]) in (*ENDS, ",", "")
            new = [word(text[i], "otherwise"), *name(text, mention), *(said if closes else [])]
            return replaced(text, i, mention[1], new)
    return text


_GIVEN = frozenset(
    "gets get receives receive should sees see : the a is sent given goes -> → can may have "
    "will be shown are our to must , = with".split()
)
_OTHERS = (
    ("everyone", "else"), ("everybody", "else"), ("anyone", "else"), ("anybody", "else"),
    ("all", "others"), ("the", "others"), ("all", "the", "others"), ("the", "rest"), ("others",),
    ("all", "other", "users"), ("other", "users"), ("the", "other", "users"),
    ("the", "remaining", "users"), ("the", "rest", "of", "them"), ("those", "left"),
    ("all", "remaining", "users"), ("whoever", "is", "left"), ("the", "remaining", "ones"),
    ("all", "the", "rest"),
)  # fmt: skip
