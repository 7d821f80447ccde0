"""Run a checked query that a person or a model wrote, where it can do no harm.

Each query gets a process of its own over the published copy: read-only, locked,
without environment, without network or files, bounded in memory, time and rows,
and killed when it does not stop by itself.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.errors import Code, PilothouseError, refuse
from core.settings import Limits
from warehouse.published import Published
from warehouse.rows import Rows
from warehouse.sqlcheck import CheckedQuery
from warehouse.stopping import interruptible

_CHILD = Path(__file__).with_name("sandbox_child.py")
_GRACE_SECONDS = 0.5
"""How much longer than the limit a query may take to start and to stop by itself."""
_PATH = re.compile(r"(?:/[\w.@-]+){2,}")
_PERSONS_MISTAKES = frozenset(
    """BinderException CatalogException ConversionException InvalidInputException
    OutOfRangeException ParserException TypeMismatchException SyntaxException""".split()
)


def run_sandboxed(checked: CheckedQuery, published: Published, limits: Limits) -> Rows:
    """Run one checked query over the published copy and give its rows.

    Raises a refusal: WAREHOUSE_LIMIT when it needs more time, memory or rows than
    allowed, SQL_FAILED when the engine cannot run it.
    """
    if not isinstance(checked, CheckedQuery):
        raise TypeError("only a CheckedQuery may run")
    answer = ask_child(checked.sql, published.path, limits)
    if "error" in answer:
        raise _refusal(answer["error"], answer["message"], limits)
    rows = [tuple(_value(cell) for cell in row) for row in answer["rows"]]
    if len(rows) > limits.rows:
        raise _over_limit(f"gives more than {limits.rows:,} rows")
    return Rows(tuple(answer["columns"]), rows)


def ask_child(sql: str, database: Path, limits: Limits) -> dict[str, Any]:
    """The child's plain answer to one text, checked or not: columns and rows, or an error."""
    request = {"sql": sql, "path": str(database)} | limits.model_dump()
    with subprocess.Popen(
        [sys.executable, "-I", str(_CHILD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    ) as child:
        try:
            with interruptible(child.kill):
                output, _ = child.communicate(
                    json.dumps(request).encode(), timeout=limits.seconds + _GRACE_SECONDS
                )
        except subprocess.TimeoutExpired:
            child.kill()
            return {"error": "InterruptException", "message": ""}
        except BaseException:
            # Ctrl-C as well: leaving waits for the child, which would go on for as long as it may.
            child.kill()
            raise
    return _decoded(output, child.returncode)


def _decoded(output: bytes, status: int) -> dict[str, Any]:
    if status != 0:
        # The kernel ends a process that passes its limits with a signal.
        return {"error": "InterruptException" if status < 0 else "Crash", "message": ""}
    answer: dict[str, Any] = json.loads(output)
    return answer


_TYPES: dict[str, Callable[[Any], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "timedelta": lambda parts: timedelta(*parts),
    "Decimal": Decimal,
    "str": str,
}


def _value(cell: Any) -> Any:
    if isinstance(cell, dict):
        ((name, text),) = cell.items()
        return _TYPES[name](text)
    if isinstance(cell, list):
        return [_value(item) for item in cell]
    return cell


def _refusal(error: str, message: str, limits: Limits) -> PilothouseError:
    if error == "InterruptException":
        return _over_limit(f"takes longer than {limits.seconds:g} seconds")
    if error == "TooCostly":
        return _over_limit("would go through far more rows than there is time for")
    if error == "OutOfMemoryException":
        return _over_limit(f"needs more than {limits.memory_mb} MB of memory")
    if error == "TooMuchData":
        return _over_limit("gives more data than can be shown")
    if "pytz" in message:
        return refuse(
            Code.SQL_FAILED,
            "A time with a time zone cannot be given back.",
            fix="Cast it: CAST(... AS TIMESTAMP).",
        )
    known = error in _PERSONS_MISTAKES and message
    why = _PATH.sub("…", message.splitlines()[0]) if known else "it could not be run"
    return refuse(
        Code.SQL_FAILED,
        f"The query failed: {why}",
        fix="Correct the query, for example its types, or ask a simpler one.",
    )


def _over_limit(what: str) -> PilothouseError:
    return refuse(
        Code.WAREHOUSE_LIMIT,
        f"The query {what}.",
        fix="Ask for less: a shorter period, fewer columns or an aggregate.",
    )
