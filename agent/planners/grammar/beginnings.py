"""What a prompt begins with that only asks: 'As a CRM manager I want …', 'Audience = …'.

Who asks, the name of the list, 'start with everyone who …', and conditions put as questions ('Did
they open a newsletter this week? Then I want them.') or as an 'if' of one sentence.
"""

from __future__ import annotations

from dataclasses import replace

from agent.planners.grammar.lexicon import Kind, Lexicon
from agent.planners.grammar.quantities import quantity
from agent.planners.grammar.words import ARTICLES, Text, Token

_ENDS = frozenset({"", ".", "!", "?", ";", "\n"})
_STARTS = frozenset({"", ".", "!", "?", ";", "\n"})
_ROLE = 7
_LIST = frozenset(
    "audience segment list rule group selection query criteria population recipients targets "
    "filter cohort definition target who eligibility scope condition conditions base".split()
)
_OWN = frozenset("my our the this new following a an target eligible intended desired".split())
_HOLDS = frozenset(
    "comprise comprises contain contains include includes cover covers encompass encompasses be is "
    "are capture captures select selects hold holds consist consists read reads address "
    "addresses".split()
)
_MODAL = frozenset("shall should must will would is are to has have needs need ought".split())
_BEGIN = (
    ("start", "with"), ("starting", "with"), ("begin", "with"), ("beginning", "with"),
    ("start", "from"), ("go", "with"), ("go", "for"), ("take",), ("grab",), ("pull",),
    ("looking", "for"), ("look", "for"), ("search", "for"), ("filter", "for"), ("filter",),
    ("show",), ("list",), ("export",), ("extract",), ("fetch",), ("return",), ("select",),
    ("keep", "only"), ("keep",), ("we", "search"), ("i", "search"), ("searching", "for"),
    ("what", "we", "want", "is"), ("what", "i", "want", "is"), ("what", "we", "need", "is"),
    ("what", "i", "need", "is"), ("who", "we", "want", "is"), ("who", "i", "want", "is"),
    ("the", "people", "we", "want", "are"), ("the", "ones", "we", "want", "are"),
    ("the", "people", "i", "want", "are"), ("who", "we", "want", ":"), ("who", "i", "want", ":"),
    ("what", "we", "are", "after", "is"), ("what", "i", "am", "after", "is"),
    ("which",), ("tell", "me"), ("show", "me"), ("give", "me"), ("find", "me"), ("get", "me"),
    ("send", "me"), ("list", "me"), ("name",), ("find",), ("get",), ("identify",),
    ("which", "of", "our"), ("which", "of", "the"), ("which", "of", "these"), ("see",),
    ("it", "is", "about"), ("this", "is", "about"), ("this", "is", "for"), ("this", "concerns"),
    ("we", "are", "talking", "about"), ("i", "am", "talking", "about"), ("think",),
)  # fmt: skip
_AFTER_BEGIN = frozenset("everyone everybody anyone anybody all those people users every "
                         "whoever only any".split())  # fmt: skip
_SPEAKING = frozenset({"i", "we"})
_CONDITIONAL = frozenset({"if", "when", "whenever", "where"})
_TAILS = (
    ("want", "them"), ("want", "them", "in"), ("include", "them"), ("they", "are", "in"),
    ("they", "qualify"), ("count", "them", "in"), ("they", "count"), ("they", "belong"),
    ("send", "it"), ("target", "them"), ("take", "them"), ("add", "them"), ("need", "them"),
    ("they", "are", "eligible"), ("they", "should", "be", "in"), ("they", "get", "it"),
    ("they", "go"), ("put", "them"), ("would", "like", "them"), ("want", "to", "reach", "them"),
)  # fmt: skip
_KINDS: tuple[Kind, ...] = ("event", "entity", "value", "trait", "audience", "action")


def begun(text: Text, lexicon: Lexicon) -> Text:
    """The text without such beginnings."""
    tokens: list[Token] = []
    i = 0
    while i < len(text):
        if i == 0 or text.low(i - 1) in _STARTS:
            i = _past(text, i, lexicon)
        if i < len(text):
            tokens.append(text[i])
        i += 1
    return Text(text.source, tokens)


def stated(text: Text, lexicon: Lexicon) -> Text:
    """Conditions that are put as questions, as an 'if' or as a clause of law, as statements."""
    return _deemed(_asked_of_them(_conditional(text)), lexicon)


def _past(text: Text, i: int, lexicon: Lexicon) -> int:
    """Where a sentence goes on after what only asks."""
    for step in (_story, _asker, _list_is, _begin):
        end = step(text, i, lexicon)
        if end is not None:
            return _past(text, end, lexicon)
    return i


def _story(text: Text, i: int, lexicon: Lexicon) -> int | None:
    """'As a lifecycle marketer, I want …': who asks says nothing of the people."""
    if text.low(i) != "as" or text.low(i + 1) not in (*ARTICLES, "head"):
        return None
    for k in range(i + 2, min(i + 2 + _ROLE, len(text))):
        if text.low(k) in _SPEAKING:
            return k
        if text.low(k) in _ENDS or quantity(text, k) is not None:
            return None
    return None


def _asker(text: Text, i: int, lexicon: Lexicon) -> int | None:
    """'finance wants: …', 'Request from CRM: …': whose wish it is."""
    asks = frozenset("wants want needs need asks asked requests requested request wish ask "
                     "from".split())  # fmt: skip
    for k in range(i, min(i + 6, len(text) - 1)):
        if text.low(k) == ":":
            said = [text.low(n) for n in range(i, k)]
            known = any(lexicon.longest(kind, text, n) for n in range(i, k) for kind in _KINDS)
            return k + 1 if asks & {*said} and len(said) > 1 and not known else None
        if text[k].kind != "word":
            return None
    return None


def _list_is(text: Text, i: int, lexicon: Lexicon) -> int | None:
    """'My segment: …', 'Audience = …', 'The audience shall comprise …'."""
    k = i
    while text.low(k) in _OWN and text.low(k + 1) != ":":
        k += 1
    named = k
    while text.low(k) in _LIST:
        k += 1
    if k == named:
        return None
    if text.low(k) in (":", "=", "–", "-", "→") and text.low(k + 1) not in ("\n",):
        return k + 1
    begin = k
    while text.low(k) in _MODAL:
        k += 1
    if text.low(k) in _HOLDS or text.low(k) in ("limited", "restricted", "made", "composed"):
        k += 1
    elif k == begin:
        return None
    while text.low(k) in ("of", "to", "up", "only", ":", "as", "follows"):
        if text.low(k) == "only":
            break
        k += 1
    people = text.low(k) in _AFTER_BEGIN or text.low(k) in ARTICLES
    named = lexicon.longest("person", text, k) is not None or _adjectives(text, k, lexicon)
    return k if people or named else None


def _adjectives(text: Text, k: int, lexicon: Lexicon) -> bool:
    return any(
        lexicon.longest(kind, text, k) is not None for kind in ("audience", "value")
    ) and any(lexicon.is_person(text, n) for n in range(k, min(k + 6, len(text))))


def _begin(text: Text, i: int, lexicon: Lexicon) -> int | None:
    """'Start with everyone who …', 'I search the users who …'."""
    k = i
    while text.low(k) in ("please", "let", "us", "then", "now", "so", "ok", "just", "and", "hi",
                          "hey", "hello", ","):  # fmt: skip
        k += 1
    words = next((one for one in sorted(_BEGIN, key=len, reverse=True) if text.has(k, *one)), None)
    if words is None:
        return None
    end = k + len(words)
    after = end + (text.low(end) in ARTICLES)
    people = text.low(end) in _AFTER_BEGIN or lexicon.longest("person", text, after) is not None
    people = people or text.has(end, "the", "ones")
    who = text.low(end) == "who" and words != ("which",)
    return end if people or who or _adjectives(text, end, lexicon) else None


def _conditional(text: Text) -> Text:
    """'If their checkout failed and …, I want them on the list': those for whom it holds."""
    if text.low(0) not in _CONDITIONAL or text.low(1) not in ("they", "their", "somebody",
                                                              "someone", "a", "the"):  # fmt: skip
        return text
    for k in range(2, len(text)):
        if text.low(k) in _ENDS:
            return text
        if text.low(k) != ",":
            continue
        found = _wanted(text, k + 1)
        if found is not None:
            return Text(text.source, [*text.tokens[1:k], *text.tokens[found:]])
    return text


def _deemed(text: Text, lexicon: Lexicon) -> Text:
    """'Any customer shall be deemed eligible if the customer has …': customers who have …"""
    for i in range(len(text)):
        person = lexicon.longest("person", text, i)
        if person is None:
            continue
        k = person.end
        while text.low(k) in _LAWFUL:
            k += 1
        verb = k > person.end and text.low(k - 1) in _QUALIFYING
        while verb and text.low(k) in ("for", "this", "the", "our", "campaign", "offer", "message",
                                       "programme", "program", "only", "mailing", ","):  # fmt: skip
            k += 1
        if not verb or text.low(k) not in ("if", "when", "where", "provided", "once", "in", "so"):
            continue
        k += 1
        while text.low(k) in ("that", "case", "long", "as", "and", "only", "if"):
            k += 1
        after = k + (text.low(k) in ("the", "that", "such", "this", "said", "a"))
        again = lexicon.longest("person", text, after)
        if text.low(k) in ("they", "he", "she", "it"):
            rest = k + 1
            rest += 2 if text.low(rest) == "or" and text.low(rest + 1) in ("he", "she") else 0
        elif again is not None:
            rest = again.end
        else:
            continue
        who = replace(text[i], text="who", low="who", kind="word", value=None)
        return Text(text.source, [*text.tokens[: person.end], who, *text.tokens[rest:]])
    return text


_LAWFUL = frozenset(
    "shall will is are should must may can be being deemed considered regarded treated as only "
    "eligible included targeted selected addressed qualify qualifies contacted in scope "
    "count counts get gets it receive receives messaged".split()
)
_QUALIFYING = frozenset(
    "eligible included targeted selected addressed qualify qualifies contacted scope count counts "
    "it messaged".split()
)


def _wanted(text: Text, i: int) -> int | None:
    """Where ', then I want them on the list' ends."""
    while text.low(i) in ("then", "i", "we", "please", "should", "just", "would", "do"):
        i += 1
    words = next((one for one in sorted(_TAILS, key=len, reverse=True) if text.has(i, *one)), None)
    if words is None:
        return None
    end = i + len(words)
    while text.low(end) in ("on", "in", "the", "list", "this", "it", "for", "there", "too",
                            "audience", "segment", "please", "to", "our", "my"):  # fmt: skip
        end += 1
    return end if text.low(end) in _ENDS | {",", "unless", "except", "but"} else None


def _asked_of_them(text: Text) -> Text:
    """'Did they open a newsletter this week? And have they ordered? Then I want them.'"""
    questions = [k for k in range(len(text)) if text.low(k) == "?"]
    start = next((k + 1 for k in reversed(questions)), None)
    if start is None:
        return text
    wanted = _wanted(text, start)
    if wanted is None and start < len(text):
        return text
    tokens: list[Token] = []
    changed = False
    i = 0
    end = len(text) if wanted is None else start
    while i < end:
        begins = i == 0 or text.low(i - 1) in _STARTS or (
            text.low(i - 1) in ("and", "but", "or") and text.low(i - 2) in _STARTS
        )  # fmt: skip
        if (
            begins
            and text.low(i) in ("did", "have", "has", "are", "do", "were")
            and text.low(i + 1) == "they"
        ):
            tokens += [text[i + 1], text[i]]
            changed, i = True, i + 2
            continue
        tokens.append(text[i])
        i += 1
    if not changed or (wanted is None and len(questions) < 1):
        return text
    return text if wanted is None else Text(text.source, [*tokens, *text.tokens[wanted:]])
