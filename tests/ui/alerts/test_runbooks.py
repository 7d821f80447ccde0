"""Every alert has its runbook, and no runbook names a command that is not there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from core.alerts import ABOUT, AlertKind, runbook
from tests.project.tree import ROOT
from ui.cli.main import group

FILES = sorted((ROOT / "docs/runbooks").glob("*.md"))
COMMANDS = re.compile(r"`(pilothouse [^`]+)`|^(pilothouse .+)$", re.MULTILINE)
SECTIONS = ["Look", "Do", "Escalate"]


def test_every_kind_says_who_acts_and_has_a_runbook_and_no_runbook_is_left_over() -> None:
    assert set(ABOUT) == set(AlertKind)
    assert {file.relative_to(ROOT).as_posix() for file in FILES} == {runbook(k) for k in AlertKind}


@pytest.mark.parametrize("kind", [*AlertKind], ids=str)
def test_a_runbook_says_where_to_look_what_to_do_and_whom_to_ask(kind: AlertKind) -> None:
    text = (ROOT / runbook(kind)).read_text()

    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == SECTIONS
    assert text.startswith(f"# {ABOUT[kind].title}\n")
    assert "| most likely |" in text or "| broken |" in text
    assert re.search(r"^1\. ", text, re.MULTILINE)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_runbook_names_only_commands_and_options_that_exist(file: Path) -> None:
    text = file.read_text()
    named = ["".join(found) for found in COMMANDS.findall(text)]

    assert named
    for line in named:
        refuse_unknown(line)


def refuse_unknown(line: str) -> None:
    """Fails unless a command line could be given: its command, its options, enough arguments."""
    words = shlex.split(line)[1:]
    context, command = click.Context(group), group
    found: click.Command = command
    while isinstance(found, click.Group) and words and not words[0].startswith("-"):
        inner = found.get_command(context, words.pop(0))
        assert inner is not None, line
        found = inner
    if words == ["--version"]:
        return
    assert not isinstance(found, click.Group), line
    options = {name: one for one in found.params for name in one.opts}
    given: list[str] = []
    while words:
        word = words.pop(0)
        if not word.startswith("--"):
            given.append(word)
            continue
        assert word in options, line
        option = options[word]
        if isinstance(option, click.Option) and not option.is_flag:
            words.pop(0)
    needed = [one for one in found.params if isinstance(one, click.Argument) and one.required]
    assert len(given) >= len(needed), line
    assert given or not needed


def test_the_first_command_of_a_hand_made_runbook_that_does_not_exist_is_found() -> None:
    for line in ("pilothouse fly", "pilothouse kill --everything", "pilothouse rules show"):
        with pytest.raises(AssertionError):
            refuse_unknown(line)


def test_the_page_on_alerts_lists_every_kind_as_it_is() -> None:
    page = (ROOT / "docs/alerts.md").read_text()
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+?) \| (\w+) \| (\w+) \|", page, re.MULTILINE)

    when = {True: "now", False: "today"}
    assert rows == [
        (kind.value, about.title, when[about.urgent], about.who.value)
        for kind, about in ((kind, ABOUT[kind]) for kind in AlertKind)
    ]
