"""What is measured: metrics, rates, rows, numbers of rows."""

from __future__ import annotations

from agent.planners.grammar.questions import phrases
from agent.planners.grammar.questions.rates import rate_at
from agent.planners.grammar.questions.scan import Scan
from agent.planners.grammar.questions.things import Thing


def function(scan: Scan, i: int) -> int | None:
    """'average', 'median', 'total', 'highest price'."""
    low = scan.text.low(i)
    function = phrases.FUNCTIONS.get(low)
    direct = {"highest": "max", "lowest": "min"}.get(low)
    if function is None and direct and not scan.asked.by:
        function = "max" if direct == "max" else "min"
        if scan.columns.named(i + 1, numeric=True) is None:
            return None
    if function is None:
        return None
    if low == "overall" and scan.asked.function is not None:
        return i + 1
    scan.asked.function = function
    scan.asked.function_words = low
    return i + 2 if scan.text.has(i + 1, "of") else i + 1


def metric(scan: Scan, i: int) -> int | None:
    """A metric of the catalog, where its words mean no rows."""
    match = scan.lexicon.longest("metric", scan.text, i)
    thing = scan.things.at(i)
    if match is None or (thing is not None and thing.end > match.end):
        return None
    named_as_rate = scan.text.low(match.end - 1).startswith(("rate", "convers"))
    # Who converts best has the best rate, not the most conversions.
    rated = scan.text.low(match.end) in ("best", "worst", "better", "worse")
    if thing is not None and not (named_as_rate or rated):
        return None
    if match.sense.name not in scan.asked.metrics:
        scan.asked.metrics.append(match.sense.name)
    scan.asked.metric_words = scan.text.words(i, match.end)
    return match.end


def rate(scan: Scan, i: int) -> int | None:
    """'open rate', 'upgrade rate'."""
    found = rate_at(scan.text, i, scan.world)
    if not found or scan.lexicon.longest("metric", scan.text, i):
        return None
    scan.asked.rates = found
    return found[0][2].end


def thing(scan: Scan, i: int) -> int | None:
    """Rows that are counted."""
    thing = scan.things.at(i)
    if thing is None or _values_first(scan, i, thing):
        return None
    named = scan.columns.named(i, numeric=True)
    own = named is not None and any(owner == thing.owner for owner, _ in named.senses)
    if named is not None and (named.end > thing.end or (own and named.end == thing.end)):
        return None
    scan.asked.things.append(thing)
    return thing.end


def _values_first(scan: Scan, i: int, thing: Thing) -> bool:
    """'push and email open rate': words for messages that are values of theirs here."""
    said = scan.columns.values(i)
    if said is None:
        return False
    if rate_at(scan.text, said.end, scan.world):
        return True
    return said.joined != "one" and said.end >= thing.end


def number_named(scan: Scan, i: int) -> int | None:
    """A number of rows or users."""
    named = scan.columns.named(i, numeric=True)
    if named is None:
        return None
    scan.asked.numbers.append(named)
    return named.end


def revenue(scan: Scan, i: int) -> int | None:
    """'revenue', where the catalog says where sales are."""
    if scan.text.low(i) not in phrases.REVENUE or scan.lexicon.catalog.layout.sales is None:
        return None
    scan.asked.revenue = True
    return i + 1
