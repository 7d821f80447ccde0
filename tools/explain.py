"""Why one user got something, or did not."""

from __future__ import annotations

from typing import Any

from langchain_core.tools import BaseTool, tool

from core.errors import PilothouseError
from tools.context import Refused, ToolContext, refused


def explain_tools(context: ToolContext) -> tuple[BaseTool, ...]:
    """``explain``."""

    @tool
    def explain(user_id: str, policy: str | None = None) -> dict[str, Any] | Refused:
        """Explain for one user what every live rule decides and why.

        Returns per policy the winner and, per candidate, the stage, the reason, the condition
        that failed with the value read, and the smallest change that would flip it.
        """
        try:
            return context.explain(user_id, policy)
        except PilothouseError as error:
            return refused(error)

    return (explain,)
