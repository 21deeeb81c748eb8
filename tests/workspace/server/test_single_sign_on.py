"""Single sign-on at a provider on loopback: which accounts may sign in, and attacks on the way back."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import select

from arka_config.arka import app
from arka_config.errors import ConfigError, UsageError
from arka_config.workspace.server.records import Limit
from arka_config.workspace.server.serving import serve_in_thread
from arka_config.workspace.server.sign_in.protocol import DEVICE_PAGE
from arka_config.workspace.server.single_sign_on import challenge
from arka_config.workspace.server.single_sign_on.provider import Provider as Client
from arka_config.workspace.server.single_sign_on.provider import SignOnFailed, VerifiedAccount
from arka_config.workspace.server.single_sign_on.settings import CREATE, LINK, REFUSE, Settings
from arka_config.workspace.server.tables import AuditEntry, Identity, User
from tests.workspace.server import oidc_provider
from tests.workspace.server.clients import ANN, NO_TLS, TOKENS_PAGE, Browser
from tests.workspace.server.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, generate_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from arka_config.workspace.server.serving import RunningWorkspace

ALICE = "alice@example.com"
CALLBACK = "https://tokens.example.com/sign-in/callback"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with oidc_provider.serve() as running:
        yield running


@pytest.fixture
def settings(provider: Provider, tmp_path: Path) -> Settings:
    secret = tmp_path / "client-secret"
    secret.write_text(f"{CLIENT_SECRET}\n")
    return Settings(provider.url, CLIENT_ID, str(secret), domains=("example.com",), plan="pro")


@pytest.fixture
def running(settings: Settings, sqlite_url: str) -> Iterator[RunningWorkspace]:
    """A workspace with this single sign-on."""
    with serve_in_thread(app, sqlite_url) as workspace:
        workspace.workspace.single_sign_on = Client(settings)
        yield workspace


def use(running: RunningWorkspace, settings: Settings, **changes: Any) -> None:
    running.workspace.single_sign_on = Client(settings._replace(**changes))


def go_to_provider(browser: Browser, page: str = "/sign-in/provider") -> str:
    """Start at the workspace and sign in at the provider. Return the URL to which that redirects."""
    started = browser.open(page)
    assert started.status_code == 303, started.text
    answered = httpx.get(started.headers["location"], verify=NO_TLS, trust_env=False)
    return answered.headers["location"]


def sign_in(browser: Browser) -> httpx.Response:
    return browser.open(go_to_provider(browser))


def ask(settings: Settings) -> VerifiedAccount:
    """Sign in at the provider without a workspace. Raises SignOnFailed if it is refused."""
    client, started = Client(settings), challenge.create("key", "")
    redirect = httpx.get(client.authorization_url(CALLBACK, started), verify=NO_TLS, trust_env=False)
    answer = dict(parse_qsl(urlsplit(redirect.headers["location"]).query))
    assert answer["state"] == started.state
    client.check_issuer(answer.get("iss"))
    return client.verify(CALLBACK, answer["code"], started)


def is_signed_in(browser: Browser) -> bool:
    return browser.open(TOKENS_PAGE).status_code == 200


def identities(running: RunningWorkspace) -> list[tuple[str, str]]:
    """Return the e-mail address and subject of every linked account."""
    with running.workspace.database.read() as session:
        query = select(User.email, Identity.subject).join(Identity, Identity.user_id == User.id)
        return [(email, subject) for email, subject in session.execute(query)]


def test_first_sign_in_creates_a_user_and_later_ones_find_it(running: RunningWorkspace, provider: Provider) -> None:
    with Browser(running) as browser:
        assert "Sign in with your organization" in browser.open("/sign-in").text
        response = sign_in(browser)
        assert (response.status_code, response.headers["location"]) == (303, TOKENS_PAGE)
        assert ALICE in browser.open(TOKENS_PAGE).text
    provider.account["email"] = "alice.new@example.com"  # the provider renames her
    with Browser(running) as browser:
        sign_in(browser)
        assert ALICE in browser.open(TOKENS_PAGE).text
    assert identities(running) == [(ALICE, "alice-1")]
    with running.workspace.database.read() as session:
        actions = [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert actions == ["user added", "identity linked", "signed in", "signed in"]


@pytest.mark.parametrize("wanted", [f"{DEVICE_PAGE}?user_code=BCDF", "https://evil.example/", "//evil.example", "/x"])
def test_single_sign_on_returns_only_to_an_approval_page(running: RunningWorkspace, wanted: str) -> None:
    with Browser(running) as browser:
        response = browser.open(go_to_provider(browser, f"/sign-in/provider?{urlencode({'next': wanted})}"))
    leads_to = wanted if wanted.startswith(DEVICE_PAGE) else TOKENS_PAGE
    assert (response.status_code, response.headers["location"]) == (303, leads_to)


def test_request_has_pkce_state_and_nonce_of_this_sign_in_only(running: RunningWorkspace) -> None:
    with Browser(running) as browser:
        queries = [
            {
                name: values[0]
                for name, values in parse_qs(
                    urlsplit(browser.open("/sign-in/provider").headers["location"]).query
                ).items()
            }
            for _ in range(2)
        ]
    assert queries[0]["code_challenge_method"] == "S256"
    assert set(queries[0]["scope"].split()) == {"openid", "email", "profile"}
    for name in ("state", "nonce", "code_challenge"):
        assert len(queries[0][name]) >= 43
        assert queries[0][name] != queries[1][name]


def test_answer_of_another_browser_s_sign_in_is_refused(running: RunningWorkspace) -> None:
    """If an attacker could send a victim their own answer, that would sign the victim in to the attacker's account."""
    with Browser(running) as attacker, Browser(running) as victim:
        url = go_to_provider(attacker)
        victim.open("/sign-in")
        response = victim.open(url)
        assert (response.status_code, "was not started in this browser" in response.text) == (403, True)
        assert not is_signed_in(victim)
    assert identities(running) == []


@pytest.mark.parametrize("state", ["", "x", "a.b.c.d", "a.1.!.x", "é.1..x"])
def test_invalid_state_is_refused(running: RunningWorkspace, state: str) -> None:
    with Browser(running) as browser:
        assert browser.open("/sign-in/callback", params={"state": state, "code": "x"}).status_code == 403


def test_old_state_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    started = challenge.create("key", "")
    assert challenge.check("key", started.state) == started
    assert challenge.check("other", started.state) is None
    later = time.time() + 601
    monkeypatch.setattr("arka_config.workspace.server.single_sign_on.challenge.time.time", lambda: later)
    assert challenge.check("key", started.state) is None


def test_answer_is_used_only_once(running: RunningWorkspace) -> None:
    with Browser(running) as browser:
        url = go_to_provider(browser)
        assert browser.open(url).status_code == 303
        assert browser.open(url).status_code == 403


def test_code_of_another_sign_in_is_refused(running: RunningWorkspace) -> None:
    """If an attacker injects a victim's code into their own sign-in, the verifier does not fit (RFC 7636)."""
    with Browser(running) as attacker, Browser(running) as victim:
        stolen = dict(parse_qsl(urlsplit(go_to_provider(victim)).query))["code"]
        own = dict(parse_qsl(urlsplit(go_to_provider(attacker)).query))
        response = attacker.open("/sign-in/callback", params=own | {"code": stolen})
        assert response.status_code == 403
        assert not is_signed_in(attacker)


def wrong_key(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "RS256", "kid": "first"}, claims, generate_key("stranger"))


def unsigned(claims: dict[str, Any]) -> str:
    parts = [json.dumps(each).encode() for each in ({"alg": "none"}, claims)]
    return ".".join(base64.urlsafe_b64encode(each).decode().rstrip("=") for each in parts) + "."


def signed_with_the_client_s_secret(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256", "kid": "first"}, claims, OctKey.import_key(CLIENT_SECRET))


@pytest.mark.parametrize("forge", [wrong_key, unsigned, signed_with_the_client_s_secret])
def test_id_token_without_the_provider_s_signature_is_refused(
    provider: Provider, settings: Settings, forge: Any
) -> None:
    assert ask(settings).subject == "alice-1"
    provider.sign = forge
    with pytest.raises(SignOnFailed, match="the ID token is not valid"):
        ask(settings)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of-another-sign-in"},
        {"nonce": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": "another-client", "azp": CLIENT_ID},
        {"aud": None},
        {"aud": [CLIENT_ID, "another-client"]},
        {"azp": "another-client"},
        {"exp": 1},
        {"exp": None},
        {"iat": int(time.time()) + 3600},
        {"at_hash": "x"},
        {"sub": None},
        {"sub": ""},
    ],
    ids=[
        "nonce",
        "no-nonce",
        "iss",
        "no-iss",
        "aud",
        "other-aud",
        "no-aud",
        "auds",
        "azp",
        "exp",
        "no-exp",
        "iat",
        "hash",
        "no-sub",
        "sub",
    ],
)
def test_id_token_that_is_not_for_this_sign_in_is_refused(
    provider: Provider, settings: Settings, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    with pytest.raises(SignOnFailed, match="the ID token"):
        ask(settings)


@pytest.mark.parametrize(
    ("metadata", "parameters"),
    [
        ({}, {"iss": "https%3A%2F%2Fevil.example"}),
        ({"authorization_response_iss_parameter_supported": True}, {}),
    ],
)
def test_response_of_another_issuer_is_refused(
    provider: Provider, settings: Settings, metadata: Any, parameters: Any
) -> None:
    provider.metadata, provider.parameters = metadata, parameters
    with pytest.raises(SignOnFailed, match="another issuer"):
        ask(settings)
    assert "/token" not in provider.requests


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": None},
    ],
)
def test_discovery_that_cannot_be_trusted_starts_nothing(provider: Provider, settings: Settings, metadata: Any) -> None:
    provider.metadata = metadata
    with pytest.raises(SignOnFailed, match="the provider's"):
        ask(settings)
    assert provider.requests == ["/.well-known/openid-configuration"]


@pytest.mark.parametrize(
    ("account", "claims", "may"),
    [
        ({"email": "eve@evil.example"}, (), False),
        ({"email": "eve@example.com.evil.example"}, (), False),
        ({"email_verified": False}, (), False),
        ({"email_verified": "true"}, (), False),
        ({"email_verified": None}, (), False),
        ({"email": None}, (), False),
        ({"email": "Alice@EXAMPLE.com"}, (), True),
        ({}, (("groups", "developers"),), False),
        ({"groups": ["staff", "developers"]}, (("groups", "developers"),), True),
        ({"groups": "developers"}, (("groups", "developers"),), True),
    ],
)
def test_only_accounts_that_the_operator_allows_are_accepted(
    provider: Provider, settings: Settings, account: Any, claims: Any, may: bool
) -> None:
    provider.account |= account
    settings = settings._replace(claims=claims)
    if may:
        assert ask(settings).subject == "alice-1"
    else:
        with pytest.raises(SignOnFailed, match="the account"):
            ask(settings)


def test_sign_in_is_refused_on_the_page_without_the_reason(running: RunningWorkspace, provider: Provider) -> None:
    provider.claims = {"nonce": "of-another-sign-in"}
    with Browser(running) as browser:
        response = sign_in(browser)
        assert (response.status_code, "may not sign in here" in response.text) == (403, True)
        assert "nonce" not in response.text
        assert not is_signed_in(browser)
    assert identities(running) == []


@pytest.mark.parametrize(("policy", "status"), [(CREATE, 303), (LINK, 403), (REFUSE, 403)])
def test_policy_decides_about_accounts_without_a_user(
    running: RunningWorkspace, settings: Settings, policy: str, status: int
) -> None:
    use(running, settings, policy=policy)
    with Browser(running) as browser:
        assert sign_in(browser).status_code == status
    assert len(identities(running)) == (status == 303)


def test_existing_user_is_linked_by_the_verified_address_once(
    running: RunningWorkspace, provider: Provider, settings: Settings
) -> None:
    """If the provider later gives the address to another person, that person is not the user."""
    running.add_user(ALICE)
    use(running, settings, policy=LINK)
    with Browser(running) as browser:
        assert sign_in(browser).status_code == 303
    provider.account["sub"] = "another-person"
    with Browser(running) as browser:
        assert sign_in(browser).status_code == 403
    assert identities(running) == [(ALICE, "alice-1")]


def test_domain_is_checked_at_every_sign_in(running: RunningWorkspace, provider: Provider) -> None:
    with Browser(running) as browser:
        assert sign_in(browser).status_code == 303
    provider.account["email"] = "alice@elsewhere.example"
    with Browser(running) as browser:
        assert sign_in(browser).status_code == 403


def test_sign_in_links_do_not_work_if_they_are_turned_off(running: RunningWorkspace, settings: Settings) -> None:
    link = running.add_user(ANN).link
    use(running, settings, only=True)
    with Browser(running) as browser:
        assert 'name="code"' not in browser.open("/sign-in").text
        key = {"form_key": hashlib.sha256(b"form " + browser.cookie.encode()).hexdigest()}  # no form shows it
        assert browser.send("/sign-in", {"code": link} | key).status_code == 403
        assert not is_signed_in(browser)
        assert sign_in(browser).status_code == 303


def test_new_key_of_the_provider_is_fetched(
    running: RunningWorkspace, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arka_config.workspace.server.single_sign_on.provider._MIN_REFRESH", -1.0)
    with Browser(running) as browser:
        assert sign_in(browser).status_code == 303
    provider.keys, provider.sign = [generate_key("stranger")], wrong_key
    with Browser(running) as browser:
        assert sign_in(browser).status_code == 303
    assert generate_key() is not generate_key("stranger")


def test_failed_answers_are_limited(running: RunningWorkspace, provider: Provider) -> None:
    running.workspace.sign_in_limit = Limit("sign-in", 2, running.workspace.sign_in_limit.window)
    with Browser(running) as browser:
        started = dict(parse_qsl(urlsplit(go_to_provider(browser)).query))
        statuses = [
            browser.open("/sign-in/callback", params=started | {"code": f"guess-{number}"}).status_code
            for number in range(4)
        ]
    assert statuses == [403, 403, 429, 429]
    assert provider.requests.count("/token") <= 3


def test_unreachable_provider_is_reported_on_the_page(running: RunningWorkspace, settings: Settings) -> None:
    use(running, settings, issuer="http://127.0.0.1:9")
    with Browser(running) as browser:
        response = browser.open("/sign-in/provider")
    assert (response.status_code, "The provider could not be asked" in response.text) == (403, True)


def test_workspace_without_single_sign_on_has_no_such_pages(running: RunningWorkspace) -> None:
    running.workspace.single_sign_on = None
    with Browser(running) as browser:
        assert browser.open("/sign-in/provider").status_code == 404
        assert browser.open("/sign-in/callback").status_code == 404
        assert "your organization" not in browser.open("/sign-in").text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"issuer": "http://accounts.example.com"}, UsageError),
        ({"issuer": "https://"}, UsageError),
        ({"client_id": ""}, UsageError),
        ({"domains": ()}, UsageError),
        ({"client_secret_file": "/missing"}, ConfigError),
    ],
)
def test_settings_that_cannot_be_used_are_refused_at_the_start(
    settings: Settings, changes: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        settings._replace(policy=CREATE, **changes).check()
