"""Suites from files: YAML, or JSON Lines with a case a line; every fault is said by line."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from core.errors import Code, PilothouseError, refuse
from evals.cases import DEMO, Case, Suite
from evals.domains import domain_names
from evals.graders import GRADERS

SUITES = Path(__file__).parent / "suites"
MOST_FAULTS = 12
"""So many faults of a file are listed at once."""

Document = dict[str, Any]


def suite_names() -> list[str]:
    """The suites that ship with the project."""
    return sorted(file.stem for file in SUITES.glob("*.yaml"))


def load_suite(name: str) -> Suite:
    """A suite of the project by name; raises a refusal that lists the names."""
    if name not in suite_names():
        raise refuse(
            Code.UNKNOWN_KEY,
            f"There is no suite '{name}'.",
            span=name,
            fix=f"Suites: {', '.join(suite_names())}.",
        )
    return load_file(SUITES / f"{name}.yaml").model_copy(update={"file": False})


def load_file(file: Path) -> Suite:
    """A suite from a file; raises a refusal that lists what is wrong, line by line."""
    document, found = _lines(file) if file.suffix == ".jsonl" else _yaml(file)
    kind = document.get("kind", "eligibility")
    if kind not in GRADERS:
        raise _invalid(file, [f"there is no kind '{kind}'; kinds: {', '.join(GRADERS)}"])
    if unknown := [key for key in document if key not in ("name", "kind", "domain", "cases")]:
        raise _invalid(
            file, [f"unknown key '{key}' beside kind, domain and cases" for key in unknown]
        )
    usual = document.get("domain", DEMO)
    cases, faults = _checked(kind, [(line, {"domain": usual, **one}) for line, one in found])
    if faults:
        raise _invalid(file, faults)
    name = str(document.get("name", file.stem))
    return Suite(name=name, kind=kind, cases=cases, file=True)


def _checked(kind: str, found: list[tuple[int, Document]]) -> tuple[list[Case], list[str]]:
    cases: list[Case] = []
    faults: list[str] = [] if found else ["it holds no cases"]
    seen: dict[str, int] = {}
    for line, document in found:
        wrong = [*_faults(kind, document, line, seen)]
        faults += [f"line {line}: {fault}" for fault in wrong]
        if not wrong:
            cases.append(GRADERS[kind].case.model_validate(document | {"line": line}))
    return cases, faults


def _faults(kind: str, document: Document, line: int, seen: dict[str, int]) -> Iterator[str]:
    name, domain = str(document.get("id", "")), document["domain"]
    if name in seen:
        yield f"the id '{name}' is that of line {seen[name]}"
    seen[name] = line
    if domain not in domain_names():
        yield f"there is no domain '{domain}'; domains: {', '.join(domain_names())}"
    known = {*GRADERS[kind].case.model_fields} - {"line"}
    for key in sorted({*document} - known):
        near = difflib.get_close_matches(key, known, 1)
        yield f"unknown key '{key}'" + (f"; did you mean '{near[0]}'?" if near else "")
    try:
        GRADERS[kind].case.model_validate({k: v for k, v in document.items() if k in known})
    except ValidationError as error:
        for one in error.errors():
            where = ".".join(str(part) for part in one["loc"])
            yield f"{where}: {one['msg']}" if where else one["msg"]


def _lines(file: Path) -> tuple[Document, list[tuple[int, Document]]]:
    """One case a line; ``kind`` and ``domain`` stand in each, or in the first alone."""
    found: list[tuple[int, Document]] = []
    kinds: list[str] = []
    for line, text in enumerate(_text(file).splitlines(), 1):
        if not text.strip():
            continue
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            raise _invalid(file, [f"line {line}: no JSON: {error.msg}"]) from error
        if not isinstance(document, dict):
            raise _invalid(file, [f"line {line}: no JSON object"])
        kinds.append(document.pop("kind", kinds[-1] if kinds else "eligibility"))
        found.append((line, document))
        if kinds[-1] != kinds[0]:
            raise _invalid(
                file, [f"line {line}: one kind of case a file, and it began with {kinds[0]}"]
            )
    return {"kind": kinds[0] if kinds else "eligibility"}, found


def _yaml(file: Path) -> tuple[Document, list[tuple[int, Document]]]:
    text = _text(file)
    try:
        document = yaml.load(text, Loader=yaml.CSafeLoader)
        tree = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _invalid(file, [f"line {line}: no YAML: {error.problem}"]) from error
    cases = document.get("cases") if isinstance(document, dict) else None
    if not isinstance(cases, list) or not all(isinstance(case, dict) for case in cases):
        raise _invalid(file, ["'cases' must be a list of cases"])
    return document, list(zip(_starts(tree), cases, strict=True))


def _starts(tree: Any) -> list[int]:
    """The line that each case begins on."""
    (cases,) = (value for key, value in tree.value if key.value == "cases")
    return [case.start_mark.line + 1 for case in cases.value]


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise refuse(
            Code.INVALID_FILE,
            f"The file {file} cannot be read: {getattr(error, 'strerror', None) or error}.",
            span=str(file),
            fix="Name a .yaml or .jsonl file of cases.",
        ) from error


def _invalid(file: Path, faults: list[str]) -> PilothouseError:
    listed = faults[:MOST_FAULTS]
    if len(faults) > MOST_FAULTS:
        listed.append(f"and {len(faults) - MOST_FAULTS} more")
    return refuse(
        Code.INVALID_FILE,
        f"The file {file.name} is no suite of cases: {'; '.join(listed)}.",
        span=str(file),
        fix="Give 'kind' and 'cases'; docs/evals.md lists the fields of each kind.",
    )


def require_references(suite: Suite, faults: list[tuple[Case, str]]) -> None:
    """Refuse a file whose hand-written SQL does not run, by line."""
    if faults:
        raise _invalid(
            Path(suite.name),
            [f"line {case.line}: {case.id}: the SQL fails: {why}" for case, why in faults],
        )
