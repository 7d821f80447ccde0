"""A desk of its own for every test, and a way to look at it as one of the demo's people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from streamlit.testing.v1 import AppTest

from tests.ui.demo_desk import demo_desk
from ui.app import SCRIPT
from ui.console.desk import Desk, open_desk

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
