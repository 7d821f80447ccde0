"""A real PostgreSQL for tests: a cluster in a folder, on a socket, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

OWNER, PASSWORD = "owner", "swordfish-in-tests"


def programs() -> Path | None:
    """The folder with ``initdb`` and ``pg_ctl``; None where PostgreSQL is not installed."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return installed[-1].parent if installed else None


@contextmanager
def running_server(bin_folder: Path) -> Iterator[str]:
    """A server for as long as it is needed; gives its URL, password included."""
    # A socket's path has room for about a hundred characters: not below pytest's folders.
    folder = Path(mkdtemp(prefix="pilothouse-pg-", dir="/tmp"))
    try:
        _as_its_user(folder, bin_folder / "initdb", "-D", "data", "-N", "-E", "UTF8", "-U", OWNER)
        options = f"-c listen_addresses='' -k {folder} -c fsync=off"
        start = (bin_folder / "pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")
        _as_its_user(folder, *start)
        try:
            yield f"postgresql://{OWNER}:{PASSWORD}@/postgres?host={folder}"
        finally:
            _as_its_user(folder, bin_folder / "pg_ctl", "-D", "data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _as_its_user(folder: Path, program: Path, *arguments: str) -> None:
    """Run a program of the server; as root it refuses to run, so then as the user ``postgres``."""
    user: int | None = None
    group: int | None = None
    if os.geteuid() == 0:
        postgres = pwd.getpwnam("postgres")
        user, group = postgres.pw_uid, postgres.pw_gid
        os.chown(folder, user, group)
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    subprocess.run(
        [str(program), *arguments],
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        timeout=60,
        user=user,
        group=group,
        extra_groups=None if user is None else [],
    )
