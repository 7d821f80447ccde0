"""What the agent may call: read, count, simulate, diagnose, explain, propose. Nothing approves,
publishes or sends."""

from __future__ import annotations

from langchain_core.tools import BaseTool

from tools.audience import audience_tools
from tools.catalog import catalog_tools
from tools.context import ToolContext
from tools.diagnosis import diagnosis_tools
from tools.explain import explain_tools
from tools.propose import propose_tools
from tools.questions import question_tools
from tools.sql import sql_tools

GROUPS = (
    catalog_tools,
    sql_tools,
    question_tools,
    audience_tools,
    diagnosis_tools,
    explain_tools,
    propose_tools,
)

TOOLS = (
    "search_catalog",
    "describe",
    "check_sql",
    "run_sql",
    "answer_question",
    "preview_audience",
    "simulate",
    "count_users",
    "funnel",
    "exposure",
    "diagnose",
    "explain",
    "propose",
)


def build_tools(context: ToolContext) -> dict[str, BaseTool]:
    """Every tool by name, bound to one prompt's surroundings."""
    return {tool.name: tool for group in GROUPS for tool in group(context)}
