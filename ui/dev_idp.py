"""A sign-in page for the demo: an OpenID provider with four people and no passwords.

It runs inside the same process, so that the demo takes the same way into the
console as a team with a real provider, offline. It must never face a network:
``mounted`` refuses to build it for an address that is not loopback.
"""

from __future__ import annotations

import base64
import hashlib
import html
import ipaddress
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from control.people import Person
from core.errors import Code, refuse
from core.lifecycle import Role

PATH = "/dev-idp"
CODE_SECONDS = 60

DUTIES = {
    Role.MARKETER: "asks for rules and proposes them",
    Role.ANALYST: "asks questions and checks the numbers",
    Role.APPROVER: "reads what would change and decides",
    Role.ADMIN: "keeps the workspace and may propose",
}

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in to Pilothouse</title>
<style>
:root {{ color-scheme: light dark; --ink: #0a1319; --soft: #52616b; --line: #d7dee3;
  --paper: #ffffff; --wash: #f1f5f6; --accent: #0b6e5f; }}
@media (prefers-color-scheme: dark) {{ :root {{ --ink: #e8eef1; --soft: #a3b1b9;
  --line: #2a3941; --paper: #0f171c; --wash: #18232a; --accent: #4fc9b0; }} }}
body {{ margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--wash);
  color: var(--ink); font: 16px/1.5 "Source Sans", "Segoe UI", system-ui, sans-serif; }}
main {{ width: min(26rem, calc(100vw - 3rem)); background: var(--paper); padding: 2rem;
  border: 1px solid var(--line); border-radius: 12px; }}
h1 {{ font-size: 1.35rem; margin: 0 0 .25rem; }}
p {{ margin: 0 0 1.25rem; color: var(--soft); }}
button {{ width: 100%; text-align: left; background: none; color: inherit; font: inherit;
  border: 1px solid var(--line); border-radius: 8px; padding: .7rem .9rem; margin-top: .6rem;
  cursor: pointer; }}
button:hover, button:focus-visible {{ border-color: var(--accent); outline: 2px solid var(--accent);
  outline-offset: 1px; }}
span {{ display: block; color: var(--soft); font-size: .9rem; }}
</style></head><body><main>
<h1>Who are you today?</h1>
<p>This demo has four people and no passwords.</p>
<form method="post">{fields}{people}</form>
</main></body></html>"""


@dataclass(frozen=True)
class _Grant:
    person: Person
    nonce: str
    challenge: str
    expires_at: float


@dataclass
class DemoIdentityProvider:
    """Signs in the people it was given. ``origin`` is scheme, host and port of the console."""

    origin: str
    people: Iterable[Person]
    """Gone through anew for every page."""
    client_id: str = "console"
    client_secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    key: ECKey = field(
        default_factory=lambda: ECKey.generate_key("P-256", {"kid": "demo"}), repr=False
    )
    grants: dict[str, _Grant] = field(default_factory=dict, repr=False)

    @property
    def issuer(self) -> str:
        """Where this provider lives."""
        return f"{self.origin}{PATH}"

    @property
    def redirect_uri(self) -> str:
        """The one place a code is sent to."""
        return f"{self.origin}/oauth2callback"

    def routes(self) -> list[Mount]:
        """The provider's pages and endpoints."""
        return [
            Mount(
                PATH,
                routes=[
                    Route("/.well-known/openid-configuration", self.describe),
                    Route("/keys", self.keys),
                    Route("/authorize", self.choose, methods=["GET"]),
                    Route("/authorize", self.grant, methods=["POST"]),
                    Route("/token", self.token, methods=["POST"]),
                ],
            )
        ]

    async def describe(self, _request: Request) -> Response:
        """The OpenID discovery document."""
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": ["openid", "email", "profile"],
            }
        )

    async def keys(self, _request: Request) -> Response:
        """The public key that checks an identity token."""
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def choose(self, request: Request) -> Response:
        """The page that asks who somebody is."""
        if refusal := self._refusal(dict(request.query_params), request):
            return refusal
        wanted = ("redirect_uri", "state", "nonce", "code_challenge", "client_id")
        fields = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(request.query_params[name])}">'
            for name in wanted
            if name in request.query_params
        )
        return HTMLResponse(PAGE.format(fields=fields, people=_buttons(self.people)))

    async def grant(self, request: Request) -> Response:
        """Somebody was chosen: hand out a code that is good once."""
        form = {key: str(value) for key, value in (await request.form()).items()}
        if refusal := self._refusal(form, request):
            return refusal
        chosen = [person for person in self.people if person.email == form.get("email")]
        if not chosen:
            return JSONResponse({"error": "access_denied"}, status_code=400)
        self._forget_old()
        code = secrets.token_urlsafe(24)
        self.grants[code] = _Grant(
            chosen[0],
            form.get("nonce", ""),
            form.get("code_challenge", ""),
            time.monotonic() + CODE_SECONDS,
        )
        query = urlencode({"code": code, "state": form.get("state", "")})
        return RedirectResponse(f"{self.redirect_uri}?{query}", status_code=303)

    async def token(self, request: Request) -> Response:
        """A code becomes a signed identity token."""
        form = {key: str(value) for key, value in (await request.form()).items()}
        # Whatever comes of it, a code is tried once.
        grant = self.grants.pop(form.get("code", ""), None)
        if grant is None or not self._may_redeem(grant, form, request):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        return JSONResponse(
            {
                "access_token": secrets.token_urlsafe(16),
                "token_type": "Bearer",
                "expires_in": CODE_SECONDS,
                "id_token": self._id_token(grant),
            }
        )

    def _forget_old(self) -> None:
        now = time.monotonic()
        for code in [code for code, one in self.grants.items() if one.expires_at <= now]:
            del self.grants[code]

    def _refusal(self, asked: dict[str, str], request: Request) -> Response | None:
        if request.headers.get("host") != urlsplit(self.origin).netloc:
            # A page elsewhere whose name was made to mean this machine.
            return JSONResponse({"error": "invalid_request"}, status_code=400)
        if asked.get("client_id") != self.client_id:
            return JSONResponse({"error": "unauthorized_client"}, status_code=400)
        if asked.get("redirect_uri") != self.redirect_uri:
            return JSONResponse({"error": "invalid_request"}, status_code=400)
        return None

    def _may_redeem(self, grant: _Grant, form: dict[str, str], request: Request) -> bool:
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return (
            time.monotonic() < grant.expires_at
            and form.get("grant_type") == "authorization_code"
            and form.get("redirect_uri") == self.redirect_uri
            and secrets.compare_digest(challenge, grant.challenge)
            and secrets.compare_digest(self._presented_secret(form, request), self.client_secret)
        )

    def _presented_secret(self, form: dict[str, str], request: Request) -> str:
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return form.get("client_secret", "")
        try:
            return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
        except ValueError:
            return ""

    def _id_token(self, grant: _Grant) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": grant.person.email,
            "aud": self.client_id,
            "iat": now,
            "exp": now + CODE_SECONDS,
            "nonce": grant.nonce,
            "email": grant.person.email,
            "email_verified": True,
            "name": grant.person.name,
        }
        return jwt.encode({"alg": "ES256", "kid": "demo"}, claims, self.key)


def mounted(host: str, origin: str, people: Iterable[Person]) -> DemoIdentityProvider:
    """The provider for a console that listens on ``host``; refuses anything but loopback."""
    if not _is_loopback(host):
        raise refuse(
            Code.SETTINGS_INVALID,
            "The demo's sign-in has no passwords, so it only runs on this machine.",
            span=f"host = {host}",
            fix="Set host to 127.0.0.1, or identity to oidc or proxy.",
        )
    return DemoIdentityProvider(origin=origin, people=people)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _buttons(people: Iterable[Person]) -> str:
    return "".join(
        f'<button name="email" value="{html.escape(person.email)}">'
        f"{html.escape(person.name)}, {', '.join(sorted(person.roles)) or 'no role'}"
        f"<span>{html.escape(_duty(person))}</span></button>"
        for person in people
    )


def _duty(person: Person) -> str:
    duties = "; ".join(DUTIES[role] for role in sorted(person.roles))
    return f"{duties or 'sees only whom to ask for one'}.".capitalize()
