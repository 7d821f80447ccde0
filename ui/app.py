"""One process, one port: console, HTTP routes and worker behind a single ASGI app."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import streamlit as st
import structlog
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from control import people
from control.people import Person
from control.store import Store
from core.settings import Settings
from ui import identity
from ui.console import theme
from ui.console.desk import Desk, OpenWorkspace, open_desk
from ui.console.running import RunWorker
from ui.dev_idp import DemoIdentityProvider, mounted
from ui.middleware import DeepLinks, OneOrigin, SecurityHeaders
from ui.ports import require_free
from ui.radar import RADAR

SCRIPT = Path(__file__).parent / "console" / "entry" / "main.py"

log = structlog.get_logger(__name__)


class BackgroundWorker(RunWorker, Protocol):
    """A worker that lives as long as the server."""

    def open(self) -> None: ...
    def close(self) -> None: ...


def build_app(
    workspace: OpenWorkspace,
    worker: BackgroundWorker,
    port: int,
    *,
    routes: Sequence[BaseRoute] = (),
    registry: CollectorRegistry = REGISTRY,
) -> st.App:
    """The app that serves a workspace at its host and this port.

    Refuses with SETTINGS_INVALID when the way of signing in does not fit the host.
    """
    settings = workspace.settings
    host = f"{settings.host}:{port}"
    origin = f"http://{host}"
    provider = _demo_provider(workspace, origin)
    open_desk(Desk(workspace, worker))
    return st.App(
        SCRIPT,
        secrets=identity.auth_secrets(settings, origin, provider),
        routes=[
            *_own_routes(workspace, registry),
            *(provider.routes() if provider else ()),
            *routes,
        ],
        middleware=_middleware(settings, host),
        lifespan=_lifespan(worker),
        on_script_error=_say_sorry,
    )


def serve(app: st.App, settings: Settings, port: int) -> None:
    """Serve until Ctrl-C. Refuses with PORT_BUSY before anything else starts."""
    require_free(settings.host, port)
    options = (
        theme.server_options(settings.host, port)
        | theme.theme_options()
        | identity.server_options(settings)
    )
    app.run(config=options)


def _demo_provider(workspace: OpenWorkspace, origin: str) -> DemoIdentityProvider | None:
    if workspace.settings.identity != "demo":
        return None
    return mounted(workspace.settings.host, origin, _Everybody(workspace.store))


class _Everybody:
    """Who may sign in, read anew each time: people are added while the server runs."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __iter__(self) -> Iterator[Person]:
        # The radar, the circuit breaker and the investigator act too, but nobody signs in as them.
        own = {RADAR.email, people.BREAKER.email, people.INVESTIGATOR.email}
        return (one for one in people.list_all(self._store) if one.email not in own)


def _own_routes(workspace: OpenWorkspace, registry: CollectorRegistry) -> list[Route]:
    async def health(_request: Request) -> Response:
        as_of = workspace.as_of().isoformat()
        planner = workspace.settings.planner_in_use
        return JSONResponse({"status": "ok", "as_of": as_of, "planner": planner})

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return [Route("/health", health), Route("/metrics", metrics)]


def _middleware(settings: Settings, host: str) -> list[Middleware]:
    stack = [Middleware(SecurityHeaders, host=host)]
    if settings.identity == "demo":
        # Behind a proxy the console has a name of its own, which only the proxy knows.
        stack.append(Middleware(OneOrigin, host=host))
    if settings.identity != "proxy":
        stack.append(Middleware(DeepLinks))
    return stack


def _lifespan(
    worker: BackgroundWorker,
) -> Callable[[st.App], AbstractAsyncContextManager[dict[str, Any] | None]]:
    @asynccontextmanager
    async def running(_app: st.App) -> AsyncIterator[dict[str, Any] | None]:
        worker.open()
        try:
            yield None
        finally:
            worker.close()

    return running


def _say_sorry(error: Exception) -> bool:
    """A fault of ours: the log keeps it whole, the person gets a number to quote."""
    incident = f"{id(error):x}"[-6:]
    log.error("page_failed", incident=incident, exc_info=error)
    st.error(
        f"Something broke on our side. Nothing was changed. Incident {incident}.",
        icon=":material/error:",
    )
    st.caption("Reload the page. If it happens again, look for the incident in the server's log.")
    return True
