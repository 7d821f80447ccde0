"""The picture of the agent's way in the architecture page is the graph that runs."""

from __future__ import annotations

from tests.project.graph_picture import drawn, written


def test_the_picture_of_the_graph_is_the_graph() -> None:
    assert written() == drawn(), "run make map"
