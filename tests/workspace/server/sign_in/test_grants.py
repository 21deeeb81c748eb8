"""The two grants as an independent client and a user see them."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, update

from arka_config.arka import app
from arka_config.workspace import user_codes
from arka_config.workspace.server.records import Limit
from arka_config.workspace.server.serving import serve_in_thread
from arka_config.workspace.server.tables import AuditEntry, LoginRequest
from tests.workspace.server.clients import ANN, BOB, MANAGE, Api, Browser, read_form_key
from tests.workspace.server.sign_in.program import (
    DENIAL,
    DEVICE_GRANT,
    REDIRECT,
    Program,
    approve,
    approve_code,
    outcome,
    read_response,
)

if TYPE_CHECKING:
    import httpx

    from arka_config.workspace.server.serving import RunningWorkspace

on_both_databases = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.peer("postgresql"))], indirect=True
)
METADATA = "/.well-known/oauth-authorization-server"
PENDING = "authorization_pending"


def change_requests(workspace: RunningWorkspace, **values: object) -> None:
    with workspace.workspace.database.write() as session:
        session.execute(update(LoginRequest).values(**values))


def count_requests(workspace: RunningWorkspace) -> int:
    with workspace.workspace.database.read() as session:
        return session.scalar(select(func.count()).select_from(LoginRequest)) or 0


def token_labels(workspace: RunningWorkspace) -> list[str]:
    with Api(workspace, workspace.issue(ANN, "reader", [MANAGE]).secret.reveal()) as api:
        labels = [token["label"] for token in api.get("tokens").json()["tokens"]]
    return [label for label in labels if label != "reader"]


@on_both_databases
def test_independent_client_signs_in_with_a_code(
    workspace: RunningWorkspace, ann: Browser, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """oauthlib builds and checks everything; only the user's click is ours."""
    oauthlib: Any = import_module("oauthlib.oauth2")  # it has no type annotations
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")  # it does not accept http, even on loopback
    metadata = program.http.get(workspace.url + METADATA).json()
    client = oauthlib.WebApplicationClient("arka")
    verifier = client.create_code_verifier(64)
    challenge = client.create_code_challenge(verifier, "S256")
    url, _, _ = client.prepare_authorization_request(
        metadata["authorization_endpoint"],
        state="a state",
        redirect_url=REDIRECT,
        code_challenge=challenge,
        code_challenge_method="S256",
    )
    location = approve(ann, url.removeprefix(workspace.url)).headers["location"]
    assert client.parse_request_uri_response(location, state="a state")["iss"] == metadata["issuer"]
    url, headers, body = client.prepare_token_request(
        metadata["token_endpoint"], authorization_response=location, redirect_url=REDIRECT, code_verifier=verifier
    )
    answer = program.http.post(url, headers=headers, content=body)
    token = client.parse_request_body_response(answer.text)
    assert answer.headers["cache-control"] == "no-store"
    assert (token["token_type"], token["label"], token["user"]) == ("Bearer", "laptop", ANN)
    with Api(workspace) as api:
        me = api.get("me", token=token["access_token"]).json()["token"]
    assert (me["id"], me["label"], me["scopes"], me["expires"]) == (
        token["token_id"],
        "laptop",
        [],
        token["expires"],
    )
    assert 0 <= 90 * 86400 - token["expires_in"] < 60
    url, headers, body = client.prepare_token_revocation_request(
        metadata["revocation_endpoint"], token["access_token"], client_id="arka"
    )
    assert program.http.post(url, headers=headers, content=body).status_code == 200
    with Api(workspace) as api:
        assert not api.accepts(token["access_token"])


def test_independent_client_signs_in_with_a_device_code(
    workspace: RunningWorkspace, ann: Browser, program: Program
) -> None:
    oauthlib: Any = import_module("oauthlib.oauth2")
    metadata = program.http.get(workspace.url + METADATA).json()
    started = program.http.post(metadata["device_authorization_endpoint"], data={"client_id": "arka"}).json()
    assert (started["expires_in"], started["interval"]) == (900, 5)
    client = oauthlib.DeviceClient("arka")
    body = client.prepare_request_body(started["device_code"], include_client_id=True)
    assert DEVICE_GRANT in metadata["grant_types_supported"]

    def poll() -> httpx.Response:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return program.http.post(metadata["token_endpoint"], headers=headers, content=body)

    with pytest.raises(oauthlib.OAuth2Error) as waiting:
        client.parse_request_body_response(poll().text)
    assert waiting.value.error == PENDING
    approve(ann, started["verification_uri_complete"].removeprefix(workspace.url))
    assert client.parse_request_body_response(poll().text)["user"] == ANN


def test_approval_page_shows_the_requesting_machine(
    workspace: RunningWorkspace, ann: Browser, program: Program
) -> None:
    device_page = program.start_device_login()
    for page, machine, profile, code in (
        (program.page(), "laptop.example", "work", user_codes.show(user_codes.of_challenge(program.challenge))),
        (device_page, "server.example", "ci", program.user_code),
    ):
        text = ann.open(page).text
        assert f"<bdi>{machine}</bdi>" in text
        assert f"<bdi>{profile}</bdi>" in text
        assert "<bdi>127.0.0.1</bdi>" in text
        assert f"{datetime.now(UTC):%Y-%m-%dT%H}" in text
        assert f'value="{profile} on {machine}"' in text
        assert f'<code id="user-code">{code}</code>' in text
        assert "browser’s" not in text
    change_requests(workspace, address="192.0.2.7")
    assert "(this browser’s is <bdi>127.0.0.1</bdi>)" in ann.open(device_page).text
    assert 'value="MacBook"' in ann.open(program.page(label="MacBook")).text
    assert "<b>" not in ann.open(program.page(machine="<b>bold</b>")).text


def test_user_chooses_label_and_expiry(workspace: RunningWorkspace, ann: Browser, program: Program) -> None:
    device_page = program.start_device_login()
    for page in (program.page(), device_page):
        for changes, fault in (({"label": " "}, "A token needs a name."), ({"expiry": ""}, "Choose when the token")):
            refused = approve(ann, page, **changes)
            assert refused.status_code == 422
            assert fault in refused.text
    approve(ann, device_page, label="Build server", expiry="never")
    answer = program.poll().json()
    assert (answer["label"], answer["expires"], "expires_in" in answer) == ("Build server", None, False)
    assert token_labels(workspace) == ["Build server"]


@on_both_databases
def test_poll_reports_each_outcome(workspace: RunningWorkspace, ann: Browser, program: Program) -> None:
    page = program.start_device_login()
    assert [outcome(program.poll()) for _ in range(3)] == [PENDING, "slow_down", "slow_down"]
    change_requests(workspace, polled=datetime.now(UTC) - timedelta(seconds=12))
    assert outcome(program.poll()) == "slow_down"  # by now, the interval is 15 seconds
    change_requests(workspace, polled=datetime.now(UTC) - timedelta(seconds=21))
    assert outcome(program.poll()) == PENDING
    ann.send(page, DENIAL)
    assert [outcome(program.poll()) for _ in range(2)] == ["access_denied"] * 2
    program.start_device_login()
    change_requests(workspace, expires=datetime.now(UTC))
    assert outcome(program.poll()) == "expired_token"
    assert outcome(program.poll(device_code="unknown")) == "invalid_grant"


def form_key_of(browser: Browser) -> str:
    return read_form_key(browser.open("/device").text)


def test_decided_code_cannot_be_decided_again(workspace: RunningWorkspace, ann: Browser, program: Program) -> None:
    page = program.start_device_login()
    ann.send(page, DENIAL)
    assert approve(ann, page, form_key=form_key_of(ann)).status_code == 422
    assert outcome(program.poll()) == "access_denied"
    assert "That code is not valid" in ann.open(page).text


def test_approved_request_that_is_never_fetched_leaves_no_token(
    workspace: RunningWorkspace, ann: Browser, program: Program
) -> None:
    code = approve_code(ann, program)
    approve(ann, program.start_device_login())
    assert token_labels(workspace) == []
    change_requests(workspace, expires=datetime.now(UTC))
    assert outcome(program.poll()) == "expired_token"
    assert outcome(program.exchange(code)) == "invalid_grant"
    assert token_labels(workspace) == []


def test_database_files_have_no_code_and_no_token(
    workspace: RunningWorkspace, ann: Browser, program: Program, database_url: str
) -> None:
    code = approve_code(ann, program)
    program.start_device_login()
    token = outcome(program.exchange(code))
    files = list(Path(database_url.removeprefix("sqlite:///")).parent.iterdir())
    stored = b"".join(file.read_bytes() for file in files)
    assert program.challenge.encode() in stored
    user_code = program.user_code.replace("-", "")
    for secret in (code, program.device_code, program.user_code, user_code, program.verifier, token):
        assert secret.encode() not in stored


def test_withdrawn_request_gives_no_token(workspace: RunningWorkspace, ann: Browser, program: Program) -> None:
    page = program.start_device_login()
    assert program.withdraw(program.device_code, client_id="other").status_code == 401
    assert ann.open(page).status_code == 200
    assert program.withdraw(program.device_code).status_code == 200
    assert approve(ann, page, form_key=form_key_of(ann)).status_code == 422
    assert outcome(program.poll()) == "invalid_grant"
    assert count_requests(workspace) == 0
    assert program.withdraw("unknown").json() == {}  # the response does not disclose what exists


@on_both_databases
def test_withdrawal_revokes_a_token_whose_response_was_lost(
    workspace: RunningWorkspace, ann: Browser, program: Program
) -> None:
    code = approve_code(ann, program)
    approve(ann, program.start_device_login())
    for secret, token in ((code, outcome(program.exchange(code))), (program.device_code, outcome(program.poll()))):
        with Api(workspace) as api:
            assert api.accepts(token)
            program.withdraw(secret)
            assert not api.accepts(token)


@on_both_databases
def test_withdrawal_by_key_with_a_later_token(workspace: RunningWorkspace, ann: Browser, program: Program) -> None:
    key = "k" * 22
    program.http.headers["Idempotency-Key"] = key
    lost = outcome(program.exchange(approve_code(ann, program)))
    second = approve_code(ann, program)
    assert outcome(program.exchange(second)) == "invalid_request"  # the key was used
    del program.http.headers["Idempotency-Key"]
    token = outcome(program.exchange(second))
    with Api(workspace, token) as api:
        assert api.delete(f"tokens/requests/{key}").json() == {"revoked": True}
        assert not api.accepts(lost)
        assert api.accepts(token)
    program.http.headers["Idempotency-Key"] = "too short"
    assert outcome(program.poll()) == "invalid_request"


def test_without_pro_no_token_is_issued_and_the_client_learns_why(workspace: RunningWorkspace) -> None:
    page_of_problem = f"{workspace.url}/problems/pro-required"
    with Browser(workspace).sign_in(BOB, "free") as bob, Program(workspace) as program:
        device_page = program.start_device_login()
        for page in (program.page(), device_page):
            text = bob.open(page).text
            assert "Pro subscription required." in text
            assert ">Approve<" not in text
        assert approve(bob, device_page).status_code == 200
        error = read_response(approve(bob, program.page()))
        assert (error["error"], error["error_uri"]) == ("access_denied", page_of_problem)
        assert error["error_description"] == "Pro subscription required"
        polled = program.poll().json()
        assert (polled["error"], polled["error_uri"]) == ("access_denied", page_of_problem)
        workspace.add_user(BOB, "pro")
        code = approve_code(bob, program)
        workspace.workspace.set_plan(BOB, "free")
        assert program.exchange(code).json()["error_uri"] == page_of_problem  # the plan counts at the exchange
        assert program.http.get(page_of_problem).status_code == 200


def test_sign_in_page_returns_to_the_approval_page(workspace: RunningWorkspace, program: Program) -> None:
    for page in (program.page(), program.start_device_login()):
        with Browser(workspace) as browser:
            sign_in_page = browser.open(page).headers["location"]
            assert sign_in_page.startswith("/sign-in?next=%2F")
            link = workspace.add_user(ANN).link
            refused = browser.send("/sign-in", {"code": "wrong", "next": page}, page=sign_in_page)
            assert refused.status_code == 403
            assert browser.send("/sign-in", {"code": link, "next": page}).headers["location"] == page
            assert browser.open(page).status_code == 200
            assert browser.open(sign_in_page).headers["location"] == page
    with Browser(workspace) as browser:
        elsewhere = {"code": workspace.add_user(ANN).link, "next": "//evil.example"}
        assert "evil" not in browser.send("/sign-in", elsewhere).headers["location"]


@on_both_databases
def test_login_goes_on_in_another_worker_and_after_a_restart(database_url: str) -> None:
    with serve_in_thread(app, database_url) as first, Program(first) as program:
        first.add_user(ANN, "pro")
        page = program.start_device_login()
        device_code = program.device_code
        with serve_in_thread(app, database_url) as second, Browser(second).sign_in(ANN) as ann:
            approve(ann, page)
            code = approve_code(ann, program)
        assert outcome(program.exchange(code)).startswith("arka_")
    with serve_in_thread(app, database_url) as third, Program(third) as restarted:
        assert outcome(restarted.poll(device_code=device_code)).startswith("arka_")


@on_both_databases
def test_concurrent_exchanges_give_one_token(workspace: RunningWorkspace, ann: Browser, program: Program) -> None:
    approve(ann, program.start_device_login())
    code = approve_code(ann, program)
    for exchange in (program.poll, lambda: program.exchange(code)):
        with ThreadPoolExecutor(4) as pool:
            outcomes = [outcome(each.result(30)) for each in [pool.submit(exchange) for _ in range(4)]]
        assert sum(each.startswith("arka_") for each in outcomes) == 1
    assert token_labels(workspace) == []  # the later ones were replays


@on_both_databases
def test_old_requests_are_removed(workspace: RunningWorkspace, ann: Browser, program: Program) -> None:
    with Program(workspace) as other:
        for started in (program, other):
            started.start_device_login()
        change_requests(workspace, remove_after=datetime.now(UTC))
        program.start_device_login()
        assert count_requests(workspace) == 1
        assert outcome(other.poll()) == "invalid_grant"


@on_both_databases
def test_user_s_requests_are_removed_with_the_user(workspace: RunningWorkspace, ann: Browser, program: Program) -> None:
    code = approve_code(ann, program)
    workspace.workspace.remove_user(ANN)
    assert count_requests(workspace) == 0
    assert outcome(program.exchange(code)) == "invalid_grant"


def test_device_requests_are_limited_for_each_address(workspace: RunningWorkspace, program: Program) -> None:
    workspace.workspace.login_request_limit = Limit("login request", 2, timedelta(minutes=10))
    for _ in range(2):
        program.start_device_login()
    response = program.http.post("/oauth/device_authorization", data={"client_id": "arka"})
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0
    assert count_requests(workspace) == 2


def test_decisions_are_in_the_audit_log(workspace: RunningWorkspace, ann: Browser, program: Program) -> None:
    ann.send(program.start_device_login(), DENIAL)
    approve(ann, program.start_device_login())
    program.poll()
    with workspace.workspace.database.read() as session:
        actions = list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))[-3:]
    assert actions == ["login denied", "login approved", "token created"]


def test_malformed_request_is_answered_with_an_oauth_error(workspace: RunningWorkspace, program: Program) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    code = b"client_id=arka&grant_type=authorization_code"
    for content, status, error in (
        (b"", 401, "invalid_client"),
        (b"client_id=arka", 400, "unsupported_grant_type"),
        (b"client_id=arka&grant_type=password", 400, "unsupported_grant_type"),
        (code, 400, "invalid_request"),
        (b"client_id=arka&client_id=arka", 400, "invalid_request"),
        (b"client_id=\xff", 400, "invalid_request"),
        (code + b"&code=%00&redirect_uri=x&code_verifier=%ff", 400, "invalid_grant"),
    ):
        response = program.http.post("/oauth/token", content=content, headers=form)
        assert (response.status_code, response.json()["error"]) == (status, error), content
    in_json = program.http.post("/oauth/token", content=json.dumps({"client_id": "arka"}))
    assert in_json.json()["error"] == "invalid_request"
    assert program.http.get("/oauth/token").headers["content-type"] == "application/problem+json"
    assert program.http.post("/oauth/device_authorization", data={"client_id": "arka", "scope": "x"}).status_code == 400
