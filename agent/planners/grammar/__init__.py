"""A deterministic semantic parser over any catalog: prompts in, typed plans out.

``words`` and ``lexicon`` find the catalog's phrases, ``quantities`` and ``times``
read numbers and spans, the ``leaves_*`` modules read predicates, ``clauses`` and
``logic`` join them, ``reading`` accounts for every word of a prompt.
"""

from agent.planners.grammar.planner import GrammarPlanner

__all__ = ["GrammarPlanner"]
