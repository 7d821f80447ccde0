"""``ask``: one prompt, one answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import click

from core.artifacts import AskResult, Choice, Finding, QueryAnswer
from ui.cli.rows_table import rows_table
from ui.cli.session import MOMENT, Output, Session, common

FINE = ("answered", "awaiting_approval")


@click.command()
@click.argument("prompt")
@click.option("--as", "email", default="mara@demo", show_default=True, help="Who asks.")
@click.option("--thread", help="Continue a conversation.")
@click.option("--as-of", type=MOMENT, help="The moment the answer is about (UTC).")
@common
def ask(
    session: Session, prompt: str, email: str, thread: str | None, as_of: datetime | None
) -> Output:
    """Turn PROMPT into a checked rule, a priority order, a diagnosis or a number."""
    with session.workspace() as workspace:
        result = workspace.ask(
            prompt,
            session.person(workspace, email),
            thread_id=thread,
            as_of=as_of,
            on_step=lambda _node, title: session.say(f"  {title} …"),
        )
    return Output(as_text(result), result, 0 if result.status in FINE else 1)


def _finding(finding: Finding) -> str:
    return f"{finding.severity}: {finding.message} {finding.fix or ''}".rstrip()


def numbered(choices: tuple[Choice, ...]) -> Iterator[str]:
    """The likeliest answers: a number is enough of a reply in the same thread."""
    for number, choice in enumerate(choices, 1):
        size = "" if choice.audience_size is None else f" ({choice.audience_size:,} users)"
        yield f"{number}. {choice.label}{size}: {choice.prompt}"


def as_text(result: AskResult, *, with_sql: bool = True) -> str:
    """An answer for a terminal."""
    blocks = [result.answer.replace("**", "")]
    is_answer = isinstance(result.artifact, QueryAnswer)
    if isinstance(result.artifact, QueryAnswer) and result.artifact.rows:
        blocks.append(rows_table(result.artifact))
    for title, lines in (
        ("Assumptions", result.assumptions),
        ("Edge cases", result.edge_cases),
        ("Questions", result.questions if result.status == "needs_clarification" else ()),
        ("Findings", tuple(_finding(one) for one in result.findings if one.severity != "info")),
    ):
        shown = [line for line in lines if line not in result.answer]
        if shown:
            blocks.append("\n".join([title, *(f"- {line}" for line in shown)]))
    if result.choices:
        blocks.append("\n".join(["Choices", *numbered(result.choices)]))
    own = [text for text in result.sql if text.id == "rule" or is_answer]
    if own and with_sql:
        blocks.append(f"SQL\n{own[0].text}")
    if result.change_request:
        request = result.change_request
        state = request.state.replace("_", " ")
        blocks.append(f"Change request {request.id} is {state}. Another person must approve it.")
    return "\n\n".join(blocks)
