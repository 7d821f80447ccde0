"""What a sentence begins with before it names people: who asks, for what purpose, how politely.

'Customer success is asking for users whose …', 'We are planning interviews, so give me …'. A
reason is told to the reader, and holds back nobody; what compares, counts, negates or names
people is never part of one.
"""

from __future__ import annotations

from agent.planners.grammar.frame_words import FILLERS
from agent.planners.grammar.labels import label
from agent.planners.grammar.lexicon import Kind, Lexicon
from agent.planners.grammar.quantities import comparison
from agent.planners.grammar.words import ARTICLES, Text, Token, same_word

_WITHIN = 16
"""So many words a request has at most before it names people."""
_SUBJECT = 4
_ADJECTIVES = 5
_STARTS = frozenset({"", ".", "!", "?", ";", "\n", "-", "–", "—", "•", "*", "'", '"'})
_ENDS = frozenset({".", "!", "?", ";", "\n"})
_NO = frozenset(
    "not no never none nobody nothing neither nor without except excluding exclude only unless "
    "but minus".split()
)
_REQUESTS = tuple(
    "see hit comprise consist contain ask look want need like love wish request search seek "
    "require target address reach talk "
    "speak chat contact invite interview survey thank reward put together find select pull get "
    "give identify hear plan try hope call engage remind nudge congratulate inform warn tell "
    "notify help ping approach welcome surprise test send export fetch create build make prepare "
    "extract list retrieve return filter output appreciate "
    "set compile say know learn collect assemble gather draft define show pick go be do "
    "have".split()
)
_AROUND = frozenset(
    "am is are was be been being will would could can should might may shall have has had do does "
    "did d ll m re to for from with at after of about on in out up by into as and so please just "
    "also now currently today kindly you u i we they he she it me us them this that these those "
    "some a an the our my your his her their quickly again really still today's eagerly keen "
    "interested able possible grateful wondering if happy glad ready going order touch thanks "
    "hello list lists group groups set "
    "sets segment audience selection bunch names contacts rule query team everyone".split()
)
_ASKERS = frozenset({"is", "are", "was", "wants", "want", "needs", "need", "asked", "asks", "would",
                     "has", "have", "had", "likes", "requested", "requests"})  # fmt: skip
_TOWARDS = frozenset("for to with after at of from about reach find see get identify".split())
_US = frozenset({"we", "i", "our", "my", "it"})
_STATING = frozenset(
    "want need target include count mean means define consider treat limit restrict exclude send "
    "offer give show look looking require take pick select like would have must should can do "
    "don't only ask asking love expect call say".split()
)
"""After 'we' these say whom we want, or what words mean: no mere reason."""
_RESUME = (("so",), ("and", "so"), ("hence",), ("therefore",), ("that", "is", "why"))
_KINDS: tuple[Kind, ...] = ("person", "audience")


def opened(text: Text, lexicon: Lexicon) -> tuple[Text, list[str]]:
    """The text without such beginnings of its sentences, and a note for every reason in it."""
    tokens: list[Token] = []
    notes: list[str] = []
    i = 0
    while i < len(text):
        if text.low(i - 1) in _STARTS or i == 0:
            end = _reason(text, i, lexicon)
            if end is not None:
                said = text.words(i, end).rstrip(" ,.:;!")
                notes.append(f"'{said}' is taken as the reason: it limits nobody.")
                i = end
                continue
            named = label(text, i, lexicon, _asks)
            if named is not None:
                tokens += named[0]
                notes.append(f"'{named[2]}' is taken as the name of those described after it.")
                i = named[1]
                continue
            end = _request(text, i, lexicon)
            if end is not None:
                i = end
        if i < len(text):
            tokens.append(text[i])
        i += 1
    return Text(text.source, tokens), notes


def _request(text: Text, i: int, lexicon: Lexicon) -> int | None:
    """Where the people begin whom a sentence asks for; None where it says more than that."""
    people = next((k for k in range(i, min(i + _WITHIN, len(text))) if _names(text, k, lexicon)), i)
    if people - i < 2 or any(text.low(k) in _NO for k in range(i, people)):
        return None
    for start in _subjects(text, i, people):
        if all(_asks(text.low(k)) for k in range(start, people)) and _wants(text, start, people):
            return people
    return None


def _wants(text: Text, start: int, people: int) -> bool:
    last = people - 1
    while text.low(last) in ARTICLES:
        last -= 1
    being = any(text.low(k) in ("am", "are", "is") for k in range(start, people))
    seeking = being and text.low(last) == "after"
    wanted = seeking or any(_requests(text.low(k)) for k in range(start, people))
    return wanted and (text.low(last) in _TOWARDS or _requests(text.low(last)))


def _names(text: Text, i: int, lexicon: Lexicon) -> bool:
    """Whether people are named at an index, by a noun that nothing stands before."""
    if text.low(i) in ("everyone", "everybody", "anyone", "anybody", "those", "whoever", "all"):
        return True
    before = text.low(i - 1)
    if before in ARTICLES and _values_then_people(text, i, lexicon):
        return True
    return before in _TOWARDS | ARTICLES and _is_people(text, i, lexicon)


def _values_then_people(text: Text, i: int, lexicon: Lexicon) -> bool:
    """'the Austrian and Swiss customers': values alone, then a noun for people."""
    k = i
    while k < i + _ADJECTIVES:
        match = lexicon.longest("value", text, k)
        if match is None and text.low(k) not in ("and", "or", ","):
            break
        k = match.end if match is not None else k + 1
    return k > i and lexicon.is_person(text, k)


def _is_people(text: Text, i: int, lexicon: Lexicon) -> bool:
    found = any(lexicon.longest(kind, text, i) for kind in _KINDS)
    return found and text.low(i + 1) not in _ASKERS and not text.low(i + 1).endswith("ing")


def _subjects(text: Text, i: int, people: int) -> list[int]:
    """Where what is asked may begin: at once, or after 'Customer success', 'The team of Eve'."""
    told = [k for k in range(i + 1, min(i + _SUBJECT + 1, people)) if text.low(k) in _ASKERS]
    named = all(text[k].kind == "word" for k in range(i, told[0])) if told else False
    return [i, *told] if named else [i]


def _asks(low: str) -> bool:
    return low == "," or low in _AROUND or low in FILLERS or _requests(low)


def _requests(low: str) -> bool:
    return any(same_word(low, verb) for verb in _REQUESTS)


def _reason(text: Text, i: int, lexicon: Lexicon) -> int | None:
    """'We are planning interviews, so …': where the request goes on after a reason of ours."""
    if text.low(i) not in _US or text.low(i + 1) in _STATING:
        return None
    k = i
    while k < len(text) and text.low(k) not in _ENDS and text.low(k) not in (",", ":"):
        if text[k].kind in ("number", "date") or _limits(text, k, lexicon):
            return None
        k += 1
    resumes = next((k + 1 + len(w) for w in _RESUME if text.has(k + 1, *w)), None)
    if not _recurs(text, i, k, lexicon):
        return None
    if text.low(k) == ",":
        return resumes
    progressive = text.low(i + 1) in ("are", "am", "is", "will", "plan", "just", "have")
    if k - i < 3 or k + 1 >= len(text) or not progressive:
        return None
    return resumes or k + 1


def _recurs(text: Text, i: int, end: int, lexicon: Lexicon) -> bool:
    """Whether every value that a reason names is said of the people as well, after it."""
    later = {m.sense.value for k in range(end, len(text)) for m in lexicon.at("value", text, k)}
    named = (lexicon.at("value", text, k) for k in range(i, end))
    return all({m.sense.value for m in found} & later for found in named if found)


def _limits(text: Text, k: int, lexicon: Lexicon) -> bool:
    """Words that may say who is meant."""
    low = text.low(k)
    if low in _NO or low in ("who", "whose", "which", "with"):
        return True
    return comparison(text, k) is not None or _is_people(text, k, lexicon)
