"""The closed lists of English words around a question; no word of any catalog."""

from __future__ import annotations

from core.questions import Function, Grain

FUNCTIONS: dict[str, Function] = {
    "average": "avg", "avg": "avg", "mean": "avg", "median": "median", "typical": "median",
    "total": "sum", "sum": "sum", "combined": "sum", "overall": "sum", "maximum": "max",
    "max": "max", "minimum": "min", "min": "min", "longest": "max", "shortest": "min",
}  # fmt: skip
GRAINS: dict[str, Grain] = {"hour": "hour", "day": "day", "week": "week", "month": "month"}
ADVERBS: dict[str, Grain] = {
    "hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month",
}  # fmt: skip
TRENDS = (
    ("trend", "of"), ("trend", "for"), ("trend", "in"), ("trends", "in"), ("trends", "of"),
    ("trend",), ("trends",), ("over", "time"), ("time", "series", "of"), ("time", "series"),
    ("development", "of"), ("evolution", "of"), ("history", "of"),
)  # fmt: skip
SHARES = tuple(
    (*word, "of") for word in (
        ("share",), ("percentage",), ("percent",), ("proportion",), ("fraction",), ("part",),
        ("%",), ("portion",),
    )
)  # fmt: skip
MOST = frozenset("highest most largest biggest best greatest top maximum".split())
LEAST = frozenset("lowest fewest least smallest worst bottom minimum".split())
COMMON = frozenset("common popular frequent used active often frequently".split())
GROUPERS = (
    ("broken", "down", "by"), ("break", "down", "by"), ("breakdown", "by"), ("split", "by"),
    ("split", "up", "by"), ("grouped", "by"), ("group", "by"), ("segmented", "by"),
    ("sliced", "by"), ("for", "each"), ("for", "every"), ("in", "each"), ("on", "each"),
    ("from", "each"), ("of", "each"), ("at", "each"), ("within", "each"), ("by", "each"),
    ("per", "each"), ("across",), ("by",), ("per",), ("each",), ("every",),
)  # fmt: skip
VERSUS = (
    ("compared", "with"), ("compared", "to"), ("in", "comparison", "to"), ("relative", "to"),
    ("in", "comparison", "with"), ("as", "opposed", "to"), ("versus",), ("vs", "."), ("vs",),
    ("against",), ("than",), ("v",), ("and", "the", "same", "for"),
)  # fmt: skip
COMPARES = (
    ("comparison", "of"), ("comparison", "between"), ("compare", "the"), ("compare",),
    ("comparing",), ("difference", "between"), ("difference", "in"), ("between",),
)  # fmt: skip
COUNTERS = (
    ("how", "many", "different"), ("how", "many"), ("total", "number", "of"),
    ("overall", "number", "of"), ("number", "of"), ("count", "of"), ("counts", "of"),
    ("the", "number", "of"), ("volume", "of"), ("amount", "of"), ("count", "the"), ("count",),
)  # fmt: skip
EXCEPT = (
    ("not", "counting"), ("not", "including"), ("other", "than"), ("apart", "from"),
    ("not", "from"), ("not", "in"), ("not", "on"), ("excluding",), ("except", "for"), ("except",),
    ("outside", "of"), ("outside",), ("without",), ("but", "not"), ("ignoring",),
)  # fmt: skip
DISTRIBUTIONS = (
    ("distribution", "of"), ("spread", "of"), ("frequency", "of"), ("histogram", "of"),
)  # fmt: skip
REVENUE = frozenset("revenue turnover income earnings".split())
PREPOSITIONS = frozenset("for in on from at of with among to via through about within by".split())
FILLERS = frozenset(
    "a an the of in on for to from is are was were be been being have has had did do does we our "
    "us "
    "they there their its it me my please can could you show give tell list plot chart graph draw "
    "display report get see what what's how much with and that i want would like know need see "
    "value values at among all came come coming happened happen made make find out let look "
    "looking up into us been so far which who this these those ll hi hello hey thanks thank as "
    "well table figures figure numbers data analysis got seen were done did also during over "
    "brings brought bring gives gave gets generates generated "
    "went go going out up ranked sorted ordered rank sort order chart's each's".split()
) - frozenset({"over", "during", "this", "these", "those", "who"})
STOP = frozenset({"?", "!", ".", ",", ":", ";", "'", '"', "\n", "(", ")", "“", "”", "-", "–"})
