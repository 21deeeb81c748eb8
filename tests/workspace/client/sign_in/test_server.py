"""The requests of a sign-in, and how each answer of an authorization server ends."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from arka_config.errors import ConfigError, InvalidValue, ProRequired, SignInFailed, WorkspaceFault
from arka_config.precedence.origin import Origin
from arka_config.secret import Secret
from arka_config.workspace.client.sign_in import server as servers
from arka_config.workspace.client.sign_in.server import CodeRequest, DeviceCode, Granted, Requester
from tests.workspace import fake as steps
from tests.workspace.client.sign_in.authorization_server import GRANTED, TOKEN, answer, sent_forms, server_at

if TYPE_CHECKING:
    from tests.workspace.fake import FakeWorkspace

REQUESTER = Requester("laptop.example", "work")
CODE = Secret("the-code")


def start_device_login(fake: FakeWorkspace, **changes: Any) -> DeviceCode:
    members = {
        "device_code": "dc-1",
        "user_code": "BCDF-GHJK",
        "verification_uri": f"{fake.url}/device",
        "verification_uri_complete": f"{fake.url}/device?user_code=BCDF-GHJK",
        "expires_in": 900,
        "interval": 5,
    } | changes
    answer(fake, (200, members))
    return server_at(fake).authorize_device(REQUESTER)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds between polls, without any wait. Polling ends after ten."""
    seconds: list[float] = []
    clock = [1000.0]

    def pause(until: float, ends: float, show: Any) -> bool:
        seconds.append(until - clock[0])
        clock[0] = until
        return len(seconds) <= 10

    monkeypatch.setattr(servers, "pause", pause)
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    return seconds


# Authorization code


def test_authorization_url_has_a_new_state_and_challenge(fake: FakeWorkspace) -> None:
    first, second = (CodeRequest("http://127.0.0.1:1/callback", state) for state in ("s1", "s2"))
    url = server_at(fake).authorization_url(first, REQUESTER)
    query = dict(parse_qsl(urlsplit(url).query))
    digest = hashlib.sha256(first.verifier.reveal().encode()).digest()
    assert query == {
        "response_type": "code",
        "client_id": "arka",
        "redirect_uri": "http://127.0.0.1:1/callback",
        "state": "s1",
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
        "machine": "laptop.example",
        "profile": "work",
    }
    assert first.challenge != second.challenge
    assert first.verifier.reveal() not in url


def test_exchange_sends_the_verifier_and_returns_the_token(fake: FakeWorkspace) -> None:
    request = CodeRequest("http://127.0.0.1:1/callback", "s1")
    answer(fake, (200, GRANTED | {"expires": "2099-01-01T00:00:00Z"}))
    granted = server_at(fake).exchange(request, CODE)
    assert granted == Granted(Secret(TOKEN), "tok_1", "laptop", "a@b.example", "2099-01-01T00:00:00Z")
    assert TOKEN not in repr(granted)
    assert sent_forms(fake) == [
        {
            "grant_type": "authorization_code",
            "code": "the-code",
            "redirect_uri": "http://127.0.0.1:1/callback",
            "client_id": "arka",
            "code_verifier": request.verifier.reveal(),
        }
    ]
    assert fake.requests[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert "Authorization" not in fake.requests[0].headers


def test_exchange_is_repeated_if_the_response_is_lost(fake: FakeWorkspace) -> None:
    fake.script.append(steps.reset_connection)
    answer(fake, (400, {"error": "invalid_grant", "error_description": "used"}))
    with pytest.raises(SignInFailed, match="invalid_grant: used"):
        server_at(fake).exchange(CodeRequest("http://127.0.0.1:1/callback", "s1"), CODE)
    assert len(fake.requests) == 2


@pytest.mark.parametrize("iss", ["https://evil.example", "", None])
def test_answer_of_another_server_is_refused(fake: FakeWorkspace, iss: str | None) -> None:
    parameters = {"code": "c"} | ({} if iss is None else {"iss": iss})
    with pytest.raises(SignInFailed, match=f"and not from {fake.url}; nothing was stored"):
        server_at(fake).code_of(parameters)
    assert fake.requests == []


def test_answer_may_lack_its_issuer_only_if_the_metadata_allows_it(fake: FakeWorkspace) -> None:
    old = server_at(fake, authorization_response_iss_parameter_supported=None)
    assert old.code_of({"code": "c"}).reveal() == "c"
    with pytest.raises(SignInFailed):
        old.code_of({"code": "c", "iss": "https://evil.example"})


@pytest.mark.parametrize(
    ("parameters", "kind", "message"),
    [
        ({"error": "access_denied"}, SignInFailed, "the request was denied in the browser; nothing was stored"),
        ({"error": "access_denied", "error_uri": "/problems/pro-required"}, ProRequired, "Pro subscription required"),
        ({"error": "server_error", "error_description": f"\x1b[31m{TOKEN}"}, SignInFailed, "server_error: "),
        ({}, WorkspaceFault, "returned without a code"),
    ],
)
def test_error_in_the_browser_ends_in_its_own_message(
    fake: FakeWorkspace, parameters: dict[str, str], kind: type[ConfigError], message: str
) -> None:
    with pytest.raises(kind, match=message) as raised:
        server_at(fake).code_of(parameters | {"iss": fake.url})
    assert TOKEN not in str(raised.value)
    assert "\x1b" not in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"access_token": "ghp_x"}, "access_token"),
        ({"access_token": None}, "access_token"),
        ({"token_type": "mac"}, "token_type"),
        ({"expires": "soon"}, "expires"),
        ({"expires_in": "soon"}, "expires_in"),
        ({"label": "a\nb"}, "label"),
    ],
)
def test_malformed_token_response_is_named_and_never_repeated(
    fake: FakeWorkspace, changes: dict[str, Any], named: str
) -> None:
    answer(fake, (200, GRANTED | changes))
    with pytest.raises(WorkspaceFault, match=named) as raised:
        server_at(fake).exchange(CodeRequest("http://127.0.0.1:1/callback", "s1"), CODE)
    assert "ghp_x" not in str(raised.value)


@pytest.mark.parametrize(
    ("members", "expires"), [({}, ""), ({"expires": None}, "never"), ({"expires_in": 10**12}, "never")]
)
def test_expiry_of_a_token_response(members: dict[str, Any], expires: str) -> None:
    from arka_config.arka import app

    assert Granted.parse(GRANTED | members, app).expires == expires
    assert Granted.parse(GRANTED | {"expires_in": 3600}, app).expires.startswith("20")


# Device code


@pytest.mark.parametrize("key", ["verification_uri", "verification_uri_complete"])
def test_page_of_another_origin_is_not_shown(fake: FakeWorkspace, key: str) -> None:
    with pytest.raises(WorkspaceFault, match=f"{key} is not on {fake.url}"):
        start_device_login(fake, **{key: "https://evil.example/device"})


def test_interval_and_lifetime_of_a_device_code_are_bounded(fake: FakeWorkspace) -> None:
    device = start_device_login(fake, expires_in=10**9, interval=0)
    assert (device.ends - time.monotonic() <= 1800, device.interval) == (True, 1)
    for wrong in (-1, "5", True, float("nan")):
        with pytest.raises(InvalidValue, match="interval"):
            DeviceCode.parse(
                {"device_code": "d", "user_code": "u", "verification_uri": f"{fake.url}/d", "expires_in": 1}
                | {"interval": wrong},
                Origin.of(fake.url),
            )


def test_polling_honours_interval_and_slow_down(fake: FakeWorkspace, pauses: list[float]) -> None:
    device = start_device_login(fake)
    pending, slow = {"error": "authorization_pending"}, {"error": "slow_down"}
    answer(fake, (400, pending), (400, slow), (400, pending), (200, GRANTED))
    granted = server_at(fake).wait_for_approval(device, lambda _: None)
    assert granted.token.reveal() == TOKEN
    assert pauses == [5, 5, 10, 10]
    assert sent_forms(fake)[-1]["device_code"] == "dc-1"


def test_server_that_fails_is_asked_less_often(fake: FakeWorkspace, pauses: list[float]) -> None:
    device = start_device_login(fake)
    fake.script += [steps.reply(503), steps.reset_connection, steps.reply(429)]
    answer(fake, (200, GRANTED))
    server_at(fake).wait_for_approval(device, lambda _: None)
    assert pauses == [5, 10, 20, 40]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"error": "access_denied"}, "denied in the browser"),
        ({"error": "expired_token"}, "not approved in time"),
        ({"error": "invalid_grant"}, "rejected the sign-in: invalid_grant"),
    ],
)
@pytest.mark.usefixtures("pauses")
def test_device_login_ends_in_its_own_message(fake: FakeWorkspace, document: dict[str, str], message: str) -> None:
    device = start_device_login(fake)
    answer(fake, (400, document))
    with pytest.raises(SignInFailed, match=message):
        server_at(fake).wait_for_approval(device, lambda _: None)


def test_unreachable_server_is_reported_when_the_time_is_over(fake: FakeWorkspace, pauses: list[float]) -> None:
    device = start_device_login(fake)
    fake.script += [steps.reply(503)] * 10
    with pytest.raises(WorkspaceFault, match="failed: 503"):
        server_at(fake).wait_for_approval(device, lambda _: None)


def test_withdrawal_sends_the_code_with_its_kind(fake: FakeWorkspace) -> None:
    answer(fake, (200, {}))
    assert server_at(fake).withdraw(CODE, "authorization_code")
    assert sent_forms(fake) == [{"token": "the-code", "token_type_hint": "authorization_code", "client_id": "arka"}]
    assert not server_at(fake, revocation_endpoint=None).withdraw(CODE, "authorization_code")


@pytest.mark.parametrize("secret", ["the-code", "verifier"])
def test_error_does_not_quote_what_was_sent(fake: FakeWorkspace, secret: str) -> None:
    request = CodeRequest("http://127.0.0.1:1/callback", "s1")
    sent = request.verifier.reveal() if secret == "verifier" else secret
    for status, body in ((400, {"error": "invalid_grant", "error_description": f"bad {sent}"}), (422, {"title": sent})):
        answer(fake, (status, body))
        with pytest.raises(ConfigError, match="rejected the") as raised:
            server_at(fake).exchange(request, CODE)
        assert sent not in "".join([*raised.value.lines, raised.value.hint])
