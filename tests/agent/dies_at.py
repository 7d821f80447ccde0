"""A process that approves a change request and is killed at a chosen moment. Run by a test."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from agent import nodes
from orchestrate import approvals
from tests.tools.demo import open_demo


def die() -> None:
    """No clean-up, no flush, no farewell."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(folder: str, warehouse: str, moment: str) -> None:
    """Approve CR-1 and die: after the decision, on the way to publish, or right after it."""
    workspace = open_demo(Path(folder), Path(warehouse))
    pavel = workspace.person("pavel@demo")
    real = nodes.publish_approved

    def publish_and_die(*args: Any, **kwargs: Any) -> Any:
        if moment == "published":
            real(*args, **kwargs)
        die()

    nodes.publish_approved = publish_and_die
    if moment == "approved":
        approvals.decide(
            workspace.store, "CR-1", person=pavel, verdict="approve", now=workspace.now()
        )
        die()
    workspace.decide("CR-1", pavel, "approve")


if __name__ == "__main__":
    main(*sys.argv[1:])
