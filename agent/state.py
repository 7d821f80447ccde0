"""What the graph remembers between nodes: ids and plain data, so that a checkpoint is only JSON."""

from __future__ import annotations

import operator
from typing import Annotated, Any, TypedDict

GRAPH_VERSION = 1
"""Raised when nodes are renamed or their order changes: older waiting runs are then reconciled
from the control store instead of resumed."""

MAX_ATTEMPTS = 3


class AskState(TypedDict, total=False):
    """One prompt on its way to an answer. Keys appear as nodes add them."""

    graph_version: int
    thread_id: str
    run_id: str
    prompt: str
    person: str
    submit: bool
    intent: str
    attempt: int
    grounding: list[dict[str, Any]]
    plan: dict[str, Any]
    refusals: list[dict[str, Any]]
    simulated: dict[str, Any]
    report: dict[str, Any]
    sql: list[dict[str, Any]]
    answer: str
    status: str
    choices: list[dict[str, Any]]
    turn: dict[str, Any]
    """What a follow-up was taken for; empty for a prompt of its own."""
    compared: dict[str, Any]
    """What the draft is held against, in users."""
    change_request: dict[str, Any]
    usage: dict[str, Any]
    trace: Annotated[list[dict[str, Any]], operator.add]
