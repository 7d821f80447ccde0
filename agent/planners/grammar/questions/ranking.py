"""Order: the top 5, which one has the most, the most common."""

from __future__ import annotations

from agent.planners.grammar.quantities import number
from agent.planners.grammar.questions import phrases
from agent.planners.grammar.questions.scan import Scan
from agent.planners.grammar.questions.slots import Named

_FIRST = ("top", "bottom", "best", "worst")


def ranked(scan: Scan, i: int) -> int | None:
    """'top 5 countries', 'the 3 biggest sources', 'bottom 2'."""
    start = i + 1 if scan.text.low(i) == "the" else i
    counted = number(scan.text, start)
    if counted is not None and _direction(scan, counted[1]):
        named = scan.columns.named(counted[1] + 1)
        return _take_rank(scan, counted[1], counted[0], counted[1] + 1, named)
    if not _direction(scan, start) or scan.text.low(start) in ("most", "least"):
        return None
    after = number(scan.text, start + 1)
    end = after[1] if after is not None else start + 1
    named = scan.columns.named(end) or scan.columns.user(end)
    if named is None or (after is None and scan.text.low(start) not in _FIRST):
        return None
    return _take_rank(scan, start, after[0] if after else None, end, named)


def distribution(scan: Scan, i: int) -> int | None:
    """'distribution of csat scores': so many rows of each."""
    end = scan.has(i, phrases.DISTRIBUTIONS)
    named = scan.columns.named(end) if end is not None else None
    if named is None:
        return None
    scan.asked.by.append(named)
    return named.end


def _take_rank(scan: Scan, at: int, n: float | None, end: int, named: Named | None) -> int | None:
    named = named or scan.columns.user(end)
    if named is None:
        return None
    asked = scan.asked
    asked.order = "asc" if scan.text.low(at) in phrases.LEAST else "desc"
    asked.ranks = True
    asked.limit = _limit(scan, n, named)
    asked.by.append(named)
    return named.end


def _direction(scan: Scan, i: int) -> bool:
    return scan.text.low(i) in phrases.MOST | phrases.LEAST


def which(scan: Scan, i: int) -> int | None:
    """'which country', 'what 3 sources'."""
    if scan.text.low(i) not in ("which", "what"):
        return None
    counted = number(scan.text, i + 1)
    start = counted[1] if counted is not None else i + 1
    grain = phrases.GRAINS.get(scan.text.low(start).removesuffix("s"))
    if grain is not None and _verb_follows(scan, start + 1):
        scan.asked.grain, scan.asked.ranks = grain, True
        scan.asked.limit = int(counted[0]) if counted is not None else 1
        return start + 1
    named = scan.columns.named(start)
    if named is None or not _verb_follows(scan, named.end):
        return None
    scan.asked.by.append(named)
    scan.asked.ranks = True
    scan.asked.limit = _limit(scan, counted[0] if counted else None, named)
    return named.end


def _limit(scan: Scan, n: float | None, named: Named) -> int:
    """As many as were named; one of a singular; ten where it is left open, which is said."""
    if n is not None:
        return int(n)
    last = scan.text.low(named.end - 1)
    if not last.endswith("s") or last in scan.world.lexicon.vocabulary:
        return 1
    scan.asked.notes.append(f"The first 10 of '{named.words}' are shown: no number was named.")
    return 10


def _verb_follows(scan: Scan, i: int) -> bool:
    verbs = "has have had is are was were did do does gets get brings bring gave gives shows"
    if scan.text.low(i) in (*verbs.split(), "brought", "generates", "generated", "see", "came"):
        return True
    measured = scan.lexicon.longest("metric", scan.text, i) or scan.things.at(i)
    return measured is not None and any(
        _direction(scan, k) for k in range(i, min(i + 6, len(scan.text)))
    )


def superlative(scan: Scan, i: int) -> int | None:
    """'the highest', 'most signups', 'most popular', 'most common ticket reason'."""
    low = scan.text.low(i)
    if low not in phrases.MOST | phrases.LEAST:
        return None
    scan.asked.order = "asc" if low in phrases.LEAST else "desc"
    if scan.text.low(i + 1) not in phrases.COMMON:
        return i + 1 if scan.asked.by or scan.asked.ranks else None
    named = scan.columns.named(i + 2) or scan.columns.partly(i + 2)
    if named is None:
        return i + 2 if scan.asked.by else None
    scan.asked.by.append(named)
    scan.asked.limit, scan.asked.ranks = scan.asked.limit or 1, True
    return named.end
