"""Who is left out: 'excluding users with open tickets', 'except trial users', 'unless …'."""

from __future__ import annotations

from agent.planners.grammar.clauses import Clauses
from agent.planners.grammar.logic import combine
from agent.planners.grammar.meaning import Found, Item, all_of, negate
from agent.planners.grammar.separators import RELATIVES
from core.conditions import And, Condition

EXCLUDERS = (
    ("do", "not", "include"), ("do", "not", "target"), ("do", "not", "send", "to"),
    ("do", "not", "send", "it", "to"), ("do", "not", "send", "this", "to"),
    ("do", "not", "want", "to", "message"), ("do", "not", "want", "to", "target"),
    ("do", "not", "want", "to", "send", "it", "to"), ("do", "not", "want", "to", "nudge"),
    ("do", "not", "want", "to", "contact"), ("do", "not", "want", "to", "include"),
    ("do", "not", "want"), ("do", "not", "message"),
    ("do", "not", "contact"), ("do", "not", "nudge"),
    ("do", "not", "take"), ("do", "not", "pick"), ("do", "not", "add"), ("do", "not", "use"),
    ("do", "not", "select"), ("do", "not", "invite"), ("do", "not", "reach"), ("keep", "out"),
    ("filter", "out"), ("stay", "away", "from"), ("no", "need", "to", "include"),
    ("spare",), ("avoid",), ("not", "including"), ("but", "leave", "out"),
    ("but", "skip"), ("and", "skip"), ("and", "leave", "out"),
    ("do", "not", "email"), ("do", "not", "bother"), ("leave", "out"), ("leaving", "out"),
    ("but", "not"), ("and", "not"), ("but", "exclude"), ("but", "excluding"), ("and", "exclude"),
    ("with", "the", "exception", "of"), ("other", "than"), ("apart", "from"), ("aside", "from"),
    ("exclude",), ("excluding",),
    ("excludes",), ("except", "for"), ("except", "if"), ("except", "when"), ("except", "where"),
    ("unless", "when"), ("except", "those"), ("except",),
    ("excepting",), ("omit",), ("omitting",), ("skip",), ("skipping",), ("ignore",),
    ("ignoring",), ("unless",), ("minus",), ("not",), ("never", "to"), ("suppress",),
    ("suppressing",), ("suppress", "it", "for"), ("suppress", "for"), ("drop",), ("remove",),
    ("hold", "back", "from"), ("without", "including"), ("barring",), ("never", "message"),
    ("never", "target"), ("never", "send", "to"), ("do", "not", "send", "them", "to"),
)  # fmt: skip
_WITH = ("with", "without", "having")
_LONGEST = 1 + max(len(words) for words in EXCLUDERS)
_BY_LENGTH = sorted(EXCLUDERS, key=len, reverse=True)


class Exclusions:
    """Reads exclusions over the text of the clauses."""

    def __init__(self, clauses: Clauses) -> None:
        self.text = clauses.text
        self.clauses = clauses

    def at(self, i: int) -> Found | None:
        """'excluding users with open tickets': what is left out, already turned round."""
        for words in _BY_LENGTH:
            if self.text.has(i, *words) and not self._a_predicate(words, i + len(words)):
                found = self._excluded(i + len(words))
                if found is not None:
                    found = self._about_things(i, i + len(words), found)
                    return found if self._begins(i) else self._doubtful(i, found)
        return self._none_of(i)

    def _a_predicate(self, words: tuple[str, ...], i: int) -> bool:
        """'iOS users, not subscribed' says what they are; 'not trial users' leaves people out."""
        while self.text.low(i) in ("for", "to", "the"):
            i += 1
        return words[-1] == "not" and self.clauses.people(i) is None

    def _about_things(self, i: int, start: int, found: Found) -> Found:
        """'no workouts other than yoga' is about the workouts, not about the people."""
        named = self.clauses.people(start) is not None or self._begins(i)
        after_people = self.clauses.lexicon.longest("person", self.text, i - 1) is not None
        if named or after_people or self.clauses.attributes.adjective(start) is None:
            return found
        said = self.text.words(start, found.end)
        return found.asking(f"Are users left out for '{said}'? Say 'excluding users who are …'.")

    def _begins(self, i: int) -> bool:
        return i == 0 or self.text[i - 1].kind == "mark"

    def _doubtful(self, i: int, found: Found) -> Found:
        """'everyone except trial users who …': does 'who' limit everyone, or those left out?"""
        people = next(
            (one for k in range(i, found.end) if (one := self.clauses.people(k)) is not None), None
        )
        if people is None or people.bare or people.end >= found.end:
            return found
        if self.text.low(people.end) not in RELATIVES:
            return found
        said = self.text.words(people.end, found.end)
        return found.asking(
            f"Is '{said}' said of those left out, or of the others? "
            "Say what holds for the others first, then 'excluding …'."
        )

    def _none_of(self, i: int) -> Found | None:
        """'No UK users.': people left out, said as a sentence of their own."""
        if self.text.low(i) != "no" or not (self._begins(i) or self.text.low(i - 1) == "and"):
            return None
        people = self.clauses.people(i + 1)
        ends = ("", ".", ",", ";", "!", "\n", ")", "please")
        if people is None or people.bare or self.text.low(people.end) not in ends:
            return None
        return self._excluded(i + 1)

    def _excluded(self, i: int) -> Found | None:
        parts: list[Condition] = []
        notes: list[str] = []
        questions: list[str] = []
        position = end = i
        while True:
            one = self._excluded_people(position)
            if one is None or (parts and self._back_to_all(i, end, position)):
                break
            if parts and self.clauses.people(position) is None:
                said = self.text.words(position, one.end)
                questions.append(
                    f"Is '{said}' left out as well, or wanted? "
                    "Say what is wanted first, then 'excluding …'."
                )
            parts.append(one.condition)
            notes.extend(one.notes)
            questions.extend(one.questions)
            end = one.end
            following = end
            while self.text.low(following) in (",", "and", "or", "nor", "as", "well"):
                following += 1
            position = following
            if following == end:
                break
        if not parts:
            return None
        condition = (
            negate(parts[0]) if len(parts) == 1 else all_of([negate(part) for part in parts])
        )
        return Found(end, condition, notes=tuple(notes), questions=tuple(questions))

    def left_out(self, i: int) -> Found | None:
        """The people at an index, turned round."""
        found = self._excluded(i)
        return None if found is None else self._doubtful(i, found)

    def _within(self, i: int, items: list[Item], after: int) -> tuple[list[Item], int]:
        """', except those in Germany, with an open case': Germany alone is left out."""
        for cut in range(1, len(items)) if self._after_comma(i) else ():
            end = items[cut - 1].found.end
            if self.text.low(end) == "," and self.text.low(end + 1) in _WITH:
                return items[:cut], end
        return items, after

    def _after_comma(self, i: int) -> bool:
        """Whether the exclusion whose people stand at an index begins after a comma."""
        return any(self.text.low(k) == "," for k in range(max(0, i - _LONGEST), i))

    def _back_to_all(self, i: int, end: int, position: int) -> bool:
        """'all users, excluding trial users, who …': the clause goes on about all users."""
        goes_on = self.text.low(position) in _WITH and self._after_comma(i)
        return self.text.low(end) == "," and (self.text.low(position) in RELATIVES or goes_on)

    def _excluded_people(self, i: int) -> Found | None:
        start = i
        while self.text.low(start) in ("it", "this", "them", "to", "for", "from", "if", "messages"):
            start += 1
        people = self.clauses.people(start)
        conditions: list[Condition] = []
        notes: list[str] = []
        questions: list[str] = []
        end = start
        if people is not None:
            end = people.end
            for part in people.parts:
                conditions.append(negate(part.condition) if part.negated else part.condition)
                notes.extend(part.notes)
                questions.extend(part.questions)
        items, after = self._within(i, *self.clauses.sequence(end, marked=True))
        if conditions and self.text.low(end) in ("and", "or", ",", "nor"):
            items, after = [], end
        if not items and not conditions:
            return None
        if items:
            group = combine(items, self.text)
            conditions.append(group.condition)
            notes.extend(group.notes)
            questions.extend(group.questions)
            if isinstance(group.condition, And) and len(items) > 1:
                questions.append(
                    f"Does '{self.text.words(i, after)}' leave out users for whom all of it holds, "
                    "or any of it? Say 'exclude users … and exclude users …' for any."
                )
            end = after
        return Found(end, all_of(conditions), notes=tuple(notes), questions=tuple(questions))
