"""What the working tree holds: the packages in layer order and their modules."""

from __future__ import annotations

import ast
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


@cache
def project() -> dict[str, Any]:
    """pyproject.toml, parsed."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def layers() -> list[list[str]]:
    """The packages of the import contract, top layer first, siblings side by side."""
    contracts = project()["tool"]["importlinter"]["contracts"]
    rows = next(each["layers"] for each in contracts if each["id"] == "layers")
    return [[name.strip() for name in row.split("|")] for row in rows]


def packages() -> list[str]:
    """Every package of the product, in layer order."""
    return [name for row in layers() for name in row]


def modules(package: str) -> list[Path]:
    """The package's modules that hold something, relative to the root, sorted."""
    found = sorted((ROOT / package).rglob("*.py"))
    return [path.relative_to(ROOT) for path in found if path.read_text().strip()]


def parsed(path: Path) -> ast.Module:
    """The syntax tree of a module named relative to the root."""
    return ast.parse((ROOT / path).read_text(), filename=str(path))


def imported(path: Path) -> set[str]:
    """The dotted names that a module imports, wherever in the module it does so."""
    names: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def dotted(path: Path) -> set[str]:
    """Every dotted name that a module reads, such as ``os.environ`` or ``datetime.now``."""
    return {ast.unparse(node) for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute)}
