"""``model train``, ``leakage``, ``late``, ``freshness`` and ``scores``: what was known when."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from orchestrate.hindsight import DecisionHindsight
from ui import training
from ui.cli.files import writing
from ui.cli.session import MOMENT, Output, Session, common
from warehouse.clocks.late import Hindsight
from warehouse.training.fit import Metrics
from warehouse.training.train import Trained

_SHOWN = 10


def add_to(group: click.Group) -> None:
    """Put these commands into the ``model`` group."""
    for command in (train, leakage, late, freshness, scores):
        group.add_command(command)


@click.command("train")
@click.argument("name")
@click.option("--out", type=click.Path(path_type=Path), help="The file to write; NAME.sql here.")
@common
def train(session: Session, name: str, out: Path | None) -> Output:
    """Train the score NAME on what was known at past moments; write its model to propose.

    The same warehouse gives the same file. It becomes live with 'model apply' and an approval.
    """
    with session.workspace() as workspace:
        trained = training.train_score(workspace, name)
    file = session.folder / (out or Path(f"{trained.name}.sql"))
    with writing(file, fix="Give another path with --out."):
        file.write_text(trained.text, encoding="utf-8")
    return Output(_trained(trained, file), _document(trained, file))


@click.command("leakage")
@click.argument("file", type=click.Path(path_type=Path))
@common
def leakage(session: Session, file: Path) -> Output:
    """Check that a model (.sql) or a feature table (.csv, .parquet) knows nothing of the future.

    A feature table has user_id, at (the moment of its label) and known_at; event_at and
    label_from are checked too where it has them. Exits with 1 when there is a leak.
    """
    with session.workspace() as workspace:
        leaks = training.audit_file(workspace, session.folder / file)
    lines = [f"{leak.kind:<15} {leak.message}" for leak in leaks]
    text = "\n".join(lines) or f"{file.name} knows nothing that was not known then."
    return Output(text, [leak._asdict() for leak in leaks], status=1 if leaks else 0)


@click.command("late")
@click.option("--at", "moment", type=MOMENT, required=True, help="The moment (UTC).")
@common
def late(session: Session, moment: datetime) -> Output:
    """Name the values and decisions of a moment that facts which arrived later would change."""
    with session.workspace() as workspace:
        values, decided = training.what_late_facts_change(workspace, moment)
    document = {
        "at": values.at,
        "known": values.known,
        "late": [one._asdict() for one in values.late],
        "traits": [
            one._asdict() | {"examples": [changed._asdict() for changed in one.examples]}
            for one in values.traits
        ],
        "decisions": {
            "candidates": decided.candidates,
            "changed": [one._asdict() for one in decided.changed],
        },
    }
    return Output("\n".join(_late_lines(values, decided)), document)


@click.command("freshness")
@click.option("--at", "moment", type=MOMENT, help="The moment (UTC); now without it.")
@common
def freshness(session: Session, moment: datetime | None) -> Output:
    """Say which traits are stale: one of their sources is older than promised."""
    with session.workspace() as workspace:
        found = training.how_fresh(workspace, moment)
    lines = [
        f"{one.trait:<24} {'STALE' if one.stale else 'fresh':<6} {one.source:<18} "
        f"{'no row' if one.age_seconds is None else f'{one.age_seconds / 3600:,.1f} h'} "
        f"of {one.slo_seconds / 3600:,.0f} h  {one.owner}"
        for one in found
    ]
    return Output("\n".join(lines), [one._asdict() | {"stale": one.stale} for one in found])


@click.command("scores")
@click.argument("name", required=False)
@common
def scores(session: Session, name: str | None) -> Output:
    """List the trained scores: version, stage, how good each is and what it was learnt from."""
    with session.workspace() as workspace:
        found = training.scores(workspace, name)
    lines = [
        f"{one.model_id} v{one.version:<3} {one.stage:<8} AUC {one.metrics['auc']:.3f}  "
        f"Brier {one.metrics['brier']:.4f}  {one.metrics['rows']:,} rows  "
        f"snapshot {one.snapshot_sha256[:12]}  {one.trained_with}"
        for one in found
    ]
    return Output(
        "\n".join(lines) or "No score was trained here.", [one._asdict() for one in found]
    )


def _late_lines(values: Hindsight, decided: DecisionHindsight) -> list[str]:
    lines = [f"{one.rows:>8,} rows of {one.table} arrived later." for one in values.late]
    for one in values.traits:
        lines.append(f"{one.users:>8,} users would have had another {one.trait}:")
        lines += [f"{'':9}{user}: {then} then, {now} now" for user, then, now in one.examples]
    if not values.traits:
        lines.append("No value would have been another.")
    lines.append(f"{decided.candidates:>8,} decisions of the live rules would have been others.")
    lines += [
        f"{'':9}{one.user_id} {one.policy_key}/{one.action_key}: {one.then} then, {one.now} now"
        for one in decided.changed[:_SHOWN]
    ]
    return lines


def _trained(trained: Trained, file: Path) -> str:
    found = trained.metrics
    lines = [
        f"{trained.name} v{trained.registered.version} is in {file}; nothing is live yet.",
        f"Learnt from {found.rows:,} rows, each a user at a past moment; it came true in "
        f"{found.positives:,}.",
        f"On the latest moments, which it did not learn from: AUC {found.auc:.3f}, Brier "
        f"{found.brier:.4f} (base rate alone {found.brier_of_base_rate:.4f}), "
        f"log loss {found.log_loss:.4f}.",
        "  score          users  foretold  came true",
        *_bands(found),
        "To propose it: 'pilothouse model export DIR', put it there, 'pilothouse model apply "
        "--dir DIR'; another person approves it.",
    ]
    return "\n".join(lines)


def _bands(metrics: Metrics) -> list[str]:
    return [
        f"  {band.low:.2f} to {band.high:.2f}  {band.users:>6,}  {band.foretold:>8.1%}  "
        f"{band.came_true:>9.1%}"
        for band in metrics.calibration
        if band.foretold is not None and band.came_true is not None
    ]


def _document(trained: Trained, file: Path) -> dict[str, Any]:
    return {"file": str(file), "registered": trained.registered._asdict(), "sql": trained.text}
