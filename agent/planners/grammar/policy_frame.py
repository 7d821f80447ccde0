"""Reads one part of a decision prompt: like any prompt, with the words of priority as fillers."""

from __future__ import annotations

from agent.planners.grammar.reading import Reader

_FILLERS = frozenset(
    "priority priorities prioritise prioritize prioritised prioritized prioritising prioritizing "
    "rank ranking ranked order ordered ordering policy decision decisions decide precedence take "
    "takes taking highest lowest top next best action actions come comes coming goes go going "
    "sequence between among amongst what first last lastly firstly finally second third fourth "
    "fifth secondly thirdly fourthly then over before after ahead above otherwise else failing "
    "step tier number wins win winner beats beat trumps outranks always level most important least "
    "suppression suppressions suppress stop conditions condition exit edge cases case spell "
    "document list handle deal suppressed stopped right logic rules flow steps according follow "
    "following below importance we're treat lead leads while during until priority-wise finish "
    "finishing starting start ends end ending with by rest everything remaining everyone's own "
    "matter matters urgent thing things message messages messaging precede precedes superseding "
    "only gets get receive send turn to use get assign give pick choose and these put place so "
    "qualifies qualify eligible simply shown helped".split()
)
_PHRASES = (
    ("one", "message", "per", "user"), ("only", "one", "message"), ("one", "message", "each"),
    ("at", "most", "one", "message", "each"), ("one", "at", "a", "time"), ("in", "that", "order"),
    ("in", "this", "order"), ("in", "the", "following", "order"), ("in", "order", "of"),
    ("of", "priority"), ("as", "well"), ("if", "not"), ("failing", "that"), ("after", "that"),
    ("if", "none", "of", "those", "apply"), ("if", "neither", "applies"), ("on", "top"),
    ("at", "the", "top"), ("at", "the", "bottom"),
    ("in", "second", "place"), ("in", "third", "place"),
    ("in", "first", "place"), ("in", "last", "place"), ("for", "each"), ("take", "care", "of"),
    ("with", "the", "rest"), ("for", "the", "rest"), ("to", "the", "rest"), ("the", "rest"),
    ("for", "everyone", "else"), ("to", "everyone", "else"), ("everyone", "else"),
    ("in", "the", "order"), ("several", "messages"), ("multiple", "messages"),
    ("more", "than", "one", "message"), ("several", "of", "them"),
    ("before", "anything", "else"), ("anything", "else"), ("several", "messages"),
    ("everything", "else"), ("all", "else"), ("should", "be", "helped", "with"),
)  # fmt: skip


class PolicyReader(Reader):
    """Reads a header, an item, a suppression or a stop condition."""

    def _holdout(self, i: int) -> int | None:
        for words in _PHRASES:
            if self.text.has(i, *words):
                return self._forget(i + len(words))
        return super()._holdout(i)

    def _predicates(self, i: int) -> int | None:
        """'Next is upgrade messaging': the message, not what people did."""
        if self.text.low(i) in ("is", "are") and self.frame.action(i + 1) is not None:
            return self._forget(i + 1)
        return super()._predicates(i)

    def _people(self, i: int) -> int | None:
        for words in (("everyone", "else"), ("everybody", "else")):
            if self.text.has(i, *words):
                return i + 2
        return super()._people(i)

    def _filler(self, i: int) -> int | None:
        for words in _PHRASES:
            if self.text.has(i, *words):
                return self._forget(i + len(words))
        low = self.text.low(i)
        if low in _FILLERS or (self.text[i].kind == "mark" and low in ",>→/#*-"):
            return self._forget(i + 1)
        if self.text[i].kind == "number" and i == 0:
            return self._forget(i + 1)
        return super()._filler(i)

    def _forget(self, end: int) -> int:
        self._sep, self._contiguous = "sentence", False
        return end
