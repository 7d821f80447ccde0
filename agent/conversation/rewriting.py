"""Likely answers to a question back, as whole prompts: the words asked about are said otherwise.

Each rewriter looks at the question (or the refusal) and at the prompt. What it gives is only
tried: a rewritten prompt that does not read is dropped, so nothing here has to be careful.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from core.artifacts import Choice
from core.errors import Code, Refusal
from warehouse.catalog import Catalog

Rewriter = Callable[[str, str, Catalog], Iterator[Choice]]
"""From the prompt and the question about it."""

_INACTIVE = frozenset(
    "inactive disengaged dormant lapsed churned idle asleep sleeping stale cold quiet silent"
    " gone away"
    " unengaged".split()
)
_JOINED = frozenset("new newly young".split())
_STAYED = frozenset("old longtime veteran".split())
_WHEN = frozenset("recently recent lately".split())
_SOON = frozenset({"soon"})
_NUMBERS = (2, 3, 5)
_LEFT_OUT = frozenset({Code.NOT_UNDERSTOOD, Code.BYPASS_REQUESTED, Code.PROTECTED_ATTRIBUTE})
_ASKING = re.compile(r"\W*(?:what|which|when|where|why|show|list)\b", re.I)
_NAMED = frozenset(
    {Code.UNKNOWN_EVENT, Code.UNKNOWN_TRAIT, Code.UNKNOWN_VALUE, Code.UNKNOWN_COLUMN,
     Code.UNKNOWN_AUDIENCE}
)  # fmt: skip


def rewritten(prompt: str, question: str, catalog: Catalog) -> Iterator[Choice]:
    """Prompts that answer a question, the likeliest first."""
    for rewriter in REWRITERS:
        yield from rewriter(prompt, question, catalog)


def mended(prompt: str, refusal: Refusal) -> Iterator[Choice]:
    """Prompts with what was refused said by the nearest names, or left out."""
    span = refusal.span or ""
    if not span or span.rstrip("…") not in prompt:
        return
    if refusal.code in _NAMED:
        for name in re.findall(r"'([^']+)'", refusal.fix or ""):
            said = name.replace("_", " ")
            compared = re.match(
                r"(?:an? |the )?.+?(?= (?:above|below|over|under|at |is |of |more|less))", span
            )
            named = re.match(r"\w+_\w+", span)
            nearer = compared or named
            for old in dict.fromkeys((nearer[0] if nearer else span, span)):
                yield Choice(label=said, prompt=prompt.replace(old, name, 1))
    if refusal.code in _LEFT_OUT and not _ASKING.match(prompt):
        people = re.search(r"(?:to )?\b(?:users|people|customers|members)\b", span)
        kept = people[0] if people else ""
        text = re.sub(r"\s{2,}", " ", prompt.replace(span, kept, 1))
        text = re.sub(r"\s+([.,;!?])", r"\1", text)
        text = re.sub(r"\s*(?:,|\b(?:and|but|or))\s*([.!?]?)$", r"\1", text).strip()
        if text:
            yield Choice(
                label=f"Leave out '{span.removesuffix(kept).strip() or span}'", prompt=text
            )


def _vague(prompt: str, question: str, catalog: Catalog) -> Iterator[Choice]:
    """'active users': who did something lately, or often."""
    found = re.match(r"What does '(?P<said>.+?)' mean here\?", question)
    if found is None:
        return
    said = found["said"]
    low = said.lower()
    if low in _WHEN:
        yield from _timed(prompt, said, [f"in the last {days} days" for days in (7, 14, 30)])
    elif low in _SOON:
        yield from _timed(prompt, said, [f"in the next {days} days" for days in (3, 7, 14)])
    elif low in _JOINED:
        yield from _as_clause(
            prompt, said, [f"signed up in the last {n} days" for n in (7, 14, 30)]
        )
    elif low in _STAYED:
        yield from _as_clause(
            prompt, said, [f"signed up more than {n} days ago" for n in (90, 365)]
        )
    else:
        yield from _as_clause(prompt, said, [*_deeds(low in _INACTIVE, catalog)])


def _deeds(negative: bool, catalog: Catalog) -> Iterator[str]:
    """What a likely meaning of activity is, in events of the catalog: the first of its funnels."""
    funnel = next(iter(catalog.funnels.values()), None)
    names = [*(funnel.steps[:2] if funnel else ()), *catalog.events][:2]
    said = [
        catalog.events[name].phrases[0] if catalog.events[name].phrases else name for name in names
    ]
    if negative:
        yield from (f"did not {said[0]} in the last {days} days" for days in (14, 30))
        yield from (f"did not {one} in the last 30 days" for one in said[1:])
        return
    yield from (f"did {said[0]} in the last {days} days" for days in (7, 30))
    yield f"did {said[0]} at least 3 times in the last 30 days"
    yield from (f"did {one} in the last 30 days" for one in said[1:])


def _timed(prompt: str, said: str, periods: list[str]) -> Iterator[Choice]:
    """The word as a period, where it stands or after what it is said of."""
    bare = re.sub(rf"\s*\b{re.escape(said)}\b", "", prompt, count=1)
    for period in periods:
        at = prompt.find(said)
        clause = re.search(r"(?:,| and | or | but |[.!?]?$)", bare[at:])
        end = at + clause.start() if clause else len(bare)
        in_place = re.sub(rf"\b{re.escape(said)}\b", period, prompt, count=1)
        for text in (f"{bare[:end]} {period}{bare[end:]}", in_place):
            yield Choice(label=period, prompt=text)


def _as_clause(prompt: str, said: str, clauses: list[str]) -> Iterator[Choice]:
    """'active users' as 'users who …', where they are named or at the end."""
    word = re.escape(said)
    for clause in clauses:
        label = re.sub(r"^did (?!not)", "", clause)
        before = re.compile(rf"\b{word}\s+(?P<who>users?|people|customers|members)\b", re.I)
        if before.search(prompt):
            yield Choice(label=label, prompt=before.sub(rf"\g<who> who {clause}", prompt, count=1))
            bare = before.sub(r"\g<who>", prompt, count=1)
            end = len(bare.rstrip(" .!?"))
            for link in (" who ", " and who "):
                yield Choice(label=label, prompt=f"{bare[:end]}{link}{clause}{bare[end:]}")
        after = re.sub(rf"\b(?:who )?(?:are|is)\s+{word}\b", f"who {clause}", prompt, count=1)
        if after != prompt:
            yield Choice(label=label, prompt=after)


def _few(prompt: str, question: str, catalog: Catalog) -> Iterator[Choice]:
    """'a few workouts': a number."""
    found = re.match(r"How many is '(?P<said>.+?)' in '", question)
    if found is None:
        return
    for number in _NUMBERS:
        text = re.sub(rf"\b{re.escape(found['said'])}\b", f"at least {number}", prompt, count=1)
        yield Choice(label=f"at least {number}", prompt=text)


def _grouped(prompt: str, question: str, catalog: Catalog) -> Iterator[Choice]:
    """'A and B or C': brackets around two of the three."""
    found = re.match(r"How do 'and' and 'or' group here: (?P<parts>.+)\? Say", question)
    parts = re.findall(r"'([^']+)'", found["parts"]) if found else []
    if len(parts) != 3 or not all(one in prompt for one in parts):
        return
    first, second, third = parts
    start, end = prompt.index(first), prompt.index(third) + len(third)
    one = prompt[prompt.index(first) + len(first) : prompt.index(second)].strip(" ,")
    other = prompt[prompt.index(second) + len(second) : prompt.index(third)].strip(" ,")
    for text in (
        f"({first} {one} {second}) {other} {third}",
        f"{first} {one} ({second} {other} {third})",
    ):
        yield Choice(label=text, prompt=prompt[:start] + text + prompt[end:])


def _negated(prompt: str, question: str, catalog: Catalog) -> Iterator[Choice]:
    """Whether 'not' reaches what follows 'and'."""
    found = re.match(
        r"Does the negation before '(?P<one>.+?)' hold for '(?P<other>.+?)' too\?", question
    )
    if found is None or found["other"] not in prompt:
        return
    before, _, rest = prompt.rpartition(found["other"])
    head = re.sub(r"\s*(?:,\s*)?\b(?:and|or)\s*(?:have|has|had)?\s*$", "", before)
    for link, label in (("and have not", "not"), ("but have", "but")):
        text = f"{head} {link} {found['other']}"
        yield Choice(label=f"{label} {found['other']}", prompt=text + rest)


def _scoped(prompt: str, question: str, catalog: Catalog) -> Iterator[Choice]:
    """How far a period reaches."""
    found = re.match(
        r"Does '(?P<when>.+?)' hold for '(?P<own>.+?)' only, or for '(?P<other>.+?)' as well\?",
        question,
    ) or re.match(r"Does '(?P<when>.+?)' hold for '(?P<other>.+?)' too\?", question)
    if found is None or found["other"] not in prompt:
        return
    when, other = found["when"], found["other"]
    for said, label in ((when, f"{other} {when} too"), ("ever", f"{other} at any time")):
        yield Choice(label=label, prompt=prompt.replace(other, f"{other} {said}", 1))


def _up_to_now(prompt: str, question: str, catalog: Catalog) -> Iterator[Choice]:
    """'within 7 days' as the last 7 days."""
    found = re.match(r"Is '(?P<said>.+?)' in '.+?' the time up to now\?", question)
    if found is not None:
        last = re.sub(r"^(?:within|in)\s+(?:the\s+)?(?:last\s+)?", "in the last ", found["said"])
        yield Choice(label=last, prompt=prompt.replace(found["said"], last, 1))


def _more_people(prompt: str, question: str, catalog: Catalog) -> Iterator[Choice]:
    """'trial users and paying users': either of them, or who is both."""
    found = re.match(r"Does '(?P<said>.+?)' add more people, or limit", question)
    if found is None:
        return
    said = found["said"]
    either = re.sub(rf"\s*(?:,|\band\b)+\s*(?={re.escape(said)})", " or ", prompt, count=1)
    both = re.sub(rf"\s*(?:,|\band\b)+\s*(?={re.escape(said)})", " who are also ", prompt, count=1)
    listed = re.sub(
        rf"(?P<one>\w+ \w+) or (?={re.escape(said)})", r"users who are \g<one> or ", either
    )
    for text in (either, listed):
        yield Choice(label=f"or {said}: more people", prompt=text)
    yield Choice(label=f"also {said}: fewer people", prompt=both)


def _nobody_named(prompt: str, question: str, catalog: Catalog) -> Iterator[Choice]:
    """A message without people: the audiences of the catalog."""
    if not question.startswith("Who is meant?"):
        return
    for name in list(catalog.audiences)[:3]:
        said = name.replace("_", " ")
        yield Choice(label=said, prompt=f"{prompt.rstrip(' .!?')} for {said}.")


def _first(prompt: str, question: str, catalog: Catalog) -> Iterator[Choice]:
    """'Decide between A and B': which of them comes first."""
    found = re.search(
        r"\bbetween (?P<one>.+?) and (?P<other>.+?)(?P<rest> for .+?)?[.!?]?$", prompt
    )
    if found is None or not question.startswith("In which order?"):
        return
    one, other, rest = found["one"], found["other"], found["rest"] or ""
    for first, second in ((one, other), (other, one)):
        yield Choice(label=f"{first} first", prompt=f"Prioritise {first} over {second}{rest}.")


REWRITERS: tuple[Rewriter, ...] = (
    _vague, _few, _grouped, _negated, _scoped, _up_to_now, _more_people, _nobody_named, _first,
)  # fmt: skip
