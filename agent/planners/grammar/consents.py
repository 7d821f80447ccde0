"""Consent to a channel: 'consented to email', 'given consent for push'."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

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


_BEFORE = (*ARTICLES, "given", "gave", "granted", "grant", "give", "provided", "valid", "explicit",
           "marketing", "prior", "current", "expressed", "their")  # fmt: skip
_TO = frozenset(
    "to for by via on in through over receive receiving get getting be being contacted reached "
    "messaged marketing communications communication messages with respect of regarding us the a "
    "from".split()
)


Status = Literal["granted", "denied", "withdrawn"]
_STATUSES: dict[str, Status] = {
    "granted": "granted", "given": "granted", "withdrawn": "withdrawn", "revoked": "withdrawn",
    "denied": "denied", "refused": "denied",
}  # fmt: skip


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
        yield from self._at_length(i)
        match = self.lexicon.longest("channel", self.text, i)
        if match is not None and self.text.low(match.end) in (
            "consent",
            "permission",
            "permissions",
        ):
            end, status = self._status(match.end + 1)
            found = self._consent(i, end, match.sense.name)
            yield found if status is None else self._of_status(found, status)

    def _status(self, i: int) -> tuple[int, Status | None]:
        """'is still granted', 'has been withdrawn' after the consent."""
        k = i
        while self.text.low(k) in ("is", "has", "been", "was", "=", "still", "currently", ":"):
            k += 1
        status = _STATUSES.get(self.text.low(k)) if k > i or self.text.low(k) else None
        return (k + 1, status) if status is not None else (i, None)

    def _of_status(self, found: Found, status: Status) -> Found:
        assert isinstance(found.condition, ConsentIs)
        return replace(found, condition=found.condition.model_copy(update={"status": status}))

    def _at_length(self, i: int) -> Iterator[Found]:
        """'granted their marketing consent by email', 'permission to be contacted via push'."""
        start = i
        while self.text.low(start) in _BEFORE:
            start += 1
        if self.text.low(start) not in ("consent", "permission", "consented"):
            return
        end = start + 1
        while self.text.low(end) in _TO and self.lexicon.longest("channel", self.text, end) is None:
            end += 1
        match = self.lexicon.longest("channel", self.text, end) if end > start + 1 else None
        if match is not None:
            yield self._consent(i, match.end, match.sense.name)

    def _consent(self, i: int, end: int, channel: str) -> Found:
        while self.text.low(end) in ("messages", "message", "marketing", "notifications"):
            end += 1
        purpose = self.lexicon.catalog.channels[channel].consent_purpose or "marketing"
        stated = self.text.words(i, end)
        note = (
            f"'{stated}' reads the latest {purpose} consent for {channel}; no record is no consent."
        )
        return Found(end, ConsentIs(purpose=purpose, channel=channel), notes=(note,), stated=stated)
