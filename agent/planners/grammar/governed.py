"""Sentences that hold messages back or end them: what they concern, and when.

'Suppress the nudge while …', 'while …, pause it', 'users who … should not get it',
'exclude users … from it', 'the nudge is paused while …', 'the nudge stops once …'.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from agent.planners.grammar.governed_words import (
    ABOUT,
    BEFORE,
    BOTH,
    CUT_OFF,
    ENDED,
    GETS,
    GETTING,
    HELD,
    IT,
    LEAVES_OUT,
    MODALS,
    NAMED,
    NOBODY,
    NONE,
    NOT,
    OF_ALL,
    ORDERS,
    OUT_OF,
    TURNED,
    WHEN_FIRST,
)
from agent.planners.grammar.holdouts import holdout
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear
from agent.planners.grammar.mentions import Mention
from agent.planners.grammar.order import Chunk
from agent.planners.grammar.outline_words import NAMED_SHORT, STOP, SUPPRESS, WHEN
from agent.planners.grammar.pauses import Outcome, ignored, pause, seconds
from agent.planners.grammar.rewording import duration
from agent.planners.grammar.separators import RELATIVES
from agent.planners.grammar.words import Text
from core.rules import MessageClass

Kind = Literal["suppression", "stop"]
_CUT_OFF = sorted((tuple(words.split()) for words in CUT_OFF), key=len, reverse=True)
_BEING = frozenset("is are be being should must shall will to stay stays remain remains".split())
_TAIL = frozenset(
    "again at all any more , too : please though either anymore whatsoever ever then from us of "
    "kind anything thanks however".split()
)
"""Words after what is held back that say nothing more."""
_MARKED = frozenset({":", "-", "–", "—", "->", "→", "="})
_SHORT = NAMED_SHORT - {"message", "email", "messaging", "help", "campaign", "update", "request"}
_CLOSING = frozenset(", too : please though anymore whatsoever thanks however".split())


@lru_cache(maxsize=16)
def _by_length(leads: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(sorted(leads, key=len, reverse=True))


@dataclass
class Targets:
    """The messages that a sentence concerns, and where they end."""

    end: int
    actions: list[str] = field(default_factory=list)
    message_class: MessageClass | None = None
    everything: bool = False
    it: bool = False
    both: bool = False


class Governed:
    """Finds such sentences in one text."""

    def __init__(self, text: Text, lexicon: Lexicon, mentions: list[Mention]) -> None:
        self.text = text
        self.lexicon = lexicon
        self.mentions = mentions
        self.last: tuple[str, ...] = ()
        """What the sentence before named: what 'it' and 'both' mean."""

    def read(self, start: int, end: int, label: Kind | None) -> tuple[Kind, Chunk] | None:
        """The kind and the parts of a sentence that holds back or ends; None for any other."""
        i = start
        while i < end and self.text.low(i) in BEFORE:
            i += 1
        if holdout(self.text.slice(i, end), 0) is not None:
            return None
        forms = (
            self._paused, self._people_get_nothing, self._people_first, self._cut_off,
            self._left_out,
            self._when_first, self._led, self._of_target,
        )  # fmt: skip
        for form in forms:
            found = form(i, end)
            if found is not None:
                return found
        if label is not None and (self._has_when(i, end) or self._mention(i) is not None):
            return label, self._governed(i, i, end, label)
        return None

    def _lead(self, i: int, leads: tuple[tuple[str, ...], ...]) -> int | None:
        for words in _by_length(leads):
            if self.text.has(i, *words):
                return i + len(words)
        return None

    def _mention(self, i: int) -> Mention | None:
        return next((m for m in self.mentions if m[0] <= i < m[1]), None)

    def _has_when(self, i: int, end: int) -> bool:
        return any(self.text.low(k) in WHEN for k in range(i, end))

    # 'if they ignore 3 messages in 30 days, pause it for 60 days'

    def _paused(self, i: int, end: int) -> tuple[Kind, Chunk] | None:
        held = self._lead(i, SUPPRESS) or self._lead(i, STOP)
        if held is not None:
            return self._paused_first(held, end)
        said = ignored(self.text, self.lexicon, i)
        if said is None:
            return None
        k = said[3]
        while self.text.low(k) in (",", "then", "we", "should", "please", "are", "is", ":"):
            k += 1
        lead = self._lead(k, SUPPRESS) or self._lead(k, STOP)
        if lead is None:
            return None
        targets = self._targets(lead, end)
        if self.text.low(targets.end) != "for":
            return None
        length, stop = seconds(self.text, targets.end + 1)
        return self._pause(i, end, targets, said, length) if length and stop >= end else None

    def _paused_first(self, held: int, end: int) -> tuple[Kind, Chunk] | None:
        targets = self._targets(held, end)
        if self.text.low(targets.end) != "for":
            return None
        length, k = seconds(self.text, targets.end + 1)
        said = ignored(self.text, self.lexicon, k) if length else None
        if said is None or said[3] < end:
            return None
        return self._pause(held, end, targets, said, length)

    def _pause(
        self, i: int, end: int, targets: Targets, said: tuple[Outcome, int, int, int], length: int
    ) -> tuple[Kind, Chunk]:
        return "suppression", Chunk(
            i, end, self._meant(targets), False, targets.message_class, pause=pause(said, length)
        )

    # 'suppress the nudge while …'

    def _led(self, i: int, end: int) -> tuple[Kind, Chunk] | None:
        stop = self._lead(i, STOP)
        if stop is not None and not self._until_first(stop, end):
            return "stop", self._governed(i, stop, end, "stop")
        held = self._lead(i, SUPPRESS) or stop
        if held is None or not self._has_when(held, end):
            return None
        return "suppression", self._governed(i, held, end, "suppression")

    def _until_first(self, i: int, end: int) -> bool:
        """'stop the nudge until …' pauses it."""
        k = self._targets(i, end).end
        return self.text.low(k) in TURNED

    def _governed(self, i: int, start: int, end: int, kind: Kind) -> Chunk:
        targets = self._targets(start, end)
        at = targets.end
        lasting: tuple[int, int] | None = None
        if self.text.low(at) == "for" and (found := self._duration(at + 1, end)) is not None:
            if self.text.low(found) in ("after", "of", "following", "from", "since"):
                return self._chunk(i, at, end, targets)
            if self.text.low(found) in WHEN or self.text.low(found) == "whenever":
                lasting, at = (at + 1, found), found
        return self._chunk(i, at, end, targets, lasting)

    def _duration(self, i: int, end: int) -> int | None:
        while self.text.low(i) in ("the", "first", "next", "another"):
            i += 1
        tokens, stop = duration(self.text, i)
        return stop if tokens and stop <= end else None

    def _chunk(
        self, i: int, start: int, end: int, targets: Targets,
        lasting: tuple[int, int] | None = None,
    ) -> Chunk:  # fmt: skip
        turned = self.text.low(start) in TURNED
        lasts = self.text.low(start) == "for" and self._duration(start + 1, end) is not None
        if not lasts and self.text.low(start) in (*TURNED, "for", "to", "after", "as", "in",
                                                  "upon", "on", "from", "with"):  # fmt: skip
            kept = self.text.low(start) == "after" and self._duration(start + 1, end) is not None
            start += not (kept or self.text.low(start) in ("in", "on", "with"))
        while self.text.low(start) in ("soon", "long", "as", "case"):
            start += 1
        while end > start and self.text.low(end - 1) in _CLOSING:
            end -= 1
        if self.text.has(end - 2, "at", "all"):
            end -= 2
        while self.text.low(start) in _MARKED and start < end:
            start += 1
        short = self.text.low(start) in _SHORT and self._mention(start) is None
        if short and not targets.actions and start > i:
            raise Unclear(question=f"Which message does '{self.text[start].text}' mean? Name it.")
        if start >= end:
            raise Unclear(
                question=f"When: '{self.text.words(i, end)}'? "
                "Say 'while …', 'once …' or 'for users who …'."
            )
        return Chunk(
            start, end, self._meant(targets), turned, targets.message_class, lasting=lasting
        )

    def _meant(self, targets: Targets) -> tuple[str, ...]:
        if targets.actions or targets.message_class or targets.everything:
            return tuple(targets.actions)
        if targets.both:
            so_far = [m[2] for m in self.mentions if m[0] < targets.end]
            for two in (self.last, tuple(dict.fromkeys(so_far))):
                if len(two) == 2:
                    return two
            raise Unclear(question="Which two messages does 'both' mean? Name them.")
        if targets.it and len(self.last) == 1 and not self._in_sentence(targets.end):
            return self.last
        if targets.it:
            named = self._in_sentence(targets.end)
            if len(named) == 1:
                return named
            raise Unclear(question="Which message does 'it' mean? Name it.")
        return ()

    def _in_sentence(self, end: int) -> tuple[str, ...]:
        """'users who got the nudge should not get it': the message named among what they did."""
        found: list[str] = []
        for i in range(end - 1, -1, -1):
            if self.text.low(i) in (".", "\n", "!", "?"):
                break
            match = self.lexicon.longest("action", self.text, i)
            if match is not None:
                found.append(match.sense.name)
        return tuple(dict.fromkeys(found))

    def _targets(self, i: int, end: int) -> Targets:
        found = Targets(i)
        while found.end < end:
            mention, low = self._mention(found.end), self.text.low(found.end)
            if mention is not None and low not in ("for", "to", "if"):
                found.actions.append(mention[2])
                found.end = mention[1]
                continue
            if low in NAMED and not found.actions:
                found.message_class = next(one for one in NAMED if one == low)
            elif low not in ABOUT:
                break
            found.everything = found.everything or low in OF_ALL
            found.it = found.it or low in IT
            found.both = found.both or low in BOTH
            found.end += 1
        return found

    # 'while …, pause the nudge'

    def _when_first(self, i: int, end: int) -> tuple[Kind, Chunk] | None:
        begun = self._lead(i, WHEN_FIRST)
        if begun is None:
            return None
        for k in range(begun + 1, end):
            parted = {self.text.low(k), self.text.low(k - 1)} & {",", "then"}
            if not parted and not self._lead(k, ORDERS):
                continue
            at = k + (self.text.low(k) in (",", "then"))
            while self.text.low(at) in BEFORE:
                at += 1
            found = self._second_half(i, begun, k, at, end)
            if found is not None:
                return found
        return None

    def _second_half(
        self, i: int, begun: int, cut: int, at: int, end: int
    ) -> tuple[Kind, Chunk] | None:
        stop = self._lead(at, STOP)
        lead = stop or self._lead(at, SUPPRESS) or self._not_sent(at)
        if lead is None:
            return None
        targets = self._targets(lead, end)
        after = targets.end
        lasting: tuple[int, int] | None = None
        if self.text.low(after) in ("for", "within", "in") and after < end:
            length = self._duration(after + 1, end)
            lasting = (after + 1, length) if length is not None else None
            after = length or after
        while after < end and self.text.low(after) in ("to", "them", "at", "all", ".", "then"):
            after += 1
        if after < end:
            return None
        start = i if self.text.low(i) == "for" else begun
        kind: Kind = "stop" if stop is not None and lasting is None else "suppression"
        turned = self.text.low(i) in TURNED
        kept = self.text.low(i) == "after" and self._duration(begun, cut) is not None
        start = i if kept else start
        start += self.text.low(start) == "for"
        return kind, Chunk(
            start, cut, self._meant(targets), turned, targets.message_class, lasting=lasting
        )

    def _not_sent(self, i: int) -> int | None:
        """'they should not get', 'nothing is sent', 'it is paused'."""
        k = i
        while self.text.low(k) in ("they", "we", "users", "he", "she"):
            k += 1
        if self.text.low(k) in MODALS and self.text.low(k + 1) in NOT:
            k += 2
            while self.text.low(k) in GETS:
                k += 1
            return k
        return None

    # 'users who … get none of them'

    def _people_get_nothing(self, i: int, end: int) -> tuple[Kind, Chunk] | None:
        for k in range(i + 1, end - 1):
            if self.text.low(k) not in GETS or self.text.low(k + 1) not in NONE:
                continue
            subject = k - (self.text.low(k - 1) in MODALS)
            told = any(self._mention(j) is not None for j in range(i, subject))
            targets = self._targets(k + 2, end)
            if told or self._rest(targets.end) < end or self.text.low(i) in WHEN - {"for"}:
                continue
            return "suppression", Chunk(i, subject, tuple(targets.actions), False,
                                        targets.message_class)  # fmt: skip
        return None

    # 'users who … should not get the nudge'

    def _people_first(self, i: int, end: int) -> tuple[Kind, Chunk] | None:
        nobody = self._lead(i, NOBODY)
        for k in range(i + 1, end):
            negated = self.text.low(k) in NOT and self._modal_at(k)
            if nobody is not None and not negated:
                negated = self.text.low(k) in MODALS and self.text.low(k + 1) in GETS
                negated = negated or self.text.low(k) in ("gets", "receives", "sees")
            if not negated or self._mention(i) is not None:
                continue
            gets = k + (self.text.low(k) not in ("gets", "receives", "sees"))
            gets += self.text.low(gets) == "to" and self.text.low(gets + 1) in GETS
            if self.text.low(gets) not in GETS and nobody is None:
                continue
            return self._unsent(i, nobody, k, gets, end)
        return None

    def _modal_at(self, k: int) -> bool:
        """'should not get', and not 'who do not get', which says who they are."""
        modal = self.text.low(k - 1) in MODALS
        return (modal or self.text.low(k) == "never") and not (
            {self.text.low(k - 1), self.text.low(k - 2 * modal)} & RELATIVES
        )

    def _unsent(
        self, i: int, nobody: int | None, k: int, gets: int, end: int
    ) -> tuple[Kind, Chunk] | None:
        while self.text.low(gets) in GETS or self.text.low(gets) in GETTING:
            if self._mention(gets) is not None:
                break
            gets += 1
        targets = self._targets(gets, end)
        tail = targets.end
        tail = self._rest(tail)
        subject_end = k - (self.text.low(k - 1) in MODALS)
        if nobody is None and tail >= end:
            return "suppression", Chunk(i, subject_end, self._meant(targets), False,
                                        targets.message_class)  # fmt: skip
        if nobody is not None and subject_end <= nobody and tail < end:
            return "suppression", self._chunk(i, tail, end, targets)
        if nobody is not None and tail >= end and subject_end > nobody:
            return "suppression", Chunk(nobody, subject_end, self._meant(targets), False,
                                        targets.message_class)  # fmt: skip
        return None

    # 'users … are excluded from the nudge'

    def _cut_off(self, i: int, end: int) -> tuple[Kind, Chunk] | None:
        for k in range(i + 1, end):
            away = self.text.low(k)
            if away not in ("from", "for", "of") or self._mention(i) is not None:
                continue
            cut = next((w for w in _CUT_OFF if self.text.has(k - len(w), *w)), None)
            subject = k - len(cut or ())
            if cut is None or self.text.low(subject - 1) not in _BEING:
                continue
            while subject > i and self.text.low(subject - 1) in _BEING:
                subject -= 1
            targets = self._targets(k + 1, end)
            told = targets.actions or targets.it or targets.both or targets.message_class
            relative = self.text.low(subject - 1) in RELATIVES
            if not (told or targets.everything) or self._rest(targets.end) < end or relative:
                continue
            if subject > i:
                return "suppression", Chunk(i, subject, self._meant(targets), False,
                                            targets.message_class)  # fmt: skip
        return None

    def _rest(self, i: int) -> int:
        """Past 'at all', 'please': words after what is held back that say nothing more."""
        while self.text.low(i) in _TAIL:
            i += 1
        return i

    # 'exclude users … from the nudge'

    def _left_out(self, i: int, end: int) -> tuple[Kind, Chunk] | None:
        start = self._lead(i, LEAVES_OUT)
        if start is None or self._mention(start) is not None:
            return None
        for k in range(start + 1, end):
            away = self._lead(k, OUT_OF)
            if away is None:
                continue
            targets = self._targets(away, end)
            if targets.end >= end and (targets.actions or targets.it or targets.both
                                       or targets.message_class):  # fmt: skip
                return "suppression", Chunk(start, k, self._meant(targets), False,
                                            targets.message_class)  # fmt: skip
        return None

    # 'the nudge is paused while …', 'the nudge stops once …'

    def _of_target(self, i: int, end: int) -> tuple[Kind, Chunk] | None:
        targets = self._targets(i, end)
        if not (targets.actions or targets.it or targets.both or targets.everything):
            return None
        at = targets.end
        while self.text.low(at) in (
            "should",
            "must",
            "will",
            "shall",
            "can",
            "may",
            "also",
            "only",
        ):
            if self.text.low(at) == "only":
                return None
            at += 1
        plain = self._as_singular(at)
        for kind, forms in (("suppression", HELD), ("stop", ENDED)):
            for words in sorted(forms, key=len, reverse=True):
                if plain[: len(words)] != words:
                    continue
                rest = at + len(words)
                if rest < end and (self._has_when(rest, end) or words[-1] == "for"):
                    settled: Kind = "stop" if kind == "stop" else "suppression"
                    return settled, self._held_chunk(i, rest, end, targets)
        return None

    def _held_chunk(self, i: int, rest: int, end: int, targets: Targets) -> Chunk:
        lasting: tuple[int, int] | None = None
        found = self._duration(rest + 1, end) if self.text.low(rest) == "for" else None
        if found is not None and self.text.low(found) in WHEN:
            lasting, rest = (rest + 1, found), found
        return self._chunk(i, rest, end, targets, lasting)

    def _as_singular(self, i: int) -> tuple[str, ...]:
        plural = {"are": "is", "do": "does", "stop": "stop", "were": "is", "was": "is"}
        return tuple(plural.get(self.text.low(i + k), self.text.low(i + k)) for k in range(4))
