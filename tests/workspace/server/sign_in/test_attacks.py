"""Attacks on the sign-in of programs, which must fail."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from arka_config.arka import app
from arka_config.workspace import user_codes
from arka_config.workspace.server.records import Limit
from arka_config.workspace.server.sign_in import login_requests
from tests.workspace.server.clients import ANN, BOB, Api, Browser, read_form_key
from tests.workspace.server.sign_in.program import APPROVAL, Program, approve, approve_code, outcome, read_response

if TYPE_CHECKING:
    from arka_config.workspace.server.serving import RunningWorkspace


def token_count(workspace: RunningWorkspace) -> int:
    return sum(user.tokens for user in workspace.workspace.list_users())


def test_code_of_another_session_gives_no_token(workspace: RunningWorkspace, ann: Browser, program: Program) -> None:
    """An attacker injects their code into a user's login (RFC 9700, 4.5). The user's program has another verifier."""
    with Browser(workspace).sign_in(BOB, "pro") as bob, Program(workspace) as attacker:
        code = approve_code(bob, attacker)
        assert outcome(program.exchange(code)) == "invalid_grant"
        assert outcome(attacker.exchange(code)) == "invalid_grant"  # it is used up
        form_key = read_form_key(bob.open(program.page()).text)
        assert ann.send(program.page(), APPROVAL | {"form_key": form_key}).status_code == 403
    assert token_count(workspace) == 0


def test_replayed_code_gives_no_token_and_revokes_the_first(
    workspace: RunningWorkspace, ann: Browser, program: Program
) -> None:
    code = approve_code(ann, program)
    token = outcome(program.exchange(code))
    with Api(workspace) as api:
        assert api.accepts(token)
        assert outcome(program.exchange(code)) == "invalid_grant"
        assert not api.accepts(token)
    assert outcome(program.exchange(code)) == "invalid_grant"


def test_replayed_device_code_gives_no_token_and_revokes_the_first(
    workspace: RunningWorkspace, ann: Browser, program: Program
) -> None:
    approve(ann, program.start_device_login())
    token = outcome(program.poll())
    with Api(workspace) as api:
        assert api.accepts(token)
        assert outcome(program.poll()) == "invalid_grant"
        assert not api.accepts(token)


def test_code_for_another_challenge_gives_no_token(workspace: RunningWorkspace, ann: Browser, program: Program) -> None:
    for verifier in ("w" * 43, program.challenge, "short"):
        code = approve_code(ann, program)
        assert outcome(program.exchange(code, code_verifier=verifier)) == "invalid_grant"
        assert outcome(program.exchange(code)) == "invalid_grant"  # a thief has one try
    assert program.exchange(approve_code(ann, program), code_verifier="").json()["error"] == "invalid_request"
    assert token_count(workspace) == 0


@pytest.mark.parametrize("method", ["plain", None, "s256"])
def test_only_sha_256_challenges_are_accepted(ann: Browser, program: Program, method: str | None) -> None:
    answer = read_response(ann.open(program.page(code_challenge_method=method)))
    assert (answer["error"], answer["state"]) == ("invalid_request", program.state)
    assert read_response(ann.open(program.page(code_challenge=None)))["error"] == "invalid_request"


def test_browser_is_not_redirected_to_another_host(ann: Browser, program: Program) -> None:
    """`test_protocol.py` tries more of these."""
    for redirect_uri in ("http://evil.example:5555/", "http://localhost.evil.example:5555/", "http://localhost:5555/"):
        page = program.page(redirect_uri=redirect_uri)
        for response in (ann.open(page), ann.send(page, APPROVAL, page="/device")):
            assert response.status_code == 422
            assert "location" not in response.headers


def test_code_is_bound_to_its_redirect(workspace: RunningWorkspace, ann: Browser, program: Program) -> None:
    code = approve_code(ann, program)
    assert outcome(program.exchange(code, redirect_uri="http://127.0.0.1:6666/callback")) == "invalid_grant"
    assert token_count(workspace) == 0


def test_request_without_state_gets_no_code(ann: Browser, program: Program) -> None:
    for state in (None, "", "line\nbreak", "\u00e9"):
        answer = read_response(ann.send(program.page(state=state), APPROVAL, page="/device"))
        assert answer["error"] == "invalid_request"
        assert "code" not in answer
        assert "state" not in answer
    assert ann.open(program.page(state="x" * 513)).status_code == 422


def test_response_has_the_state_and_the_issuer_of_its_request(
    workspace: RunningWorkspace, ann: Browser, program: Program
) -> None:
    """If the `state` or the issuer is another one, the client rejects the response (mix-up, RFC 9207)."""
    denied = read_response(ann.send(program.page(), {"decision": "deny"}))
    assert (denied["error"], denied["state"], denied["iss"]) == ("access_denied", program.state, workspace.url)
    approved = read_response(approve(ann, program.page(state="&iss=x y")))
    assert (approved["state"], approved["iss"]) == ("&iss=x y", workspace.url)


def test_approval_page_cannot_be_framed(ann: Browser, program: Program) -> None:
    for page in (program.page(), program.start_device_login(), "/device"):
        response = ann.open(page)
        assert response.status_code == 200
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert response.headers["x-frame-options"] == "DENY"


def test_approval_redirects_only_to_the_program(ann: Browser, program: Program) -> None:
    for redirect_uri, allowed in (
        ("http://127.0.0.1:5555/a", "http://127.0.0.1:5555"),
        ("http://[::1]:5555/", "http:"),
    ):
        policy = ann.open(program.page(redirect_uri=redirect_uri)).headers["content-security-policy"]
        assert f"form-action 'self' {allowed};" in policy
    assert "form-action 'self';" in ann.open(program.start_device_login()).headers["content-security-policy"]


def test_approval_from_another_site_is_refused(workspace: RunningWorkspace, ann: Browser, program: Program) -> None:
    for page in (program.page(), program.start_device_login()):
        assert ann.send(page, APPROVAL | {"form_key": ""}).status_code == 403
        assert ann.send(page, APPROVAL | {"form_key": "0" * 64}).status_code == 403
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert ann.send(page, APPROVAL, headers=headers).status_code == 403
        response = ann.open(page.partition("?")[0], params={**APPROVAL, "user_code": program.user_code})
        assert "code=" not in response.headers.get("location", "")  # GET decides nothing
    assert outcome(program.poll()) == "authorization_pending"


def test_guessing_user_codes_is_limited_for_each_user(
    workspace: RunningWorkspace, ann: Browser, program: Program
) -> None:
    workspace.workspace.user_code_limit = Limit("user code", 3, timedelta(minutes=10))
    page = program.start_device_login()
    for attempt in range(3):
        assert ann.open(f"/device?user_code=BCDF-GHJ{user_codes.LETTERS[attempt]}").status_code == 422
    assert ann.open(page).status_code == 429  # even a right guess is not accepted now
    assert ann.send(page, APPROVAL, page="/device").status_code == 429
    with Browser(workspace).sign_in(ANN) as other_browser:
        assert other_browser.open(page).status_code == 429
    assert outcome(program.poll()) == "authorization_pending"
    with Browser(workspace).sign_in(BOB, "pro") as bob:
        assert bob.open(page).status_code == 200


def test_device_codes_cannot_be_guessed(workspace: RunningWorkspace, ann: Browser, program: Program) -> None:
    approve(ann, program.start_device_login())
    workspace.workspace.bad_token_limit = Limit("bad token", 2, timedelta(minutes=1))
    assert len(program.device_code) == 43
    user_code = program.user_code
    guesses = [program.poll(device_code=guess) for guess in (user_code, "x" * 43, "x" * 43, "y" * 43)]
    assert [guess.status_code for guess in guesses] == [400, 400, 429, 429]
    assert outcome(program.poll()).startswith("arka_")  # a stranger behind the same address cannot lock anyone out


def test_device_code_approved_by_a_user_is_useless_to_another_client(
    workspace: RunningWorkspace, ann: Browser, program: Program
) -> None:
    with Program(workspace) as attacker:
        attacker.start_device_login()
        approve(ann, program.start_device_login())
        assert outcome(attacker.poll()) == "authorization_pending"
        assert attacker.poll(device_code=program.device_code, client_id="other").json()["error"] == "invalid_client"
        database = workspace.workspace.database
        with database.write() as session:  # if there were several clients
            answer = login_requests.poll(session, app, program.device_code, client_id="other", address="192.0.2.1")
        assert getattr(answer, "error", "") == "invalid_grant"
        assert outcome(attacker.exchange(program.device_code)) == "invalid_grant"
    assert token_count(workspace) == 0
    assert outcome(program.poll()).startswith("arka_")


def test_metadata_is_about_its_own_origin(workspace: RunningWorkspace) -> None:
    with Program(workspace) as program:
        path = "/.well-known/oauth-authorization-server"
        metadata = program.http.get(path).json()
        assert metadata["issuer"] == workspace.url
        endpoints = {value for name, value in metadata.items() if name.endswith("_endpoint")}
        assert len(endpoints) == 4
        assert all(endpoint.startswith(f"{workspace.url}/") for endpoint in endpoints)
        forged = program.http.get(path, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert forged.status_code == 400
