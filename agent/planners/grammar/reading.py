"""A whole prompt read from left to right: who, what is sent, through what, how many are held out.

Every token ends in a predicate, a phrase of the frame or a declared filler; the
first that does not stops the reading with a question or a refusal.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from agent.planners.defaults import new_action
from agent.planners.grammar.asking import not_understood
from agent.planners.grammar.channels import Channels
from agent.planners.grammar.clauses import Clauses
from agent.planners.grammar.exclusions import Exclusions
from agent.planners.grammar.frame import Frame
from agent.planners.grammar.giving import given
from agent.planners.grammar.holdouts import holdout
from agent.planners.grammar.lexicon import Lexicon
from agent.planners.grammar.logic import combine
from agent.planners.grammar.meaning import Found, Item, Sep, Unclear, all_of, negate
from agent.planners.grammar.people import People
from agent.planners.grammar.separators import separator
from agent.planners.grammar.times import Span
from agent.planners.grammar.words import Text
from core.conditions import EVERYONE, Condition, InAudience
from core.rules import Action

_MARKS = frozenset(". ! ? ; : \n \" ' • * - – — ( ) [ ] “ ” …".split(" ")) | {"\n"}

_RELATIVE = frozenset({"who", "that", "which", "whose", "with"})
_TOWARDS = frozenset({"from", "with", "to", "among", "of"})
_FRAME_VERBS = frozenset(
    "should must can may will qualify qualifies get gets receive are meet match be see".split()
)


@dataclass
class Reading:
    """What a prompt said."""

    population: list[Condition] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    exclusions: list[Condition] = field(default_factory=list)
    everyone: bool = False
    action: Action | None = None
    action_words: str = ""
    channels: tuple[str, ...] = ()
    excluded_channels: tuple[str, ...] = ()
    holdout: float | None = None
    notes: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)

    def condition(self, text: Text) -> Condition:
        """All that was said of the people, in the prompt's order; EVERYONE where nothing was."""
        parts: list[Condition] = []
        if self.items:
            found = combine(self.items, text)
            self.notes.extend(found.notes)
            self.questions.extend(found.questions)
            parts.append(found.condition)
        parts.extend(self.exclusions)
        return all_of(parts) if parts else EVERYONE


class Reader:
    """Reads one text completely, or says what it could not read."""

    def __init__(
        self, text: Text, lexicon: Lexicon, as_of: datetime, *, notes_only: bool = False
    ) -> None:
        """``notes_only``: catchwords between marks, without a word for people."""
        self._notes_only = notes_only
        self.text = text
        self.lexicon = lexicon
        self.clauses = Clauses(text, lexicon, as_of)
        self.exclusions = Exclusions(self.clauses)
        self.frame = Frame(text, lexicon)
        self.given = given(text, lexicon)
        self.clauses.stops = frozenset(self.given)
        self.reading = Reading()
        self._sep: Sep = "sentence"
        self._contiguous = False
        self._after_people = False
        self._lead: Span | None = None
        self._last_end = -1

    def read(self) -> Reading:
        """The whole text; raises Unclear at the first words that mean nothing here."""
        i = 0
        steps = (
            self._mark, self._leading_span, self._holdout, self._given, self._channels,
            self._exclusion, self._action, self._towards, self._people, self._predicates,
            self._separator,
            self._free_action, self._filler,
        )  # fmt: skip
        while i < len(self.text):
            for step in steps:
                end = step(i)
                if end is not None and end > i:
                    i = end
                    break
            else:
                raise not_understood(self.text, self.lexicon, i, self.clauses.furthest)
        self._doubt_list()
        if self._lead is not None:
            raise Unclear(question="What happened in the period named first? Say it after it.")
        return self.reading

    def _doubt_list(self) -> None:
        """'gold, mobile, 2 orders or a case': in catchwords a comma may mean and, or or."""
        seps = [item.sep for item in self.reading.items]
        alternatives = [k for k, sep in enumerate(seps) if sep in ("or", "strong_or")]
        ends = "strong_and" in seps and seps.index("strong_and") > max(alternatives, default=0)
        if self._notes_only and "comma" in seps and alternatives and not (
            ends and "comma" not in seps[: max(alternatives)]
        ):  # fmt: skip
            self.reading.questions.append(
                "Which of these hold together, and which are alternatives? Say 'users who are … "
                "and who either … or …'."
            )

    def _mark(self, i: int) -> int | None:
        if self.text.low(i) == "(":
            return None if self.clauses.item(i, "and") else i + 1
        if self.text[i].kind == "mark" and self.text.low(i) in _MARKS:
            if self.text.low(i) in ".!?;:\n":
                self._sep, self._contiguous = "sentence", False
            return i + 1
        return None

    def _leading_span(self, i: int) -> int | None:
        """'In the last 14 days, users who …': a period that holds for what follows."""
        span = self.clauses.times.span(i) if not self._contiguous else None
        if span is None or span.window is None or span.kind != "window":
            return None
        if self.text.low(span.end) not in (",", ":") or self._lead is not None:
            return None
        self._lead = replace(span, stated=self.text.words(i, span.end))
        return span.end + 1

    def _separator(self, i: int) -> int | None:
        sep, end = separator(self.text, i)
        if sep is None or end == i:
            return None
        self._sep = sep if self._contiguous else "sentence"
        if self.text.low(i) == "or" and not self._contiguous:
            return None
        return end

    def _holdout(self, i: int) -> int | None:
        found = holdout(self.text, i)
        if found is None:
            return None
        share, end = found
        if self.reading.holdout is not None and self.reading.holdout != share:
            self.reading.questions.append("Two different holdouts are named: which one holds?")
        self.reading.holdout = share
        self._contiguous = False
        return end

    def _channels(self, i: int) -> int | None:
        found = self.frame.channels.read(i, in_clause=self._contiguous)
        return self._set_channels(found) if found else None

    def _set_channels(self, found: Channels) -> int:
        if found.excluded:
            self.reading.excluded_channels += found.names
        elif self.reading.channels and self.reading.channels != found.names:
            self.reading.questions.append(
                f"Channels are named twice ({', '.join(self.reading.channels)}; "
                f"{', '.join(found.names)}): which, and in which order?"
            )
        else:
            self.reading.channels = found.names
        if found.note:
            self.reading.notes.append(found.note)
        return found.end

    def _given(self, i: int) -> int | None:
        found = self.given.get(i)
        if found is None:
            return None
        if found.channel is not None:
            return self._set_channels(Channels((found.channel,), found.end))
        action = new_action(found.name.capitalize(), self.lexicon.catalog)
        return self._set_action(action, found.end, found.name)

    def _exclusion(self, i: int) -> int | None:
        found = self.exclusions.at(i) or self._all_but(i)
        if found is None:
            return None
        self._take(found)
        self.reading.exclusions.append(found.condition)
        self._sep, self._contiguous = "sentence", False
        return found.end

    def _all_but(self, i: int) -> Found | None:
        """'all customers but those in Germany': right after the people, 'but' leaves some out."""
        if self.text.low(i) != "but" or not self._after_people:
            return None
        if self.text.low(i + 1) in ("only", "also", "who", "with", "not"):
            return None
        return self.exclusions.left_out(i + 1)

    def _take(self, found: Found) -> None:
        self.reading.notes.extend(found.notes)
        self.reading.questions.extend(found.questions)

    def _action(self, i: int) -> int | None:
        found = self.frame.action(i)
        if found is None:
            return None
        return self._set_action(found.action, found.end, found.words, found.channels)

    def _set_action(
        self, action: Action, end: int, words: str, channels: tuple[str, ...] = ()
    ) -> int:
        known = self.reading.action
        if known is not None and known.key != action.key:
            self.reading.questions.append(
                f"Two messages are named, '{self.reading.action_words}' and "
                f"'{words}': which one is "
                "the rule for? For several, ask for a priority order."
            )
        if known is None:
            self.reading.action, self.reading.action_words = action, words
        if channels and not self.reading.channels:
            self.reading.channels = channels
        self._contiguous = False
        return end

    def _people(self, i: int) -> int | None:
        people = self.clauses.people(i)
        if people is None:
            return None
        self._more_people(i, people)
        first = not self.reading.items
        for part in people.parts:
            self._add_people_part(part, first)
        if (people.bare and self.text.low(people.end - 2) in ("all", "every")) or self.text.low(
            people.end - 1
        ) in ("everyone", "everybody", "anyone", "anybody"):
            self.reading.everyone = True
        self._only_these(i, people)
        joined = self._contiguous or not people.bare
        end = self._sequence_from(people.end, marked=True, after_people=True)
        self._after_people = end == people.end
        self._contiguous = self._contiguous and (joined or not self._after_people)
        return end

    def _only_these(self, i: int, people: People) -> None:
        """'Members only': a word for everybody, where the catalog has a value of that name."""
        noun = self.text.low(people.end - 1)
        alone = people.bare and (self.text.low(people.end) == "only" or self._not_others(people))
        columns = self.lexicon.catalog.user_columns()
        named = [
            f"{name} = {value}"
            for name, column in columns.items()
            for value in column.values or {}
            if value.lower() in (noun, noun.removesuffix("s"))
        ]
        if alone and named:
            self.reading.questions.append(
                f"Does '{self.text.words(i, people.end)}' mean everybody, or {named[0]}? "
                "Say 'all users', or name the value with its column."
            )

    def _not_others(self, people: People) -> bool:
        return self.text.has(people.end, ",", "not") or self.text.has(people.end, "but", "not")

    def _towards(self, i: int) -> int | None:
        """'ask for a review from customers who …', 'talk to people who …': whom it is about."""
        leads = self.text.low(i) in _TOWARDS and i > 0 and not self._contiguous
        return i + 1 if leads and self.clauses.people(i + 1) is not None else None

    def _more_people(self, i: int, people: People) -> None:
        """'trial users and paying users': a second group after a connector."""
        named = self.reading.items or self.reading.population
        if not (self._contiguous and named and self._sep != "sentence"):
            return
        alternative = self._sep in ("or", "strong_or")
        if alternative and not self.reading.population:
            own = people.bare and bool(self.reading.items) and self._sep == "strong_or"
            if self._starts_predicate(people.end) and not own:
                self.reading.questions.append(
                    f"Does what follows '{self.text.words(i, people.end)}' hold for those named "
                    "before as well? Say 'either users who … or users who …' with all that holds "
                    "for each."
                )
            return
        limits = self.text.low(i) == "only" or self.text.low(i - 1) == "only"
        if limits and self._sep in ("but", "comma", "rel"):
            return
        if not people.bare or self._starts_predicate(people.end):
            self.reading.questions.append(
                f"Does '{self.text.words(i, people.end)}' add more people, or limit those "
                "named before? Say 'users who are … or …' to add, 'who also …' to limit."
            )

    def _starts_predicate(self, i: int) -> bool:
        return bool(self.clauses.sequence(i, marked=True)[0])

    def _add_people_part(self, part: Found, first: bool) -> None:
        self._take(part)
        condition = negate(part.condition) if part.negated else part.condition
        if isinstance(condition, InAudience) and first:
            self.reading.population.append(condition)
            return
        sep = self._sep if not first and self._contiguous else "sentence"
        if self.reading.items and sep in ("or", "strong_or"):
            sep = "strong_or"
        plain = replace(part, condition=condition, negated=False, notes=(), questions=())
        self.reading.items.append(Item(plain, sep if self.reading.items else "first", False, True))

    def _predicates(self, i: int) -> int | None:
        if self._contiguous and i == self._last_end and separator(self.text, i)[0] is None:
            return None  # 'declining logins': nothing joins the two
        marked = self._contiguous or self._fragment(i) or (self._notes_only and self._begins(i))
        end = self._sequence_from(i, marked=marked, after_people=False)
        return end if end > i else None

    def _begins(self, i: int) -> bool:
        return i == 0 or self.text[i - 1].kind == "mark"

    def _fragment(self, i: int) -> bool:
        """'upgrade nudge: Android, …': a value between two marks stands for itself."""
        if i > 0 and self.text[i - 1].kind != "mark":
            return False
        found = self.clauses.attributes.adjective(i)
        ends = ("", ",", ".", ";", "\n", "-", "–", "only")
        return found is not None and self.text.low(found.end) in ends

    def _sequence_from(self, i: int, *, marked: bool, after_people: bool) -> int:
        items, end = self.clauses.sequence(i, marked=marked, lead=self._lead)
        if not items:
            if after_people:
                named = bool(self.reading.items or self.reading.population)
                self._sep, self._contiguous = "sentence", named
            return i
        sep: Sep = "first"
        if self.reading.items:
            sep = "rel" if after_people and self._sep == "sentence" else self._sep
            if after_people and self._contiguous and self._sep in ("or", "strong_or"):
                sep = "strong_or"
        if self.reading.items and self.text.low(i) == "if" and self.text.low(i - 1) == ",":
            said = self.text.words(i, items[0].found.end)
            self.reading.questions.append(
                f"Is '{said}' wanted of everyone? Say it without 'if' then; what holds for some "
                "only needs 'either … or …'."
            )
        items[0] = replace(items[0], sep=sep)
        if any(item.found.counts_events for item in self.reading.items):
            items[0] = self.clauses.sequences.doubtful(items[0])
        self._lead = None
        self.reading.items.extend(items)
        self._sep, self._contiguous, self._last_end = "sentence", True, end
        return end

    def _free_action(self, i: int) -> int | None:
        found = self.frame.free_action(i)
        if found is None:
            return None
        if found.question:
            raise Unclear(question=found.question)
        return self._set_action(found.action, found.end, found.words, found.channels)

    def _filler(self, i: int) -> int | None:
        frame_follows = self.text.low(i + 1) in _FRAME_VERBS
        if self._after_people and self.text.low(i) in _RELATIVE and not frame_follows:
            return None
        if self._contiguous and self.text.low(i) == "to" and frame_follows:
            return i + 1
        end = self.frame.filler(i, contiguous=self._contiguous)
        if end is not None:
            self._after_people = False
            self._sep, self._contiguous = "sentence", False
        return end
