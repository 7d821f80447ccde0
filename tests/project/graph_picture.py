"""Draws the agent's graph into the architecture page: ``python -m tests.project.graph_picture``."""

from __future__ import annotations

import sys

from tests.project.tree import ROOT

PAGE = ROOT / "docs/architecture.md"
START, END = "<!-- graph -->", "<!-- end graph -->"


def drawn() -> str:
    """The graph as the code wires it, as a fenced Mermaid picture."""
    # Here, so that the page can be read and checked while the agent does not import.
    from agent.graph import build_graph

    picture = build_graph(None).get_graph().draw_mermaid().strip()
    return f"```mermaid\n{picture}\n```"


def written() -> str:
    """The picture that stands on the page."""
    return PAGE.read_text().split(START)[1].split(END)[0].strip()


def rewrite() -> None:
    """Puts the picture drawn from the code onto the page."""
    head, rest = PAGE.read_text().split(START)
    PAGE.write_text(f"{head}{START}\n{drawn()}\n{END}{rest.split(END)[1]}")


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        rewrite()
    else:
        print(drawn())
