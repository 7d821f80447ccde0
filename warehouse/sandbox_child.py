"""The process that runs one checked query and ends.

It is started as a script with an empty environment, reads one JSON request from
standard input and writes one JSON answer. It imports nothing of this project:
starting it should cost little, and it must know nothing worth stealing.
"""

from __future__ import annotations

import contextlib
import json
import re
import resource
import sys
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

# The engine's extension module alone loads in half the time of the package around it.
import _duckdb as duckdb

SPARE_MEMORY_MB = 1024
"""Address space for the interpreter and the engine's code, beside the query's own memory."""
MAX_ANSWER_BYTES = 64 * 1024 * 1024
THREADS = 2
MAX_ESTIMATED_ROWS = 10**11
"""What the engine expects of one step of its plan, from what it knows of the data."""
_ESTIMATE = re.compile(r'"Estimated Cardinality":\s*"(\d+)"')


def main() -> None:
    """Answer the one request on standard input."""
    request = json.load(sys.stdin)
    _limit_process(request["seconds"], request["memory_mb"])
    try:
        answer = json.dumps(_answer(request))
        if len(answer) > MAX_ANSWER_BYTES:
            answer = json.dumps({"error": "TooMuchData", "message": ""})
    except duckdb.Error as error:
        answer = json.dumps({"error": type(error).__name__, "message": str(error)})
    except MemoryError:
        answer = json.dumps({"error": "OutOfMemoryException", "message": ""})
    sys.stdout.write(answer)


def _limit_process(seconds: float, memory_mb: int) -> None:
    _limit(resource.RLIMIT_CPU, int(seconds * THREADS) + 2)
    _limit(resource.RLIMIT_AS, (memory_mb + SPARE_MEMORY_MB) * 1024 * 1024)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)


def _limit(what: int, most: int) -> None:
    # macOS has no limit on address space; the engine's own memory limit still holds there.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(what, (most, most))


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    connection = duckdb.connect(request["path"], read_only=True, config=_config(request))
    if _estimated_rows(connection, request["sql"]) > MAX_ESTIMATED_ROWS:
        return {"error": "TooCostly", "message": ""}
    connection.execute(request["sql"])
    columns = [column[0] for column in connection.description or ()]
    rows = connection.fetchmany(request["rows"] + 1)
    return {"columns": columns, "rows": [[_plain(value) for value in row] for row in rows]}


def _estimated_rows(connection: duckdb.DuckDBPyConnection, sql: str) -> int:
    """The most rows that a step of the plan is expected to give; planning runs nothing."""
    if not sql.lstrip(" (").upper().startswith(("SELECT", "WITH")):
        return 0
    row = connection.execute(f"EXPLAIN (FORMAT json) {sql}").fetchone()
    return max((int(rows) for rows in _ESTIMATE.findall(row[1])), default=0) if row else 0


def _config(request: dict[str, Any]) -> dict[str, Any]:
    """Nothing but this file can be reached; the lock comes last, so that nothing can change."""
    return {
        "enable_external_access": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "allow_persistent_secrets": "false",
        "python_enable_replacements": "false",
        "memory_limit": f"{request['memory_mb']}MB",
        "temp_directory": "",
        "max_execution_time": str(int(request["seconds"] * 1000)),
        "threads": str(THREADS),
        "lock_configuration": "true",
    }


def _plain(value: Any) -> Any:
    """A value as JSON; a type that JSON lacks becomes an object with its name."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (datetime, date, time)):
        return {type(value).__name__: value.isoformat()}
    if isinstance(value, timedelta):
        return {"timedelta": [value.days, value.seconds, value.microseconds]}
    if isinstance(value, Decimal):
        return {"Decimal": str(value)}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return {"str": str(value)}


if __name__ == "__main__":
    main()
