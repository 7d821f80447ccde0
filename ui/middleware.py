"""What every HTTP answer passes through: one origin, deep links that survive sign-in, headers."""

from __future__ import annotations

from http.cookies import SimpleCookie
from urllib.parse import quote, unquote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NEXT_COOKIE = "pilothouse_next"
IDENTITY_COOKIE = "_streamlit_user"
# Of the boot script inside Streamlit's index.html; changes with its version.
BOOT_SCRIPT = "'sha256-THxz9J9+wf7rhwR2YkXJoSZ13UCmYyC+3lNDv2+8ugA='"
# Pages that are not the console's: a visit to one is not where somebody wants to return to.
NOT_PAGES = ("/_stcore", "/auth/", "/oauth2callback", "/dev-idp", "/health", "/metrics", "/v1/")


def content_policy(host: str) -> str:
    """The Content-Security-Policy for a console at ``host`` (name and port)."""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' {BOOT_SCRIPT}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self' ws://{host} wss://{host}",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "frame-ancestors 'self'",
        )
    )


class SecurityHeaders:
    """Adds the headers that make a browser distrust everything but this console."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self.app = app
        self.headers = {
            "Content-Security-Policy": content_policy(host),
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "SAMEORIGIN",
            "Referrer-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, with headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self.headers)
            await send(message)

        await self.app(scope, receive, send_with_headers)


class OneOrigin:
    """Sends a browser that came by another name (localhost) to the one that sign-in knows."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self.app = app
        self.host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or redirect."""
        if _is_navigation(scope) and Headers(scope=scope).get("host") != self.host:
            target = f"http://{self.host}{_path_and_query(scope)}"
            await RedirectResponse(target, status_code=302)(scope, receive, send)
            return
        await self.app(scope, receive, send)


class DeepLinks:
    """Remembers the page that an anonymous visitor wanted, and goes there after sign-in."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, remember, or return to what was remembered."""
        if not _is_navigation(scope) or _is_not_a_page(scope["path"]):
            await self.app(scope, receive, send)
            return
        cookies = SimpleCookie(Headers(scope=scope).get("cookie", ""))
        wanted = _path_and_query(scope)
        if IDENTITY_COOKIE not in cookies:
            await self.app(scope, receive, _remembering(send, wanted))
        elif wanted == "/" and NEXT_COOKIE in cookies:
            response = RedirectResponse(_safe(unquote(cookies[NEXT_COOKIE].value)), 302)
            response.delete_cookie(NEXT_COOKIE, path="/")
            await response(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _remembering(send: Send, wanted: str) -> Send:
    async def send_with_cookie(message: Message) -> None:
        if message["type"] == "http.response.start" and wanted != "/":
            cookie = f"{NEXT_COOKIE}={quote(wanted)}; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"
            MutableHeaders(scope=message).append("set-cookie", cookie)
        await send(message)

    return send_with_cookie


def _safe(path: str) -> str:
    """A path on this host, or the first page: ``//elsewhere`` would leave it."""
    leaves = not path.startswith("/") or path.startswith(("//", "/\\"))
    return "/" if leaves else path


def _is_navigation(scope: Scope) -> bool:
    return (
        scope["type"] == "http"
        and scope["method"] == "GET"
        and "text/html" in Headers(scope=scope).get("accept", "")
    )


def _is_not_a_page(path: str) -> bool:
    return path.startswith(NOT_PAGES) or "/_stcore/" in path


def _path_and_query(scope: Scope) -> str:
    query = scope["query_string"].decode("latin-1")
    return quote(scope["path"]) + (f"?{query}" if query else "")
