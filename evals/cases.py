"""Cases as data: what a suite file may hold, checked on load."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import Code, refuse

SUITES = Path(__file__).parent / "suites"
Kind = Literal["eligibility", "decision", "debug", "clarify", "guard"]


class Case(BaseModel):
    """One prompt and what must come of it. Which fields count depends on the suite's kind."""

    model_config = ConfigDict(extra="forbid")

    id: str
    prompt: str
    expect: Literal["understood", "asked_back", "refused", "not_understood"] = "understood"
    may_ask: bool = False
    """Asking back is as good an answer: the prompt may be read in two ways."""
    where: str | None = None
    """Who is meant: SQL over ``dim_users u``."""
    reference_sql: str | None = None
    """Who is meant, as a whole query that gives user_id."""
    action: str | None = None
    channels: list[str] | None = None
    population: str = "true"
    order: list[tuple[str, str]] | None = None
    """The entries of a policy in order: action key and SQL over ``dim_users u``."""
    metric: str | None = None
    segment: str | None = None
    control: str | None = None
    direction: str | None = None
    start: date | None = None
    end: date | None = None
    mentions: str | None = None
    """A word that the question or refusal must hold."""
    code: str | None = None


class Suite(BaseModel):
    """A named list of cases of one kind."""

    model_config = ConfigDict(extra="forbid")

    name: str
    kind: Kind
    cases: list[Case]


def suite_names() -> list[str]:
    """The suites that ship with the project."""
    return sorted(file.stem for file in SUITES.glob("*.yaml"))


def load_suite(name: str) -> Suite:
    """A suite of the project by name; raises a refusal that lists the names."""
    file = SUITES / f"{name}.yaml"
    if name not in suite_names():
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no suite '{name}'.",
            span=name,
            fix=f"Suites: {', '.join(suite_names())}.",
        )
    return load_file(file)


def load_file(file: Path) -> Suite:
    """A suite from a YAML file, or from JSON Lines with one case a line and its kind in each."""
    try:
        text = file.read_text()
    except OSError as error:
        raise refuse(
            Code.INVALID_FILE,
            f"The file {file} cannot be read: {error.strerror}.",
            span=str(file),
            fix="Name a .yaml or .jsonl file of cases.",
        ) from error
    try:
        document = _lines(text) if file.suffix == ".jsonl" else yaml.safe_load(text)
        return Suite.model_validate({"name": file.stem, **document})
    except (ValidationError, yaml.YAMLError, json.JSONDecodeError, TypeError) as error:
        raise refuse(
            Code.INVALID_FILE,
            f"The file {file.name} is no suite of cases: {str(error).splitlines()[0]}",
            span=str(file),
            fix="Give 'kind' and 'cases'; see evals/suites for examples.",
        ) from error


def _lines(text: str) -> dict[str, Any]:
    cases = [json.loads(line) for line in text.splitlines() if line.strip()]
    kinds = {case.pop("kind", "eligibility") for case in cases}
    if len(kinds) > 1:
        raise TypeError("one kind of case a file")
    return {"kind": kinds.pop() if kinds else "eligibility", "cases": cases}
