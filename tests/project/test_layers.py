"""The house holds: who may import whom, and who may read the clock and the environment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.project.tree import ROOT, dotted, imported, modules, packages

CLOCKS = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today")
IMPURE = {"asyncio", "os", "random", "secrets", "shutil", "socket", "subprocess", "threading"}
EMPTY_WORDS = {"utils", "util", "common", "helpers", "helper", "services", "service", "manager"}
# The doors read the clock and the environment; the eval runner dates its reports.
DOORS = {"ui"}


def everything() -> list[Path]:
    return [path for package in packages() for path in modules(package)]


def offenders(paths: list[Path], names: tuple[str, ...]) -> list[str]:
    return [
        f"{path}: {name}"
        for path in paths
        for name in sorted(dotted(path))
        if any(name == banned or name.endswith(f".{banned}") for banned in names)
    ]


def test_every_import_contract_is_kept() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")

    run = subprocess.run(
        [lint_imports, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True
    )

    assert run.returncode == 0, run.stdout + run.stderr


def test_core_imports_only_the_standard_library_and_pydantic() -> None:
    allowed = sys.stdlib_module_names | {"core", "pydantic", "pydantic_core"}

    foreign = [
        f"{path}: {name}"
        for path in modules("core")
        for name in imported(path)
        if name.split(".")[0] not in allowed
    ]

    assert foreign == []


def test_core_reads_no_clock_no_randomness_and_no_machine() -> None:
    impure = [
        f"{path}: {name}"
        for path in modules("core")
        for name in imported(path)
        if name.split(".")[0] in IMPURE
    ]

    assert impure + offenders(modules("core"), (*CLOCKS, "time.time", "time.time_ns")) == []


def test_environment_variables_are_read_only_at_the_doors() -> None:
    inside = [path for path in everything() if path.parts[0] not in DOORS]
    smuggled = [f"{p}: {n}" for p in inside for n in imported(p) & {"os.environ", "os.getenv"}]

    assert smuggled + offenders(inside, ("os.environ", "os.getenv")) == []


def test_the_wall_clock_is_read_only_at_the_doors() -> None:
    inside = [path for path in everything() if path.parts[0] not in DOORS | {"evals"}]

    assert offenders(inside, CLOCKS) == []


def test_the_vector_store_is_known_to_retrieval_alone() -> None:
    users = [
        str(path)
        for path in everything()
        if any(name.split(".")[0] == "chromadb" for name in imported(path))
    ]

    assert users == ["agent/retrieval.py"]


def test_every_module_is_named_after_what_it_holds() -> None:
    named = [str(path) for path in everything() if set(path.with_suffix("").parts) & EMPTY_WORDS]

    assert named == []


@pytest.mark.parametrize("package", packages())
def test_no_installed_distribution_shadows(package: str) -> None:
    installed = [Path(entry) for entry in sys.path if entry.endswith("site-packages")]

    assert not any((entry / package).exists() for entry in installed)
