"""A prompt as a reader sees it: without hidden characters, and with look-alike letters made plain.

What is matched for safety must be what people would read: words are not hidden by
characters that show nothing, by letters of other alphabets that look Latin, or by
a space between every two letters.
"""

from __future__ import annotations

import re
import unicodedata

_HIDDEN = frozenset({"Cf", "Cc", "Co", "Cn", "Cs"})
# Cyrillic, Greek and other letters beside the Latin ones they look like.
_LIKE = str.maketrans(
    "аавеёкмнорстухіїјѕԁԛԝɡһӏαβεηικνορτυχωАВЕЁКМНОРСТУХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧıȷ",
    "aabeekmhopctyxiijsdqwghlabenikvoptuxwABEEKMHOPCTYXIJSABEZHIKMNOPTYXij",
)
_MIXED = re.compile(r"[^\W\d_]+")
_SPACED = re.compile(r"\b\w(?:[ .\-_*]\w){3,}\b")


def visible(text: str) -> str:
    """The text without control, zero-width and direction characters; line breaks stay."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _HIDDEN)


def folded(text: str) -> str:
    """The text as it is compared: visible, compatible forms made one, look-alikes Latin."""
    plain = unicodedata.normalize("NFKC", visible(text)).replace("’", "'")
    plain = _MIXED.sub(_latin, plain)
    return _SPACED.sub(lambda found: re.sub(r"[ .\-_*]", "", found[0]), plain)


def _latin(found: re.Match[str]) -> str:
    """A word with Latin letters, or made of look-alikes only, in Latin letters."""
    word = found[0]
    if word.isascii():
        return word
    plain = word.translate(_LIKE)
    accentless = "".join(c for c in unicodedata.normalize("NFD", plain) if not _is_mark(c))
    return plain if not accentless.isascii() or plain == word else accentless


def _is_mark(character: str) -> bool:
    return unicodedata.category(character) == "Mn"
