"""``measure kpis``, ``measure attribution`` and ``measure ltv``: what came of it."""

from __future__ import annotations

from datetime import datetime

import click

from measure.outcomes.result import MODELS, Model
from ui.cli.session import MOMENT, Output, Session, common
from ui.outcome_words import attribution_lines, campaign_lines, figure_lines
from ui.outcomes import attributed_to, campaigns_of, figures_of, lifetime_of

WEEKS = click.option(
    "--weeks", type=click.IntRange(2, 52), default=8, show_default=True, help="Weeks of a trend."
)
AS_OF = click.option("--as-of", type=MOMENT, help="The moment it is asked of (UTC).")


@click.command("kpis")
@AS_OF
@WEEKS
@common
def kpis_command(session: Session, as_of: datetime | None, weeks: int) -> Output:
    """Every figure of the catalog, and every campaign: value, before, trend, or why there is none.

    With --json each has the SQL that made it.
    """
    with session.workspace() as workspace:
        at = as_of or workspace.as_of()
        figures, campaigns = figures_of(workspace, at, weeks), campaigns_of(workspace, at, weeks)
    lines = [f"As of {at:%Y-%m-%d %H:%M} (UTC)"]
    for figure in figures:
        lines += ["", *figure_lines(figure)]
    for campaign in campaigns:
        lines += ["", *campaign_lines(campaign)]
    document = {
        "as_of": at.isoformat(),
        "weeks": weeks,
        "figures": [one.model_dump(mode="json") for one in figures],
        "campaigns": [one.model_dump(mode="json") for one in campaigns],
    }
    return Output("\n".join(lines), document)


@click.command("attribution")
@click.argument("policy", required=False)
@click.option("--all", "everything", is_flag=True, help="Every policy, and messages of none.")
@click.option("--model", type=click.Choice(MODELS), help="Only this model; all of them by default.")
@click.option(
    "--goal", help="The event that counts; the goals of the catalog's actions by default."
)
@click.option("--horizon", type=click.IntRange(1, 90), default=7, show_default=True, help="Days.")
@AS_OF
@WEEKS
@common
def attribution_command(
    session: Session,
    policy: str | None,
    everything: bool,
    model: Model | None,
    goal: str | None,
    horizon: int,
    as_of: datetime | None,
    weeks: int,
) -> Output:
    """Whose the conversions are, beside what the holdouts say: POLICY's messages, or all of them.

    "changed" is how many conversions would not have been: the holdout's answer.
    """
    if policy is not None and everything:
        raise click.UsageError("Name a policy or give --all, not both.")
    with session.workspace() as workspace:
        found = attributed_to(
            workspace,
            as_of or workspace.as_of(),
            policy=policy,
            goal=goal,
            horizon_days=horizon,
            weeks=weeks,
        )
    models = (model,) if model else MODELS
    lines = ["\n".join(attribution_lines(one, models)) for one in found]
    nothing = "The catalog's actions name no goal: give one with --goal."
    return Output("\n\n".join(lines) or nothing, found)


@click.command("ltv")
@AS_OF
@common
def ltv_command(session: Session, as_of: datetime | None) -> Output:
    """What customers are expected to pay, and how well the forecast foresaw what came."""
    with session.workspace() as workspace:
        found = lifetime_of(workspace, as_of or workspace.as_of())
    lines = ["\n".join(figure_lines(one)) for one in found]
    return Output("\n\n".join(lines), found)
