"""Analyst questions as SQL: one typed question becomes one statement, built with sqlglot.

``countable`` says which rows there are to count, ``rows`` reads them, ``funnels``
reads a metric's entries, ``numbers`` are what is computed of them, ``statement``
puts groups, periods and order around them, ``names`` refuses what the catalog lacks.
"""

from warehouse.questions.countable import Countable, countable
from warehouse.questions.names import question_refusals
from warehouse.questions.numbers import counts_users
from warehouse.questions.statement import (
    Column,
    columns_of,
    compile_question,
    people_columns,
)

__all__ = [
    "Column",
    "Countable",
    "columns_of",
    "compile_question",
    "countable",
    "counts_users",
    "people_columns",
    "question_refusals",
]
