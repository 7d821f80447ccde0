"""``up`` and ``demo``: the console, and the whole story in a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import click

from core.settings import Settings
from ui.cli import remote
from ui.cli.data import make_demo_data
from ui.cli.session import Output, Session, common
from ui.examples import examples_of
from ui.own_warehouse import warehouse_path
from warehouse.catalog import Catalog
from warehouse.demo.generate import AS_OF

if TYPE_CHECKING:
    from ui.rounds import Rounds
    from ui.workspace import Workspace


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the console.")
@click.option("--host", help="Address to listen on.")
@common
def up(session: Session, port: int | None, host: str | None) -> Output:
    """Start console, HTTP API and worker in one process; make the demo when nothing is there."""
    from ui.ports import require_free

    session.flags |= {"port": port, "host": host}
    settings = session.settings()
    require_free(settings.host, settings.port)
    tells = settings.notifications.email or settings.notifications.webhooks
    is_alone = settings.planner_in_use == "grammar" and not (settings.destinations or tells)
    alone = " No account, no API key, nothing leaves this machine." if is_alone else ""
    session.say(f"Pilothouse.{alone}")
    with _demo_made(session, settings):
        from ui.app import build_app, serve
        from ui.cli.route import command_route
        from ui.deciding import decide_routes
        from ui.forgetting import resume
        from ui.inbox import inbox_routes
        from ui.receiving import receiving
        from ui.worker import Worker
        from ui.workspace import open_workspace
    workspace = open_workspace(settings)
    resume(workspace)
    url = f"http://{settings.host}:{settings.port}"
    token = remote.announce(settings.workspace, url)
    worker = Worker(workspace)
    background = _background(workspace)
    receipts = receiving(workspace)
    try:
        for rounds in background:
            rounds.open()
        app = build_app(
            workspace,
            worker,
            settings.port,
            routes=[
                command_route(workspace, token),
                *decide_routes(workspace),
                *receipts.routes(),
                *inbox_routes(workspace),
                *workspace.intake.routes(),
            ],
        )
        click.echo(_welcome(url, workspace.catalog, workspace.settings.identity == "demo"))
        serve(app, settings, settings.port)
    finally:
        remote.withdraw(settings.workspace)
        for rounds in reversed(background):
            rounds.close()
        receipts.close()
        workspace.close()
    return Output("")


@contextmanager
def _demo_made(session: Session, settings: Settings) -> Iterator[None]:
    """Make the demo where nothing is, while the block imports: that takes as long, on one core."""
    if settings.source_url is not None or warehouse_path(settings).exists():
        yield
        return
    with ThreadPoolExecutor(1, thread_name_prefix="demo") as thread:
        making = thread.submit(
            make_demo_data,
            settings,
            users=20_000,
            days=120,
            seed=7,
            as_of=AS_OF,
            scenario="ios_checkout",
        )
        yield
        made = making.result()
    session.say(
        f"  Demo warehouse  {made['users']:,} users, {made['events']:,} events  {made['seconds']} s"
    )


def _background(workspace: Workspace) -> tuple[Rounds, ...]:
    """What the server does by itself: keep pauses short, decide at once, load, take over, run the
    pipeline, apply receipts, look for alerts and tell people of them, look after canaries, route,
    let journeys go on, tell tools of users, and look for shadow schemas."""
    from ui import (
        canaries,
        collecting,
        collector_app,
        deciding,
        governing,
        journeys,
        modelling,
        on_events,
        pauses,
        pipeline,
        radar,
        receiving,
        routing,
        shadowing,
        syncing,
    )
    from ui.alerts import board
    from ui.digest import mailing
    from ui.notifying import telling
    from ui.rounds import Rounds

    follow: Callable[[Workspace], object] = modelling.follow
    if workspace.settings.pipeline.on_new_events:
        follow = partial(pipeline.run, started_by="event")
    load = collecting.LoadRound(workspace.intake, partial(follow, workspace))
    spool = workspace.settings.workspace / collector_app.FOLDER
    take_over = collector_app.SpoolRound(spool, workspace.intake.log)
    at_once: tuple[Rounds, ...] = (
        pauses.short_pauses(),
        Rounds("decisions", workspace.desk.once, deciding.WRITE_SECONDS),
        Rounds("shadow", shadowing.ShadowRound(workspace).once, shadowing.LOOK_SECONDS),
    )
    load_seconds = collecting.LOAD_SECONDS
    if workspace.settings.pipeline.decide_on_events:
        load_seconds = on_events.LOAD_SECONDS
        by_event = on_events.EventRound(workspace)
        at_once += (Rounds("decide", by_event.once, on_events.LOOK_SECONDS),)
    return (
        *at_once,
        Rounds("load", load.once, load_seconds),
        Rounds("take_over", take_over.once, collector_app.HAND_OVER_SECONDS),
        Rounds("pipeline", partial(pipeline.run_when_due, workspace), pipeline.LOOK_SECONDS),
        Rounds("receipts", receiving.ApplyRound(workspace).once, receiving.APPLY_SECONDS),
        Rounds("alerts", workspace.board.once, board.SECONDS, first_seconds=1.0),
        Rounds("notify", telling.NotifyRound(workspace).once, telling.SECONDS),
        Rounds("digest", partial(mailing.once, workspace), mailing.SECONDS),
        Rounds("canaries", canaries.CanaryRound(workspace).once, canaries.SECONDS),
        Rounds("govern", partial(governing.once, workspace), governing.SECONDS),
        Rounds("route", partial(routing.run, workspace), routing.SECONDS),
        Rounds("journeys", partial(journeys.once, workspace), journeys.SECONDS),
        Rounds("sync", partial(syncing.run, workspace), syncing.SECONDS),
        Rounds(
            "radar",
            partial(radar.propose_by_itself, workspace),
            radar.LOOK_SECONDS,
            first_seconds=radar.FIRST_LOOK_SECONDS,
        ),
    )


def _welcome(url: str, catalog: Catalog, demo: bool) -> str:
    lines = [f"  Open   {url}"]
    if demo:
        lines.append(
            "  Be     mara (marketer)  ana (analyst)  pavel (approver)  ada (admin, approver)"
        )
    question = examples_of(catalog).debug
    if question:
        lines.append(f"  Try    {question.partition('?')[0]}?")
    return "\n".join([*lines, "  Stop   Ctrl+C"])


@click.command()
@click.option("--users", type=click.IntRange(2_000), default=20_000, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=7, show_default=True)
@common
def demo(session: Session, users: int, seed: int) -> Output:
    """Play the whole loop: prompt, approval by another person, messages, lift, diagnosis."""
    from ui.demo_story import play

    return play(session, users=users, seed=seed)
