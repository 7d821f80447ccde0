"""Orders told by cases: 'if … then A', 'Open ticket? A.', 'if that does not fit: B', '(i) A'.

Each is put as 'if …: A, otherwise B', as numbered messages, or as 'B is last'.
"""

from __future__ import annotations

from itertools import pairwise

from agent.planners.grammar.mentions import Mention, mention_at
from agent.planners.grammar.order_wording import mark, name, replaced
from agent.planners.grammar.outline_words import ENDS
from agent.planners.grammar.rewording import word
from agent.planners.grammar.words import ARTICLES, Text, Token

_GIVE = frozenset(
    "send give show get gets receive they we users to the a an our you should use choose pick "
    "with check try go for comes come goes it is , : then also simply just please see".split()
)
_IFS = frozenset("if when whenever where in".split())
_ANDS = frozenset({",", "and", "but", "or", "so"})


_BEGINS = frozenset({*ENDS, ",", "-", "•", "*", ":", "(", ")", "else", "otherwise", "and", "or"})


def then_after_if(text: Text, found: list[Mention]) -> Text:
    """'If there is an open ticket then A': 'if …: A'."""
    for i in range(len(text)):
        if text.low(i) != "then" or not _gives(text, i + 1, found):
            continue
        begin = i
        while begin > 0 and text.low(begin - 1) not in (*ENDS, *_IFS):
            begin -= 1
        led = text.low(begin - 1) in ("if", "when", "whenever")
        led = led and (begin == 1 or text.low(begin - 2) in _BEGINS)
        if led and i > begin and not any(begin <= m[0] < i for m in found):
            start = i - (text.low(i - 1) == ",")
            return replaced(text, start, i + 1, [mark(text[i], ":")])
    return text


def _gives(text: Text, i: int, found: list[Mention]) -> bool:
    """Whether a message is given at an index: 'send the nudge'."""
    while text.low(i) in _GIVE and mention_at(found, i) is None:
        i += 1
    return mention_at(found, i) is not None


_AUXILIARIES = frozenset("did do does have has had are is was were will can".split())
_SUBJECTS = frozenset(
    "they he she someone somebody there users people customers viewers it".split()
)
_ASKING = frozenset("what which who whom whose where when why how".split())


def asked_cases(text: Text, found: list[Mention]) -> Text:
    """'Did they order in the last 7 days? A. If not, …': 'if they did order …: A'."""
    for i in range(1, len(text)):
        if text.low(i) != "?" or not _answered(text, i + 1, found):
            continue
        begin = i
        while begin > 0 and text.low(begin - 1) not in ENDS:
            begin -= 1
        while text.low(begin) in ("and", "or", ",", "-", "*", "•", "\n"):
            begin += 1
        start = _after_otherwise(text, begin, i)
        lows = {text.low(k) for k in range(start, i)}
        if start >= i or lows & _ASKING or any(start <= m[0] < i for m in found):
            continue
        answer = i + 1
        while text.low(answer) in ("yes", "then", ",", "-", "–", "->", "→", ":", "\n"):
            answer += 1
        said = [word(text[start], "if"), *_stated(text, start, i), mark(text[i], ":")]
        return replaced(text, start, answer, said)
    return text


def _answered(text: Text, i: int, found: list[Mention]) -> bool:
    while text.low(i) in ("yes", "then", ",", "-", "–", "->", "→", ":", "\n", *ARTICLES, "send",
                          "they", "get"):  # fmt: skip
        i += 1
    return mention_at(found, i) is not None


def _after_otherwise(text: Text, begin: int, end: int) -> int:
    """Where the question begins after 'If not, …'."""
    run = _no_case(text, begin)
    k = run if run is not None else begin
    k += text.low(k) in ("otherwise", "else")
    while k < end and text.low(k) in (",", ":", "then"):
        k += 1
    return k


def _stated(text: Text, start: int, end: int) -> list[Token]:
    """'did they order' as 'they did order'; a bare noun as it stands."""
    tokens = list(text.tokens[start:end])
    k = 1 + (text.low(start + 1) in ("the", "a", "an", "this"))
    if text.low(start) in _AUXILIARIES and k < len(tokens):
        if tokens[k].low == "there":
            return [tokens[k], tokens[0], *tokens[k + 1 :]]
        if tokens[k].low in _SUBJECTS or tokens[k].low in ("user", "customer", "viewer", "person"):
            they = word(tokens[0], "they")
            verb = [] if tokens[0].low in ("do", "does") else [tokens[0]]
            verb = [word(verb[0], "are")] if verb and verb[0].low == "is" else verb
            verb = [word(verb[0], "have")] if verb and verb[0].low == "has" else verb
            return [they, *verb, *tokens[k + 1 :]]
    return tokens


_NO_CASE = frozenset(
    "not none neither nor no nothing that this those these of them the either any other two three "
    "others applies apply applicable applied fits fit matches match does do is are was it they we "
    "he she eligible qualify qualifies for both above previous one ones first second case land "
    "lands works work hits hit true holds hold happens possible so due relevant a an user users "
    "someone somebody customer customers viewer viewers person people be can could should else "
    "triggers trigger fires fire goes go out in use used up there qualified in which suits suit "
    "meets meet conditions condition criteria available yet even has have been met left "
    "happened as well before".split()
)
_NOT = frozenset("not none neither nor no nothing".split())
_ABOUT = frozenset(
    "that this those these them it either other two others applies apply applicable fits fit "
    "matches match case qualify qualifies eligible else first both above one land lands works "
    "work due so".split()
)


def _no_case(text: Text, i: int) -> int | None:
    """Where 'if none of these applies' ends; None where it is said of anything in particular."""
    if text.low(i) not in _IFS:
        return None
    if text.low(i) == "in" and text.low(i + 1) != "case":
        return None
    k = i + 1
    while text.low(k) in _NO_CASE:
        k += 1
    said = {text.low(j) for j in range(i + 1, k)}
    if k > i + 3 and text.low(k - 1) == "not" and text.low(k) == ",":
        return k
    bare = k == i + 2 and text.low(i + 1) in ("not", "none", "neither")
    return k if said & _NOT and (bare or said & _ABOUT) else None


def otherwise(text: Text, found: list[Mention]) -> Text:
    """'If that does not land, B': otherwise B. 'B only if neither of them applies': B is last."""
    for i in range(len(text)):
        end = _no_case(text, i)
        if end is None:
            continue
        begins = i == 0 or text.low(i - 1) in {*ENDS, *_ANDS, "-", "*", "only"}
        after = end
        while text.low(after) in (",", ":", "then"):
            after += 1
        if begins and i > 0 and _leads_to(text, after, found) and text.low(i + 1) != "":
            if text.low(i) == "if" and text.low(end) in (",", "") and end == i + 2:
                continue
            return replaced(text, i, after, [word(text[i], "otherwise")])
        only = _only_then(text, i, found)
        if only is not None and text.low(end) in (*ENDS, "", ",", ")"):
            new = [*name(text, only), word(text[i], "is"), word(text[i], "last")]
            return replaced(text, only[0], end, new)
    return text


def _leads_to(text: Text, i: int, found: list[Mention]) -> bool:
    if text.low(i - 1) == "only":
        return False
    return _gives(text, i, found) or text.low(i) == "if" or text.low(i) in _AUXILIARIES


_SENT = frozenset(
    "is are should must will shall may can be sent used shown goes go out only comes come in gets "
    "its turn then at play fires runs just , considered there applies apply".split()
)


def _only_then(text: Text, i: int, found: list[Mention]) -> Mention | None:
    """The message that 'goes out only' ends with, right before a case of none."""
    k = i
    while text.low(k - 1) in _SENT and mention_at(found, k - 1) is None and k > 0:
        k -= 1
    said = {text.low(j) for j in range(k, i)}
    before = next((m for m in found if m[1] == k), None)
    return before if before is not None and "only" in said else None


_ROMAN = ("i", "ii", "iii", "iv", "v", "vi")


def roman(text: Text, found: list[Mention]) -> Text:
    """'(i) A; (ii) B': '1) A; 2) B'."""
    at: list[tuple[int, int]] = []
    for i in range(len(text) - 1):
        wanted = _ROMAN[len(at)] if len(at) < len(_ROMAN) else ""
        opened = text.low(i) == "("
        k = i + opened
        closed = text.low(k + 1) in (")", ".", ":") or opened
        if text.low(k) != wanted or not closed or (i > 0 and text[i - 1].kind == "word"
                                                   and not opened):  # fmt: skip
            continue
        at.append((i, k + 2))
    if len(at) < 2 or not any(a[1] <= m[0] <= a[1] + 3 for a in at for m in found):
        return text
    for n, (start, end) in reversed([*enumerate(at, 1)]):
        number = Token(str(n), str(n), text[start].start, text[start].end, "number", float(n))
        text = replaced(text, start, end, [number, mark(text[start], ")")])
    return text


_BETWEEN = frozenset(
    "may should can must will is are only be sent shown given used goes go out gets get "
    "applies fires "
    "comes just , it for users to them they we send".split()
)
_UNDUE = frozenset("is due applies apply fits wanted sent needed there available possible does do "
                   "not fit relevant going out to be".split())  # fmt: skip
_NEEDING = frozenset("no not they are is does do get gets due for eligible the a an there they've "
                     "receive receives getting user users someone qualify".split())  # fmt: skip


def only_without(text: Text, found: list[Mention]) -> Text:
    """'A may only be sent where no B is due': A after B."""
    for first, second in pairwise(found):
        between = [text.low(k) for k in range(first[1], second[0])]
        led = next((n for n, low in enumerate(between) if low in ("if", "where", "when")), None)
        if led is None or first[2] == second[2] or "only" not in between[: led + 1]:
            continue
        if not set(between[:led]) <= _BETWEEN or not set(between[led + 1 :]) <= _NEEDING:
            continue
        end = second[1]
        while text.low(end) in _UNDUE:
            end += 1
        after = {text.low(k) for k in range(second[1], end)}
        negated = {"no", "not"} & {*between[led:], *after}
        if not negated or text.low(end) not in (*ENDS, "", ",", ")"):
            continue
        new = [*name(text, first), word(text[first[1]], "after"), *name(text, second)]
        return replaced(text, first[0], end, new)
    return text
