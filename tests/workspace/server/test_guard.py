"""What holds for every request and every answer: the host, the headers, and forms that come from elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from arka_config.arka import app
from arka_config.workspace.server.serving import serve_in_thread
from tests.workspace.server.calling import ANN, TOKENS_PAGE, UNKNOWN, Api, Person, form_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from arka_config.workspace.server.serving import RunningWorkspace

HOST = "workspace.example"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """These have no business with the database: one is enough."""
    return f"sqlite:///{tmp_path / 'workspace.db'}"


@pytest.fixture
def behind_tls(tmp_path: Path) -> Iterator[RunningWorkspace]:
    """A workspace that is known by an https URL, behind a proxy that ends TLS: the test is the proxy."""
    with serve_in_thread(app, f"sqlite:///{tmp_path / 'tls.db'}", public_url=f"https://{HOST}") as served:
        served.add_user(ANN, "pro")
        yield served


PATHS = ["/", "/sign-in", TOKENS_PAGE, "/billing", "/problems/invalid-token", "/nothing", "/static/workspace.js"]
PATHS += ["/static/nothing", "/openapi.json", "/api/v1/me", "/api/v1/nothing", "/%00", "/static/..%2f..%2fguard.py"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_headers_that_protect_it(workspace: RunningWorkspace, path: str) -> None:
    with Person(workspace) as person:
        answers = [
            person.open(path),
            person.signed_in().open(path),
            person.open(path, headers={"Host": "evil.example"}),
        ]
    for answer in answers:
        headers = answer.headers
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
            "no-cache" if answer.url.path == "/static/workspace.js" and answer.is_success else "no-store"
        )
        assert "access-control-allow-origin" not in headers
        assert (
            "strict-transport-security" not in headers
        )  # plain http: a browser would refuse this machine's next visit


@pytest.mark.parametrize("path", ["/sign-in", TOKENS_PAGE, f"{TOKENS_PAGE}?create", "/billing"])
def test_no_page_has_a_script_or_a_style_of_its_own(workspace: RunningWorkspace, path: str) -> None:
    """Else the policy would have to allow them, and whatever was smuggled in along with them."""
    with Person(workspace).signed_in() as person:
        text = person.open(path, follow_redirects=True).text
    assert re.findall(r"<script(?![^>]*\bsrc=)", text) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", text) == []
    assert all(source.startswith("/") for source in re.findall(r'(?:src|href|action)="([^"#?]+)', text))


def test_the_cookie_is_the_server_s_alone(workspace: RunningWorkspace) -> None:
    with Person(workspace) as person:
        cookies = [person.open("/sign-in").headers["set-cookie"]]
        cookies.append(person.sign_in(workspace.add_user(ANN).link).headers["set-cookie"])
        cookies.append(person.open(TOKENS_PAGE).headers["set-cookie"])
    for cookie in cookies:
        name, *attributes = (part.strip().lower() for part in cookie.split(";"))
        assert re.fullmatch(r"arka_workspace=[a-z0-9_-]{43}", name)
        assert set(attributes) == {"httponly", "samesite=lax", "path=/", "max-age=43200"}


def test_on_https_the_cookie_is_secure_and_bound_to_the_host(behind_tls: RunningWorkspace) -> None:
    with Person(behind_tls, HOST) as person:
        answer = person.open("/sign-in")
    name, *attributes = (part.strip().lower() for part in answer.headers["set-cookie"].split(";"))
    assert name.startswith("__host-arka=")
    assert set(attributes) == {"httponly", "samesite=lax", "path=/", "max-age=43200", "secure"}
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_on_https_signing_in_works_behind_the_proxy(behind_tls: RunningWorkspace) -> None:
    link = behind_tls.add_user(ANN).link
    assert link.startswith(f"https://{HOST}/sign-in#")
    with Person(behind_tls, HOST) as person:
        page = person.open("/sign-in")
        sent = {"Cookie": page.headers["set-cookie"].partition(";")[0], "Origin": f"https://{HOST}"}
        fields = {"form_key": form_key(page.text), "code": link}
        answer = person.browser.post("/sign-in", data=fields, headers=sent)
        assert (answer.status_code, answer.headers["location"]) == (303, TOKENS_PAGE)
        elsewhere = person.browser.post("/sign-in", data=fields, headers=sent | {"Origin": behind_tls.url})
        assert elsewhere.status_code == 403


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
def test_a_name_that_is_not_ours_is_not_answered(workspace: RunningWorkspace, host: str) -> None:
    """DNS rebinding: a name of the attacker's that points to 127.0.0.1 is one origin with their page."""
    with Person(workspace) as person:
        answer = person.open("/sign-in", headers={"Host": host})
        assert (answer.status_code, "set-cookie" in answer.headers) == (400, False)
    with Api(workspace, workspace.issue(ANN, "x").secret.reveal()) as api:
        assert api.get("me", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:8765", "[::1]", "[::1]:80"])
def test_loopback_s_own_names_are_ours(workspace: RunningWorkspace, host: str) -> None:
    with Person(workspace, host) as person:
        assert person.open("/sign-in").status_code == 200


def test_what_a_proxy_says_of_the_host_does_not_reach_a_link(
    behind_tls: RunningWorkspace, workspace: RunningWorkspace
) -> None:
    forged = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Forwarded-Proto": "gopher"}
    for served, host in ((behind_tls, HOST), (workspace, "")):
        with Person(served, host) as person:
            answer = person.open("/", headers=forged)
            assert answer.headers["location"] == TOKENS_PAGE
            assert "evil.example" not in person.open("/sign-in", headers=forged).text
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
def test_a_form_without_the_browser_s_own_key_is_forged(
    workspace: RunningWorkspace, path: str, fields: dict[str, str]
) -> None:
    with Person(workspace).signed_in() as person, Person(workspace) as stranger:
        keys = ["", "x", form_key(stranger.open("/sign-in").text), person.cookie, "\u00e9" * 64]
        for key in keys:
            answer = person.send(path, {**fields, "form_key": key})
            assert (answer.status_code, "Open the page again" in answer.text) == (403, True), key
        assert person.browser.post(path, data=fields).status_code == 403
        assert person.open(TOKENS_PAGE).status_code == 200  # nothing happened


@pytest.mark.parametrize(("path", "fields"), FORMS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1"},
    ],
)
def test_a_form_of_another_site_is_forged_whatever_it_carries(
    workspace: RunningWorkspace, path: str, fields: dict[str, str], headers: dict[str, str]
) -> None:
    with Person(workspace).signed_in() as person:
        page = "/billing"
        assert person.send(path, fields, page=page, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "same-origin"}]
)
def test_a_form_of_ours_is_taken(workspace: RunningWorkspace, headers: dict[str, str]) -> None:
    with Person(workspace).signed_in() as person:
        assert person.send("/billing", {"plan": "free"}, headers=headers).status_code == 303
        assert person.send("/billing", {"plan": "pro"}, headers={"Origin": workspace.url}).status_code == 303


def test_a_form_in_an_odd_encoding_is_refused_and_breaks_nothing(workspace: RunningWorkspace) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="form_key"\r\n\r\n\\ud800\r\n--b--\r\n'
    kind = "multipart/form-data; boundary=b; charset=unicode_escape"
    with Person(workspace).signed_in() as person:
        answer = person.browser.post("/sign-out", content=body, headers={"Content-Type": kind})
        assert answer.status_code == 403
        file = person.browser.post("/sign-out", files={"form_key": ("x.txt", b"x")})
        assert file.status_code in (403, 422)
        assert (
            person.browser.post("/sign-out", content=b"x", headers={"Content-Type": "multipart/form-data"}).status_code
            == 422
        )


def test_a_get_changes_nothing(workspace: RunningWorkspace) -> None:
    token = workspace.issue(ANN, "MacBook Pro")
    with Person(workspace).signed_in() as person, Api(workspace, token.secret.reveal()) as api:
        for path in (
            f"{TOKENS_PAGE}?revoke={token.token.id}",
            f"{TOKENS_PAGE}/revoke",
            "/sign-out",
            "/billing?plan=free",
        ):
            person.open(path)
        assert (person.open(TOKENS_PAGE).status_code, api.accepts(token.secret.reveal())) == (200, True)


def test_pages_are_for_who_is_signed_in(workspace: RunningWorkspace) -> None:
    with Person(workspace) as person:
        for path in (TOKENS_PAGE, f"{TOKENS_PAGE}?create", "/billing"):
            answer = person.open(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        for path, fields in FORMS[1:]:
            answer = person.send(path, fields, page="/sign-in")
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_a_cookie_is_no_token_and_a_token_no_cookie(workspace: RunningWorkspace) -> None:
    token = workspace.issue(ANN, "x").secret.reveal()
    with Person(workspace).signed_in() as person:
        assert person.open("/api/v1/me").status_code == 401
        assert person.open("/api/v1/me", headers={"Authorization": f"Bearer {person.cookie}"}).status_code == 401
    with Person(workspace) as person:
        for value in (token, UNKNOWN, "x" * 43, "", "x" * 4_000):
            person.browser.cookies.set("arka_workspace", value)
            assert person.open(TOKENS_PAGE, headers={"Authorization": f"Bearer {token}"}).status_code == 303
            person.browser.cookies.clear()
