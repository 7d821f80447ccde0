"""The demo's next days: what users do after a cycle, with a known true difference.

It stands in for real life. The read-out of lift sees only decisions, messages and
events; the truth that this returns is for the people who check the read-out.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb

from core.errors import Code, refuse
from warehouse.demo.truth import ReactionTruth
from warehouse.transactions import all_or_nothing

_SQL = Path(__file__).parent / "sql" / "reactions"


def simulate_reactions(  # noqa: PLR0913 - together the arguments are the known truth
    connection: duckdb.DuckDBPyConnection,
    *,
    policy_key: str,
    action_key: str | None = None,
    goal_event: str,
    after: datetime,
    horizon_days: int = 7,
    lift: float = 0.08,
    base_rate: float = 0.05,
    seed: int = 7,
) -> ReactionTruth:
    """Let everybody a policy decided for since ``after`` live on for ``horizon_days`` days.

    Held-out users reach the goal with probability ``base_rate``, selected ones with
    ``base_rate + lift``. Without an ``action_key`` all the policy's actions count; each
    user reacts once, to the first decision. Running it again adds nothing. Times are naive UTC.
    """
    _check(base_rate, lift, horizon_days)
    arguments: dict[str, object] = {
        "policy_key": policy_key,
        "action_key": action_key,
        "goal_event": goal_event,
        "after": after,
        "horizon_days": horizon_days,
        "lift": lift,
        "base_rate": base_rate,
        "seed": seed,
    }
    with all_or_nothing(connection):
        counts = _react(connection, arguments)
    chosen = {"policy_key": policy_key, "goal_event": goal_event}
    rates = {"base_rate": base_rate, "true_lift": lift}
    return ReactionTruth.model_validate(counts | chosen | rates)


def _check(base_rate: float, lift: float, horizon_days: int) -> None:
    if not (0 <= base_rate <= 1 and 0 <= base_rate + lift <= 1):
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"A share of {base_rate + lift:.0%} cannot reach a goal.",
            span="lift",
            fix="Choose base_rate and base_rate + lift between 0 and 1.",
        )
    if not 1 <= horizon_days <= 90:
        raise refuse(
            Code.INVALID_ARGUMENT,
            f"A horizon of {horizon_days} days cannot be simulated.",
            span="horizon_days",
            fix="Choose between 1 and 90 days.",
        )


def _react(
    connection: duckdb.DuckDBPyConnection, arguments: dict[str, object]
) -> dict[str, object]:
    steps = ["reacting", "react", "receipts", "clock"]
    if arguments["goal_event"] == "subscription_started":
        steps.insert(2, "subscribe")
    for step in steps:
        _run(connection, step, arguments)
    row = _run(connection, "truth", {}).fetchone()
    names = [column[0] for column in connection.description or ()]
    connection.execute("DROP TABLE reacting")
    return dict(zip(names, row or (), strict=True))


def _run(
    connection: duckdb.DuckDBPyConnection, name: str, arguments: dict[str, object]
) -> duckdb.DuckDBPyConnection:
    """Run a file's statements, each with just the arguments that it names."""
    text = (_SQL / f"{name}.sql").read_text(encoding="utf-8")
    for statement in duckdb.extract_statements(text):
        wanted = {key: arguments[key] for key in statement.named_parameters}
        connection.execute(statement, wanted)
    return connection
