"""Who is signed in: three ways in, one answer.

``demo`` signs in through the built-in provider, ``oidc`` through the team's own,
``proxy`` trusts the e-mail header of the reverse proxy in front. Every way gives
a person and nothing else: roles are read from the control store at each use.
"""

from __future__ import annotations

import os
import secrets as random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from control.sign_in import Claims
from core.errors import Code, refuse
from core.settings import Settings
from ui.dev_idp import DemoIdentityProvider

OIDC_VARIABLES = (
    "PILOTHOUSE_OIDC_CLIENT_ID",
    "PILOTHOUSE_OIDC_CLIENT_SECRET",
    "PILOTHOUSE_OIDC_METADATA_URL",
)
VOUCHED_FOR = "PILOTHOUSE_OIDC_EMAILS_ARE_VERIFIED"
"""Set to 1 where the provider checks every address and does not say so of each."""
PROXY_HEADER = "X-Forwarded-Email"


def signed_in_email() -> str | None:
    """The e-mail of whoever looks at this page, or None."""
    if st.user.get("is_logged_in") is False:
        return None
    email = st.user.get("email")
    return str(email) if email else None


def claims_of(user: Mapping[str, Any]) -> Claims:
    """What the provider said of whoever is signed in."""
    # Some providers send the word; one that says nothing has checked nothing.
    said = str(user.get("email_verified", "")).lower()
    vouched = os.environ.get(VOUCHED_FOR) == "1" and "email_verified" not in user
    issuer, subject = user.get("iss"), user.get("sub")
    return Claims(
        str(user.get("email") or ""),
        str(issuer) if issuer else None,
        str(subject) if subject else None,
        said == "true" or vouched,
    )


def auth_secrets(
    settings: Settings, origin: str, provider: DemoIdentityProvider | None
) -> dict[str, Any]:
    """What Streamlit's sign-in needs to know. ``provider`` is the demo's, where there is one."""
    if settings.identity == "proxy":
        return {}
    section = {
        "redirect_uri": f"{origin}/oauth2callback",
        "cookie_secret": cookie_secret(settings.workspace),
    }
    client = _demo_client(provider) if provider else _oidc_client(os.environ)
    return {"auth": section | {provider_name(settings): client}}


def provider_name(settings: Settings) -> str:
    """What ``st.login`` calls the provider."""
    return "dev" if settings.identity == "demo" else "team"


def server_options(settings: Settings) -> dict[str, Any]:
    """Options of the server that a way in needs."""
    if settings.identity != "proxy":
        return {}
    return {"server.trustedUserHeaders": {PROXY_HEADER: "email"}}


def cookie_secret(workspace: Path) -> str:
    """The key that signs identity cookies; made once, so that a restart signs nobody out."""
    path = workspace / "cookie.key"
    if not path.exists():
        workspace.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
            file.write(random.token_hex(32))
    return path.read_text()


def _demo_client(provider: DemoIdentityProvider) -> dict[str, Any]:
    return {
        "client_id": provider.client_id,
        "client_secret": provider.client_secret,
        "server_metadata_url": f"{provider.issuer}/.well-known/openid-configuration",
        # The provider is this very process: a proxy of the environment must not stand between.
        "client_kwargs": {"trust_env": False, "scope": "openid email profile"},
    }


def _oidc_client(environment: Mapping[str, str]) -> dict[str, Any]:
    missing = [name for name in OIDC_VARIABLES if not environment.get(name)]
    if missing:
        raise refuse(
            Code.SETTINGS_INVALID,
            "Signing in through your identity provider needs its client and address.",
            span=", ".join(missing),
            fix=f"Set {' and '.join(missing)}, or set identity to demo.",
        )
    client_id, client_secret, metadata_url = (environment[name] for name in OIDC_VARIABLES)
    return {
        "client_id": client_id,
        "client_secret": client_secret,
        "server_metadata_url": metadata_url,
    }
