"""A prompt's words put the way that rules are read, where they mean the same.

Headings ('Not: trial users'), points '(a)', 'nobody', 'the ones', a count after
a colon, 'neither' after its verb. Nothing here knows a catalog but by its lexicon.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.planners.grammar.idioms import STEPS as IDIOMS
from agent.planners.grammar.lexicon import Kind, Lexicon
from agent.planners.grammar.padding import STEPS as PADDING
from agent.planners.grammar.quantities import quantity
from agent.planners.grammar.rewording import word
from agent.planners.grammar.wordings import STEPS
from agent.planners.grammar.words import Text, Token, is_past

_ENDS = frozenset({"", ".", ",", ";", "!", "?", "\n", ")", "and", "or", "but", "who", "that"})
_STARTS = frozenset({"", ".", ";", "!", "?", "\n", "-", "•", "*", "–", ","})
_JOINS = frozenset({"but", "and", ",", ".", ";", "\n", ""})
_LEFT_OUT = frozenset(
    "not no never exclude excluded excluding exclusion exclusions except without minus".split()
)
_OUT_HEADS = (("leave", "out"), ("left", "out"), ("do", "not", "include"), ("not", "included"))
_HEADS = frozenset(
    "who whom target targets targeting audience people segment goal brief for include included "
    "includes conditions condition criteria rule eligible eligibility must require required "
    "requirements filter filters group recipients wanted to status state type kind behaviour "
    "behavior activity location geo market usage history engagement where when "
    "what must-have must-haves profile details description".split()
)
_LONG_HEADS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("must", "have"), ("with",)), (("should", "have"), ("with",)), (("need", "to", "have"), ()),
    (("must", "not", "have"), ("excluding", "anyone", "with")), (("must", "be"), ()),
    (("should", "not", "have"), ("excluding", "anyone", "with")), (("should", "be"), ()),
    (("must", "not", "be"), ("excluding",)), (("should", "not", "be"), ("excluding",)),
    (("in", "scope"), ()), (("out", "of", "scope"), ("excluding",)), (("who", "is", "in"), ()),
    (("who", "is", "out"), ("excluding",)), (("not", "eligible"), ("excluding",)),
    (("keep", "out"), ("excluding",)), (("who", "gets", "it"), ()), (("we", "want"), ()),
    (("we", "do", "not", "want"), ("excluding",)), (("not", "for"), ("excluding",)),
    (("must", "haves"), ()), (("target", "group"), ()), (("all", "of", "these"), ()),
)  # fmt: skip
"""Headings of several words, and what stands in their place."""
_EVERYBODY = frozenset({"everyone", "everybody", "anyone", "anybody", "those"})
_PARTICLES = {"ins": "in", "outs": "out", "ups": "up", "ons": "on", "offs": "off"}
_NAMES: tuple[Kind, ...] = ("column", "trait")
_COUNTED: tuple[Kind, ...] = ("event", "entity")
_IDLE = (
    ("in", "both", "cases"), ("in", "either", "case"), ("in", "any", "case"),
    ("in", "all", "cases"), ("in", "each", "case"), ("either", "way"),
)  # fmt: skip
_TAILS = (("at", "all"), ("so", "far"), ("to", "date"), ("until", "now"), (",", "ever"),
          ("up", "to", "now"), ("whatsoever",))  # fmt: skip
_EVER = frozenset({"all", "ever", "whatsoever"})


def phrased(text: Text, lexicon: Lexicon) -> Text:
    """The text in the words that are read, in the order that they are read in."""
    text = _one_by_one(text, lexicon)
    for step in (_points, _neither, _headings, _counts_first):
        text = step(text, lexicon)
    return text


Step = Callable[[Text, int, Lexicon], "tuple[list[Token], int] | None"]


def _one_by_one(text: Text, lexicon: Lexicon) -> Text:
    """Each place put in other words by the first step that knows it."""
    tokens: list[Token] = []
    i = 0
    while i < len(text):
        for step in _STEPS:
            found = step(text, i, lexicon)
            if found is not None:
                tokens += found[0]
                i = found[1]
                break
        else:
            tokens.append(text[i])
            i += 1
    return Text(text.source, tokens)


def _particle(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'sign-ins': the plural of 'sign-in' as the catalog writes it."""
    single = _PARTICLES.get(text.low(i))
    joined = i > 0 and text.source[text[i].start : text[i].end] and text[i - 1].end == text[i].end
    return ([word(text[i], single)], i + 1) if single and joined else None


def _nobody(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'but nobody who …': anyone of that kind is left out."""
    if text.low(i - 1) not in _JOINS:
        return None
    if text.low(i) == "nobody":
        end = i + 1
    elif text.low(i) == "no" and text.low(i + 1) in ("one", "body") and text.low(i + 2) in (
        "who", "that", "with", "from", "in", "on"
    ):  # fmt: skip
        end = i + 2
    else:
        return None
    return [word(text[i], "excluding"), word(text[i], "anyone")], end


def _ones(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'the ones in the US' are those."""
    if text.low(i) != "the" or text.low(i + 1) != "ones":
        return None
    return [word(text[i + 1], "those")], i + 2


def _idle(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'In both cases they …': what a new sentence says holds anyway."""
    words = next((one for one in _IDLE if text.has(i, *one)), None)
    if words is None or text.low(i - 1) not in ("", ".", ";", "!", "\n"):
        return None
    end = i + len(words)
    return [], end + (text.low(end) == ",")


def _tail(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'no order so far', 'no tickets at all': of whatever time and kind."""
    words = next((one for one in _TAILS if text.has(i, *one)), None)
    if words is None or i == 0 or text.low(i + len(words)) not in _ENDS:
        return None
    end = i + len(words)
    named = {kind for kind in _COUNTED for k in range(max(0, i - 4), i)
             if lexicon.longest(kind, text, k) is not None}  # fmt: skip
    if words == ("at", "all") and not named:
        return None
    ever = words[-1] in _EVER and "entity" in named
    return ([word(text[i], "ever")] if ever else []), end


def _with_everyone(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'follow up with everyone who …': people that something is done with."""
    return ([], i + 1) if text.low(i) == "with" and text.low(i + 1) in _EVERYBODY else None


def _only_last(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'decision makers only.'"""
    if text.low(i) != "only" or text.low(i + 1) not in ("", ".", "!", "\n", ")") or i == 0:
        return None
    audience = any(
        match.end == i for k in range(max(0, i - 3), i)
        for kind in ("audience", "person") for match in lexicon.at(kind, text, k)
    )  # fmt: skip
    return ([], i + 1) if audience else None


def _from_us(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'a message from us': whose messages else."""
    if not text.has(i, "from", "us") or text[i + 1].text != "us" or i == 0:
        return None
    before = text.low(i - 1)
    sent = before in ("message", "messages", "anything", "something", "communication", "contact")
    channel = any(match.end == i for k in range(max(0, i - 3), i)
                  for match in lexicon.at("channel", text, k))  # fmt: skip
    return ([], i + 2) if sent or channel else None


_STEPS = (
    *STEPS, *IDIOMS, *PADDING, _particle, _nobody, _ones, _idle, _tail, _with_everyone, _only_last,
    _from_us,
)  # fmt: skip


_NUMBERINGS = (tuple("abcdefgh"), tuple("123456789"), ("i", "ii", "iii", "iv", "v", "vi", "vii"))


def _points(text: Text, _lexicon: Lexicon) -> Text:
    """'those who (a) … or (b) …': the letters of the points say nothing."""
    found: list[tuple[str, int]] = []
    for i in range(len(text) - 1):
        opened = text.low(i) == "("
        k = i + opened
        short = any(text.low(k) in one for one in _NUMBERINGS)
        open_before = sum((one.low == "(") - (one.low == ")") for one in text.tokens[:i])
        if short and (opened or open_before <= 0) and text.low(k + 1) == ")":
            found.append((text.low(k), i))
    said = [one for one, _ in found]
    if len(said) < 2 or said not in [[*one[: len(said)]] for one in _NUMBERINGS]:
        return text
    dropped = {k for _, i in found for k in range(i, i + 2 + (text.low(i) == "("))}
    return Text(text.source, [one for k, one in enumerate(text.tokens) if k not in dropped])


def _neither(text: Text, _lexicon: Lexicon) -> Text:
    """'created neither a project nor a task': the verb holds for both."""
    for i in range(1, len(text)):
        if text.low(i) != "neither" or not is_past(text.low(i - 1)):
            continue
        if text.low(i - 1) in ("have", "had", "did", "been"):
            continue
        verb = text[i - 1]
        nor = next((k for k in range(i, len(text)) if text.low(k) == "nor"), None)
        if nor is None or any(text.low(k) in (".", ";", ",") for k in range(i, nor)):
            return text
        if is_past(text.low(nor + 1)):
            return text
        tokens = [
            *text.tokens[: i - 1], text[i], verb, *text.tokens[i + 1 : nor + 1], verb,
            *text.tokens[nor + 1 :],
        ]  # fmt: skip
        return Text(text.source, tokens)
    return text


def _headings(text: Text, lexicon: Lexicon) -> Text:
    """'Who: … Platform: iPhone. Not: trial users': what stands before a colon leads its line."""
    tokens: list[Token] = []
    i = 0
    while i < len(text):
        begins = text.low(i - 1) in _STARTS
        found = _heading(text, i, lexicon) if begins else None
        if found is None:
            tokens.append(text[i])
            i += 1
            continue
        tokens += found[0]
        i = found[1]
    return Text(text.source, tokens)


def _heading(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    for words in _OUT_HEADS:
        if text.has(i, *words, ":"):
            return [word(text[i], "excluding")], i + len(words) + 1
    if text.low(i + 1) == ":":
        if text.low(i) in _LEFT_OUT:
            return [word(text[i], "excluding")], i + 2
        if text.low(i) in _HEADS:
            return [], i + 2
    found = _message_head(text, i, lexicon) or _long_head(text, i)
    if found is not None:
        return found
    for kind in _NAMES:
        match = lexicon.longest(kind, text, i)
        own = match is not None and match.sense.owner in ("", "trait")
        if match is not None and own and text.low(match.end) == ":":
            return text.tokens[i : match.end], match.end + 1
    return None


def _message_head(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'Message: streak celebration': what is sent, named after a colon."""
    if text.low(i) in ("message", "campaign") and text.low(i + 1) == ":":
        known = any(lexicon.longest(kind, text, i + 2) for kind in ("action", "channel", "person"))
        plain = text.low(i + 2).isalpha() and not known
        return [word(text[i], one) for one in (("for", "a") if plain else ())], i + 2
    return None


def _long_head(text: Text, i: int) -> tuple[list[Token], int] | None:
    """'Must not have: …', 'Out of scope: …'."""
    for head, said in _LONG_HEADS:
        if text.has(i, *head, ":"):
            return [word(text[i], one) for one in said], i + len(head) + 1
    return None


def _counts_first(text: Text, lexicon: Lexicon) -> Text:
    """'workouts: 20 or more', 'open tickets: none': so many of them."""
    for colon in range(1, len(text) - 1):
        if text.low(colon) != ":":
            continue
        start = colon
        while start > 0 and text.low(start - 1) not in _STARTS:
            start -= 1
        names = any(lexicon.starting(kind, text, k) for kind in _COUNTED
                    for k in range(start, colon))  # fmt: skip
        none = text.low(colon + 1) in ("none", "zero", "0")
        count = quantity(text, colon + 1)
        end = colon + 2 if none else count.end if count is not None else colon
        sized = none or (count is not None and not count.times and count.vague is None)
        if not (names and sized and colon - start <= 8 and _closes(text, end)):
            continue
        number = [word(text[colon + 1], "no")] if none else text.tokens[colon + 1 : end]
        tokens = [*text.tokens[:start], *number, *text.tokens[start:colon], *text.tokens[end:]]
        return _counts_first(Text(text.source, tokens), lexicon)
    return text


def _closes(text: Text, end: int) -> bool:
    """Whether nothing but the end of a part, or its period, follows a count."""
    return text.low(end) in _ENDS | {"in", "since", "within", "over", "during", "this", "last"}
