"""The closed lists of words around the values of a user."""

from __future__ import annotations

PREPOSITIONS = (
    "on", "from", "in", "using", "use", "uses", "via", "through", "by", "of", "with",
    "located", "based", "living", "live", "lives", "resident", "residing", "acquired", "came",
    "come", "coming", "running", "sourced", "state", "aged",
)  # fmt: skip
BETWEEN = (
    "is", "are", "was", "were", "being", "=", ":", "equals", "equal", "to", "of", "at", "score",
    "value", "that", "which", "has", "been", "stands", "as", "set", "sits", "scores", "must",
    "should", "be", "lies", "amounts", "stays", "remains", "does", "do", "reads", "shows",
    "hovers", "shall", "ranges", "falls", "currently", "their",
)  # fmt: skip
"""What may stand between a value's name and the value."""
SOURCES = ("via", "through", "from", "by", "on", "using", "in")
OUTSIDE = ("outside", "neither")
KINDS = ("device", "devices", "app", "phone", "phones", "platform", "state", "stage", "source",
          "traffic")  # fmt: skip
OTHER = (
    ("other", "than"), ("except", "for"), ("except",), ("but", "not"), ("but",), ("apart", "from"),
    ("aside", "from"), ("besides",), ("that", "is", "not"), ("which", "is", "not"),
    ("different", "from"), ("excluding",),
)  # fmt: skip
