"""WorkspaceClient: requests, responses and errors. The token is sent to one origin only and never shown."""

from __future__ import annotations

import json
import logging
import time
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from arka_config.arka import app
from arka_config.errors import (
    ConfigError,
    InvalidToken,
    InvalidValue,
    NotPermitted,
    NoWorkspaceApi,
    ProRequired,
    RequestRefused,
    TooManyRequests,
    WorkspaceFault,
    WorkspaceUnreachable,
)
from arka_config.precedence.origin import Origin
from arka_config.secret import Secret
from arka_config.workspace.client import transport
from arka_config.workspace.client.client import WorkspaceClient
from arka_config.workspace.client.connection import Connection
from arka_config.workspace.client.models import TokenDetails
from arka_config.workspace.client.selection import EXPIRED, VALID, Selection
from tests.workspace import fake as steps
from tests.workspace.fake import MANAGE, FakeWorkspace, serve_fake

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = "arka_" + "w" * 33 + "9f3c"
OTHER = "arka_" + "o" * 33 + "77d1"
PAGE = "/app/personal/settings/tokens"
ME: dict[str, Any] = {
    "user": {"id": "usr_1", "email": "ann@example.com", "plan": "pro"},
    "token": {"id": "tok_1", "label": "MacBook Pro", "last_four": "9f3c", "scopes": [], "expires": None},
}


def client_for(url: str, token: str = TOKEN, **options: Any) -> WorkspaceClient:
    return WorkspaceClient(app, url, Secret(token), Connection(**options))


def error_after(fake: FakeWorkspace, *script: Callable[[steps.Handler], None], timeout: float = 5) -> ConfigError:
    """Return the error that `get_identity` raises after these responses."""
    fake.script = [*script]
    with pytest.raises(ConfigError) as caught:
        client_for(fake.url, timeout=timeout).get_identity()
    shown = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in shown
    assert caught.value.__context__ is None
    return caught.value


# Requests and responses


def test_get_identity_returns_user_and_token_details(fake: FakeWorkspace) -> None:
    fake.add(TOKEN, "CI/CD Pipeline", expires="2099-01-01T00:00:00Z", scopes=(MANAGE,))
    found = client_for(fake.url).get_identity()
    assert (found.user, found.plan, found.id) == ("ann@example.com", "pro", "usr_1")
    assert (found.token.label, found.token.expires) == ("CI/CD Pipeline", "2099-01-01T00:00:00Z")
    assert (found.token.last_four, found.token.scopes, found.token.created) == (
        "9f3c",
        (MANAGE,),
        "2026-11-24T12:00:00Z",
    )
    assert found.is_user("Ann@Example.com")
    assert found.is_user("usr_1")
    assert not found.is_user("bob@example.com")


def test_token_is_sent_in_the_authorization_header(fake: FakeWorkspace) -> None:
    fake.add(TOKEN)
    client_for(fake.url).get_identity()
    (request,) = fake.requests
    assert (request.method, request.path, request.headers["Authorization"]) == ("GET", "/api/v1/me", f"Bearer {TOKEN}")
    assert request.headers["Accept"] == "application/json"
    assert request.headers["Accept-Encoding"] == "identity"


def test_path_in_url_prefixes_the_api_path(fake: FakeWorkspace) -> None:
    fake.script = [steps.reply_json(200, ME)]
    client_for(f"{fake.url}/workspaces/7/").get_identity()
    assert fake.requests[0].path == "/workspaces/7/api/v1/me"


def test_list_tokens_reads_every_page(fake: FakeWorkspace) -> None:
    fake.add(TOKEN, scopes=(MANAGE,))
    for number in range(6):
        fake.add(f"arka_{number:037}", f"number {number}")
    found = client_for(fake.url).list_tokens()
    assert [each.label for each in found] == [*(f"number {number}" for number in range(5, -1, -1)), "MacBook Pro"]
    assert len(fake.requests) == 4
    assert fake.requests[0].path == "/api/v1/tokens"


@pytest.mark.parametrize("cursor", ["x", "a&limit=1 /%"])
def test_cursor_is_quoted_and_a_repeated_cursor_is_an_error(fake: FakeWorkspace, cursor: str) -> None:
    token = ME["token"]
    fake.script = [steps.reply_json(200, {"tokens": [token], "next_cursor": each}) for each in (cursor, "y", cursor)]
    with pytest.raises(WorkspaceFault, match="form a loop"):
        client_for(fake.url).list_tokens()
    assert len(fake.requests) == 3
    assert "a&" not in fake.requests[1].path


def test_empty_page_with_a_next_one_is_an_error(fake: FakeWorkspace) -> None:
    fake.script = [steps.reply_json(200, {"tokens": [], "next_cursor": str(number)}) for number in range(9)]
    with pytest.raises(WorkspaceFault, match="empty page"):
        client_for(fake.url).list_tokens()
    assert len(fake.requests) == 1


def test_number_of_pages_is_not_limited(fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page is requested when it is needed, and none is kept."""
    client = client_for(fake.url)
    cursors = iter([*map(str, range(1, 300)), None])
    monkeypatch.setattr(client, "_call", lambda *_: ([TokenDetails("tok_1")], next(cursors) or "", None))
    pages = client.iterate_tokens()
    next(pages)
    assert next(cursors) == "2"
    assert sum(map(len, pages)) == 298


SELECTED = {
    "label": (Selection(label="ci-[0-9]?"), ["ci-10"]),
    "exact label": (Selection.by_label("ci-[0-9]?"), ["ci-[0-9]?"]),
    "valid": (Selection(state=VALID, label="ci-*"), ["ci-[0-9]?", "ci-10"]),
    "expired": (Selection(state=EXPIRED), ["old"]),
    "expiring": (Selection(state=VALID, expires_before="2999-01-01T00:00:00Z"), ["ci-10"]),
    "unused": (Selection(last_used_before="2026-11-24T12:30:00Z"), ["ci-[0-9]?", "ci-10", "old"]),
}


@pytest.mark.parametrize(("selection", "labels"), SELECTED.values(), ids=list(SELECTED))
def test_conditions_are_applied_if_the_workspace_ignores_them(
    fake: FakeWorkspace, selection: Selection, labels: list[str]
) -> None:
    fake.add(TOKEN, scopes=(MANAGE,))
    fake.add("arka_" + "1" * 37, "old", expires="2001-01-01T00:00:00Z")
    fake.add("arka_" + "2" * 37, "ci-10", expires="2998-01-01T00:00:00Z")
    fake.add("arka_" + "3" * 37, "ci-[0-9]?")
    assert [each.label for each in client_for(fake.url).list_tokens(selection)] == labels
    assert fake.requests[0].path.startswith("/api/v1/tokens?")


def test_create_sends_label_expiry_and_scopes(fake: FakeWorkspace) -> None:
    fake.add(TOKEN, scopes=(MANAGE,))
    issued = client_for(fake.url).create("CI/CD Pipeline", expires="2099-01-01T00:00:00Z", scopes=[MANAGE])
    assert json.loads(fake.requests[0].body) == {
        "label": "CI/CD Pipeline",
        "expires": "2099-01-01T00:00:00Z",
        "scopes": [MANAGE],
    }
    assert fake.accepts(issued.token.reveal())
    assert issued.details.expires == "2099-01-01T00:00:00Z"
    assert issued.token.reveal() not in repr(issued)


@pytest.mark.parametrize(
    ("expires", "body"),
    [(None, b""), ("", b'{"expires": null}'), ("2099-01-01T00:00:00Z", b'{"expires": "2099-01-01T00:00:00Z"}')],
)
def test_rotate_sends_expiry_only_if_given(fake: FakeWorkspace, expires: str | None, body: bytes) -> None:
    fake.add(TOKEN)
    issued = client_for(fake.url).rotate(expires)
    assert fake.requests[0].body == body
    assert fake.accepts(TOKEN)
    assert fake.accepts(issued.token.reveal())


def test_revoke_revokes_another_or_the_current_token(fake: FakeWorkspace) -> None:
    fake.add(TOKEN, scopes=(MANAGE,))
    other = fake.add(OTHER)
    client_for(fake.url).revoke(other["id"])
    assert not fake.accepts(OTHER)
    client_for(fake.url).revoke()
    assert not fake.accepts(TOKEN)
    assert [(request.method, request.path) for request in fake.requests] == [
        ("DELETE", f"/api/v1/tokens/{other['id']}"),
        ("DELETE", "/api/v1/tokens/current"),
    ]


def test_revoke_rejects_an_unknown_id(fake: FakeWorkspace) -> None:
    fake.add(TOKEN, scopes=(MANAGE,))
    with pytest.raises(RequestRefused, match="has no token tok_gone of this user"):
        client_for(fake.url).revoke("tok_gone")


@pytest.mark.parametrize("wanted", ["", "..", "a/b", "a?b", "a b", "a%2fb", "a\n"])
def test_revoke_refuses_an_id_that_could_be_a_path(fake: FakeWorkspace, wanted: str) -> None:
    with pytest.raises(InvalidValue):
        client_for(fake.url).revoke(wanted)
    assert fake.requests == []


# Errors


def test_401_raises_invalid_token_with_advice(fake: FakeWorkspace) -> None:
    error = error_after(fake, steps.reply_problem(401, "invalid-token"))
    assert isinstance(error, InvalidToken)
    assert error.exit_code == 4
    first, rest = error.lines
    assert first == "Invalid token"
    for check in ("expired", "revoked", "another workspace", "copied whole"):
        assert check in rest
    assert f"{fake.url}{PAGE}" in error.hint


def test_non_ascii_token_is_invalid_and_not_sent(fake: FakeWorkspace) -> None:
    with pytest.raises(InvalidToken):
        client_for(fake.url, token=TOKEN[:-1] + "é").get_identity()
    assert fake.requests == []


def test_unexpected_exception_is_reported_without_the_request(
    fake: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(TOKEN)

    monkeypatch.setattr("arka_config.workspace.client.transport._read_response", fail)
    fake.add(TOKEN)
    error = error_after(fake)
    assert error.message == f"{fake.url} cannot be reached: the request failed with RuntimeError"


@pytest.mark.parametrize("status", [402, 403])
@pytest.mark.parametrize("answer", ["problem", "empty", "page"])
def test_402_and_403_raise_pro_required(fake: FakeWorkspace, status: int, answer: str) -> None:
    billing = f"{fake.url}/billing"
    step = {
        "problem": steps.reply_problem(status, "pro-required"),
        "empty": steps.reply(status),
        "page": steps.reply_page(status),
    }
    error = error_after(fake, step[answer])
    assert isinstance(error, ProRequired)
    assert (error.exit_code, error.message, error.hint) == (
        4,
        "Pro subscription required",
        f"subscribe on {billing}",
    )


@pytest.mark.parametrize(
    ("billing_url", "is_shown"),
    [
        ("{url}/team/billing", True),
        ("https://evil.example/billing", False),
        ("{url}.evil.example/billing", False),
        ("{url}/\u202ebilling", False),
        ("{url}/billing?next=x", False),
        ("javascript:alert(1)", False),
        (7, False),
        (None, False),
    ],
)
def test_billing_url_is_used_only_on_the_workspace_s_origin(
    fake: FakeWorkspace, billing_url: object, is_shown: bool
) -> None:
    billing_url = billing_url.replace("{url}", fake.url) if isinstance(billing_url, str) else billing_url
    error = error_after(fake, steps.reply_problem(403, "pro-required", billing_url=billing_url))
    assert error.hint == f"subscribe on {billing_url if is_shown else fake.url + '/billing'}"


@pytest.mark.parametrize(
    "step",
    [
        steps.reply_problem(403, "insufficient-scope"),
        steps.reply(403, WWW_Authenticate='Bearer realm="w", error="insufficient_scope", scope="tokens:manage"'),
    ],
)
def test_missing_scope_raises_not_permitted(fake: FakeWorkspace, step: Callable[[steps.Handler], None]) -> None:
    error = error_after(fake, step)
    assert isinstance(error, NotPermitted)
    assert (error.exit_code, error.message) == (1, "this token may not manage tokens")
    assert f"{fake.url}{PAGE}" in error.hint


def test_other_refusals_are_not_about_the_plan(fake: FakeWorkspace) -> None:
    error = error_after(fake, steps.reply_problem(403, "outside-bounds", detail=f"the label must match {TOKEN}"))
    assert isinstance(error, NotPermitted)
    assert (error.exit_code, error.message) == (
        1,
        f"{fake.url} does not permit that: the label must match arka_…9f3c",
    )


def test_another_user_s_tokens_need_a_workspace_that_knows_them(fake: FakeWorkspace) -> None:
    """An older workspace ignores the user and lists the caller's own tokens."""
    fake.add(TOKEN, scopes=(MANAGE,))
    with pytest.raises(NoWorkspaceApi, match="another user's tokens"):
        client_for(fake.url).list_tokens(Selection(user="bob@example.com"))


NO_API = {
    "404": (steps.reply(404), "404"),
    "a 404 page": (steps.reply_page(404), "404"),
    "405": (steps.reply(405), "405"),
    "501": (steps.reply(501), "501"),
    "a page": (steps.reply_page(200), "a web page"),
    "text": (steps.reply(200, b"ok", kind="text/plain"), "text/plain instead of JSON"),
    "no type": (steps.reply(200, b"{}"), "something other than JSON"),
    "nothing": (steps.reply(204), "something other than JSON"),
    "a redirect": (steps.reply(302, Location="https://evil.example/"), "a redirect"),
    "a redirect to itself": (steps.reply(308, Location="/api/v1/me"), "a redirect"),
    "304": (steps.reply(304), "a redirect"),
    "a hostile type": (steps.reply(200, b"x", kind="text/\x1b[2J"), "something other than JSON"),
}


@pytest.mark.parametrize(("step", "answer"), NO_API.values(), ids=list(NO_API))
def test_missing_api_raises_no_workspace_api(
    fake: FakeWorkspace, step: Callable[[steps.Handler], None], answer: str
) -> None:
    error = error_after(fake, step)
    assert isinstance(error, NoWorkspaceApi)
    assert error.message.startswith(f"{fake.url} has no API to verify a token: it answers with {answer}")
    assert len(fake.requests) == 1


def test_redirect_to_another_origin_is_not_followed(fake: FakeWorkspace) -> None:
    with serve_fake() as other:
        for status in (301, 302, 303, 307, 308):
            error_after(fake, steps.reply(status, Location=f"{other.url}/api/v1/me"))
        assert other.requests == []


BROKEN = {
    "not JSON": steps.reply(200, b"{", kind="application/json"),
    "not UTF-8": steps.reply(200, b'{"user": "\xff"}', kind="application/json"),
    "too deep": steps.reply(200, b"[" * 100_000, kind="application/json"),
    "a number of many digits": steps.reply(200, b"9" * 5000, kind="application/json"),
    "a list": steps.reply_json(200, []),
    "no user": steps.reply_json(200, {"token": ME["token"]}),
    "no token": steps.reply_json(200, {"user": ME["user"]}),
    "a number for a text": steps.reply_json(200, {**ME, "user": {"id": 1, "email": "a", "plan": "pro"}}),
    "no time": steps.reply_json(200, {**ME, "token": {**ME["token"], "expires": "soon"}}),
    "beyond the calendar": steps.reply_json(
        200, {**ME, "token": {**ME["token"], "expires": "0001-01-01T00:00:00+09:00"}}
    ),
    "an escape": steps.reply_json(200, {**ME, "user": {**ME["user"], "email": "a\x1b[2J"}}),
    "a direction mark": steps.reply_json(200, {**ME, "token": {**ME["token"], "label": "a\u202eb"}}),
    "a lone surrogate": steps.reply(
        200, json.dumps(ME).replace("MacBook", "\\ud800").encode(), kind="application/json"
    ),
    "a long text": steps.reply_json(200, {**ME, "token": {**ME["token"], "label": "a" * 401}}),
    "scopes of another kind": steps.reply_json(200, {**ME, "token": {**ME["token"], "scopes": {"a": 1}}}),
    "too large": steps.reply(200, b" " * (transport.MAX_RESPONSE_SIZE + 1), kind="application/json"),
    "compressed": steps.reply(200, b"x", kind="application/json", Content_Encoding="gzip"),
}


@pytest.mark.parametrize("step", BROKEN.values(), ids=list(BROKEN))
def test_malformed_response_raises_workspace_fault(fake: FakeWorkspace, step: Callable[[steps.Handler], None]) -> None:
    error = error_after(fake, step)
    assert isinstance(error, WorkspaceFault)
    assert error.message.isprintable()
    assert "sent an invalid response" in error.message


def test_response_is_read_up_to_the_size_limit(fake: FakeWorkspace) -> None:
    def send_endless_body(handler: steps.Handler) -> None:
        handler.raw(200, kind="application/json", length=1 << 40)
        try:
            while True:
                handler.wfile.write(b" " * 65536)
        except OSError:
            pass

    assert "larger than 1048576 bytes" in error_after(fake, send_endless_body).message


@pytest.mark.parametrize(
    ("header", "hint"),
    [("120", "try again in 120 s"), ("", "try again later"), ("soon", "try again later"), ("-1", "try again later")],
)
def test_429_hint_says_when_to_try_again(fake: FakeWorkspace, header: str, hint: str) -> None:
    step = steps.reply(429, Retry_After=header) if header else steps.reply(429)
    error = error_after(fake, *[step] * 3)
    assert isinstance(error, TooManyRequests)
    assert error.hint == hint


def test_429_with_a_challenge_for_the_token_is_an_invalid_token(fake: FakeWorkspace) -> None:
    """Other clients behind the same address may have used up the limit."""
    step = steps.reply(429, Retry_After="1", WWW_Authenticate='Bearer realm="x", error="invalid_token"')
    assert isinstance(error_after(fake, step), InvalidToken)
    assert len(fake.requests) == 1  # it is not sent again


def test_retry_after_may_be_a_date(fake: FakeWorkspace) -> None:
    assert error_after(fake, steps.reply(429, Retry_After="Fri, 31 Dec 2999 23:59:59 GMT")).hint.startswith(
        "try again in 3"
    )
    assert transport.parse_retry_after("Fri, 31 Dec 1999 23:59:59 GMT") == 0
    assert transport.parse_retry_after(f"Fri, 31 Dec 1999 23:59:59 +{'9' * 20}") is None


def test_repr_of_a_request_contains_no_secret() -> None:
    body = transport.form_body({"token": Secret(TOKEN)}, set())
    request = transport.Request("POST", f"https://x.example/?code={TOKEN}", Origin.of("https://x.example"), None, body)
    assert repr(request) == "Request(POST https://x.example)"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_5xx_raises_workspace_fault_after_retries(fake: FakeWorkspace, status: int) -> None:
    error = error_after(fake, *[steps.reply(status)] * 3)
    assert isinstance(error, WorkspaceFault)
    assert f"{fake.url} failed: {status}" in error.message
    assert len(fake.requests) == (3 if status in (502, 503, 504) else 1)


def test_rejected_request_shows_the_workspace_s_message_masked(fake: FakeWorkspace) -> None:
    fake.add(TOKEN, scopes=(MANAGE,))
    errors = [{"field": "label", "detail": f"too long\x1b[2J {TOKEN}"}, "nonsense"]
    fake.script = [steps.reply_problem(422, "invalid-request", detail="The label will not do.", errors=errors)]
    with pytest.raises(RequestRefused) as caught:
        client_for(fake.url).create("x" * 101)
    assert "The label will not do.; label: too long\\x1b[2J arka_…9f3c" in caught.value.message
    assert caught.value.lines[1:] == ("label: too long\\x1b[2J arka_…9f3c",)


# No response


def test_reset_connection_is_retried_and_then_reported(fake: FakeWorkspace) -> None:
    error = error_after(fake, *[steps.reset_connection] * 3)
    assert isinstance(error, WorkspaceUnreachable)
    assert error.message == f"{fake.url} cannot be reached: the connection was closed before the response was complete"
    assert len(fake.requests) == 3


def test_temporary_failure_is_retried(fake: FakeWorkspace) -> None:
    fake.add(TOKEN)
    for step in (
        steps.reset_connection,
        steps.reply(503),
        steps.reply(502),
        steps.reply(504),
        steps.reply(429, Retry_After="0"),
    ):
        fake.script, fake.requests = [step], []
        assert client_for(fake.url).get_identity().user == "ann@example.com"
        assert len(fake.requests) == 2


def test_truncated_body_is_reported_as_closed_connection(fake: FakeWorkspace) -> None:
    truncated = steps.reply(200, json.dumps(ME).encode(), kind="application/json", length=5000)
    assert "closed before the response was complete" in error_after(fake, *[truncated] * 3).message


@pytest.mark.parametrize("step", [steps.stall(3), steps.trickle])
def test_timeout_applies_to_stalling_and_trickling_servers(
    fake: FakeWorkspace, step: Callable[[steps.Handler], None]
) -> None:
    started = time.monotonic()
    error = error_after(fake, step, timeout=0.4)
    assert time.monotonic() - started < 1.5
    assert error.message == f"{fake.url} cannot be reached: no response within 0.4 s"


def test_timeout_applies_to_all_attempts_together(fake: FakeWorkspace) -> None:
    started = time.monotonic()
    error = error_after(fake, steps.reply(503, Retry_After="1"), steps.stall(3), timeout=1.4)
    assert 1 < time.monotonic() - started < 2.2
    assert "within 1.4 s" in error.message


def test_long_retry_after_is_reported_instead_of_waited_for(fake: FakeWorkspace) -> None:
    started = time.monotonic()
    assert isinstance(error_after(fake, steps.reply(503, Retry_After="5"), timeout=1), WorkspaceFault)
    assert isinstance(error_after(fake, steps.reply(429, Retry_After="3600"), timeout=7200), TooManyRequests)
    assert time.monotonic() - started < 1
    assert len(fake.requests) == 2


@pytest.mark.parametrize("step", [steps.reset_connection, steps.reply(503), steps.reply(429, Retry_After="0")])
def test_create_and_rotate_are_not_retried(fake: FakeWorkspace, step: Callable[[steps.Handler], None]) -> None:
    fake.add(TOKEN, scopes=(MANAGE,))
    client = client_for(fake.url)
    for method, rest in (("create", ["x"]), ("rotate", [])):
        fake.script, fake.requests = [step], []
        with pytest.raises(ConfigError):
            getattr(client, method)(*rest)
        assert len(fake.requests) == 1


@pytest.mark.parametrize("target", ["current", "other"])
def test_revocation_succeeds_if_only_the_response_was_lost(fake: FakeWorkspace, target: str) -> None:
    fake.add(TOKEN, scopes=(MANAGE,))
    other = fake.add(OTHER)

    def revoke_and_reset(handler: steps.Handler) -> None:
        del fake.tokens[TOKEN if target == "current" else OTHER]
        steps.reset_connection(handler)

    fake.script = [revoke_and_reset]
    client_for(fake.url).revoke("current" if target == "current" else other["id"])
    assert [request.method for request in fake.requests] == ["DELETE", "DELETE"]


def test_revocation_rejected_at_the_first_attempt_fails(fake: FakeWorkspace) -> None:
    with pytest.raises(InvalidToken):
        client_for(fake.url).revoke()


@pytest.mark.parametrize("step", [steps.reply_page(200), steps.reply(202), steps.reply_page(404)])
def test_revoke_does_not_trust_a_web_page(fake: FakeWorkspace, step: Callable[[steps.Handler], None]) -> None:
    fake.script = [step]
    with pytest.raises(NoWorkspaceApi):
        client_for(fake.url).revoke()


def test_refused_connection_is_reported_at_once() -> None:
    with serve_fake() as gone:
        pass
    started = time.monotonic()
    with pytest.raises(WorkspaceUnreachable) as caught:
        client_for(gone.url).get_identity()
    assert caught.value.message == f"{gone.url} cannot be reached: the connection was refused"
    assert caught.value.hint == "check the URL and its port, and that the server runs"
    assert time.monotonic() - started < 1


# Confidentiality


def test_logs_and_reprs_never_contain_the_token(fake: FakeWorkspace, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    fake.add(TOKEN, scopes=(MANAGE,))
    client = client_for(fake.url)
    issued = client.rotate()
    values = [client, client.get_identity(), client.connection, *client.list_tokens(), issued, issued.details]
    fake.script = [steps.reset_connection] * 3
    with pytest.raises(WorkspaceUnreachable):
        client.get_identity()
    assert "httpx" in caplog.text
    for text in (caplog.text, *map(repr, values)):
        assert TOKEN not in text
        assert issued.token.reveal() not in text


@pytest.mark.parametrize("token", ["ghp_" + "x" * 38, "", "arka_" + "x" * 20])
def test_issued_token_of_wrong_format_is_rejected_and_not_repeated(fake: FakeWorkspace, token: str) -> None:
    fake.script = [steps.reply_json(201, {"token": token, "details": ME["token"]})]
    with pytest.raises(WorkspaceFault) as caught:
        client_for(fake.url).rotate()
    assert "x" * 8 not in "".join(traceback.format_exception(caught.value))
