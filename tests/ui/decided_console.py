"""A console over a workspace in which rules decided: made once, looked at by many tests.

Whoever changes something in it undoes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.ui.command_line import DECISION, ELIGIBILITY, CommandLine
from tests.ui.demo_desk import DemoWorkspace, ReplayWorker
from ui.app import SCRIPT
from ui.console.desk import Desk, OpenWorkspace, open_desk
from ui.environment import load_settings
from ui.workspace import Workspace, open_workspace

Look = Callable[..., AppTest]
"""A page file, as somebody, with query parameters."""


def decide(cli: CommandLine) -> None:
    """A policy and a rule are live and a cycle has decided."""
    for prompt in (DECISION, ELIGIBILITY):
        request = cli.json("ask", prompt)["change_request"]["id"]
        cli.json("approvals", "approve", request, "--as", "pavel@demo")
    cli.json("cycle", "run")


@contextmanager
def decided(folder: Path) -> Iterator[Workspace]:
    """The open workspace of a folder."""
    opened = open_workspace(load_settings({"workspace": str(folder)}))
    try:
        yield opened
    finally:
        opened.close()


def looking(workspace: OpenWorkspace, folder: Path) -> Look:
    """A way to look at its pages."""
    office = Desk(workspace, ReplayWorker(DemoWorkspace(folder)))

    def looked(file: str, email: str, **query: str) -> AppTest:
        open_desk(office)
        page = AppTest.from_file(str(SCRIPT), default_timeout=60)
        page.user = {"is_logged_in": True, "email": email}
        page.run()
        for name in [*page.query_params]:
            del page.query_params[name]
        for name, value in query.items():
            page.query_params[name] = value
        page.switch_page(f"../pages/{file}").run()
        assert not page.exception
        return page

    return looked
