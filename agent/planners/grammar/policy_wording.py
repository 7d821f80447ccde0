"""A decision prompt in the wording that its order is read from: labels, short names, 'it'."""

from __future__ import annotations

from agent.planners.grammar import (
    entry_wording,
    headings,
    holding_wording,
    order_ifs,
    order_lists,
    order_places,
    order_speech,
    order_wording,
    population_wording,
    targets_wording,
)
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear
from agent.planners.grammar.mentions import Mention, mention_at, mentions
from agent.planners.grammar.order_wording import Rewording, mark, name, replaced
from agent.planners.grammar.outline_words import ENDS, NAMED_SHORT
from agent.planners.grammar.rewording import word
from agent.planners.grammar.words import Text, Token, same_word

_JOINS = frozenset({",", "and", "but", "while", "whereas"})
_ROUNDS = 6
"""A wording is met so many times in one prompt at most."""


def in_plain_order(text: Text, lexicon: Lexicon) -> Text:
    """The prompt with every message named where it is meant, and the order said one way."""
    steps: tuple[Rewording, ...] = (
        order_wording.without_emphasis, order_lists.lettered, order_lists.numbers_after,
        order_ifs.roman, targets_wording.first_wins, targets_wording.one_each,
        targets_wording.all_of_them, targets_wording.all_but, targets_wording.those_left,
        order_ifs.asked_cases, order_ifs.then_after_if, order_ifs.otherwise, order_ifs.only_without,
        entry_wording.gets, entry_wording.unless,
        order_wording.otherwise_last, order_wording.but_not, holding_wording.same_target,
        holding_wording.whoever, holding_wording.left_out, holding_wording.neither,
        headings.populations, order_lists.ordinals, order_lists.tables, _nobody,
        _chained, order_lists.ranked, _numbers, order_lists.referred, _labels,
        _short_names, order_lists.lines_of_messages, order_wording.asked_first,
        order_speech.former_and_latter, _pronouns,
        order_speech.all_related, order_speech.placed, order_speech.related,
        order_places.both_apply, order_places.in_which_case, order_places.place_first,
        order_places.place_after, order_places.back_seat, order_places.the_rest,
        order_wording.waiting, order_wording.same_subject,
        order_wording.again_compared, order_wording.after_it,
        order_wording.places, order_wording.never_goes,
    )  # fmt: skip
    text = entry_wording.greeted(text)
    text = order_wording.otherwise_last(text, mentions(text, lexicon))
    found = mentions(text, lexicon)
    text = order_places.of_all(text, found, lexicon)
    text = population_wording.among(text, mentions(text, lexicon), lexicon)
    text = population_wording.either_value(text, lexicon)
    text = entry_wording.gets(text, mentions(text, lexicon))
    text = entry_wording.gapped(text, mentions(text, lexicon), lexicon)
    text = entry_wording.apart(text, mentions(text, lexicon), lexicon)
    found = mentions(text, lexicon)
    for step in steps:
        for _ in range(_ROUNDS):
            said = step(text, found)
            if [token.low for token in said] == [token.low for token in text]:
                break
            text, found = said, mentions(said, lexicon)
    return text


def _nobody(text: Text, found: list[Mention]) -> Text:
    """'A (nobody who ordered)': A, leaving out those who ordered."""
    for i in range(1, len(text) - 1):
        k = i + (text.low(i) in ("but", "and", ","))
        nobody = text.low(k) == "nobody" or text.has(k, "no", "one")
        end = k + (1 if text.low(k) == "nobody" else 2)
        starts = text.low(i) in ENDS or text.low(i - 1) in ENDS
        if nobody and not starts and text.low(end) in ("who", "with", "whose"):
            said = [word(text[k], low) for low in ("excluding", "users")]
            return replaced(text, i, end, said)
    return text


_ARROWS = frozenset({"->", "→"})
_ELSE = frozenset({",", ";", ".", "else", "otherwise", "or", "then"})


def _chained(text: Text, found: list[Mention]) -> Text:
    """'ordered -> thanks, else visited -> offer, else nothing': a line each."""
    ends = [end for start, end, _ in found if text.low(start - 1) in _ARROWS]
    arrows = sum(token.low in _ARROWS for token in text)
    if len(ends) < 2 or len(ends) != arrows:
        return text
    for end in reversed(ends):
        after = end
        while text.low(after) in _ELSE:
            after += 1
        if end == ends[-1] and text.low(after) in ("nothing", "nobody"):
            after += 1 + (text.low(after + 1) == ".")
        if after > end and after < len(text):
            text = replaced(text, end, after, [mark(text[end], "\n")])
        elif after > end:
            text = text.slice(0, end)
    return text


def _numbers(text: Text, found: list[Mention]) -> Text:
    """'1 support 2 upgrade': numbers before messages in place of '1) … 2) …'."""
    at: list[int] = []
    for start, _, _ in found:
        k = start - 1
        if text.low(k) == str(len(at) + 1) and text[k].kind == "number":
            at.append(k)
    if len(at) < 2:
        return text
    for k in reversed(at):
        text = replaced(text, k + 1, k + 1, [mark(text[k], ")")])
    return text


def _labels(text: Text, found: list[Mention]) -> Text:
    """'(b) upgrade nudge … Stop (b) once …': the label is the message."""
    meant: dict[str, Mention] = {}
    tokens: list[Token] = []
    i = 0
    while i < len(text):
        low = text.low(i + 1)
        labelled = text.low(i) == "(" and text.low(i + 2) == ")" and (len(low) == 1)
        follows = next((m for m in found if m[0] in (i + 3, i + 4)), None)
        if labelled and low in meant:
            tokens += name(text, meant[low])
            i += 3
            continue
        if labelled and follows is not None:
            meant[low] = follows
        tokens.append(text[i])
        i += 1
    return Text(text.source, tokens)


_NAMING = frozenset(
    "the ( our no this that stop suppress pause hold mute send never any each skip : - end "
    "or over beats before after".split()
)


def _short_names(text: Text, found: list[Mention]) -> Text:
    """'the alert' for the new release alert, where it is the only alert that is named."""
    heads: dict[str, dict[str, Mention]] = {}
    for one in found:
        if one[1] - one[0] > 1:
            heads.setdefault(text.low(one[1] - 1), {}).setdefault(one[2], one)
    tokens: list[Token] = []
    for i in range(len(text)):
        named = next((h for h in heads if same_word(h, text.low(i))), None)
        begins = i == 0 or text.low(i - 1) in (*ENDS, *_JOINS, *_NAMING)
        if (
            named is None
            or not begins
            or mention_at(found, i) is not None
            or named not in NAMED_SHORT
        ):
            tokens.append(text[i])
            continue
        meant = list(heads[named].values())
        tokens += name(text, meant[0]) if len(meant) == 1 else [text[i]]
    return Text(text.source, tokens)


def _pronouns(text: Text, found: list[Mention]) -> Text:
    """'It is for people who …', 'after it comes …': the message named last."""
    tokens: list[Token] = []
    last: Mention | None = None
    for i in range(len(text)):
        last = next((m for m in found if m[1] == i), last)
        starts = i == 0 or text.low(i - 1) in ENDS
        subject = starts and text.low(i) in ("it", "that", "they") and _defines(text, i + 1)
        placed = text.low(i) in ("it", "that", "this") and text.low(i - 1) in _PLACED
        plain = text.low(i) == "it" or text.low(i - 1) not in ("after", "before")
        plain = plain or (text.low(i - 1) == "before" and text.low(i - 2) in (*ENDS, ",", "and"))
        placed = placed and plain and (text.low(i) == "it" or _names_next(text, i + 1, found))
        again = _same_subject_again(text, i, found)
        if again is not None:
            tokens += [*([mark(text[i], ".")] if text.low(i - 1) not in ENDS else []), *again]
        elif last is not None and (subject or placed):
            tokens += name(text, _meant_by(text, i, found, last))
        else:
            tokens.append(text[i])
    return Text(text.source, tokens)


def _meant_by(text: Text, i: int, found: list[Mention], last: Mention) -> Mention:
    """The message that 'it' means; raises Unclear where it may be any of two."""
    begin = max((k + 1 for k in range(i) if text.low(k) in ENDS), default=0)
    here = [m for m in found if begin <= m[0] < i]
    subject = here[-1] if here and last == here[-1] and begin < i else None
    earlier = [m for m in found if m[1] <= i and (subject is None or m[2] != subject[2])]
    if subject is not None and text.low(i - 1) in _PLACED and not here[:-1] and earlier:
        last = earlier[-1]
    elif here:
        return last
    stop = max((k for k in range(last[0]) if text.low(k) in ENDS), default=-1)
    named = {m[2] for m in earlier if m[0] > stop}
    if len(named) > 1:
        said = text.words(max(i - 1, 0), min(i + 3, len(text)))
        raise Unclear(question=f"Which message does 'it' mean in '{said}'? Name it.")
    return last


def _same_subject_again(text: Text, i: int, found: list[Mention]) -> list[Token] | None:
    """'A needs 3 workouts, and it beats B': the one message that the sentence names before."""
    if text.low(i) not in ("it", "which", "this") or not _ranks_next(text, i + 1, found):
        return None
    begin = max((k + 1 for k in range(i) if text.low(k) in ENDS), default=0)
    if begin == i:
        begin = max((k + 1 for k in range(i - 1) if text.low(k) in ENDS), default=0)
    named = [m for m in found if begin <= m[0] < i]
    if not named or text.low(i - 1) not in (*_JOINS, *ENDS):
        return None
    nearest = text.low(i) == "which" and text.low(i - 1) == "," and named[-1][1] == i - 1
    return name(text, named[-1]) if nearest or len({m[2] for m in named}) == 1 else None


def _ranks_next(text: Text, i: int, found: list[Mention]) -> bool:
    """Whether the words at an index compare what is meant with another message."""
    end = next((m[0] for m in found if m[0] > i), None)
    if end is None or end - i > _FAR:
        return False
    return order_speech.compares([text.low(k) for k in range(i, end)])


_FAR = 8
_PLACED = frozenset("after below behind before beneath underneath under".split())


def _names_next(text: Text, i: int, found: list[Mention]) -> bool:
    """'Below that the upgrade offer': a message follows, not what happened."""
    while text.low(i) in ("the", "a", "an", "our", ",", "comes", "come", "is", "follows", "goes"):
        i += 1
    return mention_at(found, i) is not None


def _defines(text: Text, i: int) -> bool:
    return text.low(i) in ("is", "are", "goes", "go") and text.low(i + 1) in ("for", "to", "only")
