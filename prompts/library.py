"""The prompt files: loaded with their front matter checked, rendered with every variable given.

A prompt is a Markdown file with a front matter, a part for the system message
and a part for the user message. Its version and hash are stamped on what it
led to, so that an answer can be traced to the words that were sent.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from string import Template
from typing import Any, Self

import yaml
from pydantic import Field, model_validator

from core.conditions import Frozen

FOLDER = Path(__file__).parent
FENCE = "---\n"
SYSTEM, USER = "## system\n", "## user\n"


class Rendered(Frozen):
    """The two messages that a model is given."""

    system: str
    user: str


class Prompt(Frozen):
    """One prompt file. ``inputs`` are the variables of its body, all of them."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")
    version: int = Field(ge=1)
    inputs: tuple[str, ...]
    output: str
    note: str
    system: str
    user: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")

    @model_validator(mode="after")
    def _inputs_are_the_variables(self) -> Self:
        used = {*Template(self.system).get_identifiers(), *Template(self.user).get_identifiers()}
        if undeclared := used - {*self.inputs}:
            raise ValueError(f"{self.name}: the body uses undeclared {sorted(undeclared)}")
        if unused := {*self.inputs} - used:
            raise ValueError(f"{self.name}: the body never uses {sorted(unused)}")
        return self

    @property
    def stamp(self) -> str:
        """Name, version and the start of the hash: ``plan@1 sha256:0f3a…`` with 12 digits."""
        return f"{self.name}@{self.version} sha256:{self.sha256[:12]}"

    def render(self, **inputs: str) -> Rendered:
        """The messages with every variable filled in.

        Raises ValueError when an input is missing or is not declared.
        """
        if missing := {*self.inputs} - {*inputs}:
            raise ValueError(f"{self.stamp} needs {sorted(missing)}")
        if undeclared := {*inputs} - {*self.inputs}:
            raise ValueError(f"{self.stamp} declares no {sorted(undeclared)}")
        return Rendered(
            system=Template(self.system).substitute(inputs).strip(),
            user=Template(self.user).substitute(inputs).strip(),
        )


def parse(text: str) -> Prompt:
    """A prompt from the text of its file.

    Raises ValueError (pydantic's included) when the front matter or the body is not as declared.
    """
    opening, fence, rest = text.partition(FENCE)
    front, second, body = rest.partition(f"\n{FENCE}")
    before, system_mark, messages = body.partition(SYSTEM)
    system, user_mark, user = messages.partition(USER)
    if opening or before.strip() or not (fence and second and system_mark and user_mark):
        raise ValueError("a prompt is a front matter, '## system' and '## user'")
    declared: dict[str, Any] = yaml.safe_load(front)
    return Prompt(
        **declared,
        system=system,
        user=user,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


@cache
def load(name: str) -> Prompt:
    """The prompt of that name. Raises ValueError when its file is missing or not as declared."""
    path = FOLDER / f"{name}.md"
    if not path.is_file():
        raise ValueError(f"there is no prompt '{name}'; known: {', '.join(names())}")
    prompt = parse(path.read_text(encoding="utf-8"))
    if prompt.name != name:
        raise ValueError(f"{path.name} calls itself '{prompt.name}'")
    return prompt


def names() -> tuple[str, ...]:
    """Every prompt there is, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.md")))
