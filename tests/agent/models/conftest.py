"""A real model behind a real server of chat completions, or the reason why there is none."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.settings import ModelSettings
from tests.agent.models.fetch import Absent, fetched

KEY = "sk-of-the-test"
SERVE = Path(__file__).parent / "serve.py"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "models: a real model behind a real server")
    config.addinivalue_line("markers", "quality: scores a larger real model; only when named")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The scores of a larger model take minutes and a gigabyte: they run when they are named."""
    if "quality" in config.option.markexpr:
        return
    left = [item for item in items if item.get_closest_marker("quality")]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]


@dataclass(frozen=True)
class RealServer:
    """Where a real model answers."""

    base_url: str
    name: str
    pid: int

    def settings(self, **more: object) -> ModelSettings:
        """Settings that ask it, as a workspace has them."""
        given = {"name": self.name, "base_url": self.base_url, "api_key": KEY}
        return ModelSettings.model_validate(given | {"timeout_seconds": 60.0} | more)


@pytest.fixture(scope="session")
def smollm2() -> Iterator[RealServer]:
    """SmolLM2-135M: enough to speak the protocol, too small to be right."""
    with serving("smollm2", context=8192) as server:
        yield server


@pytest.fixture(scope="session")
def qwen() -> Iterator[RealServer]:
    """Qwen2.5-Coder-1.5B: small, but worth asking."""
    with serving("qwen", context=8192) as server:
        yield server


@contextmanager
def serving(model: str, context: int) -> Iterator[RealServer]:
    """A server of a model in a process of its own; skips with the reason where there is none."""
    command = [_python(), str(SERVE), str(_file(model)), KEY, str(context)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    try:
        if not address:
            pytest.skip(f"NO REAL MODEL: the server of {model} ended with {process.wait(10)}")
        yield RealServer(f"{address}/v1", model, process.pid)
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _file(model: str) -> Path:
    try:
        return fetched(model)
    except Absent as absent:
        pytest.skip(f"NO REAL MODEL: {absent}")


def _python() -> str:
    """The Python that has the server: this one, or that of another environment."""
    if named := os.environ.get("PILOTHOUSE_MODEL_PYTHON"):
        return named
    if importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("NO REAL MODEL: xllamacpp is not installed (dependency group 'models')")
    return sys.executable
