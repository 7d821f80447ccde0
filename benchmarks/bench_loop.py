"""How long the default demo takes from nothing to the end of the loop, and its peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.measured import Measured

LIMIT_SECONDS = 60.0
LIMIT_MB = 1_500.0
PROGRAM = "from ui.cli import main; main()"


class Ran(NamedTuple):
    """What one process used, its finished children included in the CPU time."""

    wall: float
    cpu: float
    peak_mb: float


def measure() -> list[Measured]:
    """Seconds and megabytes of ``pilothouse demo``, as a multiple of making the data alone."""
    with tempfile.TemporaryDirectory() as folder:
        loop = _ran("demo", folder=Path(folder) / "loop")
        data = _ran("demo-data", folder=Path(folder) / "data")
    return [
        Measured(
            "default demo, end to end",
            loop.wall,
            "s",
            LIMIT_SECONDS,
            cpu=loop.cpu,
            ratio=loop.cpu / data.cpu,
            yardstick="making the demo data alone",
        ),
        Measured(
            "default demo, peak memory",
            loop.peak_mb,
            "MB",
            LIMIT_MB,
            ratio=loop.peak_mb / data.peak_mb,
            yardstick="making the demo data alone",
        ),
    ]


def _ran(command: str, *, folder: Path) -> Ran:
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, command, "--workspace", str(folder)],
            stdout=said,
            stderr=said,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(said.read().decode()[-2_000:])
    # Linux counts the peak in kilobytes, macOS in bytes.
    unit = 1_024 if sys.platform != "darwin" else 1_024**2
    wall = time.perf_counter() - started
    return Ran(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / unit)
