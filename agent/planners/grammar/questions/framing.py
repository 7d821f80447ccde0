"""The frame of a question: how it is led in, its steps of time, its periods, what joins them."""

from __future__ import annotations

from agent.planners.grammar.questions import phrases
from agent.planners.grammar.questions.scan import Scan


def mark(scan: Scan, i: int) -> int | None:
    """A mark of punctuation."""
    return i + 1 if scan.text.low(i) in phrases.STOP else None


def count(scan: Scan, i: int) -> int | None:
    """'how many', 'number of'."""
    end = scan.has(i, phrases.COUNTERS)
    scan.asked.counting = scan.asked.counting or end is not None
    return end


def share(scan: Scan, i: int) -> int | None:
    """'share of', 'percentage of'."""
    end = scan.has(i, phrases.SHARES)
    scan.asked.share = scan.asked.share or end is not None
    return end


def trend(scan: Scan, i: int) -> int | None:
    """'trend of', 'over time'."""
    end = scan.has(i, phrases.TRENDS)
    scan.asked.trend = scan.asked.trend or end is not None
    return end


def grain(scan: Scan, i: int) -> int | None:
    """'per day', 'weekly', 'month by month'."""
    low = scan.text.low(i)
    grain, end = phrases.ADVERBS.get(low), i + 1
    if grain is None and low in ("per", "by", "each", "every"):
        end = i + (2 if scan.text.low(i + 1) in ("each", "every", "calendar") else 1) + 1
        grain = phrases.GRAINS.get(scan.text.low(end - 1))
    if grain is None and low in phrases.GRAINS and scan.text.has(i + 1, "by", low):
        grain, end = phrases.GRAINS[low], i + 3
    if grain is None:
        return None
    if scan.asked.grain not in (None, grain):
        scan.asked.questions.append(f"Per {scan.asked.grain} or per {grain}? Name one of the two.")
    scan.asked.grain = grain
    return end


def period(scan: Scan, i: int) -> int | None:
    """When."""
    said = scan.periods.at(i)
    if said is None:
        return None
    scan.asked.periods.append(said)
    return said.end


def compare(scan: Scan, i: int) -> int | None:
    """'compare …', 'between … and …'."""
    end = scan.has(i, phrases.COMPARES)
    if end is None or (scan.text.low(i) == "between" and not _compared_after(scan, end)):
        return None
    scan.asked.compares = True
    return end


def _compared_after(scan: Scan, i: int) -> bool:
    return scan.columns.values(i) is not None or scan.periods.at(i) is not None


def versus(scan: Scan, i: int) -> int | None:
    """'versus', 'compared with', 'than'."""
    end = scan.has(i, phrases.VERSUS)
    joined = scan.asked.compares and scan.text.low(i) in ("and", "to", "with")
    if end is None and joined and scan.periods.at(i + 1) is not None:
        end = i + 1
    scan.asked.versus = scan.asked.versus or end is not None
    return end


def preposition(scan: Scan, i: int) -> int | None:
    """A preposition before something that is read."""
    if scan.text.low(i) not in phrases.PREPOSITIONS:
        return None
    follows = (
        scan.clauses.people(i + 1) or scan.columns.values(i + 1) or scan.things.at(i + 1)
        or scan.lexicon.longest("metric", scan.text, i + 1)
        or scan.columns.named(i + 1, numeric=True)
    )  # fmt: skip
    return i + 1 if follows else None


def filler(scan: Scan, i: int) -> int | None:
    """A declared word that carries no meaning of its own."""
    distinct = scan.text.low(i) in ("distinct", "unique", "individual")
    if distinct and scan.lexicon.is_person(scan.text, i + 1):
        return i + 1
    return i + 1 if scan.text.low(i) in phrases.FILLERS else None
