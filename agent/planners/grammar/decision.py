"""A decision prompt becomes a DecisionPolicy: ordered entries, suppressions, stop conditions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from agent.planners.defaults import holdout_of, slug
from agent.planners.grammar.holding import settled
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.meaning import Unclear, all_of
from agent.planners.grammar.order import Chunk
from agent.planners.grammar.outline import Outline
from agent.planners.grammar.outline_words import ENDS, THEN
from agent.planners.grammar.policy_defaults import (
    Draft,
    about_defaults,
    default_stops,
    default_suppressions,
    key_words,
)
from agent.planners.grammar.policy_entries import Entries, read_chunk
from agent.planners.grammar.policy_frame import PolicyReader, RequestReader
from agent.planners.grammar.policy_wording import in_plain_order
from agent.planners.grammar.reading import Reading
from agent.planners.grammar.remarks import without_remarks
from agent.planners.grammar.rewording import of_a_value
from agent.planners.grammar.scope import Scope
from agent.planners.grammar.words import Text
from agent.planners.port import Plan
from core.conditions import EVERYONE, Condition
from core.rules import DecisionPolicy, Entry


def plan_decision(text: Text, lexicon: Lexicon, as_of: datetime, notes: list[str]) -> Plan:
    """The policy that the text describes; raises Unclear where it cannot be read."""
    notes = [*notes]
    draft = _built(text, lexicon, as_of, notes)
    catalog = lexicon.catalog
    if not (draft.says_suppressions or draft.says_stops):
        default_suppressions(draft)
    default_stops(draft, catalog)
    key = slug(key_words(draft))
    holdout, said = holdout_of(draft.holdout, key, catalog)
    assumptions = tuple(
        dict.fromkeys([*notes, *draft.notes, *about_defaults(draft, catalog), said])
    )
    policy = DecisionPolicy(
        key=key,
        name=key.replace("_", " ").capitalize(),
        population=all_of(draft.population) if draft.population else EVERYONE,
        entries=tuple(
            Entry(tier=tier, action=item.action, eligibility=item.eligibility)
            for tier, item in enumerate(draft.items, start=1)
        ),
        suppressions=(
            *draft.suppressions,
            *(one for item in draft.items for one in item.suppressions),
        ),
        stop_conditions=(*draft.stops, *(one for item in draft.items for one in item.stops)),
        holdout=holdout,
        assumptions=assumptions,
    )  # fmt: skip
    return Plan(intent="decision", draft=policy, assumptions=assumptions)


def _built(text: Text, lexicon: Lexicon, as_of: datetime, notes: list[str]) -> Draft:
    """What a text says; without its remarks where something of it cannot be read."""
    try:
        return _Builder(in_plain_order(text, lexicon), lexicon, as_of).build()
    except Unclear as unclear:
        alone, remarks = without_remarks(text, lexicon)
        if len(alone) == len(text):
            raise
        try:
            draft = _Builder(in_plain_order(alone, lexicon), lexicon, as_of).build()
        except Unclear:
            raise unclear from None
        notes.extend(remarks)
        return draft


_ALL = frozenset("everyone everybody anyone anybody all others rest".split())
_WHEN = frozenset("while whilst when whenever once if until till unless during after".split())
_LIMITS = frozenset("only just requires require needs need limited restricted reserved".split())


class _Builder:
    """Reads the parts of an outline into a draft."""

    def __init__(self, text: Text, lexicon: Lexicon, as_of: datetime) -> None:
        self.text = text
        self.lexicon = lexicon
        self.as_of = as_of
        self.draft = Draft()
        self.entries = Entries(text, lexicon, as_of, self.draft)
        self.holding = self.entries.holding
        self._ends: list[Chunk] = []
        """What ends messages, said where it is said whom they are for."""

    def build(self) -> Draft:
        """Everything the text says, item by item."""
        outline = Outline(self.text, self.lexicon)
        for chunk in outline.order.headers:
            self._header(chunk)
        for chunk in outline.definitions:
            self._definition(chunk)
        self._entries(outline.order.items)
        if not self.draft.items:
            raise Unclear(
                question="Which messages, and in which order? For example '(1) …, (2) …'. "
                f"The catalog has: {self.entries.known()}."
            )
        if len(self.draft.items) == 1 and not outline.order.marked:
            raise Unclear(
                question=f"'{self.draft.items[0].action.name}' goes before or after what? "
                f"The catalog has: {self.entries.known()}."
            )
        for chunk in self._ends:
            self.holding.stop(chunk)
        for chunk in outline.requests:
            self._request(chunk)
        for chunk in outline.suppressions:
            self.holding.suppression(chunk)
        for chunk in outline.stops:
            self.holding.stop(chunk)
        return self.draft

    def _entries(self, items: list[Chunk]) -> None:
        self.entries.scope = Scope(self.text, self.lexicon, items)
        for position, chunk in enumerate(items):
            place = "" if chunk.marked else "first" if position == 0 else ""
            if position + 1 == len(items) and position and chunk.rank is None:
                place = "" if self._begins(chunk.start) else "last"
            self.entries.add(chunk, place)
        self.entries.finish()

    def _begins(self, i: int) -> bool:
        """Whether a sentence begins there, with 'then' or without."""
        return self.text.low(i - 1 - (self.text.low(i - 1) in THEN)) in ENDS

    def _request(self, chunk: Chunk) -> None:
        RequestReader(self.text.slice(chunk.start, chunk.end), self.lexicon, self.as_of).read()

    def _read(self, chunk: Chunk) -> tuple[Reading, Text]:
        return read_chunk(chunk, self.text, self.lexicon, self.as_of)

    def _read_header(self, chunk: Chunk) -> tuple[Reading, Text]:
        """'My ranking for the US': for US users."""
        try:
            reading, said = self._read(chunk)
            if not reading.questions:
                return reading, said
        except Unclear as unclear:
            first: Unclear | None = unclear
        else:
            first = None
        text = self.text.slice(chunk.start, chunk.end)
        for one in of_a_value(text, self.lexicon):
            try:
                return PolicyReader(one, self.lexicon, self.as_of).read(), text
            except Unclear:
                continue
        if first is not None:
            raise first
        return self._read(chunk)

    def _header(self, chunk: Chunk) -> None:
        if self.text.low(chunk.start) in _WHEN:
            said = self.text.words(chunk.start, chunk.end)
            raise Unclear(question=f"What happens then: '{said}'? Name the messages it is about.")
        reading, text = self._read_header(chunk)
        condition = settled(reading, text, self.draft)
        if reading.action is not None:
            raise Unclear(
                question=f"Where does '{reading.action_words}' stand in the order? "
                "Number the messages."
            )
        self.draft.population.extend(reading.population)
        if condition != EVERYONE:
            self.draft.population.append(condition)
        self.draft.population.extend(reading.exclusions)
        if reading.holdout is not None:
            self.draft.holdout = reading.holdout

    def _definition(self, chunk: Chunk) -> None:
        until = next(
            (k for k in range(chunk.start + 1, chunk.end - 1)
             if self.text.low(k) in ("until", "till")), None,
        )  # fmt: skip
        if until is not None and chunk.actions:
            self._ends.append(Chunk(until + 1, chunk.end, chunk.actions))
            cut = until - (self.text.low(until - 1) == ",")
            chunk = replace(chunk, end=cut)
        key, condition = self._defined_by(chunk)
        defined = self.entries.defined
        if key in defined:
            name = self.lexicon.catalog.actions[key].name
            raise Unclear(question=f"'{name}' is said to be for two groups of users: which holds?")
        defined[key] = condition
        if self._limits(chunk):
            self.entries.limiting.add(key)

    def _limits(self, chunk: Chunk) -> bool:
        """'A is only for …', 'A requires …': a limit beside what else is said of A."""
        begin = next((k + 1 for k in range(chunk.start - 1, -1, -1) if self.text.low(k) in ENDS), 0)
        return any(self.text.low(k) in _LIMITS for k in range(begin, chunk.end))

    def _defined_by(self, chunk: Chunk) -> tuple[str, Condition]:
        """The message that a sentence is about, and whom it is for."""
        if chunk.actions and self._everyone(chunk):
            return chunk.actions[0], EVERYONE
        reading, text = self.holding.read_when(chunk) if chunk.actions else self._read(chunk)
        condition = settled(reading, text, self.draft)
        parts = [*reading.population, *([] if condition == EVERYONE else [condition])]
        parts.extend(reading.exclusions)
        key = reading.action.key if reading.action is not None else None
        key = chunk.actions[0] if chunk.actions else key
        if key is None or not (parts or reading.everyone):
            raise Unclear(
                question=f"What does '{text.words(0, len(text))}' add to the order? "
                "Say 'A is for users who …', or number the messages."
            )
        return key, all_of(parts) if parts else EVERYONE

    def _everyone(self, chunk: Chunk) -> bool:
        """'for everybody else'."""
        said = {self.text.low(i) for i in range(chunk.start, chunk.end)}
        return bool(said & _ALL) and said <= _ALL | {"for", "to", "else", "other", "users", "the"}
