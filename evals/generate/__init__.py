"""Prompts with their artifacts, made from any catalog: for stress, beside the written suites.

The artifact is built as typed objects and the prompt from phrases of its own; neither knows how a
planner reads. Rows of factors cover every pair of levels before chance adds more.
"""

from evals.generate.pairs import Pair, generate

__all__ = ["Pair", "generate"]
