"""Turns of phrase that say a plain thing: 'managed to subscribe', 'no matter when', 'or else'.

Each step puts the words at one place in the words that rules are read in; nothing here knows a
catalog but by its lexicon.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.planners.grammar.lexicon import Kind, Lexicon
from agent.planners.grammar.rewording import past, word
from agent.planners.grammar.spans import UNITS
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
_MORE = (
    ("on", "top", "of", "that"), ("on", "top"), ("in", "addition"),
    ("in", "addition", "to", "that"), ("besides", "that"), ("beyond", "that"),
    ("apart", "from", "that"), ("at", "the", "same", "time"),
    ("as", "a", "second", "condition"), ("additionally",), ("moreover",), ("furthermore",),
    ("what", "is", "more"), ("of", "course"), ("by", "the", "way"), ("in", "fact"), ("however",),
    ("importantly",), ("crucially",), ("obviously",), ("naturally",), ("ideally",), ("basically",),
    ("actually",), ("simply",), ("really",), ("honestly",), ("frankly",), ("say",), ("well",),
    ("like",), ("you", "know"), ("i", "mean"), ("i", "think"), ("i", "guess"), ("please",),
    ("nevertheless",), ("nonetheless",), ("conversely",), ("equally",), ("again",),
)  # fmt: skip
"""After a connector or a mark they only bind what follows to what was said."""
_NOBODY = (("nobody", "else"), ("no", "one", "else"), ("none", "else"), ("no", "others"),
           ("nothing", "else"), ("that", "is", "it"), ("that", "is", "all"), ("full", "stop"),
           ("period",), ("end", "of", "story"), ("done",))  # fmt: skip
_TIMES = (("this", "time"), ("this", "time", "around"), ("this", "round"), ("for", "once"),
          ("as", "such"), ("as", "of", "today"), ("as", "of", "now"), ("as", "it", "stands"),
          ("at", "the", "time", "of", "sending"), ("at", "present"), ("to", "be", "clear"),
          ("if", "you", "like"), ("if", "that", "helps"), ("or", "so", "i", "think"))  # fmt: skip
_ASKED = frozenset("when how where which whether if what why who".split())
_EXCEPTED = frozenset({"excepted", "excluded", "aside", "exempt", "exempted", "omitted"})
_WHO: tuple[Kind, ...] = ("person", "audience", "value")
_LEADING = frozenset("in since during over this last yesterday today after before within".split())


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


def _no_matter(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """', no matter when', 'regardless of whether it was solved': said to limit nothing."""
    start = i + (text.low(i) == ",")
    for words in (("no", "matter"), ("regardless", "of"), ("irrespective", "of"), ("whether",)):
        if not text.has(start, *words):
            continue
        if words == ("whether",) and not _or_not(text, start):
            continue
        if words != ("whether",) and text.low(start + len(words)) not in _ASKED:
            continue
        end = next((k for k in range(start, len(text)) if text.low(k) in _ENDS), len(text))
        if end - start > 12 or any(text.low(k) in ("but", "who") for k in range(start, end)):
            return None
        return [], end + (text.low(end) == "," and text.low(i) == "," and not _joined(text, end))
    return None


def _or_not(text: Text, i: int) -> bool:
    """'whether or not it was closed', 'whether it was closed or not'."""
    end = next((k for k in range(i, len(text)) if text.low(k) in _ENDS), len(text))
    return text.has(i + 1, "or", "not") or text.has(end - 2, "or", "not")


def _joined(text: Text, comma: int) -> bool:
    return text.low(comma + 1) in ("and", "but", "or")


def _together(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'churn risk above 0.5 together with a failed payment'."""
    words = next((one for one in _WITH if text.has(i, *one)), None)
    if words is None or i == 0:
        return None
    joined = text.low(i - 1) in _JOINS
    said = ["with"] if joined else ["and", "with"]
    return [word(text[i], one) for one in said], i + len(words)


def _more(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """', and on top of that …', 'who basically …': what only binds."""
    words = next((one for one in sorted(_MORE, key=len, reverse=True) if text.has(i, *one)), None)
    if words is None or any(lexicon.knows(one) for one in words if len(one) > 4):
        return None
    before = text.low(i - 1)
    told = before in _JOINS | {"", ".", "\n", "!", "?", "who", "that", "have", "has", "so", "("}
    if not told or (before in ("", ".") and words[0] in ("like", "say", "well", "please")):
        return None
    if words == ("like",) and before not in (",", "who"):
        return None
    if words == ("on", "top") and text.low(i + 2) == "of":
        return None
    end = i + len(words)
    return [], end + (text.low(end) == ",")


def _nobody_else(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """', nobody else', '. That's it.': closes the description."""
    start = i
    while text.low(start) in (",", "and", "but", "-", "–"):
        start += 1
    words = next((one for one in _NOBODY if text.has(start, *one)), None)
    if words is None or i == 0 or (start == i and text.low(i - 1) not in _ENDS - {""}):
        return None
    end = start + len(words)
    return ([], end) if text.low(end) in _ENDS else None


def _this_time(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    words = next((one for one in sorted(_TIMES, key=len, reverse=True) if text.has(i, *one)), None)
    if words is None or i == 0 or text.low(i + len(words)) not in _ENDS:
        return None
    return [], i + len(words)


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


def _ever_told(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'… two tickets. Ever, not only recently.': all of the past, where no period was named."""
    if text.low(i - 1) not in (".", "?", "!", ";"):
        return None
    k = next((i + len(w) for w in (("ever",), ("all", "time"), ("in", "total"), ("overall",))
              if text.has(i, *w)), None)  # fmt: skip
    if k is None:
        return None
    for words in ((",", "not", "only", "recently"), (",", "not", "just", "recently"),
                  (",", "not", "only", "lately"), (",", "not", "just", "lately")):  # fmt: skip
        k += len(words) if text.has(k, *words) else 0
    timed = any(_unit(text.low(n)) for n in range(i))
    return ([], k) if text.low(k) in _ENDS and not timed else None


def _unit(low: str) -> bool:
    return low in UNITS or low.removesuffix("s") in UNITS


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


def _comma_span(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'a single completed one' after 'not': none at all."""
    if not text.has(i, "not", "a", "single") and not text.has(i, "not", "even", "one"):
        return None
    if text.low(i + 3) in ARTICLES:
        return None
    return [word(text[i], "no")], i + 3


def _sign_ups(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'organic sign-ups who …': people, named by how they came."""
    end = i + 2 if text.has(i, "sign", "ups") else i + (text.low(i) in ("signups", "registrants"))
    if end == i or lexicon.longest("person", text, i) is not None:
        return None
    before = any(match.end == i for k in range(max(0, i - 3), i)
                 for match in lexicon.at("value", text, k))  # fmt: skip
    return ([word(text[i], "users")], end) if before else None


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


def _indifferent(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'- kids profile or not, does not matter', ', the platform is irrelevant': limits nothing."""
    if text.low(i) not in (",", "-", "–", "—", ".", ";") or i == 0:
        return None
    stop = next((k for k in range(i + 1, len(text)) if text.low(k) in (".", ";", "!", "\n")),
                len(text))  # fmt: skip
    for words in (("does", "not", "matter"), ("do", "not", "matter"), ("is", "irrelevant"),
                  ("are", "irrelevant"), ("i", "do", "not", "mind"), ("we", "do", "not", "mind"),
                  ("i", "do", "not", "care"), ("we", "do", "not", "care")):  # fmt: skip
        if text.has(stop - len(words), *words) and stop - i <= _ASIDE:
            inside = {text.low(k) for k in range(i + 1, stop)}
            return None if inside & {"but", "and", "who", "if"} else ([], stop)
    return None


def _paying_us(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'is not paying us yet'."""
    paying = text.low(i) in ("paying", "pay", "paid") and text.low(i + 1) == "us"
    return ([text[i]], i + 2) if paying and text[i + 1].text == "us" else None


def _all_hold(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'All three must hold.', 'Both conditions have to be met.': as sentences do anyway."""
    if text.low(i) not in ("all", "both") or text.low(i - 1) not in (".", ";", "!", "\n"):
        return None
    if any(one.low in ("or", "either") for one in text.tokens):
        return None
    end = next((k for k in range(i, len(text)) if text.low(k) in _ENDS), len(text))
    said = {text.low(k) for k in range(i, end)}
    holding = said & {"hold", "apply", "met", "true", "fulfilled", "satisfied", "required", "meet"}
    return ([], end) if holding and not said - _HOLDING else None


_HOLDING = frozenset(
    "all both of these them the those two three four five conditions criteria requirements points "
    "must have has should need needs to be are is hold apply met true fulfilled satisfied required "
    "at same time together simultaneously please above".split()
)


def _he_or_she(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    for words in (("he", "or", "she"), ("she", "or", "he"), ("he", "/", "she"),
                  ("he", "she"), ("s", "he"), ("(", "s", ")", "he")):  # fmt: skip
        if text.has(i, *words):
            end = i + len(words)
            verb = {"has": "have", "is": "are", "does": "do", "was": "were"}.get(text.low(end))
            they = word(text[i], "they")
            return ([they, word(text[end], verb)], end + 1) if verb else ([they], end)
    return None


_ASIDE = 12
_RELATED = frozenset("who with that whose in on from without".split())
STEPS: tuple[Step, ...] = (
    _all_hold, _he_or_she, _indifferent, _paying_us, _sign_ups, _as_well_as_people, _of_theirs,
    _just_these,
    _managed, _no_matter, _together, _nobody_else, _this_time, _excepted, _not_at_all, _a_thing,
    _or_else, _with_us, _ever_told, _anything_but, _comma_span, _more,
)  # fmt: skip
"""Each knows one turn of phrase."""
