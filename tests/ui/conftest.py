"""A desk of its own for every test, and a way to look at it as one of the demo's people."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.command_line import DEBUG, DECISION, ELIGIBILITY, CommandLine, give
from tests.ui.decided_console import Look, decide, decided, looking
from tests.ui.demo_desk import demo_desk
from ui.app import SCRIPT
from ui.console.desk import Desk, open_desk
from ui.workspace import Workspace

Found = TypeVar("Found")
Visit = Callable[..., AppTest]


@pytest.fixture
def office(tmp_path: Path) -> Desk:
    """A desk with a real control store and a worker that replays prepared answers."""
    made = demo_desk(tmp_path)
    open_desk(made)
    return made


@pytest.fixture
def visit(office: Desk) -> Visit:
    """Open the console as somebody, with query parameters."""

    def opened(email: str | None, **query: str) -> AppTest:
        page = AppTest.from_file(str(SCRIPT), default_timeout=30)
        page.user = {"is_logged_in": email is not None} | ({"email": email} if email else {})
        for name, value in query.items():
            page.query_params[name] = value
        return page.run()

    return opened


def existing(found: Found | None) -> Found:
    """What must be there."""
    assert found is not None
    return found


def shown(page: AppTest) -> str:
    """Everything a page says, as one text."""
    kinds = ("title", "header", "markdown", "caption", "info", "warning", "error", "success")
    texts = [element.value for kind in kinds for element in page.get(kind)]
    labels = [
        element.label for kind in ("button", "expander", "metric") for element in page.get(kind)
    ]
    return "\n".join(str(text) for text in (*texts, *labels))


def ask(office: Desk, prompt: str, email: str = "mara@demo") -> str:
    """A finished run of a prompt."""
    return office.start(prompt, existing(office.person(email)), None)


def proposed(office: Desk, email: str = "mara@demo", prompt: str = "eligibility") -> str:
    """A change request that waits for a decision."""
    person = existing(office.person(email))
    sent = office.send_for_approval(ask(office, prompt, email), person)
    return existing(sent.change_request).id


@pytest.fixture
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No setting comes from the environment of whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith(("PILOTHOUSE_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture(scope="session")
def demo_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo workspace; copy it before changing anything."""
    folder = tmp_path_factory.mktemp("demo") / "workspace"
    done = give("demo-data", "--users", "2000", "--days", "60", "--workspace", str(folder))
    assert done.status == 0, done
    # The control store is made on first use: from here on, whatever differs was changed.
    assert give("rules", "list", "--workspace", str(folder)).status == 0
    return folder


@pytest.fixture
def cli(demo_workspace: Path, tmp_path: Path, plain_environment: object) -> CommandLine:
    """The command line on a workspace of the test's own, in which nothing was asked yet."""
    shutil.copytree(demo_workspace, tmp_path / "workspace")
    return CommandLine(tmp_path / "workspace")


@pytest.fixture(scope="session")
def ruled_workspace(demo_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in which one rule is live; copy it before changing anything."""
    folder = tmp_path_factory.mktemp("ruled") / "workspace"
    shutil.copytree(demo_workspace, folder)
    cli = CommandLine(folder)
    change = cli.json("ask", ELIGIBILITY)["change_request"]["id"]
    assert cli("approvals", "approve", change, "--as", "pavel@demo").status == 0
    return folder


@pytest.fixture(scope="session")
def live_workspace(ruled_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rule and the policy of the blueprint in force; copy it before changing anything."""
    folder = tmp_path_factory.mktemp("live") / "workspace"
    shutil.copytree(ruled_workspace, folder)
    cli = CommandLine(folder)
    change = cli.json("ask", DECISION)["change_request"]["id"]
    assert cli.json("approvals", "approve", change)["state"] == "live"
    return folder


@pytest.fixture
def live(live_workspace: Path, tmp_path: Path, plain_environment: object) -> CommandLine:
    """The command line on a workspace of the test's own, with a rule and a policy in force."""
    shutil.copytree(live_workspace, tmp_path / "workspace")
    return CommandLine(tmp_path / "workspace")


@pytest.fixture
def ruled(ruled_workspace: Path, tmp_path: Path, plain_environment: object) -> CommandLine:
    """The command line on a workspace of the test's own, in which one rule is live."""
    shutil.copytree(ruled_workspace, tmp_path / "workspace")
    return CommandLine(tmp_path / "workspace")


class Asked(CommandLine):
    """A workspace in which the three prompts were asked; tests only read it."""

    documents: dict[str, Any]

    def file(self, kind: str) -> str:
        """The path of an answer as a script would have saved it."""
        path = self.workspace / f"{kind}.json"
        path.write_text(json.dumps(self.documents[kind]))
        return str(path)


@pytest.fixture(scope="session")
def asked(demo_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Asked:
    """The three prompts, word for word, and what was answered as JSON."""
    folder = tmp_path_factory.mktemp("asked") / "workspace"
    shutil.copytree(demo_workspace, folder)
    asked = Asked(folder)
    prompts = {"eligibility": ELIGIBILITY, "decision": DECISION, "debug": DEBUG}
    asked.documents = {kind: asked.json("ask", text) for kind, text in prompts.items()}
    return asked


@pytest.fixture(scope="session")
def decided_workspace(
    demo_workspace: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workspace]:
    """An open workspace in which two rules decided; whoever changes something undoes it."""
    folder = tmp_path_factory.mktemp("decided") / "workspace"
    shutil.copytree(demo_workspace, folder)
    decide(CommandLine(folder))
    with decided(folder) as opened:
        yield opened


@pytest.fixture(scope="session")
def look(decided_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Look:
    """A page of it, as somebody."""
    return looking(decided_workspace, tmp_path_factory.mktemp("worker"))
