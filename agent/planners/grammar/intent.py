"""Which kind of prompt it is: by its cue words and by how many messages it names."""

from __future__ import annotations

import re
from typing import Literal

from agent.planners.grammar.debug_names import begun
from agent.planners.grammar.debug_words import DIRECTION_PHRASES, DIRECTIONS, UNSURE
from agent.planners.grammar.frame import Frame
from agent.planners.grammar.lexicon import Kind as LexiconKind
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.questions import is_question, names_rows
from agent.planners.grammar.words import Text

Kind = Literal["decision", "eligibility", "debug", "question", "other"]

_DEBUG = re.compile(
    r"\b(why|what (caused|causes|happened|explains|drove|drives|is driving|went wrong|broke|hurt|"
    r"made|is going on|is up with)|explain|investigat(e|ion)|diagnos(e|is)|debug|"
    r"root[- ]?caus(e|es|ing)|look(ing)? into|"
    r"dig into|drill into|find out what|figure out what|what's "
    r"(wrong|behind|causing|driving|going on|up with)|reasons? (for|behind)|causes? of|"
    r"causes? behind|what is (causing|behind|wrong)|how come|understand (the|what)|(something|"
    r"anything) (changed|shifted|moved|happened|dropped|broke|break|is broken|is off|is wrong)|"
    r"what (is|was|are|were) the (\w+ )?(reasons?|causes?|explanations?)(?=\W*$)|"
    r"any (clue|ideas?)|wtf|what gives|accounts? for|examine|what do you make of|clarify|"
    r"break ?down the|explanation)\b",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"^\W*(how many|count( the)?( number of)?|number of|what number of|how much of)\b", re.I
)
_QUESTION = re.compile(
    r"^\W*(what|which|who|show|list|give me "
    r"(a|the)|when|where|plot|chart|top|average|is|are|do|does|"
    r"how)\b",
    re.IGNORECASE,
)
_OPEN_QUESTION = re.compile(
    r"^\W*(what|which|who|show|list|give me|when|where|plot|chart|graph|top|average|how|compare|"
    r"rank|sort|total|sum)\b",
    re.IGNORECASE,
)
"""Asks for figures: 'which platform has the lowest …?'."""
_DECISION = re.compile(
    r"\b(priorit\w+|priority|rank(ed|ing)?|order of|in (this|that|the following) "
    r"order|decision polic\w+|"
    r"takes? precedence|precedence|decide (between|what|which)|wins? over|beats|next best action|"
    r"arbitrat\w+|stop conditions?|trumps?|outranks?|comes? (first|before|ahead)|come first|"
    r"ahead of|decision (rule|logic)s?|(should|must|will|always) (win|come first|go first|lead)|"
    r"which (message|one|of (these|them|the)\b.*) (wins|should)|(first|second|last) (choice|place)|"
    r"order:|sequence:|gives? way to|yields? to|loses? to|pecking order|hierarchy|"
    r"(the|an|this) order for|waits? (until|for|till)|loses? against|(win|wins) against|"
    r"at the (top|bottom)|in (between|the middle)|^\W*1\s[^.]*\s2\s|"
    r"more important than)(\b|(?<=:))",
    re.IGNORECASE,
)
_AUDIENCE = re.compile(
    r"\b(who|whose|target\w*|audience|eligib\w+|rules?|exclud\w+|include)\b"
    r"|^\W*(all |every |any )?(\w+ )?(users|people|customers|members|everyone|anyone)\b",
    re.IGNORECASE,
)
_ELIGIBILITY = re.compile(
    r"\b(eligib\w+|rules?|target\w*|send|nudge|audience|qualif\w+|message|email|push|reach|criteria|"
    r"campaign|users?|people|customers|members|anyone|everyone|those|who|only)\b",
    re.IGNORECASE,
)


_PEOPLE: tuple[Literal["person", "audience"], ...] = ("person", "audience")


def kind_of(text: Text, lexicon: Lexicon) -> Kind:
    """The kind of a prompt; 'other' where nothing tells."""
    source = text.source
    actions = actions_in(text, lexicon)
    metric = _metric(text, lexicon)
    if _DEBUG.search(source) and (metric or _moves(text)):
        return "debug"
    if _COUNT.search(source):
        return "question"
    ranks = len(actions) > 1 and (_DECISION.search(source) or _ordered(source))
    if ranks and (_DECISION.search(source) or not _OPEN_QUESTION.search(source)):
        return "decision"
    if not _describes_people(text, lexicon) and is_question(
        source, moves=metric and _moves(text), rows=names_rows(text, lexicon)
    ):
        return "question"
    if _DECISION.search(_without_names(text, lexicon)) and (
        len(actions) > 1 or not _one_action_rule(source)
    ):
        return "decision"
    if len(actions) > 1 and (_ordered(source) or not _QUESTION.search(source)):
        return "decision"
    told = metric and _moves(text, surely=True) and not _OPEN_QUESTION.search(source)
    if told and not (actions or _AUDIENCE.search(source) or _of_amounts(text, lexicon)):
        return "debug"
    if _QUESTION.search(source) and not _who_gets(source, actions):
        return "question"
    people = any(lexicon.longest(kind, text, i) for kind in _PEOPLE for i in range(len(text)))
    named = people or _begins_with_name(text, lexicon)
    return "eligibility" if _ELIGIBILITY.search(source) or actions or named else "other"


_ASKING = frozenset("what which when where how plot chart top average is are do does why".split())


def asks(text: Text) -> bool:
    """Whether a prompt is told as a question: by its mark or its first words."""
    source = text.source.rstrip()
    told = text.low(0) in _ASKING or _COUNT.search(source) is not None
    return source.endswith("?") or told or _DEBUG.search(source) is not None


def asks_for_people(text: Text, lexicon: Lexicon) -> bool:
    """'Which viewers put a film on the watchlist …?', 'Who exported a report …?'."""
    if text.low(0) in _LISTING and not _GROUPED.search(text.source):
        return any(lexicon.longest("person", text, k) for k in range(1, min(len(text), 7)))
    if text.low(0) == "which":
        return any(lexicon.is_person(text, k) for k in range(1, min(len(text), 5)))
    return text.low(0) == "who"


_LISTING = frozenset({"show", "list", "give", "name", "get", "find", "display", "return"})
_GROUPED = re.compile(r"\b(by|per|top|number|count|how many|share|average|most|least)\b", re.I)


_DESCRIBING = frozenset("who whose that with without having in from on not".split())


def _describes_people(text: Text, lexicon: Lexicon) -> bool:
    """'Clients with a savings rate of at least 10%': people first, then what holds for them."""
    for i in range(min(len(text), 5)):
        if text.low(i) in ("of", "by", "per", "many", "number", "share", "average"):
            return False
        if lexicon.is_person(text, i):
            return text.low(i + 1) in _DESCRIBING and not text.source.rstrip().endswith("?")
    return False


def _begins_with_name(text: Text, lexicon: Lexicon) -> bool:
    """'Owners in Germany', 'Bought at least twice': people told by what they are or did."""
    kinds: tuple[LexiconKind, ...] = ("event", "value", "audience", "trait")
    found = (lexicon.longest(kind, text, 0) for kind in kinds)
    verb = text.low(0).endswith(("ed", "s")) or text.low(0) in lexicon.verbs
    return verb and (any(found) or any(lexicon.starting(kind, text, 0) for kind in kinds))


def _without_names(text: Text, lexicon: Lexicon) -> str:
    """The prompt without the catalog's own values: 'high-priority tasks' rank nothing."""
    kept: list[str] = []
    i = 0
    while i < len(text):
        match = lexicon.longest("value", text, i)
        kept.append("" if match else text[i].text)
        i = match.end if match else i + 1
    return " ".join(kept)


def _one_action_rule(source: str) -> bool:
    return bool(re.search(r"\beligib", source, re.IGNORECASE))


def _who_gets(source: str, actions: list[str]) -> bool:
    wanted = r"\b(should|qualif\w+|eligible|gets?|receives?|can|may)\b"
    return bool(re.match(r"\W*(who|which|what)\b", source, re.I)) and (
        bool(re.search(wanted, source, re.I)) and (bool(actions) or "eligib" in source.lower())
    )


def _ordered(source: str) -> bool:
    return bool(
        re.search(
            r"\(?\b\d[.)]\s|\b(first|firstly|then|before|over|after that|next|finally|followed by|"
            r"otherwise|else|instead|second|third|lastly|both|neither|in which case|"
            r"wins?(?!-| back)|prefer|if not|"
            r"after|unless|falling back|fall back|only one|several|whichever)\b|>|→|\n\s*[-*•]",
            source,
            re.IGNORECASE,
        )
    )


_AMOUNT = re.compile(
    r"\b(more|less|fewer|lower|higher|better|worse|up|down) (than|to) "
    r"(\d|one\b|two\b|three\b|four\b|five\b|ten\b|a\b|an\b)|\bat (least|most)\b",
    re.IGNORECASE,
)


def _of_amounts(text: Text, lexicon: Lexicon) -> bool:
    """'shoppers with fewer than 2 orders': whoever they are, and nothing that moved."""
    if _AMOUNT.search(text.source):
        return True
    for i in range(len(text)):
        match = lexicon.longest("person", text, i)
        if match is not None and text.low(match.end) in ("with", "who", "whose", "without"):
            return True
    return False


def _moves(text: Text, *, surely: bool = False) -> bool:
    """Whether something is said to have moved, or not to be as something else is.

    Surely: by a word that says nothing else, or in a question such as 'is … lower than …'.
    """
    asked = text.low(0) in ("is", "are", "was", "were", "did", "has", "have", "does", "do")
    weak = UNSURE if surely and not asked else frozenset()
    said = {token.low for token in text.tokens} - weak
    if any(said & words for words, _ in DIRECTIONS):
        return True
    return any(text.has(i, *words) for i in range(len(text)) for words, _ in DIRECTION_PHRASES)


def _metric(text: Text, lexicon: Lexicon) -> bool:
    return any(lexicon.longest("metric", text, i) or begun(text, i, lexicon)
               for i in range(len(text)))  # fmt: skip


def actions_in(text: Text, lexicon: Lexicon) -> list[str]:
    """The messages of the catalog that a text names, once each, in order."""
    found: dict[str, None] = {}
    frame = Frame(text, lexicon)
    i = 0
    while i < len(text):
        event = lexicon.longest("event", text, i)
        named = frame.action(i)
        if named is not None and (event is None or event.end <= named.end):
            found.setdefault(named.action.key)
            i = named.end
        else:
            i = event.end if event is not None else i + 1
    return [*found]
