"""``collect serve``: the collector alone, for a process or a machine without the warehouse.

It starts at once and small: what the other commands of ``collect`` import, the
agent included, is imported only when one of them is called.
"""

from __future__ import annotations

from pathlib import Path

import click

from ui.cli.session import Listing, Output, Session, common

PORT = 8080
GRACE_SECONDS = 10


class Collect(Listing):
    """The commands of ``ui.cli.collect``, and ``serve``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All of them by name."""
        return sorted([*_others().list_commands(ctx), "serve"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command; None when there is none of this name."""
        return serve if cmd_name == "serve" else _others().get_command(ctx, cmd_name)


def _others() -> click.Group:
    from ui.cli.collect import collect as found

    return found


@click.group(cls=Collect)
def collect() -> None:
    """Events that SDKs send: plan, sources, import, dead letters, replay."""


@click.command("serve")
@click.option("--host", help="Address to listen on.  [default: the workspace's]")
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="Where events wait for the server.  [default: spool in the workspace]",
)
@click.option(
    "--sources",
    type=click.Path(path_type=Path),
    help="What 'collect sources --json' printed, where the control store is out of reach.",
)
@common
def serve(
    session: Session, host: str | None, port: int, folder: Path | None, sources: Path | None
) -> Output:
    """Take events in without a warehouse; a server takes them over from the folder."""
    import uvicorn

    from ui.collector_app import (
        FOLDER,
        LoneCollector,
        clock_of,
        sources_of_file,
        sources_of_store,
    )
    from ui.ports import require_free

    settings = session.settings()
    listen = host or settings.host
    require_free(listen, port)
    settings.workspace.mkdir(parents=True, exist_ok=True)
    read = sources_of_file(session.folder / sources) if sources else sources_of_store(settings)
    waits_in = session.folder / folder if folder else settings.workspace / FOLDER
    collector = LoneCollector(waits_in, read, clock_of(settings))
    click.echo(f"  Send to  http://{listen}:{port}\n  Waits in {waits_in}\n  Stop     Ctrl+C")
    uvicorn.run(
        collector.app(),
        host=listen,
        port=port,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return Output("")
