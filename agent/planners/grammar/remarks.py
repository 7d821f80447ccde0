"""What a prompt says beside the rule: '(legal is watching this one)', 'These are the ones we lose.'

A sentence, a parenthesis or what follows a dash is a remark only where nothing in it could say who
is meant: no word of the catalog, no number, no negation, no comparison, nothing that is wanted. It
is told to the reader as a remark that limits nobody.
"""

from __future__ import annotations

from agent.planners.grammar.frame_words import FILLERS
from agent.planners.grammar.lexicon import Kind, Lexicon
from agent.planners.grammar.padding import unit
from agent.planners.grammar.quantities import NUMBER_WORDS, comparison
from agent.planners.grammar.shorthand import in_sentences
from agent.planners.grammar.spans import UNITS
from agent.planners.grammar.words import Text, Token, tokenise

_ENDS = frozenset({".", "!", "?", ";", "\n"})
_CLOSERS = frozenset({".", "!", "?", ";", "\n", ","})
_KINDS: tuple[Kind, ...] = (
    "event", "entity", "column", "value", "trait", "audience", "channel", "action", "metric",
)  # fmt: skip
_LIMITING = frozenset(
    "not no never none nobody nothing neither nor without except excluding exclude excluded only "
    "unless but minus just who whose which whom with having must should shall may can cannot "
    "leave skip drop remove ignore omit suppress avoid spare include including add also plus or "
    "either both all every each any more less fewer than least most before after since until "
    "during within between last past next recent recently ago day days week weeks month months "
    "year years hour hours today yesterday active inactive engaged lapsed dormant churned loyal "
    "regular frequent frequently regularly often seldom rarely many few several high low big "
    "small best top worst new old under above below inside outside "
    "when while if where whenever once first second then instead otherwise exactly eligible "
    "target priority control holdout limit limited cap".split()
)
"""Words with which a sentence may say who is meant, or what is to be done with them."""
_PREPOSITIONS = frozenset("in on at by via from over".split())
"""Before a place or a source that the catalog does not know, they may limit too."""
_SPEAKERS = frozenset("i we you".split())
_OURS = frozenset("us me our my your".split())
_POINTING = frozenset("these those that this it they".split())
_BEING = frozenset("is are was were s".split())
_EQUATED = frozenset("the our my what exactly basically pretty".split())
_WANTING = frozenset(
    "want need like love target look looking include take send see get have require wish prefer "
    "offer give show pick select mean means define count consider treat keep focus".split()
)
_IDLE = frozenset(
    "them it this that those these to see have know get the list on a be would will ll d m s re "
    "please on in here there so and then all their names on ids asap for me us now later let "
    "hear back from you out who they are i we want need like love look looking into find take "
    "send over email mail check".split()
)
_SAYING = frozenset(
    "thanks thank thx cheers ta sorry weird right ok okay yes yep yeah well hmm wow lol haha cool "
    "great nice perfect regards best kind greetings hope hopefully know "
    "wonder remember promise happy curious interesting obviously clearly funny "
    "strange sad good luck deal done".split()
)
_HEDGING = frozenset("think guess believe suppose suspect assume".split())
"""'- students, I think' may still limit."""
_PLACES = frozenset(
    "list campaign box flow segment project test programme program pilot slide deck meeting "
    "report experiment initiative push pile bucket club".split()
)
_LEADS = (("candidates", "for"), ("ideal", "for"), ("perfect", "for"), ("material", "for"),
          ("good", "for"), ("for",), ("all", "for"))  # fmt: skip
_YES = frozenset({"yes", "yep", "yeah", "sic"})
_SHORT = 14
_BRIEF = 5


def without_remarks(text: Text, lexicon: Lexicon) -> tuple[Text, list[str]]:
    """The text without its remarks, and a note for each."""
    notes: list[str] = []
    text = _parentheses(_same_length(text), lexicon, notes)
    text = _tails(text, lexicon, notes)
    return _sentences(text, lexicon, notes), notes


def told_alone(text: Text, lexicon: Lexicon) -> Text:
    """The prompt as if its remarks and its shorthand had not been written."""
    rest = in_sentences(without_remarks(text, lexicon)[0], lexicon)
    if [one.low for one in rest] == [one.low for one in text]:
        return text
    return tokenise(" ".join(one.text for one in rest))


def _note(said: str) -> str:
    return f"'{said.strip(' ,.!?;:()-–—')}' is taken as a remark: it limits nobody."


def _same_length(text: Text) -> Text:
    """'less than a year (365 days) ago': the length in brackets is the one that is meant."""
    for i in range(2, len(text) - 3):
        after = i + 1 if text.low(i) == "(" and unit(text.low(i - 1)) else len(text)
        while text.low(after) in _SAME:
            after += 1
        inside = after + 1 < len(text) and text[after].kind == "number"
        if not inside or not unit(text.low(after + 1)):
            continue
        end = _closing(text, i)
        if end is None:
            continue
        counted = text[i - 2].kind == "number" or text.low(i - 2) in (*NUMBER_WORDS, "a", "an")
        again = list(text.tokens[after : after + 2])
        if end > after + 2 and not (counted and _seconds(text, i - 2) == _seconds(text, after)):
            continue
        start = i - 2 if counted else i - 1
        kept = [*text.tokens[:start], *again, *text.tokens[end + 1 :]]
        return _same_length(Text(text.source, kept))
    return text


_SAME = frozenset("say so ie i.e that is = or meaning s roughly , let us".split()) - {"roughly"}


def _seconds(text: Text, i: int) -> float | None:
    """How long '45 minutes' is; None where no number in digits stands there."""
    if i < 0 or text[i].kind != "number":
        return None
    low = text.low(i + 1)
    return float(text.low(i)) * UNITS[low if low in UNITS else low.removesuffix("s")]


def _parentheses(text: Text, lexicon: Lexicon, notes: list[str]) -> Text:
    tokens: list[Token] = []
    i = 0
    while i < len(text):
        end = _closing(text, i) if text.low(i) == "(" else None
        if end is not None and _is_remark(text, i + 1, end, lexicon, aside=True):
            notes.append(_note(text.words(i, end + 1)))
            i = end + 1
            continue
        tokens.append(text[i])
        i += 1
    return Text(text.source, tokens)


def _closing(text: Text, i: int) -> int | None:
    end = next((k for k in range(i + 1, len(text)) if text.low(k) in (")", "(")), None)
    return end if end is not None and text.low(end) == ")" else None


def _tails(text: Text, lexicon: Lexicon, notes: list[str]) -> Text:
    """'… in the last 5 days - weird, right?', '…, because we lose them': up to the sentence's end.

    What it follows must be there: a whole prompt is never a remark.
    """
    for i in range(1, len(text) - 1):
        dash = text.low(i) in ("-", "–", "—") and _apart(text, i)
        reason = _because(text, i)
        if not (dash or reason):
            continue
        end = next((k for k in range(i, len(text)) if text.low(k) in _ENDS), len(text))
        start = i + 1 if dash else i + reason
        if end > start and _is_remark(text, start, end, lexicon, aside=dash or bool(reason)):
            notes.append(_note(text.words(i, end)))
            kept = [*text.tokens[:i], *text.tokens[end:]]
            return _tails(Text(text.source, kept), lexicon, notes)
    return text


def _because(text: Text, i: int) -> int:
    """How many words lead a reason at an index."""
    i0 = i + (text.low(i) == ",")
    for words in (("because",), ("so", "that"), ("so", "we"), ("so", "i"), ("as", "we"),
                  ("in", "order", "to"), ("since", "we"), ("cause",), ("cos",), ("which", "is"),
                  ("after", "all")):  # fmt: skip
        if text.has(i0, *words) and text.low(i0 + len(words)) != "of":
            return i0 - i + len(words) - (words[-1] in ("we", "i"))
    return 0


def _apart(text: Text, i: int) -> bool:
    around = text.source[max(0, text[i].start - 1) : text[i].end + 1]
    return around[:1].isspace() and around[-1:].isspace()


def _sentences(text: Text, lexicon: Lexicon, notes: list[str]) -> Text:
    tokens: list[Token] = []
    start = 0
    said: list[tuple[int, int, bool]] = []
    text, name = _named_first(text, lexicon)
    notes += name
    while start < len(text):
        end = next((k for k in range(start, len(text)) if text.low(k) in _ENDS), len(text))
        end = min(end + 1, len(text))
        remark = _is_remark(text, start, end, lexicon, aside=False)
        said.append((start, end, remark))
        start = end
    if not any(not remark and _says(text, a, b) for a, b, remark in said):
        return text
    for a, b, remark in said:
        if remark and _says(text, a, b):
            notes.append(_note(text.words(a, b)))
            tokens.append(text[b - 1])
        else:
            tokens += text.tokens[a:b]
    return Text(text.source, tokens)


def _named_first(text: Text, lexicon: Lexicon) -> tuple[Text, list[str]]:
    """'Grumpy ones. Two or more ratings …': a name, where the first sentence is nothing else."""
    end = next((k for k in range(len(text)) if text.low(k) in _ENDS), len(text))
    words = [text.low(k) for k in range(end)]
    cried = text.low(end) == "!" and not {*words} & _WANTING
    short = 1 < len(words) <= _BRIEF and end + 1 < len(text)
    named = short and (words[-1] in _ONES or cried)
    if not named or not _says(text, end, len(text)):
        return text, []
    if any(_could_limit(text, k, lexicon) for k in range(end)):
        return text, []
    note = f"'{text.words(0, end)}' is taken as the name of those described after it."
    return Text(text.source, text.tokens[end + 1 :]), [note]


_ONES = frozenset("ones crowd bunch types folks people lot gang tribe".split())


def _says(text: Text, start: int, end: int) -> bool:
    return any(text[k].kind != "mark" for k in range(start, end))


def _is_remark(text: Text, start: int, end: int, lexicon: Lexicon, *, aside: bool) -> bool:
    """Whether nothing between two tokens could say who is meant, and something tells so."""
    words = [text.low(k) for k in range(start, end) if text[k].kind != "mark"]
    if not words or len(words) > _SHORT or all(one in FILLERS for one in words):
        return False
    if _wants_them(words):
        return True
    places = [k for k in range(start, end) if text[k].kind != "mark"]
    if _purpose(text, places, lexicon) or (aside and words[0] in _YES and len(words) <= _BRIEF):
        return True
    if any(_could_limit(text, k, lexicon) for k in places):
        return False
    of_ours = _pointing(words) or bool(_SPEAKERS & {*words[:2]})
    if not of_ours and _PREPOSITIONS & {*words}:
        return False
    return _told(words, aside=aside)


def _could_limit(text: Text, k: int, lexicon: Lexicon) -> bool:
    low = text.low(k)
    if low == "one" and text.low(k - 1) in ("this", "that", "the", "which"):
        return False
    if text[k].kind in ("number", "date") or low in NUMBER_WORDS or low in _LIMITING:
        return True
    known = any(lexicon.longest(kind, text, k) is not None for kind in _KINDS)
    return known or comparison(text, k) is not None


def _told(words: list[str], *, aside: bool) -> bool:
    """Whether we, or what is pointed at, are the ones told of; not what people are or do."""
    said = set(words)
    first = words[0]
    if said & _WANTING or (said & _HEDGING and not said & {"this", "that", "it"}):
        return False
    if _pointing(words) or said & _SAYING or said & _SPEAKERS:
        return True
    asked = first in ("what", "how", "why") and bool(said & _POINTING)
    return asked or (aside and len(words) > 2 and bool(said & (_OURS | {"this", "it"})))


def _pointing(words: list[str]) -> bool:
    """'These are the ones …', 'that is our core group': those who were described are told of."""
    told = words[0] in ("these", "those", "that", "this", "it") and len(words) > 2
    return told and words[1] in _BEING and words[2] in _EQUATED


def _wants_them(words: list[str]) -> bool:
    """'I'd love to see them', 'Give me the list', 'Then I want them on the list'."""
    lead = words[1:] if words[0] in ("then", "so", "and", "please", "ok", "okay") else words
    if not lead or not {"them", "they", "those", "list", "names", "who"} & set(lead):
        return False
    begins = lead[0] in ("i", "we", "give", "send", "show", "let", "get", "tell", "who", "please",
                         "can", "could", "they", "that")  # fmt: skip
    verbs = {"want", "love", "see", "like", "give", "send", "show", "have", "know", "need", "tell"}
    rest = all(one in _IDLE or one in ("give", "show", "could", "can", "you", "just", "tell")
               for one in lead)  # fmt: skip
    return begins and rest and (bool(verbs & set(lead)) or lead in (["who", "are", "they"],))


def _purpose(text: Text, places: list[int], lexicon: Lexicon) -> bool:
    """'candidates for the sunset list', 'for the spring campaign, if you wonder'."""
    words = [text.low(k) for k in places]
    lead = next((one for one in _LEADS if tuple(words[: len(one)]) == one), None)
    if lead is None:
        return False
    rest = [k for k in places[len(lead) :] if text.low(k) not in ("if", "you", "wonder", "that")]
    if not rest or len(rest) > 5 or text.low(rest[-1]) not in _PLACES:
        return False
    return not any(_could_limit(text, k, lexicon) for k in rest)
