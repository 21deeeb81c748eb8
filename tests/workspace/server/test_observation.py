"""Health checks, request ids, the log, and metrics."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy.exc import OperationalError

from arka_config.arka import app
from arka_config.errors import ConfigError, UsageError
from arka_config.workspace.server import health, logs, tokens
from arka_config.workspace.server.application import create_application
from arka_config.workspace.server.database import file_url
from arka_config.workspace.server.metrics import Metrics, parse_address, serve_metrics
from arka_config.workspace.server.proxies import parse_networks
from arka_config.workspace.server.request_observer import choose_request_id
from arka_config.workspace.server.workspace import Workspace
from tests.workspace.server.clients import ANN, UNKNOWN

ID = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Workspace]:
    with closing(Workspace.open(app, file_url(str(tmp_path / "w.db")))) as workspace:
        workspace.add_user(ANN, "pro")
        yield workspace


def send(application: Any, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    """Send one request to an application in this process."""

    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(application, raise_app_exceptions=False, client=("192.0.2.7", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(
                method, path, headers={name.replace("_", "-"): value for name, value in headers.items()}
            )

    return asyncio.run(request())


@contextmanager
def capture_log(
    form: logs.Format, capsys: pytest.CaptureFixture[str], *, access_log: bool = False
) -> Iterator[list[str]]:
    """Log in this format until the block ends, and then add the lines to the list."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    lines: list[str] = []
    capsys.readouterr()
    root.handlers.clear()  # `force` closes them
    logs.configure(form, access_log=access_log)
    try:
        yield lines
    finally:
        lines += capsys.readouterr().err.splitlines()
        root.handlers[:], root.level = before
        for logger in (logs.ACCESS, logs.AUDIT, logs.SERVER):
            logger.setLevel(logging.NOTSET)


# Health


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_checks_work_with_any_host(opened: Workspace, path: str) -> None:
    application = create_application(opened)
    assert send(application, "/", host="10.1.2.3:8765").status_code == 400
    response = send(application, path, host="10.1.2.3:8765")
    assert (response.status_code, response.text, response.headers["cache-control"]) == (200, "ok\n", "no-store")
    assert send(application, path, "HEAD").status_code == 200
    assert send(application, path, "POST", host="10.1.2.3:8765").status_code == 400  # all others are checked
    assert send(application, f"{path}/x", host="10.1.2.3:8765").status_code == 400


def test_readiness_is_lost_if_the_database_fails(opened: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("the password of ann is hunter2"))

    monkeypatch.setattr(opened.database, "look_up", fail)
    application = create_application(opened)
    response = send(application, "/readyz")
    assert (response.status_code, response.text) == (503, "the database does not respond\n")
    assert send(application, "/healthz").status_code == 200  # the process is healthy: a restart would not help


def test_readiness_does_not_wait_for_a_frozen_database(opened: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    thawed = threading.Event()
    monkeypatch.setattr(opened.database, "look_up", lambda *_: thawed.wait(30))
    monkeypatch.setattr(health, "_TIMEOUT", 0.05)
    checks = health.HealthChecks(create_application(opened), opened.database)

    async def ask() -> bool:
        answer = await checks._can_serve()
        thawed.set()
        return answer

    assert asyncio.run(ask()) is False


def test_readiness_queries_once_a_second_at_most(opened: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    queries: list[object] = []
    monkeypatch.setattr(opened.database, "look_up", lambda *query: queries.append(query))
    checks = health.HealthChecks(create_application(opened), opened.database)

    async def ask_often() -> list[bool]:
        return await asyncio.gather(*(checks._can_serve() for _ in range(20))) + [await checks._can_serve()]

    assert asyncio.run(ask_often()) == [True] * 21
    assert len(queries) == 1


# Request ids


@pytest.mark.parametrize(
    "given",
    [
        "",
        "short",
        f"{ID}\x1b[31m",
        f"{ID}{ID}{ID}",
        'x" , "level": "error',
        UNKNOWN,  # a token in the wrong place
        "z" * 32,
    ],
    ids=ascii,
)
def test_invalid_request_id_is_replaced(given: str) -> None:
    chosen = choose_request_id([(b"x-request-id", given.encode())])
    assert len(chosen) == 32
    assert chosen.decode() not in given


def test_two_request_ids_are_replaced() -> None:
    assert choose_request_id([(b"x-request-id", ID.encode())] * 2) != ID.encode()


def test_response_has_the_request_id(opened: Workspace) -> None:
    application = create_application(opened)
    assert send(application, "/api/v1/me", x_request_id=ID).headers["x-request-id"] == ID
    responses = [send(application, path) for path in ("/api/v1/me", "/api/v1/me", "/sign-in", "/nothing", "/healthz")]
    assert len({response.headers["x-request-id"] for response in responses}) == 5
    assert send(application, "/", host="evil.example").headers["x-request-id"]  # a rejected request too


# The log

SECRET = "s3cr3t"
REQUESTS = [
    ("GET", f"/sign-in?code={SECRET}", "/sign-in"),
    ("GET", f"/app/personal/settings/tokens?after={SECRET}", "/app/personal/settings/tokens"),
    ("DELETE", f"/api/v1/tokens/{SECRET}", "/api/v1/tokens/{id}"),
    ("PUT", f"/api/v1/tokens/{SECRET}", "/api/v1/tokens/{id}"),
    ("GET", f"/{SECRET}", "unknown"),
    ("GET", f"/static/{SECRET}", "/static/{file}"),
    ("GET", f"/problems/{SECRET}", "/problems/{name}"),
    ("GET", f"/api/v1/me?token={SECRET}", "/api/v1/me"),
    (SECRET, "/billing", "/billing"),
]


@pytest.mark.parametrize("form", ["text", "json"])
def test_access_log_has_routes_and_no_secrets(
    opened: Workspace, capsys: pytest.CaptureFixture[str], form: logs.Format
) -> None:
    registry = CollectorRegistry()
    application = create_application(opened, access_log=True, metrics=Metrics(registry))
    with capture_log(form, capsys, access_log=True) as lines:
        for method, path, _ in REQUESTS:
            send(
                application,
                path,
                method,
                authorization=f"Bearer {SECRET}",
                cookie=SECRET,
                user_agent=SECRET,
                referer=f"http://localhost/{SECRET}",
                x_forwarded_for=SECRET,
            )
    assert len(lines) == len(REQUESTS)
    for line, (method, _, route) in zip(lines, REQUESTS, strict=True):
        assert f"{method.replace(SECRET, 'other')} {route} " in line
    assert SECRET not in "".join(lines) + generate_latest(registry).decode()


def test_json_log_has_time_request_id_and_client(opened: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    trusted = parse_networks(["192.0.2.0/24"], "test")
    application = create_application(opened, access_log=True, trusted_proxies=trusted)
    with capture_log("json", capsys, access_log=True) as lines:
        send(application, "/api/v1/me", x_request_id=ID, x_forwarded_for="203.0.113.5")
        send(application, "/readyz")  # not logged: a load balancer sends several a second
    (entry,) = map(json.loads, lines)
    assert (entry["level"], entry["logger"], entry["request_id"]) == ("info", "access", ID)
    assert (entry["method"], entry["route"], entry["status"]) == ("GET", "/api/v1/me", 401)
    assert (entry["client"], entry["time"][-1]) == ("203.0.113.5", "Z")
    assert entry["milliseconds"] >= 0


def test_error_is_logged_with_the_id_of_its_request(opened: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("connection\nlost"))

    application = create_application(opened)
    for form in ("json", "text"):
        with capture_log(form, capsys) as lines, pytest.MonkeyPatch.context() as patch:
            patch.setattr(opened.database, "_run_lookup", fail)
            patch.setattr(opened.database.outages, "_current", {})  # each outage is logged once
            response = send(application, "/api/v1/me", x_request_id=ID, authorization=f"Bearer {UNKNOWN}")
        assert response.status_code == 503
        assert len(lines) == 1
        assert ID in lines[0]


@pytest.mark.parametrize("form", ["text", "json"])
def test_log_line_cannot_be_forged(capsys: pytest.CaptureFixture[str], form: logs.Format) -> None:
    with capture_log(form, capsys) as lines:
        logs.SERVER.error("a\n2026-01-01T00:00:00Z error forged\x1b[31m\u2028")
    assert len(lines) == 1
    assert "\x1b" not in lines[0]


def test_json_log_has_a_traceback_on_the_same_line(capsys: pytest.CaptureFixture[str]) -> None:
    with capture_log("json", capsys) as lines:
        try:
            raise ValueError("broken")
        except ValueError:
            logs.SERVER.exception("failed")
    (entry,) = map(json.loads, lines)
    assert entry["traceback"].startswith("Traceback")
    assert sys.exc_info() == (None, None, None)


def test_json_log_includes_committed_audit_entries_only(opened: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    with capture_log("json", capsys) as lines:
        token = opened.issue(ANN, "CI").token
        with opened.database.write() as session:
            tokens.revoke(session, token.user_id, token.id, address="192.0.2.1")
            session.flush()
            session.rollback()
    (entry,) = map(json.loads, lines)
    audit = entry["audit"]
    assert (entry["logger"], entry["message"]) == ("audit", "token created")
    assert (audit["action"], audit["subject"], audit["user_id"]) == ("token created", token.id, token.user_id)
    with capture_log("text", capsys) as lines:
        opened.issue(ANN, "CI")
    assert lines == []


# Metrics


def test_metrics_count_responses_by_route(opened: Workspace) -> None:
    registry = CollectorRegistry()
    application = create_application(opened, metrics=Metrics(registry))
    token = opened.issue(ANN, "x").secret.reveal()
    for _ in range(3):
        send(application, "/api/v1/me", authorization=f"Bearer {token}")
    send(application, "/api/v1/me")
    labels = {"method": "GET", "route": "/api/v1/me"}
    assert registry.get_sample_value("workspace_requests_total", labels | {"status": "200"}) == 3
    assert registry.get_sample_value("workspace_requests_total", labels | {"status": "401"}) == 1
    assert registry.get_sample_value("workspace_request_seconds_count", {"route": "/api/v1/me"}) == 4


def test_metrics_are_not_served_with_the_pages(opened: Workspace) -> None:
    application = create_application(opened, metrics=Metrics(CollectorRegistry()))
    assert send(application, "/metrics").status_code == 404


@pytest.mark.parametrize("text", ["9464", ":9464", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000", "127.0.0.1:"])
def test_invalid_metrics_address_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="--metrics"):
        parse_address(text)
    assert parse_address("[::1]:9464") == ("::1", 9464)


def test_metrics_address_in_use_is_an_error() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(ConfigError, match="address already in use"), serve_metrics(f"127.0.0.1:{port}"):
            pass
