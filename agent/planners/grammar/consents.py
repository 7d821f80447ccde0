"""Consent to a channel: 'consented to email', 'given consent for push'."""

from __future__ import annotations

from collections.abc import Iterator

from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Found
from agent.planners.grammar.words import ARTICLES, Text
from core.conditions import ConsentIs

_CONSENT_WORDS = (
    ("consented", "to"), ("consent", "to"), ("consent", "for"), ("given", "consent", "for"),
    ("opted", "in", "to"), ("opted", "into"), ("agreed", "to"), ("gave", "consent", "for"),
    ("given", "consent", "to"), ("opt", "in", "to"), ("granted", "consent", "for"),
    ("subscribed", "to"),
)  # fmt: skip


class Consents:
    """Reads consents in one text."""

    def __init__(self, text: Text, lexicon: Lexicon) -> None:
        self.text = text
        self.lexicon = lexicon

    def at(self, i: int) -> Iterator[Found]:
        """Every reading that starts at an index."""
        for words in _CONSENT_WORDS:
            if self.text.has(i, *words):
                start = i + len(words)
                while self.text.low(start) in (*ARTICLES, "receive", "receiving", "get", "getting"):
                    start += 1
                match = self.lexicon.longest("channel", self.text, start)
                if match is not None:
                    yield self._consent(i, match.end, match.sense.name)
        match = self.lexicon.longest("channel", self.text, i)
        if match is not None and self.text.low(match.end) in (
            "consent",
            "permission",
            "permissions",
        ):
            yield self._consent(i, match.end + 1, match.sense.name)

    def _consent(self, i: int, end: int, channel: str) -> Found:
        while self.text.low(end) in ("messages", "message", "marketing", "notifications"):
            end += 1
        purpose = self.lexicon.catalog.channels[channel].consent_purpose or "marketing"
        stated = self.text.words(i, end)
        note = (
            f"'{stated}' reads the latest {purpose} consent for {channel}; no record is no consent."
        )
        return Found(end, ConsentIs(purpose=purpose, channel=channel), notes=(note,), stated=stated)
