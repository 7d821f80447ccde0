"""Why one user got something, or did not."""

from __future__ import annotations

from typing import Any

from langchain_core.tools import BaseTool, tool

from core.errors import PilothouseError
from orchestrate.explain import explain as explain_user
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
            return explain_user(
                context.store,
                context.runner,
                context.catalog,
                user_id,
                policy=policy,
                at=context.as_of,
            )
        except PilothouseError as error:
            return refused(error)

    return (explain,)
