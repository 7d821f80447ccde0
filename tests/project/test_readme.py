"""The README says what is: its transcript comes from a run, its settings from the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from ui.environment import FROM_ENVIRONMENT, FROM_FILE, MODEL_FROM_ENVIRONMENT

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def _between(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- end {name} -->", README, re.DOTALL)
    assert found, name
    return found[1]


def test_every_setting_is_in_the_readme_with_its_environment_variable() -> None:
    table = _between("settings")

    for key in FROM_FILE:
        assert f"`{key}`" in table
    for variable in (*FROM_ENVIRONMENT, *MODEL_FROM_ENVIRONMENT):
        assert f"`{variable}`" in table


def test_every_picture_and_page_that_the_readme_names_exists() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_transcript_is_what_the_demo_prints(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ui.cli", "demo", "--workspace", str(tmp_path)]

    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stderr

    for line in _between("transcript").strip("`\n").splitlines():
        assert line in told
