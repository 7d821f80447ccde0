"""Text to tokens: where each word stands, what number or date it is, and which words are one word.

Knows English inflection and nothing of any catalog.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Literal

import snowballstemmer

_STEMMER = snowballstemmer.stemmer("english")

ARTICLES = frozenset({"a", "an", "the", "their", "his", "her", "its", "your", "our", "my"})

_CONTRACTIONS = {
    "won't": ("will", "not"),
    "can't": ("can", "not"),
    "cannot": ("can", "not"),
    "shan't": ("shall", "not"),
    "let's": ("let", "us"),
    "havent": ("have", "not"),
    "hasnt": ("has", "not"),
    "didnt": ("did", "not"),
    "dont": ("do", "not"),
    "doesnt": ("does", "not"),
    "isnt": ("is", "not"),
    "arent": ("are", "not"),
    "wasnt": ("was", "not"),
    "werent": ("were", "not"),
    "hadnt": ("had", "not"),
    "shouldnt": ("should", "not"),
    "wouldnt": ("would", "not"),
    "couldnt": ("could", "not"),
    "u": ("you",),
    "ur": ("your",),
    "e-mail": ("email",),
    "e-mails": ("emails",),
    "e-mailed": ("emailed",),
    "vs.": ("vs",),
    "whoever": ("everyone", "who"),
    "ppl": ("people",),
    "folk": ("people",),
    "folks": ("people",),
    "peeps": ("people",),
    "w/": ("with",),
    "w/o": ("without",),
    "w/out": ("without",),
}
_ENDINGS = {"'ve": "have", "'re": "are", "'ll": "will", "'d": "would", "'m": "am"}

_IRREGULAR = {
    "saw": "see", "seen": "see", "did": "do", "done": "do", "does": "do", "began": "begin",
    "begun": "begin", "bought": "buy", "went": "go", "gone": "go", "goes": "go", "got": "get",
    "gotten": "get", "wrote": "write", "written": "write", "sent": "send", "made": "make",
    "ran": "run", "took": "take", "taken": "take", "came": "come", "paid": "pay",
    "spent": "spend", "left": "leave", "read": "read", "people": "person", "folks": "person",
    "froze": "freeze", "frozen": "freeze", "chose": "choose", "chosen": "choose", "gave": "give",
    "given": "give", "sold": "sell", "built": "build", "won": "win", "lost": "lose", "put": "put",
    "drew": "draw", "drawn": "draw", "withdrew": "withdraw", "withdrawn": "withdraw",
    "met": "meet", "held": "hold", "kept": "keep", "brought": "bring", "caught": "catch",
    "taught": "teach", "told": "tell", "felt": "feel", "lent": "lend", "grew": "grow",
    "grown": "grow", "drove": "drive", "driven": "drive", "rode": "ride", "ridden": "ride",
    "flew": "fly", "flown": "fly", "spoke": "speak", "spoken": "speak", "sang": "sing",
    "swam": "swim", "slept": "sleep", "broke": "break", "broken": "break", "ate": "eat",
    "eaten": "eat", "drank": "drink", "threw": "throw", "thrown": "throw", "hid": "hide",
    "hidden": "hide", "forgot": "forget", "forgotten": "forget", "understood": "understand",
    "became": "become", "rose": "rise", "risen": "rise", "fell": "fall", "fallen": "fall",
    "led": "lead", "heard": "hear", "found": "find", "sat": "sit", "stood": "stand",
    "wore": "wear", "worn": "wear", "shown": "show", "overdrew": "overdraw", "rebought": "rebuy",
    "resent": "resend", "reset": "reset", "upsold": "upsell", "undid": "undo",
    "favorite": "favourite", "canceled": "cancelled", "canceling": "cancelling",
    "ios": "ios", "android": "android",
}  # fmt: skip

_TOKEN = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})(?![\d-])"
    r"|(?P<version>\d+(?:\.\d+){2,})"
    r"|(?P<short>\b[wW]/(?:o(?:ut)?\b)?)"
    r"|(?P<number>\d+(?:,\d{3})+|\d+(?:\.\d+)?|(?<![\w.)])\.\d+)(?P<suffix>%|\+|[xX](?![A-Za-z])|(?:st|nd|rd|th)\b|"
    r"(?:d|h|hrs?|mins?|w|wks?|[kK]|mn|[mM]illion)\b)?"
    r"|(?P<word>[^\W\d_]+(?:[_'’.&-](?=[^\W_])[^\W_]+|_\w+|\d+)*)"
    r"|(?P<operator>>=|<=|!=|==|→|->|[<>=≥≤])"
    r"|(?P<mark>\n|[^\w\s])"
)
_SUFFIXES = {
    "%": "percent", "+": "plus", "x": "times", "d": "days", "h": "hours", "hr": "hours",
    "hrs": "hours", "min": "minutes", "mins": "minutes", "w": "weeks", "wk": "weeks",
    "wks": "weeks", "k": "thousand", "mn": "million", "million": "million",
}  # fmt: skip


TokenKind = Literal["word", "number", "date", "mark"]


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number, date or mark, with its place in the prompt."""

    text: str
    low: str
    start: int
    end: int
    kind: TokenKind = "word"
    value: float | date | None = None


class Text(Sequence[Token]):
    """The tokens of a prompt, able to give back the words between two of them."""

    def __init__(self, source: str, tokens: list[Token]) -> None:
        self.source = source
        self.tokens = tokens
        self._lows = [token.low for token in tokens]
        self.seen: dict[tuple[object, ...], Any] = {}
        """What readers found at places of this text; a text never changes."""

    def __getitem__(self, index):
        return self.tokens[index]

    def __len__(self) -> int:
        return len(self.tokens)

    def low(self, index: int) -> str:
        """The lower-case word at an index; empty past the end."""
        return self._lows[index] if 0 <= index < len(self._lows) else ""

    def has(self, index: int, *words: str) -> bool:
        """Whether exactly these words follow from an index."""
        if index < 0 or not words:
            return all(self.low(index + offset) == word for offset, word in enumerate(words))
        return self._lows[index : index + len(words)] == [*words]

    def words(self, start: int, end: int) -> str:
        """The prompt's own text from one token up to another."""
        if start >= end:
            return ""
        first, last = self.tokens[start].start, self.tokens[end - 1].end
        if first >= last:  # words were moved
            return " ".join(token.text for token in self.tokens[start:end])
        return self.source[first:last]

    def slice(self, start: int, end: int) -> Text:
        """A part of the text, with the same source."""
        return Text(self.source, self.tokens[start:end])


def tokenise(source: str) -> Text:
    """Split a prompt into tokens; contractions and hyphenated words become several."""
    tokens: list[Token] = []
    for match in _TOKEN.finditer(source.replace("’", "'")):
        if match["date"]:
            tokens.append(_token(match, match["date"], "date", date.fromisoformat(match["date"])))
        elif match["version"]:
            tokens.append(_token(match, match["version"]))
        elif match["short"]:
            tokens.extend(_token(match, word) for word in _CONTRACTIONS[match["short"].lower()])
        elif match["number"]:
            tokens.extend(_number(match))
        elif match["word"]:
            if tokens and match["word"].lower() in _AFTER_IS and _contracted(source, match):
                tokens.append(_token(match, "is"))
            tokens.extend(_words(match))
        else:
            tokens.append(_token(match, match[0], "mark"))
    return Text(source, tokens)


_AFTER_IS = frozenset("not on in at from currently a an neither either".split())


def _contracted(source: str, match: re.Match[str]) -> bool:
    """Whether the word before ends in 's that stands for 'is': 'that's not', 'who's on'."""
    before = source[: match.start()].replace("’", "'").lower().split()
    return bool(before) and before[-1] in ("that's", "who's", "it's", "he's", "she's")


def _token(
    match: re.Match[str], text: str, kind: TokenKind = "word", value: float | date | None = None
) -> Token:
    return Token(text, text.lower(), match.start(), match.end(), kind, value)


def _number(match: re.Match[str]) -> list[Token]:
    digits = match["number"].replace(",", "")
    number = _token(match, digits, "number", float(digits))
    suffix = (match["suffix"] or "").lower()
    if not suffix:
        return [number]
    return [number, _token(match, _SUFFIXES.get(suffix, "th"))]


def _words(match: re.Match[str]) -> list[Token]:
    text = match[0]
    low = text.lower()
    if low in _CONTRACTIONS:
        return [_token(match, word) for word in _CONTRACTIONS[low]]
    if low.endswith("n't"):
        return [_token(match, text[:-3]), _token(match, "not")]
    for ending, word in _ENDINGS.items():
        if low.endswith(ending):
            return [*_split(match, text[: -len(ending)]), _token(match, word)]
    return _split(match, text)


def _split(match: re.Match[str], text: str) -> list[Token]:
    pieces = [piece.removesuffix("'s") for piece in re.split(r"[-&]|\.(?=[^\W\d]{3})", text)]
    return [_token(match, piece) for piece in pieces if piece]


@lru_cache(maxsize=16_384)
def stem(word: str) -> str:
    """The word's stem, irregular forms included."""
    return str(_STEMMER.stemWord(_IRREGULAR.get(word, word)))


_INFLECTION = re.compile(r"^([bdglmnprtvz]?(ed|ing|es)|s|e|d|y|ies|ied|ying|)$")


@lru_cache(maxsize=65_536)
def same_word(one: str, other: str) -> bool:
    """Whether two words are forms of one word: viewed and viewing, never active and activated."""
    one, other = _IRREGULAR.get(one, one), _IRREGULAR.get(other, other)
    if one == other:
        return True
    if len(one) < 3 or len(other) < 3:
        return False
    if stem(one) != stem(other):
        return False
    shared = next(
        (k for k, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )
    return bool(_INFLECTION.match(one[shared:]) and _INFLECTION.match(other[shared:]))


_HISSING = ("s", "x", "z", "ch", "sh")


def same_plural(one: str, other: str) -> bool:
    """Whether two words are equal up to a plural s."""
    if one == other or one == other + "s" or other == one + "s":
        return True
    return any(a == b + "es" and b.endswith(_HISSING) for a, b in ((one, other), (other, one)))


def is_past(word: str) -> bool:
    """Whether a word is a past form: viewed, sent."""
    return word.endswith("ed") or _IRREGULAR.get(word, word) != word
