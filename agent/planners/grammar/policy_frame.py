"""Reads one part of a decision prompt: like any prompt, with the words of priority as fillers."""

from __future__ import annotations

from agent.planners.grammar.quantities import number
from agent.planners.grammar.reading import Reader

_FILLERS = frozenset(
    "priority priorities prioritise prioritize prioritised prioritized prioritising prioritizing "
    "rank ranking ranked order ordered ordering policy decision decisions decide precedence take "
    "takes taking highest lowest top next best action actions come comes coming goes go going "
    "sequence between among amongst what first last lastly firstly finally second third fourth "
    "fifth secondly thirdly fourthly then over before after ahead above otherwise else failing "
    "step tier number wins win winner beats beat trumps outranks always level most important least "
    "case document list handle deal right logic rules flow steps according follow "
    "following below importance we're treat lead leads while priority-wise "
    "starting start with by rest everything remaining everyone's own "
    "matter matters urgent thing things message messages messaging precede precedes superseding "
    "only gets get receive send turn to use get assign give pick choose and these put place so "
    "qualifies qualify eligible simply shown helped choice choices pick choose chosen preference "
    "preferences prefer preferred prioritisation prioritization secondary primary ranks rankings "
    "tiers tiered option options apply applies applicable winner's hierarchy ladder cascade "
    "candidates candidate decides chooses picks supersedes overrides override tops ahead-of "
    "who'd comes-first candidate's here our go-to depending whichever whatever kind "
    "beneath below under its own whole sends sent goes-first holds hold up tie several "
    "we'd i'd define defines sixth last-resort resort main favour favor "
    "simple simply try tries compete competes check that's set rulebook work works "
    "candidates choose evaluate evaluated per my listed wish wishes propose suggest ask asks slot "
    "slots spot regarding concerning concerned respect regard hero lead-in straightforward mind "
    "remember note pecking yes ok really exactly promised sequence sequenced prio prios".split()
)
_PHRASES = (
    ("mutually", "exclusive"), ("exclude", "each", "other"), ("are", "alternatives"),
    ("is", "given"),
    ("in", "this", "list"), ("from", "this", "list"), ("in", "the", "list"), ("from", "the",
    "list"),
    ("on", "this", "list"), ("of", "this", "list"), ("in", "the", "list", "below"),
    ("the", "order", "above"), ("the", "list", "above"), ("and", "nothing", "else"),
    ("are", "to", "be", "considered"), ("is", "to", "be", "considered"), ("descending", "order"),
    ("in", "descending", "order", "of"), ("the", "following", "messages"), ("at", "play"),
    ("three", "rules"), ("two", "rules"), ("four", "rules"), ("three", "messages"),
    ("top", "down"), ("going", "down"), ("best", "first"), ("from", "best", "to", "worst"),
    ("as", "listed"), ("as", "written"), ("as", "given"), ("as", "shown"), ("as", "above"),
    ("in", "the", "order", "above"), ("in", "order"), ("that", "order"), ("this", "order"),
    ("by", "importance"), ("strict", "order"), ("strictly", "in"), ("in", "priority", "order"),
    ("one", "of", "these"), ("one", "of", "them"), ("one", "of", "those"), ("one", "of"),
    ("only", "one", "of", "these"), ("only", "one", "of", "them"), ("only", "one", "of"),
    ("only", "one", "per", "user"), ("one", "per", "user"), ("one", "per", "person"),
    ("never", "both"), ("not", "both"), ("never", "send", "both"), ("do", "not", "send", "both"),
    ("never", "both", "of", "them"), ("but", "not", "both"), ("but", "never", "both"),
    ("and", "never", "both"), ("at", "most", "one"), ("at", "most", "one", "of"),
    ("at", "most", "one", "message"), ("at", "most", "one", "of", "these"),
    ("at", "most", "one", "of", "them"), ("no", "more", "than", "one", "message"),
    ("a", "single", "message"), ("more", "than", "one"), ("more", "than", "one", "of", "them"),
    ("more", "than", "one", "of", "these"), ("both", "apply"), ("several", "apply"),
    ("otherwise", "nothing"), ("otherwise", "no", "message"), ("otherwise", "send", "nothing"),
    ("nothing", "else"), ("nothing", "otherwise"), ("otherwise", "do", "nothing"),
    ("else", "nothing"), ("nobody", "else"), ("then", "nothing"), ("no", "message", "otherwise"),
    ("the", "first", "that", "applies"), ("the", "first", "one", "that", "applies"),
    ("first", "match", "wins"), ("the", "first", "match", "wins"), ("first", "one", "wins"),
    ("the", "first", "that", "fits"), ("the", "first", "that", "matches"),
    ("the", "first", "match"), ("from", "top", "to", "bottom"), ("top", "to", "bottom"),
    ("highest", "to", "lowest"), ("from", "highest", "to", "lowest"),
    ("most", "important", "first"), ("in", "order", "of", "preference"),
    ("in", "order", "of", "importance"), ("the", "order", "is"), ("the", "order", "should", "be"),
    ("the", "order"), ("order", "of", "preference"), ("order", "of", "importance"),
    ("in", "all", "other", "cases"), ("in", "any", "other", "case"), ("in", "that", "case"),
    ("in", "which", "case"), ("for", "all", "others"), ("all", "others"), ("the", "others"),
    ("when", "nothing", "else", "applies"), ("if", "nothing", "else", "applies"),
    ("if", "neither", "of", "them", "applies"), ("if", "neither", "of", "these", "applies"),
    ("if", "none", "applies"), ("if", "none", "apply"), ("if", "none", "of", "these", "apply"),
    ("if", "none", "of", "the", "above"), ("if", "none", "of", "these", "applies"),
    ("if", "that", "does", "not", "apply"), ("if", "it", "does", "not", "apply"),
    ("if", "they", "do", "not", "qualify"), ("if", "they", "do", "not", "qualify", "for", "it"),
    ("if", "they", "do", "not", "qualify", "for", "that"), ("who", "do", "not", "qualify"),
    ("who", "do", "not", "qualify", "for", "it"), ("do", "not", "qualify", "for", "that"),
    ("do", "not", "qualify", "for", "it"), ("do", "not", "qualify", "for", "those"),
    ("ahead", "of", "everything", "else"), ("over", "everything", "else"),
    ("over", "everything"), ("above", "everything", "else"), ("above", "all", "else"),
    ("before", "everything", "else"), ("ahead", "of", "all", "others"), ("above", "all", "others"),
    ("more", "important", "than"), ("as", "a", "last", "resort"), ("as", "a", "fallback"),
    ("as", "a", "second", "choice"), ("as", "a", "backup"), ("as", "the", "fallback"),
    ("when", "a", "user", "qualifies", "for"), ("if", "a", "user", "qualifies", "for"),
    ("when", "users", "qualify", "for"), ("when", "someone", "qualifies", "for"),
    ("when", "a", "user", "is", "eligible", "for"), ("if", "a", "user", "is", "eligible", "for"),
    ("is", "the", "order", "of", "messages"), ("order", "of", "messages"),
    ("order", "of", "the", "messages"), ("is", "simple"), ("is", "as", "follows"),
    ("are", "as", "follows"), ("is", "this"),
    ("looks", "like", "this"), ("is", "clear"), ("is", "easy"), ("is", "the", "following"),
    ("other", "than", "that"), ("apart", "from", "that"), ("besides", "that"), ("beyond", "that"),
    ("so", "that"), ("one", "of", "two"), ("one", "of", "three"), ("one", "of", "four"),
    ("in", "this", "priority"), ("by", "priority"), ("in", "descending", "order"),
    ("check", "in", "that", "order"), ("check", "in", "this", "order"), ("for", "the", "others"),
    ("from", "the", "top"), ("from", "first", "to", "last"), ("if", "any"), ("that", "is", "all"),
    ("both",), ("goes", "out"), ("go", "out"), ("has", "precedence"), ("have", "precedence"),
    ("is", "between"), ("first", "choice"), ("second", "choice"), ("third", "choice"),
    ("in", "line"), ("loses", "to"), ("lose", "to"), ("everybody", "else"),
    ("should", "lose", "to"), ("to", "win", "against"), ("win", "against"), ("wins", "against"),
    ("lose", "against"), ("loses", "against"), ("should", "lose", "against"),
    ("at", "the", "end"), ("in", "the", "end"), ("in", "first"), ("in", "second"),
    ("in", "the", "first", "place"), ("in", "the", "middle"),
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


_PHRASES_BY_LENGTH = sorted(_PHRASES, key=len, reverse=True)
_ASKED = frozenset(
    "suppression suppressions suppress stop conditions condition exit edge case cases spell "
    "write include add list state document rules criteria and with the also please what are any "
    "needed sensible appropriate usual default as well for each message of me us give define "
    "propose suggest all relevant necessary".split()
)


_COUNTED = frozenset(
    "tiers steps messages options levels stages priorities choices entries campaigns candidates "
    "rules places actions things".split()
)
"""'With three tiers': how many messages there are says nothing more."""
_IMPERATIVES = frozenset("send give show choose pick use get".split())
_STARTS = frozenset(", : ; . then please only always never and ) - –".split())


class PolicyReader(Reader):
    """Reads a header, an item, a suppression or a stop condition."""

    def _holdout(self, i: int) -> int | None:
        k = i + (self.text.low(i) in ("with", "in", "of"))
        found = number(self.text, k)
        if found is not None and self.text.low(found[1]) in _COUNTED:
            return self._forget(found[1] + 1)
        for words in _PHRASES_BY_LENGTH:
            if self.text.has(i, *words):
                return self._forget(i + len(words))
        return super()._holdout(i)

    def _predicates(self, i: int) -> int | None:
        """'Next is upgrade messaging': the message, not what people did."""
        if self.text.low(i) in _IMPERATIVES and (i == 0 or self.text.low(i - 1) in _STARTS):
            return None
        if self.text.low(i) in ("if", "when", "while", "once") and self.clauses.people(i + 1):
            return self._forget(i + 1)
        if self.text.low(i) in ("is", "are") and self.frame.action(i + 1) is not None:
            return self._forget(i + 1)
        return super()._predicates(i)

    def _people(self, i: int) -> int | None:
        for words in (("everyone", "else"), ("everybody", "else")):
            if self.text.has(i, *words):
                return i + 2
        return super()._people(i)

    def _filler(self, i: int) -> int | None:
        low = self.text.low(i)
        if low in _FILLERS or (self.text[i].kind == "mark" and low in (*",>→/#*-", "->")):
            return self._forget(i + 1)
        if self.text[i].kind == "number" and i == 0:
            return self._forget(i + 1)
        return super()._filler(i)

    def _forget(self, end: int) -> int:
        self._sep, self._contiguous = "sentence", False
        return end


class ConditionReader(PolicyReader):
    """Reads when something is held back or ends: no message is what that is about."""

    def _free_action(self, i: int) -> int | None:
        return None


class RequestReader(PolicyReader):
    """Reads 'write the suppressions and stop conditions', which asks for what is given anyway."""

    def _filler(self, i: int) -> int | None:
        return i + 1 if self.text.low(i) in _ASKED else super()._filler(i)
