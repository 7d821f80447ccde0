"""The way of a prompt, on one screen: wiring only.

understand → ground → draft → check → simulate → answer → submit → guardrail → publish.
Nodes are in nodes.py, routers in routes.py; no node chooses the next one.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph

from agent import nodes, routes
from agent.context import AskContext
from agent.state import AskState


def open_graph(file: Path) -> Any:
    """The compiled graph with its checkpoints in an SQLite file; threads may share it."""
    connection = sqlite3.connect(file, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    return build_graph(SqliteSaver(connection))


def build_graph(checkpointer: Any) -> Any:
    """The compiled graph. The checkpointer keeps runs that wait for an approval."""
    graph = StateGraph(AskState, context_schema=AskContext)
    for node in nodes.NODES:
        graph.add_node(node.__name__, nodes.timed(node))
    graph.add_edge(START, "understand")
    graph.add_conditional_edges("understand", routes.after_understand, ["ground", "answer"])
    graph.add_edge("ground", "draft")
    graph.add_conditional_edges("draft", routes.after_draft, ["check", "answer"])
    graph.add_conditional_edges("check", routes.after_check, ["simulate", "draft", "answer"])
    graph.add_edge("simulate", "answer")
    graph.add_conditional_edges("answer", routes.after_answer, ["submit", END])
    graph.add_conditional_edges("submit", routes.after_submit, ["guardrail", END])
    graph.add_conditional_edges("guardrail", routes.after_guardrail, ["guardrail", "publish", END])
    graph.add_edge("publish", END)
    return graph.compile(checkpointer=checkpointer)
