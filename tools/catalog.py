"""What there is to talk about."""

from __future__ import annotations

from langchain_core.tools import BaseTool, tool

from core.errors import Code
from tools.context import Refused, ToolContext
from warehouse.catalog import unknown_name
from warehouse.glossary import Term, glossary


def catalog_tools(context: ToolContext) -> tuple[BaseTool, ...]:
    """``search_catalog`` and ``describe``."""

    @tool
    def search_catalog(query: str, limit: int = 8) -> list[Term]:
        """Find events, traits, columns, audiences, metrics and actions by what people call them.

        Use it first: a rule may only use names that this returns. `query` is a few words in the
        person's own language. Returns up to `limit` terms, best first, with kind, name and text.
        """
        return context.search(query, limit)

    @tool
    def describe(name: str) -> Term | Refused:
        """Say what one name of the catalog means: its kind, exact name and description.

        `name` is exact, such as workout_completed or current_subscription. An unknown name is
        refused with the nearest known ones.
        """
        terms = glossary(context.catalog)
        for term in terms:
            if term.name == name:
                return term
        known = [term.name for term in terms]
        return Refused(refusals=(unknown_name(Code.UNKNOWN_KEY, "entry", name, known),))

    return search_catalog, describe
