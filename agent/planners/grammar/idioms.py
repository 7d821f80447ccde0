"""Turns of phrase that say a plain thing: 'managed to subscribe', 'no matter when', 'or else'.

Each step puts the words at one place in the words that rules are read in; nothing here knows a
catalog but by its lexicon.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agent.planners.grammar.lexicon import Kind, Lexicon
from agent.planners.grammar.padding import unit
from agent.planners.grammar.rewording import past, word
from agent.planners.grammar.senders import rule_sends
from agent.planners.grammar.words import ARTICLES, Text, Token, same_word

Step = Callable[[Text, int, Lexicon], "tuple[list[Token], int] | None"]

_ENDS = frozenset({"", ".", ",", ";", "!", "?", "\n", ")"})
_CLOSED = _ENDS | {"and", "or", "but", "who", "that", "in", "since", "within", "over", "during"}
_JOINS = frozenset({"and", "but", ",", ";", "or"})
_MANAGING = (
    ("managed", "to"), ("manage", "to"), ("bothered", "to"), ("happened", "to"),
    ("got", "around", "to"), ("got", "round", "to"), ("went", "on", "to"),
    ("made", "it", "to"), ("gone", "on", "to"), ("took", "the", "time", "to"),
)  # fmt: skip
_FAILING = (("failed", "to"), ("did", "not", "manage", "to"), ("omitted", "to"),
            ("neglected", "to"), ("did", "not", "get", "around", "to"))  # fmt: skip
_YET = (("have", "yet", "to"), ("has", "yet", "to"), ("are", "yet", "to"), ("is", "yet", "to"))
_WITH = (("together", "with"), ("along", "with"), ("combined", "with"), ("coupled", "with"),
         ("in", "combination", "with"), ("paired", "with"))  # fmt: skip
_EXCEPTED = frozenset({"excepted", "excluded", "aside", "exempt", "exempted", "omitted"})
_WHO: tuple[Kind, ...] = ("person", "audience", "value")
_LEADING = frozenset("in since during over this last yesterday today after before within".split())
_DEVOTEES = frozenset("signups registrants fans lovers enthusiasts aficionados addicts".split())
_PERIOD = 6
_RELATED = frozenset("who with that whose in on from without".split())


def _verb(text: Text, i: int, at: int, *, negated: bool) -> list[Token]:
    """A verb at an index told as past, or as not done."""
    if negated:
        return [word(text[i], "did"), word(text[i], "not"), text[at]]
    told = text.low(i - 1) in ("not", "never") and text.low(i - 2) in ("did", "do", "does")
    said = text.low(at) if told or text.low(at) in ("be", "have") else past(text.low(at))
    return [word(text[at], said)]


def _managed(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'never managed to subscribe', 'failed to finish onboarding', 'have yet to order'."""
    for phrases, negated in ((_MANAGING, False), (_FAILING, True), (_YET, True)):
        for words in phrases:
            at = i + len(words)
            verb = text.has(i, *words) and bool(lexicon.starting("event", text, at))
            if verb and not (words[0] == "failed" and _fails(lexicon)):
                return _verb(text, i, at, negated=negated), at + 1
    return None


def _fails(lexicon: Lexicon) -> bool:
    """Whether the catalog knows of failures: 'failed to log in' may be one."""
    events = (one for one in lexicon.entries if one.sense.kind == "event")
    return any(same_word(part, "fail") for one in events for part in one.words)


def _together(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'churn risk above 0.5 together with a failed payment'."""
    words = next((one for one in _WITH if text.has(i, *one)), None)
    if words is None or i == 0:
        return None
    joined = text.low(i - 1) in _JOINS
    said = ["with"] if joined else ["and", "with"]
    return [word(text[i], one) for one in said], i + len(words)


def _excepted(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """', TV viewers excepted': people left out, named before it is said."""
    if text.low(i) not in (",", "(", ";", "-", "–", "with", "and"):
        return None
    for end in range(i + 2, min(i + 8, len(text))):
        if text.low(end) in _ENDS | {"and", "or", "but"}:
            return None
        if text.low(end) in _EXCEPTED and text.low(end + 1) in _ENDS:
            people = any(lexicon.longest(kind, text, k) for k in range(i + 1, end) for kind in _WHO)
            if not people or text.low(end - 1) in ("are", "is", "be", "not"):
                return None
            return [text[i], word(text[i], "excluding"), *text.tokens[i + 1 : end]], end + 1
    return None


def _not_at_all(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'ordered twice in August and not at all in September'."""
    if not text.has(i, "not", "at", "all") or text.low(i + 3) not in _LEADING:
        return None
    return [word(text[i], "none")], i + 3


def _a_thing(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'have not watched a thing', 'a single thing'."""
    for words in (("a", "single", "thing"), ("a", "thing"), ("one", "single", "thing")):
        if text.has(i, *words) and text.low(i + len(words)) in _CLOSED | {"last", "this"}:
            return [word(text[i], "anything")], i + len(words)
    return None


def _or_else(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'…, or else …': a plain 'or' between what stands on either side."""
    if not text.has(i, "or", "else") or text.low(i + 2) in _ENDS:
        return None
    start = [] if text.low(i - 1) == "," else [word(text[i], ",")]
    return [*start, text[i]], i + 2


def _with_us(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'an open case with us': whose else; not where the catalog says it of an event."""
    if text.low(i) not in ("with", "to", "from", "by") or text.low(i + 1) != "us" or i == 0:
        return None
    if text[i + 1].text != "us" or text.low(i + 2) not in _CLOSED:
        return None
    own = any(match.end > i for k in range(max(0, i - 3), i) for kind in ("event", "column")
              for match in lexicon.at(kind, text, k))  # fmt: skip
    noun = any(match.end == i for k in range(max(0, i - 3), i) for kind in ("entity", "event")
               for match in lexicon.at(kind, text, k))  # fmt: skip
    return ([], i + 2) if noun and not own else None


def _anything_but(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'whose device is anything but desktop', 'anything other than desktop'."""
    if text.low(i - 1) not in ("is", "are", "=", "was", "be"):
        return None
    for words in (("anything", "but"), ("anything", "other", "than"), ("anything", "except"),
                  ("other", "than"), ("something", "other", "than"), ("different", "from"),
                  ("not", "equal", "to"), ("unequal", "to"), ("any", "but")):  # fmt: skip
        if text.has(i, *words):
            return [word(text[i], "not")], i + len(words)
    return None


def _not_a_single(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'not a single completed one', 'not even one': none at all."""
    if not text.has(i, "not", "a", "single") and not text.has(i, "not", "even", "one"):
        return None
    if text.low(i + 3) in ARTICLES:
        return None
    return [word(text[i], "no")], i + 3


def _sign_ups(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'organic sign-ups who …': people, named by how they came."""
    end = i + 2 if text.has(i, "sign", "ups") else i + (text.low(i) in _DEVOTEES)
    if end == i or lexicon.longest("person", text, i) is not None or lexicon.knows(text.low(i)):
        return None
    if text.low(end) in (":", "(", "="):
        return None  # a name, explained after it
    owners = {match.sense.owner for k in range(max(0, i - 3), i)
              for match in lexicon.at("value", text, k) if match.end == i}  # fmt: skip
    return ([word(text[i], "users")], end) if owners & {"", "trait"} else None


def _both_in(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'a pricing view but no comparison, both in the last 10 days': the period stands first."""
    if i > 0 and text.low(i - 1) not in (".", "!", "?", ";", "\n"):
        return None
    end = next((k for k in range(i, len(text)) if text.low(k) in (".", "!", "?", ";", "\n")),
               len(text))  # fmt: skip
    for k in range(i + 3, end):
        if text.low(k) != "," or text.low(k + 1) not in ("both", "all", "each"):
            continue
        start = k + 2 + (2 if text.has(k + 2, "of", "them") else 0)
        period = text.low(start) in ("in", "within", "over", "during", "since")
        timed = any(unit(text.low(n)) for n in range(i, k))
        if period and not timed and end - start <= _PERIOD:
            comma = replace(text[k], text=",", low=",", kind="mark", value=None)
            return [*text.tokens[start:end], comma, *text.tokens[i:k]], end
    return None


def _as_well_as_people(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'people with an open case, as well as people with two orders': these are added."""
    if not text.has(i, "as", "well", "as") or i == 0:
        return None
    start = i + 3
    while text.low(start) in ("all", "any", "the", "those", "every"):
        start += 1
    noun = start - 1 if text.low(start - 1) == "those" else start
    person = lexicon.longest("person", text, noun) is not None
    if not person or text.low(noun + 1) not in _RELATED:
        return None
    comma = [] if text.low(i - 1) == "," else [word(text[i], ",")]
    return [*comma, word(text[i], "or")], i + 3


def _of_theirs(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'the price of their current subscription is above 10': what it is said of comes first."""
    start = i + (text.low(i) == "the")
    for match in lexicon.at("column", text, start):
        owner = match.sense.owner.removeprefix("entity:")
        if not match.sense.owner.startswith("entity:") or text.low(match.end) != "of":
            continue
        whose = match.end + 1 + (text.low(match.end + 1) in ARTICLES)
        for row in lexicon.at("entity", text, whose):
            if row.sense.name == owner:
                lead = [] if text.low(i - 1) == "whose" else [word(text[i], "whose")]
                turned = [*text.tokens[whose : row.end], *text.tokens[start : match.end]]
                return [*lead, *turned], row.end
    return None


def _just_these(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'Just Japan and the US.': a sentence of values alone."""
    if text.low(i) not in ("just", "only") or text.low(i - 1) not in (".", "!", "?", "\n", ";"):
        return None
    start = i + 1 + (text.low(i + 1) in ("in", "from", "on", "for"))
    k = start
    while k < len(text) and text.low(k) not in (".", "!", "?", "\n", ";"):
        match = lexicon.longest("value", text, k)
        if match is None and text.low(k) not in ("and", "or", ",", "the", "&", "/"):
            return None
        k = match.end if match is not None else k + 1
    return ([], i + 1) if k > start else None


def _paying_us(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'is not paying us yet'."""
    paying = text.low(i) in ("paying", "pay", "paid") and text.low(i + 1) == "us"
    return ([text[i]], i + 2) if paying and text[i + 1].text == "us" else None


def _short_with(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'users w churn risk over 0.6'; after a number it is weeks."""
    if text.low(i) != "w" or i == 0 or text[i - 1].kind != "word" or lexicon.knows("w"):
        return None
    return ([word(text[i], "with")], i + 1) if i + 1 < len(text) else None


def _he_or_she(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    for words in (("he", "or", "she"), ("she", "or", "he"), ("he", "/", "she"),
                  ("he", "she"), ("s", "he"), ("(", "s", ")", "he")):  # fmt: skip
        if text.has(i, *words):
            end = i + len(words)
            verb = {"has": "have", "is": "are", "does": "do", "was": "were"}.get(text.low(end))
            they = word(text[i], "they")
            return ([they, word(text[end], verb)], end + 1) if verb else ([they], end)
    return None


STEPS: tuple[Step, ...] = (
    _both_in, _he_or_she, _paying_us, _sign_ups, _as_well_as_people, _of_theirs, _just_these,
    _managed, _together, _excepted, _not_at_all, _a_thing, _or_else, _with_us, _anything_but,
    _not_a_single, _short_with, rule_sends,
)  # fmt: skip
"""Each knows one turn of phrase."""
