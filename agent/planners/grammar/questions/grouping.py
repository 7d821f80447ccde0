"""Groups: 'by country', 'per plan and month', 'per user'."""

from __future__ import annotations

from agent.planners.grammar.questions import phrases
from agent.planners.grammar.questions.rates import rate_at
from agent.planners.grammar.questions.scan import Scan
from agent.planners.grammar.questions.slots import Named


def group(scan: Scan, i: int) -> int | None:
    """'by country and plan', 'per user', 'for each source'."""
    end = scan.has(i, phrases.GROUPERS)
    if end is None:
        return None
    if scan.asked.ranks and not _measured(scan) and _measure_at(scan, end):
        return end
    if scan.lexicon.is_person(scan.text, end) and scan.text.low(i) in ("per", "for", "each"):
        scan.asked.per_user = True
        return end + 1
    named = _named_group(scan, end)
    if named is None:
        return _per_thing(scan, i, end)
    while named is not None:
        scan.asked.by.append(named)
        end = named.end
        step = 1 + (scan.text.low(end + 1) in ("by", "per"))
        joined = scan.text.low(end) in ("and", ",", "&", "then")
        step_of_time = phrases.GRAINS.get(scan.text.low(end + step))
        if joined and step_of_time is not None and scan.asked.grain in (None, step_of_time):
            scan.asked.grain = step_of_time
            return end + step + 1
        named = _named_group(scan, end + step) if joined else None
    return end


def _named_group(scan: Scan, i: int) -> Named | None:
    found = scan.columns.named(i)
    if found is None and scan.columns.values(i) is None and scan.things.at(i) is None:
        found = scan.columns.partly(i)
    return found or (scan.columns.user(i) if scan.text.low(i - 1) == "by" else None)


def _per_thing(scan: Scan, i: int, end: int) -> int | None:
    thing = scan.things.at(end) if scan.text.low(i) in ("per", "each") else None
    if thing is None or thing.rows.of == "users":
        return None
    scan.asked.per_thing = thing
    return thing.end


def _measured(scan: Scan) -> bool:
    asked = scan.asked
    named = asked.metrics or asked.numbers or asked.things or asked.rates
    return bool(named or asked.revenue or asked.users)


def _measure_at(scan: Scan, i: int) -> bool:
    while scan.text.low(i) in phrases.FUNCTIONS or scan.has(i, phrases.COUNTERS):
        i = scan.has(i, phrases.COUNTERS) or i + 1
    return bool(
        scan.things.at(i) or scan.columns.named(i, numeric=True)
        or scan.lexicon.longest("metric", scan.text, i) or scan.clauses.people(i)
        or rate_at(scan.text, i, scan.world) or scan.text.low(i) in phrases.REVENUE
    )  # fmt: skip
