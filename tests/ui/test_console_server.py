"""The server around the console: sign-in without passwords, deep links, headers, ports."""

from __future__ import annotations

import base64
import hashlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from control.people import DEMO_PEOPLE, Person
from core.errors import Code, PilothouseError
from core.settings import Settings
from ui.console import theme
from ui.dev_idp import CODE_SECONDS, DemoIdentityProvider, mounted
from ui.identity import auth_secrets, cookie_secret
from ui.middleware import DeepLinks, OneOrigin, SecurityHeaders
from ui.ports import require_free

HOST = "127.0.0.1:8501"
ORIGIN = f"http://{HOST}"
HTML = {"accept": "text/html"}
VERIFIER = "a-verifier-long-enough-for-anybody-to-guess-in-vain"
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
)


async def _page(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.url.path)


@pytest.fixture
def browser() -> Iterator[TestClient]:
    """A client of a server that has nothing but the console's middleware."""
    stack = [Middleware(SecurityHeaders, host=HOST), Middleware(OneOrigin, host=HOST)]
    app = Starlette(
        routes=[Route("/{path:path}", _page)], middleware=[*stack, Middleware(DeepLinks)]
    )
    with TestClient(app, base_url=ORIGIN, follow_redirects=False) as client:
        yield client


@pytest.fixture
def provider() -> DemoIdentityProvider:
    return mounted("127.0.0.1", ORIGIN, DEMO_PEOPLE)


@pytest.fixture
def door(provider: DemoIdentityProvider) -> Iterator[TestClient]:
    """A client of the demo's identity provider."""
    app = Starlette(routes=list(provider.routes()))
    with TestClient(app, base_url=ORIGIN, follow_redirects=False) as client:
        yield client


def wanted(provider: DemoIdentityProvider, **changed: str) -> dict[str, str]:
    return {
        "client_id": provider.client_id,
        "redirect_uri": provider.redirect_uri,
        "state": "s",
        "nonce": "n",
        "code_challenge": CHALLENGE,
    } | changed


def code_for(door: TestClient, provider: DemoIdentityProvider, email: str) -> str:
    answer = door.post("/dev-idp/authorize", data=wanted(provider) | {"email": email})
    return answer.headers["location"].split("code=")[1].split("&")[0]


def redeem(
    door: TestClient, provider: DemoIdentityProvider, code: str, verifier: str, **changed: str
) -> int:
    form = {"code": code, "code_verifier": verifier, "grant_type": "authorization_code"}
    form |= {"redirect_uri": provider.redirect_uri} | changed
    secret = (provider.client_id, provider.client_secret)
    return door.post("/dev-idp/token", data=form, auth=secret).status_code


# Headers and addresses


def test_every_answer_tells_the_browser_to_distrust_the_rest_of_the_world(
    browser: TestClient,
) -> None:
    headers = browser.get("/anything").headers

    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe-eval" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_localhost_is_sent_to_the_address_that_sign_in_knows(browser: TestClient) -> None:
    answer = browser.get("/approvals?request=CR-1", headers=HTML | {"host": "localhost:8501"})

    assert answer.status_code == 302
    assert answer.headers["location"] == f"{ORIGIN}/approvals?request=CR-1"


def test_a_link_survives_the_sign_in(browser: TestClient) -> None:
    browser.get("/approvals?request=CR-1", headers=HTML)
    browser.cookies.set("_streamlit_user", "somebody")

    answer = browser.get("/", headers=HTML)

    assert answer.status_code == 302
    assert answer.headers["location"] == "/approvals?request=CR-1"


def test_probes_and_assets_are_not_where_somebody_wanted_to_go(browser: TestClient) -> None:
    browser.get("/approvals/_stcore/health", headers=HTML)
    browser.get("/health", headers=HTML)
    browser.get("/approvals?request=CR-1", headers={"accept": "*/*"})

    assert "pilothouse_next" not in browser.cookies


@pytest.mark.parametrize("elsewhere", ["//elsewhere.example", "https://elsewhere.example", "/\\e"])
def test_a_forged_link_leads_home(browser: TestClient, elsewhere: str) -> None:
    browser.cookies.set("_streamlit_user", "somebody")
    browser.cookies.set("pilothouse_next", quote(elsewhere))

    assert browser.get("/", headers=HTML).headers["location"] == "/"


# The demo's identity provider


@pytest.mark.parametrize(
    "host",
    [
        *("0.0.0.0", "::", "192.168.1.7", "::ffff:10.0.0.1", ""),
        *("console.example", "localhost.example", "127.0.0.1.example", "127.1"),
    ],
)
def test_the_sign_in_without_passwords_never_faces_a_network(host: str) -> None:
    with pytest.raises(PilothouseError) as refused:
        mounted(host, ORIGIN, DEMO_PEOPLE)

    assert refused.value.refusal.code is Code.SETTINGS_INVALID
    assert "127.0.0.1" in (refused.value.refusal.fix or "")


def test_the_door_lists_the_four_people(door: TestClient, provider: DemoIdentityProvider) -> None:
    page = door.get("/dev-idp/authorize", params=wanted(provider)).text

    assert all(f'value="{person.email}"' in page for person in DEMO_PEOPLE)


def test_the_door_lists_whoever_was_added_since_and_names_what_they_lack() -> None:
    everybody = [*DEMO_PEOPLE]
    provider = mounted("127.0.0.1", ORIGIN, everybody)
    with TestClient(Starlette(routes=list(provider.routes())), base_url=ORIGIN) as door:
        everybody.append(Person(email="eve@demo", name="Eve", roles=frozenset()))

        page = door.get("/dev-idp/authorize", params=wanted(provider)).text

    assert "Eve, no role<span>Sees only whom to ask for one.</span>" in page


def test_a_code_is_good_once(door: TestClient, provider: DemoIdentityProvider) -> None:
    code = code_for(door, provider, "mara@demo")

    assert redeem(door, provider, code, VERIFIER) == 200
    assert redeem(door, provider, code, VERIFIER) == 400


def test_a_stolen_code_is_worth_nothing(door: TestClient, provider: DemoIdentityProvider) -> None:
    code = code_for(door, provider, "mara@demo")

    assert redeem(door, provider, code, "guessed") == 400


@pytest.mark.parametrize(
    "changed", [{"redirect_uri": "https://elsewhere.example"}, {"client_id": "other"}]
)
def test_codes_go_to_the_console_only(
    door: TestClient, provider: DemoIdentityProvider, changed: dict[str, str]
) -> None:
    form = wanted(provider, **changed) | {"email": "mara@demo"}

    assert door.post("/dev-idp/authorize", data=form).status_code == 400


def test_a_code_is_tried_once_only_for_the_console_and_not_for_long(
    door: TestClient, provider: DemoIdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wrong in ({"redirect_uri": "https://elsewhere.example"}, {"grant_type": "password"}):
        code = code_for(door, provider, "mara@demo")
        assert redeem(door, provider, code, VERIFIER, **wrong) == 400
        assert redeem(door, provider, code, VERIFIER) == 400
    code = code_for(door, provider, "mara@demo")
    late = time.monotonic() + CODE_SECONDS + 1
    monkeypatch.setattr("ui.dev_idp.time.monotonic", lambda: late)
    assert redeem(door, provider, code, VERIFIER) == 400
    code_for(door, provider, "mara@demo")
    assert len(provider.grants) == 1


def test_a_code_needs_a_challenge_and_the_consoles_secret(
    door: TestClient, provider: DemoIdentityProvider
) -> None:
    form = wanted(provider, code_challenge="") | {"email": "mara@demo"}
    location = door.post("/dev-idp/authorize", data=form).headers["location"]
    assert "state=s" in location
    assert redeem(door, provider, location.split("code=")[1].split("&")[0], "") == 400

    for header in ("Basic not-base64", "Basic ", "Bearer x"):
        code = code_for(door, provider, "mara@demo")
        form = {"code": code, "code_verifier": VERIFIER, "grant_type": "authorization_code"}
        form |= {"redirect_uri": provider.redirect_uri}
        answer = door.post("/dev-idp/token", data=form, headers={"authorization": header})
        assert answer.status_code == 400


def test_a_page_whose_name_was_made_to_mean_this_machine_signs_nobody_in(
    door: TestClient, provider: DemoIdentityProvider
) -> None:
    form = wanted(provider) | {"email": "ada@demo"}

    answer = door.post("/dev-idp/authorize", data=form, headers={"host": "evil.example:8501"})

    assert answer.status_code == 400
    assert not provider.grants


def test_nobody_else_can_sign_in(door: TestClient, provider: DemoIdentityProvider) -> None:
    form = wanted(provider) | {"email": "eve@elsewhere"}

    assert door.post("/dev-idp/authorize", data=form).status_code == 400


# Settings


def test_a_team_without_its_provider_is_told_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PILOTHOUSE_OIDC_CLIENT_ID", raising=False)
    settings = Settings(
        workspace=tmp_path, warehouse_url="duckdb:///w", control_url="sqlite://", identity="oidc"
    )

    with pytest.raises(PilothouseError) as refused:
        auth_secrets(settings, ORIGIN, None)

    assert "PILOTHOUSE_OIDC_CLIENT_ID" in str(refused.value)


def test_a_restart_signs_nobody_out(tmp_path: Path) -> None:
    assert cookie_secret(tmp_path) == cookie_secret(tmp_path)
    assert (tmp_path / "cookie.key").stat().st_mode & 0o077 == 0


def test_a_busy_port_names_the_next_free_one() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]

        with pytest.raises(PilothouseError) as refused:
            require_free("127.0.0.1", port)

    assert refused.value.refusal.code is Code.PORT_BUSY
    assert "--port" in (refused.value.refusal.fix or "")


def test_the_server_tells_nobody_about_its_use() -> None:
    options = theme.server_options("127.0.0.1", 8501)

    assert options["browser.gatherUsageStats"] is False
    assert options["server.address"] == "127.0.0.1"
    assert options["server.enableAgentApi"] is False
