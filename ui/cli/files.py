"""Files that commands write where a person said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import Code, refuse


@contextmanager
def writing(path: Path, *, fix: str) -> Iterator[None]:
    """Refuses with INVALID_FILE when the path cannot be written to inside."""
    try:
        yield
    except OSError as error:
        raise refuse(
            Code.INVALID_FILE,
            f"{path} cannot be written: {error.strerror}.",
            span=str(path),
            fix=fix,
        ) from error
