"""The one meaning of a condition: its SQL, built with sqlglot, never by string.

``queries`` gives whole statements, ``leaves`` gives the truth of one leaf,
``sources`` gathers what the leaves read so that every event aggregate of a
query shares one scan, ``names`` refuses what the catalog lacks and ``required``
says what a condition reads.
"""

from warehouse.compile.names import Audiences, expand, validate
from warehouse.compile.queries import (
    LeafQuery,
    compile_audience,
    compile_flags,
    compile_leaves,
    compile_waterfall,
    select_flags,
)
from warehouse.compile.required import data_classes, reads_public, required

__all__ = [
    "Audiences",
    "LeafQuery",
    "compile_audience",
    "compile_flags",
    "compile_leaves",
    "compile_waterfall",
    "data_classes",
    "expand",
    "reads_public",
    "required",
    "select_flags",
    "validate",
]
