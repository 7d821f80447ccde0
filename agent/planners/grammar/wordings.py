"""More words of a prompt put the way that rules are read: who is left out, whom we wrote to.

'Guests should not be included', 'whom we have not emailed', 'users in companies that …'.
"""

from __future__ import annotations

from collections.abc import Callable

from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.rewording import past, word
from agent.planners.grammar.words import Text, Token

Step = Callable[[Text, int, Lexicon], "tuple[list[Token], int] | None"]

_STARTS = frozenset({"", ".", ";", "!", "?", "\n"})
_ENDS = frozenset({"", ".", ";", "!", "?", "\n", ",", "please"})
_MODALS = frozenset("should must may can do does are is will shall".split())
_INCLUDED = frozenset(
    "included include targeted target messaged contacted emailed nudged notified considered "
    "counted reached bothered addressed invited eligible count qualify selected part in on "
    "get receive see".split()
)
_IDLE = frozenset(
    "be get it this that the message anything of in audience list group selection them here at all "
    "mail email included to receive part segment one any".split()
)
_GROUPS = frozenset("in of either any the these those them both group groups case cases all us "
                    "people".split())  # fmt: skip
_SENT = {
    "messaged": ("message",), "contacted": ("message",), "emailed": ("email",),
    "mailed": ("email",), "texted": ("sms", "text", "message"), "pushed": ("push",),
    "written": ("message",),
}  # fmt: skip
_HELPING = frozenset("have has had did were was been be not never yet already".split())
_BEEN = ("come", "visit", "attend", "go", "join", "be", "view", "open", "see")


def _left_out(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'Guests should not be included.': a sentence that says who is left out."""
    joined = text.low(i - 1) in ("and", "but") and text.low(i - 2) in {",", *_STARTS}
    if text.low(i - 1) not in _STARTS and not joined:
        return None
    end = next((k for k in range(i, len(text)) if _part_ends(text, k)), len(text))
    for k in range(i + 1, end - 1):
        if text.low(k) not in _MODALS or text.low(k + 1) not in ("not", "never"):
            continue
        if any(text.low(n) == "," for n in range(i, k)):
            return None
        rest = [text.low(n) for n in range(k + 2, end)]
        rest = rest[:-1] if rest[-1:] == ["please"] else rest
        named = any(one in _INCLUDED for one in rest) and all(
            one in _IDLE or one in _INCLUDED for one in rest
        )
        people = any(
            lexicon.longest(kind, text, n) is not None
            for n in range(i, k) for kind in ("person", "audience", "value")
        )  # fmt: skip
        if rest and named and people:
            return [word(text[i], "excluding"), *text.tokens[i:k]], end
    return None


def _is_excluded(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'Any user with an open ticket is excluded.', 'Trial users are to be left out.'"""
    joined = text.low(i - 1) in ("and", "but") and text.low(i - 2) in {",", *_STARTS}
    if (text.low(i - 1) not in _STARTS and not joined) or text.low(i) in _NOT_THEM:
        return None
    end = next((k for k in range(i, len(text)) if _part_ends(text, k)), len(text))
    for k in range(i + 1, end):
        if text.low(k) not in ("is", "are", "should", "must", "shall", "will", "may", "can"):
            continue
        after = k + 1
        while text.low(after) in ("to", "be", "also", "always", "all", "therefore", "have"):
            after += 1
        words = next((one for one in _OUT if text.has(after, *one)), None)
        if words is None:
            continue
        rest = {text.low(n) for n in range(after + len(words), end)}
        # 'whose account is excluded' tells of what people have, not of what to do with them.
        told = text.low(k - 1) in _TELLING or text.low(k - 2) == "whose"
        listed = any(text.low(n) in (",", "'") for n in range(i, k))
        people = any(lexicon.longest(kind, text, n) for n in range(i, k)
                     for kind in ("person", "audience", "value"))  # fmt: skip
        people = people or text.low(i) in _ANYBODY
        if told or listed or not people or rest - _AROUND_OUT:
            return None
        return [word(text[i], "excluding"), *text.tokens[i:k]], end
    return None


_OUT = (("excluded",), ("omitted",), ("exempt",), ("exempted",), ("left", "out"), ("kept", "out"),
        ("ruled", "out"), ("filtered", "out"), ("taken", "out"), ("ineligible",),
        ("not", "eligible"))  # fmt: skip
_AROUND_OUT = frozenset(
    "from this that the it rule audience list group please entirely altogether completely of "
    "campaign message send mailing segment though too as well ,".split()
)
_NOT_THEM = frozenset("no none nobody not never nothing only if when unless who whoever".split())
_TELLING = frozenset("who that which whose not and or but".split())
_ANYBODY = frozenset("anyone anybody everyone everybody those people any all".split())


def _part_ends(text: Text, k: int) -> bool:
    goes_on = text.low(k) == "," and text.low(k + 1) in ("but", "and", "everyone", "everybody")
    return text.low(k) in _STARTS - {""} or goes_on


def _nobody_should(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'Nobody in either group should be a paying user', 'none of them may have an open ticket'."""
    none = text.low(i) in ("nobody", "none") or text.has(i, "no", "one")
    if not none or text.low(i - 1) not in _STARTS | {",", "and", "but"}:
        return None
    k = i + 1 + text.has(i, "no", "one")
    while text.low(k) in _GROUPS:
        k += 1
    if text.low(k) not in ("should", "must", "may", "can"):
        return None
    have = text.low(k + 1) in ("have", "be")
    verb = "are" if text.low(k + 1) == "be" else "have"
    said = [word(text[i], one) for one in ("excluding", "anyone", "who", verb)]
    return (said, k + 2) if have else None


def _we_sent(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'whom we have not emailed', 'who were not messaged': they received no such message."""
    told = text.low(i) in ("who", "whom", "that", "and", "but", ",") or lexicon.is_person(text, i)
    k = i + 1
    ours = text.low(k) == "we"
    k += ours
    begun = k
    while text.low(k) in _HELPING:
        k += 1
    passive = any(text.low(n) in ("been", "were", "was") for n in range(begun, k))
    nouns = _SENT.get(text.low(k)) if told and k > begun - ours and (ours or passive) else None
    if nouns is None:
        return None
    end = k + 1 + (text.low(k) == "written" and text.low(k + 1) == "to")
    end += 2 if text.has(end, "by", "us") else 0
    noun = next((one for one in nouns if _is_row(one, text, k, lexicon)), None)
    if noun is None:
        return None
    negated = any(text.low(n) in ("not", "never") for n in range(begun, k))
    who = "who" if text.low(i) in ("whom", "that") else text.low(i)
    start = [text[i]] if lexicon.is_person(text, i) else [word(text[i], who)]
    said = ["who", "have"] if lexicon.is_person(text, i) else ["have"]
    said += ["not"] if negated else []
    said += ["received", "any" if negated else "a", noun]
    return [*start, *(word(text[k], one) for one in said)], end


def _is_row(noun: str, text: Text, i: int, lexicon: Lexicon) -> bool:
    one = Text(text.source, [word(text[i], noun)])
    return lexicon.longest("entity", one, 0) is not None


def _been_to(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'been to a webinar', 'been on the pricing page': whatever the catalog says of it."""
    if text.low(i) != "been" or text.low(i + 1) not in ("to", "on", "at", "in"):
        return None
    for verb in _BEEN:
        for lead in (["to"], ["in"], []):
            said = [word(text[i], one) for one in (verb, *lead)]
            phrase = Text(text.source, [*said, *text.tokens[i + 2 : i + 6]])
            match = lexicon.longest("event", phrase, 0)
            if match is not None and match.end > len(said):
                told = {"be": "been"}.get(verb, past(verb))
                return [word(text[i], told), *said[1:]], i + 2
    return None


def _in_companies(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'decision makers in companies with over 20 seats': what is said of theirs is theirs."""
    if text.low(i) not in ("in", "at", "from", "of") or i == 0:
        return None
    match = next((m for m in lexicon.at("entity", text, i + 1) if _belongs(m.sense.name, lexicon)),
                 None)  # fmt: skip
    if match is None or not text.low(match.end - 1).endswith("s") or match.end != i + 2:
        return None
    who = text.low(match.end) in ("with", "that", "which", "who", "on", "without", "whose")
    return ([], match.end) if who else None


def _belongs(name: str, lexicon: Lexicon) -> bool:
    entity = lexicon.catalog.entities[name]
    several = {one.table for one in lexicon.catalog.entities.values() if one.cardinality == "many"}
    return entity.cardinality == "one" and entity.table not in several


def _everybody_else(text: Text, i: int, _lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'Everybody else who …' after those who are left out."""
    else_ = text.low(i) == "else" and text.low(i - 1) in ("everybody", "everyone", "anyone")
    return ([], i + 1) if else_ else None


def _do_not(text: Text, i: int, lexicon: Lexicon) -> tuple[list[Token], int] | None:
    """'Please do not touch gold customers': any verb that leaves people alone."""
    if not text.has(i, "do", "not") or text.low(i - 1) not in _STARTS | {",", "please", "but"}:
        return None
    if text.low(i + 2) not in _ALONE:
        return None
    end = i + 3 + (text.low(i + 3) in ("to", "at", "with", "in"))
    return [word(text[i], "exclude")], end


_ALONE = frozenset(
    "touch disturb annoy pester spam approach address write send nudge notify remind mail text "
    "push ping consider count show give offer draw pull let".split()
)
STEPS: tuple[Step, ...] = (
    _left_out, _is_excluded, _nobody_should, _we_sent, _been_to, _in_companies, _everybody_else,
    _do_not,
)  # fmt: skip
"""Each puts the words at one place in other words, where it knows them."""
