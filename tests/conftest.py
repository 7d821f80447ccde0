"""Marks and fixtures that every test directory may use; nothing here knows the product."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")

# CI machines are slow and shared: the same examples every time, and no deadline per example.
settings.register_profile(
    "ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("here", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "here")


_MAIN = sys.modules["__main__"]


def pytest_runtest_setup() -> None:
    """A page that Streamlit ran in this process leaves itself as ``__main__``.

    A process that a later test starts would run it again.
    """
    sys.modules["__main__"] = _MAIN


def _chromium() -> str | None:
    found = (shutil.which(name) for name in CHROMIUM_NAMES)
    return next((path for path in found if path), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips browser tests, with the reason, where no Chromium is installed."""
    if _chromium():
        return
    reason = "no Chromium: apt-get install chromium, or run make test as root on Debian"
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the working tree."""
    return ROOT


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The Chromium to drive, for tests marked ``browser``."""
    path = _chromium()
    if path is None:
        pytest.skip("no Chromium: apt-get install chromium")
    return path


@pytest.fixture(scope="session")
def chromium_arguments() -> list[str]:
    """Switches that keep a headless Chromium quiet: as root, without GPU, without phoning home."""
    return [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
