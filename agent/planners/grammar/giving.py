"""'Send trial users an email': what a sentence gives, named after those it is given to."""

from __future__ import annotations

from typing import NamedTuple

from agent.planners.grammar.frame_words import CHANNEL_LEADS, MESSAGE_NOUNS
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.words import Text

_GIVING = frozenset({"send", "give", "shoot", "deliver"})
_ENDS = frozenset({"", ".", "!", "?", ";", "\n"})
_BEFORE = (*CHANNEL_LEADS, "to", "for")
_GOT = frozenset(
    "got get gets had have has received receive opened open clicked click ignored ignore read sent "
    "seen saw".split()
)


class Given(NamedTuple):
    """A channel or a message that a sentence gives, and the token after it."""

    channel: str | None
    name: str
    """What it is called, where no channel is named."""
    end: int


def given(text: Text, lexicon: Lexicon) -> dict[int, Given]:
    """The first token of what each sentence gives to the people named before it."""
    found: dict[int, Given] = {}
    verb: int | None = None
    for i in range(len(text)):
        low = text.low(i)
        if low in _ENDS:
            verb = None
        elif low in _GIVING:
            verb = i
        elif low == "to" or low in _GOT:
            # 'send the nudge to …', 'who got an email': nobody is given it here.
            verb = None
        elif low in ("a", "an") and verb is not None and verb + 1 < i:
            one = _thing(text, lexicon, i + 1)
            if one is not None and text.low(i - 1) not in _BEFORE:
                found[i] = one
    return found


def _thing(text: Text, lexicon: Lexicon, i: int) -> Given | None:
    """What ends its sentence: 'an email', 'a push notification', 'a reminder'."""
    match = lexicon.longest("channel", text, i)
    end = i if match is None else match.end
    while text.low(end) in MESSAGE_NOUNS:
        end += 1
    closing = end + (text.low(end) == ",")
    closing += text.low(closing) == "please"
    if end == i or text.low(closing) not in _ENDS:
        return None
    # 'notification' is a word for push as well: only a word of its own is a channel.
    is_channel = match is not None and text.low(i) not in ("notification", "message")
    return Given(match.sense.name if match and is_channel else None, text.words(i, end), end)
