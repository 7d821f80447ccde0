"""What is said of several messages, of all but one, and of one message a user, put plainly."""

from __future__ import annotations

from agent.planners.grammar.mentions import Mention, mention_at
from agent.planners.grammar.order_speech import tokens_of
from agent.planners.grammar.order_wording import mark, replaced
from agent.planners.grammar.outline_words import ENDS
from agent.planners.grammar.rewording import word
from agent.planners.grammar.words import ARTICLES, Text

_ALL = (("everything", "else"), ("everything",), ("anything",), ("all", "messages"),
        ("all", "else"),
        ("all", "of", "them"), ("all", "of", "these"), ("all",), ("the", "rest"), ("the", "others"),
        ("anything", "else"), ("all", "the", "others"))  # fmt: skip
_EXCEPT = (("with", "one", "exception", ":"), ("with", "the", "only", "exception", "of"),
           ("the", "only", "exception", "is"), ("the", "exception", "is"), ("exception", ":"),
           ("with", "one", "exception", ","), ("except", "for"), ("except",), ("other", "than"),
           ("apart", "from"), ("aside", "from"),
           ("besides",), ("but", "not"), ("but",), ("excluding",), ("save",), ("with", "the",
           "exception", "of"), ("not", "the"), ("bar",))  # fmt: skip
_COUNTS = {2: ("two", "2"), 3: ("three", "3"), 4: ("four", "4"), 5: ("five", "5")}
_HOLD = frozenset(
    "suppress hold pause mute stop freeze block park silence skip withhold keep everything "
    "halt snooze end".split()
)


def all_but(text: Text, found: list[Mention]) -> Text:
    """'Hold everything while … except A': 'hold B and C while …'."""
    for i in range(len(text)):
        words = next((one for one in sorted(_EXCEPT, key=len)[::-1] if text.has(i, *one)), None)
        if words is None:
            continue
        k = i + len(words)
        while text.low(k) in ARTICLES or text.low(k) in ("for", "of", "from"):
            k += 1
        kept, end = _listed(text, k, found)
        if not kept or text.low(end) not in (*ENDS, "", ",", "while", "if", "when", "for", "once"):
            continue
        begin = max((j + 1 for j in range(i) if text.low(j) in ENDS), default=0)
        led = any(text.low(j) in _HOLD for j in range(begin, i))
        all_at = _everything(text, begin, i)
        named = [*dict.fromkeys(m[2] for m in found if m[2] not in kept)]
        if all_at is None or not led or not named:
            continue
        start, stop = all_at
        others = tokens_of(text, named, found, text[start])
        cut = i - (text.low(i - 1) == ",")
        rest = replaced(text, cut, end, [])
        return replaced(rest, start, stop, others)
    return text


def _listed(text: Text, i: int, found: list[Mention]) -> tuple[list[str], int]:
    """The messages of a list at an index and where it ends."""
    kept: list[str] = []
    while True:
        mention = mention_at(found, i)
        if mention is None:
            return kept, i
        kept.append(mention[2])
        i = end = mention[1]
        while text.low(i) in (",", "and", "or", *ARTICLES):
            i += 1
        if mention_at(found, i) is None:
            return kept, end


def _everything(text: Text, begin: int, end: int) -> tuple[int, int] | None:
    for k in range(begin, end):
        for words in sorted(_ALL, key=len, reverse=True):
            if text.has(k, *words) and k + len(words) <= end:
                return k, k + len(words)
    return None


_GOES_ON = frozenset({*ENDS, "", ",", "for", "while", "when", "if", "once", "are", "is", "until",
                      "after", "unless", "stop", "end", "should", "must"})  # fmt: skip


def all_of_them(text: Text, found: list[Mention]) -> Text:
    """'Pause all three', 'these two': all, where there are so many."""
    count = len({m[2] for m in found})
    for i in range(len(text) - 1):
        if text.low(i + 1) not in _COUNTS.get(count, ()):
            continue
        if text.low(i) not in ("all", "the", "these", "any") or mention_at(found, i) is not None:
            continue
        end = i + 2
        while text.low(end) in ("of", "them", "these", "messages", "those"):
            end += 1
        if text.low(end) not in _GOES_ON:
            continue
        said = word(text[i], "both" if count == 2 else "everything")
        return replaced(text, i, end, [said])
    return text


_ONE = frozenset(
    "nobody no one user users person people customer customers viewer viewers member members "
    "should may must can will shall ever get gets receive receives see sees more than two both "
    "at most max maximum only exactly just a an single 1 message messages msg each per head time "
    "of these them those the is are sent allowed always never not do does send we they anyone "
    "everyone everybody any once together strictly policy applies out goes go be and or in total "
    "overall to us from simply that please so remember mind by means it all".split()
)
_COUNTED = frozenset({"one", "1", "single", "two", "both"})
_EDGES = frozenset({*ENDS, ",", ":", "(", ")", "-", "–", "—"})


def one_each(text: Text, found: list[Mention]) -> Text:
    """Without 'nobody gets more than one message': a policy gives one message a user anyway."""
    begin = 0
    for end in (k for k in range(len(text) + 1) if k == len(text) or text.low(k) in _EDGES):
        said = [text.low(k) for k in range(begin, end)]
        if _is_one_each(said):
            stop = end + (text.low(end) in (",", ":"))
            return replaced(text, begin, stop, [])
        gets = _gets_one(text, begin, end)
        if gets is not None and gets > begin and not any(begin <= m[0] < end for m in found):
            head = [word(text[begin], "for")] if text.low(begin) != "for" else []
            closed = [mark(text[begin], ".")] if text.low(end) in ENDS | {":"} else []
            new = [*head, *text.tokens[begin:gets], *closed]
            return replaced(text, begin, end + bool(closed), new)
        begin = end + 1
    return text


def _is_one_each(said: list[str]) -> bool:
    """Whether a clause says nothing but that a user gets one message."""
    if len(said) < 3 or not set(said) <= _ONE or not set(said) & _COUNTED:
        return False
    limits = {"one", "1", "single"} & set(said) and set(said) & {
        "message", "messages", "msg", "each", "per", "at", "max", "maximum", "than", "only",
    }  # fmt: skip
    never = {"both", "two"} & set(said) and set(said) & {"never", "not", "nobody", "no"}
    return bool(limits or never)


def _gets_one(text: Text, begin: int, end: int) -> int | None:
    """'German customers get exactly one message': where 'get' stands."""
    for k in range(begin + 1, end):
        if text.low(k) not in ("get", "gets", "receive", "receives"):
            continue
        rest = [text.low(j) for j in range(k, end)]
        if _is_one_each(rest):
            return k - (text.low(k - 1) in ("should", "must", "may", "can", "will", "shall"))
    return None


_RULE = frozenset(
    "whenever when if where should in case a an the user users someone somebody anyone they people "
    "customer customers viewer viewers person member qualifies qualify qualified eligible is are "
    "be for more than one of these those several multiple many two both messages message shall "
    "must will should always only ever with higher highest first top best rank ranked ranking list "
    "priority wins win goes go out sent counts applies apply gets get prevails precedence takes "
    "take which that we send here it on to listed uppermost at time same comes come , then match "
    "matches matching fits fit fitting decides decide overlap clash tie conflict , order earlier "
    "earliest mentioned named each per and receive receives he she due given can may could "
    "line have".split()
)
_RANKED = frozenset("higher highest first top uppermost earlier earliest rank ranked".split())
_CHOSEN = frozenset(
    "wins win sent counts applies prevails gets get receive receives out precedence decides given "
    "send".split()
)


def first_wins(text: Text, found: list[Mention]) -> Text:
    """Without 'if a user qualifies for several, the highest wins': a policy works so anyway."""
    begin = 0
    for end in (k for k in range(len(text) + 1) if k == len(text) or text.low(k) in _STOPS):
        said = [text.low(k) for k in range(begin, end)]
        ruled = len(said) > _FEW and set(said) <= _RULE
        several = ("several" in said or "multiple" in said or "more" in said) and ruled
        several = several and bool(set(said) & _QUALIFYING) and not set(said) & (_CHOSEN | _RANKED)
        if several or (ruled and set(said) & _RANKED and set(said) & _CHOSEN):
            stop = end + (text.low(end) in (",", ":"))
            return replaced(text, begin, stop, [])
        begin = end + 1
    return text


_QUALIFYING = frozenset("qualify qualifies eligible apply applies match line due fit".split())
_STOPS = frozenset({*ENDS, ":", "(", ")"})
_FEW = 3
_LEFT = (
    ("everyone", "who", "is", "left"), ("everybody", "who", "is", "left"), ("everyone", "left"),
    ("everyone", "who", "left"), ("everybody", "left"), ("everyone", "who", "remains"),
    ("those", "who", "are", "left"), ("those", "left"), ("everyone", "remaining"),
    ("everybody", "who", "left"), ("users", "who", "is", "left"), ("whoever", "is", "left"),
    ("the", "rest", "of", "the", "users"), ("the", "rest", "of", "them"), ("the", "rest"),
    ("the", "remaining", "users"), ("all", "remaining", "users"), ("the", "others"),
    ("all", "others"), ("all", "other", "users"), ("all", "the", "others"), ("the", "remainder"),
    ("all", "the", "rest"), ("anyone", "left"), ("anyone", "else"), ("anybody", "else"),
    ("the", "remaining", "ones"), ("all", "other", "customers"), ("all", "other", "viewers"),
    ("the", "other", "users"), ("the", "other", "customers"), ("the", "other", "viewers"),
    ("anyone", "who", "is", "left"), ("anyone", "remaining"), ("everyone", "still", "left"),
)  # fmt: skip
_LEFT_BY_LENGTH = sorted(_LEFT, key=len, reverse=True)


def those_left(text: Text, found: list[Mention]) -> Text:
    """'B for everyone who is left', 'B for the rest': for everyone else."""
    for i in range(1, len(text)):
        if text.low(i - 1) not in ("for", "to"):
            continue
        words = next((one for one in _LEFT_BY_LENGTH if text.has(i, *one)), None)
        if words is None or not any(m[1] <= i for m in found):
            continue
        end = i + len(words)
        if text.low(end) not in (*ENDS, "", ",", ")", "-", "–"):
            continue
        new = [word(text[i], one) for one in ("everyone", "else")]
        begin = next((m for m in reversed(found) if m[1] <= i), None)
        near = begin is not None and all(text.low(k) in _NEAR for k in range(begin[1], i - 1))
        if near:
            return replaced(text, i, end, new)
    return text


_NEAR = frozenset("is are goes go last finally the third second first then comes only , sent "
                  "should be to ( meant intended".split())  # fmt: skip
