"""The one meaning of a condition: its SQL, built with sqlglot, never by string.

``queries`` gives whole statements, ``leaves`` gives the truth of one leaf,
``sources`` gathers what the leaves read so that every event aggregate of a
query shares one scan, ``windows`` turns windows into bounds and ``names``
says what a condition requires and refuses what the catalog lacks.
"""

from warehouse.compile.names import Audiences, expand, required, validate
from warehouse.compile.queries import (
    LeafQuery,
    compile_audience,
    compile_flags,
    compile_leaves,
    compile_waterfall,
    select_flags,
)

__all__ = [
    "Audiences",
    "LeafQuery",
    "compile_audience",
    "compile_flags",
    "compile_leaves",
    "compile_waterfall",
    "expand",
    "required",
    "select_flags",
    "validate",
]
