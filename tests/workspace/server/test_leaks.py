"""Leaked tokens: reports of partners, revocation by a finder, and what the owner sees."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from arka_config import token_checksum
from arka_config.workspace.server import records
from arka_config.workspace.server.records import Limit
from arka_config.workspace.server.signing_keys import SigningKeys
from arka_config.workspace.server.tables import AuditEntry, Token
from tests.workspace.server.clients import ANN, BOB, PROBLEM, TOKENS_PAGE, UNKNOWN, Api, Browser
from tests.workspace.server.signer import Partner

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from arka_config.workspace.server.serving import RunningWorkspace

URL = "https://github.com/octocat/Hello-World/blob/12345600b9cbe38a219f39a9941c9319b600c002/foo/bar.txt"
ACTIVITY_PAGE = "/app/personal/settings/activity"


@pytest.fixture
def partner(workspace: RunningWorkspace, tmp_path: Path) -> Partner:
    """A partner that the workspace trusts."""
    partner = Partner()
    workspace.workspace.leak_keys = SigningKeys(str(partner.write_keys(tmp_path / "keys.json")))
    return partner


def report(workspace: RunningWorkspace, partner: Partner, *tokens: str, **headers: str) -> httpx.Response:
    reports = [{"token": token, "type": "arka_token", "url": URL, "source": "commit"} for token in tokens]
    body = json.dumps(reports).encode()
    with Api(workspace) as client:
        return client.post("leaks", content=body, headers=partner.headers(body) | headers)


def issue(workspace: RunningWorkspace, label: str = "Laptop") -> str:
    return workspace.issue(ANN, label).secret.reveal()


def accepts(workspace: RunningWorkspace, token: str) -> bool:
    with Api(workspace) as client:
        return client.accepts(token)


def entries(workspace: RunningWorkspace, action: str) -> list[AuditEntry]:
    with workspace.workspace.database.read() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_report_of_a_partner_revokes_and_answers_in_github_s_form(
    workspace: RunningWorkspace, partner: Partner
) -> None:
    leaked, kept = issue(workspace), issue(workspace)
    body = "c" * 31
    revoked_before = f"arka_{body}{token_checksum.compute(body)}"
    response = report(workspace, partner, leaked, UNKNOWN, leaked, revoked_before)
    assert response.status_code == 200
    assert response.json() == [
        {"token_hash": hashlib.sha256(token.encode()).hexdigest(), "token_type": "arka_token", "label": label}
        for token, label in (
            (leaked, "true_positive"),
            (UNKNOWN, "false_positive"),
            (leaked, "true_positive"),
            (revoked_before, "true_positive"),
        )
    ]
    assert not accepts(workspace, leaked)
    assert accepts(workspace, kept)
    assert report(workspace, partner, leaked).json()[0]["label"] == "true_positive"  # the partner repeats itself
    (entry,) = entries(workspace, "leaked token revoked")
    assert (entry.user_id is not None, entry.acting_token, entry.address) == (True, None, "127.0.0.1")


def test_unsigned_report_revokes_nothing(workspace: RunningWorkspace, partner: Partner) -> None:
    token = issue(workspace)
    for response in (
        report(workspace, Partner(), token),
        report(workspace, Partner("k2"), token),
        report(workspace, partner, token, **{"Github-Public-Key-Signature": ""}),
        report(workspace, partner, token, **{"Github-Public-Key-Identifier": ""}),
    ):
        assert (response.status_code, response.headers["content-type"]) == (403, PROBLEM)
        assert response.json()["type"] == "/problems/invalid-signature"
    assert accepts(workspace, token)


def test_unsigned_reports_are_limited(workspace: RunningWorkspace, partner: Partner) -> None:
    workspace.workspace.bad_report_limit = Limit("bad report", 3, timedelta(minutes=1))
    statuses = [report(workspace, Partner(), UNKNOWN).status_code for _ in range(4)]
    assert statuses == [403, 403, 403, 429]
    assert len(entries(workspace, "limit reached")) == 1


def test_report_without_a_configured_partner_is_not_found(workspace: RunningWorkspace) -> None:
    token = issue(workspace)
    assert report(workspace, Partner(), token).status_code == 404
    assert accepts(workspace, token)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[1]", b'[{"type": "t"}]', b'[{"token": "\\ud800", "type": ""}]', b"\xff"]
)
def test_signed_report_in_another_form_is_refused(workspace: RunningWorkspace, partner: Partner, body: bytes) -> None:
    with Api(workspace) as client:
        response = client.post("leaks", content=body, headers=partner.headers(body))
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "body")


def test_large_report_is_accepted(workspace: RunningWorkspace, partner: Partner) -> None:
    token = issue(workspace)
    response = report(workspace, partner, *(f"arka_{number:037}" for number in range(3000)), token)
    assert [each["label"] for each in response.json()].count("true_positive") == 1
    assert not accepts(workspace, token)
    assert report(workspace, partner, "x" * (1 << 20)).status_code == 413


def test_owner_sees_the_leak_until_they_dismiss_it(workspace: RunningWorkspace, partner: Partner) -> None:
    report(workspace, partner, issue(workspace, "<b>Laptop</b>"))
    with Browser(workspace) as ann, Browser(workspace) as bob:
        ann.sign_in(ANN)
        bob.sign_in(BOB)
        page = ann.open(TOKENS_PAGE).text
        assert "“<bdi>&lt;b&gt;Laptop&lt;/b&gt;</bdi>” leaked and was revoked" in page
        assert f'<a href="{URL}" rel="noreferrer nofollow">' in page
        assert "leaked and was revoked" not in bob.open(TOKENS_PAGE).text
        leak_id = page.partition('name="id" value="')[2].partition('"')[0]
        for other_id in (leak_id, "x\0"):
            assert bob.send("/revoke/dismiss", {"id": other_id}, page=TOKENS_PAGE).status_code == 303
        assert "leaked and was revoked" in ann.open(TOKENS_PAGE).text
        assert ann.send("/revoke/dismiss", {"id": leak_id}, page=TOKENS_PAGE).status_code == 303
        assert "leaked and was revoked" not in ann.open(TOKENS_PAGE).text


def test_url_of_another_scheme_is_not_a_link(workspace: RunningWorkspace, partner: Partner) -> None:
    reports = [{"token": issue(workspace), "type": "t", "url": "javascript:alert(1)", "source": "\x1b[31m\0"}]
    body = json.dumps(reports).encode()
    with Api(workspace) as client, Browser(workspace) as ann:
        assert client.post("leaks", content=body, headers=partner.headers(body)).status_code == 200
        page = ann.sign_in(ANN).open(TOKENS_PAGE).text
    assert "javascript" not in page
    assert "\\x1b[31m\\x00" in page


def found(workspace: RunningWorkspace, token: Any) -> httpx.Response:
    with Api(workspace) as client:
        return client.post("revoke", json={"token": token})


def test_finder_revokes_with_the_token_alone(workspace: RunningWorkspace) -> None:
    token = issue(workspace)
    workspace.workspace.set_plan(ANN, "free")  # if a request has this header, the API accepts no token
    response = found(workspace, token)
    assert (response.status_code, response.content) == (204, b"")
    with workspace.workspace.database.read() as session:
        assert session.scalar(select(Token.id)) is None
    (entry,) = entries(workspace, "token revoked by its finder")
    assert entry.subject == entry.acting_token
    with Browser(workspace) as ann:
        assert "revoked by somebody who had it" in ann.sign_in(ANN).open(TOKENS_PAGE).text


def test_response_to_a_finder_does_not_disclose_whether_a_token_exists(workspace: RunningWorkspace) -> None:
    def describe(response: httpx.Response) -> tuple[int, bytes, list[str]]:
        return response.status_code, response.content, sorted(response.headers)

    responses = [describe(found(workspace, token)) for token in (issue(workspace), UNKNOWN, "", "x\0")]
    assert responses == responses[:1] * 4


def test_revocations_by_finders_are_limited_for_known_and_unknown_tokens(workspace: RunningWorkspace) -> None:
    workspace.workspace.found_token_limit = Limit("found token", 2, timedelta(minutes=1))
    assert [found(workspace, issue(workspace)).status_code for _ in range(3)] == [204, 204, 429]
    token = issue(workspace)
    assert found(workspace, token).status_code == 429
    assert accepts(workspace, token)


def test_page_revokes_a_found_token_without_an_account(workspace: RunningWorkspace) -> None:
    token = issue(workspace)
    with Browser(workspace) as finder:
        assert finder.http.post("/revoke", data={"token": token}).status_code == 403  # of another site
        assert accepts(workspace, token)
        for text in (f" {token}\n", UNKNOWN):
            response = finder.send("/revoke", {"token": text})
            assert (response.status_code, response.headers["location"]) == (303, "/revoke?done")
        page = finder.open("/revoke?done").text
    assert "it no longer works" in page
    assert not accepts(workspace, token)


def test_activity_is_the_user_s_own_newest_first(api: Api, workspace: RunningWorkspace) -> None:
    workspace.add_user(BOB, "pro")
    of_bob = workspace.issue(BOB, "Bob's").token.id
    created = api.post("tokens", json={"label": "Build"}).json()["details"]
    api.delete(f"tokens/{created['id']}")
    own = api.get("me").json()["token"]["id"]
    page = api.get("activity?limit=2").json()
    assert [(each["action"], each["subject"], each["acting_token"]) for each in page["entries"]] == [
        ("token revoked", created["id"], own),
        ("token created", created["id"], own),
    ]
    rest = api.get(f"activity?cursor={page['next_cursor']}").json()
    assert rest["next_cursor"] is None
    assert of_bob not in json.dumps(rest)
    assert {each["action"] for each in rest["entries"]} == {"token created", "user added", "sign-in link made"}
    assert api.get("activity?since=2100-01-01T00:00:00Z").json() == {"entries": [], "next_cursor": None}
    assert api.get("activity?cursor=x").status_code == 422
    assert api.get("activity", token=workspace.issue(ANN, "Ordinary").secret.reveal()).status_code == 403


def test_activity_page_shows_what_each_action_was_done_to(workspace: RunningWorkspace, api: Api) -> None:
    leaked, old = issue(workspace, "Leaked"), issue(workspace, "Rotated")
    found(workspace, leaked)
    api.post("tokens/current/rotate", token=old)
    with workspace.workspace.database.write() as session:
        user_id = session.scalar(select(Token.user_id))
        records.audit(session, records.LIMIT_REACHED, user_id=user_id, subject="user code")
    with Browser(workspace) as ann:
        page = ann.sign_in(ANN).open(ACTIVITY_PAGE).text
    subjects = re.findall(r'<th scope="row">(.*)</th>\s*<td data-is="On">(.*)</td>', page)
    assert ("Token revoked by its finder", "<bdi>Leaked</bdi>") in subjects
    assert ("Token rotated", "<bdi>Rotated</bdi> → <bdi>Rotated</bdi>") in subjects
    assert ("Limit reached", "<code>user code</code>") in subjects
    assert ("Signed in", '<span class="muted">—</span>') in subjects


def test_activity_page_shows_labels_and_pages(workspace: RunningWorkspace) -> None:
    for number in range(60):
        workspace.issue(ANN, f"Token {number:02}")
    with Browser(workspace) as ann:
        assert ann.open(ACTIVITY_PAGE).status_code == 303
        newest = ann.sign_in(ANN).open(ACTIVITY_PAGE).text
        assert "<bdi>Token 59</bdi>" in newest
        assert "<bdi>Token 05</bdi>" not in newest
        link = newest.partition(f'href="{ACTIVITY_PAGE}?before=')[2].partition('"')[0]
        assert "<bdi>Token 05</bdi>" in ann.open(f"{ACTIVITY_PAGE}?before={link}").text
        assert "no older activity" in ann.open(f"{ACTIVITY_PAGE}?before=0").text
        assert "<bdi>Token 59</bdi>" in ann.open(f"{ACTIVITY_PAGE}?before=x").text
