"""``measure compute``: a calculator of statistical methods, JSON in and out."""

from __future__ import annotations

import json
from typing import Any

import click

from core.errors import Code, refuse
from ui.cli.session import Output, Session, common


class Calculator(click.Command):
    """Lists the methods in its help, and only there: they bring much of scipy with them."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The names of the methods."""
        from measure.calculator import METHODS

        with formatter.section("Methods"):
            formatter.write_dl([(name, "") for name in sorted(METHODS)])


@click.command("compute", cls=Calculator)
@click.argument("method")
@click.argument("file")
@common
def compute_command(session: Session, method: str, file: str) -> Output:
    """Compute a statistic from numbers: METHOD, and a FILE of JSON (- reads standard input).

    Arms are "a" (control) and "b" (treatment). An arm of a mean has "n", "sum" and
    "sum_squares"; with "type": "proportion" it has "n" and "sum"; with "ratio" it has "n", "num"
    and "den" (each a sum and a sum of squares) and "prod"; with "mean_cuped" it has "n", "post",
    "pre" and "sum_products". "diff" is "absolute" or "relative", "alpha" is 0.05.
    """
    from measure.calculator import compute

    found = compute(method, _inputs(session, file))
    lines = [f"{name:<22} {json.dumps(value)}" for name, value in found.items()]
    return Output("\n".join(lines), found)


def _inputs(session: Session, file: str) -> dict[str, Any]:
    try:
        text = (
            session.piped() if file == "-" else (session.folder / file).read_text(encoding="utf-8")
        )
        given = json.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise refuse(
            Code.INVALID_FILE,
            f"{file} cannot be read: {error}.",
            span=file,
            fix="Name a file of JSON, or - for standard input.",
        ) from error
    except json.JSONDecodeError as error:
        raise refuse(
            Code.INVALID_FILE,
            f"This is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.",
            span=file,
            fix="Correct it there.",
        ) from error
    if not isinstance(given, dict):
        raise refuse(
            Code.INVALID_FILE,
            "The numbers are a document with named fields.",
            span=file,
            fix='Write them as {"a": …, "b": …}.',
        )
    return given
