"""Protections of every request and response: allowed hosts, security headers, cookies, and forged forms."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from arka_config.arka import app
from arka_config.workspace.server.serving import serve_in_thread
from tests.workspace.server.clients import ANN, TOKENS_PAGE, UNKNOWN, Api, Browser, read_form_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from arka_config.workspace.server.serving import RunningWorkspace

HOST = "workspace.example"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """These tests do not depend on the kind of database, so they use only SQLite."""
    return f"sqlite:///{tmp_path / 'workspace.db'}"


@pytest.fixture
def behind_tls(tmp_path: Path) -> Iterator[RunningWorkspace]:
    """A workspace with an https URL behind a proxy that terminates TLS. The test acts as the proxy."""
    with serve_in_thread(app, f"sqlite:///{tmp_path / 'tls.db'}", public_url=f"https://{HOST}") as running:
        running.add_user(ANN, "pro")
        yield running


PATHS = ["/", "/sign-in", TOKENS_PAGE, "/billing", "/problems/invalid-token", "/nothing", "/static/workspace.js"]
PATHS += ["/static/nothing", "/openapi.json", "/api/v1/me", "/api/v1/nothing", "/%00", "/static/..%2f..%2fguard.py"]


def test_every_response_has_the_security_headers(workspace: RunningWorkspace) -> None:
    with Browser(workspace) as browser:
        responses = [browser.open(path) for path in PATHS]
        browser.sign_in()
        responses += [browser.open(path) for path in PATHS]
        responses += [browser.open(path, headers={"Host": "evil.example"}) for path in PATHS]
    for response in responses:
        headers = response.headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert policy == {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            "img-src": "'self'",
            "form-action": "'self'",
            "frame-ancestors": "'none'",
            "base-uri": "'none'",
        }
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == (
            "no-cache" if response.url.path == "/static/workspace.js" and response.is_success else "no-store"
        )
        assert "access-control-allow-origin" not in headers
        assert (
            "strict-transport-security" not in headers
        )  # plain http: with the header, browsers would refuse to connect again


@pytest.mark.parametrize("path", ["/sign-in", TOKENS_PAGE, f"{TOKENS_PAGE}?create", "/billing"])
def test_pages_have_no_inline_scripts_or_styles(workspace: RunningWorkspace, path: str) -> None:
    """If they had any, the policy would have to allow inline scripts, and with them injected ones."""
    with Browser(workspace).sign_in() as browser:
        text = browser.open(path, follow_redirects=True).text
    assert re.findall(r"<script(?![^>]*\bsrc=)", text) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", text) == []
    assert all(source.startswith("/") for source in re.findall(r'(?:src|href|action)="([^"#?]+)', text))


def test_cookie_is_http_only_and_same_site(workspace: RunningWorkspace) -> None:
    with Browser(workspace) as browser:
        cookies = [browser.open("/sign-in").headers["set-cookie"]]
        cookies.append(browser.use_link(workspace.add_user(ANN).link).headers["set-cookie"])
        cookies.append(browser.open(TOKENS_PAGE).headers["set-cookie"])
    for cookie in cookies:
        name, *attributes = (part.strip().lower() for part in cookie.split(";"))
        assert re.fullmatch(r"arka_workspace=[a-z0-9_-]{43}", name)
        assert set(attributes) == {"httponly", "samesite=lax", "path=/", "max-age=43200"}


def test_cookie_on_https_is_secure_and_bound_to_the_host(behind_tls: RunningWorkspace) -> None:
    with Browser(behind_tls, HOST) as browser:
        response = browser.open("/sign-in")
    name, *attributes = (part.strip().lower() for part in response.headers["set-cookie"].split(";"))
    assert name.startswith("__host-arka=")
    assert set(attributes) == {"httponly", "samesite=lax", "path=/", "max-age=43200", "secure"}
    assert response.headers["strict-transport-security"] == "max-age=31536000"


def test_sign_in_works_behind_a_tls_proxy(behind_tls: RunningWorkspace) -> None:
    link = behind_tls.add_user(ANN).link
    assert link.startswith(f"https://{HOST}/sign-in#")
    with Browser(behind_tls, HOST) as browser:
        page = browser.open("/sign-in")
        headers = {"Cookie": page.headers["set-cookie"].partition(";")[0], "Origin": f"https://{HOST}"}
        fields = {"form_key": read_form_key(page.text), "code": link}
        response = browser.http.post("/sign-in", data=fields, headers=headers)
        assert (response.status_code, response.headers["location"]) == (303, TOKENS_PAGE)
        forged = browser.http.post("/sign-in", data=fields, headers=headers | {"Origin": behind_tls.url})
        assert forged.status_code == 403


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.nip.example",
        "",
        "localhost:x",
        "[::1",
        "a@localhost",
        "10.0.0.1",
    ],
)
def test_unknown_host_is_rejected(workspace: RunningWorkspace, host: str) -> None:
    """DNS rebinding: if a name of the attacker resolves to 127.0.0.1, it has the origin of the attacker's page."""
    with Browser(workspace) as browser:
        response = browser.open("/sign-in", headers={"Host": host})
        assert (response.status_code, "set-cookie" in response.headers) == (400, False)
    with Api(workspace, workspace.issue(ANN, "x").secret.reveal()) as api:
        assert api.get("me", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:8765", "[::1]", "[::1]:80"])
def test_loopback_hosts_are_accepted(workspace: RunningWorkspace, host: str) -> None:
    with Browser(workspace, host) as browser:
        assert browser.open("/sign-in").status_code == 200


def test_forwarded_host_headers_are_ignored(behind_tls: RunningWorkspace, workspace: RunningWorkspace) -> None:
    forged = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Forwarded-Proto": "gopher"}
    for running, host in ((behind_tls, HOST), (workspace, "")):
        with Browser(running, host) as browser:
            response = browser.open("/", headers=forged)
            assert response.headers["location"] == TOKENS_PAGE
            assert "evil.example" not in browser.open("/sign-in", headers=forged).text
    workspace.add_user(ANN, "free")
    with Api(workspace, workspace.issue(ANN, "x").secret.reveal()) as api:
        assert api.get("me", headers=forged).json()["billing_url"] == f"{workspace.url}/billing"


FORMS = [
    ("/sign-in", {"code": "x"}),
    (TOKENS_PAGE, {"label": "x", "expiry": "never"}),
    (f"{TOKENS_PAGE}/revoke", {"id": "tok_" + "x" * 22}),
    ("/billing", {"plan": "free"}),
    ("/sign-out", {}),
]


@pytest.mark.parametrize(("path", "fields"), FORMS)
def test_form_without_the_browser_s_key_is_rejected(
    workspace: RunningWorkspace, path: str, fields: dict[str, str]
) -> None:
    with Browser(workspace).sign_in() as browser, Browser(workspace) as stranger:
        keys = ["", "x", read_form_key(stranger.open("/sign-in").text), browser.cookie, "\u00e9" * 64]
        for key in keys:
            response = browser.send(path, {**fields, "form_key": key})
            assert (response.status_code, "Open the page again" in response.text) == (403, True), key
        assert browser.http.post(path, data=fields).status_code == 403
        assert browser.open(TOKENS_PAGE).status_code == 200  # the form had no effect


@pytest.mark.parametrize(("path", "fields"), FORMS)
def test_form_from_another_site_is_rejected(workspace: RunningWorkspace, path: str, fields: dict[str, str]) -> None:
    workspace.workspace.allow_upgrade = True
    with Browser(workspace).sign_in() as browser:
        for headers in (
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "http://127.0.0.1"},
        ):
            assert browser.send(path, fields, page="/billing", headers=headers).status_code == 403, headers


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "same-origin"}]
)
def test_form_from_the_same_origin_is_accepted(workspace: RunningWorkspace, headers: dict[str, str]) -> None:
    workspace.workspace.allow_upgrade = True
    with Browser(workspace).sign_in() as browser:
        assert browser.send("/billing", {"plan": "free"}, headers=headers).status_code == 303
        assert browser.send("/billing", {"plan": "pro"}, headers={"Origin": workspace.url}).status_code == 303


def test_form_in_an_unusual_encoding_is_rejected(workspace: RunningWorkspace) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="form_key"\r\n\r\n\\ud800\r\n--b--\r\n'
    content_type = "multipart/form-data; boundary=b; charset=unicode_escape"
    with Browser(workspace).sign_in() as browser:
        response = browser.http.post("/sign-out", content=body, headers={"Content-Type": content_type})
        assert response.status_code == 403
        file = browser.http.post("/sign-out", files={"form_key": ("x.txt", b"x")})
        assert file.status_code in (403, 422)
        assert (
            browser.http.post("/sign-out", content=b"x", headers={"Content-Type": "multipart/form-data"}).status_code
            == 422
        )


def test_get_requests_change_nothing(workspace: RunningWorkspace) -> None:
    token = workspace.issue(ANN, "MacBook Pro")
    with Browser(workspace).sign_in() as browser, Api(workspace, token.secret.reveal()) as api:
        for path in (
            f"{TOKENS_PAGE}?revoke={token.token.id}",
            f"{TOKENS_PAGE}/revoke",
            "/sign-out",
            "/billing?plan=free",
        ):
            browser.open(path)
        assert (browser.open(TOKENS_PAGE).status_code, api.accepts(token.secret.reveal())) == (200, True)


def test_pages_redirect_to_sign_in(workspace: RunningWorkspace) -> None:
    with Browser(workspace) as browser:
        for path in (TOKENS_PAGE, f"{TOKENS_PAGE}?create", "/billing"):
            response = browser.open(path)
            assert (response.status_code, response.headers["location"]) == (303, "/sign-in")
        for path, fields in FORMS[1:]:
            response = browser.send(path, fields, page="/sign-in")
            assert (response.status_code, response.headers["location"]) == (303, "/sign-in")


def test_cookies_and_tokens_are_not_interchangeable(workspace: RunningWorkspace) -> None:
    token = workspace.issue(ANN, "x").secret.reveal()
    with Browser(workspace).sign_in() as browser:
        assert browser.open("/api/v1/me").status_code == 401
        assert browser.open("/api/v1/me", headers={"Authorization": f"Bearer {browser.cookie}"}).status_code == 401
    with Browser(workspace) as browser:
        for value in (token, UNKNOWN, "x" * 43, "", "x" * 4_000):
            browser.http.cookies.set("arka_workspace", value)
            assert browser.open(TOKENS_PAGE, headers={"Authorization": f"Bearer {token}"}).status_code == 303
            browser.http.cookies.clear()
