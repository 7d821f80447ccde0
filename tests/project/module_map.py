"""Builds CONTRIBUTING.md's module map from docstrings: ``python -m tests.project.module_map``."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

from tests.project.tree import ROOT, modules, packages, parsed

CONTRIBUTING = ROOT / "CONTRIBUTING.md"
START, END = "<!-- module map: make map rewrites it -->", "<!-- end of the module map -->"


def summary(path: Path) -> str:
    """The first sentence of a module's docstring, on one line; empty when it has none."""
    text = " ".join((ast.get_docstring(parsed(path)) or "").split("\n\n")[0].split())
    return re.split(r"(?<=[.!?])\s+(?=[A-Z`])", text)[0]


def built() -> str:
    """The module map as Markdown: one heading per package, one line per module."""
    lines: list[str] = []
    for package in packages():
        lines += [f"### {package}/", ""]
        lines += [f"- `{path}`: {summary(path)}" for path in modules(package)]
        lines.append("")
    return "\n".join(lines)


def written() -> str:
    """The module map that stands in CONTRIBUTING.md."""
    text = CONTRIBUTING.read_text()
    return text[text.index(START) + len(START) : text.index(END)].strip("\n") + "\n"


def rewrite() -> None:
    """Puts the map built from the docstrings into CONTRIBUTING.md."""
    text = CONTRIBUTING.read_text()
    head, tail = text[: text.index(START) + len(START)], text[text.index(END) :]
    CONTRIBUTING.write_text(f"{head}\n\n{built()}\n{tail}")


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        rewrite()
    else:
        print(built())
